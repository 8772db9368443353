//! Commands that all sensors take, and those that switch an output.

use serde::{Deserialize, Serialize};

use super::{PORT, endpoint_of};
use crate::{Command, Downlink, Failure, Reader, Reading, SentDownlink, Spanned};

/// A command, under the names that the maker's encoder has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Order {
    /// Whether the sensor asks the network to confirm its frames.
    #[serde(rename = "sendConfirmedMode")]
    ConfirmedMode(bool),
    /// Starts the sensor anew.
    #[serde(rename = "sendReboot")]
    Reboot(Yes),
    /// Sets the sensor back to its settings of the factory.
    #[serde(rename = "sendFactoryReset")]
    FactoryReset(Yes),
    /// Times that a frame is sent again until it is confirmed.
    #[serde(rename = "sendLoraRetries")]
    LoraRetries(u8),
    /// Joins the network anew, after so many minutes.
    #[serde(rename = "sendLoraRejoin")]
    LoraRejoin(u16),
    /// Switches an output of the device.
    #[serde(rename = "sendOnOffState")]
    OnOffState(State),
    /// Sets the output with several states; the maker's name for a relay is another.
    #[serde(rename = "sendMSOMode", alias = "sendMSORelay")]
    OutputMode(u8),
    /// Asks for an attribute.
    #[serde(rename = "readAttribute")]
    ReadAttribute(Attribute),
}

/// A state that an output is to have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    #[serde(default)]
    endpoint: u8,
    on: bool,
}

/// An attribute of a part of the sensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attribute {
    #[serde(default)]
    endpoint: u8,
    cluster: u16,
    attribute: u16,
}

/// `true`: an order is given or not, and there is nothing else to say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
struct Yes;

impl TryFrom<bool> for Yes {
    type Error = &'static str;

    fn try_from(yes: bool) -> Result<Self, Self::Error> {
        yes.then_some(Self).ok_or("an order must be true")
    }
}

impl From<Yes> for bool {
    fn from(_: Yes) -> Self {
        true
    }
}

/// The highest endpoint that the five bits of a frame hold.
const LAST_ENDPOINT: u8 = 0b1_1111;

const DEVICE: u8 = 0x11;
const READ: u8 = 0x00;
const WRITE: u8 = 0x05;
const DO: u8 = 0x50;

/// Writes a command as a message.
pub fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
    command.parse::<Order>()?.encode()
}

/// Reads a command back from what was sent.
pub fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
    if downlink.f_port != PORT {
        return Err(Failure::unknown_port(downlink.f_port));
    }
    Reading::new(&Order::read(&mut downlink.reader())?)
}

impl Order {
    fn encode(&self) -> Result<Downlink, Failure> {
        let bytes = match self {
            Self::ConfirmedMode(is_confirmed) => {
                vec![DEVICE, WRITE, 0x80, 0x04, 0x00, 0x00, 0x08, u8::from(*is_confirmed)]
            }
            Self::Reboot(Yes) => vec![DEVICE, DO, 0x00, 0x50, 0x00],
            Self::FactoryReset(Yes) => vec![DEVICE, DO, 0x00, 0x50, 0x07],
            Self::LoraRetries(times) => {
                vec![DEVICE, WRITE, 0x80, 0x04, 0x00, 0x01, 0x20, *times]
            }
            Self::LoraRejoin(minutes) => {
                let [high, low] = minutes.to_be_bytes();
                vec![DEVICE, DO, 0x80, 0x04, 0x00, high, low]
            }
            Self::OnOffState(State { endpoint, on }) => {
                vec![control(*endpoint)?, DO, 0x00, 0x06, u8::from(*on)]
            }
            Self::OutputMode(mode) => vec![DEVICE, WRITE, 0x00, 0x13, 0x00, 0x55, 0x20, *mode],
            Self::ReadAttribute(Attribute { endpoint, cluster, attribute }) => {
                let mut bytes = vec![control(*endpoint)?, READ];
                bytes.extend(cluster.to_be_bytes());
                bytes.extend(attribute.to_be_bytes());
                bytes
            }
        };
        Ok(Downlink::new(PORT, bytes))
    }

    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let control = payload.u8()?;
        let command = payload.u8()?;
        let cluster = *payload.u16_be()?;
        let order = match (*command, cluster) {
            (READ, _) => Self::ReadAttribute(Attribute {
                endpoint: endpoint_of(*control),
                cluster,
                attribute: *payload.u16_be()?,
            }),
            (WRITE, 0x0013) => match (*payload.u16_be()?, *payload.u8()?) {
                (0x0055, 0x20) => Self::OutputMode(*payload.u8()?),
                _ => return Err(unknown(command)),
            },
            (WRITE, 0x8004) => match (*payload.u16_be()?, *payload.u8()?) {
                (0x0000, 0x08) => Self::ConfirmedMode(*payload.u8()? != 0),
                (0x0001, 0x20) => Self::LoraRetries(*payload.u8()?),
                _ => return Err(unknown(command)),
            },
            (DO, 0x0050) => match *payload.u8()? {
                0x00 => Self::Reboot(Yes),
                0x07 => Self::FactoryReset(Yes),
                _ => return Err(unknown(command)),
            },
            (DO, 0x0006) => match *payload.u8()? {
                state @ 0..=1 => {
                    Self::OnOffState(State { endpoint: endpoint_of(*control), on: state == 1 })
                }
                _ => return Err(unknown(command)),
            },
            (DO, 0x8004) => {
                payload.skip(1)?;
                Self::LoraRejoin(*payload.u16_be()?)
            }
            _ => return Err(unknown(command)),
        };
        payload.end()?;
        Ok(order)
    }
}

/// The first byte of a frame to an endpoint.
fn control(endpoint: u8) -> Result<u8, Failure> {
    if endpoint > LAST_ENDPOINT {
        return Err(Failure::invalid_command(format!(
            "endpoint must be a whole number from 0 to {LAST_ENDPOINT}"
        )));
    }
    Ok(DEVICE | (endpoint & 0b111) << 5 | (endpoint >> 3) << 1)
}

fn unknown(command: Spanned<u8>) -> Failure {
    Failure::unknown_message("no command like this is known").at(command.span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    fn encoded(data: &str) -> Result<Vec<u8>, Failure> {
        let command = Command { data: data.to_owned(), issued_at: 0, variables: Vec::new() };
        encode_downlink(&command).map(|downlink| downlink.payload)
    }

    #[test]
    fn a_command_is_read_back_as_it_was_written() {
        for (data, bytes) in [
            (r#"{"sendOnOffState":{"endpoint":0,"on":true}}"#, &[0x11, 0x50, 0, 6, 1][..]),
            (r#"{"sendOnOffState":{"endpoint":9,"on":false}}"#, &[0x33, 0x50, 0, 6, 0]),
            (r#"{"sendReboot":true}"#, &[0x11, 0x50, 0x00, 0x50, 0x00]),
            (r#"{"sendLoraRejoin":258}"#, &[0x11, 0x50, 0x80, 0x04, 0x00, 1, 2]),
        ] {
            assert_eq!(encoded(data).unwrap(), bytes, "{data}");
            let payload = bytes.to_vec();
            let sent = SentDownlink { f_port: PORT, payload, sent_at: 0, variables: Vec::new() };
            assert_eq!(decode_downlink(&sent).unwrap().data(), data);
        }
    }

    #[test]
    fn commands_that_cannot_be_are_refused() {
        for data in [
            r#"{"sendReboot":false}"#,
            r#"{"readAttribute":{"endpoint":32,"cluster":80,"attribute":6}}"#,
            r#"{"sendLoraRetries":256}"#,
            r#"{"sendNothing":1}"#,
        ] {
            assert_eq!(encoded(data).unwrap_err().kind, FailureKind::InvalidCommand, "{data}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(payload: Vec<u8>) {
            let _ = Order::read(&mut Reader::new(&payload));
        }
    }
}
