//! The head of a message: the layout, and the masks that announce what follows.

use champollion_sdk::prelude::*;

/// The one layout that is known.
const LAYOUT: u8 = 1;

/// Bits of the masks that are known; those of alerts and errors announce no bytes.
const BLOCKS: u32 = 4;
const STATUS_BITS: u32 = 10;
const SENSOR_BITS: u32 = 10;
const ALERT_BITS: u32 = 14;
const ERROR_BITS: u32 = 4;

/// A mask whose bits announce values, in the order of the bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mask(Spanned<u16>);

impl Mask {
    /// Reads a mask. A bit beyond the known ones announces bytes of which nobody knows how many there are.
    fn read(payload: &mut Reader<'_>, of: &str, known_bits: u32) -> Result<Self, Failure> {
        let mask = payload.u16_be()?;
        if mask.value >> known_bits == 0 {
            return Ok(Self(mask));
        }
        let message = format!("the mask {:04X} of the {of} has bits that are not known", *mask);
        Err(Failure::unknown_message(message).at(mask.span))
    }

    /// Whether a bit is set.
    pub(crate) fn bit(self, bit: u32) -> Spanned<bool> {
        self.0.bit(bit)
    }

    /// Reads the value that a bit announces, where it is set.
    pub(crate) fn value<T>(
        self,
        bit: u32,
        read: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        self.bit(bit).then(read).transpose()
    }
}

/// The masks of the blocks that a message has.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: Option<Mask>,
    pub(crate) sensors: Option<Mask>,
    pub(crate) alerts: Option<Spanned<u16>>,
    pub(crate) errors: Option<Spanned<u8>>,
}

impl Head {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let layout = payload.u8()?;
        if *layout != LAYOUT {
            let message = format!("layout {} is not known, only {LAYOUT} is", *layout);
            return Err(Failure::unknown_message(message).at(layout.span));
        }
        let blocks = payload.u8()?;
        if *blocks >> BLOCKS != 0 {
            let message = format!("the mask {:02X} has blocks that are not known", *blocks);
            return Err(Failure::unknown_message(message).at(blocks.span));
        }
        let has = |bit| *blocks.bit(bit);
        let mut mask =
            |bit, of, known| has(bit).then(|| Mask::read(payload, of, known)).transpose();
        let status = mask(0, "status", STATUS_BITS)?;
        let sensors = mask(1, "sensors", SENSOR_BITS)?;
        let alerts = has(2).then(|| payload.u16_be()).transpose()?;
        let errors = has(3).then(|| payload.u8()).transpose()?;
        Ok(Self { status, sensors, alerts, errors })
    }

    /// Alerts and errors that are set and have no name.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        let alerts = self.alerts.map(|mask| *mask >> ALERT_BITS << ALERT_BITS);
        let errors = self.errors.map(|mask| u16::from(*mask >> ERROR_BITS << ERROR_BITS));
        [("alerts", alerts), ("errors", errors)].into_iter().filter_map(|(of, unknown)| {
            let unknown = unknown.filter(|bits| *bits != 0)?;
            Some(format!("the {of} have bits that are not known: {unknown:04X}"))
        })
    }
}
