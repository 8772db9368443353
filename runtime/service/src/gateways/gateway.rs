//! A gateway, and the rule by which it is silent.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::rhythm::Rhythm;

/// Hours of which the frames are remembered.
const HOURS: i64 = 24;

/// Turns that are remembered.
const EVENTS: usize = 20;

/// A gateway as frames and status messages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    /// When it was heard for the first time.
    pub first_heard_at: Timestamp,
    /// When it was heard last, by a frame or by a status message.
    pub last_heard_at: Timestamp,
    /// When its last status message came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_status_at: Option<Timestamp>,
    /// Since when it is silent, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silent_since: Option<Timestamp>,
    /// The last turns, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<GatewayEvent>,
    /// The rhythm in which it is heard.
    #[serde(default)]
    pub rhythm: Rhythm,
    /// Frames by hour since the epoch, the oldest first.
    #[serde(default)]
    hours: Vec<(i64, u64)>,
}

/// The state of a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayState {
    /// The gateway is heard by its rhythm.
    Heard,
    /// The gateway is silent.
    Silent,
    /// The gateway was heard too seldom to know its rhythm: it may be silent without being told of.
    RhythmUnknown,
}

/// The turn of a gateway from one state to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GatewayTurn {
    /// The gateway has gone silent.
    Silent,
    /// The gateway is heard again.
    Back,
}

/// A turn with its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GatewayEvent {
    /// When it was found.
    pub at: Timestamp,
    /// The state that the gateway has come into.
    pub turn: GatewayTurn,
}

/// A gateway that has turned from one state to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turned {
    /// The name of the gateway.
    pub id: String,
    /// The state that it has come into.
    pub turn: GatewayTurn,
    /// When it was heard last.
    pub last_heard_at: Timestamp,
}

/// Minutes in which a gateway was heard, and its frames, since the last time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HeardNow {
    /// Minutes since the epoch, in their order, each once, with their frames.
    pub(super) minutes: std::collections::BTreeMap<i64, u64>,
    /// The last moment, in milliseconds since the epoch.
    pub(super) last_ms: i64,
    /// The last moment of a status message.
    pub(super) status_ms: Option<i64>,
}

impl GatewayState {
    /// The word for the state.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Heard => "heard",
            Self::Silent => "silent",
            Self::RhythmUnknown => "rhythm-unknown",
        }
    }
}

impl HeardNow {
    /// Adds what was heard besides.
    pub(super) fn add(&mut self, other: &Self) {
        for (minute, frames) in &other.minutes {
            *self.minutes.entry(*minute).or_default() += frames;
        }
        self.last_ms = self.last_ms.max(other.last_ms);
        self.status_ms = self.status_ms.max(other.status_ms);
    }

    /// The first moment that is known.
    pub(super) fn first(&self) -> Option<Timestamp> {
        let minute = self.minutes.keys().next()?;
        Timestamp::from_second(60 * minute).ok()
    }
}

impl Gateway {
    /// A gateway that is heard for the first time.
    pub(super) fn first_heard(at: Timestamp) -> Self {
        Self {
            first_heard_at: at,
            last_heard_at: at,
            last_status_at: None,
            silent_since: None,
            events: Vec::new(),
            rhythm: Rhythm::default(),
            hours: Vec::new(),
        }
    }

    /// Notes the minutes in which it was heard. Frames that were held up tell nothing of its rhythm.
    pub(super) fn hear(&mut self, heard: &HeardNow) {
        let mut last = minute(self.last_heard_at);
        for (minute, frames) in &heard.minutes {
            self.count(minute / 60, *frames);
            if *minute > last {
                self.rhythm.note(minute - last);
                last = *minute;
            }
        }
        let moment = |ms: i64| Timestamp::from_millisecond(ms).ok();
        let last_heard = moment(heard.last_ms).unwrap_or(self.last_heard_at);
        self.last_heard_at = self.last_heard_at.max(last_heard);
        let status = heard.status_ms.and_then(moment);
        self.last_status_at = self.last_status_at.max(status);
    }

    fn count(&mut self, hour: i64, frames: u64) {
        match self.hours.binary_search_by_key(&hour, |(hour, _)| *hour) {
            Ok(place) => self.hours[place].1 += frames,
            Err(place) => self.hours.insert(place, (hour, frames)),
        }
        let newest = self.hours.last().map_or(hour, |(hour, _)| *hour);
        self.hours.retain(|(hour, _)| *hour > newest - HOURS);
    }

    /// Returns the state that the gateway is in.
    #[must_use]
    pub fn state(&self) -> GatewayState {
        match (self.silent_since, self.rhythm.patience()) {
            (Some(_), _) => GatewayState::Silent,
            (None, Some(_)) => GatewayState::Heard,
            (None, None) => GatewayState::RhythmUnknown,
        }
    }

    /// Returns the frames of the last 24 hours, by the hour on the average. A gateway that is younger is judged by its age.
    #[must_use]
    pub fn frames_an_hour(&self, now: Timestamp) -> f64 {
        let present = now.as_second() / 3_600;
        let recent = self.hours.iter().filter(|(hour, _)| *hour > present - HOURS);
        let frames: u64 = recent.map(|(_, frames)| frames).sum();
        let age = present - self.first_heard_at.as_second() / 3_600 + 1;
        frames as f64 / age.clamp(1, HOURS) as f64
    }

    /// Judges whether it is silent, and returns the turn where it is one. While nobody listened, no silence is counted.
    pub(super) fn judge(
        &mut self,
        now: Timestamp,
        listening_since: Timestamp,
    ) -> Option<GatewayTurn> {
        let heard = self.last_heard_at.max(listening_since);
        let silence = now.duration_since(heard);
        let turn = match (self.silent_since, self.rhythm.patience()) {
            (Some(since), _) if self.last_heard_at > since => GatewayTurn::Back,
            (None, Some(minutes)) if silence > SignedDuration::from_mins(minutes) => {
                GatewayTurn::Silent
            }
            _ => return None,
        };
        self.silent_since = (turn == GatewayTurn::Silent).then_some(self.last_heard_at);
        if self.events.len() == EVENTS {
            self.events.remove(0);
        }
        self.events.push(GatewayEvent { at: now, turn });
        Some(turn)
    }
}

fn minute(moment: Timestamp) -> i64 {
    moment.as_second() / 60
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_040 + 60 * minute).unwrap()
    }

    fn hear(gateway: &mut Gateway, minutes: impl IntoIterator<Item = i64>) {
        for of in minutes {
            let minutes = [(minute(at(of)), 2)].into();
            gateway.hear(&HeardNow { minutes, last_ms: at(of).as_millisecond(), status_ms: None });
        }
    }

    #[test]
    fn silence_is_told_once_and_its_end_once() {
        let mut gateway = Gateway::first_heard(at(0));
        hear(&mut gateway, (5..=35).step_by(5));
        assert_eq!(gateway.state(), GatewayState::RhythmUnknown);
        assert_eq!(gateway.judge(at(1_000), at(0)), None, "seven gaps are no rhythm");
        hear(&mut gateway, (40..=50).step_by(5));
        assert_eq!(gateway.state(), GatewayState::Heard);
        assert_eq!(gateway.judge(at(64), at(0)), None);
        assert_eq!(gateway.judge(at(66), at(60)), None, "nobody listened for most of the time");
        assert_eq!(gateway.judge(at(66), at(0)), Some(GatewayTurn::Silent));
        assert_eq!(gateway.state(), GatewayState::Silent);
        assert_eq!((gateway.judge(at(90), at(0)), gateway.silent_since), (None, Some(at(50))));
        // A frame that was held up does not bring it back.
        hear(&mut gateway, [40]);
        assert_eq!(gateway.judge(at(91), at(0)), None);
        hear(&mut gateway, [92]);
        assert_eq!(gateway.judge(at(93), at(0)), Some(GatewayTurn::Back));
        assert_eq!(gateway.judge(at(94), at(0)), None);
        assert_eq!(gateway.events.len(), 2);
    }

    #[test]
    fn frames_are_counted_by_the_hour() {
        let mut gateway = Gateway::first_heard(at(0));
        hear(&mut gateway, 0..60);
        assert_eq!(gateway.frames_an_hour(at(59)), 60.0);
        hear(&mut gateway, [48 * 60]);
        assert_eq!((gateway.hours.len(), gateway.frames_an_hour(at(48 * 60))), (1, 2.0 / 24.0));
        let text = serde_json::to_string(&gateway).unwrap();
        assert_eq!(serde_json::from_str::<Gateway>(&text).unwrap(), gateway);
    }
}
