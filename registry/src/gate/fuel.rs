//! The fuel that the vectors of a package burn.

use serde::{Deserialize, Serialize};

/// The fuel of the calls that answer the vectors of a package; it is the same on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VectorFuel {
    /// The fuel of the middle call: half of them burn no more.
    pub middle: u64,
    /// The fuel of the dearest call.
    pub most: u64,
}

impl VectorFuel {
    /// The fuel of calls; nothing where there is none.
    #[must_use]
    pub fn of(mut calls: Vec<u64>) -> Option<Self> {
        calls.sort_unstable();
        let (middle, most) = (*calls.get(calls.len() / 2)?, *calls.last()?);
        Some(Self { middle, most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_most_of_calls() {
        assert_eq!(VectorFuel::of(Vec::new()), None);
        assert_eq!(VectorFuel::of(vec![7]), Some(VectorFuel { middle: 7, most: 7 }));
        assert_eq!(VectorFuel::of(vec![9, 1, 5]), Some(VectorFuel { middle: 5, most: 9 }));
    }
}
