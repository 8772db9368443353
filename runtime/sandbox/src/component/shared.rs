//! Packages with the same code share it.
//!
//! A maker has a family of devices and one format for them all, so many packages differ in their
//! manifests alone. What is shared is in the caches of the processor more often, and in memory once.
//! No package learns of another: an instance is put back before each call, whoever called it last.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;

use super::code::Code;
use crate::{Digest, Limits};

/// The codes that are loaded.
#[derive(Default)]
pub(crate) struct SharedCode(Mutex<HashMap<Key, Weak<Code>>>);

/// The key of shared code: the module, and the limits that its instances are made with.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    module: Digest,
    fuel: u64,
    memory_bytes: usize,
    table_elements: usize,
}

impl SharedCode {
    /// The code of a module, made if nobody has it.
    pub(crate) fn get_or<E>(
        &self,
        module: &[u8],
        limits: &Limits,
        make: impl FnOnce() -> Result<Code, E>,
    ) -> Result<Arc<Code>, E> {
        let Limits { fuel, memory_bytes, table_elements, .. } = *limits;
        let key = Key { module: Digest::of(module), fuel, memory_bytes, table_elements };
        if let Some(code) = self.loaded(&key) {
            return Ok(code);
        }
        // Not while others wait. Should two make the same at once, both have it for themselves.
        let code = Arc::new(make()?);
        let mut codes = self.0.lock();
        if codes.len() == codes.capacity() {
            codes.retain(|_, code| code.strong_count() > 0);
        }
        codes.insert(key, Arc::downgrade(&code));
        Ok(code)
    }

    fn loaded(&self, key: &Key) -> Option<Arc<Code>> {
        self.0.lock().get(key)?.upgrade()
    }
}

#[cfg(test)]
mod tests {
    use champollion_attacks::guests::{Answer, Guest};
    use wasmtime::Module;

    use super::*;
    use crate::{
        LoadError,
        component::{Places, core_module},
        engine::engine,
    };

    #[test]
    fn code_is_made_once_for_all_who_may_share_it_and_goes_with_the_last() {
        let (limits, places) = (Limits::default(), Arc::new(Places::new()));
        let engine = engine(&limits).unwrap();
        let component = Guest::answering(Answer::reading()).component();
        let module = core_module(&component).unwrap();
        let compiled = Module::new(&engine, module).unwrap();
        let shared = SharedCode::default();
        let made = std::cell::Cell::new(0);
        let get = |module: &[u8], limits: &Limits| {
            let make = || {
                made.set(made.get() + 1);
                Code::new(&engine, &compiled, limits, Arc::clone(&places))
            };
            shared.get_or::<LoadError>(module, limits, make).unwrap()
        };
        let (one, other) = (get(module, &limits), get(module, &limits));
        assert!(Arc::ptr_eq(&one, &other));
        let less_memory = Limits { memory_bytes: limits.memory_bytes / 2, ..limits.clone() };
        let _lower = get(module, &less_memory);
        let _different = get(b"another module", &limits);
        assert_eq!(made.get(), 3);
        drop((one, other));
        let _again = get(module, &limits);
        assert_eq!(made.get(), 4);
    }

    #[test]
    fn what_nobody_has_any_more_is_forgotten() {
        let limits = Limits::default();
        let engine = engine(&limits).unwrap();
        let component = Guest::answering(Answer::reading()).component();
        let compiled = Module::new(&engine, core_module(&component).unwrap()).unwrap();
        let places = Arc::new(Places::new());
        let shared = SharedCode::default();
        for number in 0..1_000_u32 {
            let make = || Code::new(&engine, &compiled, &limits, Arc::clone(&places));
            drop(shared.get_or::<LoadError>(&number.to_le_bytes(), &limits, make).unwrap());
        }
        assert!(shared.0.lock().len() < 10);
    }
}
