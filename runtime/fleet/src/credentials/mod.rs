//! Credentials: the passwords and the second factors by which people sign in. They lie sealed in the store, and of a
//! password only its hash.

mod password;
mod second_factor;
mod stored;

pub use password::{HashError, Password, PasswordHash, WeakPassword, fitting};
pub use second_factor::{SecondFactor, SecondFactorError};
pub use stored::{Credential, SeenCredential};
