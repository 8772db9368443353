//! Settings, which the device tells when it starts or is asked.

use champollion_sdk::{prelude::*, reserved_bits, word};
use serde::Serialize;

use crate::Content;

/// Seconds of a unit in which a period is told.
const KEEP_ALIVE: u32 = 10;
const SAMPLING: u32 = 2;

fn seconds(payload: &mut Reader<'_>, unit: u32) -> Result<Spanned<u32>, Failure> {
    Ok(payload.u16_be()?.map(|periods| u32::from(periods) * unit))
}

/// 0x10: the settings of the product.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Product {
    /// Told in seconds, though sent in longer units.
    transmission_period_keep_alive: Spanned<u32>,
    number_of_historization_before_sending: Spanned<u16>,
    number_of_sampling_before_historization: Spanned<u16>,
    /// Told in seconds, though sent in longer units.
    sampling_period: Spanned<u32>,
    /// Values of earlier frames in each frame; a DELTA P does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    redundant_samples: Option<Spanned<u8>>,
}

impl Content for Product {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self {
            transmission_period_keep_alive: seconds(payload, KEEP_ALIVE)?,
            number_of_historization_before_sending: payload.u16_be()?,
            number_of_sampling_before_historization: payload.u16_be()?,
            sampling_period: seconds(payload, SAMPLING)?,
            redundant_samples: if payload.is_empty() { None } else { Some(payload.u8()?) },
        })
    }
}

/// 0x11: the settings of the 0-10 V input of a DELTA P.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Analog {
    number_of_sampling_before_historization: Spanned<u16>,
    /// Told in seconds, though sent in longer units.
    sampling_period: Spanned<u32>,
    number_of_historization_before_sending: Spanned<u16>,
}

impl Content for Analog {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self {
            number_of_sampling_before_historization: payload.u16_be()?,
            sampling_period: seconds(payload, SAMPLING)?,
            number_of_historization_before_sending: payload.u16_be()?,
        })
    }
}

/// 0x1F: the settings of the digital inputs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inputs {
    digital_input1: DigitalInput,
    digital_input2: DigitalInput,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DigitalInput {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Told in milliseconds, though sent as a number of its own.
    debouncing_period: u32,
    threshold: Spanned<u16>,
}

/// Milliseconds that an input must stay as it is, by their number.
const DEBOUNCING: [u32; 16] = [
    0, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 60_000, 300_000,
    600_000,
];

impl DigitalInput {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let byte = payload.u8()?;
        Ok(Self {
            kind: match *byte.bits(0, 4) {
                0 => "deactivated",
                1 => "highEdge",
                2 => "lowEdge",
                3 => "bothEdges",
                other => {
                    let message = format!("{other} is no type of an input");
                    return Err(Failure::invalid_value(message).at(byte.span));
                }
            },
            debouncing_period: DEBOUNCING[usize::from(*byte.bits(4, 4)) % DEBOUNCING.len()],
            threshold: payload.u16_be()?,
        })
    }
}

impl Content for Inputs {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self {
            digital_input1: DigitalInput::read(payload)?,
            digital_input2: DigitalInput::read(payload)?,
        })
    }
}

/// 0x20: the settings of the network.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Network {
    lora_adr: Spanned<bool>,
    lora_dutycyle: &'static str,
    lora_class_mode: &'static str,
    lora_provisioning_mode: String,
    #[serde(skip)]
    options: u8,
}

/// Bits of the options of the network that have a meaning.
const KNOWN_OPTIONS: u8 = 0b0010_0101;

impl Content for Network {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let options = payload.u8()?;
        Ok(Self {
            lora_adr: options.bit(0),
            lora_dutycyle: if *options.bit(2) { "activated" } else { "deactivated" },
            lora_class_mode: if *options.bit(5) { "CLASS C" } else { "CLASS A" },
            lora_provisioning_mode: word(&[(0, "ABP"), (1, "OTAA")], *payload.u8()?),
            options: *options,
        })
    }

    fn reserved(&self) -> Option<String> {
        reserved_bits("the byte of options", self.options, KNOWN_OPTIONS)
    }
}
