//! The log of changes: each batch that changes rows which nodes have in memory names them in it, and each node reads
//! it ten times a second. So what one node changes, and what is revoked above all, holds on every node soon.

mod change;
mod due_devices;
mod due_registry;
mod follower;
mod noting;
mod rooms;

pub(crate) use follower::{FollowError, Follower};
pub(crate) use noting::noting;
pub(crate) use rooms::Rooms;
