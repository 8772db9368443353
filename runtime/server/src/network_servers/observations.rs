//! The traffic of each network server since the start: what came of its messages, and how they came.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

use champollion_frames::DevEui;
use champollion_lns::NetworkServerName;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use super::{
    clock_offset::{ClockOffset, WrongClock},
    missing_frames::{Missing, MissingFrames, When},
};
use crate::ingest::{IngestError, Receipt};

/// Most kinds of messages that are told apart: their names are the network server's.
const KINDS: usize = 32;

/// After so many messages that were acknowledged one by one, those that were not are history.
const ASSURED_AGAIN: u64 = 20;

/// The time in which a broker hands over what it has kept for us.
const RETURN: SignedDuration = SignedDuration::from_mins(1);

/// The ends of connections that are remembered.
const ENDS: usize = 5;

/// So many connections that end within this time are not steady.
const UNSTEADY: SignedDuration = SignedDuration::from_mins(10);

/// The traffic of all network servers of the settings, by their names.
pub struct Observations(BTreeMap<NetworkServerName, Arc<Observed>>);

/// The traffic of one network server since the start.
pub struct Observed {
    server: NetworkServerName,
    since: Timestamp,
    /// Held for a look or a change, never across an await.
    seen: Mutex<Seen>,
}

/// A frame before it is taken: what it says of itself, and what is known of its device.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sent {
    /// The moment at which the network received it, where that is told.
    pub(crate) received_at: Option<Timestamp>,
    /// The FCnt that its device had before.
    pub(crate) f_cnt_before: Option<u32>,
}

/// The traffic of a network server as it is counted.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) messages: u64,
    pub(super) last_message_at: Option<Timestamp>,
    /// The last frame of each device that was heard.
    devices: HashMap<DevEui, Timestamp>,
    /// Messages by what became of them.
    pub(super) results: BTreeMap<&'static str, u64>,
    /// Messages that hand nothing over, by their kind.
    pub(super) ignored: BTreeMap<String, u64>,
    /// Messages that were refused for good, by the reason.
    pub(super) refused: BTreeMap<&'static str, Refused>,
    pub(super) broker: AtBroker,
    missing: MissingFrames,
    clock: ClockOffset,
}

/// Messages that were refused for a reason.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) times: u64,
    pub(super) last_at: Timestamp,
    /// The last one, in words.
    pub(super) detail: String,
}

/// The traffic through a broker.
#[derive(Default)]
pub(super) struct AtBroker {
    /// When the broker let us in last.
    pub(super) entered_at: Option<Timestamp>,
    pub(super) connections: u64,
    /// Whether the broker still had our session then; unknown at the first time of all.
    pub(super) session_kept: Option<bool>,
    pub(super) sessions_lost: u64,
    pub(super) session_lost_at: Option<Timestamp>,
    /// Messages by the encoding that they seem to have.
    pub(super) encodings: BTreeMap<&'static str, u64>,
    /// Messages of QoS 0.
    pub(super) unassured: u64,
    /// Messages of QoS 1 since the last of QoS 0.
    assured_since: u64,
    /// The topics that are subscribed to, each with the messages that came under it.
    pub(super) topics: Vec<(String, u64)>,
    /// Those of them that the broker grants with QoS 0 alone.
    pub(super) granted_unassured: Vec<String>,
    ended_at: VecDeque<Timestamp>,
    /// The time in which we were away, of which the log has said that frames are missing.
    told_of: Option<Timestamp>,
}

impl Observations {
    /// Observations of network servers, from now on.
    #[must_use]
    pub fn of<'name>(servers: impl IntoIterator<Item = &'name NetworkServerName>) -> Self {
        let since = Timestamp::now();
        let observed = servers.into_iter().map(|server| {
            let seen = Mutex::default();
            (server.clone(), Arc::new(Observed { server: server.clone(), since, seen }))
        });
        Self(observed.collect())
    }

    /// Returns those of a network server, where it is one of the settings.
    #[must_use]
    pub fn get(&self, server: &NetworkServerName) -> Option<&Arc<Observed>> {
        self.0.get(server)
    }

    /// Returns those of all network servers, in the order of their names.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Observed>> {
        self.0.values()
    }
}

impl Observed {
    /// Returns the name of the network server.
    #[must_use]
    pub fn server(&self) -> &NetworkServerName {
        &self.server
    }

    /// Returns the moment from which on everything was seen.
    pub(super) fn since(&self) -> Timestamp {
        self.since
    }

    /// Looks at what was seen.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock())
    }

    /// Notes what became of a message.
    pub(crate) fn taken(
        &self,
        sent: Sent,
        became: &'static str,
        result: &Result<Receipt, IngestError>,
    ) {
        let now = Timestamp::now();
        let mut seen = self.seen.lock();
        seen.messages += 1;
        seen.last_message_at = Some(now);
        *seen.results.entry(became).or_default() += 1;
        match result {
            Ok(Receipt::Accepted { dev_eui, f_cnt, .. } | Receipt::MacOnly { dev_eui, f_cnt }) => {
                self.frame(&mut seen, (*dev_eui, *f_cnt), sent, now);
            }
            Ok(Receipt::Ignored { what }) => {
                let is_known = seen.ignored.contains_key(what);
                if is_known || seen.ignored.len() < KINDS {
                    *seen.ignored.entry(what.clone()).or_default() += 1;
                }
            }
            Ok(_)
            | Err(
                IngestError::NotKept(_)
                | IngestError::Full(_)
                | IngestError::Busy(_)
                | IngestError::Behind,
            ) => {}
            Err(error) => {
                let detail = error.to_string();
                let times = seen.refused.get(became).map_or(0, |before| before.times) + 1;
                seen.refused.insert(became, Refused { times, last_at: now, detail });
            }
        }
    }

    /// Notes a frame that was taken, and the frames that are missing before it.
    fn frame(&self, seen: &mut Seen, (dev_eui, f_cnt): (DevEui, u32), sent: Sent, now: Timestamp) {
        let back = seen.broker.entered_at.unwrap_or(self.since);
        if let Some(received_at) = sent.received_at {
            // What was kept for us comes at once after our return, and is old whatever the clocks say.
            if received_at >= back || now.duration_since(back) > RETURN {
                seen.clock.add(received_at, now);
            }
        }
        // A clock that is ahead must not make a frame later than it is.
        let moment = sent.received_at.unwrap_or(now).min(now);
        let before = seen.devices.insert(dev_eui, moment);
        let Some(f_cnt_before) = sent.f_cnt_before else { return };
        // What came before our return, or was kept for us until then, is on the other side of our absence.
        let when =
            if before.is_none_or(|before| before < back) { When::Away } else { When::Connected };
        let missing = seen.missing.note(when, f_cnt_before, f_cnt, now);
        if missing == 0 {
            return;
        }
        metrics::counter!(
            "champollion_frames_missing_total",
            "network_server" => self.server.to_string(), "when" => when.as_str()
        )
        .increment(u64::from(missing));
        let is_news = when == When::Away && seen.broker.told_of != Some(back);
        if is_news && seen.missing.were_lost_on_the_way() {
            seen.broker.told_of = Some(back);
            tracing::warn!(
                network_server = %self.server, %dev_eui, missing, %back,
                "frames are missing over the time in which we were away; `champollion network-servers \
                 check` counts them and says what to do"
            );
        }
    }

    /// Takes note of a session that was lost before the last restart.
    pub(crate) fn lost_before(&self, lost_at: Option<Timestamp>) {
        let broker = &mut self.seen.lock().broker;
        broker.session_lost_at = broker.session_lost_at.max(lost_at);
    }

    /// The broker has let us in. `had_session` says whether there was a session to come back to, `is_kept` whether
    /// the broker still has it.
    pub(crate) fn entered(&self, topics: &[String], had_session: bool, is_kept: bool) {
        let now = Timestamp::now();
        let mut seen = self.seen.lock();
        let broker = &mut seen.broker;
        broker.entered_at = Some(now);
        broker.connections += 1;
        broker.session_kept = had_session.then_some(is_kept);
        if broker.topics.is_empty() {
            broker.topics = topics.iter().map(|topic| (topic.clone(), 0)).collect();
        }
        if had_session && !is_kept {
            broker.sessions_lost += 1;
            broker.session_lost_at = Some(now);
            metrics::counter!(
                "champollion_mqtt_sessions_lost_total",
                "network_server" => self.server.to_string()
            )
            .increment(1);
            tracing::warn!(
                network_server = %self.server,
                "the broker did not keep our session: what came while we were away is lost; \
                 `champollion network-servers check` says what to do"
            );
        }
    }

    /// The broker has answered which QoS it grants for each topic.
    pub(crate) fn granted(&self, unassured: Vec<String>) {
        if !unassured.is_empty() {
            tracing::warn!(
                network_server = %self.server, topics = ?unassured,
                "the broker grants QoS 0 alone: what it sends is lost when the connection is"
            );
        }
        self.seen.lock().broker.granted_unassured = unassured;
    }

    /// A connection to the broker that was let in has ended.
    pub(crate) fn ended(&self) {
        let mut seen = self.seen.lock();
        let ends = &mut seen.broker.ended_at;
        if ends.len() == ENDS {
            ends.pop_front();
        }
        ends.push_back(Timestamp::now());
    }

    /// A message has come through the broker, under a topic that `matches` says the filters of.
    pub(crate) fn arrived(
        &self,
        is_assured: bool,
        encoding: &'static str,
        matches: impl Fn(&str) -> bool,
    ) {
        let mut seen = self.seen.lock();
        let broker = &mut seen.broker;
        *broker.encodings.entry(encoding).or_default() += 1;
        for (_, times) in broker.topics.iter_mut().filter(|(filter, _)| matches(filter)) {
            *times += 1;
        }
        if is_assured {
            broker.assured_since = broker.assured_since.saturating_add(1);
            return;
        }
        let is_first = broker.unassured == 0;
        broker.unassured += 1;
        broker.assured_since = 0;
        drop(seen);
        metrics::counter!(
            "champollion_mqtt_qos0_messages_total",
            "network_server" => self.server.to_string()
        )
        .increment(1);
        if is_first {
            tracing::warn!(
                network_server = %self.server,
                "messages come with QoS 0: the broker keeps none of them while we are away; \
                 `champollion network-servers check` says what to do"
            );
        }
    }
}

impl Seen {
    /// Returns the number of devices of which a frame was taken.
    pub(super) fn devices(&self) -> usize {
        self.devices.len()
    }

    pub(super) fn missing_away(&self) -> Missing {
        self.missing.away()
    }

    pub(super) fn missing_connected(&self) -> Missing {
        self.missing.connected()
    }

    pub(super) fn frames_were_lost_on_the_way(&self) -> bool {
        self.missing.were_lost_on_the_way()
    }

    pub(super) fn wrong_clock(&self) -> Option<WrongClock> {
        self.clock.wrong()
    }
}

impl AtBroker {
    /// Whether messages come with QoS 0 nowadays.
    pub(super) fn is_unassured(&self) -> bool {
        self.unassured > 0 && self.assured_since < ASSURED_AGAIN
    }

    /// Whether connections end again and again.
    pub(super) fn is_unsteady(&self, now: Timestamp) -> bool {
        let first = self.ended_at.front().filter(|_| self.ended_at.len() == ENDS);
        first.is_some_and(|first| now.duration_since(*first) < UNSTEADY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed() -> Arc<Observed> {
        let server: NetworkServerName = "city".parse().unwrap();
        let observations = Observations::of([&server]);
        Arc::clone(observations.get(&server).unwrap())
    }

    fn take(observed: &Observed, before: Option<u32>, f_cnt: u32, received_at: Timestamp) {
        let sent = Sent { received_at: Some(received_at), f_cnt_before: before };
        let dev_eui = "70B3D5499A000001".parse().unwrap();
        observed.taken(sent, "mac-only", &Ok(Receipt::MacOnly { dev_eui, f_cnt }));
    }

    #[test]
    fn frames_that_were_kept_for_us_are_on_the_other_side_of_our_absence() {
        let observed = observed();
        let long_ago = Timestamp::now() - SignedDuration::from_mins(30);
        observed.entered(&[], true, true);
        // The first one since our return, and one that the broker had kept.
        take(&observed, Some(3), 5, long_ago);
        take(&observed, Some(5), 6, long_ago);
        // The queue was full by then: this one comes live, and what is missing went while we were away.
        let now = Timestamp::now();
        take(&observed, Some(6), 10, now);
        take(&observed, Some(10), 12, now);
        let (away, connected) =
            observed.look(|seen| (seen.missing_away(), seen.missing_connected()));
        assert_eq!((away.frames, away.taken), (4, 3));
        assert_eq!((connected.frames, connected.taken), (1, 1));
    }

    #[test]
    fn messages_of_qos_0_are_history_once_others_come() {
        let observed = observed();
        observed.entered(&["a/#".to_owned(), "b/+".to_owned()], false, false);
        assert_eq!(observed.look(|seen| seen.broker.session_kept), None);
        observed.arrived(false, "json", |filter| filter == "a/#");
        assert!(observed.look(|seen| seen.broker.is_unassured()));
        for _ in 0..ASSURED_AGAIN {
            observed.arrived(true, "json", |filter| filter == "a/#");
        }
        assert!(!observed.look(|seen| seen.broker.is_unassured()));
        let topics = observed.look(|seen| seen.broker.topics.clone());
        assert_eq!(topics, [("a/#".to_owned(), 1 + ASSURED_AGAIN), ("b/+".to_owned(), 0)]);
    }

    #[test]
    fn kinds_of_messages_are_bounded() {
        let observed = observed();
        for number in 0..2 * KINDS {
            let ignored = Receipt::Ignored { what: format!("kind {number}") };
            observed.taken(Sent::default(), "ignored", &Ok(ignored));
        }
        assert_eq!(observed.look(|seen| seen.ignored.len()), KINDS);
        let results = observed.look(|seen| seen.results["ignored"]);
        assert_eq!(usize::try_from(results).unwrap(), 2 * KINDS);
    }

    #[test]
    fn connections_that_end_again_and_again_are_not_steady() {
        let (observed, now) = (observed(), Timestamp::now());
        for _ in 1..ENDS {
            observed.ended();
        }
        assert!(!observed.look(|seen| seen.broker.is_unsteady(now)));
        observed.ended();
        assert!(observed.look(|seen| seen.broker.is_unsteady(Timestamp::now())));
        let later = Timestamp::now() + UNSTEADY;
        assert!(!observed.look(|seen| seen.broker.is_unsteady(later)));
    }
}
