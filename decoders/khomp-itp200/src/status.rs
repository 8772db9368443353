//! The status: what the photocell does with the lamp.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::head::Mask;

/// The ways in which the photocell decides, in the maker's words; `sunriset` is by sunrise and sunset.
const MODES: [&str; 4] = ["manual", "automatic", "slot", "sunriset"];

const FULL_PERCENT: u8 = 100;
const SECONDS_OF_AN_HOUR: f64 = 3600.0;

/// Values of the status, by the maker's names.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    #[serde(skip_serializing_if = "Option::is_none")]
    firmware_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimmer: Option<Spanned<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slot_running: Option<Spanned<u8>>,
    light_state: Spanned<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relay_switching_counter: Option<Spanned<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relay_active_time: Option<Spanned<u32>>,
    coordinates_fixed: Spanned<bool>,
    timestamp_sync: Spanned<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<Spanned<u32>>,
    #[serde(skip)]
    is_lit: Spanned<bool>,
}

impl Status {
    pub(crate) fn read(mask: Mask, payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let is_lit = mask.bit(4);
        let timestamp_sync = mask.bit(8);
        Ok(Self {
            firmware_version: mask.value(0, || version(payload))?,
            dimmer: mask.value(1, || payload.u8())?,
            operation_mode: mask.value(2, || Ok(mode(*payload.u8()?)))?,
            slot_running: mask.value(3, || payload.u8())?,
            light_state: is_lit.map(|is_lit| if is_lit { "on" } else { "off" }),
            relay_switching_counter: mask.value(5, || payload.u32_be())?,
            relay_active_time: mask.value(6, || payload.u32_be())?,
            coordinates_fixed: mask.bit(7),
            timestamp_sync,
            // A clock that is not set tells no time, whatever the bit says.
            timestamp: timestamp_sync
                .then(|| mask.value(9, || payload.u32_be()))
                .transpose()?
                .flatten(),
            is_lit,
        })
    }

    /// Whether the place that the message tells is that of the photocell.
    pub(crate) fn has_fixed_coordinates(&self) -> bool {
        *self.coordinates_fixed
    }

    pub(crate) fn measurements(&self) -> impl Iterator<Item = Measurement> {
        let dimming = self.dimmer.filter(|percent| **percent <= FULL_PERCENT);
        let burning = self.relay_active_time;
        [
            Some(quantity::LAMP_LIT.of(self.is_lit)),
            dimming.map(|percent| quantity::LAMP_DIMMING.of(percent.map(f64::from))),
            burning.map(|time| quantity::LAMP_BURNING_TIME.of(time.divided_by(SECONDS_OF_AN_HOUR))),
        ]
        .into_iter()
        .flatten()
    }

    pub(crate) fn warning(&self) -> Option<String> {
        let percent = self.dimmer.filter(|percent| **percent > FULL_PERCENT)?;
        Some(format!("the lamp is said to be dimmed to {} %", *percent))
    }
}

/// Four numbers of four bits each.
fn version(payload: &mut Reader<'_>) -> Result<String, Failure> {
    let [first, second] = *payload.array()?;
    Ok(format!("{}.{}.{}.{}", first >> 4, first & 0x0F, second >> 4, second & 0x0F))
}

fn mode(mode: u8) -> String {
    MODES.get(usize::from(mode)).map_or_else(|| format!("mode_{mode}"), |known| (*known).to_owned())
}
