//! Calls a decoder: in an instance that is as if nobody had called it before.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use champollion_frames::VerifiedUplink;
use wasmtime::{Engine, InstancePre, Linker, Module, Store, Trap, WasmParams};

use super::{
    abi::{self, Word},
    instance::{Exports, Function, Image, Instance, Meter, NoInstance},
    lift::Lift,
    lower::Lower,
    places::Places,
};
use crate::{
    Call, CallError, Command, Digest, Downlink, Limits, LoadError, Reading, SentDownlink, Settings,
    Specimen, error::GrowthError,
};

/// A component that is compiled and checked, ready to be called from any thread.
pub(crate) struct ComponentDecoder {
    engine: Engine,
    pre: InstancePre<Meter>,
    exports: Exports,
    digest: Digest,
    limits: Limits,
    /// What every call begins with, where instances can be put back to it. Where they cannot, each
    /// call gets a new one.
    image: Option<Image>,
    /// The instances that are kept and wait for calls.
    idle: Mutex<Vec<Instance>>,
    places: Arc<Places>,
}

impl ComponentDecoder {
    /// A decoder whose code is this module. What cannot even start, or has an export of another type
    /// than the contract's, is refused.
    pub(crate) fn new(
        engine: &Engine,
        module: &Module,
        digest: Digest,
        limits: Limits,
        places: Arc<Places>,
    ) -> Result<Self, LoadError> {
        let exports = Exports::of(module)?;
        // Empty, and that is the sandbox: what a module imports, nobody provides.
        let pre = Linker::new(engine)
            .instantiate_pre(module)
            .map_err(|error| LoadError::NotADecoder { reason: format!("{error:#}") })?;
        let (engine, idle) = (engine.clone(), Mutex::default());
        let mut decoder = Self { engine, pre, exports, digest, limits, image: None, idle, places };
        decoder.image = decoder.audition()?;
        Ok(decoder)
    }

    /// Makes an instance and throws it away; gives what it held.
    fn audition(&self) -> Result<Option<Image>, LoadError> {
        let _place = self.places.make();
        let mut instance = self.instance().map_err(|error| match error {
            NoInstance::Start(error) => LoadError::Instantiation(self.call_error(&error)),
            NoInstance::Exports(error) => LoadError::NotADecoder { reason: format!("{error:#}") },
        })?;
        Ok(instance.image())
    }

    /// The SHA-256 of the package that this decoder was loaded from.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// Bytes of compiled code and of the image that the decoder holds in memory.
    pub(crate) fn loaded_bytes(&self) -> usize {
        let code = self.pre.module().image_range();
        code.end.addr() - code.start.addr() + self.image.as_ref().map_or(0, Image::bytes)
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
            |instance| &instance.decode_uplink,
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
            |instance| &instance.encode_downlink,
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
            |instance| &instance.decode_downlink,
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

    /// Calls a function in an instance that is as if nobody had called it before, and looks at what
    /// it returned.
    fn call<Flat: WasmParams, Lifted>(
        &self,
        function: impl Fn(&Instance) -> &Function<Flat>,
        lower: impl FnOnce(&mut Lower<'_>) -> wasmtime::Result<Flat>,
        lift: impl FnOnce(&Lift<'_>, Word) -> Result<Lifted, CallError>,
    ) -> Call<Lifted> {
        let image = self.image.as_ref();
        let idle = self.idle().pop();
        if let (Some(image), Some(mut instance)) = (image, idle) {
            let (call, kept) = match instance.restore(image) {
                Ok(()) => self.run(&mut instance, function, lower, lift),
                Err(error) => (Call::failed(self.call_error(&error)), false),
            };
            if kept {
                self.idle().push(instance);
            } else {
                // After a trap its memory could be put back too, but what a trap leaves in the engine
                // is not ours to know.
                drop(instance);
                self.places.give_back(1);
            }
            return call;
        }
        // Taken before the instance is made and so given back after it is gone.
        let _place = self.places.make();
        let mut instance = match self.instance() {
            Ok(instance) => instance,
            Err(NoInstance::Start(error) | NoInstance::Exports(error)) => {
                return Call::failed(self.call_error(&error));
            }
        };
        let (call, kept) = self.run(&mut instance, function, lower, lift);
        if let Some(image) = image
            && kept
            && self.places.keep()
        {
            instance.is_untouched(image);
            self.idle().push(instance);
        }
        call
    }

    /// Tells how the call ended, and whether the instance may be kept: it must have returned from all
    /// that it was called for.
    fn run<Flat: WasmParams, Lifted>(
        &self,
        instance: &mut Instance,
        function: impl Fn(&Instance) -> &Function<Flat>,
        lower: impl FnOnce(&mut Lower<'_>) -> wasmtime::Result<Flat>,
        lift: impl FnOnce(&Lift<'_>, Word) -> Result<Lifted, CallError>,
    ) -> (Call<Lifted>, bool) {
        let outcome = self.run_to_its_end(instance, function, lower, lift);
        let kept = outcome.is_ok() && instance.can_be_restored();
        let result = outcome.unwrap_or_else(|error| Err(self.call_error(&error)));
        let fuel = self.limits.fuel - instance.store.get_fuel().unwrap_or(0);
        let memory_bytes = instance.store.data().peak_bytes();
        (Call { result, fuel, memory_bytes, log: Vec::new() }, kept)
    }

    fn run_to_its_end<Flat: WasmParams, Lifted>(
        &self,
        instance: &mut Instance,
        function: impl Fn(&Instance) -> &Function<Flat>,
        lower: impl FnOnce(&mut Lower<'_>) -> wasmtime::Result<Flat>,
        lift: impl FnOnce(&Lift<'_>, Word) -> Result<Lifted, CallError>,
    ) -> wasmtime::Result<Result<Lifted, CallError>> {
        // What making an instance burnt is not the call's, which burns the same in every instance.
        instance.store.set_fuel(self.limits.fuel)?;
        let flat = lower(&mut Lower::into(instance))?;
        // A function is two words: copied, it leaves the store to be borrowed.
        let call = function(instance).call.clone();
        let address = call.call(&mut instance.store, flat)?;
        let lifted = lift(&Lift::new(instance.memory.data(&instance.store), &self.limits), address);
        if let Some(post_return) = function(instance).post_return.clone() {
            // It frees what is thrown away all the same, but it belongs to the call: what it burns
            // is counted, and if it crashes the call has.
            post_return.call(&mut instance.store, address)?;
        }
        Ok(lifted)
    }

    fn instance(&self) -> Result<Instance, NoInstance> {
        Instance::new(self.store(), &self.pre, &self.exports)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Instance>> {
        // Nothing can panic while it is locked.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> Store<Meter> {
        let mut store = Store::new(&self.engine, Meter::new(&self.limits));
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

impl Drop for ComponentDecoder {
    fn drop(&mut self) {
        let idle = std::mem::take(self.idle.get_mut().unwrap_or_else(PoisonError::into_inner));
        let count = u32::try_from(idle.len()).unwrap_or(u32::MAX);
        drop(idle);
        self.places.give_back(count);
    }
}
