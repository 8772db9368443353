//! Guests of the attack suite's making, and what the tests do with them.

pub(crate) use champollion_attacks::guests::{Answer, BASE, Guest, Measured, layout};

use champollion_sandbox::{
    Call, CallError, Decoder, Limits, Reading, Sandbox, SandboxConfig, Settings, Specimen,
};

/// A sandbox with the default limits and without a code cache.
pub(crate) fn sandbox() -> Sandbox {
    limited(Limits::default())
}

/// A sandbox with other limits.
pub(crate) fn limited(limits: Limits) -> Sandbox {
    Sandbox::new(SandboxConfig { limits, ..SandboxConfig::default() }).expect("the engine starts")
}

/// Loads what must load.
#[track_caller]
pub(crate) fn load(sandbox: &Sandbox, component: &[u8]) -> Decoder {
    sandbox.load(component).unwrap_or_else(|error| panic!("the guest is not loaded: {error}"))
}

/// Decodes the same small frame each time.
pub(crate) fn call(decoder: &Decoder) -> Call<Reading> {
    decoder.try_uplink(&specimen(), &Settings::default())
}

/// Loads a guest that must load and gives what its call comes to.
#[track_caller]
pub(crate) fn outcome(sandbox: &Sandbox, guest: &Guest) -> Result<Reading, CallError> {
    call(&load(sandbox, &guest.component())).result
}

/// Makes a small frame.
pub(crate) fn specimen() -> Specimen {
    Specimen {
        f_port: 2,
        f_cnt: 7,
        payload: vec![0x01, 0x02, 0x03],
        received_at: 1_767_225_600_000,
    }
}
