//! The space of the audit: lines that are in the store, and archives that are on the disk.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use super::audit::{AuditEntry, Room};

/// The share of the space that is kept for acts that end something: an eighth of the bound.
const RESERVE: u64 = 8;

/// The bounds of the audit's space: the section `[audit]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AuditLimits {
    /// Bytes of lines in the store beyond which the older half is archived.
    pub live_bytes: u64,
    /// Bytes of lines and archives beyond which changes are refused.
    pub max_bytes: u64,
}

impl Default for AuditLimits {
    /// 64 MiB in the store: some hundred thousand acts. 1 GiB in all.
    fn default() -> Self {
        Self { live_bytes: 64 << 20, max_bytes: 1 << 30 }
    }
}

/// The use of the audit's space.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "camelCase")]
pub struct AuditUsage {
    /// Bytes of the lines in the store.
    pub live_bytes: u64,
    /// Bytes of the archives that are still there.
    pub archived_bytes: u64,
    /// The bound of both.
    pub max_bytes: u64,
    /// Whether changes are refused.
    pub full: bool,
}

/// The audit has no room for another line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the audit has {bytes} of its {limit} bytes: nothing is changed without a line in it. Move its archives \
     away, the oldest files first, or raise [audit] max-bytes"
)]
pub struct AuditFull {
    /// The bytes that the audit has.
    pub bytes: u64,
    /// The bound of the settings.
    pub limit: u64,
}

/// Keeps count of the audit's space.
pub(crate) struct AuditSpace {
    limits: AuditLimits,
    live: AtomicU64,
    archived: AtomicU64,
    due: Notify,
}

impl AuditSpace {
    pub(super) fn new(limits: AuditLimits) -> Self {
        let (live, archived) = (AtomicU64::default(), AtomicU64::default());
        Self { limits, live, archived, due: Notify::new() }
    }

    pub(crate) fn limits(&self) -> AuditLimits {
        self.limits
    }

    pub(crate) fn usage(&self) -> AuditUsage {
        let (live_bytes, archived_bytes) =
            (self.live.load(Ordering::Relaxed), self.archived.load(Ordering::Relaxed));
        let max_bytes = self.limits.max_bytes;
        AuditUsage {
            live_bytes,
            archived_bytes,
            max_bytes,
            full: live_bytes + archived_bytes >= max_bytes,
        }
    }

    /// Whether there is room for an entry.
    pub(super) fn admit(&self, entry: &AuditEntry) -> Result<(), AuditFull> {
        let AuditUsage { live_bytes, archived_bytes, max_bytes, .. } = self.usage();
        let bytes = live_bytes + archived_bytes;
        let limit = match entry.room {
            Room::Space => max_bytes,
            Room::Reserve => max_bytes.saturating_add(max_bytes / RESERVE),
            // A network server that tells joins without end leaves room for everybody's changes.
            Room::Any => max_bytes - max_bytes / RESERVE,
        };
        if bytes >= limit { Err(AuditFull { bytes, limit: max_bytes }) } else { Ok(()) }
    }

    /// Notes the bytes of all lines that are in the store.
    pub(super) fn set_live(&self, bytes: u64) {
        self.live.store(bytes, Ordering::Relaxed);
    }

    /// Notes the same after a line of this node's own: others tell theirs to those who wait for them.
    pub(super) fn added(&self, live: u64) {
        self.set_live(live);
        if live >= self.limits.live_bytes {
            self.due.notify_one();
        }
    }

    /// Notes the bytes of all archives that are there.
    pub(super) fn set_archived(&self, bytes: u64) {
        self.archived.store(bytes, Ordering::Relaxed);
    }

    /// Notes the bytes of archives that came to those that are there.
    pub(super) fn add_archived(&self, bytes: u64) {
        self.archived.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Waits until lines should be archived.
    pub(crate) async fn due(&self) {
        self.due.notified().await;
    }
}
