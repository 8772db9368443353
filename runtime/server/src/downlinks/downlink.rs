//! A command on its way to a device.

use std::time::Duration;

use champollion_delivery::{names::GroupId, records::DecoderName};
use champollion_frames::DevEui;
use champollion_lns::{Event, NetworkServerName, Priority};
use champollion_sdk::vectors::Hex;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::CommandFailure;

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
    /// When it was offered to the network server last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered_at: Option<Timestamp>,
    /// When the network server took it, as far as it has said so.
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
    /// The number of times that the command was offered to the network server; one that it cannot have heard
    /// does not count.
    pub attempts: u32,
    /// The number of times that the broker of the network server took it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub broker_offers: u32,
    /// An offer was not answered, so the network server may have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unanswered: bool,
    /// Why the last offer was not taken, or why the command failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The kind of the problem, where there is one; of what older servers kept there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<CommandFailure>,
    /// The network server's name of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The event that it waits for at this moment, or the reason for which it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The state of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = DownlinkState)]
pub enum State {
    /// It waits, here or with the network server.
    Queued,
    /// It was offered, and the network server has not told whether it has it, or has sent it.
    Unknown,
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
    /// Whether it says what became of a command; the others say that nothing is known of it yet.
    pub(super) fn is_an_outcome(self) -> bool {
        !matches!(self, Self::Queued | Self::Unknown)
    }

    /// The word that stands in JSON and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Unknown => "unknown",
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
            State::Queued | State::Unknown => true,
            State::Sent => self.confirmed,
            State::Acknowledged | State::Failed | State::Expired | State::Cancelled => false,
        }
    }

    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// The moment at which nothing more is expected of it: that of its own time, or a while later where
    /// the network server may have it, since what it tells takes a while to come.
    #[must_use]
    pub(super) fn ends_at(&self, grace: Duration) -> Timestamp {
        if self.is_waiting() && !self.unanswered {
            return self.expires_at;
        }
        self.expires_at.checked_add(grace).unwrap_or(Timestamp::MAX)
    }

    /// Moves it on by what the network server tells; says whether that changed anything. What came
    /// late or twice changes nothing; what is known for certain corrects what was only supposed.
    pub fn heard(&mut self, event: &Event, now: Timestamp) -> bool {
        use State::{Acknowledged, Cancelled, Expired, Queued, Sent, Unknown};
        let before = (self.state, self.handed_over_at);
        match (event, self.state) {
            (Event::Queued, Queued | Unknown) if self.handed_over_at.is_none() => {
                self.state = Queued;
                self.handed_over_at = Some(now);
            }
            (Event::Sent, Queued | Unknown | Expired | Cancelled) => {
                self.state = Sent;
                self.sent_at = Some(now);
            }
            (Event::Acknowledged, Queued | Unknown | Sent | Expired | Cancelled) => {
                self.state = Acknowledged;
                self.sent_at.get_or_insert(now);
                self.acknowledged_at = Some(now);
            }
            (Event::Failed(why), Queued | Unknown | Sent | Expired) => {
                self.fail((CommandFailure::Failed, why), now);
                return true;
            }
            (Event::Expired, Queued | Unknown) => self.expire(now),
            _ => {}
        }
        let changed = before != (self.state, self.handed_over_at);
        if changed {
            self.handed_over_at.get_or_insert(now);
            self.unanswered = false;
            self.clear();
        }
        changed
    }

    /// It cannot be done.
    pub fn fail(&mut self, failure: (CommandFailure, &str), now: Timestamp) {
        self.state = State::Failed;
        self.failed_at = Some(now);
        self.note(failure);
    }

    /// Notes why it is not taken, or not known to be: the kind, and the words for it.
    pub(super) fn note(&mut self, (failure, why): (CommandFailure, &str)) {
        self.failure = Some(failure);
        self.problem = Some(why.to_owned());
    }

    /// Notes that nothing is in its way.
    pub(super) fn clear(&mut self) {
        self.failure = None;
        self.problem = None;
    }

    /// Gives it up where its time is over, and a while more where the network server may have it; says
    /// whether that changed anything. What the network server may have, and has told nothing of, is not
    /// known to have expired.
    pub(super) fn give_up(&mut self, now: Timestamp, grace: Duration) -> bool {
        let is_untold = matches!(self.state, State::Queued | State::Unknown);
        if !is_untold || self.ends_at(grace) > now {
            return false;
        }
        if self.is_waiting() && !self.unanswered {
            self.expire(now);
        } else {
            self.lose_sight((CommandFailure::NeverTold, NEVER_TOLD));
        }
        true
    }

    /// Nothing is known of it.
    pub(super) fn lose_sight(&mut self, failure: (CommandFailure, &str)) {
        self.state = State::Unknown;
        self.note(failure);
    }

    /// Its time is over.
    pub fn expire(&mut self, now: Timestamp) {
        self.state = State::Expired;
        self.expired_at = Some(now);
    }
}

/// The problem of a command that is at its end and of which nothing was told.
const NEVER_TOLD: &str =
    "its time is over, and the network server has not told whether it was sent";

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
    fn what_was_not_known_is_known_once_it_is_told() {
        let unknown = || {
            let mut downlink = downlink(1);
            downlink.lose_sight((CommandFailure::Untold, "nothing was told"));
            downlink.unanswered = true;
            assert!(downlink.is_open() && !downlink.is_waiting());
            downlink
        };
        for (event, state) in [
            (Event::Queued, State::Queued),
            (Event::Sent, State::Sent),
            (Event::Acknowledged, State::Acknowledged),
            (Event::Failed("why".to_owned()), State::Failed),
            (Event::Expired, State::Expired),
        ] {
            let mut downlink = unknown();
            let now = downlink.queued_at;
            assert!(downlink.heard(&event, now));
            assert_eq!(downlink.state, state);
            // Told by the network server, so it is not offered once more.
            assert!(!downlink.is_waiting());
            assert!(!downlink.heard(&event, now), "twice: {event:?}");
        }
        let mut cancelled = downlink(1);
        cancelled.state = State::Cancelled;
        let now = cancelled.queued_at;
        assert!(cancelled.heard(&Event::Sent, now), "it was sent before it was taken back");
    }

    #[test]
    fn only_what_was_never_offered_is_known_to_expire() {
        let grace = Duration::from_secs(300);
        let after = |change: fn(&mut Downlink)| {
            let mut downlink = downlink(1);
            change(&mut downlink);
            let over = downlink.expires_at;
            assert!(!downlink.give_up(over - Duration::from_secs(1), grace));
            let changed = [downlink.give_up(over, grace), downlink.give_up(over + grace, grace)];
            (downlink.state, changed)
        };
        assert_eq!(after(|_| {}), (State::Expired, [true, false]));
        let unanswered = after(|downlink| downlink.unanswered = true);
        assert_eq!(unanswered, (State::Unknown, [false, true]));
        let handed_over = after(|downlink| downlink.handed_over_at = Some(downlink.queued_at));
        assert_eq!(handed_over, (State::Unknown, [false, true]));
        let published =
            after(|downlink| downlink.lose_sight((CommandFailure::Untold, "nothing was told")));
        assert_eq!(published, (State::Unknown, [false, true]));
        assert_eq!(after(|downlink| downlink.state = State::Sent), (State::Sent, [false, false]));
    }

    #[test]
    fn a_command_ends_with_its_time_or_a_while_later() {
        let grace = Duration::from_secs(300);
        let mut downlink = downlink(1);
        let expires_at = downlink.expires_at;
        assert_eq!(downlink.ends_at(grace), expires_at);
        downlink.unanswered = true;
        assert_eq!(downlink.ends_at(grace), expires_at + grace);
        downlink.unanswered = false;
        downlink.handed_over_at = Some(expires_at);
        assert_eq!(downlink.ends_at(grace), expires_at + grace);
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
