//! A message of a network server, whichever way it comes: what it hands over is taken, and what it tells
//! of commands, and of where devices live, is heard.

use std::sync::Arc;

use champollion_frames::DevEui;
use champollion_lns::{Content, Feedback, Heard, Message, NetworkServerName, Place, Whereabouts};

use super::{
    error::IngestError,
    intake::Intake,
    receipt::{Receipt, became},
    remarks,
    speaker::Speaker,
};
use crate::{
    cluster::LeadsEar,
    downlinks::Downlinks,
    network_servers::{Observations, Sent},
};

/// Takes messages of network servers. A clone takes the same.
#[derive(Clone)]
pub struct Messages {
    intake: Intake,
    downlinks: Arc<Downlinks>,
    observations: Arc<Observations>,
    /// Tells the lead what is heard of commands, where another node leads.
    lead: Option<LeadsEar>,
}

/// Where a message comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'message> {
    /// The one in whose name it comes.
    pub speaker: &'message Speaker,
    /// The network server, where it is one of the settings.
    pub server: Option<&'message NetworkServerName>,
    /// Where the device lives, where that is said beside the message.
    pub whereabouts: Option<&'message Whereabouts>,
}

impl Messages {
    /// Messages whose frames an intake takes.
    #[must_use]
    pub fn new(intake: Intake, downlinks: Arc<Downlinks>, observations: Arc<Observations>) -> Self {
        Self { intake, downlinks, observations, lead: None }
    }

    /// The same of a node of several: what is told of commands is heard by the one that leads.
    pub(crate) fn heard_by(self, lead: LeadsEar) -> Self {
        Self { lead: Some(lead), ..self }
    }

    /// Takes a message. When this returns a receipt, what it hands over is durable.
    pub async fn take(&self, heard: Heard, origin: &Origin<'_>) -> Result<Receipt, IngestError> {
        let Some(observed) = origin.server.and_then(|server| self.observations.get(server)) else {
            return self.take_unobserved(heard, origin).await;
        };
        let sent = self.sent(&heard.message);
        let result = self.take_unobserved(heard, origin).await;
        observed.taken(sent, became(&result), &result);
        result
    }

    /// Returns what a message says of its frame, and what is known of the frame's device.
    fn sent(&self, message: &Message) -> Sent {
        let Message::Frame(frame) = message else { return Sent::default() };
        let dev_eui = match &frame.content {
            Content::Reported { uplink, .. } => Some(uplink.dev_eui),
            Content::Phy { dev_eui, .. } => *dev_eui,
        };
        let f_cnt_before = dev_eui.and_then(|dev_eui| self.intake.last_f_cnt(dev_eui));
        Sent { received_at: frame.received_at, f_cnt_before }
    }

    async fn take_unobserved(
        &self,
        heard: Heard,
        origin: &Origin<'_>,
    ) -> Result<Receipt, IngestError> {
        let Heard { message, feedback, place, unread, .. } = heard;
        let Origin { speaker, server, .. } = *origin;
        if let (Some(server), Some(feedback)) = (server, feedback) {
            self.hear(server, &feedback).await?;
        }
        let warnings = remarks::unreadable(&unread);
        let receipt = self.intake.take_message(message, speaker, warnings).await?;
        remarks::count(&unread);
        if let (Some(server), Some(dev_eui)) = (server, dev_eui(&receipt)) {
            self.learn(dev_eui, server, place, origin).await;
            self.downlinks.device_heard(server, dev_eui);
        }
        Ok(receipt)
    }

    /// Hears what a network server tells of a command, or has the node hear it that looks after commands.
    async fn hear(
        &self,
        server: &NetworkServerName,
        feedback: &Feedback,
    ) -> Result<(), IngestError> {
        if let Some(lead) = &self.lead
            && lead.tell(server, feedback).await?
        {
            return Ok(());
        }
        let heard = self.downlinks.hear(server, feedback).await;
        heard.map_err(|error| IngestError::NotKept(error.to_string()))
    }

    /// Learns where a device lives. Its frame is kept, whatever comes of this.
    async fn learn(
        &self,
        dev_eui: DevEui,
        server: &NetworkServerName,
        place: Place,
        origin: &Origin<'_>,
    ) {
        if !self.downlinks.are_taken_by(server) {
            return;
        }
        let whereabouts = match origin.whereabouts {
            // A topic that the operator has chosen may say less than the message.
            Some(told) => Whereabouts {
                application: told.application.clone().or(place.application),
                device: told.device.clone().or(place.device),
                ..told.clone()
            },
            // Not every message of a network server says it, and what is known is not unlearnt.
            None if self.downlinks.knows(dev_eui, server) => return,
            None => place.at(server.clone()),
        };
        if let Err(error) = self.downlinks.heard_of(dev_eui, whereabouts).await {
            // The device's next frame tells it again.
            tracing::warn!(%error, "where a device lives could not be kept");
        }
    }
}

/// Returns the device whose frame was taken.
fn dev_eui(receipt: &Receipt) -> Option<DevEui> {
    match receipt {
        Receipt::Accepted { dev_eui, .. }
        | Receipt::MacOnly { dev_eui, .. }
        | Receipt::Joined { dev_eui, .. } => Some(*dev_eui),
        _ => None,
    }
}
