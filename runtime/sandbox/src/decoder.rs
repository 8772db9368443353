//! Calls a decoder: a fresh store and a fresh instance for each call.

use std::sync::Arc;

use champollion_frames::VerifiedUplink;
use wasmtime::{
    Engine, ResourceLimiter, Store, Trap, WasmBacktrace,
    component::{ComponentNamedList, Instance, InstancePre, Lift, Lower},
};

use crate::{
    CallError, Digest, Downlink, Limits, LoadError, Reading,
    contract::{self, Function, Functions, codec},
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
    /// The most linear memory that it had, in bytes; a script has all that it may have from the start.
    pub memory_bytes: usize,
    /// What a script has logged, a line each, within bounds; a component cannot log.
    pub log: Vec<String>,
}

impl<T> Call<T> {
    /// A call that ended before the decoder ran.
    pub(crate) fn failed(error: CallError) -> Self {
        Self { result: Err(error), fuel: 0, memory_bytes: 0, log: Vec::new() }
    }

    /// The same call with its result made into another type.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Call<U> {
        let Self { result, fuel, memory_bytes, log } = self;
        Call { result: result.map(make), fuel, memory_bytes, log }
    }
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

    /// Bytes of compiled code that the decoder holds in memory.
    pub(crate) fn code_bytes(&self) -> usize {
        let code = self.pre.component().image_range();
        code.end.addr() - code.start.addr()
    }

    /// Decodes a frame whose MIC was verified, or that a network server vouches for.
    pub(crate) fn decode_uplink(
        &self,
        uplink: &VerifiedUplink,
        settings: &Settings,
    ) -> Call<Reading> {
        let Some((f_port, payload)) = uplink.application_payload() else {
            return Call::failed(CallError::NoApplicationPayload);
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
        self.call(
            command,
            |instance, store| self.functions.encode_downlink(instance, store),
            lift::downlink,
        )
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
        self.call(
            downlink,
            |instance, store| self.functions.decode_downlink(instance, store),
            lift::reading,
        )
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
        self.call(
            uplink,
            |instance, store| self.functions.decode_uplink(instance, store),
            lift::reading,
        )
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

    /// Makes an instance, calls it, looks at what it returned and throws it away.
    fn call<Input, Output, Lifted>(
        &self,
        input: Input,
        function: impl FnOnce(&Instance, &mut Store<Meter>) -> wasmtime::Result<Function<Input, Output>>,
        lift: impl FnOnce(Output, &mut Store<Meter>, &Limits) -> Result<Lifted, CallError>,
    ) -> Call<Lifted>
    where
        (Input,): ComponentNamedList + Lower,
        (Result<Output, contract::Failure>,): ComponentNamedList + Lift,
    {
        // Taken before the store and so given back after it, when its instance is gone.
        let _slot = self.slots.take();
        let mut store = self.store();
        let called = match self.pre.instantiate(&mut store) {
            Ok(instance) => function(&instance, &mut store)
                .and_then(|function| function.call(&mut store, (input,)))
                .map_err(|error| self.call_error(&error, Stage::Calling)),
            Err(error) => Err(self.call_error(&error, Stage::Instantiating)),
        };
        let result = match called {
            Ok((Ok(output),)) => lift(output, &mut store, &self.limits),
            Ok((Err(failure),)) => Err(lift::failure(&failure, &store, &self.limits)),
            Err(error) => Err(error),
        };
        let fuel = self.limits.fuel - store.get_fuel().unwrap_or(0);
        Call { result, fuel, memory_bytes: store.data().peak_bytes, log: Vec::new() }
    }

    fn store(&self) -> Store<Meter> {
        let mut store = Store::new(
            &self.engine,
            Meter {
                memory_bytes: self.limits.memory_bytes,
                table_elements: self.limits.table_elements,
                elements: 0,
                peak_bytes: 0,
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

    fn call_error(&self, error: &wasmtime::Error, stage: Stage) -> CallError {
        if let Some(growth) = error.downcast_ref::<GrowthError>() {
            return growth.call_error(&self.limits);
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => CallError::OutOfFuel { limit: self.limits.fuel },
            Some(Trap::StackOverflow) => {
                CallError::StackExhausted { limit: self.limits.stack_bytes }
            }
            Some(Trap::UnreachableCodeReached) => CallError::Trapped {
                reason: "it reached code that ends it, as a panic does".into(),
            },
            Some(trap) => CallError::Trapped { reason: trap.to_string() },
            None => self.untyped_error(error, stage),
        }
    }

    fn untyped_error(&self, error: &wasmtime::Error, stage: Stage) -> CallError {
        match stage {
            // The guest's code was running, so it is not what it returned that is wrong.
            _ if error.is::<WasmBacktrace>() => {
                CallError::Trapped { reason: error.root_cause().to_string() }
            }
            Stage::Instantiating => CallError::Trapped { reason: format!("{error:#}") },
            Stage::Calling => CallError::Output(lift::unlifted(error, &self.limits)),
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
    /// The most memory so far.
    peak_bytes: usize,
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
            return Err(GrowthError::Memory { wanted }.into());
        }
        self.peak_bytes = self.peak_bytes.max(wanted);
        Ok(true)
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
