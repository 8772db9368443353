//! The judge: rules are judged by what is seen, and what comes of it goes into the batch of what was seen.

use std::{collections::HashMap, mem, sync::Arc};

use champollion_fleet::names::GroupId;
use champollion_frames::DevEui;
use champollion_store::{Batch, Store};
use jiff::Timestamp;
use parking_lot::Mutex;
use uuid::Uuid;

use super::{
    alert::Alert,
    book::{AlertBook, AlertsError},
    command,
    condition::Condition,
    place::{Place, Subject},
    recent::{JudgedStates, RecentStates},
    rule::{Rule, RuleName},
    short::short,
    state::{Event, Frame, Sight, State, Unheard},
    states::{States, StoredStates},
    telling::{Mails, Turn, tell},
    trial::Trial,
    value::Value,
    words::{Terms, Words},
};
use crate::outbox::{Language, LocalTime};

/// The judge of rules over a store.
#[derive(Clone)]
pub struct Judge {
    store: Arc<dyn Store>,
    book: AlertBook,
    mails: Mails,
    recent: Arc<RecentStates>,
    /// The alerts that this process has raised of each group since somebody asked.
    raised: Arc<Mutex<HashMap<GroupId, usize>>>,
}

/// A rule with its name.
pub type NamedRule = (RuleName, Rule);

impl Judge {
    /// Makes a judge over a store, whose mails lead to a page, tell moments by some clocks, and name what the vocabulary
    /// has names for.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        (page, clocks): (String, LocalTime),
        terms: Arc<dyn Terms>,
    ) -> Self {
        let mails = Mails { page, clocks, terms };
        let (recent, raised) = (Arc::default(), Arc::default());
        Self { book: AlertBook::new(Arc::clone(&store)), store, mails, recent, raised }
    }

    /// The words of a language for alerts.
    #[must_use]
    pub fn words(&self, language: Language) -> Words<'_> {
        Words::new(&*self.mails.terms, language)
    }

    /// Begins a trial of a condition.
    #[must_use]
    pub fn trial(&self, condition: Condition) -> Trial {
        Trial::new(condition, Arc::clone(&self.mails.terms))
    }

    /// Takes the groups of which this process has raised so many alerts since they were taken last, or more.
    #[must_use]
    pub fn take_busy(&self, is_busy: impl Fn(&GroupId, usize) -> bool) -> Vec<GroupId> {
        let mut raised = self.raised.lock();
        let (busy, rest): (HashMap<_, _>, HashMap<_, _>) =
            mem::take(&mut *raised).into_iter().partition(|(group, count)| is_busy(group, *count));
        *raised = rest;
        busy.into_keys().collect()
    }

    /// Returns how many alerts this process has raised of a group since it was taken as a busy one.
    #[must_use]
    pub fn raised(&self, group: &GroupId) -> usize {
        self.raised.lock().get(group).copied().unwrap_or_default()
    }

    /// Judges a frame of a device by rules now, and puts what comes of it into the batch of the frame. The states that it
    /// gives are to be [kept](Self::keep) once the batch is durable.
    ///
    /// # Errors
    /// The store does not answer: the frame has to be kept another time.
    pub async fn frame(
        &self,
        rules: &[&NamedRule],
        (place, is_muted): (&Place, bool),
        (frame, now): (&Frame<'_>, Timestamp),
        batch: &mut Batch,
    ) -> Result<Option<JudgedStates>, AlertsError> {
        let Some(device) = place.device else { return Ok(None) };
        let mut states = match self.recent.take(device) {
            Some(states) => states,
            None => States::read(&*self.store, &Subject::Device(device)).await?,
        };
        for (name, rule) in rules {
            let when = &rule.definition.when;
            let (event, raised) = states.change((rule.id, when), |state| {
                state.put_right(now);
                let event = state.judge(when, frame, is_muted, Uuid::now_v7);
                (event, raised_in(state, place))
            });
            self.follow(batch, (name, rule), place, (event, raised), frame.received_at).await?;
        }
        states.put(batch)?;
        Ok(Some(JudgedStates::new(device, states)))
    }

    /// Goes on from the states after a frame, whose batch is durable.
    pub fn keep(&self, judged: JudgedStates) {
        self.recent.keep(judged);
    }

    /// Reads the states of a device anew for its next frame, since others may have changed them.
    pub fn forget(&self, device: DevEui) {
        drop(self.recent.take(device));
    }

    /// Judges a rule by what is seen now elsewhere than in a frame, and says whether an alert is raised.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn see(
        &self,
        rule: &NamedRule,
        (place, is_muted): (&Place, bool),
        sight: Sight,
        batch: &mut Batch,
    ) -> Result<bool, AlertsError> {
        let (hold, now) = (rule.1.definition.when.hold(), sight.at);
        let look = |state: &mut State| state.see(sight, hold, is_muted, Uuid::now_v7);
        self.look(rule, place, (look, now), batch).await
    }

    /// Judges a rule on silence by what was not heard until now, and says whether an alert is raised. It is of now,
    /// however long ago the silence was due: its command is wanted from now on.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn silent(
        &self,
        rule: &NamedRule,
        place: &Place,
        unheard: Unheard,
        batch: &mut Batch,
    ) -> Result<bool, AlertsError> {
        let look = |state: &mut State| state.silent(unheard, Uuid::now_v7);
        self.look(rule, place, (look, unheard.now), batch).await
    }

    /// Looks at the state of a rule with a place, and puts into a batch what comes of it; says whether an alert is raised.
    async fn look(
        &self,
        (name, rule): &NamedRule,
        place: &Place,
        (look, now): (impl FnOnce(&mut State) -> Option<Event>, Timestamp),
        batch: &mut Batch,
    ) -> Result<bool, AlertsError> {
        let Some(subject) = place.subject() else { return Ok(false) };
        let mut states = States::read(&*self.store, &subject).await?;
        let (event, raised) = states.change((rule.id, &rule.definition.when), |state| {
            state.put_right(now);
            (look(state), raised_in(state, place))
        });
        self.follow(batch, (name, rule), place, (event, raised), now).await?;
        states.put(batch)?;
        Ok(raised.is_some())
    }

    /// Ends in a batch what rules have raised that watch a device or a route no more, without a word; says whether that is
    /// all of them. What one has judged since its state was seen stays: it may watch once more.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn drop_seen(
        &self,
        (subject, seen): (&Subject, &StoredStates),
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<bool, AlertsError> {
        let mut states = States::read(&*self.store, subject).await?;
        for (group, id) in states.drop_seen(seen) {
            let end = |alert: &mut Alert| {
                alert.ended_at = Some(now);
                alert.dropped = true;
            };
            self.book.change(batch, (&group, id), end).await?;
        }
        states.put(batch)?;
        Ok(states.has_none_of(seen))
    }

    /// Puts into a batch what an event brings about.
    async fn follow(
        &self,
        batch: &mut Batch,
        rule: (&RuleName, &Rule),
        place: &Place,
        (event, raised): (Option<Event>, Option<Uuid>),
        now: Timestamp,
    ) -> Result<(), AlertsError> {
        match (event, raised) {
            (Some(Event::Raised { since, value }), Some(id)) => {
                let words = self.words(Language::En);
                let alert = alert(id, (rule, words), place, (since, now), value);
                self.book.raise(batch, &alert)?;
                *self.raised.lock().entry(place.group.clone()).or_default() += 1;
                command::put(batch, rule, &alert)?;
                self.tell(batch, rule.1, &alert, Turn::Raised, now)
            }
            (Some(Event::Ended { alert, at, value }), _) => {
                let end = |alert: &mut Alert| {
                    // A frame that came in time may be judged after its silence was raised.
                    alert.ended_at = Some(at.max(alert.since));
                    alert.end_value = value.map(Value::bounded);
                };
                match self.book.change(batch, (&place.group, alert), end).await? {
                    Some(alert) => self.tell(batch, rule.1, &alert, Turn::Ended, now),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn tell(
        &self,
        batch: &mut Batch,
        rule: &Rule,
        alert: &Alert,
        turn: Turn,
        now: Timestamp,
    ) -> Result<(), AlertsError> {
        Ok(tell(batch, &rule.definition, (alert, turn), &self.mails, now)?)
    }
}

/// Returns the alert that is raised, and notes the group that it is of.
fn raised_in(state: &mut State, place: &Place) -> Option<Uuid> {
    if state.raised.is_some() && state.group.is_none() {
        state.group = Some(place.group.clone());
    }
    state.raised
}

fn alert(
    id: Uuid,
    ((name, rule), words): ((&RuleName, &Rule), Words<'_>),
    place: &Place,
    (since, raised_at): (Timestamp, Timestamp),
    value: Option<Value>,
) -> Alert {
    let when = &rule.definition.when;
    let value = value.map(Value::bounded);
    Alert {
        id,
        rule: name.clone(),
        place: place.clone().bounded(),
        quantity: when.quantity().map(ToOwned::to_owned),
        end_value: None,
        what: short(&words.broken(when, value.as_ref())),
        limit: short(&words.limit(when)),
        limit_value: Words::limit_value(when, value.as_ref()),
        unit: words.unit(when).map(ToOwned::to_owned),
        when: Some(when.clone().bounded()),
        value,
        since,
        raised_at,
        ended_at: None,
        dropped: false,
        acknowledged: None,
        commanded: None,
    }
}

#[cfg(test)]
mod tests;
