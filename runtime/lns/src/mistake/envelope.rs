//! Envelopes: bridges, queues and event hubs hand a message over within one of their own, as a member, as a
//! text or as base64.

use std::fmt;

use data_encoding::BASE64;
use serde_json::Value as Json;

use crate::Kind;

use super::{
    Mistake,
    stranger::{self, Stranger},
};

/// Most envelopes around a message that are opened.
const DEPTH: usize = 4;

/// Most members of one envelope that are looked into.
const MEMBERS: usize = 64;

/// The program that a message is of which stands within something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A network server that is served.
    Served(Kind),
    /// A program that is not served.
    Stranger(&'static Stranger),
}

impl fmt::Display for Whose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let product = match self {
            Self::Served(kind) => kind.product(),
            Self::Stranger(stranger) => stranger.product(),
        };
        write!(formatter, "a message of {product}")
    }
}

/// The mistake of a body that has a message within. The message itself is not looked for there, only in what
/// is around it.
pub(super) fn opened(json: &Json) -> Option<Mistake> {
    let (whose, place) = found(json, "", DEPTH)?;
    let remedy = match whose {
        Whose::Stranger(stranger) => stranger.remedy().to_owned(),
        Whose::Served(kind) => format!("{}, to {}", unpacking(json), kind.path()),
    };
    Some(Mistake::Within { whose, place, remedy })
}

/// Returns the words for how a message gets out of its envelope, as the program that made it calls that.
fn unpacking(envelope: &Json) -> &'static str {
    if envelope.get("TopicArn").is_some() {
        return "enable raw message delivery for the subscription of SNS";
    }
    if envelope.get("subscription").is_some() && envelope.get("message").is_some() {
        return "enable payload unwrapping for the subscription of Pub/Sub";
    }
    if envelope.is_array() {
        return "hand each message over in a request of its own";
    }
    "hand the message over alone, without anything around it"
}

/// The message within a value, and where it stands.
fn found(json: &Json, path: &str, depth: usize) -> Option<(Whose, String)> {
    let depth = depth.checked_sub(1)?;
    let below = |name: &str| {
        if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
    };
    match json {
        Json::Object(members) => {
            members.iter().take(MEMBERS).find_map(|(name, value)| known(value, &below(name), depth))
        }
        Json::Array(elements) => known(elements.first()?, &format!("{path}[0]"), depth),
        Json::String(text) => {
            let (value, how) = written_in(text)?;
            let place = if path.is_empty() { how.to_owned() } else { format!("at {path}, {how}") };
            whose(&value).map(|whose| (whose, place)).or_else(|| found(&value, path, depth))
        }
        _ => None,
    }
}

/// The same of a value that may be the message itself.
fn known(value: &Json, path: &str, depth: usize) -> Option<(Whose, String)> {
    match whose(value) {
        Some(whose) => Some((whose, format!("at {path}"))),
        None => found(value, path, depth),
    }
}

fn whose(json: &Json) -> Option<Whose> {
    if let Some(stranger) = stranger::certain(json) {
        return Some(Whose::Stranger(stranger));
    }
    let served = Kind::recognize(json).map(Whose::Served);
    served.or_else(|| stranger::likely(json).map(Whose::Stranger))
}

/// The JSON that a text is, or that stands in it as base64.
fn written_in(text: &str) -> Option<(Json, &'static str)> {
    let trimmed = text.trim();
    if trimmed.starts_with(['{', '[']) {
        return Some((serde_json::from_str(trimmed).ok()?, "written as a text"));
    }
    // What begins with a brace or a bracket begins so as base64.
    if !trimmed.starts_with(['e', 'W']) {
        return None;
    }
    let bytes = BASE64.decode(trimmed.as_bytes()).ok()?;
    let json: Json = serde_json::from_slice(&bytes).ok()?;
    (json.is_object() || json.is_array()).then_some((json, "written as base64"))
}
