//! Requests between nodes: one node hands a client's request on to another, sealed as a whole, with its token, its path
//! and its body, and the answer comes back sealed. So nothing that lies between the nodes needs to be trusted, whether
//! their addresses are of TLS or not.
//!
//! In clear are the stamp of the request, the mark of the answer (`cluster/seals.rs`) and how many bytes there are.
//! A stranger without a key of the store learns nothing else, changes nothing, and plays nothing back.

mod asking;
mod heads;
mod opened_body;
mod pieces;
mod sealed_body;
mod taking;

pub(super) use asking::{Asked, Unanswered, ask};
pub(super) use taking::{OfNode, opened};

use axum::http::HeaderName;

/// The header that has the stamp of a sealed request, and the mark of a sealed answer.
const STAMP: HeaderName = HeaderName::from_static("champollion-node");

/// The path of sealed requests. The header decides and the path does not: it is there for the logs of proxies.
const PATH: &str = "/between-nodes";
