//! Several gateways hear one frame, and each copy may be handed over by itself. They become one
//! record with all receptions.
//!
//! The first copy is verified, and its claim is held while others are waited for; every copy is
//! answered once the one record is durable, and none before. A claim that is held is nothing that was
//! promised: when the process is killed meanwhile, no copy was acknowledged, and all are sent again.
//!
//! A frame of which one gateway alone is named is waited with, for as long as the setting says. Of
//! others the network server has put the copies together, or names no gateway: nothing would be
//! gained by waiting. Whatever is being kept, copies that come meanwhile wait for its end, instead of
//! being sent away to come again.
//!
//! The wait ends early when the device's next frame comes, and when the server stops.

use std::{collections::HashMap, sync::Arc, time::Duration};

use champollion_frames::{Claim, DevEui, RadioMetadata, Refusal};
use champollion_lns::GATEWAYS;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, watch};

use super::{error::IngestError, frame::WholeFrame, keeping::Keeper, receipt::Receipt};

/// Among how many locks the frames are spread that are being kept. A lock is held while one frame is
/// verified, a microsecond or two.
const SHARDS: usize = 64;

/// Times that the end of another frame of the device is waited for.
const OTHERS: usize = 16;

/// The frames that are being kept, and how long copies are waited for.
pub(super) struct Copies {
    window: Duration,
    shards: Box<[Mutex<Shard>]>,
    /// Whether the server stops.
    stopping: watch::Sender<bool>,
    /// The number of frames that are being kept.
    under_way: watch::Sender<usize>,
}

/// A part of the frames that gather copies, by PHYPayload.
type Shard = HashMap<Box<[u8]>, Arc<Gathering>>;

/// A frame that is being kept.
struct Gathering {
    dev_eui: DevEui,
    /// The receptions that the other copies tell. `None` once the record is being made.
    told: Mutex<Option<Vec<RadioMetadata>>>,
    /// No more copies are to be waited for.
    enough: Notify,
    outcome: watch::Receiver<Option<Outcome>>,
}

/// The outcome of a frame, for its copies.
type Outcome = Result<Receipt, String>;

/// The arrival of a copy.
enum Arrival {
    /// In time: the record has its receptions.
    Merged(watch::Receiver<Option<Outcome>>),
    /// While the record was being written.
    Late(watch::Receiver<Option<Outcome>>),
    /// The first copy of a frame.
    First(Kept),
    /// The device's frame before is being kept.
    After(Arc<Gathering>),
    /// As a frame that is not accepted.
    Refused(Refusal),
}

/// The frame is kept by a task of its own, which ends also when nobody waits for it any more: other
/// copies may, and what is handed to the store becomes durable in any case.
type Kept = tokio::task::JoinHandle<Result<Receipt, IngestError>>;

impl Copies {
    /// Waits so long for the copies of a frame; not at all where that is zero.
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window,
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            stopping: watch::Sender::new(false),
            under_way: watch::Sender::new(0),
        }
    }

    /// Whether copies are waited for at all.
    pub(super) fn are_awaited(&self) -> bool {
        !self.window.is_zero()
    }

    /// Takes a copy of a frame, be it the first or another.
    pub(super) async fn take(
        self: &Arc<Self>,
        keeper: &Arc<Keeper>,
        frame: &WholeFrame,
    ) -> Result<Receipt, IngestError> {
        for _ in 0..OTHERS {
            match self.arrive(keeper, frame) {
                Arrival::First(kept) => {
                    return kept.await.unwrap_or_else(|error| {
                        Err(IngestError::NotKept(format!("it was given up: {error}")))
                    });
                }
                Arrival::Merged(outcome) => {
                    metrics::counter!("champollion_copies_total", "kind" => "merged").increment(1);
                    return Ok(ended(outcome).await?.of_a_copy());
                }
                Arrival::Late(outcome) => {
                    metrics::counter!("champollion_copies_total", "kind" => "late").increment(1);
                    return Ok(ended(outcome).await?.of_a_late_copy());
                }
                Arrival::After(other) => {
                    other.enough.notify_one();
                    // Whatever became of it, this one is looked at again.
                    drop(ended(other.outcome.clone()).await);
                }
                Arrival::Refused(refusal) => return keeper.refused(refusal),
            }
        }
        match keeper.verify(frame) {
            // Seldom, and all of a frame's way: boxed, it is no part of what each frame's future holds.
            Ok(claim) => Box::pin(keeper.keep_whole(claim, frame)).await,
            Err(refusal) => keeper.refused(refusal),
        }
    }

    fn arrive(self: &Arc<Self>, keeper: &Arc<Keeper>, frame: &WholeFrame) -> Arrival {
        let phy = &*frame.phy_payload;
        // Held until the frame is in the table: of two copies at once one is the first.
        let mut shard = self.shard(phy);
        if let Some(gathering) = shard.get(phy) {
            let outcome = gathering.outcome.clone();
            return match &mut *gathering.told.lock() {
                Some(told) => {
                    told.push(RadioMetadata::clone(&frame.metadata));
                    Arrival::Merged(outcome)
                }
                None => Arrival::Late(outcome),
            };
        }
        let claim = match keeper.verify(frame) {
            Ok(claim) => claim,
            Err(refusal @ Refusal::InFlight { dev_eui, .. }) => {
                let other = shard.values().find(|gathering| gathering.dev_eui == dev_eui);
                return other
                    .map_or(Arrival::Refused(refusal), |other| Arrival::After(Arc::clone(other)));
            }
            Err(refusal) => return Arrival::Refused(refusal),
        };
        let (tell, outcome) = watch::channel(None);
        let gathering = Arc::new(Gathering {
            dev_eui: claim.uplink().dev_eui(),
            told: Mutex::new(Some(Vec::new())),
            enough: Notify::new(),
            outcome,
        });
        shard.insert(phy.into(), Arc::clone(&gathering));
        self.under_way.send_modify(|count| *count += 1);
        let entry = Entry { copies: Arc::clone(self), frame: frame.clone() };
        let kept = entry.keep(gathering, Arc::clone(keeper), claim, tell);
        Arrival::First(tokio::spawn(Box::pin(kept)))
    }

    /// Returns the time that the copies of a frame are waited for.
    fn wait(&self, metadata: &RadioMetadata) -> Duration {
        if metadata.gateways.len() == 1 && !*self.stopping.borrow() {
            self.window
        } else {
            Duration::ZERO
        }
    }

    /// Waits for no more copies, now and from now on.
    pub(super) fn stop_waiting(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until all frames are kept that were being kept.
    pub(super) async fn all_kept(&self) {
        self.stop_waiting();
        // The sender is this one.
        drop(self.under_way.subscribe().wait_for(|&count| count == 0).await);
    }

    fn shard(&self, phy: &[u8]) -> MutexGuard<'_, Shard> {
        // By the first byte of the DevAddr, so that the frames of one session are in one.
        let place = phy.get(1).copied().map_or(0, usize::from);
        self.shards[place % SHARDS].lock()
    }
}

/// A frame's place in the table, which it leaves however it ends.
struct Entry {
    copies: Arc<Copies>,
    /// The first copy of the frame.
    frame: WholeFrame,
}

impl Entry {
    async fn keep(
        mut self,
        gathering: Arc<Gathering>,
        keeper: Arc<Keeper>,
        claim: Claim,
        tell: watch::Sender<Option<Outcome>>,
    ) -> Result<Receipt, IngestError> {
        let wait = self.copies.wait(claim.uplink().metadata());
        if self.frame.awaits_copies && !wait.is_zero() {
            let mut stopping = self.copies.stopping.subscribe();
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = gathering.enough.notified() => {}
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
        }
        let told = gathering.told.lock().take().unwrap_or_default();
        let claim = if told.is_empty() {
            claim
        } else {
            let metadata = Arc::make_mut(&mut self.frame.metadata);
            told.into_iter().for_each(|copy| metadata.merge(copy, GATEWAYS));
            claim.with_metadata(Arc::clone(&self.frame.metadata))
        };
        let result = keeper.keep_whole(claim, &self.frame).await;
        // Out of the table first: who finds it there is told what became of it.
        drop(self);
        tell.send_replace(Some(match &result {
            Ok(receipt) => Ok(receipt.clone()),
            Err(error) => Err(error.to_string()),
        }));
        result
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let phy = &*self.frame.phy_payload;
        self.copies.shard(phy).remove(phy);
        self.copies.under_way.send_modify(|count| *count -= 1);
    }
}

/// Waits for what becomes of the first copy.
async fn ended(mut outcome: watch::Receiver<Option<Outcome>>) -> Result<Receipt, IngestError> {
    let not_kept = |reason: &str| {
        IngestError::NotKept(format!("the copy that came first was not kept: {reason}"))
    };
    let outcome = outcome.wait_for(Option::is_some).await.map_err(|_| not_kept("given up"))?;
    match &*outcome {
        Some(Ok(receipt)) => Ok(receipt.clone()),
        Some(Err(reason)) => Err(not_kept(reason)),
        None => Err(not_kept("given up")),
    }
}
