//! The protocol of nodes: what they tell each other in the store and in requests that they hand on, by its version.
//!
//! Each node says in its row which versions it reads and which one it writes. All write the newest version that each
//! node reads that has a row, also one that is silent, which may come back: so nodes are exchanged one by one, and none
//! meets what it does not know. A node says in its row that it writes a newer version, looks once more, and only then
//! does so; one that comes says which versions it reads before it looks. Of the two, one at least sees the other. One
//! that comes does not wait for a node that is silent, so a node that has said nothing for long, as one that was paused,
//! writes what all read until it has looked again.
//!
//! 1. Keys in the log of changes are hexadecimal digits, and rows of nodes say nothing of the protocol.
//! 2. Keys in the log of changes are in base64, which is a third shorter: a sheet of many devices is in it whole. What
//!    is kept for the lead, and requests that are handed on, name the version. Rows of nodes have versions and schema.

use std::{
    fmt,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use champollion_store::PostgresOptions;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// The first version of the protocol.
pub(super) const FIRST: u32 = 1;

/// The newest version of the protocol that this software knows.
pub(super) const NEWEST: u32 = 2;

/// The time for which a node writes the version that its row says: less than the ten seconds after which one that comes
/// takes it for silent.
const SAID_FOR: Duration = Duration::from_secs(8);

/// The versions of the protocol that a node reads, and the one that it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NodeProtocol)]
pub struct Spoken {
    /// The oldest version that it reads.
    pub reads_from: u32,
    /// The newest version that it reads.
    pub reads_to: u32,
    /// The version that it writes.
    pub writes: u32,
}

/// Nodes of the first version say nothing of it.
impl Default for Spoken {
    fn default() -> Self {
        Self { reads_from: FIRST, reads_to: FIRST, writes: FIRST }
    }
}

/// The row of this node, as it was last written: the versions that it names, and a moment before that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) spoken: Spoken,
    pub(super) at: Instant,
}

/// The version that a node writes, and a moment before its row said so.
#[derive(Clone, Copy, Debug)]
struct Written {
    version: u32,
    said_at: Instant,
}

/// A node, by its address, and the versions that it reads and writes.
pub(super) type Speaker<'of> = (&'of str, Spoken);

/// The versions that a node reads, for people.
struct Versions(Spoken);

impl fmt::Display for Versions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} to {}", self.0.reads_from, self.0.reads_to)
    }
}

/// The reason why a node cannot be among the others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolMismatch {
    /// Neither can write a version that the other reads.
    #[error(
        "this node reads versions {own} of what nodes tell each other, and the node at {address} reads {theirs}: put a \
         version in between on all nodes first"
    )]
    Foreign {
        /// The versions that this node reads.
        own: String,
        /// The address of the other node.
        address: String,
        /// The versions that the other node reads.
        theirs: String,
    },
    /// Another node goes on writing a version that this one does not read.
    #[error(
        "the node at {address} writes version {writes} of what nodes tell each other, and this one reads {own}: install \
         the newer software, or start this node again once that one writes an older version"
    )]
    NotLowered {
        /// The versions that this node reads.
        own: String,
        /// The address of the other node.
        address: String,
        /// The version that the other node writes.
        writes: u32,
    },
}

/// The protocol as this node reads and writes it.
#[derive(Debug)]
pub(crate) struct Protocol {
    /// The newest version that it reads and may write.
    newest: u32,
    /// The newest schema of a database that it knows.
    schema: i32,
    /// The version that its row says or is to say next.
    wanted: AtomicU32,
    /// The version that it writes; none until the others are known.
    written: Mutex<Option<Written>>,
}

impl Protocol {
    /// The protocol and the schema that this software knows; those of the version before it where that is wanted. The
    /// oldest version is written until the others are known.
    pub(crate) const fn of(as_before: bool) -> Self {
        Self {
            newest: if as_before { NEWEST - 1 } else { NEWEST },
            schema: PostgresOptions::known_schema(as_before),
            wanted: AtomicU32::new(FIRST),
            written: Mutex::new(None),
        }
    }

    /// The version that this node writes.
    pub(crate) fn written(&self) -> u32 {
        self.written_at(Instant::now())
    }

    /// The version that this node writes at a moment: the oldest one where the others may not have heard of it for long.
    fn written_at(&self, now: Instant) -> u32 {
        let written = self.written.lock();
        let lasting = written.filter(|written| now.duration_since(written.said_at) < SAID_FOR);
        lasting.map_or(FIRST, |written| written.version)
    }

    /// The newest version that this node reads.
    pub(crate) const fn newest(&self) -> u32 {
        self.newest
    }

    /// The newest schema that this node knows.
    pub(super) const fn schema(&self) -> i32 {
        self.schema
    }

    /// The versions that the row of this node names.
    pub(super) fn spoken(&self) -> Spoken {
        let writes = self.wanted.load(Ordering::Acquire);
        Spoken { reads_from: FIRST, reads_to: self.newest, writes }
    }

    /// Writes what all nodes read from now on, as far as the row of this node, which was written before, has said it.
    pub(super) fn settle<'of>(&self, nodes: impl Iterator<Item = Speaker<'of>>, said: Said) {
        let common = nodes.map(|(_, spoken)| spoken.reads_to).min();
        let common = common.unwrap_or(FIRST).clamp(FIRST, self.newest);
        let version = common.min(said.spoken.writes);
        let before = self.written.lock().replace(Written { version, said_at: said.at });
        self.wanted.store(common, Ordering::Release);
        let before = before.map_or(FIRST, |before| before.version);
        if version != before {
            tracing::info!(before, version, "this node tells the others in another version");
        }
    }

    /// The node with which this one has no version in common, as an error; none where there is no such node.
    pub(super) fn foreign<'of>(
        &self,
        mut others: impl Iterator<Item = Speaker<'of>>,
    ) -> Option<ProtocolMismatch> {
        let own = self.spoken();
        let (address, theirs) = others.find(|(_, theirs)| {
            theirs.reads_from > own.reads_to || theirs.reads_to < own.reads_from
        })?;
        Some(ProtocolMismatch::Foreign {
            own: Versions(own).to_string(),
            address: address.to_owned(),
            theirs: Versions(theirs).to_string(),
        })
    }

    /// The node that writes what this one does not read, as an error; none where there is no such node.
    pub(super) fn too_new<'of>(
        &self,
        mut others: impl Iterator<Item = Speaker<'of>>,
    ) -> Option<ProtocolMismatch> {
        let (address, newer) = others.find(|(_, theirs)| theirs.writes > self.newest)?;
        Some(ProtocolMismatch::NotLowered {
            own: Versions(self.spoken()).to_string(),
            address: address.to_owned(),
            writes: newer.writes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "http://10.0.0.9:8080";

    const fn node(reads_from: u32, reads_to: u32, writes: u32) -> Speaker<'static> {
        (ADDRESS, Spoken { reads_from, reads_to, writes })
    }

    /// The row of a node that was written just now.
    fn said(spoken: Spoken) -> Said {
        Said { spoken, at: Instant::now() }
    }

    #[test]
    fn a_newer_version_is_written_once_all_read_it_and_it_was_said_before() {
        let protocol = Protocol::of(false);
        let own = node(FIRST, NEWEST, FIRST);
        let first = protocol.spoken();
        assert_eq!(first.writes, 1);
        protocol.settle([own].into_iter(), said(first));
        assert_eq!((protocol.written(), protocol.spoken().writes), (1, 2), "it is not said yet");
        protocol.settle([own].into_iter(), said(protocol.spoken()));
        assert_eq!(protocol.written(), 2);
        // A node of the version before comes: at once nothing is written that it does not read.
        let newer = protocol.spoken();
        protocol.settle([own, node(1, 1, 1)].into_iter(), said(newer));
        assert_eq!((protocol.written(), protocol.spoken().writes), (1, 1));
        // It went away between the row and the look: the row has to say it first.
        protocol.settle([own].into_iter(), said(Spoken { writes: 1, ..newer }));
        assert_eq!((protocol.written(), protocol.spoken().writes), (1, 2));
    }

    #[test]
    fn a_node_that_was_silent_for_long_writes_what_all_read_until_it_has_looked_again() {
        let protocol = Protocol::of(false);
        let own = node(FIRST, NEWEST, NEWEST);
        let (_, spoken) = own;
        let at = Instant::now();
        protocol.settle([own].into_iter(), Said { spoken, at });
        let after = |seconds| protocol.written_at(at + Duration::from_secs(seconds));
        assert_eq!([after(0), after(7), after(8), after(60)], [NEWEST, NEWEST, FIRST, FIRST]);
        let at = at + Duration::from_secs(60);
        protocol.settle([own].into_iter(), Said { spoken, at });
        assert_eq!(protocol.written_at(at), NEWEST);
    }

    #[test]
    fn the_version_before_writes_and_reads_what_it_knows_alone() {
        let before = Protocol::of(true);
        let newest = Spoken { writes: NEWEST, ..before.spoken() };
        before.settle([node(1, NEWEST, NEWEST)].into_iter(), said(newest));
        assert_eq!((before.written(), before.newest()), (1, 1));
        assert_eq!(before.schema(), PostgresOptions::NEWEST_SCHEMA - 1);
        let refused = before.too_new([node(1, 2, 2)].into_iter()).unwrap().to_string();
        assert!(refused.contains("10.0.0.9") && refused.contains("version 2"), "{refused}");
        assert!(refused.contains("1 to 1"), "{refused}");
        assert_eq!(before.too_new([node(1, 2, 1)].into_iter()), None);
    }

    #[test]
    fn nodes_that_have_no_version_in_common_are_refused_with_those_of_both() {
        let protocol = Protocol::of(false);
        assert_eq!(protocol.foreign([node(1, 1, 1), node(2, 3, 2)].into_iter()), None);
        let refused =
            protocol.foreign([node(1, 2, 1), node(3, 4, 3)].into_iter()).unwrap().to_string();
        assert!(refused.contains("reads versions 1 to 2"), "{refused}");
        assert!(refused.contains("reads 3 to 4"), "{refused}");
    }
}
