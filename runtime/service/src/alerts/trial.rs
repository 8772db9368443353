//! Trials: what a rule would have raised on frames that are kept, before it is armed.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    condition::Condition,
    place::{Place, Subject},
    state::{Event, Frame, State, Unheard},
    value::Value,
    words::{Terms, Words},
};
use crate::outbox::Language;

/// Most alerts of a trial that are listed; all are counted.
const LISTED: usize = 100;

/// A rule that is tried on frames, in their order.
pub struct Trial {
    terms: Arc<dyn Terms>,
    states: BTreeMap<Subject, Tried>,
    result: Trials,
}

/// A device in a trial.
struct Tried {
    place: Place,
    state: State,
    last: Timestamp,
    /// The place of the open alert in the list.
    open: Option<usize>,
}

/// The alerts that a rule would have raised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AlertTrial)]
pub struct Trials {
    /// The condition that was tried, its limits in the units of the vocabulary.
    pub when: Condition,
    /// The number of frames that were looked at.
    pub frames: usize,
    /// The number of devices that they are of.
    pub devices: usize,
    /// The number of alerts that would have been raised.
    pub raised: usize,
    /// The number of those that would be over.
    pub ended: usize,
    /// The first of them.
    pub alerts: Vec<TrialAlert>,
}

/// An alert that would have been raised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrialAlert {
    /// The device or the route.
    #[serde(flatten)]
    pub place: Place,
    /// Since when the condition would have held.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// The moment of the alert.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Timestamp,
    /// The value that would have broken the rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The matter in words: the quantity with its value and unit, or words where no value tells.
    pub what: String,
    /// The moment at which all would have been well again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

impl Trial {
    /// Begins a trial of a condition, which is told with the names of a vocabulary.
    pub(super) fn new(when: Condition, terms: Arc<dyn Terms>) -> Self {
        let (frames, devices, raised, ended) = (0, 0, 0, 0);
        let result = Trials { when, frames, devices, raised, ended, alerts: Vec::new() };
        Self { terms, states: BTreeMap::new(), result }
    }

    /// Judges a frame of a place. Frames of one device are given in their order.
    pub fn frame(&mut self, place: &Place, frame: &Frame<'_>) {
        let Some(subject) = place.subject() else { return };
        self.result.frames += 1;
        let at = frame.received_at;
        let tried = self.states.entry(subject).or_insert_with(|| Tried {
            place: place.clone(),
            state: State::default(),
            last: at,
            open: None,
        });
        let words = Words::new(&*self.terms, Language::En);
        tried.silence(at, words, &mut self.result);
        tried.last = tried.last.max(at);
        let event = tried.state.judge(&self.result.when, frame, false, Uuid::now_v7);
        tried.note(event, at, words, &mut self.result);
    }

    /// Ends the trial at a moment, and returns what would have been raised.
    #[must_use]
    pub fn end(mut self, now: Timestamp) -> Trials {
        let words = Words::new(&*self.terms, Language::En);
        for tried in self.states.values_mut() {
            tried.silence(now, words, &mut self.result);
        }
        self.result.devices = self.states.len();
        self.result
    }
}

impl Tried {
    /// Sees whether the device was silent for too long before a moment.
    fn silence(&mut self, until: Timestamp, words: Words<'_>, result: &mut Trials) {
        let Condition::Silent(silence) = &result.when else { return };
        let Ok(seconds) = i64::try_from(silence.seconds) else { return };
        let allowed = SignedDuration::from_secs(seconds);
        let unheard = Unheard { heard: self.last, allowed, now: until };
        let due = unheard.due();
        if due >= until {
            return;
        }
        let event = self.state.silent(unheard, Uuid::now_v7);
        self.note(event, due, words, result);
    }

    fn note(&mut self, event: Option<Event>, at: Timestamp, words: Words<'_>, result: &mut Trials) {
        match event {
            Some(Event::Raised { since, value }) => {
                result.raised += 1;
                self.open = (result.alerts.len() < LISTED).then_some(result.alerts.len());
                if self.open.is_some() {
                    let place = self.place.clone();
                    let (raised_at, ended_at) = (at, None);
                    let what = words.broken(&result.when, value.as_ref());
                    let alert = TrialAlert { place, since, raised_at, value, what, ended_at };
                    result.alerts.push(alert);
                }
            }
            Some(Event::Ended { at, .. }) => {
                result.ended += 1;
                if let Some(open) = self.open.take().and_then(|open| result.alerts.get_mut(open)) {
                    open.ended_at = Some(at);
                }
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{Silence, words::tests::Few};

    #[test]
    fn silences_between_frames_and_after_the_last_are_counted() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let condition = Condition::Silent(Silence { seconds: 60 });
        let mut place = Place::of_route("water".parse().unwrap(), "none".parse().unwrap());
        place.route = None;
        place.device = Some("70B3D5499A000001".parse().unwrap());
        let mut trial = Trial::new(condition, Arc::new(Few));
        for seconds in [0, 50, 200, 250] {
            let received_at = at(seconds);
            let frame = Frame { received_at, measurements: Vec::new(), is_decoded: None };
            trial.frame(&place, &frame);
        }
        let result = trial.end(at(1_000));
        let counts = (result.frames, result.devices, result.raised, result.ended);
        assert_eq!(counts, (4, 1, 2, 1));
        assert_eq!(result.alerts[0].what, "silent for 1 min");
        assert_eq!(result.alerts[0].raised_at, at(110));
        assert_eq!(result.alerts[0].ended_at, Some(at(200)));
    }
}
