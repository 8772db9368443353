//! Reasons why a request came to nothing.

use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A refusal of the server, as `application/problem+json` (RFC 9457) writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// A URN of the code.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The status in words.
    #[serde(default)]
    pub title: String,
    /// The status of the answer.
    #[serde(default)]
    pub status: u16,
    /// A word for programs, which does not change between releases.
    pub code: String,
    /// The fault, its place and the remedy, for people.
    pub detail: String,
    /// More for programs, beside the standard members.
    #[serde(flatten)]
    pub more: Map<String, Json>,
}

/// A reason why a request came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address is none of a server.
    #[error("{0:?} is no address of a server: it must read http://host:port or https://host")]
    Address(String),
    /// The authorities to be trusted cannot be read.
    #[error("no certificate in PEM is there (-----BEGIN CERTIFICATE-----), or one is damaged")]
    Authorities,
    /// There can be no client on this system.
    #[error("the HTTP client cannot be set up")]
    Setup(#[source] reqwest::Error),
    /// No answer came from the server.
    #[error("the server cannot be reached")]
    Unreachable(#[source] reqwest::Error),
    /// The server refuses and says why.
    #[error("the server refuses ({}): {}", .0.code, .0.detail)]
    Refused(Box<Problem>),
    /// The server, or something in front of it, refuses in words that are no problem.
    #[error("the server refuses: {status} {beginning}")]
    Unexplained {
        /// The status of the answer.
        status: StatusCode,
        /// The beginning of the answer.
        beginning: String,
    },
    /// The answer does not come to its end.
    #[error("the server's answer breaks off")]
    BrokenOff(#[source] reqwest::Error),
    /// The answer is longer than it can be.
    #[error("the server's answer has more than {limit} bytes")]
    TooLong {
        /// Most bytes that it may have.
        limit: usize,
    },
    /// The answer is not of the type that it should be of.
    #[error("the server's answer cannot be read")]
    Unreadable(#[source] serde_json::Error),
    /// The request cannot be written as JSON.
    #[error("the request cannot be written")]
    Unwritable(#[source] serde_json::Error),
    /// There is no runtime to wait with.
    #[error("the asynchronous runtime cannot be started")]
    Runtime(#[source] std::io::Error),
}

impl ClientError {
    /// The server's refusal, where it is one that says why.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }
}
