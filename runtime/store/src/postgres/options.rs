//! Settings of a store in a database.

use std::time::Duration;

use super::schema;

/// Connections for reading. A node reads its caches at the start, and seldom after that.
const DEFAULT_READERS: usize = 8;

/// The time after which a node that writes nothing renews its row: rows of a week without a write are removed.
const RENEWAL: Duration = Duration::from_secs(24 * 60 * 60);

/// A database, and how many connections a node has to it.
#[derive(Clone)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// The address as libpq takes it, with several hosts where there is a standby.
    pub url: String,
    /// The password, where it is not in the address.
    pub password: Option<String>,
    /// Connections for reading, beside the one that writes.
    pub readers: usize,
    /// The newest schema that is made and known.
    pub schema: i32,
    /// The time after which a node that writes nothing renews its row.
    pub(super) renewal: Duration,
}

impl PostgresOptions {
    /// The newest schema that this version knows. The one before it is a schema that the version before knows too.
    pub const NEWEST_SCHEMA: i32 = schema::NEWEST;

    /// Returns the newest schema that this version knows; where that is wanted, the newest one of the version before.
    #[must_use]
    pub const fn known_schema(as_before: bool) -> i32 {
        if as_before { Self::NEWEST_SCHEMA - 1 } else { Self::NEWEST_SCHEMA }
    }

    /// The defaults, for the database at this address.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        let (password, readers) = (None, DEFAULT_READERS);
        let (schema, renewal) = (Self::NEWEST_SCHEMA, RENEWAL);
        Self { url: url.into(), password, readers, schema, renewal }
    }

    /// Sets [`password`](Self::password), which is then not taken from the address.
    #[must_use]
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Sets [`readers`](Self::readers), the connections for reading.
    #[must_use]
    pub const fn readers(mut self, readers: usize) -> Self {
        self.readers = readers;
        self
    }

    /// Sets [`schema`](Self::schema): nothing newer is made, so that a version which knows no newer one can go on.
    #[must_use]
    pub const fn schema(mut self, newest: i32) -> Self {
        self.schema = newest;
        self
    }
}
