//! Entries that nodes keep in logs for the one that leads, each with the version of the protocol that it is written in.

use std::sync::atomic::{AtomicBool, Ordering};

use champollion_store::{Entry, Sequence};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::protocol::{FIRST, NEWEST};

/// An entry as it is written, with its version.
#[derive(Serialize)]
struct Versioned<'told, T> {
    #[serde(skip_serializing_if = "is_first")]
    version: u32,
    #[serde(flatten)]
    told: &'told T,
}

/// The version of an entry; entries of the first version do not name it.
#[derive(Deserialize)]
struct Version {
    #[serde(default = "first")]
    version: u32,
}

/// The content of entries, and the last of those that it stands in.
pub(super) struct Heard<T> {
    pub(super) told: Vec<T>,
    pub(super) through: Option<Sequence>,
}

/// An entry in a version of the protocol.
pub(super) fn written(version: u32, told: &impl Serialize) -> Vec<u8> {
    // Texts, names and moments alone, so that nothing of it can fail.
    serde_json::to_vec(&Versioned { version, told }).unwrap_or_default()
}

/// Reads entries, the oldest first, up to the first one of later software: that and those after it stay for a node that
/// knows it. One that is damaged is passed over.
pub(super) fn heard<T: DeserializeOwned>(entries: &[Entry]) -> Heard<T> {
    let mut heard = Heard { told: Vec::new(), through: None };
    for entry in entries {
        match read(&entry.value) {
            Ok(Some(told)) => heard.told.push(told),
            Ok(None) => {
                say_once();
                return heard;
            }
            Err(error) => tracing::error!(%error, "what another node has told cannot be read"),
        }
        heard.through = Some(entry.sequence);
    }
    heard
}

/// Reads an entry; nothing where it is of a later version.
fn read<T: DeserializeOwned>(entry: &[u8]) -> serde_json::Result<Option<T>> {
    let Version { version } = serde_json::from_slice(entry)?;
    if version > NEWEST { Ok(None) } else { serde_json::from_slice(entry).map(Some) }
}

/// Says once, and not at each of the looks of a second, that something stays unheard.
fn say_once() {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        tracing::error!("what newer nodes have told is left for them: install the newer software");
    }
}

const fn first() -> u32 {
    FIRST
}

const fn is_first(version: &u32) -> bool {
    *version == FIRST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Told {
        gateway: String,
    }

    fn entries(values: &[&[u8]]) -> Vec<Entry> {
        let entry = |(value, number): (&&[u8], u64)| Entry {
            sequence: Sequence::new(number),
            value: value.to_vec(),
        };
        values.iter().zip(1..).map(entry).collect()
    }

    #[test]
    fn entries_of_both_versions_are_read_and_later_ones_left() {
        let told = |name: &str| Told { gateway: name.to_owned() };
        let (one, two) = (written(1, &told("a")), written(2, &told("b")));
        assert_eq!(one, br#"{"gateway":"a"}"#);
        assert_eq!(two, br#"{"version":2,"gateway":"b"}"#);
        let later = br#"{"version":3,"gateway":{}}"#;
        let read = heard::<Told>(&entries(&[&one, b"{", &two, later, &one]));
        assert_eq!(read.told, [told("a"), told("b")]);
        assert_eq!(read.through, Some(Sequence::new(3)), "the damaged one is passed over");
        assert_eq!(heard::<Told>(&entries(&[later])).through, None);
    }
}
