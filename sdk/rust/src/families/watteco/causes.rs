//! Causes of a report: which of the conditions that were set have come true.

use serde::Serialize;

use crate::{Failure, Reader, Spanned};

/// The format of a value in the causes, which is that of the attribute or of one of its fields.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Bytes, 1 to 4.
    pub width: usize,
    /// Whether the highest bit is the sign.
    pub signed: bool,
    /// Whether it is a floating point number.
    pub float: bool,
    /// Parts of a unit that the device counts: 100 for hundredths.
    pub parts: f64,
}

/// A field of an attribute that has several.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in `data`.
    pub name: &'static str,
    /// The format of its values.
    pub format: Format,
}

/// A condition that is the cause of a report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cause {
    /// The condition, as it was numbered when it was set.
    pub criterion: u8,
    /// `delta` where the value has changed, `threshold` where it has crossed one.
    pub mode: &'static str,
    /// Whether the condition is an alarm.
    pub alarm: bool,
    /// The direction in which a threshold was crossed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crossing: Option<Crossing>,
    /// The field of an attribute that has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// The change, or the threshold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The way back behind a threshold until it can be crossed again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<f64>,
    /// Times that a threshold was crossed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurrences: Option<u8>,
    /// Times that a threshold was crossed upwards, where the device counts both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurrences_up: Option<u16>,
    /// Times that a threshold was crossed downwards, where the device counts both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurrences_down: Option<u16>,
}

/// The direction in which a threshold was crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Crossing {
    /// The value has come above the threshold.
    Exceeded,
    /// The value has come below the threshold.
    Fallen,
    /// The value has done both.
    Both,
}

/// Reads the causes behind a value to the end of the payload: none where there are none. `format` is that of the
/// attribute; `fields`, which may be empty, those of an attribute that has several.
pub fn causes(
    payload: &mut Reader<'_>,
    format: Format,
    fields: &[Field],
) -> Result<Vec<Cause>, Failure> {
    let mut causes = Vec::new();
    if payload.is_empty() {
        return Ok(causes);
    }
    let parameters = payload.u8()?;
    let is_long = match *parameters.bits(4, 2) {
        1 => false,
        2 => true,
        _ => {
            let message = format!("the bits {:#04X} name no causes", *parameters);
            return Err(Failure::invalid_value(message).at(parameters.span));
        }
    };
    // The bits say that there are causes, so one at least follows.
    loop {
        let descriptor = payload.u8()?;
        let mut cause = short(descriptor);
        if is_long {
            read_values(payload, format, fields, &mut cause)?;
        }
        causes.push(cause);
        if payload.is_empty() {
            return Ok(causes);
        }
    }
}

fn short(descriptor: Spanned<u8>) -> Cause {
    Cause {
        criterion: *descriptor.bits(0, 3),
        mode: match *descriptor.bits(3, 2) {
            1 => "delta",
            2 => "threshold",
            0 => "unused",
            _ => "reserved",
        },
        alarm: *descriptor.bit(7),
        crossing: match (*descriptor.bit(6), *descriptor.bit(5)) {
            (true, true) => Some(Crossing::Both),
            (true, false) => Some(Crossing::Exceeded),
            (false, true) => Some(Crossing::Fallen),
            (false, false) => None,
        },
        field: None,
        value: None,
        gap: None,
        occurrences: None,
        occurrences_up: None,
        occurrences_down: None,
    }
}

fn read_values(
    payload: &mut Reader<'_>,
    format: Format,
    fields: &[Field],
    cause: &mut Cause,
) -> Result<(), Failure> {
    let mut format = format;
    if !fields.is_empty() {
        let index = payload.u8()?;
        let Some(field) = fields.get(usize::from(*index)) else {
            let message = format!("the attribute has no field {}", *index);
            return Err(Failure::invalid_value(message).at(index.span));
        };
        format = field.format;
        cause.field = Some(field.name);
    }
    cause.value = Some(format.read(payload)?);
    if cause.mode != "threshold" {
        return Ok(());
    }
    cause.gap = Some(format.read(payload)?);
    let occurrences = *payload.u8()?;
    cause.occurrences = Some(occurrences & 0x7F);
    if occurrences & 0x80 != 0 {
        cause.occurrences_up = Some(*payload.u16_be()?);
        cause.occurrences_down = Some(*payload.u16_be()?);
    }
    Ok(())
}

impl Format {
    fn read(self, payload: &mut Reader<'_>) -> Result<f64, Failure> {
        let number = match (self.float, self.signed) {
            (true, _) => payload.f32_be()?.map(f64::from).value,
            (false, true) => payload.signed_be(self.width)?.divided_by(1.0).value,
            (false, false) => payload.unsigned_be(self.width)?.divided_by(1.0).value,
        };
        Ok(number / self.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    const LUX: Format = Format { width: 2, signed: false, float: false, parts: 1.0 };
    const VOLTAGE: Format = Format { width: 2, signed: true, float: false, parts: 10.0 };
    const FIELDS: &[Field] =
        &[Field { name: "Vrms", format: VOLTAGE }, Field { name: "Irms", format: VOLTAGE }];

    #[test]
    fn the_examples_of_the_maker_are_read() {
        let found = causes(&mut Reader::new(&[0x90, 0xD0]), LUX, &[]).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].mode, found[0].alarm), ("threshold", true));
        assert_eq!(found[0].crossing, Some(Crossing::Exceeded));
        let bytes =
            [0xA0, 0x50, 0x00, 0x03, 0xE8, 0x00, 0x00, 0x01, 0xD1, 0x01, 0x00, 0x32, 0, 0, 1];
        let found = causes(&mut Reader::new(&bytes), VOLTAGE, FIELDS).unwrap();
        assert_eq!((found[0].field, found[0].value), (Some("Vrms"), Some(100.0)));
        assert_eq!((found[1].field, found[1].value), (Some("Irms"), Some(5.0)));
        assert!(!found[0].alarm && found[1].alarm);
        assert_eq!(found[1].occurrences, Some(1));
    }

    #[test]
    fn no_bytes_are_no_causes_and_others_are_refused() {
        assert_eq!(causes(&mut Reader::new(&[]), LUX, &[]), Ok(Vec::new()));
        let kind =
            |bytes: &[u8]| causes(&mut Reader::new(bytes), VOLTAGE, FIELDS).unwrap_err().kind;
        assert_eq!(kind(&[0x80]), FailureKind::InvalidValue);
        assert_eq!(kind(&[0x90]), FailureKind::TooShort, "a cause is announced");
        assert_eq!(kind(&[0xA0, 0x50, 0x07]), FailureKind::InvalidValue);
        assert_eq!(kind(&[0xA0, 0x50, 0x00, 0x03]), FailureKind::TooShort);
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics(payload: Vec<u8>) {
            let _ = causes(&mut Reader::new(&payload), LUX, &[]);
            let _ = causes(&mut Reader::new(&payload), VOLTAGE, FIELDS);
        }
    }
}
