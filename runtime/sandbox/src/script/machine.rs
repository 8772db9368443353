//! One instance of the engine, which is kept and put back into the state that a call wants.

use std::sync::Arc;

use wasmtime::{Engine, InstancePre, Memory, Store, TypedFunc};

use crate::kept::{
    account::Account,
    image::{Base, Delta},
};

/// The name of the engine's memory.
const MEMORY: &str = "memory";

const WASM_PAGE_BYTES: usize = 64 << 10;

/// The clock of a store: what the engine's only import answers.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// Milliseconds since the epoch.
    pub(crate) now: f64,
    /// Whether somebody looked at it.
    pub(crate) read: bool,
}

/// An instance and what its memory holds.
pub(crate) struct Machine {
    store: Store<Clock>,
    memory: Memory,
    /// The memory in bytes that was asked for.
    memory_bytes: usize,
    account: Account,
    start: TypedFunc<(), ()>,
    reserve: TypedFunc<u32, u32>,
    load: TypedFunc<(), u32>,
    call: TypedFunc<(), u32>,
    report: TypedFunc<(), u32>,
}

/// A task that an instance is asked to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Load,
    Call,
}

impl Machine {
    /// Makes an instance with so much memory, whose content is still the module's own.
    pub(crate) fn new(
        engine: &Engine,
        module: &InstancePre<Clock>,
        memory_bytes: usize,
    ) -> wasmtime::Result<Self> {
        let mut store = Store::new(engine, Clock::default());
        // Nothing runs while it is made; but for what the host calls, fuel is set before each call.
        store.set_fuel(u64::MAX)?;
        let instance = module.instantiate(&mut store)?;
        let missing = |what: &str| wasmtime::Error::msg(format!("the engine exports no {what}"));
        let memory = instance.get_memory(&mut store, MEMORY).ok_or_else(|| missing(MEMORY))?;
        let wanted = memory_bytes / WASM_PAGE_BYTES;
        let more = (wanted as u64).saturating_sub(memory.size(&store));
        memory.grow(&mut store, more)?;
        Ok(Self {
            account: Account::of(&instance, &mut store, memory).ok_or_else(|| missing("cards"))?,
            start: instance.get_typed_func(&mut store, "start")?,
            reserve: instance.get_typed_func(&mut store, "reserve")?,
            load: instance.get_typed_func(&mut store, "load")?,
            call: instance.get_typed_func(&mut store, "call")?,
            report: instance.get_typed_func(&mut store, "report")?,
            memory,
            memory_bytes,
            store,
        })
    }

    /// Starts the engine in a new instance and gives what its memory holds then.
    pub(crate) fn start(&mut self) -> wasmtime::Result<Base> {
        let start = self.start.clone();
        start.call(&mut self.store, ())?;
        self.clear_dead_stack();
        Ok(self.account.base(&mut self.store))
    }

    /// Where the report is: the same in every instance.
    pub(crate) fn report_address(&mut self) -> wasmtime::Result<usize> {
        let report = self.report.clone();
        Ok(report.call(&mut self.store, ())? as usize)
    }

    /// Whether it was made with so many bytes of memory.
    pub(crate) fn has(&self, memory_bytes: usize) -> bool {
        self.memory_bytes == memory_bytes
    }

    /// Whether its memory holds this, but for what the last call wrote.
    pub(crate) fn holds(&self, delta: &Arc<Delta>) -> bool {
        self.account.holds(delta)
    }

    /// Puts memory and globals back into a state: exactly the base and the delta.
    pub(crate) fn restore(&mut self, base: &Base, wanted: &Arc<Delta>) -> wasmtime::Result<()> {
        self.account.restore(&mut self.store, base, wanted)
    }

    /// Keeps what was written since the last restore as what a codec changed. The machine holds it.
    pub(crate) fn keep(&mut self, base: &Base) -> Arc<Delta> {
        self.clear_dead_stack();
        self.account.keep(&mut self.store, base)
    }

    /// Clears the stack below its pointer, where nothing is read again: what the parser left there
    /// would be kept for each codec. The stack lies at the bottom of the memory.
    fn clear_dead_stack(&mut self) {
        if let Some(pointer) = self.account.stack_pointer(&mut self.store)
            && let Ok(address) = usize::try_from(pointer)
            && let Some(dead) = self.memory.data_mut(&mut self.store).get_mut(..address)
        {
            dead.fill(0);
        }
    }

    /// Returns the bytes that the last run wrote to, counted in cards: true once it was restored or
    /// kept.
    pub(crate) fn last_written_bytes(&self) -> usize {
        self.account.last_written_bytes()
    }

    /// Returns the bytes that its codec takes beside the engine's own memory: what loading it changed, and what was
    /// written since it was put back.
    pub(crate) fn used_bytes(&self) -> usize {
        self.account.delta_bytes() + self.account.written_bytes(&self.store)
    }

    /// Bytes of what its codec changed in the engine's own memory.
    pub(crate) fn delta_bytes(&self) -> usize {
        self.account.delta_bytes()
    }

    /// Hands over an input and has it worked on; gives the address of the answer and the fuel that
    /// was burnt.
    pub(crate) fn run(
        &mut self,
        task: Task,
        input: &[u8],
        now: f64,
        fuel: u64,
    ) -> (wasmtime::Result<u32>, u64) {
        if let Err(error) = self.store.set_fuel(fuel) {
            return (Err(error), 0);
        }
        *self.store.data_mut() = Clock { now, read: false };
        let result = self.reserve_and_run(task, input);
        let left = self.store.get_fuel().unwrap_or(0);
        (result, fuel - left)
    }

    fn reserve_and_run(&mut self, task: Task, input: &[u8]) -> wasmtime::Result<u32> {
        let reserve = self.reserve.clone();
        let length = u32::try_from(input.len())?;
        let place = reserve.call(&mut self.store, length)?;
        let place = place as usize;
        self.memory.write(&mut self.store, place, input)?;
        self.account.mark_written(&mut self.store, place, input.len());
        let function = match task {
            Task::Load => self.load.clone(),
            Task::Call => self.call.clone(),
        };
        function.call(&mut self.store, ())
    }

    /// Whether the codec looked at the clock in the last run.
    pub(crate) fn clock_was_read(&self) -> bool {
        self.store.data().read
    }

    /// The memory as it is.
    pub(crate) fn memory(&self) -> &[u8] {
        self.memory.data(&self.store)
    }

    /// Whether the stack was exhausted: it lies at the bottom of the memory, and its pointer is below
    /// that.
    pub(crate) fn stack_is_exhausted(&mut self) -> bool {
        self.account.stack_pointer(&mut self.store).is_some_and(|address| address < 0)
    }
}
