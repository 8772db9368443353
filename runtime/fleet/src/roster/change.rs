//! Changes of the roster, from their rules to the memory.

use champollion_store::Batch;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    grants::Grant,
    names::GroupId,
    partners::{Ownership, Partner},
    people::Person,
};

/// A change that is allowed and not durable yet.
#[must_use]
pub struct Change<T> {
    /// The rows of the change. They are refused where the store has other rows than the roster knows.
    pub batch: Batch,
    /// The same in memory, for [`Turn::apply`](super::Turn::apply) once the batch is durable.
    pub effects: Vec<Effect>,
    /// The result of the change.
    pub outcome: T,
}

/// A part of a change: a row that is new, another one, or gone.
#[derive(Clone, Debug)]
pub enum Effect {
    /// The partner is there, with this name.
    Partner(Partner),
    /// The group is owned.
    Owned(GroupId, Ownership),
    /// The group is owned by nobody.
    Disowned(GroupId, Timestamp),
    /// The person is there, as this says.
    Person(Person),
    /// The grant is there, as this says.
    Grant(Grant),
    /// The grant is gone.
    Revoked(Uuid),
}
