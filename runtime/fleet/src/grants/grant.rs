//! A grant as it is kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{GrantRole, Place};

/// A role of a person at a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StoredGrant)]
pub struct Grant {
    /// The id of the grant, by which it is revoked.
    pub id: Uuid,
    /// The person who has it.
    pub person: Uuid,
    /// The place where the person has the role.
    pub scope: Place,
    /// The role that the person has.
    pub role: GrantRole,
    /// The moment at which it was granted.
    pub granted_at: Timestamp,
    /// The name of the one who granted it.
    pub granted_by: String,
    /// The moment at which it was last confirmed; absent where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
}
