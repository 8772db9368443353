//! Settings as the device tells them when it starts or is asked.
//!
//! Where a network lets frames be long enough, one frame has all; elsewhere thresholds and tampering have frames of their
//! own. The history period is remembered, since frames with a history do not tell it.

use champollion_sdk::{decimal, prelude::*, reserved_bits, word};
use serde::Serialize;

use crate::status::Status;

/// Milliseconds of the debounce periods by their numbers.
const DEBOUNCE: [u16; 12] = [0, 1, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Configuration {
    frame: &'static str,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    product: Option<Product>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    thresholds: Option<Thresholds>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    tampering: Option<Tampering>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redundant_samples: Option<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    product_mode: String,
    /// Logs of the history before a frame is sent.
    transmission_period: u16,
    /// Seconds between two logs of the history.
    history_period: u32,
    /// Minutes over which a flow is calculated.
    flow_period: u16,
    inputs: [Input; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    enabled: bool,
    is_gas_meter: bool,
    tamper_enabled: bool,
    /// Milliseconds that a pulse lasts at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    debounce: Option<u16>,
}

/// Thresholds of both channels, in pulses of an hour.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thresholds {
    flow_thresholds: [u16; 2],
    leak_thresholds: [u16; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tampering {
    /// Periods of a day below the leak threshold, fewer than which are a leak.
    leak_periods: [u16; 2],
    /// Seconds between two looks at a tamper input.
    tamper_periods: [u16; 2],
    tamper_counts: [u8; 2],
}

/// Bits of the byte of inputs that have a meaning: three of each channel.
const KNOWN_INPUTS: u8 = 0b1011_1011;

pub(crate) fn product(payload: &mut Reader<'_>, status: Status) -> Result<Reading, Failure> {
    let product_mode =
        word(&[(0, "park"), (1, "production"), (2, "test"), (3, "repli")], *payload.u8()?);
    let transmission_period = *payload.u16_be()?;
    let inputs = payload.u8()?;
    let history_period = u32::from(*payload.u16_be()?) * 2;
    let debounce = payload.u8()?;
    let flow_period = *payload.u16_be()?;
    let input = |first: u32| Input {
        enabled: *inputs.bit(first),
        is_gas_meter: *inputs.bit(first + 1),
        tamper_enabled: *inputs.bit(first + 3),
        debounce: DEBOUNCE.get(usize::from(*debounce.bits(first, 4))).copied(),
    };
    let product = Product {
        product_mode,
        transmission_period,
        history_period,
        flow_period,
        inputs: [input(0), input(4)],
    };
    let is_whole = !payload.is_empty();
    let (thresholds, tampering, redundant_samples) = match is_whole {
        false => (None, None, None),
        true => (
            Some(Thresholds::read(payload)?),
            Some(Tampering::read(payload)?),
            Some(*payload.u8()?),
        ),
    };
    payload.end()?;
    let product = Some(product);
    let configuration = Configuration {
        frame: "configuration",
        status,
        product,
        thresholds,
        tampering,
        redundant_samples,
    };
    let reserved = [debounce.bits(0, 4), debounce.bits(4, 4)]
        .into_iter()
        .filter(|number| usize::from(**number) >= DEBOUNCE.len())
        .map(|number| format!("the debounce period {} has no known meaning", *number));
    Ok(Reading::new(&configuration)?
        .warn_all(reserved_bits("the byte of inputs", *inputs, KNOWN_INPUTS))
        .warn_all(reserved)
        .remember(history_period.to_be_bytes()))
}

pub(crate) fn thresholds(payload: &mut Reader<'_>, status: Status) -> Result<Reading, Failure> {
    let thresholds = Some(Thresholds::read(payload)?);
    payload.end()?;
    Reading::new(&Configuration {
        frame: "thresholds",
        status,
        product: None,
        thresholds,
        tampering: None,
        redundant_samples: None,
    })
}

pub(crate) fn tampering(payload: &mut Reader<'_>, status: Status) -> Result<Reading, Failure> {
    let tampering = Some(Tampering::read(payload)?);
    payload.end()?;
    Reading::new(&Configuration {
        frame: "tampering",
        status,
        product: None,
        thresholds: None,
        tampering,
        redundant_samples: None,
    })
}

impl Thresholds {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self {
            flow_thresholds: [*payload.u16_be()?, *payload.u16_be()?],
            leak_thresholds: [*payload.u16_be()?, *payload.u16_be()?],
        })
    }
}

impl Tampering {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let leak_periods = [*payload.u16_be()?, *payload.u16_be()?];
        let [period_a, count_a, period_b, count_b] = payload.array()?.value;
        Ok(Self {
            leak_periods,
            tamper_periods: [period_a, period_b].map(|period| u16::from(period) * 10),
            tamper_counts: [count_a, count_b],
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Network {
    frame: &'static str,
    status: Status,
    adaptive_data_rate: bool,
    duty_cycle: bool,
    class: &'static str,
    activation: String,
}

/// Bits of the options of the network that have a meaning.
const KNOWN_OPTIONS: u8 = 0b0010_0101;

pub(crate) fn network(payload: &mut Reader<'_>, status: Status) -> Result<Reading, Failure> {
    let options = payload.u8()?;
    let activation = word(&[(0, "ABP"), (1, "OTAA")], *payload.u8()?);
    payload.end()?;
    let network = Network {
        frame: "network",
        status,
        adaptive_data_rate: *options.bit(0),
        duty_cycle: *options.bit(2),
        class: if *options.bit(5) { "C" } else { "A" },
        activation,
    };
    Ok(Reading::new(&network)?.warn_all(reserved_bits(
        "the byte of options",
        *options,
        KNOWN_OPTIONS,
    )))
}

/// Seconds between two logs of the history: as the operator set them, or as the device told them last.
pub(crate) fn history_period(uplink: &Uplink) -> Result<Option<u64>, Failure> {
    let told = <[u8; 4]>::try_from(uplink.state.as_slice()).map(u32::from_be_bytes);
    let told = told.ok().map_or(0.0, f64::from);
    let seconds = uplink.settings().number_or("history-period", told)?;
    if !(0.0..=86_400.0 * 366.0).contains(&seconds) {
        let seconds = decimal(seconds);
        let message = format!("the variable history-period is {seconds}; it must be 1 s to a year");
        return Err(Failure::missing_variable(message));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is within the bounds"
    )]
    Ok(Some(seconds as u64).filter(|seconds| *seconds > 0))
}
