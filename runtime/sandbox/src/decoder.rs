//! Calls a decoder: a fresh store and a fresh instance for each call.

use std::sync::Arc;

use champollion_frames::VerifiedUplink;
use wasmtime::{
    Engine, ResourceLimiter, Store, Trap, WasmBacktrace,
    component::{ComponentNamedList, Instance, InstancePre, Lift, Lower},
};

use crate::{
    CallError, Digest, Downlink, Limits, LoadError, OutputError, Reading,
    contract::{Function, Functions, codec},
    error::GrowthError,
    lift,
    slots::Slots,
};

/// A component that is compiled and checked, ready to be called from any thread.
pub(crate) struct ComponentDecoder {
    engine: Engine,
    pre: InstancePre<Meter>,
    functions: Functions,
    digest: Digest,
    limits: Limits,
    slots: Arc<Slots>,
}

/// A call that has ended: what it gave and what it took.
#[derive(Clone, Debug)]
pub struct Call<T> {
    /// What the decoder returned, checked.
    pub result: Result<T, CallError>,
    /// Fuel that was burnt, the same for the same input on every machine.
    pub fuel: u64,
    /// What a script has logged, a line each, within bounds; a component cannot log.
    pub log: Vec<String>,
}

/// What goes into a decoder beside the frame: what the operator has set on the device, and what the
/// decoder itself returned with the previous frame.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What the operator has set, in the order of the names.
    pub variables: Vec<Variable>,
    /// The state that the decoder last returned for the device; empty at first.
    pub state: Vec<u8>,
}

/// One setting of a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// As the decoder's manifest names it.
    pub name: String,
    /// Its value.
    pub value: crate::Value,
}

/// A payload that nobody vouches for: a test vector, or one that a person wants to try. What it
/// decodes to is shown and never becomes a record.
#[derive(Clone, Debug, Default)]
pub struct Specimen {
    /// FPort, 1 to 255.
    pub f_port: u8,
    /// Uplink frame counter.
    pub f_cnt: u32,
    /// FRMPayload in clear.
    pub payload: Vec<u8>,
    /// Milliseconds since the epoch.
    pub received_at: u64,
}

/// A command to be encoded.
#[derive(Clone, Debug)]
pub struct Command {
    /// A JSON object as text, in the maker's own words.
    pub data: String,
    /// Milliseconds since the epoch.
    pub issued_at: u64,
}

/// A downlink to be read back.
#[derive(Clone, Debug)]
pub struct SentDownlink {
    /// FPort, 1 to 255.
    pub f_port: u8,
    /// FRMPayload in clear.
    pub payload: Vec<u8>,
    /// Milliseconds since the epoch.
    pub sent_at: u64,
}

impl ComponentDecoder {
    pub(crate) fn new(
        engine: Engine,
        pre: InstancePre<Meter>,
        functions: Functions,
        digest: Digest,
        limits: Limits,
        slots: Arc<Slots>,
    ) -> Self {
        Self { engine, pre, functions, digest, limits, slots }
    }

    /// The SHA-256 of the package that this decoder was loaded from.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// Decodes a frame whose MIC was verified, or that a network server vouches for.
    pub(crate) fn decode_uplink(
        &self,
        uplink: &VerifiedUplink,
        settings: &Settings,
    ) -> Call<Reading> {
        let Some((f_port, payload)) = uplink.application_payload() else {
            return Call { result: Err(CallError::NoApplicationPayload), fuel: 0, log: Vec::new() };
        };
        self.uplink(f_port, uplink.f_cnt(), payload, uplink.received_at_ms(), settings)
    }

    /// Decodes a payload that nobody vouches for.
    pub(crate) fn try_uplink(&self, specimen: &Specimen, settings: &Settings) -> Call<Reading> {
        let Specimen { f_port, f_cnt, payload, received_at } = specimen;
        self.uplink(*f_port, *f_cnt, payload, *received_at, settings)
    }

    /// Encodes a command as the device expects it.
    pub(crate) fn encode_downlink(&self, command: &Command, settings: &Settings) -> Call<Downlink> {
        let variables = wire_variables(&settings.variables);
        let command = codec::Command {
            data: &command.data,
            issued_at: command.issued_at,
            variables: &variables,
        };
        let outcome =
            self.call(command, |instance, store| self.functions.encode_downlink(instance, store));
        self.lifted(outcome, lift::downlink)
    }

    /// Reads back what was sent to a device.
    pub(crate) fn decode_downlink(
        &self,
        downlink: &SentDownlink,
        settings: &Settings,
    ) -> Call<Reading> {
        let variables = wire_variables(&settings.variables);
        let downlink = codec::SentDownlink {
            f_port: downlink.f_port,
            payload: &downlink.payload,
            sent_at: downlink.sent_at,
            variables: &variables,
        };
        let outcome =
            self.call(downlink, |instance, store| self.functions.decode_downlink(instance, store));
        self.lifted(outcome, lift::reading)
    }

    fn uplink(
        &self,
        f_port: u8,
        f_cnt: u32,
        payload: &[u8],
        received_at: u64,
        settings: &Settings,
    ) -> Call<Reading> {
        let variables = wire_variables(&settings.variables);
        let uplink = codec::Uplink {
            f_port,
            f_cnt,
            payload,
            received_at,
            variables: &variables,
            state: &settings.state,
        };
        let outcome =
            self.call(uplink, |instance, store| self.functions.decode_uplink(instance, store));
        self.lifted(outcome, lift::reading)
    }

    /// Makes an instance, asks it for each function and throws it away: what cannot even start, or
    /// has a function of another type, is refused when it is loaded.
    pub(crate) fn audition(&self) -> Result<(), LoadError> {
        let _slot = self.slots.take();
        let mut store = self.store();
        let instance = self.pre.instantiate(&mut store).map_err(|error| {
            LoadError::Instantiation(self.call_error(&error, Stage::Instantiating))
        })?;
        self.functions
            .check_types(&instance, &mut store)
            .map_err(|error| LoadError::NotADecoder { reason: format!("{error:#}") })
    }

    fn call<Input, Output>(
        &self,
        input: Input,
        function: impl FnOnce(&Instance, &mut Store<Meter>) -> wasmtime::Result<Function<Input, Output>>,
    ) -> (Result<Result<Output, codec::Failure>, CallError>, u64)
    where
        (Input,): ComponentNamedList + Lower,
        (Result<Output, codec::Failure>,): ComponentNamedList + Lift,
    {
        // Taken before the store and so given back after it, when its instance is gone.
        let _slot = self.slots.take();
        let mut store = self.store();
        let instance = match self.pre.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(error) => {
                return (Err(self.call_error(&error, Stage::Instantiating)), self.burnt(&store));
            }
        };
        let result = function(&instance, &mut store)
            .and_then(|function| function.call(&mut store, (input,)))
            .map(|(output,)| output);
        let fuel = self.burnt(&store);
        (result.map_err(|error| self.call_error(&error, Stage::Calling)), fuel)
    }

    fn store(&self) -> Store<Meter> {
        let mut store = Store::new(
            &self.engine,
            Meter {
                memory_bytes: self.limits.memory_bytes,
                table_elements: self.limits.table_elements,
                elements: 0,
            },
        );
        store.limiter(|meter| meter);
        store.set_hostcall_fuel(self.limits.output_bytes);
        if let Err(error) = store.set_fuel(self.limits.fuel) {
            // The engine counts fuel (`engine.rs`), so there is nothing that could refuse it. Were
            // it not so, the store would have none, and the call would end as out of fuel.
            tracing::error!(%error, "the engine does not count fuel");
        }
        store
    }

    fn burnt(&self, store: &Store<Meter>) -> u64 {
        self.limits.fuel - store.get_fuel().unwrap_or(0)
    }

    fn lifted<Wire, Lifted>(
        &self,
        (outcome, fuel): (Result<Result<Wire, codec::Failure>, CallError>, u64),
        lift: impl FnOnce(Wire, &Limits) -> Result<Lifted, CallError>,
    ) -> Call<Lifted> {
        let result = match outcome {
            Ok(Ok(wire)) => lift(wire, &self.limits),
            Ok(Err(failure)) => Err(lift::failure(failure, &self.limits)),
            Err(error) => Err(error),
        };
        Call { result, fuel, log: Vec::new() }
    }

    fn call_error(&self, error: &wasmtime::Error, stage: Stage) -> CallError {
        if let Some(growth) = error.downcast_ref::<GrowthError>() {
            return growth.call_error(&self.limits);
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => CallError::OutOfFuel { limit: self.limits.fuel },
            Some(Trap::StackOverflow) => CallError::StackExhausted,
            Some(Trap::UnreachableCodeReached) => CallError::Trapped {
                reason: "it reached code that ends it, as a panic does".into(),
            },
            Some(trap) => CallError::Trapped { reason: trap.to_string() },
            None => self.untyped_error(error, stage),
        }
    }

    /// wasmtime has no public types for what is wrong with values that a guest hands over.
    fn untyped_error(&self, error: &wasmtime::Error, stage: Stage) -> CallError {
        let reason = format!("{error:#}");
        if reason.contains("fuel allocated for hostcalls") {
            return CallError::Output(OutputError::TooLarge { limit: self.limits.output_bytes });
        }
        match stage {
            // The guest's code was running, so it is not what it returned that is wrong.
            _ if error.is::<WasmBacktrace>() => {
                CallError::Trapped { reason: error.root_cause().to_string() }
            }
            Stage::Instantiating => CallError::Trapped { reason },
            Stage::Calling => CallError::Output(OutputError::Malformed { reason }),
        }
    }
}

#[derive(Clone, Copy)]
enum Stage {
    Instantiating,
    Calling,
}

/// Watches over what an instance takes while it runs.
pub(crate) struct Meter {
    memory_bytes: usize,
    table_elements: usize,
    /// Elements of all tables so far.
    elements: usize,
}

impl ResourceLimiter for Meter {
    fn memory_growing(
        &mut self,
        _current: usize,
        wanted: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // An error and not a plain refusal: Rust would turn that into a panic, and the record would
        // say "crashed" where it should say "out of memory".
        if wanted > self.memory_bytes {
            Err(GrowthError::Memory { wanted }.into())
        } else {
            Ok(true)
        }
    }

    fn table_growing(
        &mut self,
        current: usize,
        wanted: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|own| own < self.table_elements && wanted > own) {
            // Beyond the maximum that the guest declared itself: it is told so, and nothing grows.
            return Ok(false);
        }
        let wanted = self.elements.saturating_add(wanted.saturating_sub(current));
        if wanted > self.table_elements {
            return Err(GrowthError::Table { wanted }.into());
        }
        self.elements = wanted;
        Ok(true)
    }
}

fn wire_variables(variables: &[Variable]) -> Vec<codec::Variable<'_>> {
    variables
        .iter()
        .map(|variable| codec::Variable {
            name: &variable.name,
            value: match &variable.value {
                crate::Value::Boolean(boolean) => codec::ValueParam::Boolean(*boolean),
                crate::Value::Integer(integer) => codec::ValueParam::Integer(*integer),
                crate::Value::Number(number) => codec::ValueParam::Number(*number),
                crate::Value::Text(text) => codec::ValueParam::Text(text),
            },
        })
        .collect()
}
