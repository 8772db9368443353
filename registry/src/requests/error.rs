//! The reasons why a request for a decoder is not taken, or not carried on.

use champollion_store::TableError;
use uuid::Uuid;

use super::{candidate::Candidate, request::RequestState, wish_fault::WishFault};

/// The reason why a request for a decoder is not taken, or not carried on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestFault {
    /// A row cannot be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// No such request exists.
    #[error("there is no request {0} for a decoder")]
    Unknown(Uuid),
    /// The wish makes no sense.
    #[error(transparent)]
    Wish(#[from] WishFault),
    /// As many requests of the partner are under way as may be.
    #[error("{limit} requests of the partner are under way, and more are not taken: withdraw one")]
    TooMany {
        /// The most requests of a partner.
        limit: usize,
    },
    /// The request has grown to the size that a row may have.
    #[error(
        "the request takes {bytes} bytes with all its steps, and {limit} are the limit: write less"
    )]
    TooLarge {
        /// The bytes that it would take.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The step does not follow on the state of the request.
    #[error("the request is {state}, and this is for one that is {wanted}")]
    NotNow {
        /// The state of the request.
        state: RequestState,
        /// The states that the step is for.
        wanted: String,
    },
    /// The candidate or the payloads were replaced while the candidate was tried.
    #[error(
        "the candidate or the payloads were replaced meanwhile: look at the request, and ask again"
    )]
    ChangedMeanwhile,
    /// The order has no number.
    #[error("name the number of the order: the request has none")]
    NoOrderNumber,
    /// The manifest of the candidate does not name the sponsor.
    #[error(
        "the manifest of {candidate} must say funded-by = {payer:?}, and says {}", of(found.as_deref())
    )]
    SponsorMissing {
        /// The version that was named.
        candidate: Box<Candidate>,
        /// The sponsor of the request.
        payer: String,
        /// The sponsor of the manifest.
        found: Option<String>,
    },
    /// The version is no candidate.
    #[error(
        "{candidate} is {state}, and no candidate: publish a version with `champollion publish --channel candidate`"
    )]
    NoCandidate {
        /// The version that was named.
        candidate: Box<Candidate>,
        /// The state of the version in a word.
        state: &'static str,
    },
    /// Payloads of the sponsor are not among the vectors of the candidate.
    #[error(
        "the vectors of {candidate} lack payloads of the sponsor: {}", names.join("; ")
    )]
    VectorsMissing {
        /// The version that was named.
        candidate: Box<Candidate>,
        /// The names of the payloads.
        names: Vec<String>,
    },
    /// The candidate does not read the payloads as the sponsor says.
    #[error("{candidate} does not read the payloads as the sponsor says: {}", faults.join("; "))]
    PayloadsDiffer {
        /// The version that was named.
        candidate: Box<Candidate>,
        /// The faults, each with the name of its payload.
        faults: Vec<String>,
    },
}

fn of(found: Option<&str>) -> String {
    found.map_or_else(|| "nothing".to_owned(), |found| format!("{found:?}"))
}
