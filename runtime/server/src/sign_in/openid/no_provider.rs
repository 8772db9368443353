//! The place of the provider in a program that was built without OpenID Connect: settings that ask for it are refused.

use super::{Asserted, OpenidError, OpenidSettings, Pending};

/// A provider that is never made.
pub enum Provider {}

impl Provider {
    /// The provider of the settings, of which there is none.
    ///
    /// # Errors
    /// The settings name a provider.
    pub fn new(settings: &OpenidSettings, _public_address: &str) -> Result<Option<Self>, String> {
        match settings.is_on() {
            true => {
                Err("this program was built without OpenID Connect (the feature oidc)".to_owned())
            }
            false => Ok(None),
        }
    }

    /// The address at which a person signs in.
    ///
    /// # Errors
    /// There is no provider.
    #[expect(clippy::unused_async, reason = "the provider that is made waits")]
    pub async fn begin(&self, _pending: &Pending) -> Result<String, OpenidError> {
        match *self {}
    }

    /// The person of a code.
    ///
    /// # Errors
    /// There is no provider.
    #[expect(clippy::unused_async, reason = "the provider that is made waits")]
    pub async fn finish(&self, _code: String, _pending: &Pending) -> Result<Asserted, OpenidError> {
        match *self {}
    }

    /// The address at which a person signs out.
    ///
    /// # Errors
    /// There is no provider.
    #[expect(clippy::unused_async, reason = "the provider that is made waits")]
    pub async fn end(&self, _assertion: Option<&str>) -> Result<Option<String>, OpenidError> {
        match *self {}
    }
}
