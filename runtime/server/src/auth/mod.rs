//! Authorization: bearer tokens with a role and scopes, kept only as hashes.

mod error;
mod issued;
mod last_uses;
mod principal;
mod rates;
mod reach;
mod scope;
mod settings;
mod sign_ins;
mod token;
mod tokens;

pub use error::{AuthError, TokenError};
pub use issued::{NewToken, TokenInfo, TokenMaker, TokenPlace, TokenPlaceError, TokenRequest};
pub use last_uses::{LastUses, Used};
pub use principal::{Principal, bearer};
pub use rates::{Rates, TooOften};
pub use reach::{GroupRefused, Reach};
pub(crate) use scope::EVERYBODY;
pub use scope::{Scope, UnknownScope, holders};
pub use settings::RequestLimits;
pub use sign_ins::{SignIns, TooManyWrongTokens};
pub use token::{Role, RoleError, RoleWish, Secret, Standing, TokenHash};
pub(crate) use tokens::ADMIN_ENDS_SOON;
pub use tokens::{AdminOutlook, Administrators, EndedTokens, Tokens};
