//! An instance of a decoder's module, with the functions of the contract.

use std::sync::Arc;

use wasmtime::{
    InstancePre, Memory, ModuleExport, ResourceLimiter, Store, TypedFunc, WasmParams, WasmResults,
};

use super::abi::{self, Realloc, Word};
use crate::{
    Limits, LoadError,
    error::GrowthError,
    kept::{
        account::Account,
        image::{Base, Delta},
    },
};

/// Where the exports of the contract are in one module: found once, used for every instance.
pub(crate) struct Exports {
    memory: ModuleExport,
    realloc: ModuleExport,
    decode_uplink: FunctionExport,
    encode_downlink: FunctionExport,
    decode_downlink: FunctionExport,
}

struct FunctionExport {
    function: ModuleExport,
    post_return: Option<ModuleExport>,
}

impl Exports {
    pub(crate) fn of(module: &wasmtime::Module) -> Result<Self, LoadError> {
        let export = |name: &str| {
            module.get_export_index(name).ok_or_else(|| LoadError::NotADecoder {
                reason: format!("its core module exports no {name:?}"),
            })
        };
        let function = |name: &str| {
            let post_return = module.get_export_index(&format!("{}{name}", abi::POST_RETURN));
            Ok::<_, LoadError>(FunctionExport { function: export(name)?, post_return })
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

/// A function of the contract.
pub(crate) struct Function<Flat> {
    pub(crate) call: TypedFunc<Flat, Word>,
    /// Is told when the result was read.
    pub(crate) post_return: Option<TypedFunc<Word, ()>>,
}

/// An instance in its store.
pub(crate) struct Instance {
    pub(crate) store: Store<Meter>,
    pub(crate) memory: Memory,
    pub(crate) realloc: TypedFunc<Realloc, Word>,
    pub(crate) decode_uplink: Function<abi::Uplink>,
    pub(crate) encode_downlink: Function<abi::Command>,
    pub(crate) decode_downlink: Function<abi::SentDownlink>,
    /// The account of the instance's writes, where its module keeps one.
    pub(crate) account: Option<Account>,
}

/// The content of an instance that was never called.
pub(crate) struct Image {
    base: Base,
    untouched: Arc<Delta>,
}

impl Instance {
    /// Makes an instance, in a store that has fuel.
    pub(crate) fn new(
        mut store: Store<Meter>,
        pre: &InstancePre<Meter>,
        exports: &Exports,
    ) -> Result<Self, NoInstance> {
        let instance = pre.instantiate(&mut store).map_err(NoInstance::Start)?;
        let mut exported = Exported { instance: &instance, store: &mut store };
        let (memory, realloc, decode_uplink, encode_downlink, decode_downlink) =
            exported.all(exports).map_err(NoInstance::Exports)?;
        let account = Account::of(&instance, &mut store, memory);
        Ok(Self {
            store,
            memory,
            realloc,
            decode_uplink,
            encode_downlink,
            decode_downlink,
            account,
        })
    }

    /// Takes the image of an instance, if it can be put back to one; it must not have been called yet.
    pub(crate) fn image(&mut self) -> Option<Image> {
        let base = self.account.as_mut()?.base(&mut self.store);
        let untouched = Arc::new(Delta::none(&base));
        Some(Image { base, untouched })
    }

    /// Says that it holds the image, since it was not called yet.
    pub(crate) fn is_untouched(&mut self, image: &Image) {
        if let Some(account) = &mut self.account {
            account.is_untouched(&image.untouched);
        }
    }

    /// Whether it can be put back to its image.
    pub(crate) fn can_be_restored(&self) -> bool {
        self.account.as_ref().is_some_and(|account| !account.has_grown(&self.store))
    }

    /// Puts it back to the image: memory and globals, all that a call of it could change.
    pub(crate) fn restore(&mut self, image: &Image) -> wasmtime::Result<()> {
        match &mut self.account {
            Some(account) => account.restore(&mut self.store, &image.base, &image.untouched),
            None => Err(wasmtime::Error::msg("it keeps no account of what it writes")),
        }
    }
}

impl Image {
    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.base.size()
    }
}

/// Why there is no instance.
pub(crate) enum NoInstance {
    /// It does not start.
    Start(wasmtime::Error),
    /// It has exports of other types than the contract's.
    Exports(wasmtime::Error),
}

struct Exported<'a> {
    instance: &'a wasmtime::Instance,
    store: &'a mut Store<Meter>,
}

impl Exported<'_> {
    #[expect(clippy::type_complexity, reason = "it is taken apart at once")]
    fn all(
        &mut self,
        exports: &Exports,
    ) -> wasmtime::Result<(
        Memory,
        TypedFunc<Realloc, Word>,
        Function<abi::Uplink>,
        Function<abi::Command>,
        Function<abi::SentDownlink>,
    )> {
        Ok((
            self.memory(&exports.memory)?,
            self.typed(&exports.realloc)?,
            self.function(&exports.decode_uplink)?,
            self.function(&exports.encode_downlink)?,
            self.function(&exports.decode_downlink)?,
        ))
    }

    fn memory(&mut self, export: &ModuleExport) -> wasmtime::Result<Memory> {
        let export = self.instance.get_module_export(&mut *self.store, export);
        export
            .and_then(wasmtime::Extern::into_memory)
            .ok_or_else(|| wasmtime::Error::msg("its memory is exported as something else"))
    }

    fn function<Flat: WasmParams>(
        &mut self,
        export: &FunctionExport,
    ) -> wasmtime::Result<Function<Flat>> {
        Ok(Function {
            call: self.typed(&export.function)?,
            post_return: export.post_return.as_ref().map(|free| self.typed(free)).transpose()?,
        })
    }

    fn typed<Parameters: WasmParams, Results: WasmResults>(
        &mut self,
        export: &ModuleExport,
    ) -> wasmtime::Result<TypedFunc<Parameters, Results>> {
        let export = self.instance.get_module_export(&mut *self.store, export);
        export
            .and_then(wasmtime::Extern::into_func)
            .ok_or_else(|| wasmtime::Error::msg("a function is exported as something else"))?
            .typed(&*self.store)
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

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let (memory_bytes, table_elements) = (limits.memory_bytes, limits.table_elements);
        Self { memory_bytes, table_elements, elements: 0, peak_bytes: 0 }
    }

    /// The most memory so far, in bytes.
    pub(crate) fn peak_bytes(&self) -> usize {
        self.peak_bytes
    }
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
