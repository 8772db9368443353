//! Credentials in the store.

use champollion_store::{Batch, Seen, Store, Table, TableError, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{PasswordHash, SecondFactor};

const CREDENTIALS: Table<Uuid, Credential> = Table::new(tables::CREDENTIALS);

/// The credentials of a person.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credential {
    /// The hash of the password; none of a person who has not chosen one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<PasswordHash>,
    /// The moment at which the password was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_set_at: Option<Timestamp>,
    /// The second factor, confirmed or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<SecondFactor>,
}

/// The credentials of a person as they were read, for a change that is refused where they are others by then.
pub struct SeenCredential {
    /// The credentials that were read.
    pub credential: Credential,
    seen: Seen,
}

impl Credential {
    /// Whether the person is asked for a code beside the password.
    #[must_use]
    pub fn needs_code(&self) -> bool {
        self.second_factor.as_ref().is_some_and(SecondFactor::is_confirmed)
    }
}

impl SeenCredential {
    /// Reads the credentials of a person.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn read(store: &dyn Store, person: Uuid) -> Result<Self, TableError> {
        let (credential, seen) = CREDENTIALS.get_seen(store, &person).await?;
        Ok(Self { credential: credential.unwrap_or_default(), seen })
    }

    /// Puts other credentials in their place, in a batch.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn replace(&self, batch: &mut Batch, by: &Credential) -> Result<(), TableError> {
        CREDENTIALS.replace(batch, &self.seen, by).map(drop)
    }
}
