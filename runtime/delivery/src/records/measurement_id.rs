//! Names of measurements, the same in each record.

use std::fmt::{self, Write as _};

use champollion_frames::DevEui;
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

/// Bytes of the hash that a name is made of: of the 10^10 measurements of a large network in a year, two have
/// one name with a probability of some hundred thousandths.
const BYTES: usize = 10;

/// Digits of base32 that those bytes have.
const DIGITS: usize = BYTES * 8 / 5;

/// The names of the measurements of one reading, whose texts differ behind the DevEUI, and those of one series in a row
/// behind the channel.
pub(super) struct Names {
    text: String,
    /// The length of the part that all texts have in common.
    device: usize,
    /// The series of the last name, and the length of the part that all texts of it have in common.
    series: Option<((&'static str, u16), usize)>,
}

/// The name of a measurement: a hash of device, quantity, channel and moment. Each record that tells the
/// measurement gives it the same name, whatever decoder read it.
///
/// It is the base32 of the first ten bytes of the SHA-256 of `DEVEUI QUANTITY CHANNEL MILLISECONDS`; the second
/// and further values of one moment in a record have a number behind, from 1. That of a derived measurement has the
/// name of the decoder behind.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MeasurementId([u8; BYTES]);

impl Names {
    /// The names of the measurements of a device.
    pub(super) fn of(dev_eui: DevEui) -> Self {
        let text = dev_eui.to_string();
        Self { device: text.len(), text, series: None }
    }

    /// The name of a measurement; `earlier` values of the same moment stand before it.
    pub(super) fn name(
        &mut self,
        series: (&'static str, u16),
        moment: Timestamp,
        earlier: usize,
    ) -> MeasurementId {
        // Writing into a string does not fail.
        match self.series {
            Some((last, length)) if last == series => self.text.truncate(length),
            _ => {
                let (quantity, channel) = series;
                self.text.truncate(self.device);
                let _ = write!(self.text, " {quantity} {channel}");
                self.series = Some((series, self.text.len()));
            }
        }
        let _ = write!(self.text, " {}", moment.as_millisecond());
        if earlier > 0 {
            let _ = write!(self.text, " {earlier}");
        }
        MeasurementId::of_text(&self.text)
    }
}

impl MeasurementId {
    /// The name of a measurement of a device that a derived decoder has made.
    pub(super) fn derived(
        dev_eui: DevEui,
        (quantity, channel): (&str, u16),
        moment: Timestamp,
        decoder: &str,
    ) -> Self {
        let moment = moment.as_millisecond();
        Self::of_text(&format!("{dev_eui} {quantity} {channel} {moment} {decoder}"))
    }

    /// The digits of the name, which are of ASCII.
    fn digits(self) -> [u8; DIGITS] {
        let mut digits = [0; DIGITS];
        BASE32_NOPAD.encode_mut(&self.0, &mut digits);
        digits
    }

    fn of_text(text: &str) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(&digest[..BYTES]);
        Self(bytes)
    }
}

impl fmt::Display for MeasurementId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl fmt::Debug for MeasurementId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl PartialSchema for MeasurementId {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "The name of a measurement: a hash of device, quantity, channel and moment.",
            ))
            .pattern(Some("^[A-Z2-7]{16}$"))
            .into()
    }
}

impl ToSchema for MeasurementId {}

impl Serialize for MeasurementId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_the_page_says() {
        let moment: Timestamp = "2019-07-21T19:00:00Z".parse().unwrap();
        let name = |earlier| {
            let dev_eui = "02C4A3FFFE100001".parse().unwrap();
            Names::of(dev_eui).name(("water.volume", 0), moment, earlier).to_string()
        };
        assert_eq!(name(0), "7MMA5L2426AHMMDF");
        assert_eq!(name(1), "H26ZGWJW5IEQT5MA");
    }
}
