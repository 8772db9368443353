//! The settings of requests and approvals.

use jiff::SignedDuration;
use serde::Deserialize;

/// Hours of a day of notice.
const HOURS: i64 = 24;

/// The bounds of requests, the checks of the operator, and the notice of approvals: the section `[approvals]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ApprovalSettings {
    /// Most requests that wait for a decision at once.
    pub waiting: usize,
    /// Days between the notice and the end of an approval.
    pub notice_days: u32,
    /// Whether devices may be registered in a group that no partner owns.
    pub unowned_groups: bool,
    /// The questions that the operator checks before a partner is accepted.
    pub checks: Vec<String>,
}

impl ApprovalSettings {
    /// The time between the notice and the end of an approval.
    pub(crate) fn notice(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.notice_days).saturating_mul(HOURS))
    }
}
