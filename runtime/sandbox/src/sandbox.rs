//! Makes decoders of components.

use std::{path::PathBuf, sync::Arc};

use wasmtime::{Engine, Module};

use crate::{
    CallLimits, Compiler, Decoder, Digest, Limits, LoadError, Script,
    code_cache::CodeCache,
    component::{
        Code, ComponentDecoder, Places, SharedCode, core_module, inspect_file, inspect_structure,
    },
    engine,
    script::{ScriptDecoder, Workshop},
    slots::Slots,
};

/// The configuration of a sandbox.
#[derive(Clone, Debug, Default)]
pub struct SandboxConfig {
    /// The limits of a decoder and of its calls.
    pub limits: Limits,
    /// Where components are compiled.
    pub compiler: Compiler,
    /// The folder for compiled code; `None` compiles anew each time.
    pub code_cache: Option<PathBuf>,
}

/// WebAssembly runs on the stack of the thread that calls it, and the smallest that do have 2 MiB.
/// Beyond its end the process would end too.
const MOST_STACK_BYTES: usize = 1 << 20;

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// wasmtime cannot work here.
    #[error("the WebAssembly engine cannot be set up on this machine: {0}")]
    Engine(String),
    /// The stack of WebAssembly must leave room on the thread that it is on.
    #[error(
        "a stack of {bytes} bytes is more than {MOST_STACK_BYTES}, which threads have room for"
    )]
    StackTooLarge {
        /// The bytes that the limits allow.
        bytes: usize,
    },
    /// The folder for compiled code cannot be used.
    #[error("the folder for compiled code {folder} cannot be used: {source}")]
    CodeCache {
        /// The folder in question.
        folder: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
}

/// Where decoders run. It holds the engine and the pool of instances that all decoders share.
pub struct Sandbox {
    engine: Engine,
    limits: Limits,
    places: Arc<Places>,
    compiler: Compiler,
    /// Compiling is bounded in how much of it goes on at once, too.
    compilations: Slots,
    code_cache: Option<CodeCache>,
    shared: SharedCode,
    workshop: Arc<Workshop>,
}

/// Components that are compiled at once. One leaves the other cores to the frames.
const COMPILATIONS: u32 = 1;

impl Sandbox {
    /// Sets up the engine.
    pub fn new(config: SandboxConfig) -> Result<Self, SandboxError> {
        if config.limits.stack_bytes > MOST_STACK_BYTES {
            return Err(SandboxError::StackTooLarge { bytes: config.limits.stack_bytes });
        }
        let engine = engine::engine(&config.limits)
            .map_err(|error| SandboxError::Engine(format!("{error:#}")))?;
        let workshop = Workshop::new(config.limits.clone(), config.code_cache.clone());
        let code_cache = config
            .code_cache
            .map(|folder| {
                CodeCache::open(folder.clone(), &engine)
                    .map_err(|source| SandboxError::CodeCache { folder, source })
            })
            .transpose()?;
        Ok(Self {
            engine,
            limits: config.limits,
            places: Arc::new(Places::new()),
            compiler: config.compiler,
            compilations: Slots::new(COMPILATIONS),
            code_cache,
            shared: SharedCode::default(),
            workshop: Arc::new(workshop),
        })
    }

    /// Returns the limits of a decoder and of its calls.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Checks and compiles a component. Takes up to some hundred milliseconds, or well below one
    /// where the cache has its code; it belongs on a thread that may block.
    pub fn load(&self, file: &[u8]) -> Result<Decoder, LoadError> {
        self.load_within(file, &CallLimits::default())
    }

    /// The same for a decoder whose calls may use and return less than others'.
    pub fn load_within(&self, file: &[u8], lower: &CallLimits) -> Result<Decoder, LoadError> {
        inspect_file(file, &self.limits)?;
        inspect_structure(file, &self.limits)?;
        let digest = Digest::of(file);
        let limits = self.limits.lowered(lower);
        // Also where its code is loaded: what is around it must fit the contract as well.
        let module = self.compile(file, digest)?;
        let code = self.shared.get_or(core_module(file)?, &limits, || {
            Code::new(&self.engine, &module, &limits, Arc::clone(&self.places))
        })?;
        Ok(Decoder::from(ComponentDecoder::new(code, digest, limits)))
    }

    /// Evaluates a codec in JavaScript and finds its functions; `digest` is that of the package that
    /// it comes from. Takes some milliseconds. The first script of a process waits for the engine,
    /// which takes some seconds to compile where the cache has no code of it.
    pub fn load_script(&self, script: &Script, digest: Digest) -> Result<Decoder, LoadError> {
        self.load_script_within(script, digest, &CallLimits::default())
    }

    /// The same for a script whose calls may use and return less than others'. Its memory is that of
    /// all scripts.
    pub fn load_script_within(
        &self,
        script: &Script,
        digest: Digest,
        lower: &CallLimits,
    ) -> Result<Decoder, LoadError> {
        ScriptDecoder::load(&self.workshop, script, digest, lower).map(Decoder::from)
    }

    /// The code of a component's core module; what the cache has was checked when it came there.
    fn compile(&self, file: &[u8], digest: Digest) -> Result<Module, LoadError> {
        if let Some(module) =
            self.code_cache.as_ref().and_then(|cache| cache.get(digest, &self.engine))
        {
            return Ok(module);
        }
        let code = {
            let _turn = self.compilations.take();
            self.compiler.compile(&self.engine, file, &self.limits)?
        };
        let module = code.load(&self.engine)?;
        if let Some(cache) = &self.code_cache
            && let Err(error) = cache.put(digest, code.bytes())
        {
            // A cache that cannot be written costs time and loses nothing.
            tracing::warn!(%digest, %error, "compiled code could not be kept");
        }
        Ok(module)
    }
}
