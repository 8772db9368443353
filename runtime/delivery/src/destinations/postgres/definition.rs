//! The definition of a history in a PostgreSQL, as a route has it.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::destinations::{AddressError, Secret, Target, Tls, TlsError};

/// The usual port of PostgreSQL.
const PORT: u16 = 5432;

/// Most records in one batch: some thousand rows.
const MOST_RECORDS: usize = 1_000;

/// Longest name of PostgreSQL in bytes.
const NAME_BYTES: usize = 63;

/// A history in a PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostgresPush {
    /// The database: `postgres://host[:5432]/database`. With `?sslmode=disable` behind it is reached without TLS.
    #[schema(value_type = String, format = "uri")]
    pub url: Url,
    /// The name that we have there.
    pub user: String,
    /// The password of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// The schema that holds the tables; it is made where it is not there.
    #[serde(default = "schema")]
    pub schema: String,
    /// Most records in one transaction.
    #[serde(default = "batch")]
    pub batch: usize,
    /// The certificates of the connection.
    #[serde(default)]
    pub tls: Tls,
}

fn schema() -> String {
    "champollion".to_owned()
}

fn batch() -> usize {
    100
}

/// Why records cannot be kept like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresPushError {
    /// The URL is none of PostgreSQL. It may hold a secret, so it is not repeated.
    #[error("url must read postgres://host:port/database")]
    Url,
    /// The URL holds a name or a password, or settings that are not known.
    #[error(
        "url must read postgres://host:port/database, without a name, a password or settings: say the name under user, \
         and the password under password; ?sslmode=disable alone may stand behind"
    )]
    UrlParts,
    /// The connection is not secured.
    #[error(
        "sslmode=disable sends records in clear: leave it out; the operator may allow it with [delivery] plain-http"
    )]
    Plain,
    /// The name of the schema cannot be used.
    #[error(
        "schema must be a name of 1 to {NAME_BYTES} small letters, digits and _, and begin with a letter"
    )]
    Schema,
    /// The number of records is out of bounds.
    #[error("batch must be 1 to {MOST_RECORDS} records")]
    Batch,
    /// The program was built without it.
    #[error("this program was built without the feature postgres")]
    NotBuilt,
    /// It is where recipients may not be.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl PostgresPush {
    /// Returns where its secrets go.
    pub(crate) fn target(&self) -> Target {
        let target = Target::of_url("url", &self.url).trusting(&self.tls);
        // The URL crate knows no usual port of PostgreSQL.
        target.with("url", self.port()).with("url", self.is_secured())
    }

    /// Returns the port of the server.
    pub(crate) fn port(&self) -> u16 {
        self.url.port().unwrap_or(PORT)
    }

    /// Whether the connection is secured.
    pub(crate) fn is_secured(&self) -> bool {
        self.url.query() != Some("sslmode=disable")
    }

    /// All secrets in it.
    pub(crate) fn secrets(&mut self) -> Vec<&mut Secret> {
        self.password.iter_mut().chain(self.tls.secrets()).collect()
    }

    /// Checks all that can be checked without a connection. Returns the host and the database.
    ///
    /// # Errors
    /// Says what of the definition cannot be.
    pub(super) fn checked(
        &self,
        plain_is_allowed: bool,
    ) -> Result<(String, String), PostgresPushError> {
        if !matches!(self.url.scheme(), "postgres" | "postgresql") {
            return Err(PostgresPushError::Url);
        }
        let host = self.url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(PostgresPushError::Url)?.to_owned();
        let database = self.url.path().trim_start_matches('/').to_owned();
        if database.is_empty() || database.contains('/') {
            return Err(PostgresPushError::Url);
        }
        let has_more = self.url.password().is_some()
            || !self.url.username().is_empty()
            || self.url.fragment().is_some()
            || !matches!(self.url.query(), None | Some("sslmode=disable" | "sslmode=verify-full"));
        if has_more {
            return Err(PostgresPushError::UrlParts);
        }
        if !self.is_secured() && !plain_is_allowed {
            return Err(PostgresPushError::Plain);
        }
        if !is_name(&self.schema) {
            return Err(PostgresPushError::Schema);
        }
        if !(1..=MOST_RECORDS).contains(&self.batch) {
            return Err(PostgresPushError::Batch);
        }
        Ok((host, database))
    }
}

/// Whether a text is a name that PostgreSQL takes as it is.
fn is_name(text: &str) -> bool {
    let sign = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_';
    (1..=NAME_BYTES).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(sign)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn push(more: &Json) -> PostgresPush {
        let mut whole = json!({ "url": "postgres://db.example/town", "user": "champollion" });
        for (name, value) in more.as_object().unwrap() {
            whole[name] = value.clone();
        }
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn a_history_says_its_database_and_is_secured() {
        let usual = push(&json!({}));
        assert_eq!(usual.checked(false), Ok(("db.example".to_owned(), "town".to_owned())));
        assert_eq!((usual.port(), usual.schema.as_str()), (5432, "champollion"));
        let plain = push(&json!({ "url": "postgres://db.example:5433/town?sslmode=disable" }));
        assert_eq!((plain.port(), plain.checked(true).is_ok()), (5433, true));
        assert_eq!(plain.checked(false), Err(PostgresPushError::Plain));
        for (more, error) in [
            (json!({ "url": "mysql://db.example/town" }), PostgresPushError::Url),
            (json!({ "url": "postgres://db.example" }), PostgresPushError::Url),
            (json!({ "url": "postgres://me:secret@db.example/town" }), PostgresPushError::UrlParts),
            (
                json!({ "url": "postgres://db.example/town?sslmode=prefer" }),
                PostgresPushError::UrlParts,
            ),
            (json!({ "schema": "Town; DROP" }), PostgresPushError::Schema),
            (json!({ "batch": 0 }), PostgresPushError::Batch),
        ] {
            assert_eq!(push(&more).checked(true), Err(error), "{more}");
        }
    }
}
