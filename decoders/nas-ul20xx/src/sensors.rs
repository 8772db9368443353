//! The sensors in a status packet of firmware 1.1.4 and later.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// The state of the sensors. A key is absent where the controller does not have the sensor, and the light is
/// `null` where the sensor does not answer.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SensorSource {
    #[serde(skip_serializing_if = "Option::is_none")]
    ldr_input: Option<Spanned<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    light_sensor: Option<Option<Spanned<f64>>>,
    #[serde(rename = "d4iLightSensor", skip_serializing_if = "Option::is_none")]
    d4i_light_sensor: Option<Option<Spanned<f64>>>,
    #[serde(rename = "digInput1On", skip_serializing_if = "Option::is_none")]
    dig_input_1_on: Option<Spanned<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tilt_sensor: Option<Option<Spanned<f64>>>,
}

impl SensorSource {
    /// Reads the sensors of a status packet: their length in bytes, then numbers and values.
    pub(crate) fn read(
        payload: &mut Reader<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Self, Failure> {
        let length = payload.u8()?;
        let end = payload.position() + usize::from(length.value);
        let mut sensors = Self::default();
        while payload.position() < end {
            let kind = payload.u8()?;
            match kind.value {
                1 => sensors.ldr_input = Some(payload.u8()?),
                2 => sensors.light_sensor = Some(illuminance(payload.u16_le()?)),
                3 => sensors.d4i_light_sensor = Some(illuminance(payload.u16_le()?)),
                4 => sensors.dig_input_1_on = Some(payload.u8()?.bit(0)),
                8 => sensors.tilt_sensor = Some(tilt(payload.u8()?)),
                other => {
                    // Values have no length of their own, so all sensors behind it are lost too.
                    warnings.push(format!("sensor {other} and those behind it are not known"));
                    payload.skip(end.saturating_sub(payload.position()))?;
                }
            }
        }
        if payload.position() > end {
            let message =
                format!("the values of the sensors do not fit into their {} bytes", *length);
            return Err(Failure::invalid_value(message).at(length.span));
        }
        Ok(sensors)
    }

    /// Returns the measurements; the D4i sensor is the second one for light, so it has channel 1.
    pub(crate) fn measurements(&self) -> Vec<Measurement> {
        let light = self.light_sensor.flatten();
        let d4i_light = self.d4i_light_sensor.flatten();
        let tilt = self.tilt_sensor.flatten();
        [
            light.map(|light| quantity::LIGHT_ILLUMINANCE.of(light)),
            d4i_light.map(|light| quantity::LIGHT_ILLUMINANCE.of(light).on(1)),
            tilt.map(|tilt| quantity::DEVICE_ORIENTATION.of(tilt)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Lux from the logarithm that is sent, `None` where the sensor does not answer.
fn illuminance(raw: Spanned<u16>) -> Option<Spanned<f64>> {
    const UNAVAILABLE: u16 = 0xFFFF;
    if raw.value == UNAVAILABLE {
        return None;
    }
    // NAS's codec drops the highest bit and shows four digits. More would be an artefact of how a
    // platform computes powers, and the answer must be the same on all.
    let exponent = f64::from(raw.value & 0x7FFF) / 4000.0;
    let lux = 10_f64.powf(exponent) / 1000.0;
    let scale = match lux {
        ..10.0 => 1000.0,
        ..100.0 => 100.0,
        ..1000.0 => 10.0,
        _ => 1.0,
    };
    Some(raw.map(|_| (lux * scale).round() / scale))
}

fn tilt(raw: Spanned<u8>) -> Option<Spanned<f64>> {
    const UNAVAILABLE: u8 = 0xFF;
    (raw.value != UNAVAILABLE).then(|| raw.map(f64::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_has_four_digits_and_may_be_unavailable() {
        assert_eq!(illuminance(Spanned::from(0x5594)).unwrap().value, 299.9);
        assert_eq!(illuminance(Spanned::from(0)).unwrap().value, 0.001);
        assert!(illuminance(Spanned::from(0xFFFF)).is_none());
    }
}
