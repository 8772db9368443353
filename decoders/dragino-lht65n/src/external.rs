//! The external sensor: its kind stands in byte 6, its value in the four bytes behind.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// The number of a temperature that was not measured, since nothing is plugged in.
const NO_PROBE: i16 = 0x7FFF;

/// The channel of what the external sensor measures as the built-in one does.
const EXTERNAL: u16 = 1;

/// The value of the external sensor, under the names of the maker's decoder.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct External {
    #[serde(rename = "Ext_sensor", skip_serializing_if = "Option::is_none")]
    sensor: Option<&'static str>,
    #[serde(rename = "Work_mode", skip_serializing_if = "Option::is_none")]
    work_mode: Option<&'static str>,
    #[serde(rename = "TempC_DS", skip_serializing_if = "Option::is_none")]
    ds18b20: Option<Spanned<f64>>,
    #[serde(rename = "TempC_TMP117", skip_serializing_if = "Option::is_none")]
    tmp117: Option<Spanned<f64>>,
    #[serde(rename = "Exti_pin_level", skip_serializing_if = "Option::is_none")]
    pin_level: Option<&'static str>,
    #[serde(rename = "Exti_status", skip_serializing_if = "Option::is_none")]
    interrupt: Option<&'static str>,
    #[serde(rename = "ILL_lx", skip_serializing_if = "Option::is_none")]
    illuminance: Option<Spanned<u16>>,
    #[serde(rename = "ADC_V", skip_serializing_if = "Option::is_none")]
    volts: Option<Spanned<f64>>,
    #[serde(rename = "Exit_count", skip_serializing_if = "Option::is_none")]
    count: Option<Spanned<u32>>,
    #[serde(rename = "Systimestamp", skip_serializing_if = "Option::is_none")]
    timestamp: Option<Spanned<u32>>,
    #[serde(rename = "Ext_TempC_SHT", skip_serializing_if = "Option::is_none")]
    temperature: Option<Spanned<f64>>,
    #[serde(rename = "Ext_Hum_SHT", skip_serializing_if = "Option::is_none")]
    humidity: Option<Spanned<f64>>,
}

impl External {
    /// Reads the four bytes of a sensor. None where the sensor is not known.
    pub(crate) fn read(kind: u8, payload: &mut Reader<'_>) -> Result<Option<Self>, Failure> {
        let none = Self { sensor: Some("No external sensor"), ..Self::default() };
        // Early firmware leaves the four bytes out where there is no sensor.
        if kind == 0 && payload.is_empty() {
            return Ok(Some(none));
        }
        let mut block = payload.block(4)?;
        Ok(Some(match kind {
            0 => none,
            1 => Self {
                sensor: Some("Temperature Sensor"),
                ds18b20: temperature(&mut block)?,
                ..Self::default()
            },
            2 => Self {
                sensor: Some("Temperature Sensor"),
                tmp117: temperature(&mut block)?,
                ..Self::default()
            },
            4 => Self {
                work_mode: Some("Interrupt Sensor send"),
                pin_level: Some(if *block.u8()? == 0 { "Low" } else { "High" }),
                interrupt: Some(if *block.u8()? == 0 { "False" } else { "True" }),
                ..Self::default()
            },
            5 => Self {
                work_mode: Some("Illumination Sensor"),
                illuminance: Some(block.u16_be()?),
                ..Self::default()
            },
            6 => Self {
                work_mode: Some("ADC Sensor"),
                volts: Some(block.u16_be()?.divided_by(1_000.0)),
                ..Self::default()
            },
            7 => Self {
                work_mode: Some("Interrupt Sensor count"),
                count: Some(block.u16_be()?.map(u32::from)),
                ..Self::default()
            },
            8 => Self {
                work_mode: Some("Interrupt Sensor count"),
                count: Some(block.u32_be()?),
                ..Self::default()
            },
            9 => Self {
                work_mode: Some("DS18B20 & timestamp"),
                timestamp: Some(block.u32_be()?),
                ..Self::default()
            },
            10 => Self {
                work_mode: Some("TMP117 & timestamp"),
                timestamp: Some(block.u32_be()?),
                ..Self::default()
            },
            11 => Self::sht31(&mut block, "SHT31 Sensor")?,
            _ => return Ok(None),
        }))
    }

    /// Reads a temperature and a humidity.
    pub(crate) fn sht31(block: &mut Reader<'_>, work_mode: &'static str) -> Result<Self, Failure> {
        Ok(Self {
            work_mode: Some(work_mode),
            temperature: temperature(block)?,
            humidity: Some(humidity(block)?.0),
            ..Self::default()
        })
    }

    /// A probe that is read to find its number.
    pub(crate) fn of_mode(work_mode: &'static str) -> Self {
        Self { work_mode: Some(work_mode), ..Self::default() }
    }

    /// The same with the temperature of a DS18B20.
    pub(crate) fn with_ds18b20(mut self, temperature: Option<Spanned<f64>>) -> Self {
        self.ds18b20 = temperature;
        self
    }

    /// The same with the temperature of a TMP117.
    pub(crate) fn with_tmp117(mut self, temperature: Option<Spanned<f64>>) -> Self {
        self.tmp117 = temperature;
        self
    }

    /// Those of the values that the vocabulary has. Without its connection a counter is no counter, so the state of
    /// pins and the voltage stand in `data` alone.
    pub(crate) fn measurements(&self) -> Vec<Measurement> {
        let mut found = Vec::new();
        let probes = [self.ds18b20, self.tmp117, self.temperature];
        let probe = |value| quantity::PROBE_TEMPERATURE.of(value).on(EXTERNAL);
        found.extend(probes.into_iter().flatten().map(probe));
        found.extend(self.humidity.map(|value| quantity::AIR_HUMIDITY.of(value).on(EXTERNAL)));
        let lux = self.illuminance.map(|value| value.map(f64::from));
        found.extend(lux.map(|value| quantity::LIGHT_ILLUMINANCE.of(value)));
        let count = self.count.map(|value| value.map(i64::from));
        found.extend(count.map(|value| quantity::PULSE_COUNT.of(value)));
        found
    }
}

/// A temperature in hundredths of a degree.
pub(crate) fn temperature(payload: &mut Reader<'_>) -> Result<Option<Spanned<f64>>, Failure> {
    let sent = payload.i16_be()?;
    Ok((*sent != NO_PROBE).then(|| sent.divided_by(100.0)))
}

/// A humidity in tenths of a percent in 12 bits, and the two bits above them.
pub(crate) fn humidity(payload: &mut Reader<'_>) -> Result<(Spanned<f64>, Spanned<u16>), Failure> {
    let word = payload.u16_be()?;
    Ok((word.bits(0, 12).divided_by(10.0), word.bits(14, 2)))
}
