//! Takes in what network servers hand over, each thing on its own way.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use champollion_delivery::{mailbox::Mailbox, records::Warning};
use champollion_frames::{DevAddr, DevEui, JoinRefusal, MType, Refusal};
use champollion_lns::{Content, Frame, HandedKey, Message};
use champollion_registry::Registry;
use jiff::Timestamp;

use super::{
    copies::Copies,
    decoding::Decoding,
    error::IngestError,
    far_counters::FarCounters,
    frame::{ReportedFrame, Sender, WholeFrame},
    keeping::Keeper,
    receipt::{Receipt, counted},
    remarks,
    speaker::Speaker,
};
use crate::{
    alerts::Alerts,
    authors::AuditedAuthor,
    cluster::{Follower, Load},
    derived::DerivedAssignments,
    devices::{Devices, JoinError, Joined, Keks, Opened},
    quality::FrameCounts,
    storage::Storage,
    turns::Turns,
    workers::Workers,
};

/// Takes frames in. Every method may be called from any task; a clone is the same intake.
#[derive(Clone)]
pub struct Intake {
    keeper: Arc<Keeper>,
    copies: Arc<Copies>,
    far_counters: Arc<FarCounters>,
    registry: Arc<Registry>,
    /// Uplinks of one device that are reported at once are taken one after another.
    turns: Arc<Turns>,
    keks: Arc<Keks>,
    /// The follower of what other nodes change, where there are others.
    follower: Option<Arc<Follower>>,
    load: Arc<Load>,
}

impl Intake {
    /// An intake over the parts that it works with.
    #[must_use]
    pub fn new(
        devices: Arc<Devices>,
        derived: DerivedAssignments,
        mailbox: Arc<Mailbox>,
        (workers, alerts): (Arc<Workers>, Arc<Alerts>),
        storage: Arc<Storage>,
        copies_window: Duration,
        keks: Keks,
    ) -> Self {
        let store = Arc::clone(storage.store());
        let (own_store, own_devices) = (Arc::clone(&store), Arc::clone(&devices));
        let registry = Arc::clone(derived.registry());
        let decoding = Decoding::new(own_store, own_devices, derived, workers, alerts);
        let counts = OnceLock::new();
        let keeper = Arc::new(Keeper { store, devices, mailbox, storage, decoding, counts });
        let copies = Arc::new(Copies::new(copies_window));
        let (turns, keks) = (Arc::default(), Arc::new(keks));
        let (follower, load) = (None, Arc::default());
        Self { keeper, copies, far_counters: Arc::default(), registry, turns, keks, follower, load }
    }

    /// The same of a node among others: before a device is unknown here, it is made sure that no other node has just
    /// registered it.
    pub(crate) fn among_nodes(self, follower: Option<Arc<Follower>>, load: Arc<Load>) -> Self {
        if let Some(follower) = &follower {
            self.keeper.decoding.follow(Arc::clone(follower));
        }
        Self { follower, load, ..self }
    }

    /// Counts durable frames from now on.
    pub(crate) fn count_by(&self, counts: Arc<FrameCounts>) {
        // It is set once, where the server is put together.
        drop(self.keeper.counts.set(counts));
    }

    /// Takes what a message of a network server hands over, in its name. `warnings` are about the message,
    /// and stand in the record of its frame.
    pub async fn take_message(
        &self,
        message: Message,
        speaker: &Speaker,
        warnings: Vec<Warning>,
    ) -> Result<Receipt, IngestError> {
        let sender = Sender { warnings, ..Sender::of(speaker) };
        match message {
            Message::Frame(frame) => self.take_with(*frame, sender, true).await,
            Message::Nameless(nameless) => {
                let devices = &self.keeper.devices;
                let find = || devices.find_nameless(&nameless, &speaker.authority);
                let found = match find().map_err(IngestError::from) {
                    Err(refusal) => {
                        let learned = self.learn_more(refusal).await;
                        learned.and_then(|()| find().map_err(IngestError::from))
                    }
                    found => found,
                };
                match found {
                    Ok(dev_eui) => self.take_with(nameless.named(dev_eui), sender, true).await,
                    Err(error) => {
                        let result = Err(error);
                        counted(&result);
                        result
                    }
                }
            }
            Message::Joined(joined) => {
                let result = match self.take_join_notice(joined.clone(), speaker).await {
                    Err(refusal) => match self.learn_more(refusal).await {
                        Ok(()) => self.take_join_notice(joined, speaker).await,
                        Err(error) => Err(error),
                    },
                    result => result,
                };
                counted(&result);
                result
            }
            Message::Gateway(status) => {
                self.keeper.note_gateway(&status).await;
                let result = Ok(Receipt::Ignored { what: "status of a gateway".to_owned() });
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

    /// Returns the FCnt of the last uplink of a device.
    pub(crate) fn last_f_cnt(&self, dev_eui: DevEui) -> Option<u32> {
        self.keeper.devices.last_f_cnt(dev_eui)
    }

    /// Takes a frame, in the name of the network server that hands it over. When this returns a
    /// receipt, the frame survives `kill -9` and a power cut.
    pub async fn take(&self, frame: Frame, speaker: &Speaker) -> Result<Receipt, IngestError> {
        self.take_with(frame, Sender::of(speaker), true).await
    }

    /// The same of one of many that are handed over at once. They wait for a decoder as long as it takes;
    /// and copies that other gateways heard are waited for only of a device's `last` one, since the
    /// copies of the others would be among the many.
    pub async fn take_one_of_many(
        &self,
        frame: Frame,
        speaker: &Speaker,
        last: bool,
    ) -> Result<Receipt, IngestError> {
        let sender = Sender { has_many: true, ..Sender::of(speaker) };
        self.take_with(frame, sender, last).await
    }

    async fn take_with(
        &self,
        frame: Frame,
        sender: Sender,
        awaits_copies: bool,
    ) -> Result<Receipt, IngestError> {
        let once_more = self.follower.as_ref().map(|_| (frame.clone(), sender.clone()));
        let result = match (self.take_once(frame, sender, awaits_copies).await, once_more) {
            (Err(refusal), Some((frame, sender))) => match self.learn_more(refusal).await {
                Ok(()) => self.take_once(frame, sender, awaits_copies).await,
                Err(error) => Err(error),
            },
            (result, _) => result,
        };
        self.load.count();
        counted(&result);
        result
    }

    /// Makes sure that all is known that other nodes have changed, where a refusal may be over then; it stands
    /// otherwise. Where that cannot be known, the frame is not refused, but comes again.
    async fn learn_more(&self, refusal: IngestError) -> Result<(), IngestError> {
        let follower = self.follower.as_ref().filter(|_| refusal.may_be_of_news());
        let Some(follower) = follower else { return Err(refusal) };
        follower.catch_up_with_devices().await.map_err(|error| {
            tracing::debug!(%error, "what other nodes have changed cannot be read");
            IngestError::Behind
        })
    }

    async fn take_once(
        &self,
        frame: Frame,
        sender: Sender,
        awaits_copies: bool,
    ) -> Result<Receipt, IngestError> {
        let Frame { content, received_at, metadata } = frame;
        let metadata = Arc::new(metadata);
        let received_at = received_at.unwrap_or_else(Timestamp::now);
        match content {
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
            Content::Reported { uplink, app_s_key, says_encryption } => {
                self.take_report(ReportedFrame {
                    uplink,
                    app_s_key,
                    says_encryption,
                    received_at,
                    metadata,
                    sender,
                })
                .await
            }
        }
    }

    /// Takes an uplink of which a network server tells the content. Of a device whose keys are registered here
    /// it is taken as the frame that it was, whose MIC must fit.
    async fn take_report(&self, told: ReportedFrame) -> Result<Receipt, IngestError> {
        let devices = &self.keeper.devices;
        let dev_eui = told.uplink.dev_eui;
        told.sender.speaker.check(devices, dev_eui).map_err(IngestError::Refused)?;
        if devices.get(dev_eui).is_some_and(|device| device.needs_mic()) {
            let frame = devices.reassemble(&told.uplink, &told.metadata);
            let frame = frame.map_err(IngestError::Refused)?;
            return self
                .take_whole(WholeFrame {
                    phy_payload: frame.phy_payload,
                    dev_eui: Some(dev_eui),
                    f_cnt: Some(frame.f_cnt),
                    mic_checked: false,
                    received_at: told.received_at,
                    metadata: told.metadata,
                    sender: told.sender,
                    awaits_copies: false,
                })
                .await;
        }
        let intake = self.clone();
        kept_whatever_happens(async move { intake.take_report_in_turn(told).await }).await
    }

    async fn take_report_in_turn(&self, mut told: ReportedFrame) -> Result<Receipt, IngestError> {
        let (dev_eui, dev_addr) = (told.uplink.dev_eui, told.uplink.dev_addr);
        let _turn = self.turns.of(dev_eui).await;
        if let (Some(app_s_key), Some(dev_addr)) = (told.app_s_key.clone(), dev_addr) {
            self.take_key(dev_eui, dev_addr, app_s_key, &told.sender.speaker).await?;
        }
        if !told.says_encryption {
            let payloads = told.sender.speaker.payloads;
            let opened = self.keeper.devices.opened(&told.uplink, &told.metadata, payloads);
            told.uplink.is_encrypted = opened.is_encrypted();
            if let Opened::Guessed { is_encrypted } = opened {
                told.sender.warnings.push(remarks::untold_encryption(is_encrypted));
            }
        }
        self.keeper.keep_reported(&told).await
    }

    /// Takes the key of a session that a message holds.
    async fn take_key(
        &self,
        dev_eui: DevEui,
        dev_addr: DevAddr,
        app_s_key: HandedKey,
        speaker: &Speaker,
    ) -> Result<(), IngestError> {
        let (devices, author) = (&self.keeper.devices, self.author(speaker));
        let taken =
            devices.hand_over_app_s_key(dev_eui, dev_addr, app_s_key, &self.keks, &author).await;
        Ok(taken?)
    }

    /// The network server as the author of what its messages change.
    fn author(&self, speaker: &Speaker) -> AuditedAuthor {
        AuditedAuthor::new(&self.registry, Arc::clone(&speaker.by))
    }

    /// A network server tells that a device has joined.
    async fn take_join_notice(
        &self,
        joined: champollion_lns::Joined,
        speaker: &Speaker,
    ) -> Result<Receipt, IngestError> {
        let (intake, speaker) = (self.clone(), speaker.clone());
        kept_whatever_happens(async move {
            let champollion_lns::Joined { dev_eui, dev_addr, app_s_key } = joined;
            let devices = &intake.keeper.devices;
            speaker.check(devices, dev_eui).map_err(IngestError::Refused)?;
            let _turn = intake.turns.of(dev_eui).await;
            if let (Some(app_s_key), Some(dev_addr)) = (app_s_key, dev_addr) {
                intake.take_key(dev_eui, dev_addr, app_s_key, &speaker).await?;
            }
            devices.note_join(dev_eui, dev_addr, &intake.author(&speaker)).await?;
            Ok(Receipt::Joined { dev_eui, dev_addr })
        })
        .await
    }

    async fn take_whole(&self, mut frame: WholeFrame) -> Result<Receipt, IngestError> {
        let m_type = frame.phy_payload.first().map(|&mhdr| MType::of(mhdr));
        if let Some(Ok(MType::JoinRequest | MType::JoinAccept | MType::RejoinRequest)) = m_type {
            return self.join(frame).await;
        }
        let mut is_searched = false;
        loop {
            let result = if self.copies.are_awaited() {
                self.copies.take(&self.keeper, &frame).await
            } else {
                match self.keeper.verify(&frame) {
                    Ok(claim) => {
                        let keeper = Arc::clone(&self.keeper);
                        let kept = async move { keeper.keep_whole(claim, &frame).await };
                        return kept_whatever_happens(kept).await;
                    }
                    Err(refusal) => self.keeper.refused(refusal),
                }
            };
            let Err(IngestError::Refused(Refusal::MicMismatch { dev_addr, .. })) = &result else {
                return result;
            };
            if is_searched {
                return result;
            }
            // It may be far ahead of all that is known of its device.
            let devices = &self.keeper.devices;
            let Some(f_cnt) = self.far_counters.look_for(devices, *dev_addr, &frame).await else {
                return result;
            };
            frame.f_cnt = Some(f_cnt);
            is_searched = true;
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
        let intake = self.clone();
        // In a task of its own: it ends also when nobody waits for it any more, so that what is
        // durable and what is in memory stay the same.
        kept_whatever_happens(async move {
            let devices = &intake.keeper.devices;
            let speaker = &frame.sender.speaker;
            let (phy, author) = (&frame.phy_payload, intake.author(speaker));
            let joined = devices.join(phy, frame.dev_eui, &speaker.authority, &author).await;
            match joined {
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
                Err(JoinError::OtherNetworkServer(dev_eui)) => {
                    Err(IngestError::Refused(Refusal::OtherNetworkServer { dev_eui }))
                }
                Err(JoinError::Devices(error)) => Err(error.into()),
            }
        })
        .await
    }
}

/// Does something in a task of its own, which ends also when nobody waits for it any more: what is
/// handed to the store becomes durable in any case, and what is in memory must say the same. It begins at
/// once, so that what waits for it does not hold it.
fn kept_whatever_happens<W>(work: W) -> impl Future<Output = Result<Receipt, IngestError>>
where
    W: Future<Output = Result<Receipt, IngestError>> + Send + 'static,
{
    // Boxed at once: what a runtime is given as it is, it moves several times, from where it was made to where it ends.
    let task = tokio::spawn(Box::pin(work));
    async move {
        let given_up = |error| IngestError::NotKept(format!("it was given up: {error}"));
        task.await.unwrap_or_else(|error| Err(given_up(error)))
    }
}
