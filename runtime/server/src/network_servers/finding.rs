//! Findings: what is wrong with the way in which a network server hands over, and the remedy.

use serde::Serialize;

use crate::sentence::Sentence;

/// The weight of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = FindingSeverity)]
pub enum Severity {
    /// Nothing is wrong yet: it should be known.
    Note,
    /// Frames are lost, or may be.
    Warning,
    /// Nothing comes through the broker.
    Error,
}

impl Severity {
    /// Returns the word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A finding about a network server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Finding {
    /// The weight of the finding.
    pub severity: Severity,
    /// The kind of the finding, for programs.
    pub code: &'static str,
    /// The fault, for people.
    pub detail: String,
    /// The remedy, for people.
    pub remedy: String,
    /// The fault as a value.
    pub fault: Sentence,
}

impl Finding {
    pub(super) fn new(
        severity: Severity,
        code: &'static str,
        (detail, fault): (impl Into<String>, Sentence),
        remedy: impl Into<String>,
    ) -> Self {
        Self { severity, code, detail: detail.into(), remedy: remedy.into(), fault }
    }

    pub(super) fn warning(
        code: &'static str,
        said: (impl Into<String>, Sentence),
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Warning, code, said, remedy)
    }

    /// Whether somebody should do something.
    #[must_use]
    pub fn needs_attention(&self) -> bool {
        self.severity > Severity::Note
    }
}
