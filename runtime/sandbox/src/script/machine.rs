//! One instance of the engine, which is kept and put back into the state that a call wants.

use std::sync::Arc;

use wasmtime::{Engine, Global, Instance, InstancePre, Memory, Store, TypedFunc, Val};

use super::{
    barrier::{CARD_BYTES, CARDS, GLOBAL, MOST_MEMORY_BYTES, OVERHANG_BYTES},
    image::{Base, Delta},
};

/// The engine's memory.
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
    cards: Memory,
    globals: Vec<Global>,
    start: TypedFunc<(), ()>,
    reserve: TypedFunc<u32, u32>,
    load: TypedFunc<(), u32>,
    call: TypedFunc<(), u32>,
    report: TypedFunc<(), u32>,
    /// What its memory holds, but for the cards that are marked.
    holds: Option<Arc<Delta>>,
    /// The cards that are to be put back; kept so that it is allocated once.
    dirty: Vec<u32>,
}

/// What an instance is asked to run.
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
        let memory = exported_memory(&instance, &mut store, MEMORY)?;
        let wanted = memory_bytes.min(MOST_MEMORY_BYTES) / WASM_PAGE_BYTES;
        let missing = (wanted as u64).saturating_sub(memory.size(&store));
        memory.grow(&mut store, missing)?;
        Ok(Self {
            cards: exported_memory(&instance, &mut store, CARDS)?,
            globals: mutable_globals(&instance, &mut store),
            start: instance.get_typed_func(&mut store, "start")?,
            reserve: instance.get_typed_func(&mut store, "reserve")?,
            load: instance.get_typed_func(&mut store, "load")?,
            call: instance.get_typed_func(&mut store, "call")?,
            report: instance.get_typed_func(&mut store, "report")?,
            memory,
            store,
            holds: None,
            dirty: Vec::new(),
        })
    }

    /// Starts the engine in a new instance and gives what its memory holds then.
    pub(crate) fn start(&mut self) -> wasmtime::Result<Base> {
        let start = self.start.clone();
        start.call(&mut self.store, ())?;
        self.clear_dead_stack();
        self.cards.data_mut(&mut self.store).fill(0);
        let globals = self.global_values();
        let base = Base::of(self.memory.data(&self.store), globals);
        self.holds = Some(Arc::new(Delta::none(&base)));
        Ok(base)
    }

    /// Where the report is: the same in every instance.
    pub(crate) fn report_address(&mut self) -> wasmtime::Result<usize> {
        let report = self.report.clone();
        Ok(report.call(&mut self.store, ())? as usize)
    }

    /// Whether its memory holds this, but for what the last call wrote.
    pub(crate) fn holds(&self, delta: &Arc<Delta>) -> bool {
        self.holds.as_ref().is_some_and(|held| Arc::ptr_eq(held, delta))
    }

    /// Puts memory and globals back into a state: exactly the base and the delta.
    pub(crate) fn restore(&mut self, base: &Base, wanted: &Arc<Delta>) -> wasmtime::Result<()> {
        match &self.holds {
            Some(held) if Arc::ptr_eq(held, wanted) => {}
            Some(held) => {
                // What either codec changed is to be put back as well as what the last call wrote.
                let cards = self.cards.data_mut(&mut self.store);
                mark(cards, held);
                mark(cards, wanted);
            }
            None => self.fill(base, wanted),
        }
        self.take_dirty();
        let memory = self.memory.data_mut(&mut self.store);
        let mut cards = wanted.over(base);
        for (index, card) in self.dirty.iter().enumerate() {
            let start = *card as usize * CARD_BYTES;
            let end = start + CARD_BYTES;
            memory[start..end].copy_from_slice(cards.card(*card));
            // What a store that began in this card wrote into the next one.
            if self.dirty.get(index + 1) != Some(&(card + 1)) && end < memory.len() {
                let next = &cards.card(card + 1)[..OVERHANG_BYTES];
                memory[end..end + OVERHANG_BYTES].copy_from_slice(next);
            }
        }
        self.holds = Some(Arc::clone(wanted));
        for (global, value) in self.globals.iter().zip(wanted.globals()) {
            global.set(&mut self.store, *value)?;
        }
        Ok(())
    }

    /// Fills a new instance's memory, of which nothing is known.
    fn fill(&mut self, base: &Base, wanted: &Delta) {
        let memory = self.memory.data_mut(&mut self.store);
        memory[..base.bytes().len()].copy_from_slice(base.bytes());
        mark(self.cards.data_mut(&mut self.store), wanted);
    }

    /// Keeps what was written since the last restore as what a codec changed. The machine holds it.
    pub(crate) fn keep(&mut self, base: &Base) -> Arc<Delta> {
        if let Some(held) = &self.holds {
            mark(self.cards.data_mut(&mut self.store), held);
        }
        self.clear_dead_stack();
        self.take_dirty();
        // What a card's last store wrote into the card after it.
        let after: Vec<u32> = self.dirty.iter().map(|card| card + 1).collect();
        self.dirty.extend(after);
        self.dirty.sort_unstable();
        self.dirty.dedup();
        let memory = self.memory.data(&self.store);
        let all = (memory.len() / CARD_BYTES) as u32;
        self.dirty.retain(|card| *card < all);
        let globals = self.global_values();
        let delta = Delta::of(base, self.memory.data(&self.store), &self.dirty, globals);
        let delta = Arc::new(delta);
        self.holds = Some(Arc::clone(&delta));
        delta
    }

    /// Clears the stack below its pointer, where nothing is read again: what the parser left there
    /// would be kept for each codec. The stack lies at the bottom of the memory.
    fn clear_dead_stack(&mut self) {
        let Some(pointer) = self.globals.first() else { return };
        if let Val::I32(address) = pointer.get(&mut self.store)
            && let Ok(address) = usize::try_from(address)
            && let Some(dead) = self.memory.data_mut(&mut self.store).get_mut(..address)
        {
            dead.fill(0);
        }
    }

    /// Collects the cards that are marked, and unmarks them.
    fn take_dirty(&mut self) {
        const WORD: usize = size_of::<u64>();
        self.dirty.clear();
        let all = self.memory.data_size(&self.store) / CARD_BYTES;
        let cards = &mut self.cards.data_mut(&mut self.store)[..all];
        for (word, marks) in cards.chunks_mut(WORD).enumerate() {
            if marks == [0; WORD] {
                continue;
            }
            for (byte, mark) in marks.iter_mut().enumerate() {
                if *mark != 0 {
                    self.dirty.push((word * WORD + byte) as u32);
                    *mark = 0;
                }
            }
        }
    }

    /// How many bytes the last call wrote to, counted in cards: true once it was restored.
    pub(crate) fn last_dirty_bytes(&self) -> usize {
        self.dirty.len() * CARD_BYTES
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
        // The host writes too, and keeps account as the module does.
        let cards = place / CARD_BYTES..(place + input.len()).div_ceil(CARD_BYTES);
        self.cards.data_mut(&mut self.store)[cards].fill(1);
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

    /// Whether the stack was exhausted: it lies at the bottom of the memory, and its pointer, the
    /// first global, is below that.
    pub(crate) fn stack_is_exhausted(&mut self) -> bool {
        let Some(pointer) = self.globals.first() else { return false };
        matches!(pointer.get(&mut self.store), Val::I32(address) if address < 0)
    }

    fn global_values(&mut self) -> Vec<Val> {
        let store = &mut self.store;
        self.globals.iter().map(|global| global.get(&mut *store)).collect()
    }
}

/// Marks the cards that a codec changed.
fn mark(cards: &mut [u8], delta: &Delta) {
    for card in delta.cards() {
        cards[*card as usize] = 1;
    }
}

fn exported_memory(
    instance: &Instance,
    store: &mut Store<Clock>,
    name: &str,
) -> wasmtime::Result<Memory> {
    instance
        .get_memory(store, name)
        .ok_or_else(|| wasmtime::Error::msg(format!("the engine exports no memory {name:?}")))
}

/// The mutable globals, in the order of their numbers.
fn mutable_globals(instance: &Instance, store: &mut Store<Clock>) -> Vec<Global> {
    let mut globals: Vec<(u32, Global)> = instance
        .exports(&mut *store)
        .filter_map(|export| {
            let number = export.name().strip_prefix(GLOBAL)?.parse().ok()?;
            Some((number, export.into_global()?))
        })
        .collect();
    globals.sort_unstable_by_key(|(number, _)| *number);
    globals.into_iter().map(|(_, global)| global).collect()
}
