//! Payloads that nobody wrote, the same for everybody: numbers of a seed, and what is made of them.

/// The most that LoRaWAN carries, in bytes.
pub const PAYLOAD_BYTES: usize = 242;

/// The most that it carries at the lowest data rate, which most payloads keep to.
const USUAL_BYTES: usize = 51;

/// Numbers that look random and are the same everywhere (SplitMix64).
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// Any start will do; it must be the same for all that is to be the same.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number of 64 bits.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound, which is small, so that the remainder is fair enough.
    ///
    /// # Panics
    /// Where the bound is 0, below which there is no number.
    #[expect(clippy::cast_possible_truncation, reason = "bounds are small")]
    pub fn below(&mut self, bound: u64) -> usize {
        (self.number() % bound) as usize
    }

    /// Returns the next byte by chance.
    pub fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    /// A payload of any length that a frame carries.
    pub fn payload(&mut self) -> Vec<u8> {
        const LONG: u64 = 8;
        let most = if self.below(LONG) == 0 { PAYLOAD_BYTES } else { USUAL_BYTES };
        let length = self.below(most as u64 + 1);
        (0..length).map(|_| self.byte()).collect()
    }

    /// A payload with some bytes changed, cut off or added.
    pub fn changed(&mut self, payload: &[u8]) -> Vec<u8> {
        const CHANGES: u64 = 4;
        let mut payload = payload.to_vec();
        for _ in 0..=self.below(CHANGES) {
            let at = self.below(payload.len() as u64 + 1);
            match self.below(4) {
                0 => payload.truncate(at),
                1 if payload.len() < PAYLOAD_BYTES => payload.insert(at, self.byte()),
                2 if at < payload.len() => payload[at] ^= 1 << self.below(8),
                _ if at < payload.len() => payload[at] = self.byte(),
                _ => {}
            }
        }
        payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_the_same_everywhere() {
        // The first two of the published sequence for the seed 1234567.
        let mut numbers = Numbers::new(1_234_567);
        assert_eq!(numbers.number(), 6_457_827_717_110_365_317);
        assert_eq!(numbers.number(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn payloads_are_of_all_lengths_and_never_longer_than_a_frame_carries() {
        let mut numbers = Numbers::new(1);
        let mut lengths = std::collections::BTreeSet::new();
        for _ in 0..10_000 {
            let payload = numbers.payload();
            lengths.insert(payload.len());
            assert!(numbers.changed(&payload).len() <= PAYLOAD_BYTES);
        }
        assert!(lengths.contains(&0) && lengths.contains(&PAYLOAD_BYTES), "{lengths:?}");
    }
}
