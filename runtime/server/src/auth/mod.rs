//! Authorization: bearer tokens with a role, kept only as hashes.

mod principal;
mod token;
mod tokens;

pub use principal::{GroupRefused, Principal, bearer};
pub use token::{Role, RoleError, Secret, TokenHash};
pub use tokens::{AuthError, NewToken, TokenError, TokenInfo, TokenPlace, TokenPlaceError, Tokens};
