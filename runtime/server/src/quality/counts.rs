//! The counts that a frame is added to once it is durable: figures of its device, and its gateways.

use std::sync::Arc;

use champollion_fleet::names::GroupId;
use champollion_frames::VerifiedUplink;
use champollion_service::{
    gateways::Hearing,
    quality::{Counting, Heard},
};
use champollion_store::Sequence;
use jiff::Timestamp;

/// The counts of frames on their way.
pub(crate) struct FrameCounts {
    counting: Arc<Counting>,
    hearing: Arc<Hearing>,
}

impl FrameCounts {
    pub(super) fn new(counting: Arc<Counting>) -> Self {
        Self { counting, hearing: Arc::default() }
    }

    /// The gateways that were heard.
    pub(super) fn hearing(&self) -> &Arc<Hearing> {
        &self.hearing
    }

    /// Notes that a gateway has told that it is there.
    pub(crate) fn note_gateway(&self, gateway: &str, at: Timestamp) {
        self.hearing.note_status(gateway, at);
    }

    /// Counts a frame of a group that is durable, with the place of its record where it has one.
    pub(crate) fn note(
        &self,
        group: &GroupId,
        uplink: &VerifiedUplink,
        missed: Option<u32>,
        place: Option<Sequence>,
    ) {
        let heard = Heard::of(uplink, missed);
        self.counting.note(group, place.map(Sequence::get), uplink.dev_eui(), &heard);
        self.hearing.note(&uplink.metadata().gateways, uplink.received_at_ms());
    }
}
