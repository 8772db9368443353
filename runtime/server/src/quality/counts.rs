//! The counts that a frame is added to once it is durable: figures of its device, and its gateways.

use std::sync::Arc;

use champollion_fleet::names::GroupId;
use champollion_frames::VerifiedUplink;
use champollion_lns::GatewayStatus;
use champollion_service::{
    gateways::Hearing,
    quality::{Counting, Heard},
};
use champollion_store::Sequence;
use jiff::Timestamp;

use crate::cluster::LeadsEar;

/// The counts of frames on their way.
pub(crate) struct FrameCounts {
    counting: Arc<Counting>,
    hearing: Arc<Hearing>,
    /// The ear of the lead, where several nodes share the store: frames are counted from its logs then.
    lead: Option<LeadsEar>,
}

impl FrameCounts {
    pub(super) fn new(counting: Arc<Counting>, lead: Option<LeadsEar>) -> Self {
        Self { counting, hearing: Arc::default(), lead }
    }

    /// The counting of what is not written yet.
    pub(super) fn counting(&self) -> &Counting {
        &self.counting
    }

    /// The gateways that were heard.
    pub(super) fn hearing(&self) -> &Arc<Hearing> {
        &self.hearing
    }

    /// Notes that a gateway has told that it is there, or has the lead note it.
    pub(crate) async fn note_gateway(&self, status: &GatewayStatus) {
        if let Some(lead) = &self.lead {
            match lead.tell_of_gateway(status).await {
                Ok(false) => {}
                Ok(true) => return,
                Err(error) => {
                    // Its next status tells it again.
                    tracing::warn!(%error, "the status of a gateway is not kept");
                    return;
                }
            }
        }
        let at = status.at.unwrap_or_else(Timestamp::now);
        self.hearing.note_status(&status.gateway_id, at);
    }

    /// Counts a frame of a group that is durable, with the place of its record where it has one; nothing where frames are
    /// counted from the logs.
    pub(crate) fn note(
        &self,
        group: &GroupId,
        uplink: &VerifiedUplink,
        missed: Option<u32>,
        place: Option<Sequence>,
    ) {
        if self.lead.is_some() {
            return;
        }
        let heard = Heard::of(uplink, missed);
        // Of a frame that is counted the gateways are known: those are written first.
        self.hearing.note(&uplink.metadata().gateways, uplink.received_at_ms());
        self.counting.note(group, place.map(Sequence::get), uplink.dev_eui(), &heard);
    }
}
