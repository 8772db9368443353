//! The order that the node that sends keeps in the outbox: what has come is read, what a group has no room for is folded,
//! and what a recipient does not take for very long is given up.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::names::GroupId;
use champollion_registry::{
    Registry, RegistryError,
    ledger::{Actor, AuditEntry},
};
use champollion_service::outbox::{Beyond, Folding, Lane, LocalTime, Outbox, OutboxError};
use champollion_store::{Batch, StoreError};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde_json::json;
use uuid::Uuid;

use super::standing::{Part, Standing};
use crate::{
    authors::{AuditedAuthor, Author},
    clock::ClockWatch,
    quotas::Quotas,
};

/// Messages that are put into one, or given up, in one batch: each may have as much as a value of the store.
const AT_ONCE: usize = 50;

/// The time between two readings of all that waits.
const WHOLE_EVERY: Duration = Duration::from_secs(600);

/// The time within which nearly all messages are in the outbox once their ids were made.
const SOON: SignedDuration = SignedDuration::from_secs(5);

/// The time for the others, by the clocks of other nodes and where the store was slow; and that between two looks for them.
const LATE: SignedDuration = SignedDuration::from_secs(120);
const LATE_EVERY: Duration = Duration::from_secs(30);

/// The time between two looks at what is given up.
const GIVING_UP_EVERY: Duration = Duration::from_secs(60);

/// The name under which the audit has it.
const AUTHOR: &str = "the sender of messages";

/// The keeper of the outbox.
pub(super) struct Keeper {
    outbox: Outbox,
    standing: Arc<Standing>,
    quotas: Quotas,
    clocks: LocalTime,
    author: AuditedAuthor,
    give_up_after: SignedDuration,
    /// The recipients that have taken nothing since they last did not.
    failing: Mutex<HashSet<Lane>>,
    rhythm: Mutex<Rhythm>,
}

/// When what was done last, and whether the clock can be trusted.
#[derive(Default)]
struct Rhythm {
    whole: Option<Instant>,
    late: Option<Instant>,
    /// The moment at which what was new was read last.
    read: Option<Timestamp>,
    giving_up: Option<Instant>,
    clock: ClockWatch,
}

/// Why the outbox cannot be kept in order now.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeepingError {
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl Keeper {
    /// Makes a keeper of an outbox by the quotas of groups, which gives up after some days.
    pub(super) fn new(
        (outbox, standing): (Outbox, Arc<Standing>),
        (quotas, days): (Quotas, u32),
        clocks: LocalTime,
        registry: &Arc<Registry>,
    ) -> Self {
        Self {
            outbox,
            standing,
            quotas,
            clocks,
            author: AuditedAuthor::new(registry, Actor::named(AUTHOR)),
            give_up_after: SignedDuration::from_hours(24 * i64::from(days)),
            failing: Mutex::default(),
            rhythm: Mutex::default(),
        }
    }

    /// Notes whether a recipient took a message.
    pub(super) fn note(&self, lane: &Lane, has_taken: bool) {
        let mut failing = self.failing.lock();
        match has_taken {
            true => drop(failing.remove(lane)),
            false => drop(failing.insert(lane.clone())),
        }
    }

    /// Forgets which addresses took no mail: where the mail server itself is away, nobody knows what they would say.
    pub(super) fn forget_mails(&self) {
        self.failing.lock().retain(|lane| !matches!(lane, Lane::Mail(..)));
    }

    /// Keeps order once, and gives the time that reading has taken.
    pub(super) async fn round(&self) -> Result<Duration, KeepingError> {
        let now = (Instant::now(), Timestamp::now());
        let (part, gives_up) = {
            let mut rhythm = self.rhythm.lock();
            (rhythm.part(now), rhythm.gives_up(now))
        };
        let reading = self.standing.read(&self.outbox, part).await?;
        self.rhythm.lock().has_read(part, now);
        for Beyond { ids, before } in self.standing.beyond(|group| self.limit(group)) {
            self.fold(&ids, before).await?;
        }
        if gives_up {
            self.give_up().await?;
        }
        Ok(reading)
    }

    fn limit(&self, group: &GroupId) -> usize {
        self.quotas.of(group).waiting_messages
    }

    /// Puts one message in the place of those of one way, some in each batch.
    async fn fold(&self, ids: &[Uuid], mut before: Option<Uuid>) -> Result<(), OutboxError> {
        for some in ids.chunks(AT_ONCE) {
            let own = (&self.clocks, Timestamp::now());
            let Folding { made, left } = self.outbox.fold(some, before, own).await?;
            let mut shelf = self.standing.shelf.lock();
            let Some(waiting) = made else {
                if left.is_empty() {
                    // They are gone, or were changed meanwhile: what is there is read once more.
                    some.iter().for_each(|id| shelf.forget(*id));
                    self.rhythm.lock().whole = None;
                }
                return Ok(());
            };
            let is_taken = |id: &&Uuid| !left.contains(*id);
            some.iter().chain(&before).filter(is_taken).for_each(|id| shelf.forget(*id));
            shelf.note(&waiting);
            before = Some(waiting.message.id);
            let channel = waiting.message.lane().channel();
            metrics::counter!("champollion_outbox_folded_total", "channel" => channel)
                .increment(some.iter().filter(is_taken).count() as u64);
        }
        Ok(())
    }

    /// Gives up what waits for too long for recipients that take nothing: of each group and channel some at a time, so that
    /// the audit has no more than a line a minute of each.
    async fn give_up(&self) -> Result<(), KeepingError> {
        let now = Timestamp::now();
        let Ok(moment) = now.checked_sub(self.give_up_after) else { return Ok(()) };
        for ((group, channel), mut ids) in self.too_old(moment) {
            ids.truncate(AT_ONCE);
            let mut batch = Batch::new();
            let given_up = self.outbox.give_up(&mut batch, &ids).await?;
            if !given_up.is_empty() {
                self.told(batch, (group.as_ref(), channel, given_up.len())).await?;
            }
            let mut shelf = self.standing.shelf.lock();
            ids.iter().for_each(|id| shelf.forget(*id));
        }
        Ok(())
    }

    /// The messages that are given up, by group and channel.
    fn too_old(&self, moment: Timestamp) -> BTreeMap<(Option<GroupId>, &'static str), Vec<Uuid>> {
        let shelf = self.standing.shelf.lock();
        let mut failing = self.failing.lock();
        failing.retain(|lane| !shelf.of(lane).is_empty());
        let mut all: BTreeMap<_, Vec<Uuid>> = BTreeMap::new();
        for lane in failing.iter() {
            let old = shelf.older(lane, moment);
            if !old.is_empty() {
                all.entry((lane.group().cloned(), lane.channel())).or_default().extend(old);
            }
        }
        all
    }

    /// Makes durable that messages are given up, with a line of the audit.
    async fn told(
        &self,
        batch: Batch,
        (group, channel, count): (Option<&GroupId>, &'static str, usize),
    ) -> Result<(), KeepingError> {
        let subject = group.map_or_else(|| "messages of no group".to_owned(), ToString::to_string);
        let days = self.give_up_after.as_hours() / 24;
        let act = AuditEntry::of_act("messages-give-up", &subject)
            .with(json!({ "channel": channel, "messages": count, "days": days }));
        match self.author.commit(batch, act).await {
            Ok(()) => {}
            // One of them is being sent: all are looked at again once all that waits was read.
            Err(RegistryError::Store(StoreError::Conflict { .. })) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        tracing::warn!(
            group = %subject, channel, messages = count, days,
            "messages were given up, since their recipients take none for too long"
        );
        metrics::counter!("champollion_outbox_given_up_total", "channel" => channel)
            .increment(count as u64);
        Ok(())
    }
}

impl Rhythm {
    /// The part that is read now.
    fn part(&mut self, (now, clock): (Instant, Timestamp)) -> Part {
        if is_due(self.whole, WHOLE_EVERY, now) {
            return Part::Whole;
        }
        let is_late = is_due(self.late, LATE_EVERY, now);
        if is_late {
            self.late = Some(now);
        }
        // Also where the clock was put back since.
        let last = self.read.map_or(clock, |read| read.min(clock));
        let since = last.saturating_sub(if is_late { LATE } else { SOON });
        since.map_or(Part::Whole, Part::Since)
    }

    fn has_read(&mut self, part: Part, (now, clock): (Instant, Timestamp)) {
        self.read = Some(clock);
        if part == Part::Whole {
            self.whole = Some(now);
        }
    }

    /// Whether something may be given up now.
    fn gives_up(&mut self, (now, clock): (Instant, Timestamp)) -> bool {
        // After a jump of the clock all messages would be old.
        let is_trusted = self.clock.look(now, clock);
        let is_due = is_due(self.giving_up, GIVING_UP_EVERY, now);
        if is_due {
            self.giving_up = Some(now);
        }
        is_due && is_trusted
    }
}

fn is_due(last: Option<Instant>, every: Duration, now: Instant) -> bool {
    last.is_none_or(|last| now.saturating_duration_since(last) >= every)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn all_is_read_now_and_then_and_what_is_new_in_each_round() {
        let (mut rhythm, begin) = (Rhythm::default(), Instant::now());
        let at = |seconds: u64| {
            (begin + Duration::from_secs(seconds), second(i64::try_from(seconds).unwrap()))
        };
        assert_eq!(rhythm.part(at(0)), Part::Whole);
        assert_eq!(rhythm.part(at(1)), Part::Whole, "as long as it was not read");
        rhythm.has_read(Part::Whole, at(1));
        assert_eq!(rhythm.part(at(2)), Part::Since(second(1 - 120)), "those of others, too");
        rhythm.has_read(Part::Since(second(0)), at(2));
        assert_eq!(rhythm.part(at(9)), Part::Since(second(2 - 5)), "since it was read last");
        rhythm.has_read(Part::Since(second(0)), at(9));
        let put_back = (begin + Duration::from_secs(10), second(-1_000));
        assert_eq!(rhythm.part(put_back), Part::Since(second(-1_005)));
        assert_eq!(rhythm.part(at(32)), Part::Since(second(9 - 120)));
        assert_eq!(rhythm.part(at(601)), Part::Whole);
    }

    #[test]
    fn nothing_is_given_up_soon_after_the_clock_has_jumped() {
        let (mut rhythm, begin) = (Rhythm::default(), Instant::now());
        let at = |seconds: u64, jump: i64| {
            (begin + Duration::from_secs(seconds), second(i64::try_from(seconds).unwrap() + jump))
        };
        assert!(rhythm.gives_up(at(0, 0)));
        assert!(!rhythm.gives_up(at(30, 0)), "it is not due");
        assert!(rhythm.gives_up(at(60, 0)));
        assert!(!rhythm.gives_up(at(120, 90 * 86_400)));
        assert!(!rhythm.gives_up(at(1_200, 90 * 86_400)));
        assert!(!rhythm.gives_up(at(1_260, 0)), "it was put right");
        assert!(rhythm.gives_up(at(1_260 + 3_600, 0)));
    }
}
