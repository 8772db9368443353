//! Sign-in of people: sessions, one-time links to choose a password, and the bounds of attempts.

mod attempts;
mod links;
pub mod openid;
mod passwords;
mod sessions;
mod settings;

pub use attempts::{Attempts, TooManySignIns};
pub use links::{Link, LinkError, LinkKind, Links, UsedLink};
pub use passwords::{Passwords, SignInError};
pub use sessions::{Session, SessionError, Sessions, SignedIn};
pub use settings::SignInSettings;

pub(crate) use settings::page_below;
