//! The state of a rule with a device, and what a frame makes of it. Nothing here reads a clock or a store.

use std::collections::BTreeSet;

use champollion_fleet::names::GroupId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    condition::{Battery, Condition, Hold, Limit, Range},
    value::Value,
};

/// The quantities that tell of a battery.
const BATTERY: [&str; 2] = ["battery.level", "alarm.battery"];

/// Begins the names of alarms.
const ALARM: &str = "alarm.";

/// Most alarms of a device that are noted as active: the states of all rules that watch it are one row, and a decoder may
/// name a channel of its own in each frame.
const MOST_ACTIVE: usize = 24;

/// The time by which a moment may be ahead of now: the clocks of several nodes differ.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

/// A frame of a device, as far as rules look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame<'of> {
    /// The reception of the frame.
    pub received_at: Timestamp,
    /// The measurements of its reading.
    pub measurements: Vec<Measured<'of>>,
    /// Whether it was decoded; nothing of a frame that no decoder was to read.
    pub is_decoded: Option<bool>,
}

/// A measurement of a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured<'of> {
    /// The quantity, a term of the vocabulary.
    pub quantity: &'of str,
    /// The channel of the measurement.
    pub channel: u16,
    /// The value in the unit of the quantity.
    pub value: Value,
    /// The moment of the measurement. One that is ahead of the reception counts as made then.
    pub at: Timestamp,
}

/// The sight of a condition at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    /// The moment that the sight is of.
    pub at: Timestamp,
    /// The value that was seen, where there is one.
    pub value: Option<Value>,
    /// Whether the condition holds.
    pub verdict: Verdict,
}

/// A time in which nothing was heard of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unheard {
    /// The last frame that the observer knows of; others may have come since.
    pub heard: Timestamp,
    /// The longest time without a frame that the rule allows.
    pub allowed: SignedDuration,
    /// The moment until which nothing was heard.
    pub now: Timestamp,
}

impl Unheard {
    /// The moment from which on the device is silent for too long.
    #[must_use]
    pub fn due(&self) -> Timestamp {
        self.heard.saturating_add(self.allowed).unwrap_or(Timestamp::MAX)
    }
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The condition holds at the moment.
    Broken,
    /// The limit is not passed, and the way back is not either: what is raised stays raised.
    Between,
    /// All is well at the moment.
    Normal,
}

/// The state of a rule with a device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct State {
    /// The alert that is raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raised: Option<Uuid>,
    /// The group of that alert: its device may be of another one by now, or of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// The first moment of those in a row at which the condition holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The number of frames in a row that show the condition.
    #[serde(skip_serializing_if = "is_zero")]
    pub frames: u32,
    /// The newest moment that was judged: what is older changes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<Timestamp>,
    /// The last value, of a rule on changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Value>,
    /// The quantities that are in alarm, of a rule on several.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub active: BTreeSet<String>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The event that a rule brings about.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// An alert is to be raised.
    Raised {
        /// Since when the condition holds.
        since: Timestamp,
        /// The value that broke the rule.
        value: Option<Value>,
    },
    /// The alert that is raised is over.
    Ended {
        /// The alert that was raised.
        alert: Uuid,
        /// The moment at which all was well again.
        at: Timestamp,
        /// The value that is well.
        value: Option<Value>,
    },
}

impl State {
    /// Judges a frame by a condition; says what is to be told. An alert that is raised has the id that is given.
    pub fn judge(
        &mut self,
        condition: &Condition,
        frame: &Frame<'_>,
        is_muted: bool,
        id: impl FnOnce() -> Uuid,
    ) -> Option<Event> {
        let sight = self.sight(condition, frame)?;
        self.see(sight, condition.hold(), is_muted, id)
    }

    /// Takes in what was seen of a condition. What is not newer than what was judged before changes nothing.
    pub fn see(
        &mut self,
        sight: Sight,
        hold: Hold,
        is_muted: bool,
        id: impl FnOnce() -> Uuid,
    ) -> Option<Event> {
        let Sight { at, value, verdict } = sight;
        if self.latest.is_some_and(|latest| latest >= at) {
            return None;
        }
        self.latest = Some(at);
        match (verdict, self.raised) {
            (Verdict::Broken, None) if is_muted => self.forget_run(),
            (Verdict::Broken, None) => {
                let since = *self.since.get_or_insert(at);
                self.frames = self.frames.saturating_add(1);
                if self.frames >= hold.frames && seconds(since, at) >= hold.seconds {
                    self.raised = Some(id());
                    return Some(Event::Raised { since, value });
                }
            }
            (Verdict::Normal, Some(alert)) => {
                (self.raised, self.group) = (None, None);
                self.forget_run();
                return Some(Event::Ended { alert, at, value });
            }
            (Verdict::Between | Verdict::Normal, None) => self.forget_run(),
            (Verdict::Broken | Verdict::Between, Some(_)) => {}
        }
        None
    }

    /// Takes in that nothing was heard of a device. The time counts from the last frame that was judged, where the
    /// observer does not know of it; and whatever frame is newer than that ends what is raised.
    pub fn silent(&mut self, mut unheard: Unheard, id: impl FnOnce() -> Uuid) -> Option<Event> {
        unheard.heard = self.latest.map_or(unheard.heard, |latest| latest.max(unheard.heard));
        let due = unheard.due();
        if self.raised.is_some() || due > unheard.now {
            return None;
        }
        (self.latest, self.since, self.frames) = (Some(unheard.heard), Some(due), 1);
        self.raised = Some(id());
        Some(Event::Raised { since: due, value: None })
    }

    /// Forgets moments that are far ahead of now: the clock was put back since, and nothing would be newer for as long.
    pub fn put_right(&mut self, now: Timestamp) {
        let is_ahead = |at: Timestamp| at.duration_since(now) > AHEAD;
        if self.latest.is_some_and(is_ahead) {
            self.latest = None;
        }
        if self.since.is_some_and(is_ahead) {
            self.forget_run();
        }
    }

    /// Whether nothing is raised, and nothing has begun that may become an alert.
    pub(super) fn is_at_rest(&self) -> bool {
        let Self { raised, group, since, frames, latest: _, last: _, active } = self;
        let is_raised = raised.is_some() || group.is_some();
        !is_raised && since.is_none() && *frames == 0 && active.is_empty()
    }

    /// Whether another state is the same but for the newest moment that was judged.
    pub(super) fn differs_by_time_alone(&self, other: &Self) -> bool {
        let Self { raised, group, since, frames, latest: _, last, active } = self;
        (raised, group, since, frames) == (&other.raised, &other.group, &other.since, &other.frames)
            && (last, active) == (&other.last, &other.active)
    }

    fn forget_run(&mut self) {
        self.since = None;
        self.frames = 0;
    }

    /// Returns what a frame shows of a condition; nothing where it says nothing about it.
    fn sight(&mut self, condition: &Condition, frame: &Frame<'_>) -> Option<Sight> {
        let at = frame.received_at;
        match condition {
            Condition::Above(limit) => {
                number(frame, (&limit.quantity, limit.channel), |value| above(limit, value))
            }
            Condition::Below(limit) => {
                number(frame, (&limit.quantity, limit.channel), |value| below(limit, value))
            }
            Condition::Outside(range) => {
                number(frame, (&range.quantity, range.channel), |value| outside(range, value))
            }
            Condition::Equals(equality) => {
                let newest = newest(frame, (&equality.quantity, equality.channel))?;
                Some(newest.sight(either(newest.value == equality.value)))
            }
            Condition::Changed(change) => {
                self.change(newest(frame, (&change.quantity, change.channel))?)
            }
            Condition::Battery(battery) => {
                self.any(frame, |measured| battery_verdict(battery, measured))
            }
            Condition::Alarm(alarm) => {
                let wanted = alarm.quantity.as_deref();
                self.any(frame, |measured| alarm_verdict(wanted, measured))
            }
            Condition::DecoderFailures(_) => {
                let verdict = either(!frame.is_decoded?);
                Some(Sight { at, value: None, verdict })
            }
            Condition::Silent(_) => Some(Sight { at, value: None, verdict: Verdict::Normal }),
            Condition::Route(_) => None,
        }
    }

    /// Compares a value with the one before.
    fn change(&mut self, newest: &Measured<'_>) -> Option<Sight> {
        if self.latest.is_some_and(|latest| latest >= newest.at) {
            return None;
        }
        let before = self.last.replace(newest.value.clone());
        Some(newest.sight(either(before.is_some_and(|before| before != newest.value))))
    }

    /// Looks at all quantities of a kind: one that is in alarm is enough, and each ends for itself.
    fn any(
        &mut self,
        frame: &Frame<'_>,
        verdict: impl Fn(&Measured<'_>) -> Option<Verdict>,
    ) -> Option<Sight> {
        let told = frame.measurements.iter();
        let told: Vec<_> =
            told.filter_map(|measured| Some((measured, verdict(measured)?))).collect();
        let at = told.iter().map(|(measured, _)| measured.at).max()?;
        if self.latest.is_some_and(|latest| latest >= at) {
            return None;
        }
        let mut ended = None;
        for (measured, verdict) in &told {
            let name = format!("{}#{}", measured.quantity, measured.channel);
            match verdict {
                // One that is not noted is no reason to go on once those that are noted have ended.
                Verdict::Broken if self.active.len() < MOST_ACTIVE => {
                    self.active.insert(name);
                }
                Verdict::Broken | Verdict::Between => {}
                Verdict::Normal => {
                    if self.active.remove(&name) {
                        ended = ended.or(Some(*measured));
                    }
                }
            }
        }
        let broken = told.iter().find(|(_, verdict)| *verdict == Verdict::Broken);
        // Where all are over, the first of those that were not stands for them.
        let over = ended.filter(|_| self.active.is_empty());
        let value = broken.map(|(measured, _)| *measured).or(over).map(value_of_alarm);
        Some(Sight { at, value, verdict: either(!self.active.is_empty()) })
    }
}

impl Measured<'_> {
    fn sight(&self, verdict: Verdict) -> Sight {
        Sight { at: self.at, value: Some(self.value.clone()), verdict }
    }
}

/// The value that is told of an alarm: its name where it is a truth value, which says nothing by itself.
fn value_of_alarm(measured: &Measured<'_>) -> Value {
    match &measured.value {
        Value::Boolean(_) => Value::Text(measured.quantity.to_owned()),
        value => value.clone(),
    }
}

/// The newest value of a series in a frame.
fn newest<'frame, 'of>(
    frame: &'frame Frame<'of>,
    (quantity, channel): (&str, u16),
) -> Option<&'frame Measured<'of>> {
    let own = frame.measurements.iter();
    let own = own.filter(|measured| measured.quantity == quantity && measured.channel == channel);
    own.max_by_key(|measured| measured.at)
}

fn number(
    frame: &Frame<'_>,
    series: (&str, u16),
    verdict: impl Fn(f64) -> Verdict,
) -> Option<Sight> {
    let newest = newest(frame, series)?;
    Some(newest.sight(verdict(newest.value.number()?)))
}

fn either(is_broken: bool) -> Verdict {
    if is_broken { Verdict::Broken } else { Verdict::Normal }
}

fn three(is_broken: bool, is_back: bool) -> Verdict {
    match (is_broken, is_back) {
        (true, _) => Verdict::Broken,
        (false, true) => Verdict::Normal,
        (false, false) => Verdict::Between,
    }
}

fn above(limit: &Limit, value: f64) -> Verdict {
    three(value > limit.limit, value <= limit.back.unwrap_or(limit.limit))
}

fn below(limit: &Limit, value: f64) -> Verdict {
    three(value < limit.limit, value >= limit.back.unwrap_or(limit.limit))
}

fn outside(range: &Range, value: f64) -> Verdict {
    let back = range.back_low.unwrap_or(range.low)..=range.back_high.unwrap_or(range.high);
    three(value < range.low || value > range.high, back.contains(&value))
}

fn battery_verdict(battery: &Battery, measured: &Measured<'_>) -> Option<Verdict> {
    match &measured.value {
        _ if !BATTERY.contains(&measured.quantity) => None,
        Value::Boolean(is_low) => Some(either(*is_low)),
        Value::Number(level) => {
            let back = battery.back.unwrap_or(battery.percent);
            Some(three(*level < battery.percent, *level >= back))
        }
        Value::Text(_) => None,
    }
}

fn alarm_verdict(wanted: Option<&str>, measured: &Measured<'_>) -> Option<Verdict> {
    let is_wanted = match wanted {
        Some(wanted) => measured.quantity == wanted,
        None => measured.quantity.starts_with(ALARM),
    };
    match measured.value {
        Value::Boolean(is_raised) if is_wanted => Some(either(is_raised)),
        _ => None,
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_secs()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
