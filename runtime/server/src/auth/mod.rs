//! Who may do what: bearer tokens with a role, kept only as hashes.

mod principal;
mod token;
mod tokens;

pub use principal::{
    Administer, Authorized, Collect, Command, Duty, Ingest, Inspect, Principal, Publish, bearer,
};
pub use token::{Role, RoleError, Secret, TokenHash};
pub use tokens::{AuthError, NewToken, TokenError, TokenInfo, Tokens};
