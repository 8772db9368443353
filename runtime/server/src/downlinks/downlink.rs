//! A command on its way to a device.

use champollion_delivery::{names::GroupId, records::DecoderName};
use champollion_frames::DevEui;
use champollion_lns::{Event, NetworkServerName, Priority};
use champollion_sdk::vectors::Hex;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

/// A command on its way to a device: what was asked for, what became of it, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Downlink {
    /// Its name. Names of later commands are greater.
    pub id: Uuid,
    /// The DevEUI of the device.
    pub dev_eui: DevEui,
    /// The group that owns the device.
    pub group: GroupId,
    /// Where the device lives.
    pub network_server: NetworkServerName,
    /// The state of the command.
    pub state: State,
    /// The command, in the words of the device's decoder.
    #[schema(value_type = Object)]
    pub command: Map<String, Json>,
    /// Whether the device is asked to acknowledge it.
    pub confirmed: bool,
    /// The place among several commands.
    pub priority: Priority,
    /// The decoder that encoded the command.
    pub decoder: DecoderName,
    /// FPort, 1 to 223.
    pub f_port: u8,
    /// The FRMPayload in clear.
    pub payload: Hex,
    /// Warnings to the sender though the command could be encoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The name of the token of who sent it.
    pub requested_by: String,
    /// The command to the whole group that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_command: Option<Uuid>,
    /// When it was taken.
    pub queued_at: Timestamp,
    /// From when on nobody wants it any more.
    pub expires_at: Timestamp,
    /// When the network server took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over_at: Option<Timestamp>,
    /// When it was transmitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// When the device acknowledged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<Timestamp>,
    /// The moment of the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// When it was given up, since nobody wanted it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<Timestamp>,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// The number of times that the command was offered to the network server.
    pub attempts: u32,
    /// An offer was not answered, so the network server may have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unanswered: bool,
    /// Why the last offer was not taken, or why the command failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The network server's name of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// The state of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = DownlinkState)]
pub enum State {
    /// It waits, here or with the network server.
    Queued,
    /// It was transmitted; of a network server that does not say so: it was taken by it.
    Sent,
    /// The device has acknowledged it.
    Acknowledged,
    /// The decoder, the network server or the device did not take it.
    Failed,
    /// Its time was over before it was transmitted.
    Expired,
    /// It was taken back.
    Cancelled,
}

impl State {
    /// The word that stands in JSON and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Downlink {
    /// Whether it waits here to be handed over.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state == State::Queued && self.handed_over_at.is_none()
    }

    /// Whether anything is still expected to happen to it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.state {
            State::Queued => true,
            State::Sent => self.confirmed,
            State::Acknowledged | State::Failed | State::Expired | State::Cancelled => false,
        }
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// Moves it on by what the network server tells; says whether that changed anything. What came
    /// late or twice changes nothing; what is known for certain corrects what was only supposed.
    pub fn heard(&mut self, event: &Event, now: Timestamp) -> bool {
        let before = (self.state, self.handed_over_at);
        match (event, self.state) {
            (Event::Queued, State::Queued) if self.handed_over_at.is_none() => {
                self.handed_over_at = Some(now);
            }
            (Event::Sent, State::Queued | State::Expired) => {
                self.state = State::Sent;
                self.sent_at = Some(now);
            }
            (Event::Acknowledged, State::Queued | State::Sent | State::Expired) => {
                self.state = State::Acknowledged;
                self.sent_at.get_or_insert(now);
                self.acknowledged_at = Some(now);
            }
            (Event::Failed(why), State::Queued | State::Sent | State::Expired) => {
                self.fail(why.clone(), now);
                return true;
            }
            (Event::Expired, State::Queued) => self.expire(now),
            _ => {}
        }
        let changed = before != (self.state, self.handed_over_at);
        if changed {
            self.handed_over_at.get_or_insert(now);
            self.problem = None;
        }
        changed
    }

    /// It cannot be done.
    pub fn fail(&mut self, why: String, now: Timestamp) {
        self.state = State::Failed;
        self.failed_at = Some(now);
        self.problem = Some(why);
    }

    /// Its time is over.
    pub fn expire(&mut self, now: Timestamp) {
        self.state = State::Expired;
        self.expired_at = Some(now);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn downlink(id: u128) -> Downlink {
        serde_json::from_value(serde_json::json!({
            "id": Uuid::from_u128(id),
            "devEui": "02C4A3FFFE100001",
            "group": "light",
            "networkServer": "city",
            "state": "queued",
            "command": {"on": true},
            "confirmed": false,
            "priority": "normal",
            "decoder": {"id": "nas/ul20xx", "version": "1.0.0", "digest": format!("sha256:{}", "00".repeat(32)), "fuel": 1},
            "fPort": 60,
            "payload": "01FE64",
            "requestedBy": "test",
            "queuedAt": "2026-01-31T12:00:00Z",
            "expiresAt": "2026-01-31T13:00:00Z",
            "attempts": 0,
        }))
        .unwrap()
    }

    fn after(events: &[Event]) -> Downlink {
        let mut downlink = downlink(1);
        let now = downlink.queued_at;
        for event in events {
            downlink.heard(event, now);
        }
        downlink
    }

    #[test]
    fn what_is_told_late_or_twice_changes_nothing() {
        let failed = || Event::Failed("too long".to_owned());
        assert_eq!(after(&[Event::Sent, Event::Queued]).state, State::Sent);
        assert_eq!(after(&[Event::Acknowledged, Event::Sent]).state, State::Acknowledged);
        assert_eq!(after(&[Event::Acknowledged, failed()]).state, State::Acknowledged);
        assert_eq!(after(&[failed(), Event::Sent]).state, State::Failed);
        assert_eq!(after(&[Event::Sent, Event::Expired]).state, State::Sent);
        let mut sent = after(&[Event::Sent]);
        let now = sent.queued_at;
        assert!(!sent.heard(&Event::Sent, now));
    }

    #[test]
    fn who_hears_of_the_transmission_late_corrects_what_was_supposed() {
        let downlink = after(&[Event::Expired, Event::Sent]);
        assert_eq!(downlink.state, State::Sent);
        assert!(downlink.expired_at.is_some() && downlink.sent_at.is_some());
    }

    #[test]
    fn an_unconfirmed_command_ends_when_it_is_sent() {
        let mut downlink = after(&[Event::Sent]);
        assert!(!downlink.is_open());
        downlink.confirmed = true;
        assert!(downlink.is_open());
    }

    #[test]
    fn what_is_first_sorts_first() {
        assert!(Priority::High < Priority::Normal && Priority::Normal < Priority::Low);
    }
}
