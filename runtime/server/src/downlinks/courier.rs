//! Hands over what waits: for each network server a task of its own, so that one which is down holds
//! up no other.
//!
//! Several commands are offered at once, but of one device one after another, in their order. While a
//! network server does not answer it is asked ever less often, and with one command at a time.

use std::{
    collections::{HashMap, HashSet},
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
use tokio::{sync::watch, task::JoinSet};
use uuid::Uuid;

use super::{
    Carrier, Downlink, Downlinks, LedgerError, State,
    carrier::Offered,
    queue::{Place, Wanted},
};
use crate::devices::Devices;

/// Commands that are offered to one network server at once: enough to hide the way there and back,
/// and few enough for one that serves others too.
const AT_ONCE: usize = 8;

/// Urgent commands that are offered before one that is not: however many there are, the others go on.
const URGENT_IN_A_ROW: u32 = 4;

/// The interval at which commands are looked at that may be over.
const LOOK: Duration = Duration::from_secs(1);

/// The first pause of who did not answer, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Commands that were not taken, beyond which is looked which of them are over.
const REMEMBERED: usize = 4_096;

const COUNTERS: Table<DevEui, Counter> = Table::new(tables::DOWNLINK_COUNTERS);

/// The knowledge of one courier between two looks.
struct Round {
    /// Not before then is anything offered.
    gate: Option<Instant>,
    backoff: Backoff,
    /// Commands that were not taken, and when they are offered again.
    again: HashMap<Uuid, (Backoff, Instant)>,
    /// Devices that are offered something just now.
    busy: HashSet<DevEui>,
    /// The group that had its turn last.
    last: Option<GroupId>,
    /// Urgent commands that were offered one after another.
    urgent_in_a_row: u32,
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
        let mut couriers = JoinSet::new();
        for carrier in carriers {
            let (downlinks, devices) = (Arc::clone(&self), Arc::clone(&devices));
            couriers.spawn(downlinks.serve(devices, Arc::new(carrier), stopped.clone()));
        }
        couriers.spawn(self.look_after(stopped));
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
            again: HashMap::new(),
            busy: HashSet::new(),
            last: None,
            urgent_in_a_row: 0,
        };
        let mut offers: JoinSet<(Uuid, DevEui, Result<Offered, LedgerError>)> = JoinSet::new();
        loop {
            // Heard from here on, so that what comes between the look and the wait is not missed.
            let more = self.ledger.more.notified();
            tokio::pin!(more);
            more.as_mut().enable();
            while let Some((id, dev_eui)) = self.next(&carrier, &mut round, offers.len()) {
                round.busy.insert(dev_eui);
                let (downlinks, devices) = (Arc::clone(&self), Arc::clone(&devices));
                let carrier = Arc::clone(&carrier);
                offers.spawn(async move {
                    (id, dev_eui, downlinks.offer(&devices, &carrier, id).await)
                });
            }
            let wake = tokio::time::sleep_until(round.wake().into());
            tokio::select! {
                () = &mut more => {}
                Some(ended) = offers.join_next(), if !offers.is_empty() => match ended {
                    Ok((id, dev_eui, result)) => round.ended(&carrier, id, dev_eui, result),
                    Err(error) => {
                        tracing::error!(%error, "an offer of a command ended early");
                        round.busy.clear();
                    }
                },
                () = wake => {}
                _ = stopped.wait_for(|stopped| *stopped) => break,
            }
        }
        while offers.join_next().await.is_some() {}
    }

    /// Returns the command that is offered next.
    fn next(&self, carrier: &Carrier, round: &mut Round, offered: usize) -> Option<(Uuid, DevEui)> {
        let now = Instant::now();
        let limit = if round.backoff.is_calm() { AT_ONCE } else { 1 };
        if offered >= limit || round.gate.is_some_and(|gate| gate > now) {
            return None;
        }
        let find = |wanted| {
            let is_ready = |place: &Place| {
                let is_early = round.again.get(&place.id).is_some_and(|&(_, at)| at > now);
                !is_early && !round.busy.contains(&place.dev_eui)
            };
            self.ledger.next_waiting(&carrier.server, round.last.as_ref(), wanted, is_ready)
        };
        let urgent_first = [Wanted::Urgent, Wanted::Others];
        let others_first = [Wanted::Others, Wanted::Urgent];
        let order =
            if round.urgent_in_a_row < URGENT_IN_A_ROW { urgent_first } else { others_first };
        let (wanted, (group, place)) =
            order.into_iter().find_map(|wanted| Some((wanted, find(wanted)?)))?;
        let is_urgent = wanted == Wanted::Urgent;
        round.urgent_in_a_row = if is_urgent { round.urgent_in_a_row + 1 } else { 0 };
        round.last = Some(group);
        Some((place.id, place.dev_eui))
    }

    async fn offer(
        &self,
        devices: &Devices,
        carrier: &Carrier,
        id: Uuid,
    ) -> Result<Offered, LedgerError> {
        let Some((downlink, unanswered_before)) = self.begin(devices, id).await? else {
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
            if !downlink.is_waiting() {
                return Ok::<_, LedgerError>(false);
            }
            downlink.unanswered = matches!(offered, Offered::Unanswered(_));
            match &offered {
                Offered::Taken { reference, sent } => {
                    downlink.handed_over_at = Some(now);
                    downlink.reference.clone_from(reference);
                    downlink.problem = None;
                    if *sent {
                        downlink.state = State::Sent;
                        downlink.sent_at = Some(now);
                    }
                }
                Offered::Refused(why) => downlink.fail(why.clone(), now),
                Offered::Later(why) | Offered::Unanswered(why) => {
                    downlink.problem = Some(why.clone());
                }
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
        devices: &Devices,
        id: Uuid,
    ) -> Result<Option<(Arc<Downlink>, bool)>, LedgerError> {
        let now = Timestamp::now();
        let mut offered_before = None;
        let begin = |downlink: &mut Downlink| {
            if !downlink.is_waiting() || downlink.is_over(now) {
                return Ok::<_, LedgerError>(false);
            }
            let device = devices.get(downlink.dev_eui);
            if device.is_none_or(|device| device.group != downlink.group) {
                downlink.fail("the device is not registered in its group any more".to_owned(), now);
                return Ok(true);
            }
            offered_before = Some(downlink.unanswered);
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

impl Round {
    /// When to look again, where nothing happens before.
    fn wake(&self) -> Instant {
        let latest = Instant::now() + PAUSES.1;
        let moments = self.again.values().map(|&(_, at)| at).chain(self.gate);
        moments.filter(|&at| at > Instant::now()).min().unwrap_or(latest).min(latest)
    }

    fn ended(
        &mut self,
        carrier: &Carrier,
        id: Uuid,
        dev_eui: DevEui,
        result: Result<Offered, LedgerError>,
    ) {
        self.busy.remove(&dev_eui);
        let (why, passes) = match result {
            Ok(Offered::Taken { .. } | Offered::Refused(_)) => {
                if !self.backoff.is_calm() {
                    tracing::info!(network_server = %carrier.server, "it takes commands again");
                }
                self.backoff = Backoff::new(PAUSES);
                self.gate = None;
                self.again.remove(&id);
                return;
            }
            Ok(Offered::Later(why)) => (why, false),
            Ok(Offered::Unanswered(why)) => (why, true),
            Err(error) => (error.to_string(), false),
        };
        if self.backoff.is_calm() {
            tracing::warn!(
                network_server = %carrier.server, why, may_have_it = passes,
                "it does not take commands; they are offered again"
            );
        }
        let now = Instant::now();
        self.gate = Some(now + self.backoff.pause());
        if self.again.len() > REMEMBERED {
            // Those that were expired or cancelled meanwhile are among them.
            self.again.retain(|_, (_, at)| *at > now);
        }
        let (backoff, at) = self.again.entry(id).or_insert((Backoff::new(PAUSES), now));
        *at = now + backoff.pause();
    }
}

/// Returns a text that tells one session from the next at the same address, and not its key.
fn fingerprint(session: &Session) -> String {
    let hash = Sha256::digest(session.app_s_key().reveal_hex());
    HEXLOWER.encode(&hash[..8])
}
