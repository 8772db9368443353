//! Answers about settings: what was asked for, or what a command has set.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// An answer, by the maker's names. Those of one line have the same layout: the first answers a request, the second a
/// command.
#[derive(Debug, Serialize)]
#[serde(tag = "message")]
enum Answer {
    #[serde(rename = "noderfproperty")]
    Radio {
        #[serde(rename = "TransmitPower")]
        transmit_power: Spanned<u8>,
        #[serde(rename = "DataRate")]
        data_rate: Spanned<u8>,
    },
    #[serde(rename = "EnableDisableADR")]
    DataRate { adaptivedatarate: Spanned<u8> },
    #[serde(rename = "CombinedCommissioning")]
    Commissioning(Commissioning),
    #[serde(rename = "joinIntervalTrap")]
    JoinInterval { joinacceptuplinkinterval: Spanned<u16> },
    #[serde(rename = "EepEraseTrap")]
    Erased { epromerase: Spanned<u8> },
    #[serde(rename = "LDRCount")]
    Light { adccount: Spanned<u16> },
}

/// The place of the controller, its modes, and the limits beyond which it raises alarms, in units that no source names.
#[derive(Debug, Serialize)]
struct Commissioning {
    lat: Spanned<u32>,
    long: Spanned<u32>,
    operationmode: Spanned<u8>,
    device_mode: Spanned<u8>,
    timezone: Spanned<u32>,
    alarmmask: Spanned<u16>,
    highvoltagealarmthreshold: Spanned<u16>,
    lowvoltagealarmthreshold: Spanned<u16>,
    highcurrentalarmthreshold: Spanned<u16>,
    lowcurrentalarmthreshold: Spanned<u16>,
    lowpowerfactoralarmthreshold: Spanned<u8>,
    maxlightburnhouralarmthreshold: Spanned<u16>,
    temperaturealarmthreshold: Spanned<u8>,
}

#[derive(Serialize)]
struct Told {
    #[serde(flatten)]
    answer: Answer,
    /// Whether a command has set what is told.
    set: bool,
}

pub(crate) fn read(code: Spanned<u8>, payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let answer = match *code {
        0x05 | 0x07 => Answer::Radio { transmit_power: payload.u8()?, data_rate: payload.u8()? },
        0x27 | 0x29 => Answer::DataRate { adaptivedatarate: payload.u8()? },
        0x37 | 0x39 => Answer::Commissioning(Commissioning::read(payload)?),
        0x3F | 0x41 => Answer::JoinInterval { joinacceptuplinkinterval: payload.u16_be()? },
        0x5E => Answer::Erased { epromerase: payload.u8()? },
        0x6A => Answer::Light { adccount: payload.u16_be()? },
        _ => return Err(unknown(code)),
    };
    let set = matches!(*code, 0x07 | 0x29 | 0x39 | 0x41 | 0x5E);
    Reading::new(&Told { answer, set })
}

impl Commissioning {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self {
            lat: payload.u32_be()?,
            long: payload.u32_be()?,
            operationmode: payload.u8()?,
            device_mode: payload.u8()?,
            timezone: payload.u32_be()?,
            alarmmask: payload.u16_be()?,
            highvoltagealarmthreshold: payload.u16_be()?,
            lowvoltagealarmthreshold: payload.u16_be()?,
            highcurrentalarmthreshold: payload.u16_be()?,
            lowcurrentalarmthreshold: payload.u16_be()?,
            lowpowerfactoralarmthreshold: payload.u8()?,
            maxlightburnhouralarmthreshold: payload.u16_be()?,
            temperaturealarmthreshold: payload.u8()?,
        })
    }
}

/// The failure of a message without a public layout. Of some codes the maker tells the name, and no more.
fn unknown(code: Spanned<u8>) -> Failure {
    let named = match *code {
        0x0E => ", which tells properties of the device,",
        0x11 => ", which tells whether the light is on,",
        0x14 => ", which tells the brightness,",
        _ => "",
    };
    let message = format!("the layout of messages with code {:02X}{named} is not known", *code);
    Failure::unknown_message(message).at(code.span)
}
