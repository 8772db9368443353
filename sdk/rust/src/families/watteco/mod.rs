//! The frames of Watteco, formerly nke Watteco: attributes of ZigBee's clusters, one a frame, and batches of samples.
//!
//! ```
//! use champollion_sdk::{Reader, families::watteco::{self, Frame}};
//!
//! let payload = [0x11, 0x0A, 0x04, 0x02, 0x00, 0x00, 0x29, 0x0B, 0x89];
//! let Frame::Report(mut report) = watteco::read(&mut Reader::new(&payload))? else { panic!() };
//! assert_eq!((report.cluster, report.attribute, report.endpoint), (0x0402, 0x0000, 0));
//! assert_eq!(*report.value.i16_be()?.divided_by(100.0), 29.53);
//! # Ok::<(), champollion_sdk::Failure>(())
//! ```

pub mod batches;
mod causes;
mod command;
mod device;
mod told;

pub use crate::json::{Json, Map};

use crate::{Failure, FailureKind, Reader, Spanned};

pub use causes::{Cause, Crossing, Field, Format, causes};
pub use command::{decode_downlink, encode_downlink};
pub use device::read_device;
pub use told::{Told, configuration};

/// The types of values that tell their length.
const STRINGS: [u8; 5] = [0x41, 0x42, 0x43, 0x44, 0x4C];

/// The port of all frames.
pub const PORT: u8 = 125;

/// A frame of one of the kinds that a device sends.
#[derive(Clone, Debug)]
pub enum Frame<'payload> {
    /// An attribute with its value.
    Report(Report<'payload>),
    /// The answer to a command that sets when an attribute is reported.
    Configured(Configured),
    /// The answer to a question when an attribute is reported.
    Configuration(Configured, Reporting<'payload>),
    /// Samples of several attributes, compressed; [`batches::read`] reads them.
    Batch,
}

/// An attribute with its value.
#[derive(Clone, Debug)]
pub struct Report<'payload> {
    /// The part of the device, as the maker numbers it.
    pub endpoint: u8,
    /// Whether somebody asked for it.
    pub is_answer: bool,
    /// Whether an alarm is the reason.
    pub is_alarm: bool,
    /// The cluster, such as 0x0402 for temperatures.
    pub cluster: u16,
    /// The attribute of the cluster.
    pub attribute: u16,
    /// The type of the value, as ZigBee numbers it.
    pub kind: Spanned<u8>,
    /// The value, to be read to its end; that of a string without its length.
    pub value: Reader<'payload>,
    /// The bytes behind the value, which tell the causes of a report; [`causes`] reads them.
    pub causes: Reader<'payload>,
}

/// An attribute whose reports a command was about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Configured {
    /// The part of the device, as the maker numbers it.
    pub endpoint: u8,
    /// The number of the cluster.
    pub cluster: u16,
    /// The attribute of the cluster.
    pub attribute: u16,
    /// 0 where the device did as it was told.
    pub status: u8,
    /// Bits that say how reports are sent.
    pub parameters: Spanned<u8>,
}

/// The conditions of a report.
#[derive(Clone, Debug)]
pub struct Reporting<'payload> {
    /// The type of the attribute.
    pub kind: u8,
    /// Seconds that pass at least between two reports.
    pub at_least: u32,
    /// Seconds that pass at most.
    pub at_most: u32,
    /// The change that is a reason for a report, in the attribute's own format.
    pub change: Reader<'payload>,
}

/// Reads a frame. A report's value and causes are left to the caller.
pub fn read<'payload>(payload: &mut Reader<'payload>) -> Result<Frame<'payload>, Failure> {
    let control = payload.clone().u8()?;
    if !*control.bit(0) {
        return Ok(Frame::Batch);
    }
    payload.skip(1)?;
    let endpoint = endpoint_of(*control);
    let command = payload.u8()?;
    let cluster = *payload.u16_be()?;
    match *command {
        0x0A | 0x8A | 0x01 => {
            let attribute = *payload.u16_be()?;
            let is_answer = *command == 0x01;
            if is_answer {
                let status = payload.u8()?;
                if *status != 0 {
                    return Err(refused(cluster, attribute, status));
                }
            }
            let kind = payload.u8()?;
            let length = length(kind, payload)?;
            let value = payload.block(length)?;
            let causes = payload.block(payload.remaining())?;
            let is_alarm = *command == 0x8A;
            Ok(Frame::Report(Report {
                endpoint,
                is_answer,
                is_alarm,
                cluster,
                attribute,
                kind,
                value,
                causes,
            }))
        }
        0x07 => Ok(Frame::Configured(configured(endpoint, cluster, payload)?)),
        0x09 => {
            let configured = configured(endpoint, cluster, payload)?;
            Ok(Frame::Configuration(configured, reporting(payload)?))
        }
        unknown => {
            let message = format!("{unknown:#04X} is no command that a device sends");
            Err(Failure::unknown_message(message).at(command.span))
        }
    }
}

/// The part of the device in the first byte of a frame: the three highest bits, with bits 1 and 2 above them.
fn endpoint_of(control: u8) -> u8 {
    control >> 5 | (control & 0b110) << 2
}

fn refused(cluster: u16, attribute: u16, status: Spanned<u8>) -> Failure {
    let message = format!(
        "the device does not tell attribute {attribute:#06X} of cluster {cluster:#06X}: status {:#04X}",
        *status
    );
    Failure::new(FailureKind::Unsupported, message).at(status.span)
}

fn configured(endpoint: u8, cluster: u16, payload: &mut Reader<'_>) -> Result<Configured, Failure> {
    let status = *payload.u8()?;
    let parameters = payload.u8()?;
    let attribute = *payload.u16_be()?;
    Ok(Configured { endpoint, cluster, attribute, status, parameters })
}

fn reporting<'payload>(payload: &mut Reader<'payload>) -> Result<Reporting<'payload>, Failure> {
    let kind = payload.u8()?;
    let (at_least, at_most) = (seconds(payload)?, seconds(payload)?);
    if STRINGS.contains(&kind) {
        // A string tells its length, by which a change that is cut off is known.
        let mut change = payload.clone();
        let length = length(kind, &mut change)?;
        change.skip(length)?;
    }
    let change = payload.block(payload.remaining())?;
    Ok(Reporting { kind: *kind, at_least, at_most, change })
}

/// Reads seconds, or minutes where the highest bit is set, in seconds.
fn seconds(payload: &mut Reader<'_>) -> Result<u32, Failure> {
    let sent = payload.u16_be()?;
    let number = u32::from(*sent.bits(0, 15));
    Ok(if *sent.bit(15) { number * 60 } else { number })
}

/// The length of a value of a type, which strings tell themselves.
fn length(kind: Spanned<u8>, payload: &mut Reader<'_>) -> Result<usize, Failure> {
    Ok(match *kind {
        0x08 | 0x10 | 0x18 | 0x20 | 0x28 | 0x30 => 1,
        0x09 | 0x19 | 0x21 | 0x29 | 0x31 => 2,
        0x0A | 0x1A | 0x22 | 0x2A => 3,
        0x0B | 0x1B | 0x23 | 0x2B | 0x39 => 4,
        0x0C => 5,
        0x0D | 0x25 => 6,
        0x41 | 0x42 => usize::from(*payload.u8()?),
        0x43 | 0x44 | 0x4C => usize::from(*payload.u16_be()?),
        unknown => {
            let message = format!("{unknown:#04X} is no type of a value that is known");
            return Err(Failure::unknown_message(message).at(kind.span));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(payload: &[u8]) -> Report<'_> {
        let Frame::Report(report) = read(&mut Reader::new(payload)).unwrap() else {
            panic!("it is a report");
        };
        report
    }

    #[test]
    fn reports_and_answers_are_read() {
        let found = report(&[0x31, 0x0A, 0x00, 0x0C, 0x00, 0x55, 0x39, 0x41, 0x50, 0x00, 0x00]);
        assert_eq!((found.endpoint, found.cluster, found.attribute), (1, 0x000C, 0x0055));
        assert_eq!(*found.value.clone().f32_be().unwrap(), 13.0);
        let found = report(&[0x11, 0x01, 0x80, 0x04, 0x00, 0x01, 0x00, 0x20, 0x07]);
        assert!(found.is_answer && !found.is_alarm);
        assert_eq!(*found.value.clone().u8().unwrap(), 7);
        let found = report(&[0x11, 0x8A, 0x04, 0x00, 0x00, 0x00, 0x21, 0x00, 0x80, 0x90, 0xD0]);
        assert!(found.is_alarm);
        assert_eq!(found.causes.remaining(), 2);
    }

    #[test]
    fn the_conditions_of_reports_are_read() {
        let bytes = [
            0x11, 0x09, 0x00, 0x50, 0x00, 0x80, 0x00, 0x06, 0x41, 0x00, 0x3C, 0x80, 0x3C, 0x02, 1,
            2,
        ];
        for length in 13..bytes.len() {
            let cut = read(&mut Reader::new(&bytes[..length])).map(drop).unwrap_err();
            assert_eq!(cut.kind, FailureKind::TooShort, "{length} bytes");
        }
        let Frame::Configuration(configured, reporting) = read(&mut Reader::new(&bytes)).unwrap()
        else {
            panic!("it is a configuration");
        };
        assert_eq!((configured.cluster, configured.attribute), (0x0050, 0x0006));
        assert_eq!((reporting.at_least, reporting.at_most), (60, 3_600));
    }

    #[test]
    fn what_is_cut_or_unknown_is_a_failure() {
        let failure = |bytes: &[u8]| read(&mut Reader::new(bytes)).map(drop).unwrap_err().kind;
        assert_eq!(failure(&[]), FailureKind::TooShort);
        assert_eq!(failure(&[0x11, 0x0A, 0x04, 0x02, 0, 0, 0x29, 0x0B]), FailureKind::TooShort);
        assert_eq!(failure(&[0x11, 0x50, 0x00, 0x06]), FailureKind::UnknownMessage);
        assert_eq!(failure(&[0x11, 0x0A, 0, 6, 0, 0, 0x77, 1]), FailureKind::UnknownMessage);
        assert_eq!(failure(&[0x11, 0x01, 0, 6, 0, 0, 0x86]), FailureKind::Unsupported);
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(payload: Vec<u8>) {
            let _ = read(&mut Reader::new(&payload));
        }
    }
}
