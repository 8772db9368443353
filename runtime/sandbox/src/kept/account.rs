//! The account of one instance: what it has written since it was last put back, and how it is put back.

use std::sync::Arc;

use wasmtime::{AsContextMut, Global, Instance, Memory, Store, Val};

use super::{
    barrier::{CARD_BYTES, CARDS, GLOBAL, OVERHANG_BYTES},
    image::{Base, Delta},
};

/// The account of an instance: its content, and the cards that it marks.
pub(crate) struct Account {
    memory: Memory,
    cards: Memory,
    globals: Vec<Global>,
    /// Bytes of the memory.
    size: usize,
    /// The content of its memory, but for the cards that are marked.
    holds: Option<Arc<Delta>>,
    /// The cards that are to be put back; kept so that it is allocated once.
    dirty: Vec<u32>,
    /// Those of them that are only what one codec's memory differs in from another's.
    exchanged: usize,
}

impl Account {
    /// The account of an instance whose module keeps one; `None` where it keeps none.
    pub(crate) fn of<T>(instance: &Instance, store: &mut Store<T>, memory: Memory) -> Option<Self> {
        let cards = instance.get_memory(&mut *store, CARDS)?;
        let globals = mutable_globals(instance, store);
        let size = memory.data_size(&*store);
        Some(Self { memory, cards, globals, size, holds: None, dirty: Vec::new(), exchanged: 0 })
    }

    /// Whether the memory has grown. It cannot be made small again, so the instance cannot be kept.
    pub(crate) fn has_grown<T>(&self, store: &Store<T>) -> bool {
        self.memory.data_size(store) != self.size
    }

    /// Takes what the memory holds now as what everything begins with.
    pub(crate) fn base<T>(&mut self, store: &mut Store<T>) -> Base {
        self.cards.data_mut(&mut *store).fill(0);
        let globals = self.global_values(store);
        let base = Base::of(self.memory.data(&*store), globals);
        self.holds = Some(Arc::new(Delta::none(&base)));
        base
    }

    /// Says what the memory holds: it was made a moment ago, and nothing ran in it.
    pub(crate) fn is_untouched(&mut self, delta: &Arc<Delta>) {
        self.holds = Some(Arc::clone(delta));
    }

    /// Whether its memory holds this, but for what the last call wrote.
    pub(crate) fn holds(&self, delta: &Arc<Delta>) -> bool {
        self.holds.as_ref().is_some_and(|held| Arc::ptr_eq(held, delta))
    }

    /// Puts memory and globals back into a state: exactly the base and the delta. The memory must not
    /// have grown.
    pub(crate) fn restore<T>(
        &mut self,
        store: &mut Store<T>,
        base: &Base,
        wanted: &Arc<Delta>,
    ) -> wasmtime::Result<()> {
        if self.has_grown(store) {
            return Err(wasmtime::Error::msg("the memory has grown"));
        }
        self.exchanged = 0;
        match &self.holds {
            Some(held) if Arc::ptr_eq(held, wanted) => {}
            Some(held) => {
                self.exchanged = held.cards().len() + wanted.cards().len();
                // What either codec changed is to be put back as well as what the last call wrote.
                let cards = self.cards.data_mut(&mut *store);
                mark(cards, held);
                mark(cards, wanted);
            }
            None => {
                self.exchanged = wanted.cards().len();
                self.fill(store, base, wanted);
            }
        }
        self.take_dirty(store);
        let memory = self.memory.data_mut(&mut *store);
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
            global.set(&mut *store, *value)?;
        }
        debug_assert!(
            wanted.over(base).are(self.memory.data(&*store)),
            "the memory is not what it was put back to"
        );
        Ok(())
    }

    /// Fills a new instance's memory, of which nothing is known.
    fn fill<T>(&mut self, store: &mut Store<T>, base: &Base, wanted: &Delta) {
        let memory = self.memory.data_mut(&mut *store);
        base.fill(memory);
        mark(self.cards.data_mut(store), wanted);
    }

    /// Keeps what was written since the last restore as what a codec changed. The instance holds it.
    pub(crate) fn keep<T>(&mut self, store: &mut Store<T>, base: &Base) -> Arc<Delta> {
        self.exchanged = 0;
        if let Some(held) = &self.holds {
            mark(self.cards.data_mut(&mut *store), held);
        }
        self.take_dirty(store);
        // What a card's last store wrote into the card after it.
        let after: Vec<u32> = self.dirty.iter().map(|card| card + 1).collect();
        self.dirty.extend(after);
        self.dirty.sort_unstable();
        self.dirty.dedup();
        let globals = self.global_values(store);
        let memory = self.memory.data(&*store);
        let all = (memory.len() / CARD_BYTES) as u32;
        self.dirty.retain(|card| *card < all);
        let delta = Arc::new(Delta::of(base, memory, &self.dirty, globals));
        self.holds = Some(Arc::clone(&delta));
        delta
    }

    /// Says what the host wrote, who keeps account as the code does.
    pub(crate) fn mark_written(&self, store: impl AsContextMut, address: usize, bytes: usize) {
        let cards = address / CARD_BYTES..(address + bytes).div_ceil(CARD_BYTES);
        self.cards.data_mut(&mut { store })[cards].fill(1);
    }

    /// Returns the bytes that the last call wrote to, counted in cards, without what was put back only
    /// because another codec is wanted: true once it was put back.
    pub(crate) fn last_written_bytes(&self) -> usize {
        self.dirty.len().saturating_sub(self.exchanged) * CARD_BYTES
    }

    /// Returns the bytes that were written to since it was put back, counted in cards.
    pub(crate) fn written_bytes<T>(&self, store: &Store<T>) -> usize {
        let all = self.size / CARD_BYTES;
        let cards = &self.cards.data(store)[..all];
        let marks = runs_with_marks(cards).flat_map(|(_, marks)| marks);
        marks.filter(|mark| **mark != 0).count() * CARD_BYTES
    }

    /// Bytes of the delta that its memory holds.
    pub(crate) fn delta_bytes(&self) -> usize {
        self.holds.as_ref().map_or(0, |held| held.size())
    }

    /// The first of the mutable globals: the stack pointer in all that LLVM's linker makes.
    pub(crate) fn stack_pointer<T>(&self, store: &mut Store<T>) -> Option<i32> {
        match self.globals.first()?.get(store) {
            Val::I32(address) => Some(address),
            _ => None,
        }
    }

    /// Collects the cards that are marked, and unmarks them.
    fn take_dirty<T>(&mut self, store: &mut Store<T>) {
        self.dirty.clear();
        let all = self.size / CARD_BYTES;
        let cards = &mut self.cards.data_mut(store)[..all];
        for (first, marks) in runs_with_marks(cards) {
            let marked = marks.iter().enumerate().filter(|(_, mark)| **mark != 0);
            self.dirty.extend(marked.map(|(index, _)| (first + index) as u32));
        }
        for card in &self.dirty {
            cards[*card as usize] = 0;
        }
    }

    fn global_values<T>(&self, store: &mut Store<T>) -> Vec<Val> {
        self.globals.iter().map(|global| global.get(&mut *store)).collect()
    }
}

/// The runs of cards of which one at least is marked, each with the number of its first card. An engine has
/// thousands of cards, of which a call marks some hundreds: the others are looked at many at once.
fn runs_with_marks(cards: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    const RUN: usize = 64;
    let (runs, rest) = cards.as_chunks::<RUN>();
    let whole = runs.iter().enumerate().filter(|(_, run)| has_mark(*run));
    let whole = whole.map(|(index, run)| (index * RUN, run.as_slice()));
    whole.chain(has_mark(rest).then_some((runs.len() * RUN, rest)))
}

/// Whether a card is marked. Without a way out of the loop the compiler looks at many cards at once.
fn has_mark(cards: &[u8]) -> bool {
    cards.iter().fold(0_u8, |all, mark| all | mark) != 0
}

/// Marks the cards that a codec changed.
fn mark(cards: &mut [u8], delta: &Delta) {
    for card in delta.cards() {
        cards[*card as usize] = 1;
    }
}

/// The mutable globals, in the order of their numbers.
fn mutable_globals<T>(instance: &Instance, store: &mut Store<T>) -> Vec<Global> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_without_marks_are_passed_over() {
        let mut cards = vec![0; 64 * 3 + 10];
        assert_eq!(runs_with_marks(&cards).count(), 0);
        assert_eq!(runs_with_marks(&[]).count(), 0);
        for card in [0, 63, 128, 64 * 3 + 9] {
            cards[card] = 1;
        }
        let found: Vec<usize> = runs_with_marks(&cards)
            .flat_map(|(first, marks)| {
                let marked = marks.iter().enumerate().filter(|(_, mark)| **mark != 0);
                marked.map(move |(index, _)| first + index)
            })
            .collect();
        assert_eq!(found, [0, 63, 128, 64 * 3 + 9]);
        assert_eq!(
            runs_with_marks(&cards).map(|(first, _)| first).collect::<Vec<_>>(),
            [0, 128, 192]
        );
    }
}
