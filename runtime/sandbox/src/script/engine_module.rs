//! The engine as compiled code: made once for a process, or taken from the cache.

use std::path::Path;

use parking_lot::Mutex;
use wasmtime::{Config, Engine, InstancePre, Linker, Module};

use super::machine::Clock;
use crate::{
    Digest,
    code_cache::CodeCache,
    kept::barrier::{self, account_for_writes},
};

/// The engine as `cargo xtask guests` builds it; empty where it was not built before this crate.
const FILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/script-engine.wasm"));

/// Stack of WebAssembly code in bytes. It must be large enough that the stack in the engine's own
/// memory, of 128 KiB, is always exhausted first: that one is the same on every machine.
const STACK_BYTES: usize = 1 << 20;

/// Module and name of the engine's only import, the clock in microseconds since the epoch.
const CLOCK: (&str, &str) = ("env", "__rquickjs_host_now_us");

/// The engine, compiled and linked.
#[derive(Clone)]
pub(crate) struct EngineModule {
    pub(crate) engine: Engine,
    pub(crate) pre: InstancePre<Clock>,
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    #[error("it was not there when this program was built")]
    Missing,
    #[error("{0}")]
    Barrier(#[from] barrier::BarrierError),
    #[error("{0:#}")]
    WebAssembly(#[from] wasmtime::Error),
}

/// The engine module that the sandboxes of a process share: it depends on no setting of theirs.
static SHARED: Mutex<Option<EngineModule>> = Mutex::new(None);

impl EngineModule {
    /// The engine; compiled where neither this process nor the cache has it, which takes a second
    /// or two.
    pub(crate) fn get(code_cache: Option<&Path>) -> Result<Self, EngineError> {
        if FILE.is_empty() {
            return Err(EngineError::Missing);
        }
        let mut shared = SHARED.lock();
        if let Some(module) = &*shared {
            return Ok(module.clone());
        }
        let engine = Engine::new(&config())?;
        let module = compile(&engine, code_cache)?;
        let pre = linker(&engine)?.instantiate_pre(&module)?;
        Ok(shared.insert(Self { engine, pre }).clone())
    }
}

/// Like the engine for components where results and fuel are concerned, and without its pool: the
/// instances are few and stay.
fn config() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .cranelift_nan_canonicalization(true)
        // The memory of the cards is a second one, which the engine's own code cannot name.
        .wasm_multi_memory(true)
        // What else could write to a memory, or leave traces beside it.
        .wasm_relaxed_simd(false)
        .wasm_simd(false)
        .wasm_memory64(false)
        .max_wasm_stack(STACK_BYTES)
        .generate_address_map(false)
        .native_unwind_info(false);
    config
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<Clock>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap(CLOCK.0, CLOCK.1, |mut caller: wasmtime::Caller<'_, Clock>| {
        const MICROSECONDS: f64 = 1_000.0;
        let clock = caller.data_mut();
        clock.read = true;
        clock.now * MICROSECONDS
    })?;
    Ok(linker)
}

fn compile(engine: &Engine, code_cache: Option<&Path>) -> Result<Module, EngineError> {
    let cache = code_cache.and_then(|folder| match CodeCache::open(folder.to_owned(), engine) {
        Ok(cache) => Some(cache),
        Err(error) => {
            tracing::warn!(%error, "the script engine's code cannot be kept");
            None
        }
    });
    let digest = Digest::of(FILE);
    if let Some(module) = cache.as_ref().and_then(|cache| cache.get(digest, engine)) {
        return Ok(module);
    }
    let module = Module::from_binary(engine, &account_for_writes(FILE)?)?;
    if let Some(cache) = &cache
        && let Err(error) = module
            .serialize()
            .map_err(std::io::Error::other)
            .and_then(|code| cache.put(digest, &code))
    {
        tracing::warn!(%error, "the script engine's code could not be kept");
    }
    Ok(module)
}
