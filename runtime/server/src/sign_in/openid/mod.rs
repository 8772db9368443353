//! Sign-in by OpenID Connect: the authorization code flow with PKCE, state and nonce. A person is found by the issuer and
//! the subject, and the first time by the e-mail address that the provider has verified. Nobody gets an account by
//! signing in.

mod identities;
#[cfg(feature = "oidc")]
mod outbound;
mod pending;
#[cfg(feature = "oidc")]
mod provider;
#[cfg(not(feature = "oidc"))]
#[path = "no_provider.rs"]
mod provider;
mod settings;
#[cfg(any(feature = "oidc", test))]
mod usable;

use champollion_fleet::people::Email;

pub use identities::{Identities, Identity};
pub use pending::Pending;
pub use provider::Provider;
pub use settings::{OpenidSettings, SaidFactor};

/// A person as the provider asserts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asserted {
    /// The issuer, which is the one of the settings.
    pub issuer: String,
    /// The name of the person at the issuer, which never changes.
    pub subject: String,
    /// The e-mail address, where the provider has verified it.
    pub email: Option<Email>,
    /// The value that says that the person has signed in with what the settings take for a second factor.
    pub second_factor: Option<SaidFactor>,
    /// The token that asserts it, by which the person signs out again.
    pub id_token: String,
}

/// The reason why nobody is signed in by OpenID Connect.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenidError {
    /// The settings name no provider.
    #[error(
        "people of this server do not sign in by OpenID Connect: [sign-in.openid] issuer names no provider"
    )]
    NotConfigured,
    /// The sign-in was begun in another browser, or too long ago.
    #[error(
        "this sign-in was begun in another browser, or too long ago: begin it again at /v1/session/openid"
    )]
    NotBegun,
    /// The provider does not answer, or not as it should.
    #[error("the provider of OpenID Connect cannot be asked: {0}")]
    Unreachable(String),
    /// The provider has signed nobody in.
    #[error("the provider of OpenID Connect says {0}")]
    Refused(String),
    /// The provider asserts something that does not hold.
    #[error("the provider's assertion cannot be trusted: {0}")]
    Untrusted(String),
    /// There is no account that goes with the person.
    #[error(
        "no account goes with this identity: ask who looks after accounts at your partner to add you, with the \
         e-mail address that the provider has verified"
    )]
    NoAccount,
    /// Several accounts go with the person.
    #[error(
        "you have accounts in several homes: name the one that is meant, as in /v1/session/openid?home={}",
        .0.first().map(String::as_str).unwrap_or_default()
    )]
    SeveralAccounts(Vec<String>),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(#[from] getrandom::Error),
}
