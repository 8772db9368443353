//! Volumes as the meter counts them.

use serde::Serialize;

/// The highest bit: M-Bus, from which the maker took the coding (EN 13757-3, type B), marks values
/// that are not valid with `80000000`, and no index of a W1 comes near two million cubic metres.
const INVALID: u32 = 0x8000_0000;

/// A volume in litres.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Litres(u32);

impl Litres {
    /// An index; `None` where the meter says that it has none.
    pub(crate) fn from_index(index: u32) -> Option<Self> {
        (index < INVALID).then_some(Self(index))
    }

    /// An increment of `width` bits, at most 16; `None` for all ones, which a compact profile of
    /// M-Bus (EN 13757-3) sends for an increment that is not valid or does not fit.
    pub(crate) fn from_increment(increment: u16, width: u32) -> Option<Self> {
        let highest = u16::MAX >> (16 - width);
        (increment < highest).then_some(Self(increment.into()))
    }

    pub(crate) fn plus(self, increment: Self) -> Self {
        Self(self.0.saturating_add(increment.0))
    }

    pub(crate) fn cubic_metres(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_valid_is_no_volume() {
        assert_eq!(Litres::from_index(0x8000_0000), None);
        assert_eq!(Litres::from_index(u32::MAX), None);
        assert_eq!(Litres::from_index(13_609).map(Litres::cubic_metres), Some(13.609));
        assert_eq!(Litres::from_increment(0xFFFF, 16), None);
        assert_eq!(Litres::from_increment(0x3FFF, 14), None);
        assert_eq!(Litres::from_increment(0x3FFF, 16), Some(Litres(0x3FFF)));
    }
}
