//! Errors as `application/problem+json` (RFC 9457).

use std::{any::Any, error::Error};

use axum::{
    Json,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use champollion_delivery::{dispatch::DispatchError, mailbox::DeliveryError, routes::RouteError};
use champollion_frames::{JoinRefusal, Refusal};
use champollion_lns::Unreadable;
use champollion_registry::{
    ChangeError, KeyError, PublishError, RegistryError,
    gate::Finding,
    keys::UntrustedError,
    ledger::{AuditFull, ResolveError},
};
use champollion_sandbox::CallError;
use serde::Serialize;
use serde_json::{Map, Value as Json_, json};

use super::secrets::without_keys;
use crate::{
    auth::{AuthError, GroupRefused, TokenError, TooManyWrongTokens, TooOften},
    devices::{DevicesError, HandoverError, NamelessError},
    downlinks::{CancelError, LedgerError, SendError},
    expensive::TooExpensive,
    ingest::IngestError,
    parked::ParkedError,
    quotas::{Quota, QuotaExceeded},
    storage::Full,
    workers::NotDone,
};

/// Seconds after which a client that met a passing condition should come back.
const RETRY_AFTER_SECONDS: u32 = 1;

/// The same where the disk is full, which passes more slowly.
const FULL_RETRY_AFTER_SECONDS: u32 = 30;

/// The same where an address has tried many wrong tokens: its next one is due.
const WRONG_TOKENS_RETRY_AFTER_SECONDS: u32 = 2;

/// Starts the `type` of every problem; the code follows.
const TYPE_PREFIX: &str = "urn:champollion:problem:";

/// An error that a client is told.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    /// A word for programs, which does not change between releases.
    code: &'static str,
    /// The fault, its place, and the remedy.
    detail: String,
    /// More for programs, beside the standard members.
    extra: Map<String, Json_>,
    retry_after: Option<u32>,
}

#[derive(Serialize)]
struct Body<'problem> {
    r#type: String,
    title: &'problem str,
    status: u16,
    code: &'problem str,
    detail: &'problem str,
    #[serde(flatten)]
    extra: &'problem Map<String, Json_>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = without_keys(detail.into());
        Self { status, code, detail, extra: Map::new(), retry_after: None }
    }

    /// The request is not what it should be.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// A thing that is asked for does not exist.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// The token does not allow it.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// It is there in no form that the client takes.
    pub fn not_acceptable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable", detail)
    }

    /// The path does not take this method.
    pub fn method_not_allowed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
    }

    /// The body is too large.
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("the body is larger than {limit} bytes, which is the limit here");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
    }

    /// The body did not arrive in time.
    pub fn body_too_slow(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", detail)
    }

    /// The request is well-formed and cannot be done.
    pub fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// The request is at odds with what there is.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// It cannot be done now; the client should try again.
    pub fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
        Self { retry_after: Some(RETRY_AFTER_SECONDS), ..problem }
    }

    /// Too much is under way already; the client should try again a little later.
    pub fn too_many_requests(code: &'static str, detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail);
        Self { retry_after: Some(RETRY_AFTER_SECONDS), ..problem }
    }

    /// The group may not send urgent commands.
    pub fn priority_not_permitted(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "priority-not-permitted", detail)
    }

    /// The group has tried its routes so often that it has to wait for some seconds.
    pub fn too_many_tests(exceeded: &QuotaExceeded, seconds: u64) -> Self {
        let seconds = u32::try_from(seconds).unwrap_or(u32::MAX).max(1);
        let problem = Self::too_many_requests("quota-exceeded", exceeded.to_string());
        Self { retry_after: Some(seconds), ..problem }.of_quota(exceeded)
    }

    /// The same with the quota that is used up, for programs.
    fn of_quota(self, exceeded: &QuotaExceeded) -> Self {
        let QuotaExceeded { group, quota, used, limit, .. } = exceeded;
        let setting = format!("[quotas.groups.{group}] {}", quota.as_str());
        self.with("quota", quota.as_str())
            .with("group", group)
            .with("used", used)
            .with("limit", limit)
            .with("setting", setting)
    }

    /// Something that should not happen. The operator finds it in the log; the client is told no
    /// more than that.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed inside");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong inside; the server's log says what",
        )
    }

    /// Returns the status code.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The word for programs.
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// Returns the fault, its place, and the remedy.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// Returns the body of the answer.
    pub(super) fn body(&self) -> impl Serialize + '_ {
        Body {
            r#type: format!("{TYPE_PREFIX}{}", self.code),
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            extra: &self.extra,
        }
    }

    /// A package in which the gate found something: with one thing its own code, and all of them by
    /// their codes beside.
    fn refused(findings: &[Finding], detail: String) -> Self {
        let code = findings.first().map_or("refused", Finding::code);
        if code == "compiler-failed" {
            tracing::error!(detail, "a component could not be compiled");
        }
        let all: Vec<Json_> = findings
            .iter()
            .map(|finding| json!({ "code": finding.code(), "detail": finding.to_string() }))
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

    /// Its words alone, where it is one of many: the code and the detail.
    #[must_use]
    pub(super) fn words(self) -> (&'static str, String) {
        (self.code, self.detail)
    }

    /// The same with one more member for programs.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.extra.insert(name.to_owned(), value);
        }
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let mut response = (self.status, Json(self.body())).into_response();
        let headers = response.headers_mut();
        let content_type = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, content_type);
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Answers a client whose handler panicked.
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<axum::body::Body> {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words");
    Problem::internal(&message).into_response()
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let code = match error {
            AuthError::Missing => "token-missing",
            AuthError::NotBearer => "token-malformed",
            AuthError::Unknown => "token-unknown",
            AuthError::Expired(_) => "token-expired",
        };
        Self::new(StatusCode::UNAUTHORIZED, code, error.to_string())
    }
}

impl From<TooManyWrongTokens> for Problem {
    fn from(error: TooManyWrongTokens) -> Self {
        let problem = Self::too_many_requests("too-many-wrong-tokens", error.to_string());
        Self { retry_after: Some(WRONG_TOKENS_RETRY_AFTER_SECONDS), ..problem }
    }
}

impl From<TooOften> for Problem {
    fn from(error: TooOften) -> Self {
        let seconds = error.wait.as_secs_f64().ceil().max(1.0) as u32;
        let problem = Self::too_many_requests("too-many-requests", error.to_string());
        Self { retry_after: Some(seconds), ..problem }
    }
}

impl From<AuditFull> for Problem {
    fn from(full: AuditFull) -> Self {
        let problem = Self::new(StatusCode::INSUFFICIENT_STORAGE, "audit-full", full.to_string());
        Self { retry_after: Some(FULL_RETRY_AFTER_SECONDS), ..problem }
    }
}

impl From<GroupRefused> for Problem {
    fn from(refused: GroupRefused) -> Self {
        let detail = refused.to_string();
        match refused {
            GroupRefused::Unnamed => Self::bad_request("group-missing", detail),
            GroupRefused::OfAnother(_) | GroupRefused::NoGroup => Self::forbidden(detail),
        }
    }
}

impl From<QuotaExceeded> for Problem {
    fn from(exceeded: QuotaExceeded) -> Self {
        let detail = exceeded.to_string();
        let problem = match exceeded.quota {
            Quota::OpenStreams | Quota::OpenStreamsOfToken => {
                Self::too_many_requests("too-many-followers", detail)
            }
            Quota::Routes => Self::conflict("too-many-routes", detail),
            Quota::Tokens | Quota::Devices => Self::conflict("quota-exceeded", detail),
            Quota::WaitingCommands
            | Quota::OpenCommands
            | Quota::OpenAnswers
            | Quota::OpenAnswersOfToken
            | Quota::RouteTestsPerMinute => Self::too_many_requests("quota-exceeded", detail),
        };
        problem.of_quota(&exceeded)
    }
}

impl From<TooExpensive> for Problem {
    fn from(error: TooExpensive) -> Self {
        let detail = error.to_string();
        match error {
            TooExpensive::OfToken { .. } | TooExpensive::OfGroup { .. } => {
                Self::too_many_requests("too-many-expensive-requests", detail)
            }
            TooExpensive::All { .. } => Self::unavailable("too-busy", detail),
            TooExpensive::TookTooLong { .. } => Self::unavailable("took-too-long", detail),
            TooExpensive::NotDone(not_done) => not_done.into(),
        }
    }
}

impl From<Unreadable> for Problem {
    fn from(error: Unreadable) -> Self {
        Self::bad_request(error.code(), error.to_string()).with("path", error.path())
    }
}

impl From<Full> for Problem {
    fn from(full: Full) -> Self {
        let problem = Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage-full", full.to_string());
        Self { retry_after: Some(FULL_RETRY_AFTER_SECONDS), ..problem }
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        let refusal = match error {
            IngestError::Refused(refusal) => refusal,
            IngestError::JoinRefused(refusal) => return refusal.into(),
            IngestError::NotKept(reason) => {
                tracing::error!(reason, "a frame could not be kept");
                return Self::unavailable("not-kept", "the frame could not be kept: send it again");
            }
            IngestError::Full(full) => return full.into(),
            IngestError::Busy(not_done) => return not_done.into(),
            IngestError::Nameless(error) => {
                let detail = error.to_string();
                return match error {
                    NamelessError::Nobody { .. } => Self::not_found(error.code(), detail),
                    _ => Self::conflict(error.code(), detail),
                };
            }
            IngestError::Handover(error) => {
                return Self::unprocessable("impossible-session", error.to_string());
            }
        };
        let (code, detail) = (refusal.code(), refusal.to_string());
        match refusal {
            Refusal::Malformed(_) => Self::bad_request("malformed-frame", detail),
            Refusal::UnknownDevAddr { .. } | Refusal::UnknownDevEui { .. } => {
                Self::not_found(code, detail)
            }
            Refusal::MicMismatch { .. }
            | Refusal::AmbiguousMic { .. }
            | Refusal::KeysWithheld { .. }
            | Refusal::OtherDevice { .. }
            | Refusal::OtherFCnt { .. }
            | Refusal::UnknownAppSKey { .. }
            | Refusal::MicUnconfirmed { .. } => Self::unprocessable(code, detail),
            Refusal::OtherNetworkServer { .. } => Self::new(StatusCode::FORBIDDEN, code, detail),
            Refusal::InFlight { .. } => Self::unavailable(code, detail),
            Refusal::Duplicate { .. } | Refusal::Replay { .. } => Self::conflict(code, detail),
        }
    }
}

impl From<NotDone> for Problem {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Busy { .. } => Self::too_many_requests("busy", not_done.to_string()),
            NotDone::Panicked => Self::internal(&not_done),
        }
    }
}

impl From<JoinRefusal> for Problem {
    fn from(refusal: JoinRefusal) -> Self {
        let (code, detail) = (refusal.code(), refusal.to_string());
        match refusal {
            JoinRefusal::Malformed(_) => Self::bad_request("malformed-frame", detail),
            JoinRefusal::UnknownDevEui { .. } => Self::not_found(code, detail),
            JoinRefusal::InFlight { .. } => Self::unavailable(code, detail),
            JoinRefusal::UsedDevNonce { .. }
            | JoinRefusal::UsedJoinNonce { .. }
            | JoinRefusal::Duplicate { .. } => Self::conflict(code, detail),
            JoinRefusal::OtherJoinEui { .. }
            | JoinRefusal::MicMismatch { .. }
            | JoinRefusal::NobodyAsked { .. }
            | JoinRefusal::Rejoin { .. } => Self::unprocessable(code, detail),
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

impl From<DevicesError> for Problem {
    fn from(error: DevicesError) -> Self {
        match error {
            DevicesError::Quota(exceeded) => exceeded.into(),
            DevicesError::Unknown(_) => Self::not_found("unknown-device", error.to_string()),
            DevicesError::DescriptionTooLarge { .. } => {
                Self::bad_request("description-too-large", error.to_string())
            }
            DevicesError::Handover(
                HandoverError::FixedKeys(_) | HandoverError::OtherAppSKey(_),
            ) => Self::conflict("other-session", error.to_string()),
            DevicesError::Handover(_) => Self::bad_request("impossible-session", error.to_string()),
            DevicesError::Impossible(_) => {
                Self::bad_request("impossible-registration", error.to_string())
            }
            error => Self::internal(&error),
        }
    }
}

impl From<SendError> for Problem {
    fn from(error: SendError) -> Self {
        let detail = error.to_string();
        match error {
            SendError::NoDecoder(_) => Self::unprocessable("no-decoder", detail),
            SendError::Decoder(error) => (*error).into(),
            SendError::NotEncoded(error) => Self { detail, ..error.into() },
            SendError::NotDone(not_done) => not_done.into(),
            SendError::NowhereKnown(_) => Self::unprocessable("no-network-server", detail),
            SendError::NoDownlinks { .. } => Self::unprocessable("no-downlinks", detail),
            SendError::CommandTooLarge { .. } => Self::bad_request("command-too-large", detail),
            SendError::TwoExpiries
            | SendError::ExpiresInThePast(_)
            | SendError::ExpiresTooLate { .. } => Self::bad_request("invalid-expiry", detail),
            SendError::OtherRequest(_) => Self::unprocessable("other-request", detail),
            SendError::UnderWay => Self::conflict("request-under-way", detail),
            SendError::NobodyMeant(_) => Self::not_found("no-devices", detail),
            SendError::TooMany { .. } => Self::unprocessable("too-many-devices", detail),
            SendError::Quota(exceeded) => exceeded.into(),
            SendError::NotKept(reason) => {
                tracing::error!(reason, "a command could not be kept");
                Self::unavailable("not-kept", "the command could not be kept: send it again")
            }
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        let detail = error.to_string();
        match error {
            CancelError::Unknown(_) => Self::not_found("unknown-downlink", detail),
            CancelError::HandedOver(_) => Self::conflict("handed-over", detail),
            CancelError::MayBeHandedOver(_) => Self::conflict("may-be-handed-over", detail),
            CancelError::AtItsEnd(state) => {
                Self::conflict("at-its-end", detail).with("state", state)
            }
            CancelError::Ledger(error) => error.into(),
        }
    }
}

impl From<LedgerError> for Problem {
    fn from(error: LedgerError) -> Self {
        Self::internal(&error)
    }
}

impl From<ParkedError> for Problem {
    fn from(error: ParkedError) -> Self {
        match error {
            ParkedError::Unknown(_) => Self::not_found("unknown-message", error.to_string()),
            error => Self::internal(&error),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Quota(exceeded) => exceeded.into(),
            TokenError::NoSuchToken(_) => Self::not_found("unknown-token", error.to_string()),
            TokenError::LastAdmin(_) => Self::conflict("last-admin", error.to_string()),
            TokenError::NoScopes | TokenError::ScopeOfAnother { .. } => {
                Self::bad_request("invalid-scopes", error.to_string())
            }
            TokenError::NameTooLong { .. } => Self::bad_request("name-too-long", error.to_string()),
            TokenError::ExpiresInThePast(_) => {
                Self::bad_request("expires-in-the-past", error.to_string())
            }
            error => Self::internal(&error),
        }
    }
}

impl From<DispatchError> for Problem {
    fn from(error: DispatchError) -> Self {
        let said = error.to_string();
        match error {
            DispatchError::Unknown(_) => Self::not_found("no-such-route", said),
            DispatchError::Route(RouteError::Damaged(_)) => Self::internal(&said),
            DispatchError::Route(_) => Self::unprocessable("invalid-route", said),
            DispatchError::TooMany { group, limit } => {
                let (quota, used, wanted) = (Quota::Routes, limit, 1);
                QuotaExceeded { group, quota, used, wanted, limit }.into()
            }
            DispatchError::WrongKind { .. } => Self::conflict("wrong-kind-of-route", said),
            DispatchError::Delivery(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<DeliveryError> for Problem {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::BeyondEnd { .. } => {
                Self::conflict("cursor-beyond-end", error.to_string())
            }
            DeliveryError::NotFiltered { reason } => {
                tracing::warn!(reason, "records were not filtered");
                Self::unavailable("too-busy", "the records could not be looked at now: ask again")
            }
            error => Self::internal(&error),
        }
    }
}
