//! An answer, typed and as it came.

use std::ops::Deref;

use serde::de::DeserializeOwned;

use crate::ClientError;

/// An answer of the server: a value, and the JSON text that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    value: T,
    text: String,
}

impl<T: DeserializeOwned> Answer<T> {
    pub(crate) fn read(text: String) -> Result<Self, ClientError> {
        let value = serde_json::from_str(&text).map_err(ClientError::Unreadable)?;
        Ok(Self { value, text })
    }
}

impl<T> Answer<T> {
    /// The JSON text as the server wrote it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the value without the text that it was read from.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value
    }

    /// The same answer, read as another type: one that knows how to check what it says, for instance.
    ///
    /// # Errors
    /// [`ClientError::Unreadable`] says where the text is not of that type.
    pub fn read_as<U: DeserializeOwned>(&self) -> Result<U, ClientError> {
        serde_json::from_str(&self.text).map_err(ClientError::Unreadable)
    }
}

impl<T> Deref for Answer<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
