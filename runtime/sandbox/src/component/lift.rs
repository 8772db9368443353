//! Reads what a decoder returned where it lies, checking every limit on the way.

use std::cell::Cell;

use jiff::Timestamp;

use super::abi::{self, BYTE, Layout, TEXT, Word, measurement, result, value};
use crate::{
    CallError, Data, Downlink, Failure, FailureKind, Limits, Measurement, OutputError, Quantity,
    Reading, Span, Value,
    vocabulary::{self, ValueKind},
};

/// Characters of a guest's text that are repeated in an error.
const QUOTED_CHARACTERS: usize = 64;

/// Ports above are reserved, 0 is for MAC commands (LoRaWAN 1.0.4, section 4.3.2).
pub(crate) const APPLICATION_PORTS: std::ops::RangeInclusive<u8> = 1..=223;

/// The largest FRMPayload of any region and data rate.
pub(crate) const PAYLOAD_BYTES: usize = 242;

/// The memory of an instance that has returned.
pub(crate) struct Lift<'a> {
    memory: &'a [u8],
    limits: &'a Limits,
    /// Bytes that may still be looked at: lists may lie about their lengths, and many may lie in
    /// the same place.
    allowance: Cell<usize>,
    /// The quantity that was named last: a history names one again and again.
    last_named: Cell<Option<&'static Quantity>>,
}

impl<'a> Lift<'a> {
    pub(crate) fn new(memory: &'a [u8], limits: &'a Limits) -> Self {
        let allowance = Cell::new(limits.output_bytes);
        Self { memory, limits, allowance, last_named: Cell::new(None) }
    }

    /// Lifts a `result<reading, failure>`.
    pub(crate) fn reading(&self, address: Word) -> Result<Reading, CallError> {
        let (case, payload) = self.result(address, result::READING)?;
        match case {
            result::OK => self.ok_reading(payload).map_err(CallError::Output),
            _ => Err(self.failure(payload)),
        }
    }

    /// Lifts a `result<downlink, failure>`.
    pub(crate) fn downlink(&self, address: Word) -> Result<Downlink, CallError> {
        let (case, payload) = self.result(address, result::DOWNLINK)?;
        match case {
            result::OK => self.ok_downlink(payload).map_err(CallError::Output),
            _ => Err(self.failure(payload)),
        }
    }

    /// The case of a result, one of [`result::OK`] and [`result::ERROR`], and what lies behind it.
    fn result(&self, address: Word, layout: Layout) -> Result<(u8, &'a [u8]), CallError> {
        let bytes = self.placed("result", address, 1, layout).map_err(CallError::Output)?;
        let case = bytes[0];
        if !matches!(case, result::OK | result::ERROR) {
            return Err(CallError::Output(unknown_case("result", case)));
        }
        Ok((case, &bytes[result::PAYLOAD..]))
    }

    fn ok_reading(&self, wire: &[u8]) -> Result<Reading, OutputError> {
        use abi::reading::{DATA, MEASUREMENTS, STATE, STATE_BYTES, WARNINGS};
        at_most("measurements", length(wire, MEASUREMENTS), self.limits.measurements)?;
        let state = match option(wire, STATE)? {
            true => {
                at_most("bytes of state", length(wire, STATE_BYTES), self.limits.state_bytes)?;
                Some(self.list(wire, STATE_BYTES, BYTE)?.to_vec())
            }
            false => None,
        };
        let warnings = self.warnings(wire, WARNINGS)?;
        let listed = self.list(wire, MEASUREMENTS, measurement::LAYOUT)?;
        let data = Data::check(self.text(wire, DATA)?.into(), self.limits)?;
        let (listed, _) = listed.as_chunks::<{ measurement::LAYOUT.size }>();
        // Not collected: that would not know how many there are, and move them again and again.
        let mut measurements = Vec::with_capacity(listed.len());
        for (index, wire) in listed.iter().enumerate() {
            measurements.push(self.measurement(index, wire)?);
        }
        Ok(Reading { data, measurements, warnings, state })
    }

    fn ok_downlink(&self, wire: &[u8]) -> Result<Downlink, OutputError> {
        use abi::downlink::{F_PORT, PAYLOAD, WARNINGS};
        let f_port = wire[F_PORT];
        if !APPLICATION_PORTS.contains(&f_port) {
            return Err(OutputError::FPortOutOfRange { f_port });
        }
        at_most("bytes of payload", length(wire, PAYLOAD), PAYLOAD_BYTES)?;
        let warnings = self.warnings(wire, WARNINGS)?;
        Ok(Downlink { f_port, payload: self.list(wire, PAYLOAD, BYTE)?.to_vec(), warnings })
    }

    /// A failure is an answer too and is held to the same limits.
    fn failure(&self, wire: &[u8]) -> CallError {
        use abi::failure::{KIND, MESSAGE, SPAN};
        /// In the order of the contract.
        const KINDS: [FailureKind; 8] = [
            FailureKind::UnknownPort,
            FailureKind::UnknownMessage,
            FailureKind::TooShort,
            FailureKind::TooLong,
            FailureKind::InvalidValue,
            FailureKind::InvalidCommand,
            FailureKind::MissingVariable,
            FailureKind::Unsupported,
        ];
        let lifted = || {
            let kind = wire[KIND];
            Ok(Failure {
                kind: *KINDS
                    .get(usize::from(kind))
                    .ok_or_else(|| unknown_case("failure-kind", kind))?,
                message: self.bounded("failure message", wire, MESSAGE)?,
                span: span(wire, SPAN)?,
            })
        };
        match lifted() {
            Ok(failure) => CallError::Failed(failure),
            Err(error) => CallError::Output(error),
        }
    }

    fn measurement(
        &self,
        index: usize,
        wire: &[u8; measurement::LAYOUT.size],
    ) -> Result<Measurement, OutputError> {
        let quantity = self.quantity(index, wire)?;
        let measured_at = match option(wire, measurement::MEASURED_AT)? {
            true => Some(timestamp(index, u64::from_le_bytes(at(wire, measurement::MOMENT)))?),
            false => None,
        };
        Ok(Measurement {
            quantity,
            value: self.value(index, quantity, &wire[measurement::VALUE..])?,
            channel: u16::from_le_bytes(at(wire, measurement::CHANNEL)),
            measured_at,
            span: span(wire, measurement::SPAN)?,
        })
    }

    fn quantity(
        &self,
        index: usize,
        wire: &[u8; measurement::LAYOUT.size],
    ) -> Result<&'static Quantity, OutputError> {
        let name = self.list(wire, measurement::QUANTITY, BYTE)?;
        if let Some(last) = self.last_named.get()
            && last.name.as_bytes() == name
        {
            return Ok(last);
        }
        let name = utf8(name)?;
        let Some(quantity) = vocabulary::quantity(name) else {
            let quantity = name.chars().take(QUOTED_CHARACTERS).collect();
            return Err(OutputError::UnknownQuantity { index, quantity });
        };
        self.last_named.set(Some(quantity));
        Ok(quantity)
    }

    fn value(
        &self,
        index: usize,
        quantity: &'static Quantity,
        wire: &[u8],
    ) -> Result<Value, OutputError> {
        let case = wire[value::CASE];
        let wrong_type = |found| {
            let expected = kind_name(quantity.kind);
            OutputError::WrongType { index, quantity: quantity.name, expected, found }
        };
        match (case, quantity.kind) {
            (value::BOOLEAN, ValueKind::Boolean) => Ok(Value::Boolean(wire[value::PAYLOAD] != 0)),
            (value::INTEGER, ValueKind::Integer) => {
                Ok(Value::Integer(i64::from_le_bytes(at(wire, value::PAYLOAD))))
            }
            (value::NUMBER, ValueKind::Number) => {
                let number = f64::from_le_bytes(at(wire, value::PAYLOAD));
                if !number.is_finite() {
                    let value = number.to_string();
                    return Err(OutputError::NotFinite { index, quantity: quantity.name, value });
                }
                Ok(Value::Number(number))
            }
            (value::TEXT, ValueKind::Text) => {
                Ok(Value::Text(self.bounded("measured text", wire, value::PAYLOAD)?))
            }
            (value::BOOLEAN, _) => Err(wrong_type("a boolean")),
            (value::INTEGER, _) => Err(wrong_type("an integer")),
            (value::NUMBER, _) => Err(wrong_type("a number")),
            (value::TEXT, _) => Err(wrong_type("a text")),
            (unknown, _) => Err(unknown_case("value", unknown)),
        }
    }

    fn warnings(&self, wire: &[u8], offset: usize) -> Result<Vec<String>, OutputError> {
        at_most("warnings", length(wire, offset), self.limits.warnings)?;
        let texts = self.list(wire, offset, TEXT)?;
        let texts = texts.as_chunks::<{ TEXT.size }>().0.iter();
        texts.map(|text| self.bounded("warning", text, 0)).collect()
    }

    /// A text that is kept.
    fn bounded(
        &self,
        what: &'static str,
        wire: &[u8],
        offset: usize,
    ) -> Result<String, OutputError> {
        let text = self.text(wire, offset)?;
        fits(what, text, self.limits)?;
        Ok(text.to_owned())
    }

    /// A text where it lies.
    fn text(&self, wire: &[u8], offset: usize) -> Result<&'a str, OutputError> {
        utf8(self.list(wire, offset, BYTE)?)
    }

    /// The elements of a list where they lie.
    fn list(&self, wire: &[u8], offset: usize, element: Layout) -> Result<&'a [u8], OutputError> {
        let address = Word::from_le_bytes(at(wire, offset));
        self.placed("list or text", address, length(wire, offset), element)
    }

    fn placed(
        &self,
        what: &str,
        address: Word,
        count: usize,
        Layout { size, align }: Layout,
    ) -> Result<&'a [u8], OutputError> {
        let malformed = |problem: &str| OutputError::Malformed {
            reason: format!("a {what} at the address {address} {problem}"),
        };
        let start = address as usize;
        if !start.is_multiple_of(align) {
            return Err(malformed(&format!("which is not aligned to {align} bytes")));
        }
        let bytes = count.saturating_mul(size);
        let found = start.checked_add(bytes).and_then(|end| self.memory.get(start..end));
        let found = found.ok_or_else(|| malformed("that ends beyond the end of the memory"))?;
        let limit = self.limits.output_bytes;
        let left = self.allowance.get().checked_sub(bytes);
        self.allowance.set(left.ok_or(OutputError::TooLarge { limit })?);
        Ok(found)
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, OutputError> {
    std::str::from_utf8(bytes).map_err(|error| OutputError::Malformed { reason: error.to_string() })
}

/// So many bytes of a value as the type of what they mean.
fn at<const BYTES: usize>(wire: &[u8], offset: usize) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes.copy_from_slice(&wire[offset..offset + BYTES]);
    bytes
}

/// Returns the number of elements of a list, or of bytes of a text.
fn length(wire: &[u8], offset: usize) -> usize {
    Word::from_le_bytes(at(wire, offset + abi::LENGTH)) as usize
}

/// Whether an option holds something.
fn option(wire: &[u8], offset: usize) -> Result<bool, OutputError> {
    match wire[offset] {
        0 => Ok(false),
        1 => Ok(true),
        case => Err(unknown_case("option", case)),
    }
}

fn span(wire: &[u8], offset: usize) -> Result<Option<Span>, OutputError> {
    let part = |part| u16::from_le_bytes(at(wire, offset + part));
    let there_is_one = option(wire, offset)?;
    Ok(there_is_one
        .then(|| Span { offset: part(abi::span::OFFSET), length: part(abi::span::LENGTH) }))
}

fn unknown_case(of: &str, case: u8) -> OutputError {
    OutputError::Malformed {
        reason: format!("case {case} of the type {of}, which has no such case"),
    }
}

fn timestamp(index: usize, milliseconds: u64) -> Result<Timestamp, OutputError> {
    i64::try_from(milliseconds)
        .ok()
        .and_then(|signed| Timestamp::from_millisecond(signed).ok())
        .ok_or(OutputError::MomentOutOfRange { index, milliseconds })
}

/// The same of texts that are the host's already.
pub(crate) fn warnings_fit(texts: &[String], limits: &Limits) -> Result<(), OutputError> {
    at_most("warnings", texts.len(), limits.warnings)?;
    texts.iter().try_for_each(|text| fits("warning", text, limits))
}

fn fits(what: &'static str, text: &str, limits: &Limits) -> Result<(), OutputError> {
    let (bytes, limit) = (text.len(), limits.text_bytes);
    if bytes > limit { Err(OutputError::TextTooLong { what, bytes, limit }) } else { Ok(()) }
}

pub(crate) fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), OutputError> {
    if count > limit { Err(OutputError::TooMany { what, count, limit }) } else { Ok(()) }
}

fn kind_name(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Boolean => "boolean",
        ValueKind::Integer => "integer",
        ValueKind::Number => "number",
        ValueKind::Text => "text",
    }
}
