//! States of the rules that watch a device or a route: one row, and what of a change the store is to know.
//!
//! Nearly all frames say that all is well, as the frames before did. Such a frame moves nothing but the newest moment that
//! was judged, which the row may lag behind: what it costs is a condition of the frame's batch.

use std::collections::BTreeMap;

use champollion_fleet::names::GroupId;
use champollion_store::{
    Batch, Pages, Seen, Store, Table, TableError,
    codec::{Json, Text},
    tables,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::{condition::Condition, place::Subject, state::State};

const STATES: Table<Subject, StoredStates> = Table::new(tables::ALERT_STATES);

/// The time by which the row of a rule with which all is well may be behind the newest moment that was judged. After a
/// start, or on another node, values that are older than the newest one are judged only where they are within it.
const LAG: SignedDuration = SignedDuration::from_hours(6);

/// The states of a device or a route as their row has them, in the order of their rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredStates(Vec<(Uuid, State)>);

impl StoredStates {
    /// Returns the rules that have a state.
    pub fn rules(&self) -> impl Iterator<Item = Uuid> {
        self.0.iter().map(|(rule, _)| *rule)
    }

    /// The states of the rules that a condition lets through.
    #[must_use]
    pub fn that(mut self, is_meant: impl Fn(Uuid) -> bool) -> Self {
        self.0.retain(|(rule, _)| is_meant(*rule));
        self
    }

    /// Whether no rule has a state.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of(&self, rule: Uuid) -> Option<&State> {
        let place = self.0.binary_search_by_key(&rule, |(rule, _)| *rule).ok()?;
        self.0.get(place).map(|(_, state)| state)
    }
}

impl Serialize for StoredStates {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(rule, state)| (rule, state)))
    }
}

impl<'de> Deserialize<'de> for StoredStates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let states = BTreeMap::<Uuid, State>::deserialize(deserializer)?;
        Ok(Self(states.into_iter().collect()))
    }
}

/// Returns the states of all devices and routes, page by page.
pub(super) fn pages(store: &dyn Store) -> Pages<'_, Subject, StoredStates, Text, Json> {
    STATES.pages(store)
}

/// The states of all rules with a device or a route, and the row that they are based on.
#[derive(Clone)]
pub(super) struct States {
    /// In the order of their rules.
    held: Vec<Held>,
    seen: Seen,
    /// Whether something was judged since the row was seen.
    are_changed: bool,
    /// Whether the row is to say so.
    are_due: bool,
}

/// The state of a rule.
#[derive(Clone)]
struct Held {
    rule: Uuid,
    state: State,
    /// The newest moment that was judged, as the row has it.
    written: Option<Timestamp>,
}

impl States {
    /// Reads the states of a device or a route.
    pub(super) async fn read(store: &dyn Store, subject: &Subject) -> Result<Self, TableError> {
        let (stored, seen) = STATES.get_seen(store, subject).await?;
        let held = |(rule, state): (Uuid, State)| Held { rule, written: state.latest, state };
        let held = stored.unwrap_or_default().0.into_iter().map(held).collect();
        Ok(Self { held, seen, are_changed: false, are_due: false })
    }

    /// The number of rules that have a state.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// Changes the state of a rule by what is seen of its condition; it is a new one where the rule has none.
    pub(super) fn change<T>(
        &mut self,
        (rule, condition): (Uuid, &Condition),
        change: impl FnOnce(&mut State) -> T,
    ) -> T {
        let place = match self.held.binary_search_by_key(&rule, |held| held.rule) {
            Ok(place) => place,
            Err(place) => {
                let new = Held { rule, state: State::default(), written: None };
                self.held.insert(place, new);
                place
            }
        };
        let held = &mut self.held[place];
        let before = held.state.clone();
        let result = change(&mut held.state);
        self.are_changed |= held.state != before;
        self.are_due |= held.is_due(&before, lag(condition));
        result
    }

    /// Takes states out that are as they were seen, and gives the alerts that they have raised. One that was judged since
    /// stays.
    pub(super) fn drop_seen(&mut self, seen: &StoredStates) -> Vec<(GroupId, Uuid)> {
        let mut raised = Vec::new();
        let before = self.held.len();
        self.held.retain_mut(|held| {
            let is_dropped = seen.of(held.rule) == Some(&held.state);
            if is_dropped {
                raised.extend(held.state.group.take().zip(held.state.raised));
            }
            !is_dropped
        });
        let is_changed = self.held.len() < before;
        self.are_changed |= is_changed;
        self.are_due |= is_changed;
        raised
    }

    /// Whether none of the rules that were seen has a state.
    pub(super) fn has_none_of(&self, seen: &StoredStates) -> bool {
        self.held.iter().all(|held| seen.of(held.rule).is_none())
    }

    /// Puts the states into a batch, which is refused where the row is another one by then. Where the store need not know
    /// of what was judged, that is all; and where nothing was, the batch holds whatever the row is.
    ///
    /// Once the batch is durable, the states go on from there.
    pub(super) fn put(&mut self, batch: &mut Batch) -> Result<(), TableError> {
        if self.are_due {
            let told = self.held.iter().filter(|held| held.state != State::default());
            let told = StoredStates(told.map(|held| (held.rule, held.state.clone())).collect());
            self.seen = if told.0.is_empty() {
                STATES.remove(batch, &self.seen)
            } else {
                STATES.replace(batch, &self.seen, &told)?
            };
            self.held.iter_mut().for_each(|held| held.written = held.state.latest);
        } else if self.are_changed {
            self.seen.expect_unchanged(batch);
        }
        (self.are_changed, self.are_due) = (false, false);
        Ok(())
    }
}

impl Held {
    /// Whether the row is to say what became of a state, which may be behind by some time where all is well.
    fn is_due(&self, before: &State, lag: SignedDuration) -> bool {
        if self.state == *before {
            return false;
        }
        if !self.state.is_at_rest() || !self.state.differs_by_time_alone(before) {
            return true;
        }
        let (Some(latest), Some(written)) = (self.state.latest, self.written) else { return true };
        // A clock that was put back moves the newest moment back, too.
        let behind = latest.duration_since(written);
        behind > lag || behind.is_negative()
    }
}

/// The time by which the row may be behind. The silence of a device is judged elsewhere than its frames, by what the row
/// says of the last one.
fn lag(condition: &Condition) -> SignedDuration {
    match condition {
        Condition::Silent(_) | Condition::Route(_) => SignedDuration::ZERO,
        Condition::Above(_)
        | Condition::Below(_)
        | Condition::Outside(_)
        | Condition::Equals(_)
        | Condition::Changed(_)
        | Condition::Battery(_)
        | Condition::Alarm(_)
        | Condition::DecoderFailures(_) => LAG,
    }
}
