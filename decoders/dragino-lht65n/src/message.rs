//! A message of eleven bytes, as the device sends it in its interval.

use champollion_sdk::{families::dragino::Battery, hex_digits, prelude::*};
use serde::Serialize;

use crate::external::{self, External};

/// Bytes that some firmware sends behind the message.
const TAIL_BYTES: usize = 4;

/// Whole bytes 6 of messages that tell the number of a probe in the place of the built-in sensor.
const ID_OF_DS18B20: u8 = 0x0F;
const ID_OF_SHT31: u8 = 0x10;
const ID_OF_TMP117: u8 = 0x20;

/// The content of a message, under the names of the maker's decoder.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    #[serde(rename = "BatV", skip_serializing_if = "Option::is_none")]
    volts: Option<Spanned<f64>>,
    #[serde(rename = "Bat_status")]
    battery: &'static str,
    #[serde(rename = "TempC_SHT", skip_serializing_if = "Option::is_none")]
    temperature: Option<Spanned<f64>>,
    #[serde(rename = "Hum_SHT", skip_serializing_if = "Option::is_none")]
    humidity: Option<Spanned<f64>>,
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(flatten)]
    external: External,
    /// Bit 5: the clock of the device is set.
    #[serde(rename = "Sync_time_OK", skip_serializing_if = "is_false")]
    time_is_set: bool,
    /// Bit 4: the device asks for the time.
    #[serde(rename = "Unix_time_request", skip_serializing_if = "is_false")]
    asks_for_time: bool,
    /// The battery's lowest state of four.
    #[serde(skip)]
    battery_low: Spanned<bool>,
    #[serde(skip)]
    warnings: Vec<String>,
}

fn is_false(switch: &bool) -> bool {
    !switch
}

impl Message {
    pub(crate) fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let mut first = payload.block(2)?;
        let mut middle = payload.block(4)?;
        let flags = payload.u8()?;
        let mut message = match *flags {
            ID_OF_DS18B20 | ID_OF_SHT31 | ID_OF_TMP117 => {
                Self::with_id(*flags, &mut first, middle, payload)?
            }
            _ => {
                let temperature = external::temperature(&mut middle)?;
                let (humidity, state) = external::humidity(&mut middle)?;
                let kind = *flags.bits(0, 4);
                let (volts, state, external) = match kind {
                    9 | 10 => (None, state, probe_with_time(kind, &mut first, payload)?),
                    _ => {
                        let battery = Battery::read(&mut first)?;
                        (Some(battery.volts), battery.state, External::read(kind, payload)?)
                    }
                };
                let mut message = Self {
                    temperature,
                    humidity: Some(humidity),
                    time_is_set: *flags.bit(5),
                    asks_for_time: *flags.bit(4),
                    ..Self::new(volts, state)
                };
                match external {
                    Some(external) => message.external = external,
                    None => message.warnings.push(format!("external sensor {kind} is not known")),
                }
                message
            }
        };
        if payload.remaining() == TAIL_BYTES {
            payload.skip(TAIL_BYTES)?;
            message.warnings.push(format!("the last {TAIL_BYTES} bytes have no known meaning"));
        }
        payload.end()?;
        Ok(message)
    }

    fn new(volts: Option<Spanned<f64>>, state: Spanned<u16>) -> Self {
        Self {
            volts,
            battery: ["Ultra Low", "Low", "OK", "Good"][usize::from(*state) % 4],
            temperature: None,
            humidity: None,
            id: None,
            external: External::default(),
            time_is_set: false,
            asks_for_time: false,
            battery_low: state.map(|state| state < 2),
            warnings: Vec::new(),
        }
    }

    /// A message in which four bytes, or eight, are the number of a probe.
    fn with_id(
        flags: u8,
        first: &mut Reader<'_>,
        mut middle: Reader<'_>,
        payload: &mut Reader<'_>,
    ) -> Result<Self, Failure> {
        let battery = Battery::read(first)?;
        let mut id = hex_digits(middle.rest().value);
        let mut block = payload.block(4)?;
        let external = match flags {
            ID_OF_SHT31 => External::sht31(&mut block, "SHT31ID")?,
            ID_OF_TMP117 => {
                let tmp117 = external::temperature(&mut block)?;
                id += &hex_digits(block.rest().value);
                External::of_mode("NE117ID").with_tmp117(tmp117)
            }
            _ => {
                id += &hex_digits(block.rest().value);
                External::of_mode("DS18B20ID")
            }
        };
        Ok(Self { id: Some(id), external, ..Self::new(Some(battery.volts), battery.state) })
    }

    pub(crate) fn reading(&self) -> Result<Reading, Failure> {
        Ok(Reading::new(self)?
            .with_all(self.temperature.map(|value| quantity::AIR_TEMPERATURE.of(value)))
            .with_all(self.humidity.map(|value| quantity::AIR_HUMIDITY.of(value)))
            .with_all(self.external.measurements())
            .with_all(self.volts.map(|value| quantity::BATTERY_VOLTAGE.of(value)))
            .with(quantity::ALARM_BATTERY.of(self.battery_low))
            .warn_all(&self.warnings))
    }
}

/// A probe whose temperature stands where the battery stands otherwise, and the time behind it.
fn probe_with_time(
    kind: u8,
    first: &mut Reader<'_>,
    payload: &mut Reader<'_>,
) -> Result<Option<External>, Failure> {
    let probe = external::temperature(first)?;
    let external = External::read(kind, payload)?;
    Ok(external.map(|external| match kind {
        9 => external.with_ds18b20(probe),
        _ => external.with_tmp117(probe),
    }))
}
