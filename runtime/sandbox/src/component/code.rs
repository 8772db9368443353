//! The code of decoders, and the instances of it that are kept.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use wasmtime::{Engine, InstancePre, Linker, Module, Store};

use super::{
    instance::{Exports, Image, Instance, Meter, NoInstance},
    places::Places,
};
use crate::{Limits, LoadError};

/// A core module that is compiled and checked, ready to be called from any thread.
pub(crate) struct Code {
    engine: Engine,
    pre: InstancePre<Meter>,
    exports: Exports,
    /// The image that every call begins with, where instances can be put back to it. Where they cannot, each
    /// call gets a new one.
    image: Option<Image>,
    /// The instances that are kept and wait for calls.
    idle: Mutex<Vec<Instance>>,
    places: Arc<Places>,
}

impl Code {
    /// Prepares the code of a module. A module that cannot even start within the limits, or has an export of
    /// another type than the contract's, is refused.
    pub(crate) fn new(
        engine: &Engine,
        module: &Module,
        limits: &Limits,
        places: Arc<Places>,
    ) -> Result<Self, LoadError> {
        let exports = Exports::of(module)?;
        // Empty, and that is the sandbox: what a module imports, nobody provides.
        let pre = Linker::new(engine)
            .instantiate_pre(module)
            .map_err(|error| LoadError::NotADecoder { reason: format!("{error:#}") })?;
        let (engine, idle) = (engine.clone(), Mutex::default());
        let mut code = Self { engine, pre, exports, image: None, idle, places };
        code.image = code.audition(limits)?;
        Ok(code)
    }

    /// Makes an instance and throws it away; gives what it held.
    fn audition(&self, limits: &Limits) -> Result<Option<Image>, LoadError> {
        let _place = self.places.make();
        let mut instance = self.instance(limits).map_err(|error| match error {
            NoInstance::Start(error) => LoadError::Instantiation(limits.call_error(&error)),
            NoInstance::Exports(error) => LoadError::NotADecoder { reason: format!("{error:#}") },
        })?;
        Ok(instance.image())
    }

    /// Bytes of compiled code and of the image that are held in memory.
    pub(crate) fn bytes(&self) -> usize {
        let code = self.pre.module().image_range();
        code.end.addr() - code.start.addr() + self.image.as_ref().map_or(0, Image::bytes)
    }

    /// Gives an instance that is as if nobody had called it before, and tells what became of it.
    /// `call` says whether the instance may be kept: it must have returned from all that it was called
    /// for.
    pub(crate) fn with_instance<T>(
        &self,
        limits: &Limits,
        call: impl FnOnce(&mut Instance) -> (T, bool),
    ) -> wasmtime::Result<T> {
        let idle = self.idle().pop();
        if let (Some(image), Some(mut instance)) = (&self.image, idle) {
            let called = instance.restore(image).map(|()| call(&mut instance));
            if let Ok((_, true)) = called {
                self.idle().push(instance);
            } else {
                // After a trap its memory could be put back too, but what a trap leaves in the engine
                // is not ours to know.
                drop(instance);
                self.places.give_back(1);
            }
            return called.map(|(outcome, _)| outcome);
        }
        // Taken before the instance is made and so given back after it is gone.
        let _place = self.places.make();
        let mut instance = match self.instance(limits) {
            Ok(instance) => instance,
            Err(NoInstance::Start(error) | NoInstance::Exports(error)) => return Err(error),
        };
        let (outcome, kept) = call(&mut instance);
        if let Some(image) = &self.image
            && kept
            && self.places.keep()
        {
            instance.is_untouched(image);
            self.idle().push(instance);
        }
        Ok(outcome)
    }

    fn instance(&self, limits: &Limits) -> Result<Instance, NoInstance> {
        let mut store = Store::new(&self.engine, Meter::new(limits));
        store.limiter(|meter| meter);
        if let Err(error) = store.set_fuel(limits.fuel) {
            // The engine counts fuel (`engine.rs`), so there is nothing that could refuse it. Were
            // it not so, the store would have none, and the call would end as out of fuel.
            tracing::error!(%error, "the engine does not count fuel");
        }
        Instance::new(store, &self.pre, &self.exports)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Instance>> {
        // Nothing can panic while it is locked.
        self.idle.lock()
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        let idle = std::mem::take(self.idle.get_mut());
        let count = u32::try_from(idle.len()).unwrap_or(u32::MAX);
        drop(idle);
        self.places.give_back(count);
    }
}
