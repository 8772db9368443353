//! Memories at rest: the engine's own, and what each codec changed in it.

use wasmtime::Val;

use super::barrier::CARD_BYTES;

/// The content of a card that was never written.
const UNTOUCHED: [u8; CARD_BYTES] = [0; CARD_BYTES];

/// The place of a card that was never written.
const NO_PLACE: u32 = u32::MAX;

/// Where every codec begins: the engine with its prelude evaluated, or a component's memory before its
/// first call.
pub(crate) struct Base {
    /// For each card up to the last one that holds something, which one of those below it is.
    places: Vec<u32>,
    /// The cards that hold something. Most of a component's stack and heap do not, and what is not
    /// kept need not be read, from memory that no cache has any more.
    bytes: Vec<u8>,
    /// The mutable globals, in the order in which the engine exports them.
    globals: Vec<Val>,
}

impl Base {
    pub(crate) fn of(memory: &[u8], globals: Vec<Val>) -> Self {
        let (mut places, mut bytes) = (Vec::new(), Vec::new());
        for (card, held) in memory.chunks_exact(CARD_BYTES).enumerate() {
            if held != UNTOUCHED {
                places.resize(card, NO_PLACE);
                places.push((bytes.len() / CARD_BYTES) as u32);
                bytes.extend_from_slice(held);
            }
        }
        places.shrink_to_fit();
        bytes.shrink_to_fit();
        Self { places, bytes, globals }
    }

    /// Returns the content of a card.
    pub(crate) fn card(&self, card: usize) -> &[u8] {
        match self.places.get(card) {
            None | Some(&NO_PLACE) => &UNTOUCHED,
            Some(place) => {
                let start = *place as usize * CARD_BYTES;
                &self.bytes[start..start + CARD_BYTES]
            }
        }
    }

    /// Puts it into the memory of a new instance, which holds the data of its module. Cards that are
    /// right already are not written: instances share those pages of the module.
    pub(crate) fn fill(&self, memory: &mut [u8]) {
        for (card, held) in memory.chunks_exact_mut(CARD_BYTES).take(self.places.len()).enumerate()
        {
            let wanted = self.card(card);
            if held != wanted {
                held.copy_from_slice(wanted);
            }
        }
    }

    /// Bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.capacity() + self.places.capacity() * size_of::<u32>()
    }
}

/// The difference between the engine's own memory and its memory once a codec is loaded.
pub(crate) struct Delta {
    /// The cards that differ, in their order.
    cards: Vec<u32>,
    /// The contents of the cards, one after the other.
    bytes: Vec<u8>,
    globals: Vec<Val>,
}

impl Delta {
    /// Nothing: the engine as it is.
    pub(crate) fn none(base: &Base) -> Self {
        Self { cards: Vec::new(), bytes: Vec::new(), globals: base.globals.clone() }
    }

    /// Takes the difference among these cards, which are all that were written.
    pub(crate) fn of(base: &Base, memory: &[u8], written: &[u32], globals: Vec<Val>) -> Self {
        let mut delta = Self { cards: Vec::new(), bytes: Vec::new(), globals };
        for card in written {
            let start = *card as usize * CARD_BYTES;
            let now = &memory[start..start + CARD_BYTES];
            if now != base.card(*card as usize) {
                delta.cards.push(*card);
                delta.bytes.extend_from_slice(now);
            }
        }
        delta.cards.shrink_to_fit();
        delta.bytes.shrink_to_fit();
        delta
    }

    pub(crate) fn cards(&self) -> &[u32] {
        &self.cards
    }

    pub(crate) fn globals(&self) -> &[Val] {
        &self.globals
    }

    /// Bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>()
            + self.bytes.capacity()
            + self.cards.capacity() * size_of::<u32>()
            + self.globals.capacity() * size_of::<Val>()
    }

    /// A reader of cards that are asked for in their order.
    pub(crate) fn over<'a>(&'a self, base: &'a Base) -> Cards<'a> {
        Cards { base, delta: self, next: 0 }
    }
}

/// The cards of a base and a delta, in their order.
pub(crate) struct Cards<'a> {
    base: &'a Base,
    delta: &'a Delta,
    /// The first of the delta's cards that was not passed yet.
    next: usize,
}

impl<'a> Cards<'a> {
    /// Returns the content of a card. No earlier card than the last one may be asked for.
    pub(crate) fn card(&mut self, card: u32) -> &'a [u8] {
        while self.delta.cards.get(self.next).is_some_and(|passed| *passed < card) {
            self.next += 1;
        }
        if self.delta.cards.get(self.next) == Some(&card) {
            &self.delta.bytes[self.next * CARD_BYTES..(self.next + 1) * CARD_BYTES]
        } else {
            self.base.card(card as usize)
        }
    }
}

impl Cards<'_> {
    /// Whether a memory holds exactly these.
    pub(crate) fn are(mut self, memory: &[u8]) -> bool {
        memory
            .chunks(CARD_BYTES)
            .zip(0..)
            .all(|(held, card)| held == &self.card(card)[..held.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(cards: usize, written: &[(usize, u8)]) -> Vec<u8> {
        let mut memory = vec![0; cards * CARD_BYTES];
        for (at, byte) in written {
            memory[*at] = *byte;
        }
        memory
    }

    #[test]
    fn a_base_keeps_only_the_cards_that_hold_something() {
        let held = memory(8, &[(0, 1), (2 * CARD_BYTES, 2)]);
        let base = Base::of(&held, Vec::new());
        assert_eq!(base.bytes.len(), 2 * CARD_BYTES);
        assert_eq!(base.card(0)[0], 1);
        assert_eq!(base.card(1), UNTOUCHED);
        assert_eq!(base.card(2)[0], 2);
        assert_eq!(base.card(7), UNTOUCHED);
        let mut filled = memory(8, &[(CARD_BYTES, 9)]);
        base.fill(&mut filled);
        assert_eq!(filled, held);
    }

    #[test]
    fn a_delta_keeps_only_what_differs() {
        let base = Base::of(&memory(8, &[(0, 1), (CARD_BYTES, 5)]), Vec::new());
        let now = memory(8, &[(0, 1), (CARD_BYTES, 6), (5 * CARD_BYTES + 3, 7)]);
        let delta = Delta::of(&base, &now, &[0, 1, 2, 5], Vec::new());
        assert_eq!(delta.cards(), [1, 5]);
        let mut cards = delta.over(&base);
        let held: Vec<&[u8]> = (0..8).map(|card| cards.card(card)).collect();
        assert_eq!(held.concat(), now);
    }
}
