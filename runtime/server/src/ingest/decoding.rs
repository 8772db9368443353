//! A verified frame becomes a record: the decoder that its device is to have, what that decoder remembers,
//! and what came of the call.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use champollion_delivery::records::{
    DecoderName, Derived, DeviceInfo, ObjectInfo, Outcome, PointInfo, PointOffset, Record,
};
use champollion_fleet::{
    objects::{Latitude, Longitude, ObjectFields},
    points::IndexOffset,
};
use champollion_frames::{DevEui, VerifiedUplink};
use champollion_registry::{
    Change, LoadedDecoder, Mandate, Registry, RegistryError,
    channels::{Caller, Canary, Compared, Observed, Shadow},
    ledger::Actor,
    package::{DecoderId, DecoderRef, variables},
};
use champollion_sandbox::Settings;
use champollion_service::alerts::JudgedStates;
use champollion_store::{Batch, Store};
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::{error::IngestError, frame::Sender, misbehaviour, remarks};
use crate::{
    alerts::{Alerts, Seen},
    cluster::Follower,
    derived::{DerivedAssignments, Deriving, ReadFrame},
    devices::{Device, Devices},
    mapping_name::mapping_of,
    workers::{NotDone, Workers},
};

/// A decoder that a device gets, and the canary that it is where it is one.
type Given = (Arc<LoadedDecoder>, Option<Arc<Canary>>);

/// The decoders of devices, and the threads that they run on.
pub(super) struct Decoding {
    store: Arc<dyn Store>,
    devices: Arc<Devices>,
    registry: Arc<Registry>,
    workers: Arc<Workers>,
    deriving: Deriving,
    alerts: Arc<Alerts>,
    /// Places before the decoders for frames of which many are handed over at once.
    places: Semaphore,
    /// The follower of what other nodes change, where there are others.
    follower: OnceLock<Arc<Follower>>,
}

impl Decoding {
    /// The decoders of devices, and those that derive values, on some threads.
    pub(super) fn new(
        store: Arc<dyn Store>,
        devices: Arc<Devices>,
        derived: DerivedAssignments,
        workers: Arc<Workers>,
        alerts: Arc<Alerts>,
    ) -> Self {
        // Half of the decoders' queue is left to frames that come one by one.
        let places = Semaphore::new((workers.queue_places() / 2).max(1));
        let registry = Arc::clone(derived.registry());
        let deriving = Deriving::new(derived, Arc::clone(&workers));
        let follower = OnceLock::new();
        Self { store, devices, registry, workers, deriving, alerts, places, follower }
    }

    /// Asks what other nodes have published, from now on, before a device has no decoder.
    pub(super) fn follow(&self, follower: Arc<Follower>) {
        // The first one stays.
        drop(self.follower.set(follower));
    }

    /// Whether another node has changed a device, and that was not read yet.
    pub(super) fn is_behind_of(&self, dev_eui: DevEui) -> bool {
        self.follower.get().is_some_and(|follower| follower.is_due(dev_eui))
    }

    /// The decoder that a device gets for a call. Where other nodes may have published it, and that cannot be read, or the
    /// store has its package and is away, the frame is not taken: its record would be without values for ever.
    async fn decoder_of(
        &self,
        wanted: &DecoderRef,
        caller: Caller,
    ) -> Result<Result<Given, RegistryError>, IngestError> {
        match self.known_decoder_of(wanted, caller).await? {
            Err(RegistryError::Store(error)) if error.is_away() => Err(error.into()),
            given => Ok(given),
        }
    }

    /// The same, where a store that is away is an error like others.
    async fn known_decoder_of(
        &self,
        wanted: &DecoderRef,
        caller: Caller,
    ) -> Result<Result<Given, RegistryError>, IngestError> {
        let given = self.registry.decoder_of(wanted, caller, Timestamp::now()).await;
        let (Err(RegistryError::Resolve(_)), Some(follower)) = (&given, self.follower.get()) else {
            return Ok(given);
        };
        if let Err(error) = follower.catch_up_with_decoders().await {
            tracing::debug!(%error, "what other nodes have published cannot be read");
            return Err(IngestError::Behind);
        }
        Ok(self.registry.decoder_of(wanted, caller, Timestamp::now()).await)
    }

    /// Says that all that came of a frame is durable.
    pub(super) fn confirm(&self, judged: JudgedStates) {
        self.alerts.keep_states(judged);
    }

    /// Forgets what is in memory of a device that another process has moved on.
    pub(super) fn forget(&self, dev_eui: DevEui) {
        self.alerts.forget_states(dev_eui);
    }

    /// Decodes a frame, and judges it by the rules of alerts. Whatever goes wrong with the decoder, there is a record: the
    /// raw payload is never lost. What was judged holds [once it is durable](Self::confirm).
    pub(super) async fn decode(
        &self,
        device: &Device,
        uplink: &VerifiedUplink,
        sender: &Sender,
        batch: &mut Batch,
    ) -> Result<(Record, Option<JudgedStates>), IngestError> {
        // A frame without payload reaches no decoder, whatever its port.
        let f_port = uplink.application_payload().map_or(0, |(f_port, _)| f_port);
        let caller = Caller { dev_eui: device.dev_eui, f_port: Some(f_port) };
        let mut warnings = sender.warnings.clone();
        let outcome = match device.assignment.wanted() {
            None => Outcome::NoDecoder {
                code: "no-decoder",
                message: "the device is registered without a decoder".to_owned(),
            },
            Some(wanted) => {
                match self.decoder_of(wanted, caller).await? {
                    Ok((decoder, canary)) => {
                        // A frame of commands to the network alone has no port of the application.
                        let port = Some(f_port).filter(|port| *port > 0);
                        warnings.extend(
                            port.and_then(|port| remarks::undeclared_port(&decoder.manifest, port)),
                        );
                        let outcome = self
                            .run(device, wanted, decoder, caller, uplink, sender, batch)
                            .await?;
                        if let Some(canary) = canary {
                            self.count(&wanted.id, &canary, &outcome);
                        }
                        outcome
                    }
                    Err(error) => {
                        let code = match &error {
                            RegistryError::Resolve(_) => {
                                self.decode_for_sponsor(device, wanted, uplink);
                                "no-decoder"
                            }
                            RegistryError::Quarantined(quarantined) => {
                                misbehaviour::count_raw(quarantined);
                                "decoder-quarantined"
                            }
                            _ => "decoder-unusable",
                        };
                        Outcome::NoDecoder { code, message: error.to_string() }
                    }
                }
            }
        };
        let derived = self.derive(device, f_port, uplink, &outcome, batch).await?;
        let seen = Seen { outcome: &outcome, derived: &derived };
        let judged = self.alerts.frame(device, uplink, seen, batch).await?;
        let info = DeviceInfo {
            dev_eui: device.dev_eui,
            name: device.name.as_str().to_owned(),
            sub_group: device.sub_group.clone(),
            use_case: device.use_case.clone(),
            tags: BTreeMap::clone(&device.tags),
        };
        let network_server = &sender.speaker.name;
        let record = Record::new(uplink, network_server, device.group.clone(), info, outcome);
        let object = self.object_of(device, uplink);
        let record = record.with_object(object).with_derived(derived).with_warnings(&warnings);
        Ok((record, judged))
    }

    /// Has derived decoders make their values of a reading, where there is one.
    async fn derive(
        &self,
        device: &Device,
        f_port: u8,
        uplink: &VerifiedUplink,
        outcome: &Outcome,
        batch: &mut Batch,
    ) -> Result<Vec<Derived>, IngestError> {
        let Outcome::Decoded(_, reading) = outcome else { return Ok(Vec::new()) };
        let Some(received_at) = received_at(uplink) else { return Ok(Vec::new()) };
        let measurements = &reading.measurements;
        let read = ReadFrame { device, f_port, received_at, measurements };
        Ok(self.deriving.derive(read, uplink.held_up(), batch).await?)
    }

    /// The object and its point as records have them; nothing of a device of which no field of the sheet is set,
    /// and that is its own point.
    fn object_of(&self, device: &Device, uplink: &VerifiedUplink) -> Option<ObjectInfo> {
        let object = &device.object;
        let placed = received_at(uplink).and_then(|at| self.devices.point_at(device, at));
        if *object == ObjectFields::default() && placed.is_none() {
            return None;
        }
        let point = placed.map(|(point, link)| PointInfo {
            id: point.to_string(),
            since: link.from,
            offsets: link.offsets.into_iter().map(offset_of).collect(),
        });
        Some(ObjectInfo {
            name: device.name.as_str().to_owned(),
            serial_number: object.serial_number.as_ref().map(ToString::to_string),
            reference: object.reference.as_ref().map(ToString::to_string),
            point,
            latitude: object.latitude.map(Latitude::degrees),
            longitude: object.longitude.map(Longitude::degrees),
            life_cycle: object.life_cycle.map(|stage| stage.to_string()),
            in_service: (!object.is_in_service()).then_some(false),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "they are the parts of one call")]
    async fn run(
        &self,
        device: &Device,
        wanted: &DecoderRef,
        decoder: Arc<LoadedDecoder>,
        caller: Caller,
        uplink: &VerifiedUplink,
        sender: &Sender,
        batch: &mut Batch,
    ) -> Result<Outcome, IngestError> {
        let stateless = self.devices.stateless();
        let remembered = stateless.read(&*self.store, device.dev_eui).await?;
        remembered.expect_unchanged(batch);
        let state = remembered.state_for(&decoder);
        let settings = Settings { variables: variables(&device.variables), state };
        let beside = self.beside(device, wanted, &decoder);
        let place = if sender.has_many { self.places.acquire().await.ok() } else { None };
        let (call, decoder, settings) = {
            let uplink = uplink.clone();
            let work = move || (decoder.decode_uplink(&uplink, &settings), decoder, settings);
            self.workers.run(work).await.map_err(|not_done| match not_done {
                NotDone::Busy { .. } => IngestError::Busy(not_done),
                NotDone::Panicked => IngestError::NotKept(not_done.to_string()),
            })?
        };
        drop(place);
        if !beside.is_empty() {
            let stable = Observed::of(call.clone());
            for shadow in beside {
                let (uplink, mut settings, stable) =
                    (uplink.clone(), settings.clone(), stable.clone());
                // It could only misread what another major version remembers.
                if shadow.version().major != decoder.version.major {
                    settings.state.clear();
                }
                self.decode_beside(shadow, &decoder.id, uplink, settings, Some(stable));
            }
        }
        let name = DecoderName {
            id: decoder.id.to_string(),
            version: decoder.version.clone(),
            digest: decoder.decoder.digest(),
            mapping: mapping_of(&decoder),
            fuel: call.fuel,
        };
        misbehaviour::note(&self.registry, &decoder, caller, call.result.as_ref().err()).await;
        let reading = match call.result {
            Ok(reading) => reading,
            Err(error) => return Ok(Outcome::Failed(name, error)),
        };
        // What an overtaken frame leaves behind is older than what there is.
        if let Some(state) = reading.state.as_ref().filter(|_| !uplink.held_up()) {
            remembered.put(stateless, batch, &decoder, state.clone())?;
        }
        Ok(Outcome::Decoded(name, reading))
    }

    /// Counts how a candidate did; when it failed too often, no device gets it any more.
    fn count(&self, id: &DecoderId, canary: &Canary, outcome: &Outcome) {
        let failed = !matches!(outcome, Outcome::Decoded(..));
        let Some(reason) = canary.count(failed) else { return };
        let (registry, id) = (Arc::clone(&self.registry), id.clone());
        tracing::error!(decoder = %id, version = %canary.rule().version, reason, "the canary ends");
        tokio::spawn(async move {
            let by = Actor::named("the registry");
            let mandate = Mandate { by, at: Timestamp::now(), dry_run: false };
            let ended = registry.change(&id, &Change::EndCanary(reason), &mandate, &[]).await;
            // Somebody may have ended it meanwhile.
            if let Err(error) = ended {
                tracing::warn!(decoder = %id, %error, "the canary could not be ended");
            }
        });
    }

    /// The candidates that decode a frame beside its decoder: the one that all devices try, and those that the partner
    /// of the device has asked for.
    fn beside(
        &self,
        device: &Device,
        wanted: &DecoderRef,
        decoder: &LoadedDecoder,
    ) -> Vec<Arc<Shadow>> {
        let mut beside = self.sponsored(device, &wanted.id);
        beside.retain(|shadow| *shadow.version() != decoder.version);
        beside.extend(self.registry.shadow_of(wanted, decoder));
        beside
    }

    fn sponsored(&self, device: &Device, id: &DecoderId) -> Vec<Arc<Shadow>> {
        let sponsored = self.registry.sponsored_shadows(id);
        if sponsored.is_empty() {
            return Vec::new();
        }
        let partner = self.devices.partner_of(&device.group);
        let of_partner =
            sponsored.into_iter().filter(|(sponsor, _)| Some(sponsor) == partner.as_ref());
        of_partner.map(|(_, shadow)| shadow).collect()
    }

    /// Has candidates that the partner of a device has asked for decode a frame that nothing else decodes, since no
    /// version is stable yet.
    fn decode_for_sponsor(&self, device: &Device, wanted: &DecoderRef, uplink: &VerifiedUplink) {
        if uplink.application_payload().is_none() {
            return;
        }
        for shadow in self.sponsored(device, &wanted.id) {
            let settings =
                Settings { variables: variables(&device.variables), ..Settings::default() };
            self.decode_beside(shadow, &wanted.id, uplink.clone(), settings, None);
        }
    }

    /// Has a candidate decode a frame too, after it and not in its way, and compares with the stable version where there
    /// is one.
    fn decode_beside(
        &self,
        shadow: Arc<Shadow>,
        id: &DecoderId,
        uplink: VerifiedUplink,
        settings: Settings,
        stable: Option<Observed>,
    ) {
        let (registry, workers) = (Arc::clone(&self.registry), Arc::clone(&self.workers));
        let id = id.clone();
        tokio::spawn(async move {
            let Ok(candidate) = registry.version(&id, shadow.version()).await else {
                return shadow.skip();
            };
            let work = move || {
                let observed = Observed::of(candidate.decoder.decode_uplink(&uplink, &settings));
                let sent = uplink.application_payload().unwrap_or_default();
                let compared = stable.map(|stable| Compared::of(sent, &stable, &observed));
                compared.ok_or(observed)
            };
            match workers.run_if_idle(work).await {
                Ok(Ok(compared)) => shadow.count(compared),
                Ok(Err(observed)) => shadow.observe(&observed),
                Err(_) => shadow.skip(),
            }
        });
    }
}

fn received_at(uplink: &VerifiedUplink) -> Option<Timestamp> {
    let milliseconds = i64::try_from(uplink.received_at_ms()).ok()?;
    Timestamp::from_millisecond(milliseconds).ok()
}

fn offset_of(offset: IndexOffset) -> PointOffset {
    let IndexOffset { quantity, channel, offset } = offset;
    PointOffset { quantity, channel, offset }
}
