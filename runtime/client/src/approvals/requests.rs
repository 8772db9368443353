//! Requests, decisions and approvals as the server shows them.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Applicant, Declaration};
use crate::{Invitation, Partner};

/// A request that was taken, and its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedApproval {
    /// The request as it was taken.
    pub request: PartnersRequest,
    /// The secret by which it is looked after.
    pub secret: String,
}

/// A request of a partner, or of who is to be one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartnersRequest {
    /// The id of the request.
    pub id: Uuid,
    /// The name of who asks, for people.
    pub name: String,
    /// The partner that asks, or that the decision made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The subject of the request.
    pub matter: RequestMatter,
    /// The state in a word: waiting, accepted or refused.
    pub state: String,
    /// The side that has to take the next step: operator, partner or nobody.
    pub waits_for: String,
    /// The moment at which it was asked.
    pub asked_at: Timestamp,
    /// The moment until which it is to be decided.
    pub due_at: Timestamp,
    /// Whether it should have been decided by now.
    pub overdue: bool,
    /// The checks of the operator; shown to the operator alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<Vec<OperatorCheck>>,
    /// The remarks of both sides, the oldest first.
    pub remarks: Vec<RequestRemark>,
    /// The decision; absent as long as there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<RequestDecision>,
}

/// The subject of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "kebab-case")]
pub enum RequestMatter {
    /// The approval of a partner.
    Approval {
        /// The declaration under the six headings.
        declaration: Box<Declaration>,
        /// The person who is to be the first owner; absent where the partner exists.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        applicant: Option<Applicant>,
        /// The groups that are wished for.
        #[serde(default)]
        groups: Vec<String>,
    },
    /// More objects than were declared.
    MoreObjects {
        /// The number that was declared.
        declared: u32,
        /// The number that there are.
        number: u32,
    },
}

/// A check of the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorCheck {
    /// The question of the check.
    pub question: String,
    /// The result; absent as long as there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<OperatorCheckResult>,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorCheckResult {
    /// Whether the request passes the check.
    pub passed: bool,
    /// The moment at which it was found.
    pub at: Timestamp,
    /// The name of the one who found it.
    pub by: String,
    /// A note on what was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A remark of one of the sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRemark {
    /// The side that made the remark: operator or partner.
    pub side: String,
    /// The moment at which it was made.
    pub at: Timestamp,
    /// The name of the one who made it, where it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The words of the remark.
    pub text: String,
}

/// The decision about a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestDecision {
    /// Whether the request is accepted.
    pub accepted: bool,
    /// The moment at which it was decided.
    pub at: Timestamp,
    /// The name of the one who decided; shown to the operator alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The letter that says so.
    pub letter: String,
}

/// The requests that the sender may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnersRequestList {
    /// The requests, the oldest first.
    pub requests: Vec<PartnersRequest>,
}

/// A decision that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionRequest {
    /// Whether the request is accepted.
    pub accepted: bool,
    /// The letter that says so.
    pub letter: String,
    /// The short name of the partner that is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// The groups that the partner gets; those that it wished for without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// The number of objects that is consented to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// The most objects that the partner may have while it is decided about those beyond the declared number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<u32>,
}

/// A decision, and what came of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedRequest {
    /// The request with its decision.
    pub request: PartnersRequest,
    /// The partner that was made, or whose approval it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<Partner>,
    /// The invitation of the first owner of a partner that was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Invitation>,
}

/// The approval of a partner, and what it means now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerApproval {
    /// The short name of the partner.
    pub partner: String,
    /// Whether objects are accepted: in-force, not-begun or ended.
    pub state: String,
    /// The objects that there are.
    pub objects: usize,
    /// The number of objects that is declared for today; absent where none was declared at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<u32>,
    /// The most objects that are accepted today; absent where nothing bounds them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
    /// The approval as it is kept.
    pub approval: Approval,
}

/// The approval of a partner as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The moment at which it was granted.
    pub granted_at: Timestamp,
    /// The request that it was granted to; absent where the operator added the partner without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Uuid>,
    /// Whether it was granted without a declaration to a group that was there before it had a partner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_existing_group: bool,
    /// The first day on which it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day on which it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The moment at which the operator refused more than the declared number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more_refused_at: Option<Timestamp>,
    /// The notice that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<ApprovalNotice>,
}

/// The notice by which an approval ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalNotice {
    /// The moment at which it was given.
    pub given_at: Timestamp,
    /// The moment from which on the approval is not in force.
    pub ends_at: Timestamp,
    /// The letter that says so.
    pub letter: String,
}
