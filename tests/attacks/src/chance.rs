//! Chance that is the same in each run.

/// A xorshift generator; it starts from any number but 0.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// A number from 0 up to one below `bound`.
    ///
    /// # Panics
    /// Where `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).expect("it is below a usize")
    }
}
