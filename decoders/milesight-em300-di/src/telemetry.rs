//! The content of a frame: its values are gathered here.

use champollion_sdk::{families::channels::Item, prelude::*, word};
use serde::Serialize;

use crate::{
    Meter,
    attributes::Attributes,
    history::Stored,
    readings::{humidity, level, temperature},
    settings::Setting,
    water::{Alarm, Water},
};

/// The values that a frame tells.
#[derive(Default, Serialize)]
pub(crate) struct Told {
    #[serde(flatten)]
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    battery: Option<Spanned<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    humidity: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gpio: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gpio_alarm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pulse: Option<Spanned<u32>>,
    #[serde(flatten)]
    water: Option<Water>,
    #[serde(skip_serializing_if = "Option::is_none")]
    water_alarm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    water_outage_timeout: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    water_flow_timeout: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<Stored>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    settings: Vec<Setting>,
    #[serde(skip)]
    measurements: Vec<Measurement>,
    /// Whether an index was told whose unit is not known.
    #[serde(skip)]
    unit_is_missing: bool,
}

/// The bytes of a value that is measured; none of what is none.
pub(crate) fn size(header: [u8; 2]) -> Option<usize> {
    match header {
        [0x01, 0x75] | [0x04, 0x68] | [0x05, 0x00] => Some(1),
        [0x03, 0x67] | [0x85, 0x00] => Some(2),
        [0x05, 0xC8] => Some(4),
        [0x05, 0xE1] => Some(8),
        [0x85, 0xE1] => Some(9),
        [0x20, 0xCE] => Some(13),
        [0x21, 0xCE] => Some(18),
        _ => None,
    }
}

impl Told {
    pub(crate) fn read(&mut self, item: Item<'_, 2>, meter: Meter) -> Result<(), Failure> {
        let Item { header, mut value } = item;
        match header {
            [0x01, 0x75] => {
                let battery = value.u8()?;
                self.measurements.push(quantity::BATTERY_LEVEL.of(battery.divided_by(1.0)));
                self.battery = Some(battery);
            }
            [0x03, 0x67] => {
                let temperature = temperature(&mut value)?;
                self.measurements.push(quantity::AIR_TEMPERATURE.of(temperature));
                self.temperature = Some(temperature);
            }
            [0x04, 0x68] => {
                let humidity = humidity(&mut value)?;
                self.measurements.push(quantity::AIR_HUMIDITY.of(humidity));
                self.humidity = Some(humidity);
            }
            [0x05, 0x00] => self.gpio = Some(level(*value.u8()?)),
            [0x85, 0x00] => {
                self.gpio = Some(level(*value.u8()?));
                self.gpio_alarm =
                    Some(word(&[(0, "gpio alarm release"), (1, "gpio alarm")], *value.u8()?));
            }
            [0x05, 0xC8] => {
                let pulse = value.u32_le()?;
                self.measurements.extend(meter.pulses.measurements(pulse.map(i64::from), None));
                self.pulse = Some(pulse);
            }
            [0x05, 0xE1] => self.read_water(&mut value, meter)?,
            [0x85, 0xE1] => {
                self.read_water(&mut value, meter)?;
                let alarm = value.u8()?.map(Alarm::of);
                self.measurements.extend(Alarm::measurement(alarm));
                self.water_alarm = Some(alarm.name());
                match *alarm {
                    Alarm::Outage(is_on) => self.water_outage_timeout = Some(is_on),
                    Alarm::Flow(is_on) => self.water_flow_timeout = Some(is_on),
                    _ => {}
                }
            }
            [0x20 | 0x21, 0xCE] => {
                let stored = Stored::read(header, &mut value)?;
                self.measurements.extend(stored.measurements(meter));
                self.unit_is_missing |= stored.has_water() && meter.litres_per_unit.is_none();
                self.history.push(stored);
            }
            _ if self.attributes.read(header, &mut value)? => {}
            _ => self.settings.push(Setting::read(header, &mut value)?),
        }
        Ok(())
    }

    fn read_water(&mut self, value: &mut Reader<'_>, meter: Meter) -> Result<(), Failure> {
        let water = Water::read(value)?;
        self.measurements.extend(water.measurement(meter));
        self.unit_is_missing |= meter.litres_per_unit.is_none();
        self.water = Some(water);
        Ok(())
    }

    pub(crate) fn reading(mut self) -> Result<Reading, Failure> {
        let measurements = std::mem::take(&mut self.measurements);
        let reading = Reading::new(&self)?.with_all(measurements);
        Ok(if self.unit_is_missing {
            reading.warn(
                "the unit of the index is a setting of the device: litres-per-unit must be set for a volume",
            )
        } else {
            reading
        })
    }
}
