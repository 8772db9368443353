//! Packages, keys, channels, and calls of decoders.

use std::error::Error;

use axum::http::StatusCode;
use champollion_registry::{
    ChangeError, KeyError, MappingChangeError, PublishError, RegistryError, gate::Finding,
    keys::UntrustedError, ledger::ResolveError,
};
use champollion_sandbox::CallError;
use serde_json::{Value as Json, json};

use super::super::Problem;
use crate::sentence::Worded;

impl Problem {
    /// A package in which the gate found something: with one thing its own code, and all of them by
    /// their codes beside.
    fn refused(findings: &[Finding], detail: String) -> Self {
        let code = findings.first().map_or("refused", Finding::code);
        if code == "compiler-failed" {
            tracing::error!(detail, "a component could not be compiled");
        }
        let all: Vec<Json> = findings
            .iter()
            .map(|finding| {
                let mut told = json!({ "code": finding.code(), "detail": finding.to_string() });
                if let Some(fault) = finding.sentence() {
                    told["fault"] = json!(fault);
                }
                told
            })
            .collect();
        let problem = Self::unprocessable(code, detail).with("findings", all);
        match findings.first() {
            Some(Finding::Vector(differs)) => problem
                .with("vector", &differs.vector)
                .with("path", &differs.difference.path)
                .with("expected", &differs.difference.expected)
                .with("actual", &differs.difference.actual),
            _ => problem,
        }
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        let detail = error.to_string();
        match error {
            PublishError::Untrusted(error) => {
                let code = match error {
                    UntrustedError::Unsigned | UntrustedError::NamespaceTaken(_) => "unsigned",
                    UntrustedError::WrongSignature(_) => "wrong-signature",
                    UntrustedError::UnknownKey(_) => "unknown-key",
                    UntrustedError::Revoked { .. } => "revoked-key",
                    _ => "other-namespace",
                };
                Self::new(StatusCode::FORBIDDEN, code, detail)
            }
            PublishError::Refused(findings) => Self::refused(&findings, detail),
            PublishError::VersionExists { published, .. } => {
                Self::conflict("version-exists", detail).with("published", published)
            }
            PublishError::Registry(error) => (*error).into(),
            error => Self::internal(&error),
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let detail = error.to_string();
        match error {
            KeyError::Unknown(_) => Self::not_found("unknown-key", detail),
            KeyError::Revoked(_) => Self::conflict("revoked-key", detail),
            KeyError::Namespaces => Self::bad_request("invalid-namespaces", detail),
            KeyError::Registry(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        let detail = error.to_string();
        match error {
            ChangeError::Resolve(error) => error.into(),
            ChangeError::Already { .. } => Self::conflict("already-so", detail),
            ChangeError::Derived { .. } => Self::conflict("derived-decoder", detail),
            ChangeError::Yanked { .. } => Self::conflict("yanked", detail),
            ChangeError::NoCandidate(_) => Self::conflict("no-candidate", detail),
            ChangeError::NothingBefore { .. } => Self::conflict("nothing-before", detail),
            ChangeError::NoCanary(_) => Self::not_found("no-canary", detail),
            ChangeError::NoShadow(_) => Self::not_found("no-shadow", detail),
            ChangeError::NotYanked { .. } => Self::conflict("not-yanked", detail),
            ChangeError::Registry(error) => (*error).into(),
            error => Self::internal(&error),
        }
    }
}

impl From<MappingChangeError> for Problem {
    fn from(error: MappingChangeError) -> Self {
        let detail = error.to_string();
        match error {
            MappingChangeError::Resolve(error) => error.into(),
            MappingChangeError::Component(_) => Self::conflict("not-a-script", detail),
            MappingChangeError::Faults(faults) => {
                Self::unprocessable("invalid-mapping", detail).with("faults", faults)
            }
            MappingChangeError::NotHigher(not_higher) => {
                Self::conflict("version-exists", detail).with("current", not_higher.current)
            }
            MappingChangeError::Incompatible(findings) => Self::refused(&findings, detail),
            MappingChangeError::NoMapping(_) => Self::not_found("no-mapping", detail),
            MappingChangeError::Registry(error) => (*error).into(),
            error => Self::internal(&error),
        }
    }
}

impl From<ResolveError> for Problem {
    fn from(error: ResolveError) -> Self {
        let code = match error {
            ResolveError::UnknownDecoder(_) => "unknown-decoder",
            ResolveError::NotStable { .. } => "no-stable-version",
            _ => "no-version",
        };
        Self::not_found(code, error.to_string())
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Resolve(error) => error.into(),
            RegistryError::Store(error) => {
                tracing::error!(%error, "the registry could not be changed or read");
                // What the system said of the disk is a cause of its own.
                let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
                let detail =
                    format!("nothing was changed, since it could not be kept: {error}{cause}");
                Self::unavailable("not-kept", detail)
            }
            RegistryError::AuditFull(full) => full.into(),
            RegistryError::Quarantined(_) => Self::conflict("quarantined", error.to_string()),
            error => Self::internal(&error),
        }
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        let (code, detail) = (error.code(), error.to_string());
        match error {
            CallError::Failed(failure) => {
                Self::unprocessable(code, detail).with("failure", json!(failure))
            }
            _ => Self::unprocessable(code, detail),
        }
    }
}
