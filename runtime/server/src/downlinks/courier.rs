//! Hands over what waits: for each network server a task of its own, so that one which is down holds
//! up no other.
//!
//! Several commands are offered at once, but of one device one after another, in their order. A command
//! that is not taken pauses alone. While a network server cannot be reached, or says that it is busy, it is
//! asked ever less often, and with one command at a time: the least recently tried, by group in turn.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_delivery::{dispatch::Backoff, names::GroupId};
use champollion_frames::{DevAddr, DevEui, Session};
use champollion_lns::outgoing::Encrypted;
use champollion_store::{Batch, Table, tables};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
};
use uuid::Uuid;

use super::{
    Carrier, CommandFailure, Downlink, Downlinks, LedgerError, State,
    carrier::Offered,
    queue::{Place, Wanted},
    untold,
};
use crate::devices::Devices;

/// Commands that are offered to one network server at once: enough to hide the way there and back,
/// and few enough for one that serves others too.
const AT_ONCE: usize = 8;

/// Urgent commands that are offered before one that is not: however many there are, the others go on.
const URGENT_IN_A_ROW: u32 = 4;

/// The interval at which commands are looked at that may be over.
const LOOK: Duration = Duration::from_secs(1);

/// The first pause of a network server that cannot be reached, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Commands over which the connection is lost, one after another, until it is taken for the network server's fault.
const LOST_OF_ALL: usize = 3;

const COUNTERS: Table<DevEui, Counter> = Table::new(tables::DOWNLINK_COUNTERS);

/// The knowledge of one courier between two looks.
struct Round {
    /// Not before then is anything offered.
    gate: Option<Instant>,
    backoff: Backoff,
    /// The group that had its turn last.
    last: Option<GroupId>,
    /// Urgent commands that were offered one after another.
    urgent_in_a_row: u32,
    /// Commands that were not taken, one after another.
    faults_in_a_row: usize,
    /// The commands over which the connection was lost since one was answered.
    lost: HashSet<Uuid>,
    /// The commands that are being offered, by their tasks.
    under_way: Vec<(Id, GroupId, Place)>,
}

/// The next counter of a session.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counter {
    dev_addr: DevAddr,
    /// The text that tells one session at an address from the next.
    key: String,
    next: u32,
}

impl Downlinks {
    /// Hands over what waits, until the server stops. What is under way then is waited for.
    pub async fn hand_over(
        self: Arc<Self>,
        devices: Arc<Devices>,
        carriers: Vec<Carrier>,
        stopped: watch::Receiver<bool>,
    ) {
        let carriers =
            carriers.into_iter().map(|carrier| (carrier.server.clone(), Arc::new(carrier)));
        // Called once: the carriers of a server are those of its settings.
        let carriers = self.carriers.get_or_init(|| carriers.collect());
        let mut couriers = JoinSet::new();
        for carrier in carriers.values() {
            let (downlinks, devices) = (Arc::clone(&self), Arc::clone(&devices));
            couriers.spawn(downlinks.serve(devices, Arc::clone(carrier), stopped.clone()));
        }
        couriers.spawn(Arc::clone(&self).look_after(stopped));
        while couriers.join_next().await.is_some() {}
    }

    async fn look_after(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        let mut ticks = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
            if let Err(error) = self.give_up_old(Timestamp::now()).await {
                tracing::error!(%error, "commands that are over could not be given up");
            }
            if let Err(error) = self.look_at_untold(Instant::now(), Timestamp::now()).await {
                tracing::error!(%error, "commands of which nothing was told could not be looked at");
            }
        }
    }

    async fn serve(
        self: Arc<Self>,
        devices: Arc<Devices>,
        carrier: Arc<Carrier>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let mut round = Round {
            gate: None,
            backoff: Backoff::new(PAUSES),
            last: None,
            urgent_in_a_row: 0,
            faults_in_a_row: 0,
            lost: HashSet::new(),
            under_way: Vec::new(),
        };
        let mut connections = carrier.connections();
        let mut offers: JoinSet<Result<Offered, LedgerError>> = JoinSet::new();
        loop {
            // Heard from here on, so that what comes between the look and the wait is not missed.
            let more = self.ledger.more.notified();
            tokio::pin!(more);
            more.as_mut().enable();
            let pause_ends = self.wake(&carrier);
            while let Some((group, place)) = self.next(&carrier, &mut round, offers.len()) {
                let (downlinks, devices) = (Arc::clone(&self), Arc::clone(&devices));
                let carrier = Arc::clone(&carrier);
                let of = group.clone();
                let offer = async move { downlinks.offer(&devices, &carrier, (&of, place)).await };
                let task = offers.spawn(offer);
                round.under_way.push((task.id(), group, place));
            }
            let wake = tokio::time::sleep_until(round.wake(pause_ends).into());
            tokio::select! {
                () = &mut more => {}
                Some(ended) = offers.join_next_with_id(), if !offers.is_empty() => {
                    self.ended(&carrier, &mut round, ended);
                }
                () = changed(&mut connections) => self.connection_changed(&carrier, &mut round),
                () = wake => {}
                _ = stopped.wait_for(|stopped| *stopped) => break,
            }
        }
        while offers.join_next().await.is_some() {}
    }

    /// Ends the pauses of commands whose time is over; says when the next one ends.
    fn wake(&self, carrier: &Carrier) -> Option<Instant> {
        self.ledger.with_queue(&carrier.server, |queue| queue.wake(Instant::now()))
    }

    /// Returns the command that is offered next.
    fn next(
        &self,
        carrier: &Carrier,
        round: &mut Round,
        offered: usize,
    ) -> Option<(GroupId, Place)> {
        let is_calm = round.backoff.is_calm() && round.faults_in_a_row < AT_ONCE;
        let limit = if is_calm { AT_ONCE } else { 1 };
        if offered >= limit || round.gate.is_some_and(|gate| gate > Instant::now()) {
            return None;
        }
        let urgent_first = [Wanted::Urgent, Wanted::Others];
        let others_first = [Wanted::Others, Wanted::Urgent];
        let order =
            if round.urgent_in_a_row < URGENT_IN_A_ROW { urgent_first } else { others_first };
        let (wanted, (group, place)) = self.ledger.with_queue(&carrier.server, |queue| {
            let mut find = |wanted| Some((wanted, queue.next(round.last.as_ref(), wanted)?));
            order.into_iter().find_map(&mut find)
        })?;
        let is_urgent = wanted == Wanted::Urgent;
        round.urgent_in_a_row = if is_urgent { round.urgent_in_a_row + 1 } else { 0 };
        round.last = Some(group.clone());
        Some((group, place))
    }

    async fn offer(
        &self,
        devices: &Devices,
        carrier: &Carrier,
        (group, Place { id, dev_eui }): (&GroupId, Place),
    ) -> Result<Offered, LedgerError> {
        let is_of_group = match devices.get_of_group(dev_eui, group).await {
            Ok(device) => device.is_some(),
            Err(error) => return Ok(Offered::Fault(format!("the device cannot be read: {error}"))),
        };
        let Some((downlink, unanswered_before)) = self.begin(id, is_of_group).await? else {
            return Ok(Offered::Taken { reference: None, sent: false });
        };
        let encrypted = if carrier.takes_encrypted() {
            match devices.sessions().get(downlink.dev_eui) {
                Some(session) => Some(self.encrypt(&downlink, &session).await?),
                None => None,
            }
        } else {
            None
        };
        let whereabouts = self.whereabouts.of(downlink.dev_eui);
        let offered = carrier
            .offer(&downlink, whereabouts.as_deref(), encrypted.as_ref(), unanswered_before)
            .await;
        let now = Timestamp::now();
        let end = |downlink: &mut Downlink| {
            // The network server may have told of it before it answered.
            if !downlink.is_waiting() && downlink.state != State::Unknown {
                return Ok::<_, LedgerError>(false);
            }
            if !offered.is_heard() {
                downlink.attempts = downlink.attempts.saturating_sub(1);
            }
            // An earlier offer may have been taken, whatever comes of this one.
            downlink.unanswered = match offered {
                Offered::Published | Offered::Unsure { .. } => true,
                Offered::Taken { .. } => false,
                _ => unanswered_before,
            };
            match &offered {
                Offered::Taken { reference, sent } => {
                    downlink.handed_over_at = Some(now);
                    downlink.reference = reference.clone().or(downlink.reference.take());
                    downlink.clear();
                    downlink.state = if *sent { State::Sent } else { State::Queued };
                    downlink.sent_at = sent.then_some(now);
                }
                Offered::Published => {
                    downlink.broker_offers = downlink.broker_offers.saturating_add(1);
                    downlink.lose_sight((CommandFailure::Untold, untold::NOTHING_TOLD));
                }
                Offered::Refused(why) => downlink.fail((CommandFailure::Refused, why), now),
                Offered::Fault(why) => downlink.note((CommandFailure::NotTaken, why)),
                Offered::Unheard(why) => downlink.note((CommandFailure::Unheard, why)),
                Offered::Away { why, is_heard: false, .. } => {
                    downlink.note((CommandFailure::Unreachable, why));
                }
                Offered::Away { why, .. } => downlink.note((CommandFailure::Busy, why)),
                Offered::Unsure { why, .. } => downlink.note((CommandFailure::Unanswered, why)),
            }
            Ok(true)
        };
        self.ledger.change(id, end).await?;
        Ok(offered)
    }

    /// Notes that a command is offered, before it is: whoever starts after this process knows that the
    /// network server may have it. Nothing where there is nothing to be offered any more.
    async fn begin(
        &self,
        id: Uuid,
        is_of_group: bool,
    ) -> Result<Option<(Arc<Downlink>, bool)>, LedgerError> {
        let now = Timestamp::now();
        let mut offered_before = None;
        let begin = |downlink: &mut Downlink| {
            if !downlink.is_waiting() || downlink.is_over(now) {
                return Ok::<_, LedgerError>(false);
            }
            if !is_of_group {
                let why = "the device is not registered in its group any more";
                downlink.fail((CommandFailure::DeviceGone, why), now);
                return Ok(true);
            }
            offered_before = Some(downlink.unanswered);
            downlink.offered_at = Some(now);
            downlink.attempts = downlink.attempts.saturating_add(1);
            downlink.unanswered = true;
            Ok(true)
        };
        let downlink = self.ledger.change(id, begin).await?;
        Ok(downlink.zip(offered_before))
    }

    /// Encrypts a payload. The counter is durable before it is used: none is used twice.
    async fn encrypt(
        &self,
        downlink: &Downlink,
        session: &Session,
    ) -> Result<Encrypted, LedgerError> {
        let stored = COUNTERS.get(&*self.store, &downlink.dev_eui).await?;
        let name = fingerprint(session);
        let f_cnt_down = stored
            .filter(|counter| counter.dev_addr == session.dev_addr() && counter.key == name)
            .map_or(0, |counter| counter.next);
        let next =
            Counter { dev_addr: session.dev_addr(), key: name, next: f_cnt_down.saturating_add(1) };
        let mut batch = Batch::new();
        COUNTERS.put(&mut batch, &downlink.dev_eui, &next)?;
        self.store.commit(batch).await?;
        let payload = session.encrypt_downlink(f_cnt_down, &downlink.payload.0);
        Ok(Encrypted { payload, f_cnt_down })
    }
}

impl Downlinks {
    /// An offer is over: decides who pauses, and for how long.
    fn ended(
        &self,
        carrier: &Carrier,
        round: &mut Round,
        ended: Result<(Id, Result<Offered, LedgerError>), JoinError>,
    ) {
        let (task, result) = match ended {
            Ok((task, result)) => (task, Some(result)),
            Err(error) => {
                tracing::error!(%error, "an offer of a command ended early");
                (error.id(), None)
            }
        };
        let Some(index) = round.under_way.iter().position(|(id, ..)| *id == task) else { return };
        let (_, group, place) = round.under_way.swap_remove(index);
        let (now, server) = (Instant::now(), &carrier.server);
        let pause = |why: String, until_heard| {
            self.ledger
                .with_queue(server, |queue| queue.pause(&group, place, why, until_heard, now));
        };
        match result {
            Some(Ok(Offered::Taken { .. } | Offered::Published | Offered::Refused(_))) => {
                round.faults_in_a_row = 0;
                round.lost.clear();
                self.open_gate(carrier, round);
            }
            Some(Ok(Offered::Unheard(why))) => pause(why, true),
            Some(Ok(Offered::Fault(why) | Offered::Unsure { why, is_lost: false })) => {
                tracing::info!(
                    network_server = %server, command = %place.id, device = %place.dev_eui, why,
                    "a command is not taken; it is offered again"
                );
                round.faults_in_a_row += 1;
                round.lost.clear();
                // It answers: others may be taken.
                self.open_gate(carrier, round);
                pause(why, false);
            }
            Some(Ok(Offered::Unsure { why, is_lost: true })) => {
                // One command may be what ends the connection. Where several lose it, it is the network server.
                round.lost.insert(place.id);
                pause(why.clone(), false);
                if round.lost.len() >= LOST_OF_ALL {
                    self.close_gate(carrier, round, why, None);
                }
            }
            Some(Ok(Offered::Away { to_all, pause, .. })) => {
                self.close_gate(carrier, round, to_all, pause);
            }
            Some(Err(error)) => {
                tracing::error!(network_server = %server, %error, "a command could not be kept");
                self.close_gate(carrier, round, "the store of this server".to_owned(), None);
            }
            None => pause("the offer ended early".to_owned(), false),
        }
        self.ledger.with_queue(server, |queue| queue.done(&group, place.dev_eui));
    }

    /// The network server takes commands.
    fn open_gate(&self, carrier: &Carrier, round: &mut Round) {
        if !round.backoff.is_calm() {
            tracing::info!(network_server = %carrier.server, "it takes commands again");
            self.ledger.with_queue(&carrier.server, |queue| queue.close(None));
        }
        round.backoff = Backoff::new(PAUSES);
        round.gate = None;
    }

    /// The network server takes no command for a while.
    fn close_gate(
        &self,
        carrier: &Carrier,
        round: &mut Round,
        why: String,
        asked_for: Option<Duration>,
    ) {
        if round.backoff.is_calm() {
            tracing::warn!(
                network_server = %carrier.server, why,
                "it does not take commands; they are offered again"
            );
        }
        let own = round.backoff.pause();
        let pause = asked_for.map_or(own, |asked_for| asked_for.max(own));
        let gate = Instant::now() + pause;
        // Of several that ended together the longest pause counts.
        if round.gate.is_none_or(|before| before < gate) {
            round.gate = Some(gate);
            self.ledger.with_queue(&carrier.server, |queue| queue.close(Some((why, pause))));
        }
    }

    /// The connection to the broker was made or lost: what waits for it waits no longer.
    fn connection_changed(&self, carrier: &Carrier, round: &mut Round) {
        round.lost.clear();
        if round.gate.take().is_some() {
            self.ledger.with_queue(&carrier.server, |queue| queue.close(None));
        }
    }
}

impl Round {
    /// When to look again, where nothing happens before.
    fn wake(&self, pause_ends: Option<Instant>) -> Instant {
        let (now, latest) = (Instant::now(), Instant::now() + PAUSES.1);
        let gate = self.gate.filter(|&gate| gate > now);
        // While nothing is offered, ends of pauses change nothing.
        gate.or(pause_ends).unwrap_or(latest).min(latest)
    }
}

/// Waits until a connection is made or lost; for ever where none is kept.
async fn changed(connections: &mut Option<watch::Receiver<bool>>) {
    if let Some(connections) = connections
        && connections.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

/// Returns a text that tells one session from the next at the same address, and not its key.
fn fingerprint(session: &Session) -> String {
    let hash = Sha256::digest(session.app_s_key().reveal_hex());
    HEXLOWER.encode(&hash[..8])
}
