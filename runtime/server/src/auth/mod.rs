//! Authorization: bearer tokens with a role and scopes, kept only as hashes.

mod principal;
mod rates;
mod recovery;
mod scope;
mod settings;
mod sign_ins;
mod token;
mod tokens;

pub use principal::{GroupRefused, Principal, bearer};
pub use rates::{Rates, TooOften};
pub use recovery::{RecoveryError, recover_admin};
pub use scope::{Scope, UnknownScope};
pub use settings::RequestLimits;
pub use sign_ins::{SignIns, TooManyWrongTokens};
pub use token::{Role, RoleError, Secret, TokenHash};
pub(crate) use tokens::ADMIN_ENDS_SOON;
pub use tokens::{
    AdminOutlook, AuthError, NewToken, TokenError, TokenInfo, TokenPlace, TokenPlaceError,
    TokenRequest, Tokens,
};
