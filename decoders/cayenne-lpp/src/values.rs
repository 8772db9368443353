//! The values of a payload by their types, and those of them that the vocabulary has.

use champollion_sdk::{
    decimal,
    families::cayenne::{Item, Value},
    prelude::*,
};
use serde::Serialize;

/// A value with its channel.
#[derive(Debug, Serialize)]
struct Channel<T> {
    channel: u8,
    value: Spanned<T>,
}

/// Three values along, or around, three axes.
#[derive(Debug, Serialize)]
struct Axes {
    channel: u8,
    x: f64,
    y: f64,
    z: f64,
}

/// A colour of light.
#[derive(Debug, Serialize)]
struct Colour {
    channel: u8,
    red: u8,
    green: u8,
    blue: u8,
}

/// A place on Earth, in degrees and metres.
#[derive(Debug, Serialize)]
struct Place {
    channel: u8,
    latitude: f64,
    longitude: f64,
    altitude: f64,
}

/// Declares the lists of values of one number each.
macro_rules! values {
    ($($name:ident: $number:ty = $variant:ident,)*) => {
        /// The values by their types; each list is absent where it is empty.
        #[derive(Debug, Default, Serialize)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct Values {
            $(
                #[serde(skip_serializing_if = "Vec::is_empty")]
                $name: Vec<Channel<$number>>,
            )*
            #[serde(skip_serializing_if = "Vec::is_empty")]
            acceleration: Vec<Axes>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            rotation: Vec<Axes>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            colour: Vec<Colour>,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            location: Vec<Place>,
        }

        impl Values {
            /// Adds a value to the list of its type.
            pub(crate) fn put(&mut self, item: Item) {
                let channel = item.channel;
                match *item.value {
                    $(Value::$variant(value) => {
                        self.$name.push(Channel { channel, value: item.value.map(|_| value) });
                    })*
                    Value::Acceleration([x, y, z]) => {
                        self.acceleration.push(Axes { channel, x, y, z });
                    }
                    Value::Colour([red, green, blue]) => {
                        self.colour.push(Colour { channel, red, green, blue });
                    }
                    Value::Rotation([x, y, z]) => self.rotation.push(Axes { channel, x, y, z }),
                    Value::Location { latitude, longitude, altitude } => {
                        self.location.push(Place { channel, latitude, longitude, altitude });
                    }
                }
            }
        }
    };
}

values! {
    digital_input: u8 = DigitalInput,
    digital_output: u8 = DigitalOutput,
    analog_input: f64 = AnalogInput,
    analog_output: f64 = AnalogOutput,
    generic: u32 = Generic,
    illuminance: u16 = Illuminance,
    presence: u8 = Presence,
    temperature: f64 = Temperature,
    humidity: f64 = Humidity,
    pressure: f64 = Pressure,
    voltage: f64 = Voltage,
    current: f64 = Current,
    frequency: u32 = Frequency,
    percentage: u8 = Percentage,
    altitude: i16 = Altitude,
    concentration: u16 = Concentration,
    power: u16 = Power,
    distance: f64 = Distance,
    energy: f64 = Energy,
    direction: u16 = Direction,
    unix_time: u32 = UnixTime,
    switch: u8 = Switch,
}

/// The measurements of a value, on its channel.
pub(crate) fn measurements(item: Item) -> Vec<Measurement> {
    let value = item.value;
    let number = |number: f64| value.map(|_| number);
    let truth = |byte: u8| value.map(|_| byte != 0);
    let found = match *value {
        Value::Temperature(degrees) => vec![quantity::SENSOR_TEMPERATURE.of(number(degrees))],
        Value::Humidity(percent) if percent <= 100.0 => {
            vec![quantity::AIR_HUMIDITY.of(number(percent))]
        }
        Value::Illuminance(lux) => vec![quantity::LIGHT_ILLUMINANCE.of(number(lux.into()))],
        Value::Presence(byte) => vec![quantity::OCCUPANCY_PRESENT.of(truth(byte))],
        Value::Pressure(hectopascals) => vec![quantity::AIR_PRESSURE.of(number(hectopascals))],
        Value::Power(watts) => vec![quantity::ELECTRICITY_POWER_ACTIVE.of(number(watts.into()))],
        Value::Energy(kilowatt_hours) => {
            vec![quantity::ELECTRICITY_ENERGY_ACTIVE.of(number(kilowatt_hours))]
        }
        Value::Distance(metres) => vec![quantity::SENSOR_DISTANCE.of(number(metres))],
        Value::Switch(byte) => vec![quantity::SWITCH_CLOSED.of(truth(byte))],
        Value::Location { latitude, longitude, altitude } if is_on_earth(latitude, longitude) => {
            vec![
                quantity::LOCATION_LATITUDE.of(number(latitude)),
                quantity::LOCATION_LONGITUDE.of(number(longitude)),
                quantity::LOCATION_ALTITUDE.of(number(altitude)),
            ]
        }
        _ => Vec::new(),
    };
    found.into_iter().map(|one| one.on(item.channel.into())).collect()
}

/// The reason why a value that was read is no measurement.
pub(crate) fn doubt(item: Item) -> Option<String> {
    match *item.value {
        Value::Humidity(percent) if percent > 100.0 => {
            let percent = decimal(percent);
            Some(format!("a humidity of {percent} % cannot be, so it is no measurement"))
        }
        Value::Location { latitude, longitude, .. } if !is_on_earth(latitude, longitude) => {
            let place = [latitude, longitude].map(decimal).join(", ");
            Some(format!("{place} is no position on Earth, so it is no measurement"))
        }
        _ => None,
    }
}

fn is_on_earth(latitude: f64, longitude: f64) -> bool {
    latitude.abs() <= 90.0 && longitude.abs() <= 180.0
}
