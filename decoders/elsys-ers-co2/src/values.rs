//! The values of one moment.

use champollion_sdk::prelude::*;
use serde::Serialize;

/// Declares the values that come once in a telegram, each absent until its type was read.
macro_rules! values {
    ($($(#[$doc:meta])* $name:ident: $kind:ty,)*) => {
        /// The values of one moment in a telegram, under the names of the maker's own decoder.
        #[derive(Clone, Debug, Default, PartialEq, Serialize)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct Values {
            $(
                $(#[$doc])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub(crate) $name: Option<Spanned<$kind>>,
            )*
            /// Probes at the second input, °C: one wire carries several.
            #[serde(skip_serializing_if = "Vec::is_empty")]
            pub(crate) external_temperature2: Vec<Spanned<f64>>,
        }

        impl Values {
            /// Takes over what another holds. True where that replaced a value: the maker's own
            /// decoder lets the last of several alike win, and so does this one.
            pub(crate) fn absorb(&mut self, other: Self) -> bool {
                let mut replaced = false;
                $(
                    if let Some(value) = other.$name {
                        replaced |= self.$name.replace(value).is_some();
                    }
                )*
                self.external_temperature2.extend(other.external_temperature2);
                replaced
            }
        }
    };
}

values! {
    /// Temperature of the room, °C.
    temperature: f64,
    /// Relative humidity in percent.
    humidity: u8,
    /// Acceleration along x; 63 is the gravity of the Earth.
    x: i8,
    /// Acceleration along the y axis.
    y: i8,
    /// Acceleration along the z axis.
    z: i8,
    /// Illuminance at the sensor, in lux.
    light: u16,
    /// Movements that the infrared sensor counted since the previous transmission.
    motion: u8,
    /// Carbon dioxide in ppm.
    co2: u16,
    /// Voltage of the battery, mV.
    vdd: u16,
    /// Analogue input 1, mV.
    analog1: u16,
    /// Latitude in degrees north.
    lat: f64,
    /// Longitude in degrees east.
    long: f64,
    /// Pulses at input 1 since the previous transmission.
    pulse1: u16,
    /// Pulses at input 1 since the counter started.
    pulse_abs: u32,
    /// Probe at the first input, °C.
    external_temperature: f64,
    /// State of digital input 1.
    digital: bool,
    /// Distance sensor's value in millimetres.
    distance: u16,
    /// Movements that the accelerometer counted.
    acc_motion: u8,
    /// Infrared thermometer: its own temperature, °C.
    ir_internal_temperature: f64,
    /// Infrared thermometer: the temperature of what it looks at, °C.
    ir_external_temperature: f64,
    /// Whether somebody is there.
    occupancy: Occupancy,
    /// Water at the leak sensor, 0 to 255.
    waterleak: u8,
    /// 64 temperatures of the infrared camera, °C.
    grideye: Vec<f64>,
    /// Barometric pressure in hectopascals.
    pressure: f64,
    /// Highest sound level, dB.
    sound_peak: u8,
    /// Average sound level, dB.
    sound_avg: u8,
    /// Pulses at input 2 since the previous transmission.
    pulse2: u16,
    /// Pulses at input 2 since the counter started.
    pulse_abs2: u32,
    /// Analogue input 2, mV.
    analog2: u16,
    /// State of digital input 2.
    digital2: bool,
    /// Analogue input of the load cell, µV.
    analog_uv: i32,
    /// Volatile organic compounds, ppb.
    tvoc: u16,
    /// Index of the air quality.
    iaq: u8,
    /// A switch without a meaning of its own.
    generic_bool: bool,
    /// A number without a meaning of its own.
    generic_int8: i8,
    /// A number without a meaning of its own.
    generic_int16: i16,
    /// The view that the display shows.
    view: u8,
    /// The temperature that a person has set, °C.
    setpoint: f64,
    /// Speed of the fan.
    speed: u8,
    /// Relative humidity at an external sensor, %.
    external_humidity: u8,
    /// Bytes without a meaning of their own.
    bytes: Vec<u8>,
    /// A checksum of something that is not documented.
    crc: u32,
    /// For the maker's own use.
    debug: u32,
}

/// Type 0x11. It stands in `data` as the number that the device sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "u8")]
pub(crate) enum Occupancy {
    /// 0: nobody is there.
    Unoccupied,
    /// 1: somebody is entering or leaving, so the sensor has not made up its mind.
    Pending,
    /// 2: somebody is there.
    Occupied,
    /// No document says what it means.
    Other(u8),
}

impl From<u8> for Occupancy {
    fn from(sent: u8) -> Self {
        match sent {
            0 => Self::Unoccupied,
            1 => Self::Pending,
            2 => Self::Occupied,
            other => Self::Other(other),
        }
    }
}

impl From<Occupancy> for u8 {
    fn from(occupancy: Occupancy) -> Self {
        match occupancy {
            Occupancy::Unoccupied => 0,
            Occupancy::Pending => 1,
            Occupancy::Occupied => 2,
            Occupancy::Other(other) => other,
        }
    }
}
