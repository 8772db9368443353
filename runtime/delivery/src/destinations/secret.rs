//! A secret of a recipient: kept, used, and never shown again.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The text that is shown in the place of a secret.
const HIDDEN: &str = "(hidden)";

/// A secret of a recipient. It is kept whole in the store, since it is needed again; whoever shows a
/// route replaces it by [`Secret::hidden`]. Printed for people it says nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct Secret(String);

impl Secret {
    /// Makes a secret of a text.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// Returns the secret in clear.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the text that is shown in the place of every secret.
    #[must_use]
    pub fn hidden() -> Self {
        Self(HIDDEN.to_owned())
    }

    /// Whether it is what is shown in the place of a secret: a route that was read, changed and sent
    /// back has it where the secret is to stay as it is.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.0 == HIDDEN
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}
