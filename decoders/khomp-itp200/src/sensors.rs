//! The sensors: the meter of the lamp, and what surrounds the photocell.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::head::Mask;

/// Tenths of a hertz, half degrees and hundredths that bytes begin at.
const LOWEST_FREQUENCY: i16 = 450;
const LOWEST_TEMPERATURE: i16 = -30;
const LOWEST_POWER_FACTOR: i16 = -100;

/// Millionths of a degree from the south pole, and from 180 degrees west.
const SOUTH_POLE: i64 = -90_000_000;
const FARTHEST_WEST: i64 = -180_000_000;
const MILLIONTHS: f64 = 1e6;

/// Values of the sensors, by the maker's names.
#[derive(Debug, Serialize)]
pub(crate) struct Sensors {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ambient_light: Option<Spanned<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    angle: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pwr_factor: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voltage: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Spanned<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active_energy: Option<Spanned<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reactive_energy: Option<Spanned<u32>>,
    #[serde(flatten)]
    coordinates: Option<Coordinates>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Coordinates {
    latitude: Spanned<f64>,
    longitude: Spanned<f64>,
}

impl Sensors {
    pub(crate) fn read(mask: Mask, payload: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self {
            temperature: mask.value(0, || above(payload, LOWEST_TEMPERATURE, 2.0))?,
            ambient_light: mask.value(1, || payload.u16_be())?,
            angle: mask.value(2, || above(payload, 0, 2.5))?,
            frequency: mask.value(3, || above(payload, LOWEST_FREQUENCY, 10.0))?,
            pwr_factor: mask.value(4, || above(payload, LOWEST_POWER_FACTOR, 100.0))?,
            voltage: mask.value(5, || Ok(payload.u16_be()?.divided_by(10.0)))?,
            current: mask.value(6, || Ok(payload.u16_be()?.divided_by(1e3)))?,
            active_energy: mask.value(7, || payload.u32_be())?,
            reactive_energy: mask.value(8, || payload.u32_be())?,
            coordinates: mask.value(9, || Coordinates::read(payload))?,
        })
    }

    pub(crate) fn measurements(&self) -> impl Iterator<Item = Measurement> {
        let kilo = |watts: Spanned<u32>| watts.divided_by(1e3);
        let factor = self.pwr_factor.filter(|factor| is_factor(**factor));
        [
            self.temperature.map(|celsius| quantity::DEVICE_TEMPERATURE.of(celsius)),
            self.ambient_light.map(|lux| quantity::LIGHT_ILLUMINANCE.of(lux.map(f64::from))),
            self.angle.map(|degrees| quantity::DEVICE_ORIENTATION.of(degrees)),
            self.frequency.map(|hertz| quantity::ELECTRICITY_FREQUENCY.of(hertz)),
            factor.map(|factor| quantity::ELECTRICITY_POWER_FACTOR.of(factor)),
            self.voltage.map(|volts| quantity::ELECTRICITY_VOLTAGE.of(volts)),
            self.current.map(|amperes| quantity::ELECTRICITY_CURRENT.of(amperes)),
            self.active_energy.map(|energy| quantity::ELECTRICITY_ENERGY_ACTIVE.of(kilo(energy))),
            self.reactive_energy
                .map(|energy| quantity::ELECTRICITY_ENERGY_REACTIVE.of(kilo(energy))),
        ]
        .into_iter()
        .flatten()
    }

    /// The place of the photocell, where it is one on the globe.
    pub(crate) fn place(&self) -> impl Iterator<Item = Measurement> {
        self.coordinates.filter(|place| place.are_on_the_globe()).into_iter().flat_map(|place| {
            [
                quantity::LOCATION_LATITUDE.of(place.latitude),
                quantity::LOCATION_LONGITUDE.of(place.longitude),
            ]
        })
    }

    pub(crate) fn warnings(&self) -> impl Iterator<Item = &'static str> {
        let place = self.coordinates.filter(|place| !place.are_on_the_globe());
        let factor = self.pwr_factor.filter(|factor| !is_factor(**factor));
        [
            factor.map(|_| "the power factor is beyond 1"),
            place.map(|_| "the coordinates are not on the globe"),
        ]
        .into_iter()
        .flatten()
    }
}

impl Coordinates {
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let latitude = degrees(payload, SOUTH_POLE)?;
        Ok(Self { latitude, longitude: degrees(payload, FARTHEST_WEST)? })
    }

    fn are_on_the_globe(&self) -> bool {
        *self.latitude <= 90.0 && *self.longitude <= 180.0
    }
}

fn is_factor(factor: f64) -> bool {
    factor <= 1.0
}

/// Reads a byte that counts parts of a unit from the lowest number of them upward.
fn above(payload: &mut Reader<'_>, lowest: i16, parts: f64) -> Result<Spanned<f64>, Failure> {
    Ok(payload.u8()?.map(|above| i16::from(above) + lowest).divided_by(parts))
}

/// Reads millionths of a degree from the lowest number of them upward.
fn degrees(payload: &mut Reader<'_>, lowest: i64) -> Result<Spanned<f64>, Failure> {
    Ok(payload.u32_be()?.map(|above| i64::from(above) + lowest).divided_by(MILLIONTHS))
}
