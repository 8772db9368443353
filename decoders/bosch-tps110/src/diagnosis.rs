//! Messages of the sensor about itself: starts, identity, usage and debug messages.

use champollion_sdk::{Words, hex_digits, prelude::*, word};
use serde::Serialize;

/// Bytes of a debug message, and of the reserved ones that follow it in some firmware.
const DEBUG_BYTES: usize = 10;
const RESERVED_BYTES: usize = 2;

/// Ten bytes for the maker: a time, a code and a number.
#[derive(Debug, Serialize)]
pub(crate) struct Debug {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    debug: String,
    #[serde(rename = "debugCode")]
    code: Spanned<u16>,
    #[serde(rename = "sequenceNumber")]
    number: Spanned<u16>,
}

impl Debug {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let mut block = payload.block(DEBUG_BYTES)?;
        let debug = hex_digits(block.clone().rest().value);
        block.skip(6)?;
        let code = block.u16_be()?.bits(0, 12);
        Ok(Self { kind: None, debug, code, number: block.u16_be()? })
    }

    /// Reads the message of port 6, with the reserved bytes where there are some.
    pub(crate) fn read_all(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let read = Self::read(payload)?;
        if !payload.is_empty() {
            payload.skip(RESERVED_BYTES)?;
        }
        Ok(Self { kind: Some("debug"), ..read })
    }

    pub(crate) fn reading(&self) -> Result<Reading, Failure> {
        Reading::new(self)
    }
}

/// The causes of a reset, in the words of a public decoder.
const RESETS: Words = &[
    (1, "Watchdog Reset"),
    (2, "Power On Reset"),
    (3, "System Request Reset"),
    (4, "External Pin Reset"),
    (5, "Lockup Reset"),
    (6, "Brownout Reset"),
    (7, "Others"),
];

/// Port 3: the device has started.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Startup {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    debug: Debug,
    firmware_version: String,
    reset_cause: String,
    occupied: Spanned<bool>,
}

impl Startup {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let debug = Debug::read(payload)?;
        payload.skip(RESERVED_BYTES)?;
        Ok(Self {
            kind: "startup",
            debug,
            firmware_version: version(payload)?,
            reset_cause: word(RESETS, *payload.u8()?),
            occupied: payload.u8()?.bit(0),
        })
    }

    pub(crate) fn reading(&self) -> Result<Reading, Failure> {
        Ok(Reading::new(self)?.with(quantity::PARKING_OCCUPIED.of(self.occupied)))
    }
}

/// Port 4: an answer to the question what the device is.
#[derive(Debug, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(crate) enum Information {
    Firmware {
        #[serde(rename = "type")]
        kind: &'static str,
        firmware_version: String,
    },
    Identity {
        #[serde(rename = "type")]
        kind: &'static str,
        dev_eui: String,
        product_class: String,
    },
}

impl Information {
    /// The two answers are told apart by their lengths alone.
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        const FIRMWARE_BYTES: usize = 3;
        let kind = "device information";
        if payload.remaining() == FIRMWARE_BYTES {
            return Ok(Self::Firmware { kind, firmware_version: version(payload)? });
        }
        let first = payload.bytes(3)?;
        let product_class = hex_digits(payload.bytes(3)?.value);
        let dev_eui = hex_digits(first.value) + &hex_digits(payload.bytes(5)?.value);
        Ok(Self::Identity { kind, dev_eui, product_class })
    }

    pub(crate) fn reading(&self) -> Result<Reading, Failure> {
        Reading::new(self)
    }
}

/// Port 5: an answer to the question how the device is used.
#[derive(Debug, Serialize)]
pub(crate) struct Usage {
    #[serde(rename = "type")]
    kind: &'static str,
    usage: &'static str,
    #[serde(flatten)]
    value: UsageValue,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum UsageValue {
    Number {
        value: Spanned<u32>,
    },
    Uplinks {
        uplinks: [Spanned<u32>; 6],
    },
    #[serde(rename_all = "camelCase")]
    Resets {
        brownout: Spanned<u8>,
        lockup: Spanned<u8>,
        external_pin: Spanned<u8>,
        power_on: Spanned<u8>,
        watchdog: Spanned<u8>,
        system_request: Spanned<u16>,
    },
}

/// The usage that is the time since the device started, in seconds.
const SINCE_RESTART: &str = "seconds since restart";

impl Usage {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let id = payload.u8()?;
        let usage = match *id {
            0 => "changes of the parking status",
            1 => "seconds occupied",
            2 => "uplinks sent at DR0 to DR5",
            3 => "triggers of the radar",
            4 => SINCE_RESTART,
            5 => "resets since installation",
            6 => "seconds since installation",
            other => {
                let message = format!("{other} is no usage that is known");
                return Err(Failure::unknown_message(message).at(id.span));
            }
        };
        let value = match *id {
            2 => {
                let mut next = || payload.u24_be();
                let uplinks = [next()?, next()?, next()?, next()?, next()?, next()?];
                UsageValue::Uplinks { uplinks }
            }
            5 => UsageValue::Resets {
                brownout: payload.u8()?,
                lockup: payload.u8()?,
                external_pin: payload.u8()?,
                power_on: payload.u8()?,
                watchdog: payload.u8()?,
                system_request: payload.u16_be()?,
            },
            _ => UsageValue::Number { value: payload.u32_be()? },
        };
        Ok(Self { kind: "device usage", usage, value })
    }

    pub(crate) fn reading(&self) -> Result<Reading, Failure> {
        let uptime = match self.value {
            UsageValue::Number { value } if self.usage == SINCE_RESTART => Some(value),
            _ => None,
        };
        Ok(Reading::new(self)?
            .with_all(uptime.map(|seconds| quantity::DEVICE_UPTIME.of(seconds.map(f64::from)))))
    }
}

/// The version as the maker writes it.
fn version(payload: &mut Reader<'_>) -> Result<String, Failure> {
    let [major, minor, patch] = *payload.array()?;
    Ok(format!("{major}.{minor}.{patch}"))
}
