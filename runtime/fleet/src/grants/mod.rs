//! Grants: what a person may do, and where.
//!
//! A [`Grant`] is a [`Place`] and a [`GrantRole`]: the owner of a partner, a reader of a group.

mod grant;
mod place;
mod role;

pub use grant::Grant;
pub use place::{Place, PlaceError};
pub use role::{GrantRole, RoleError};
