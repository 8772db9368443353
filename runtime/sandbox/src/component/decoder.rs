//! Calls a decoder: in an instance that is as if nobody had called it before.

use std::sync::Arc;

use champollion_frames::VerifiedUplink;
use wasmtime::WasmParams;

use super::{
    abi::{self, Word},
    code::Code,
    instance::{Function, Instance},
    lift::Lift,
    lower::Lower,
    panic_note::panic_note,
};
use crate::{
    Call, CallError, Command, Digest, Downlink, Limits, Reading, SentDownlink, Settings, Specimen,
};

/// A component that is compiled and checked, ready to be called from any thread.
pub(crate) struct ComponentDecoder {
    code: Arc<Code>,
    digest: Digest,
    limits: Limits,
}

impl ComponentDecoder {
    /// The decoder of the package with this digest.
    pub(crate) fn new(code: Arc<Code>, digest: Digest, limits: Limits) -> Self {
        Self { code, digest, limits }
    }

    /// The SHA-256 of the package that this decoder was loaded from.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// Bytes of compiled code and of the image that the decoder holds in memory. Others may hold the
    /// same.
    pub(crate) fn loaded_bytes(&self) -> usize {
        self.code.bytes()
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
        self.code
            .with_instance(&self.limits, |instance| self.run(instance, function, lower, lift))
            .unwrap_or_else(|error| Call::failed(self.limits.call_error(&error)))
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
        let result = outcome.unwrap_or_else(|error| Err(self.call_error(instance, &error)));
        let fuel = self.limits.fuel - instance.store.get_fuel().unwrap_or(0);
        let memory_bytes = instance.store.data().peak_bytes();
        (Call { result, fuel, memory_bytes, log: Vec::new() }, kept)
    }

    /// Returns the meaning of the engine's error. A decoder that panicked may have said why.
    fn call_error(&self, instance: &Instance, error: &wasmtime::Error) -> CallError {
        match self.limits.call_error(error) {
            CallError::Trapped { reason } => {
                let words = panic_note(instance.memory.data(&instance.store));
                let reason = words.map_or(reason, |words| format!("it panicked at {words}"));
                CallError::Trapped { reason }
            }
            other => other,
        }
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
}
