//! Dragino: the voltage and the state of the battery in one word, a message about the device itself, and commands that
//! begin with a byte that says what they set. Most significant bytes come first.
//!
//! ```
//! use champollion_sdk::{Reader, families::dragino};
//!
//! let battery = dragino::Battery::read(&mut Reader::new(&[0xCB, 0xB6]))?;
//! assert_eq!((*battery.volts, *battery.state), (2.998, 3));
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

use serde::Serialize;

use crate::{
    Command, Downlink, Failure, Reader, Reading, SentDownlink, Spanned, decimal,
    json::{Json, Map, quoted},
};

/// The FPort of the message about the device itself.
pub const STATUS_PORT: u8 = 5;

/// The battery as it stands in the first word of most messages.
#[derive(Clone, Copy, Debug)]
pub struct Battery {
    /// The voltage, of which the word has 14 bits.
    pub volts: Spanned<f64>,
    /// The two bits above the voltage. Some models tell the state of the battery there, from 0 to 3.
    pub state: Spanned<u16>,
}

impl Battery {
    /// Reads the word at the start of a message.
    pub fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let word = payload.u16_be()?;
        Ok(Self { volts: word.bits(0, 14).divided_by(1_000.0), state: word.bits(14, 2) })
    }
}

/// The message about the device itself, on FPort 5, under the maker's names.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct DeviceStatus {
    sensor_model: Spanned<u8>,
    firmware_version: String,
    frequency_band: &'static str,
    /// Missing where the band has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_band: Option<Spanned<u8>>,
    bat: Spanned<f64>,
}

/// The number of the LHT65N in the message about the device.
pub const LHT65N: u8 = 0x0B;

/// The number of the DDS75-LB in the message about the device.
pub const DDS75: u8 = 0x27;

/// The bands by their number, from 1 on.
const BANDS: [&str; 14] = [
    "EU868", "US915", "IN865", "AU915", "KZ865", "RU864", "AS923", "AS923_1", "AS923_2", "AS923_3",
    "CN470", "EU433", "KR920", "MA869",
];

impl DeviceStatus {
    /// Reads the message to its end: a model, a version, a band, and the battery.
    pub fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let sensor_model = payload.u8()?;
        let [major, minor] = *payload.array()?;
        let band = payload.u8()?;
        let sub_band = payload.u8()?.map(|number| (number != 0xFF).then_some(number)).transpose();
        let bat = payload.u16_be()?.divided_by(1_000.0);
        payload.end()?;
        let known = band.checked_sub(1).and_then(|index| BANDS.get(usize::from(index)));
        Ok(Self {
            sensor_model,
            firmware_version: format!("{}.{}.{}", major & 0x0F, minor >> 4, minor & 0x0F),
            frequency_band: known.copied().unwrap_or("unknown"),
            sub_band,
            bat,
        })
    }

    /// Refuses the message of another model, by the numbers of those that are known to be others. A number that nobody
    /// knows may be that of a variant.
    pub fn unless_of(self, others: &[u8]) -> Result<Self, Failure> {
        let model = self.sensor_model;
        if others.contains(&model) {
            let message = format!("{:#04X} is the number of another model", *model);
            return Err(Failure::unknown_message(message).at(model.span));
        }
        Ok(self)
    }

    /// The message as a reading.
    pub fn reading(&self) -> Result<Reading, Failure> {
        Ok(Reading::new(self)?.with(crate::quantity::BATTERY_VOLTAGE.of(self.bat)))
    }
}

/// A command of a model: bytes that say what it sets, and what follows them.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Its name in a command.
    pub name: &'static str,
    /// The bytes that it begins with.
    pub code: &'static [u8],
    /// The bytes that follow.
    pub argument: Argument,
}

/// The bytes that follow the code of a command.
#[derive(Clone, Copy, Debug)]
pub enum Argument {
    /// Nothing: the command holds `true`.
    None,
    /// One number, whose bytes follow the code.
    Number(Number),
    /// A byte that is 1 for `true` and 0 for `false`.
    Switch,
    /// The same, but 0 for `true`.
    InvertedSwitch,
    /// Several numbers in an object.
    Numbers(&'static [(&'static str, Number)]),
}

/// A number in a command.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// Bytes, 1 to 4.
    pub width: usize,
    /// The lowest and the highest number that may be sent; below 0 it has a sign.
    pub range: (i64, i64),
    /// Parts of the unit that are sent: 100 for hundredths.
    pub parts: u32,
    /// A byte behind it that is always zero.
    pub padded: bool,
}

impl Number {
    /// A whole number of so many bytes.
    #[must_use]
    pub const fn whole(width: usize, lowest: i64, highest: i64) -> Self {
        Self { width, range: (lowest, highest), parts: 1, padded: false }
    }
}

/// Seconds between two messages.
pub const TRANSMIT_INTERVAL: Order = Order {
    name: "transmitInterval",
    code: &[0x01],
    argument: Argument::Number(Number::whole(3, 1, 0xFF_FFFF)),
};

/// Starts the device anew.
pub const RESET: Order = Order { name: "reset", code: &[0x04, 0xFF], argument: Argument::None };

/// Asks for the message about the device itself.
pub const REQUEST_STATUS: Order =
    Order { name: "requestStatus", code: &[0x26, 0x01], argument: Argument::None };

/// Writes the one command that a downlink can hold.
pub fn encode(command: &Command, port: u8, orders: &[Order]) -> Result<Downlink, Failure> {
    let given = command.members()?;
    let names = || {
        let names: Vec<&str> = orders.iter().map(|order| order.name).collect();
        names.join(", ")
    };
    let mut members = given.iter();
    let (Some((name, value)), None) = (members.next(), members.next()) else {
        let message = format!("the command must hold exactly one of: {}", names());
        return Err(Failure::invalid_command(message));
    };
    let order = orders.iter().find(|order| order.name == name).ok_or_else(|| {
        let message =
            format!("{} is no command that is known; known are {}", quoted(name), names());
        Failure::invalid_command(message)
    })?;
    let mut payload = order.code.to_vec();
    order.argument.write(name, value, &mut payload)?;
    Ok(Downlink::new(port, payload))
}

/// Reads a command back from what was sent. The devices look at no port.
pub fn decode(downlink: &SentDownlink, orders: &[Order]) -> Result<Reading, Failure> {
    let mut payload = downlink.reader();
    let first = payload.clone().u8()?;
    let starts = |order: &&Order| downlink.payload.starts_with(order.code);
    let order = orders.iter().find(starts).ok_or_else(|| {
        let message = format!("{:#04X} begins no command that is known", *first);
        Failure::unknown_message(message).at(first.span)
    })?;
    payload.skip(order.code.len())?;
    let value = order.argument.read(&mut payload)?;
    payload.end()?;
    Reading::new(&Map::from_iter([(order.name.to_owned(), value)]))
}

impl Argument {
    fn read(self, payload: &mut Reader<'_>) -> Result<Json, Failure> {
        Ok(match self {
            Self::None => Json::from(true),
            Self::Number(number) => number.read(payload)?,
            Self::Switch => Json::from(*payload.u8()? != 0),
            Self::InvertedSwitch => Json::from(*payload.u8()? == 0),
            Self::Numbers(numbers) => {
                let mut members = Map::new();
                for (name, number) in numbers {
                    members.insert((*name).to_owned(), number.read(payload)?);
                }
                members.into()
            }
        })
    }

    fn write(self, name: &str, value: &Json, payload: &mut Vec<u8>) -> Result<(), Failure> {
        match (self, value) {
            (Self::None, Json::Bool(true)) => {}
            (Self::None, _) => {
                return Err(Failure::invalid_command(format!("{name} must be true")));
            }
            (Self::Number(number), value) => number.write(name, value, payload)?,
            (Self::Switch, Json::Bool(on)) => payload.push((*on).into()),
            (Self::InvertedSwitch, Json::Bool(on)) => payload.push((!on).into()),
            (Self::Switch | Self::InvertedSwitch, _) => {
                return Err(Failure::invalid_command(format!("{name} must be true or false")));
            }
            (Self::Numbers(numbers), value) => {
                let names: Vec<&str> = numbers.iter().map(|(name, _)| *name).collect();
                let whole = value.as_object().filter(|members| {
                    members.len() == names.len()
                        && names.iter().all(|name| members.contains_key(name))
                });
                let members = whole.ok_or_else(|| {
                    let names = names.join(", ");
                    Failure::invalid_command(format!("{name} must be an object with {names}"))
                })?;
                for (name, number) in numbers {
                    number.write(name, members.get(name).unwrap_or(&Json::Null), payload)?;
                }
            }
        }
        Ok(())
    }
}

impl Number {
    fn read(self, payload: &mut Reader<'_>) -> Result<Json, Failure> {
        let number = if self.range.0 < 0 {
            payload.signed_be(self.width)?
        } else {
            payload.unsigned_be(self.width)?.map(u64::cast_signed)
        };
        if self.padded {
            payload.skip(1)?;
        }
        Ok(match self.parts {
            1 => Json::from(*number),
            parts => Json::from(*number.divided_by(f64::from(parts))),
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "the number is in the range that is asked")]
    #[expect(clippy::cast_precision_loss, reason = "numbers have four bytes at most")]
    fn write(self, name: &str, value: &Json, payload: &mut Vec<u8>) -> Result<(), Failure> {
        let (lowest, highest) = (self.range.0 as f64, self.range.1 as f64);
        let parts = f64::from(self.parts);
        let sent = value.as_f64().map(|number| number * parts).filter(|sent| {
            (sent - sent.round()).abs() < 1e-6 && (lowest..=highest).contains(&sent.round())
        });
        let sent = sent.ok_or_else(|| {
            let [from, to, step] = [lowest / parts, highest / parts, 1.0 / parts].map(decimal);
            let message = format!("{name} must be a number from {from} to {to} in steps of {step}");
            Failure::invalid_command(message)
        })?;
        let bytes = (sent.round() as i64).to_be_bytes();
        payload.extend(bytes.iter().skip(bytes.len().saturating_sub(self.width)));
        if self.padded {
            payload.push(0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    const OWN: &[Order] = &[
        TRANSMIT_INTERVAL,
        RESET,
        Order { name: "alarm", code: &[0xA7], argument: Argument::InvertedSwitch },
        Order {
            name: "limits",
            code: &[0xAA],
            argument: Argument::Numbers(&[
                ("low", Number { parts: 100, ..Number::whole(2, -4_000, 8_000) }),
                ("after", Number { padded: true, ..Number::whole(1, 0, 255) }),
            ]),
        },
    ];

    fn encoded(data: &str) -> Result<Downlink, Failure> {
        let command = Command { data: data.to_owned(), issued_at: 0, variables: Vec::new() };
        encode(&command, 2, OWN)
    }

    fn read_back(payload: &[u8]) -> Result<String, Failure> {
        let downlink = SentDownlink {
            f_port: 2,
            payload: payload.to_vec(),
            sent_at: 0,
            variables: Vec::new(),
        };
        decode(&downlink, OWN).map(|reading| reading.data().to_owned())
    }

    #[test]
    fn commands_are_written_and_read_back() {
        for (data, bytes) in [
            (r#"{"transmitInterval":60}"#, &[0x01, 0, 0, 0x3C][..]),
            (r#"{"reset":true}"#, &[0x04, 0xFF]),
            (r#"{"alarm":true}"#, &[0xA7, 0]),
            (r#"{"limits":{"low":-2.5,"after":7}}"#, &[0xAA, 0xFF, 0x06, 7, 0]),
        ] {
            assert_eq!(encoded(data).unwrap().payload, bytes, "{data}");
            assert_eq!(read_back(bytes).unwrap(), data);
        }
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        for (data, message) in [
            ("{}", "exactly one of: transmitInterval, reset"),
            (r#"{"reset":true,"alarm":true}"#, "exactly one"),
            (r#"{"resets":true}"#, "is no command that is known"),
            (r#"{"reset":false}"#, "must be true"),
            (r#"{"transmitInterval":0}"#, "from 1 to 16777215"),
            (r#"{"alarm":1}"#, "true or false"),
            (r#"{"limits":{"low":1}}"#, "an object with low, after"),
            (r#"{"limits":{"low":1.005,"after":1}}"#, "in steps of 0.01"),
        ] {
            let failure = encoded(data).unwrap_err();
            assert!(failure.message.contains(message), "{data}: {}", failure.message);
        }
        assert_eq!(read_back(&[]).unwrap_err().kind, FailureKind::TooShort);
        assert_eq!(read_back(&[0x01, 0]).unwrap_err().kind, FailureKind::TooShort);
        assert_eq!(read_back(&[0x77]).unwrap_err().kind, FailureKind::UnknownMessage);
    }

    #[test]
    fn a_device_tells_of_itself() {
        let mut payload = Reader::new(&[0x0B, 0x01, 0x40, 0x01, 0xFF, 0x0B, 0xB6]);
        let status = DeviceStatus::read(&mut payload).unwrap();
        assert_eq!((status.firmware_version.as_str(), status.frequency_band), ("1.4.0", "EU868"));
        assert_eq!((status.sub_band, *status.bat), (None, 2.998));
        assert!(status.clone().unless_of(&[DDS75]).is_ok());
        assert_eq!(status.unless_of(&[LHT65N]).unwrap_err().kind, FailureKind::UnknownMessage);
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(payload: Vec<u8>) {
            let _ = read_back(&payload);
            let _ = DeviceStatus::read(&mut Reader::new(&payload));
        }
    }
}
