//! The telegrams of the module: values, and commands that it refuses.

use champollion_sdk::{hex_digits, prelude::*, reserved_bits};
use serde::Serialize;

use crate::value::Index;

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Telegram {
    /// The volume in litres.
    #[serde(skip_serializing_if = "Option::is_none")]
    volume: Option<Spanned<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backflow_volume: Option<Spanned<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alarms: Option<Alarms>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reporting_interval: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    starting_value: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_flow: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leak_window: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leak_tolerance: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_voltage: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_temperature: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    firmware_hash: Option<String>,
    /// A sentence about bits of the status that the manual does not have.
    #[serde(skip)]
    reserved: Option<String>,
    /// The commands that the module refuses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<&'static str>,
}

/// The alarms of the status. Messages while a module starts have 0 there, which means that all is well.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
struct Alarms {
    leakage: Spanned<bool>,
    module_removed: Spanned<bool>,
    magnetic_fraud: Spanned<bool>,
    flow_exceeds_q3: Spanned<bool>,
}

/// Seconds of a unit of the leak window.
const WINDOW_SECONDS: u16 = 15;

impl Telegram {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let mut telegram = Self::default();
        let mut is_first = true;
        while is_first || !payload.is_empty() {
            is_first = false;
            let kind = payload.u8()?;
            let code = payload.u8()?;
            let index = Index::of(*code).ok_or_else(|| {
                let message = format!("the index {:02X} is none that is known", *code);
                Failure::unknown_message(message).at(code.span)
            })?;
            match *kind {
                1 => telegram.take(index, payload)?,
                2 => telegram.refused.push(index.name()),
                other => {
                    let message = format!("{other:02X} is neither data, 01, nor a refusal, 02");
                    return Err(Failure::unknown_message(message).at(kind.span));
                }
            }
        }
        Ok(telegram)
    }

    fn take(&mut self, index: Index, payload: &mut Reader<'_>) -> Result<(), Failure> {
        match index {
            Index::Volume => self.volume = Some(payload.u32_be()?),
            Index::BackflowVolume => self.backflow_volume = Some(payload.u32_be()?),
            Index::Status => {
                let status = payload.u8()?;
                self.alarms = Some(Alarms::of(status));
                self.reserved = reserved_bits("the status", *status, Alarms::KNOWN);
            }
            Index::ReportingInterval => self.reporting_interval = Some(*payload.u16_be()?),
            Index::StartingValue => self.starting_value = Some(*payload.u32_be()?),
            Index::MaximumFlow => self.maximum_flow = Some(*payload.u16_be()?),
            Index::LeakWindow => {
                self.leak_window = Some(u16::from(*payload.u8()?) * WINDOW_SECONDS);
            }
            Index::LeakTolerance => self.leak_tolerance = Some(*payload.u8()?),
            Index::CpuVoltage => self.cpu_voltage = Some(payload.u8()?.divided_by(40.0)),
            // Hundredths of a degree from -50 °C on.
            Index::CpuTemperature => {
                let hundredths = payload.u16_be()?.map(|number| i32::from(number) - 5_000);
                self.cpu_temperature = Some(hundredths.divided_by(100.0));
            }
            Index::FirmwareHash => {
                self.firmware_hash = Some(hex_digits(payload.bytes(6)?.value));
            }
            Index::Reset => {
                return Err(Failure::unknown_message("a reset is an action and has no value"));
            }
        }
        Ok(())
    }

    pub(crate) fn tell(&self) -> Result<Reading, Failure> {
        let volume = self.volume.map(|litres| litres.divided_by(1_000.0));
        let backflow = self.backflow_volume.map(|litres| litres.divided_by(1_000.0));
        Ok(Reading::new(self)?
            .with_all(volume.map(|volume| quantity::WATER_VOLUME.of(volume)))
            .with_all(backflow.map(|volume| quantity::WATER_VOLUME_REVERSE.of(volume)))
            .with_all(self.cpu_voltage.map(|voltage| quantity::BATTERY_VOLTAGE.of(voltage)))
            .with_all(self.cpu_temperature.map(|read| quantity::DEVICE_TEMPERATURE.of(read)))
            .with_all(self.alarms.map(Alarms::measurements).into_iter().flatten())
            .warn_all(self.reserved.clone()))
    }
}

impl Alarms {
    /// Bits of the status that are an alarm.
    const KNOWN: u8 = 0b1010_1001;

    fn of(status: Spanned<u8>) -> Self {
        Self {
            leakage: status.bit(0),
            module_removed: status.bit(3),
            magnetic_fraud: status.bit(5),
            flow_exceeds_q3: status.bit(7),
        }
    }

    /// A module that was removed and a magnet are both somebody's doing.
    fn measurements(self) -> [Measurement; 3] {
        let tamper = *self.module_removed || *self.magnetic_fraud;
        [
            quantity::ALARM_LEAK.of(self.leakage),
            quantity::ALARM_TAMPER.of(self.module_removed.map(|_| tamper)),
            quantity::ALARM_OVERFLOW.of(self.flow_exceeds_q3),
        ]
    }
}
