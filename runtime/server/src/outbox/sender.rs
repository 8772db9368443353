//! The sender, which goes through the outbox again and again.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::destinations::DestinationLimits;
use champollion_service::{
    notices::HookTelling,
    outbox::{Lane, Outbox, OutboxError, Pauses, Turns, Waiting},
};
use champollion_store::Store;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    OutboxSettings,
    posting::{Fault, NotSent, Post},
};
use crate::{mail::Mailer, notices::NoticeMails};

/// The time between two rounds, at least.
const PERIOD: Duration = Duration::from_secs(1);

/// The share of the time that reading may take: where much waits for long, it must not take a core. The time in which
/// recipients take what waits is a rest from reading, too.
const REST: u32 = 20;

/// Lanes on which something is sent at once.
const LANES: usize = 16;

/// The sender of what waits in the outbox.
pub(crate) struct Sender {
    store: Arc<dyn Store>,
    notice_mails: NoticeMails,
    outbox: Outbox,
    post: Post,
    pauses: Mutex<Pauses>,
    /// Messages that were refused for themselves: each pauses alone.
    refused: Mutex<Pauses<Uuid>>,
    turns: Mutex<Turns>,
    /// Lanes on which something was sent in this round: they pause once it is over.
    open: Mutex<HashSet<Lane>>,
}

/// The messages that a round has found.
#[derive(Default)]
struct Found {
    waiting: usize,
    oldest: Option<Timestamp>,
    /// The time that reading has taken.
    reading: Duration,
}

impl Sender {
    /// Makes a sender over a store with the mails about notices, the mail server and the bounds of destinations.
    pub(crate) fn new(
        (store, notice_mails): (Arc<dyn Store>, NoticeMails),
        mailer: Option<Mailer>,
        limits: DestinationLimits,
        settings: OutboxSettings,
    ) -> Self {
        Self {
            outbox: Outbox::new(Arc::clone(&store)),
            store,
            notice_mails,
            post: Post::new(mailer, limits),
            pauses: Mutex::new(Pauses::new(settings.pauses())),
            refused: Mutex::new(Pauses::new(settings.pauses())),
            turns: Mutex::default(),
            open: Mutex::default(),
        }
    }

    /// Sends what waits until the server stops.
    pub(crate) async fn run(self, mut stopped: watch::Receiver<bool>) {
        let mut rest = PERIOD;
        loop {
            let is_over = stopped.wait_for(|stopped| *stopped);
            if tokio::time::timeout(rest, is_over).await.is_ok() {
                return;
            }
            let begun = Instant::now();
            let reading = self.round(&stopped).await.unwrap_or_else(|error| {
                tracing::error!(%error, "the outbox cannot be read");
                PERIOD
            });
            rest = rest_after(reading, begun.elapsed());
        }
    }

    /// Tries what waits and does not pause, lane by lane, and gives the time that reading has taken.
    async fn round(&self, stopped: &watch::Receiver<bool>) -> Result<Duration, OutboxError> {
        // What is told of notices holds up no mail.
        if let Err(error) = self.notice_mails.tell_all(&*self.store).await {
            tracing::error!(%error, "readers cannot be mailed about notices now");
        }
        if let Err(error) = HookTelling::tell_all(&*self.store).await {
            tracing::error!(%error, "systems cannot be told of notices now");
        }
        let (mut pages, mut found) = (self.outbox.waiting(), Found::default());
        self.open.lock().clear();
        self.turns.lock().begin(|lane| self.is_pausing(lane));
        loop {
            let begun = Instant::now();
            let page = pages.next().await?;
            found.reading += begun.elapsed();
            let Some(page) = page else { break };
            if *stopped.borrow() {
                return Ok(found.reading);
            }
            found.count(&page);
            let lanes = stream::iter(by_lane(page));
            lanes.for_each_concurrent(LANES, |(lane, ids)| self.send_all(lane, ids, stopped)).await;
        }
        self.forget();
        found.tell();
        Ok(found.reading)
    }

    fn forget(&self) {
        let now = Instant::now();
        self.post.close();
        self.turns.lock().end();
        self.pauses.lock().forget_old(now);
        self.refused.lock().forget_old(now);
    }

    async fn send_all(&self, lane: Lane, ids: Vec<Uuid>, stopped: &watch::Receiver<bool>) {
        if let Err(error) = self.try_all(&lane, ids, stopped).await {
            tracing::error!(%error, channel = lane.channel(), "what was sent cannot be noted");
        }
    }

    async fn try_all(
        &self,
        lane: &Lane,
        ids: Vec<Uuid>,
        stopped: &watch::Receiver<bool>,
    ) -> Result<(), OutboxError> {
        if !self.can_go(lane, stopped) {
            return Ok(());
        }
        let ids = self.turns.lock().of(lane, ids);
        let ids = match lane {
            Lane::Mail(..) => self.outbox.gather(ids, Timestamp::now()).await?,
            _ => ids,
        };
        for id in ids {
            if self.refused.lock().is_pausing(&id, Instant::now()) {
                continue;
            }
            if !self.can_go(lane, stopped) || !self.try_timed(lane, id).await? {
                break;
            }
        }
        Ok(())
    }

    /// Whether a message of the lane can be tried now.
    fn can_go(&self, lane: &Lane, stopped: &watch::Receiver<bool>) -> bool {
        !*stopped.borrow() && self.turns.lock().has_time(lane) && !self.is_pausing(lane)
    }

    async fn try_timed(&self, lane: &Lane, id: Uuid) -> Result<bool, OutboxError> {
        let begun = Instant::now();
        let goes_on = self.try_one(lane, id).await?;
        let mut turns = self.turns.lock();
        turns.spent(lane, begun, Instant::now());
        if goes_on {
            turns.passed(lane, id);
        }
        Ok(goes_on)
    }

    /// Tries to send one message; says whether the next of the lane can be tried.
    async fn try_one(&self, lane: &Lane, id: Uuid) -> Result<bool, OutboxError> {
        let Some(attempt) = self.outbox.begin(id).await? else { return Ok(true) };
        match self.post.send(&attempt.waiting.message).await {
            Ok(()) => {
                self.outbox.sent(&attempt).await?;
                self.note_sent(lane);
                Ok(true)
            }
            Err(not_sent) => {
                let attempts = attempt.waiting.attempts;
                self.outbox.failed(attempt, &not_sent.reason).await?;
                let goes_on = self.note_failed(lane, id, &not_sent);
                if !goes_on {
                    self.turns.lock().failed(lane, id, attempts);
                }
                Ok(goes_on)
            }
        }
    }

    fn note_sent(&self, lane: &Lane) {
        self.pauses.lock().sent(lane, Instant::now());
        self.open.lock().insert(lane.clone());
        metrics::counter!("champollion_outbox_sent_total", "channel" => lane.channel())
            .increment(1);
    }

    /// Notes a failure; says whether the next message of the lane can be tried.
    fn note_failed(&self, lane: &Lane, id: Uuid, not_sent: &NotSent) -> bool {
        let NotSent { reason, fault, .. } = not_sent;
        let (channel, seconds) = (lane.channel(), self.pause(lane, id, not_sent).as_secs());
        metrics::counter!("champollion_outbox_failures_total", "channel" => channel).increment(1);
        tracing::warn!(message = %id, channel, reason, seconds, "a message was not sent, and waits");
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

impl Found {
    fn count(&mut self, page: &[(Uuid, Waiting)]) {
        self.waiting += page.len();
        let first = page.first().map(|(_, waiting)| waiting.message.queued_at);
        self.oldest = self.oldest.or(first);
    }

    fn tell(&self) {
        metrics::gauge!("champollion_outbox_waiting").set(self.waiting as f64);
        let age = self
            .oldest
            .map_or(0.0, |oldest| Timestamp::now().duration_since(oldest).as_secs_f64().max(0.0));
        metrics::gauge!("champollion_outbox_oldest_seconds").set(age);
    }
}

/// The rest after a round of which so much was reading.
fn rest_after(reading: Duration, round: Duration) -> Duration {
    let apart = reading.saturating_mul(REST).min(PERIOD * 60);
    PERIOD.max(apart.saturating_sub(round))
}

/// Puts the messages of a page together by their ways, each in its order.
fn by_lane(page: Vec<(Uuid, Waiting)>) -> BTreeMap<Lane, Vec<Uuid>> {
    let mut lanes: BTreeMap<Lane, Vec<Uuid>> = BTreeMap::new();
    for (id, waiting) in page {
        lanes.entry(waiting.message.lane()).or_default().push(id);
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_that_waits_is_read_a_twentieth_of_the_time_and_sent_all_of_it() {
        let rest = |reading, round| {
            rest_after(Duration::from_millis(reading), Duration::from_millis(round)).as_millis()
        };
        assert_eq!(rest(1, 5), 1_000, "little is looked at each second");
        assert_eq!(rest(500, 500), 9_500, "nobody takes anything");
        assert_eq!(rest(500, 10_500), 1_000, "the round has lasted for long enough");
        assert_eq!(rest(10_000, 10_000), 50_000, "a minute apart at most");
    }
}
