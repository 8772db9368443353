//! Numbers without a visible order: the same for the same seed.

use std::time::Duration;

/// Numbers of a seed (xorshift).
pub(super) struct Chance(u64);

impl Chance {
    /// Those of one of many that share a seed.
    pub(super) fn of(seed: u64, number: u64) -> Self {
        // Neighbours would begin alike, and zero would stay zero.
        let mixed = (seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15)).max(1);
        let mut chance = Self(mixed);
        for _ in 0..8 {
            chance.below(2);
        }
        chance
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    pub(super) fn milliseconds(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}
