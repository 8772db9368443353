//! Derived decoders are run on a reading, one after the other, each with what it remembers of the device.

use std::{collections::HashMap, sync::Arc, time::Instant};

use champollion_delivery::records::{DecoderName, Derived};
use champollion_frames::DevEui;
use champollion_registry::{
    LoadedDecoder, Registry, RegistryError,
    channels::Caller,
    package::{DecoderRef, variables},
};
use champollion_sandbox::{Call, CallError, Derivation, Measurement, Memory, Observation};
use champollion_store::{Batch, Store, TableError};
use jiff::Timestamp;

use super::{assignments::DerivedAssignments, order::in_order};
use crate::{
    devices::{Device, derived::Memories},
    ingest::misbehaviour,
    mapping_name::mapping_of,
    workers::{NotDone, Workers},
};

/// Runs the derived decoders of devices.
#[derive(Clone)]
pub(crate) struct Deriving {
    store: Arc<dyn Store>,
    registry: Arc<Registry>,
    workers: Arc<Workers>,
    assignments: DerivedAssignments,
}

/// Why a reading has to be read again before values can be derived of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DerivingError {
    /// Too much is waiting for a decoder.
    #[error(transparent)]
    NotDone(#[from] NotDone),
    /// The store does not answer.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// The reading of a frame that values are derived of.
pub(crate) struct ReadFrame<'of> {
    /// The device that sent the frame.
    pub(crate) device: &'of Device,
    /// The FPort of the frame.
    pub(crate) f_port: u8,
    /// The reception of the frame.
    pub(crate) received_at: Timestamp,
    /// The measurements that the device's decoder has made.
    pub(crate) measurements: &'of [Measurement],
}

/// The memory of derived decoders while records are decoded once more, by device and decoder.
#[derive(Default)]
pub(crate) struct CarriedMemories(HashMap<(DevEui, String), Memory>);

/// The decoders of a device that are run, and the reasons why others are not.
struct Found {
    run: Vec<Arc<LoadedDecoder>>,
    warnings: Vec<Derived>,
}

/// A decoder that is run, with its memory.
type WithMemory = (Arc<LoadedDecoder>, Option<Memory>);

impl Deriving {
    /// Over what is assigned and the threads that decode.
    pub(crate) fn new(assignments: DerivedAssignments, workers: Arc<Workers>) -> Self {
        let store = Arc::clone(assignments.store());
        let registry = Arc::clone(assignments.registry());
        Self { store, registry, workers, assignments }
    }

    /// Derives values of a live reading. What the decoders remember goes into the batch of the frame, but for a frame
    /// that was overtaken: its past is older than what is remembered.
    pub(crate) async fn derive(
        &self,
        reading: ReadFrame<'_>,
        is_overtaken: bool,
        batch: &mut Batch,
    ) -> Result<Vec<Derived>, DerivingError> {
        let Found { run, mut warnings } = self.find(&reading).await?;
        if run.is_empty() {
            return Ok(warnings);
        }
        let mut memories = Memories::read(&*self.store, reading.device.dev_eui).await?;
        let with_memory = run.iter().map(|one| (Arc::clone(one), memories.of(one))).collect();
        let calls = match self.run(with_memory, observed(&reading)).await {
            Ok(calls) => calls,
            Err(busy @ NotDone::Busy { .. }) => return Err(busy.into()),
            Err(panicked) => {
                warnings.push(Derived::Warning(format!("nothing is derived: {panicked}")));
                return Ok(warnings);
            }
        };
        let caller = caller(&reading);
        for (decoder, call) in run.iter().zip(calls) {
            misbehaviour::note(&self.registry, decoder, caller, call.result.as_ref().err()).await;
            let (result, memory) = told(decoder, call);
            warnings.push(result);
            if let Some(memory) = memory.filter(|_| !is_overtaken) {
                memories.note(decoder, memory);
            }
        }
        memories.put(batch, &run)?;
        Ok(warnings)
    }

    /// Returns the derived decoders of a device and of its group.
    pub(crate) async fn assigned(&self, device: &Device) -> Result<Vec<DecoderRef>, DerivingError> {
        Ok(self.assignments.of_both(device.dev_eui, &device.group).await?)
    }

    /// Derives values of a reading that was decoded once more. What was remembered then is not known any more: the memory
    /// begins with nothing, and is carried from record to record. `instead` takes the place of another version of it.
    pub(crate) async fn derive_again(
        &self,
        reading: ReadFrame<'_>,
        instead: Option<&Arc<LoadedDecoder>>,
        memories: &mut CarriedMemories,
    ) -> Result<Vec<Derived>, DerivingError> {
        let Found { mut run, mut warnings } = self.find(&reading).await?;
        if let Some(instead) = instead {
            let same = run.iter_mut().filter(|one| one.id == instead.id);
            same.for_each(|one| *one = Arc::clone(instead));
        }
        if run.is_empty() {
            return Ok(warnings);
        }
        let dev_eui = reading.device.dev_eui;
        let key = |one: &LoadedDecoder| (dev_eui, one.id.to_string());
        let with_memory =
            run.iter().map(|one| (Arc::clone(one), memories.0.get(&key(one)).cloned())).collect();
        let calls = self.run(with_memory, observed(&reading)).await?;
        for (decoder, call) in run.iter().zip(calls) {
            let (result, memory) = told(decoder, call);
            warnings.push(result);
            memories.0.extend(memory.map(|memory| (key(decoder), memory)));
        }
        Ok(warnings)
    }

    /// Finds the decoders that are run on a reading, in their order.
    async fn find(&self, reading: &ReadFrame<'_>) -> Result<Found, DerivingError> {
        let Device { dev_eui, group, .. } = reading.device;
        let (mut loaded, mut warnings) = (Vec::new(), Vec::new());
        for wanted in self.assignments.of_both(*dev_eui, group).await? {
            match self.load(&wanted, caller(reading)).await? {
                Ok(decoder) => loaded.push(decoder),
                Err(reason) => warnings.push(Derived::Warning(format!("{wanted}: {reason}"))),
            }
        }
        let (run, circle) = in_order(loaded);
        warnings.extend(circle.map(|circle| Derived::Warning(circle.to_string())));
        Ok(Found { run, warnings })
    }

    /// Loads a derived decoder, or says why nothing can be derived by it. A store that has its package and is away for a
    /// while is no such reason.
    async fn load(
        &self,
        wanted: &DecoderRef,
        caller: Caller,
    ) -> Result<Result<Arc<LoadedDecoder>, String>, DerivingError> {
        match self.registry.healthy_decoder(wanted, caller, Timestamp::now()).await {
            Err(RegistryError::Store(error)) if error.is_away() => {
                Err(TableError::Store(error).into())
            }
            Err(error) => Ok(Err(error.to_string())),
            Ok(decoder) if decoder.decoder.formulas().is_some() => Ok(Ok(decoder)),
            Ok(_) => Ok(Err("it reads payloads and derives nothing".to_owned())),
        }
    }

    /// Has a thread run decoders in their order, each on what those before have made too.
    async fn run(
        &self,
        decoders: Vec<WithMemory>,
        mut observed: Observation,
    ) -> Result<Vec<Call<Derivation>>, NotDone> {
        let work = move || {
            let mut calls = Vec::new();
            for (decoder, memory) in decoders {
                observed.before = memory;
                let started = Instant::now();
                let call = decoder.decoder.derive(&observed);
                decoder.count(&call, started.elapsed());
                if let Ok(derived) = &call.result {
                    observed.measurements.extend(derived.measurements.iter().cloned());
                }
                calls.push(call);
            }
            calls
        };
        self.workers.run(work).await
    }
}

fn caller(reading: &ReadFrame<'_>) -> Caller {
    Caller { dev_eui: reading.device.dev_eui, f_port: Some(reading.f_port) }
}

fn observed(reading: &ReadFrame<'_>) -> Observation {
    Observation {
        measurements: reading.measurements.to_vec(),
        received_at: reading.received_at,
        variables: variables(&reading.device.variables),
        before: None,
    }
}

/// The result of a call as a record has it, and what is remembered from now on.
fn told(decoder: &LoadedDecoder, call: Call<Derivation>) -> (Derived, Option<Memory>) {
    let name = DecoderName {
        id: decoder.id.to_string(),
        version: decoder.version.clone(),
        digest: decoder.decoder.digest(),
        mapping: mapping_of(decoder),
        fuel: call.fuel,
    };
    match call.result {
        Ok(Derivation { measurements, remembered }) => {
            (Derived::Values(name, measurements), remembered)
        }
        Err(error) => (Derived::Warning(warning(decoder, &error)), None),
    }
}

fn warning(decoder: &LoadedDecoder, error: &CallError) -> String {
    format!("{} {} derives nothing: {error}", decoder.id, decoder.version)
}
