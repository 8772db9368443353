//! Calls a decoder: a fresh store and a fresh instance for each call.

use std::sync::Arc;

use champollion_frames::VerifiedUplink;
use wasmtime::{
    Engine, Instance, InstancePre, Linker, Memory, Module, ModuleExport, ResourceLimiter, Store,
    Trap, TypedFunc, WasmParams, WasmResults,
};

use super::{
    abi::{self, Realloc, Word},
    lift::Lift,
    lower::Lower,
};
use crate::{
    Call, CallError, Command, Digest, Downlink, Limits, LoadError, Reading, SentDownlink, Settings,
    Specimen, error::GrowthError, slots::Slots,
};

/// A component that is compiled and checked, ready to be called from any thread.
pub(crate) struct ComponentDecoder {
    engine: Engine,
    pre: InstancePre<Meter>,
    exports: Exports,
    digest: Digest,
    limits: Limits,
    slots: Arc<Slots>,
}

/// Where the exports of the contract are in one module: found once, used for every instance.
struct Exports {
    memory: ModuleExport,
    realloc: ModuleExport,
    decode_uplink: Function,
    encode_downlink: Function,
    decode_downlink: Function,
}

/// A function of the contract, and the one that is to be called once its result was read.
struct Function {
    function: ModuleExport,
    post_return: Option<ModuleExport>,
}

impl Exports {
    fn of(module: &Module) -> Result<Self, LoadError> {
        let export = |name: &str| {
            module.get_export_index(name).ok_or_else(|| LoadError::NotADecoder {
                reason: format!("its core module exports no {name:?}"),
            })
        };
        let function = |name: &str| {
            let post_return = module.get_export_index(&format!("{}{name}", abi::POST_RETURN));
            Ok::<_, LoadError>(Function { function: export(name)?, post_return })
        };
        Ok(Self {
            memory: export(abi::MEMORY)?,
            realloc: export(abi::REALLOC)?,
            decode_uplink: function(abi::DECODE_UPLINK)?,
            encode_downlink: function(abi::ENCODE_DOWNLINK)?,
            decode_downlink: function(abi::DECODE_DOWNLINK)?,
        })
    }
}

/// A fresh instance.
struct Fresh {
    store: Store<Meter>,
    instance: Instance,
}

impl Fresh {
    fn memory(&mut self, export: &ModuleExport) -> wasmtime::Result<Memory> {
        let export = self.instance.get_module_export(&mut self.store, export);
        export
            .and_then(wasmtime::Extern::into_memory)
            .ok_or_else(|| wasmtime::Error::msg("its memory is exported as something else"))
    }

    fn function<Parameters: WasmParams, Results: WasmResults>(
        &mut self,
        export: &ModuleExport,
    ) -> wasmtime::Result<TypedFunc<Parameters, Results>> {
        let export = self.instance.get_module_export(&mut self.store, export);
        export
            .and_then(wasmtime::Extern::into_func)
            .ok_or_else(|| wasmtime::Error::msg("a function is exported as something else"))?
            .typed(&self.store)
    }
}

impl ComponentDecoder {
    /// A decoder whose code is this module.
    pub(crate) fn new(
        engine: &Engine,
        module: &Module,
        digest: Digest,
        limits: Limits,
        slots: Arc<Slots>,
    ) -> Result<Self, LoadError> {
        let exports = Exports::of(module)?;
        // Empty, and that is the sandbox: what a module imports, nobody provides.
        let pre = Linker::new(engine)
            .instantiate_pre(module)
            .map_err(|error| LoadError::NotADecoder { reason: format!("{error:#}") })?;
        let decoder = Self { engine: engine.clone(), pre, exports, digest, limits, slots };
        decoder.audition()?;
        Ok(decoder)
    }

    /// The SHA-256 of the package that this decoder was loaded from.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// Bytes of compiled code that the decoder holds in memory.
    pub(crate) fn code_bytes(&self) -> usize {
        let code = self.pre.module().image_range();
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

    fn uplink(
        &self,
        f_port: u8,
        f_cnt: u32,
        payload: &[u8],
        received_at: u64,
        settings: &Settings,
    ) -> Call<Reading> {
        self.call(
            &self.exports.decode_uplink,
            |lower: &mut Lower<'_>| {
                let payload = lower.bytes(payload)?;
                let variables = lower.variables(&settings.variables)?;
                let state = lower.bytes(&settings.state)?;
                let flat: abi::Uplink = (
                    f_port.into(),
                    f_cnt,
                    payload.0,
                    payload.1,
                    received_at,
                    variables.0,
                    variables.1,
                    state.0,
                    state.1,
                );
                Ok(flat)
            },
            |lift, address| lift.reading(address),
        )
    }

    /// Encodes a command as the device expects it.
    pub(crate) fn encode_downlink(&self, command: &Command, settings: &Settings) -> Call<Downlink> {
        self.call(
            &self.exports.encode_downlink,
            |lower: &mut Lower<'_>| {
                let data = lower.text(&command.data)?;
                let variables = lower.variables(&settings.variables)?;
                let flat: abi::Command =
                    (data.0, data.1, command.issued_at, variables.0, variables.1);
                Ok(flat)
            },
            |lift, address| lift.downlink(address),
        )
    }

    /// Reads back what was sent to a device.
    pub(crate) fn decode_downlink(
        &self,
        downlink: &SentDownlink,
        settings: &Settings,
    ) -> Call<Reading> {
        self.call(
            &self.exports.decode_downlink,
            |lower: &mut Lower<'_>| {
                let payload = lower.bytes(&downlink.payload)?;
                let variables = lower.variables(&settings.variables)?;
                let flat: abi::SentDownlink = (
                    downlink.f_port.into(),
                    payload.0,
                    payload.1,
                    downlink.sent_at,
                    variables.0,
                    variables.1,
                );
                Ok(flat)
            },
            |lift, address| lift.reading(address),
        )
    }

    /// Makes an instance, asks it for each export and throws it away: what cannot even start, or
    /// has an export of another type, is refused when it is loaded.
    fn audition(&self) -> Result<(), LoadError> {
        let _slot = self.slots.take();
        let mut fresh = self
            .instantiate()
            .map_err(|error| LoadError::Instantiation(self.call_error(&error)))?;
        let mut check = || {
            let Exports { memory, realloc, decode_uplink, encode_downlink, decode_downlink } =
                &self.exports;
            fresh.memory(memory)?;
            fresh.function::<Realloc, Word>(realloc)?;
            fresh.function::<abi::Uplink, Word>(&decode_uplink.function)?;
            fresh.function::<abi::Command, Word>(&encode_downlink.function)?;
            fresh.function::<abi::SentDownlink, Word>(&decode_downlink.function)?;
            for function in [decode_uplink, encode_downlink, decode_downlink] {
                if let Some(post_return) = &function.post_return {
                    fresh.function::<Word, ()>(post_return)?;
                }
            }
            Ok(())
        };
        check().map_err(|error: wasmtime::Error| LoadError::NotADecoder {
            reason: format!("{error:#}"),
        })
    }

    /// Makes an instance, calls it, looks at what it returned and throws it away.
    fn call<Flat: WasmParams, Lifted>(
        &self,
        function: &Function,
        lower: impl FnOnce(&mut Lower<'_>) -> wasmtime::Result<Flat>,
        lift: impl FnOnce(&Lift<'_>, Word) -> Result<Lifted, CallError>,
    ) -> Call<Lifted> {
        // Taken before the store and so given back after it, when its instance is gone.
        let _slot = self.slots.take();
        let mut fresh = match self.instantiate() {
            Ok(fresh) => fresh,
            Err(error) => return Call::failed(self.call_error(&error)),
        };
        let result = self.run(&mut fresh, function, lower, lift);
        let fuel = self.limits.fuel - fresh.store.get_fuel().unwrap_or(0);
        let memory_bytes = fresh.store.data().peak_bytes;
        Call { result, fuel, memory_bytes, log: Vec::new() }
    }

    fn run<Flat: WasmParams, Lifted>(
        &self,
        fresh: &mut Fresh,
        function: &Function,
        lower: impl FnOnce(&mut Lower<'_>) -> wasmtime::Result<Flat>,
        lift: impl FnOnce(&Lift<'_>, Word) -> Result<Lifted, CallError>,
    ) -> Result<Lifted, CallError> {
        let memory = fresh.memory(&self.exports.memory);
        let memory = memory.map_err(|error| self.call_error(&error))?;
        let call = || {
            let realloc = fresh.function(&self.exports.realloc)?;
            let called = fresh.function::<Flat, Word>(&function.function)?;
            let flat = lower(&mut Lower { store: &mut fresh.store, memory, realloc: &realloc })?;
            called.call(&mut fresh.store, flat)
        };
        let address = call().map_err(|error| self.call_error(&error))?;
        let lifted = lift(&Lift::new(memory.data(&fresh.store), &self.limits), address);
        if let Some(post_return) = &function.post_return {
            // It frees what is thrown away all the same, but it belongs to the call: what it burns
            // is counted, and if it crashes the call has.
            let mut free = || {
                let post_return = fresh.function::<Word, ()>(post_return)?;
                post_return.call(&mut fresh.store, address)
            };
            free().map_err(|error| self.call_error(&error))?;
        }
        lifted
    }

    fn instantiate(&self) -> wasmtime::Result<Fresh> {
        let mut store = self.store();
        let instance = self.pre.instantiate(&mut store)?;
        Ok(Fresh { store, instance })
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
        if let Err(error) = store.set_fuel(self.limits.fuel) {
            // The engine counts fuel (`engine.rs`), so there is nothing that could refuse it. Were
            // it not so, the store would have none, and the call would end as out of fuel.
            tracing::error!(%error, "the engine does not count fuel");
        }
        store
    }

    fn call_error(&self, error: &wasmtime::Error) -> CallError {
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
            None => CallError::Trapped { reason: error.root_cause().to_string() },
        }
    }
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
