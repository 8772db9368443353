//! Takes in what network servers hand over, each thing on its own way.

use std::{sync::Arc, time::Duration};

use champollion_delivery::mailbox::Mailbox;
use champollion_frames::{JoinRefusal, MType};
use champollion_lns::{Content, Frame, Message};
use champollion_registry::Registry;
use jiff::Timestamp;

use super::{
    copies::Copies,
    decoding::Decoding,
    error::IngestError,
    frame::{Sender, Told, WholeFrame},
    keeping::Keeper,
    receipt::{Receipt, counted},
};
use crate::{
    devices::{Devices, JoinError, Joined, Keks},
    storage::Storage,
    turns::Turns,
    workers::Workers,
};

/// Takes frames in. Every method may be called from any task; a clone is the same intake.
#[derive(Clone)]
pub struct Intake {
    keeper: Arc<Keeper>,
    copies: Arc<Copies>,
    /// Uplinks of one device that are reported at once are taken one after another.
    turns: Arc<Turns>,
    keks: Arc<Keks>,
}

impl Intake {
    /// An intake over the parts that it works with.
    #[must_use]
    pub fn new(
        devices: Arc<Devices>,
        registry: Arc<Registry>,
        mailbox: Arc<Mailbox>,
        workers: Arc<Workers>,
        storage: Arc<Storage>,
        copies_window: Duration,
        keks: Keks,
    ) -> Self {
        let store = Arc::clone(storage.store());
        let decoding = Decoding::new(Arc::clone(&store), registry, workers);
        let keeper = Arc::new(Keeper { store, devices, mailbox, storage, decoding });
        let copies = Arc::new(Copies::new(copies_window));
        let (turns, keks) = (Arc::default(), Arc::new(keks));
        Self { keeper, copies, turns, keks }
    }

    /// Takes what a message of a network server hands over, in its name.
    pub async fn take_message(
        &self,
        message: Message,
        from: &Arc<str>,
    ) -> Result<Receipt, IngestError> {
        match message {
            Message::Frame(frame) => self.take(*frame, from).await,
            Message::Joined(joined) => {
                let result = self.take_join_notice(joined).await;
                counted(&result);
                result
            }
            Message::Nothing { what } => {
                let result = Ok(Receipt::Ignored { what });
                counted(&result);
                result
            }
        }
    }

    /// Takes a frame, in the name of the network server that hands it over. When this returns a
    /// receipt, the frame survives `kill -9` and a power cut.
    pub async fn take(&self, frame: Frame, from: &Arc<str>) -> Result<Receipt, IngestError> {
        let sender = Sender { network_server: Arc::clone(from), has_many: false };
        self.take_with(frame, sender, true).await
    }

    /// The same of one of many that are handed over at once. They wait for a decoder as long as it takes;
    /// and copies that other gateways heard are waited for only of a device's `last` one, since the
    /// copies of the others would be among the many.
    pub async fn take_one_of_many(
        &self,
        frame: Frame,
        from: &Arc<str>,
        last: bool,
    ) -> Result<Receipt, IngestError> {
        let sender = Sender { network_server: Arc::clone(from), has_many: true };
        self.take_with(frame, sender, last).await
    }

    async fn take_with(
        &self,
        frame: Frame,
        sender: Sender,
        awaits_copies: bool,
    ) -> Result<Receipt, IngestError> {
        let Frame { content, received_at, metadata } = frame;
        let received_at = received_at.unwrap_or_else(Timestamp::now);
        let result = match content {
            Content::Phy { phy_payload, dev_eui, f_cnt, mic_checked } => {
                self.take_whole(WholeFrame {
                    phy_payload,
                    dev_eui,
                    f_cnt,
                    mic_checked,
                    received_at,
                    metadata,
                    sender,
                    awaits_copies,
                })
                .await
            }
            Content::Reported { uplink, app_s_key } => {
                let told = Told { uplink, app_s_key, received_at, metadata, sender };
                self.take_report(told).await
            }
        };
        counted(&result);
        result
    }

    async fn take_report(&self, told: Told) -> Result<Receipt, IngestError> {
        let intake = self.clone();
        kept_whatever_happens(async move {
            let (dev_eui, dev_addr) = (told.uplink.dev_eui, told.uplink.dev_addr);
            let _turn = intake.turns.of(dev_eui).await;
            if let (Some(app_s_key), Some(dev_addr)) = (told.app_s_key.clone(), dev_addr) {
                let devices = &intake.keeper.devices;
                devices.hand_over_app_s_key(dev_eui, dev_addr, app_s_key, &intake.keks).await?;
            }
            intake.keeper.keep_reported(&told).await
        })
        .await
    }

    /// A network server tells that a device has joined.
    async fn take_join_notice(
        &self,
        joined: champollion_lns::Joined,
    ) -> Result<Receipt, IngestError> {
        let intake = self.clone();
        kept_whatever_happens(async move {
            let champollion_lns::Joined { dev_eui, dev_addr, app_s_key } = joined;
            let _turn = intake.turns.of(dev_eui).await;
            if let (Some(app_s_key), Some(dev_addr)) = (app_s_key, dev_addr) {
                let devices = &intake.keeper.devices;
                devices.hand_over_app_s_key(dev_eui, dev_addr, app_s_key, &intake.keks).await?;
            }
            intake.keeper.devices.note_join(dev_eui, dev_addr).await?;
            Ok(Receipt::Joined { dev_eui, dev_addr })
        })
        .await
    }

    async fn take_whole(&self, frame: WholeFrame) -> Result<Receipt, IngestError> {
        match frame.phy_payload.first().map(|&mhdr| MType::of(mhdr)) {
            Some(Ok(MType::JoinRequest | MType::JoinAccept | MType::RejoinRequest)) => {
                self.join(frame).await
            }
            _ if self.copies.are_awaited() => self.copies.take(&self.keeper, &frame).await,
            _ => match self.keeper.verify(&frame) {
                Ok(claim) => {
                    let keeper = Arc::clone(&self.keeper);
                    kept_whatever_happens(async move { keeper.keep_whole(claim, &frame).await })
                        .await
                }
                Err(refusal) => self.keeper.refused(refusal),
            },
        }
    }

    /// Waits for no more copies of frames, since the server stops.
    pub fn stop_waiting_for_copies(&self) {
        self.copies.stop_waiting();
    }

    /// Waits until all frames are kept that are on their way, also those that nobody waits for any
    /// more.
    pub async fn all_kept(&self) {
        self.copies.all_kept().await;
    }

    /// Takes a message by which a device joins.
    async fn join(&self, frame: WholeFrame) -> Result<Receipt, IngestError> {
        let devices = Arc::clone(&self.keeper.devices);
        // In a task of its own: it ends also when nobody waits for it any more, so that what is
        // durable and what is in memory stay the same.
        let joined =
            tokio::spawn(async move { devices.join(&frame.phy_payload, frame.dev_eui).await });
        match joined.await.map_err(|error| IngestError::NotKept(error.to_string()))? {
            Ok(Joined::Asked { dev_eui, dev_nonce }) => {
                Ok(Receipt::JoinRequested { dev_eui, dev_nonce })
            }
            Ok(Joined::Answered { dev_eui, dev_addr }) => {
                Ok(Receipt::Joined { dev_eui, dev_addr: Some(dev_addr) })
            }
            Err(JoinError::Refused(JoinRefusal::Duplicate { dev_eui, .. })) => {
                Ok(Receipt::JoinDuplicate { dev_eui })
            }
            Err(JoinError::Refused(refusal)) => Err(IngestError::JoinRefused(refusal)),
            Err(JoinError::Devices(error)) => Err(error.into()),
        }
    }
}

/// Does something in a task of its own, which ends also when nobody waits for it any more: what is
/// handed to the store becomes durable in any case, and what is in memory must say the same.
async fn kept_whatever_happens(
    work: impl Future<Output = Result<Receipt, IngestError>> + Send + 'static,
) -> Result<Receipt, IngestError> {
    let done = tokio::spawn(work).await;
    done.unwrap_or_else(|error| Err(IngestError::NotKept(format!("it was given up: {error}"))))
}
