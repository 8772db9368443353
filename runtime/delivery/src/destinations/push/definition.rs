//! The definition of an HTTP push, as a route has it.

use std::{collections::BTreeMap, time::Duration};

use data_encoding::BASE64;
use http::header::{HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use url::Url;

use super::signature::{SigningKey, SigningKeyError};
use crate::destinations::{
    AddressError, Connector, DestinationLimits, Secret, Target, Tls, TlsError,
};

/// Seconds that a recipient is given where the route does not say how many, and most that it can say.
const TIMEOUT_SECONDS: (u64, u64) = (10, 60);

/// Most records in one request.
const BATCH: usize = 1_000;

/// Requests at once where the route does not say how many, and most that it can say.
const CONCURRENCY: (usize, usize) = (8, 64);

/// Most headers of the recipient's own, and their bytes.
const HEADERS: (usize, usize) = (20, 4 << 10);

/// Most secrets of a route while some are being retired: a request is signed with each.
const MOST_SECRETS: usize = 6;

/// Headers that are ours, or the protocol's.
const OWN_HEADERS: [&str; 10] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "upgrade",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
];

/// Where and how records are posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpPush {
    /// The address that records are posted to.
    #[schema(value_type = String, format = "uri")]
    pub url: Url,
    /// The secrets that requests are signed with, each `whsec_` and base64. There are several while one is
    /// exchanged for another: each request is signed with all.
    #[serde(default)]
    pub secrets: Vec<Secret>,
    /// Secrets that were rotated out: requests are signed with them too, each until its moment.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "some_retiring_secrets"
    )]
    pub retiring_secrets: Vec<RetiringSecret>,
    /// The credentials of our requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// Further headers of each request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Secret>,
    /// The certificates of the connection.
    #[serde(default)]
    pub tls: Tls,
    /// Seconds that the recipient has to answer.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u64,
    /// Most records in one request. With 1, the body is one record; with more, a list.
    #[serde(default = "batch")]
    pub batch: usize,
    /// Most requests at once.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
}

/// A secret that another one has taken the place of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetiringSecret {
    /// The secret, as it was.
    pub secret: Secret,
    /// The moment from which on requests are not signed with it any more.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
}

/// Credentials for the recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Authorization {
    /// A bearer token in the header `Authorization`.
    Bearer {
        /// The token in clear.
        token: Secret,
    },
    /// With a name and a password.
    Basic {
        /// The name of the user.
        user: String,
        /// The password of the user.
        password: Secret,
    },
}

/// Why records cannot be posted like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpPushError {
    /// The URL is none of HTTP.
    #[error("url must begin with https://, and not with {0}://")]
    Scheme(String),
    /// The URL is not secured.
    #[error(
        "url must begin with https://; the operator may allow http:// with [delivery] plain-http"
    )]
    Plain,
    /// There is a name or a password in the URL.
    #[error("url must not hold a name or a password: say them under authorization")]
    Credentials,
    /// It is where recipients may not be.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The signing secrets cannot be used.
    #[error("secrets: {0}")]
    Signing(#[from] SigningKeyError),
    /// There are as many secrets as may be.
    #[error(
        "requests are signed with {MOST_SECRETS} secrets at most, and the route has {0} with those that \
         are being retired: end their overlap first"
    )]
    TooManySecrets(usize),
    /// The new secret is an old one.
    #[error("secret: the route has this secret already; leave it out to be given a new one")]
    KnownSecret,
    /// A header cannot be sent.
    #[error("headers: {name:?} cannot be sent: {reason}")]
    Header {
        /// The name of the header.
        name: String,
        /// The reason why the header is refused.
        reason: &'static str,
    },
    /// A number is out of its range.
    #[error("{member} must be from 1 to {most}")]
    Range {
        /// The member at fault.
        member: &'static str,
        /// The largest value that is allowed.
        most: u64,
    },
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Authorization {
    /// Returns the header that shows the credentials; nothing where they hold what no header can.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let text = match self {
            Self::Bearer { token } => format!("Bearer {}", token.reveal()),
            Self::Basic { user, password } => {
                let both = format!("{user}:{}", password.reveal());
                format!("Basic {}", BASE64.encode(both.as_bytes()))
            }
        };
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

/// Reads the secrets that are being retired. An empty list reads as if it ended their overlap, which it does not.
fn some_retiring_secrets<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<RetiringSecret>, D::Error> {
    let all = Vec::deserialize(deserializer)?;
    if all.is_empty() {
        return Err(serde::de::Error::custom(
            "an empty list ends no overlap: leave retiringSecrets out to keep it as it is, and end it by \
             retiring the secrets",
        ));
    }
    Ok(all)
}

const fn timeout_seconds() -> u64 {
    TIMEOUT_SECONDS.0
}

const fn batch() -> usize {
    1
}

const fn concurrency() -> usize {
    CONCURRENCY.0
}

impl HttpPush {
    /// All secrets in it.
    pub(crate) fn secrets(&mut self) -> Vec<&mut Secret> {
        let mut all: Vec<&mut Secret> = self.secrets.iter_mut().collect();
        all.extend(self.retiring_secrets.iter_mut().map(|retiring| &mut retiring.secret));
        all.extend(self.headers.values_mut());
        all.extend(self.tls.secrets());
        match &mut self.authorization {
            Some(Authorization::Bearer { token }) => all.push(token),
            Some(Authorization::Basic { password, .. }) => all.push(password),
            None => {}
        }
        all
    }

    /// Returns where its secrets go.
    pub(crate) fn target(&self) -> Target {
        Target::of_url("url", &self.url).trusting(&self.tls)
    }

    /// Gives it a secret to sign with where it has none: no record goes out unsigned.
    pub(crate) fn sign(&mut self) -> Option<Secret> {
        if !self.secrets.is_empty() {
            return None;
        }
        let secret = SigningKey::generate();
        self.secrets.push(secret.clone());
        Some(secret)
    }

    /// Takes the signing secrets of the definition before, where this one does not say any.
    pub(crate) fn keep_signing_secrets(&mut self, before: &Self) {
        if self.secrets.is_empty() {
            self.secrets.clone_from(&before.secrets);
        }
        if self.retiring_secrets.is_empty() {
            self.retiring_secrets.clone_from(&before.retiring_secrets);
        }
    }

    /// Forgets secrets that were rotated out and whose time is over.
    pub(crate) fn forget_retired(&mut self, now: Timestamp) {
        self.retiring_secrets.retain(|retiring| retiring.until > now);
    }

    /// Puts a new secret in the place of those that there are, which go on being used until a moment. Gives
    /// the secret where it was made here.
    pub(crate) fn rotate(
        &mut self,
        new: Option<Secret>,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Secret>, HttpPushError> {
        self.forget_retired(now);
        let retiring = self.retiring_secrets.iter().map(|retiring| &retiring.secret);
        let mut known = self.secrets.iter().chain(retiring);
        if new.as_ref().is_some_and(|new| known.any(|old| old == new)) {
            return Err(HttpPushError::KnownSecret);
        }
        let old = std::mem::take(&mut self.secrets);
        if until > now {
            let retiring = old.into_iter().map(|secret| RetiringSecret { secret, until });
            self.retiring_secrets.extend(retiring);
        }
        let count = self.retiring_secrets.len() + 1;
        if count > MOST_SECRETS {
            return Err(HttpPushError::TooManySecrets(count));
        }
        match new {
            Some(new) => {
                self.secrets.push(new);
                Ok(None)
            }
            None => Ok(self.sign()),
        }
    }

    /// Checks the numbers and the URL against what the operator allows.
    pub(super) fn check(
        &self,
        destination_limits: &DestinationLimits,
        connector: &Connector,
    ) -> Result<(), HttpPushError> {
        match self.url.scheme() {
            "https" => {}
            "http" if destination_limits.plain_http => {}
            "http" => return Err(HttpPushError::Plain),
            other => return Err(HttpPushError::Scheme(other.to_owned())),
        }
        if !self.url.username().is_empty() || self.url.password().is_some() {
            return Err(HttpPushError::Credentials);
        }
        connector.check_url(&self.url)?;
        let range = |member, value: u64, most: u64| {
            if (1..=most).contains(&value) {
                Ok(())
            } else {
                Err(HttpPushError::Range { member, most })
            }
        };
        range("timeoutSeconds", self.timeout_seconds, TIMEOUT_SECONDS.1)?;
        range("batch", self.batch as u64, BATCH as u64)?;
        range("concurrency", self.concurrency as u64, CONCURRENCY.1 as u64)
    }

    /// The time that the recipient has to answer.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    /// The headers of the recipient's own.
    pub(super) fn own_headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, HttpPushError> {
        let refused = |name: &str, reason| HttpPushError::Header { name: name.to_owned(), reason };
        let (most, most_bytes) = HEADERS;
        let mut bytes = 0;
        let mut headers = Vec::new();
        for (name, value) in &self.headers {
            bytes += name.len() + value.reveal().len();
            if headers.len() == most || bytes > most_bytes {
                return Err(refused(name, "there are more than 20, or more than 4 KiB of them"));
            }
            let lower: HeaderName =
                name.parse().map_err(|_| refused(name, "this is no name of a header"))?;
            if OWN_HEADERS.contains(&lower.as_str()) {
                return Err(refused(name, "it is set by what else the route says"));
            }
            let mut value = HeaderValue::from_str(value.reveal())
                .map_err(|_| refused(name, "its value holds what no header can"))?;
            value.set_sensitive(true);
            headers.push((lower, value));
        }
        Ok(headers)
    }
}
