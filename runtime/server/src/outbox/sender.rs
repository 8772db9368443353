//! The sender, which goes through the outbox again and again.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::{destinations::DestinationLimits, names::GroupId};
use champollion_registry::Registry;
use champollion_service::{
    notices::HookTelling,
    outbox::{Attempt, End, Lane, LocalTime, Outbox, OutboxError, Pauses, Turns},
};
use champollion_store::{Batch, Store};
use futures_util::{
    StreamExt,
    stream::{self, FuturesUnordered},
};
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::{sync::watch, time::MissedTickBehavior};
use uuid::Uuid;

use super::{
    OutboxSettings,
    keeping::Keeper,
    mail_to::MailRecipients,
    posting::{Fault, NotSent, Post},
    standing::Standing,
};
use crate::{mail::Mailer, notices::NoticeMails, quotas::Quotas};

/// The time between two rounds, at least.
const PERIOD: Duration = Duration::from_secs(1);

/// The share of the time that reading may take: where much comes at once, it must not take a core.
const REST: u32 = 20;

/// Groups for which something is sent at once, and lanes of one of them: a group whose recipients are all away takes the
/// time of no other.
const GROUPS: usize = 64;
const LANES: usize = 4;

/// Lanes of those that no group tells on, such as readers of notices.
const LANES_OF_NOBODY: usize = 16;

/// The time that a group has in a round, after which it begins no other lane: the next round goes on there.
const TURN: Duration = Duration::from_secs(10);

/// Messages to a system or a broker whose begin, and whose end, are one commit each: as many may come twice where the
/// server is killed.
const TOGETHER: usize = 16;

/// Messages of a lane that are gathered at once.
const GATHERED: usize = 1_000;

/// The parts of a server that messages are sent by.
pub(crate) struct Parts {
    /// The store of the node that leads.
    pub(crate) store: Arc<dyn Store>,
    /// The messages that wait, for others to look at.
    pub(crate) standing: Arc<Standing>,
    /// The mails about notices.
    pub(crate) notice_mails: NoticeMails,
    /// The mail server, where the settings have one.
    pub(crate) mailer: Option<Mailer>,
    /// The bounds of systems.
    pub(crate) limits: DestinationLimits,
    /// The judge of addresses that groups mail.
    pub(crate) recipients: MailRecipients,
    /// The pauses, and the age of what is given up.
    pub(crate) settings: OutboxSettings,
    /// The quotas of groups.
    pub(crate) quotas: Quotas,
    /// The clocks of the territory.
    pub(crate) clocks: LocalTime,
    /// The registry, whose audit has what was given up.
    pub(crate) registry: Arc<Registry>,
}

/// The sender of what waits in the outbox.
pub(crate) struct Sender {
    store: Arc<dyn Store>,
    notice_mails: NoticeMails,
    outbox: Outbox,
    standing: Arc<Standing>,
    quotas: Quotas,
    keeper: Keeper,
    post: Post,
    pauses: Mutex<Pauses>,
    /// Messages that were refused for themselves: each pauses alone.
    refused: Mutex<Pauses<Uuid>>,
    /// The turns of lanes, by groups, each of which has rounds of its own.
    turns: Mutex<HashMap<Group, Turns>>,
    /// Lanes on which something was sent in this round of their group: they pause once it is over.
    open: Mutex<HashSet<Lane>>,
    /// The lane of each group that was begun last.
    begun: Mutex<HashMap<Group, Arc<Lane>>>,
}

/// A group that tells somebody; nothing for what no group tells.
type Group = Option<GroupId>;

impl Sender {
    /// Makes a sender of the parts of a server.
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts { store, standing, notice_mails, mailer, limits, .. } = parts;
        let Parts { recipients, settings, quotas, clocks, registry, .. } = parts;
        let outbox = Outbox::new(Arc::clone(&store));
        let kept = (outbox.clone(), Arc::clone(&standing));
        let bounds = (quotas.clone(), settings.give_up_days);
        Self {
            keeper: Keeper::new(kept, bounds, clocks, &registry),
            store,
            notice_mails,
            outbox,
            standing,
            quotas,
            post: Post::new(mailer, limits, recipients),
            pauses: Mutex::new(Pauses::new(settings.pauses())),
            refused: Mutex::new(Pauses::new(settings.pauses())),
            turns: Mutex::default(),
            open: Mutex::default(),
            begun: Mutex::default(),
        }
    }

    /// Sends what waits until the server stops.
    pub(crate) async fn run(self, stopped: watch::Receiver<bool>) {
        // How often each group has mailed is known before anything is sent.
        while let Err(error) = self.standing.pace.read(&*self.store).await {
            tracing::error!(%error, "the mails that were sent cannot be read");
            if is_over(&stopped, PERIOD).await {
                return;
            }
        }
        // What comes is read however long sending takes.
        tokio::join!(self.keep(stopped.clone()), self.send(stopped));
    }

    async fn keep(&self, stopped: watch::Receiver<bool>) {
        let mut rest = PERIOD;
        while !is_over(&stopped, rest).await {
            if let Err(error) = self.notice_mails.tell_all(&*self.store).await {
                tracing::error!(%error, "readers cannot be mailed about notices now");
            }
            if let Err(error) = HookTelling::tell_all(&*self.store).await {
                tracing::error!(%error, "systems cannot be told of notices now");
            }
            let reading = self.keeper.round().await.unwrap_or_else(|error| {
                tracing::error!(%error, "the outbox cannot be read");
                PERIOD
            });
            rest = PERIOD.max(reading.saturating_mul(REST).min(PERIOD * 60));
        }
    }

    /// Begins a round of each group on which something waits, beside those that are under way.
    async fn send(&self, stopped: watch::Receiver<bool>) {
        let (mut rounds, mut busy) = (FuturesUnordered::new(), HashSet::new());
        let mut last: Group = None;
        let mut ticks = tokio::time::interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let over = is_stopped(stopped.clone());
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => break,
                Some(group) = rounds.next() => {
                    busy.remove(&group);
                }
                _ = ticks.tick() => {
                    let stopped = &stopped;
                    for (group, lanes) in self.groups_behind(&last) {
                        if busy.len() < GROUPS && busy.insert(group.clone()) {
                            last.clone_from(&group);
                            rounds.push(async move {
                                self.round(&group, lanes, stopped).await;
                                group
                            });
                        }
                    }
                }
            }
        }
        // What is being sent is noted before the server ends; nothing else is begun.
        while rounds.next().await.is_some() {}
    }

    /// The lanes of each group, from the one on that is behind a group.
    fn groups_behind(&self, last: &Group) -> Vec<(Group, Vec<Arc<Lane>>)> {
        let lanes = self.standing.lanes().into_iter();
        let group = |lanes: &[Arc<Lane>]| lanes.first().and_then(|lane| lane.group().cloned());
        let mut groups: Vec<_> = lanes.map(|lanes| (group(&lanes), lanes)).collect();
        let behind = groups.partition_point(|(group, _)| group <= last);
        groups.rotate_left(behind);
        groups
    }

    /// Tries what waits of one group and does not pause, lane by lane, from the one on that is behind the last that was
    /// begun.
    async fn round(
        &self,
        group: &Group,
        mut lanes: Vec<Arc<Lane>>,
        stopped: &watch::Receiver<bool>,
    ) {
        self.open.lock().retain(|lane| lane.group() != group.as_ref());
        let begin = |turns: &mut Turns| turns.begin(|lane| self.is_pausing(lane));
        self.turns_of(group.as_ref(), begin);
        let last = self.begun.lock().get(group).cloned();
        let behind = last.map_or(0, |last| lanes.partition_point(|lane| *lane <= last));
        lanes.rotate_left(behind);
        lanes.retain(|lane| self.can_go(lane, stopped));
        let at_once = if group.is_some() { LANES } else { LANES_OF_NOBODY };
        let began = Instant::now();
        let lanes = stream::iter(lanes).for_each_concurrent(at_once, |lane| async move {
            if began.elapsed() < TURN {
                self.begun.lock().insert(group.clone(), Arc::clone(&lane));
                self.send_all(&lane, stopped).await;
            }
        });
        lanes.await;
        self.turns_of(group.as_ref(), Turns::end);
        let now = Instant::now();
        self.post.close(group.as_ref());
        self.pauses.lock().forget_old(now);
        self.refused.lock().forget_old(now);
    }

    fn turns_of<R>(&self, group: Option<&GroupId>, look: impl FnOnce(&mut Turns) -> R) -> R {
        look(self.turns.lock().entry(group.cloned()).or_default())
    }

    async fn send_all(&self, lane: &Arc<Lane>, stopped: &watch::Receiver<bool>) {
        if let Err(error) = self.try_all(lane, stopped).await {
            tracing::error!(%error, channel = lane.channel(), "what was sent cannot be noted");
        }
    }

    async fn try_all(
        &self,
        lane: &Arc<Lane>,
        stopped: &watch::Receiver<bool>,
    ) -> Result<(), OutboxError> {
        let ids = self.standing.shelf.lock().of(lane);
        let ids = self.turns_of(lane.group(), |turns| turns.of(lane, ids));
        for ids in ids.chunks(GATHERED) {
            if !self.can_go(lane, stopped) {
                break;
            }
            let ids = self.gathered(lane, ids).await?;
            if !matches!(**lane, Lane::Mail(..)) {
                for some in ids.chunks(TOGETHER) {
                    if !self.can_go(lane, stopped) || !self.try_some(lane, some, stopped).await? {
                        return Ok(());
                    }
                }
                continue;
            }
            for id in ids {
                if self.refused.lock().is_pausing(&id, Instant::now()) {
                    continue;
                }
                if !self.can_go(lane, stopped) || !self.try_timed(lane, id).await? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Puts mails together where they are enough for a digest, and gives what is left to be sent.
    async fn gathered(&self, lane: &Arc<Lane>, ids: &[Uuid]) -> Result<Vec<Uuid>, OutboxError> {
        if !matches!(**lane, Lane::Mail(..)) {
            return Ok(ids.to_vec());
        }
        let now = Timestamp::now();
        let (left, again) = self.outbox.gather(ids.to_vec(), now).await?;
        let there: Vec<Uuid> = left.iter().chain(&again).copied().collect();
        self.standing.shelf.lock().gathered(lane, ids, &there, now);
        Ok(left)
    }

    /// Whether a message of the lane can be tried now.
    fn can_go(&self, lane: &Lane, stopped: &watch::Receiver<bool>) -> bool {
        !*stopped.borrow()
            && self.turns_of(lane.group(), |turns| turns.has_time(lane))
            && !self.is_pausing(lane)
            && self.may_mail(lane)
    }

    /// Whether the group of the lane may send a mail now, where it is one of mails: they wait, and gather meanwhile.
    fn may_mail(&self, lane: &Lane) -> bool {
        mailing(lane).is_none_or(|group| {
            let limits = self.quotas.of(group).mails();
            self.standing.pace.has_room(group, limits, Timestamp::now())
        })
    }

    async fn try_timed(&self, lane: &Lane, id: Uuid) -> Result<bool, OutboxError> {
        let begun = Instant::now();
        let tried = match mailing(lane) {
            Some(group) => {
                let limits = self.quotas.of(group).mails();
                if !self.standing.pace.take(group, limits, Timestamp::now()) {
                    return Ok(false);
                }
                let tried = self.try_one(lane, id).await;
                if !matches!(tried, Ok(Tried::Taken)) {
                    self.standing.pace.give_back(group);
                }
                tried?
            }
            None => self.try_one(lane, id).await?,
        };
        let goes_on = tried != Tried::HeldUp;
        self.turns_of(lane.group(), |turns| {
            turns.spent(lane, begun, Instant::now());
            if goes_on {
                turns.passed(lane, id);
            }
        });
        Ok(goes_on)
    }

    /// Tries to send some messages one after another, and notes for all of them at once how that ended; says whether the
    /// lane goes on. What is not tried any more waits as before.
    async fn try_some(
        &self,
        lane: &Lane,
        ids: &[Uuid],
        stopped: &watch::Receiver<bool>,
    ) -> Result<bool, OutboxError> {
        let now = Instant::now();
        let is_due = |id: &Uuid| !self.refused.lock().is_pausing(id, now);
        let due: Vec<Uuid> = ids.iter().copied().filter(is_due).collect();
        let attempts = self.outbox.begin_all(&due).await?;
        let begun: HashSet<Uuid> =
            attempts.iter().map(|attempt| attempt.waiting.message.id).collect();
        for id in due.iter().filter(|id| !begun.contains(*id)) {
            self.standing.shelf.lock().forget(*id);
        }
        let (mut ends, mut goes_on) = (Vec::new(), true);
        for attempt in attempts {
            let end = match goes_on && self.can_go(lane, stopped) {
                true => self.sent(lane, &attempt, &mut goes_on).await,
                false => End::Untried,
            };
            ends.push((attempt, end));
        }
        self.outbox.settle(&ends).await?;
        for (attempt, _) in ends.iter().filter(|(_, end)| *end == End::Sent) {
            self.standing.shelf.lock().forget(attempt.waiting.message.id);
        }
        Ok(goes_on)
    }

    /// Sends a message of which an attempt was begun, in the time of its lane.
    async fn sent(&self, lane: &Lane, attempt: &Attempt, goes_on: &mut bool) -> End {
        let (id, begun) = (attempt.waiting.message.id, Instant::now());
        let end = match self.post.send(&attempt.waiting.message).await {
            Ok(()) => {
                self.note_sent(lane);
                End::Sent
            }
            Err(not_sent) => {
                *goes_on = self.note_failed(lane, id, &not_sent);
                End::Failed(not_sent.reason)
            }
        };
        self.turns_of(lane.group(), |turns| {
            turns.spent(lane, begun, Instant::now());
            match *goes_on {
                true => turns.passed(lane, id),
                false => turns.failed(lane, id, attempt.waiting.attempts),
            }
        });
        end
    }

    /// Tries to send one message.
    async fn try_one(&self, lane: &Lane, id: Uuid) -> Result<Tried, OutboxError> {
        let Some(attempt) = self.outbox.begin(id).await? else {
            self.standing.shelf.lock().forget(id);
            return Ok(Tried::Passed);
        };
        match self.post.send(&attempt.waiting.message).await {
            Ok(()) => {
                let mut batch = Batch::new();
                if let Some(group) = mailing(lane) {
                    self.standing.pace.note(&mut batch, group)?;
                }
                self.outbox.sent(&attempt, batch).await?;
                self.standing.shelf.lock().forget(id);
                self.note_sent(lane);
                Ok(Tried::Taken)
            }
            Err(not_sent) => {
                let attempts = attempt.waiting.attempts;
                self.outbox.failed(&attempt, &not_sent.reason).await?;
                if self.note_failed(lane, id, &not_sent) {
                    return Ok(Tried::Passed);
                }
                self.turns_of(lane.group(), |turns| turns.failed(lane, id, attempts));
                Ok(Tried::HeldUp)
            }
        }
    }

    fn note_sent(&self, lane: &Lane) {
        self.pauses.lock().sent(lane, Instant::now());
        self.open.lock().insert(lane.clone());
        self.keeper.note(lane, true);
        metrics::counter!("champollion_outbox_sent_total", "channel" => lane.channel())
            .increment(1);
    }

    /// Notes a failure; says whether the next message of the lane can be tried.
    fn note_failed(&self, lane: &Lane, id: Uuid, not_sent: &NotSent) -> bool {
        let NotSent { reason, fault, .. } = not_sent;
        let (channel, seconds) = (lane.channel(), self.pause(lane, id, not_sent).as_secs());
        metrics::counter!("champollion_outbox_failures_total", "channel" => channel).increment(1);
        tracing::warn!(message = %id, channel, reason, seconds, "a message was not sent, and waits");
        match fault {
            Fault::MailServer => self.keeper.forget_mails(),
            Fault::Message | Fault::Recipient => self.keeper.note(lane, false),
        }
        // What was refused for itself keeps no other message back: the lane stays open for this round.
        if *fault == Fault::Message {
            self.open.lock().insert(lane.clone());
            return true;
        }
        self.open.lock().remove(lane);
        false
    }

    /// Pauses what failed, and gives the time. A mail that is refused has its whole address pause, so that further
    /// ones gather; a system that refuses one message gets others at once.
    fn pause(&self, lane: &Lane, id: Uuid, NotSent { fault, pause, .. }: &NotSent) -> Duration {
        let now = Instant::now();
        match (fault, lane) {
            (Fault::MailServer, _) => self.pauses.lock().failed(&Lane::MailServer, *pause, now),
            (Fault::Message, Lane::Webhook(..) | Lane::Mqtt(_)) => {
                self.refused.lock().failed(&id, *pause, now)
            }
            _ => self.pauses.lock().failed(lane, *pause, now),
        }
    }

    fn is_pausing(&self, lane: &Lane) -> bool {
        let (pauses, now) = (self.pauses.lock(), Instant::now());
        let is_mail = matches!(lane, Lane::Mail(..));
        if is_mail && pauses.is_pausing(&Lane::MailServer, now) {
            return true;
        }
        pauses.is_pausing(lane, now) && !self.open.lock().contains(lane)
    }
}

/// The end of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tried {
    /// The recipient has the message.
    Taken,
    /// It was not sent, and the next of the lane can be tried.
    Passed,
    /// It was not sent, and the lane pauses.
    HeldUp,
}

/// The group whose mails go on a lane, where it is one of mails that a group sends.
fn mailing(lane: &Lane) -> Option<&GroupId> {
    match lane {
        Lane::Mail(group, ..) => group.as_ref(),
        Lane::MailServer | Lane::Webhook(..) | Lane::Mqtt(_) => None,
    }
}

/// Waits for some time, and says whether the server stops.
async fn is_over(stopped: &watch::Receiver<bool>, rest: Duration) -> bool {
    tokio::time::timeout(rest, is_stopped(stopped.clone())).await.is_ok()
}

/// Waits until the server stops.
async fn is_stopped(mut stopped: watch::Receiver<bool>) {
    // Whoever would say so is gone as well.
    drop(stopped.wait_for(|stopped| *stopped).await);
}
