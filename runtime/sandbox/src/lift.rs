//! Turns what a decoder returned into types of the host, checking every limit on the way.

use jiff::Timestamp;

use crate::{
    CallError, Data, Downlink, Failure, FailureKind, Limits, Measurement, OutputError, Reading,
    Span, Value,
    contract::codec,
    vocabulary::{self, ValueKind},
};

/// Characters of a guest's text that are repeated in an error.
const QUOTED_CHARACTERS: usize = 64;

/// Ports above are reserved, 0 is for MAC commands (LoRaWAN 1.0.4, section 4.3.2).
pub(crate) const APPLICATION_PORTS: std::ops::RangeInclusive<u8> = 1..=223;

/// The largest FRMPayload of any region and data rate.
pub(crate) const PAYLOAD_BYTES: usize = 242;

pub(crate) fn reading(reading: codec::Reading, limits: &Limits) -> Result<Reading, CallError> {
    lift_reading(reading, limits).map_err(CallError::Output)
}

fn lift_reading(reading: codec::Reading, limits: &Limits) -> Result<Reading, OutputError> {
    at_most("measurements", reading.measurements.len(), limits.measurements)?;
    warnings(&reading.warnings, limits)?;
    if let Some(state) = &reading.state {
        at_most("bytes of state", state.len(), limits.state_bytes)?;
    }
    Ok(Reading {
        data: Data::check(reading.data, limits)?,
        measurements: reading
            .measurements
            .into_iter()
            .enumerate()
            .map(|(index, wire)| measurement(index, wire, limits))
            .collect::<Result<_, _>>()?,
        warnings: reading.warnings,
        state: reading.state,
    })
}

pub(crate) fn downlink(downlink: codec::Downlink, limits: &Limits) -> Result<Downlink, CallError> {
    let codec::Downlink { f_port, payload, warnings: texts } = downlink;
    if !APPLICATION_PORTS.contains(&f_port) {
        return Err(CallError::Output(OutputError::FPortOutOfRange { f_port }));
    }
    at_most("bytes of payload", payload.len(), PAYLOAD_BYTES)
        .and_then(|()| warnings(&texts, limits))
        .map_err(CallError::Output)?;
    Ok(Downlink { f_port, payload, warnings: texts })
}

/// A failure is an answer too and is held to the same limits.
pub(crate) fn failure(failure: codec::Failure, limits: &Limits) -> CallError {
    if let Err(error) = text_fits("failure message", &failure.message, limits) {
        return CallError::Output(error);
    }
    CallError::Failed(Failure {
        kind: match failure.kind {
            codec::FailureKind::UnknownPort => FailureKind::UnknownPort,
            codec::FailureKind::UnknownMessage => FailureKind::UnknownMessage,
            codec::FailureKind::TooShort => FailureKind::TooShort,
            codec::FailureKind::TooLong => FailureKind::TooLong,
            codec::FailureKind::InvalidValue => FailureKind::InvalidValue,
            codec::FailureKind::InvalidCommand => FailureKind::InvalidCommand,
            codec::FailureKind::MissingVariable => FailureKind::MissingVariable,
            codec::FailureKind::Unsupported => FailureKind::Unsupported,
        },
        message: failure.message,
        span: failure.span.map(span),
    })
}

fn measurement(
    index: usize,
    wire: codec::Measurement,
    limits: &Limits,
) -> Result<Measurement, OutputError> {
    let Some(quantity) = vocabulary::quantity(&wire.quantity) else {
        let quantity = wire.quantity.chars().take(QUOTED_CHARACTERS).collect();
        return Err(OutputError::UnknownQuantity { index, quantity });
    };
    let value = match (quantity.kind, wire.value) {
        (ValueKind::Boolean, codec::ValueResult::Boolean(boolean)) => Value::Boolean(boolean),
        (ValueKind::Integer, codec::ValueResult::Integer(integer)) => Value::Integer(integer),
        (ValueKind::Number, codec::ValueResult::Number(number)) if number.is_finite() => {
            Value::Number(number)
        }
        (ValueKind::Number, codec::ValueResult::Number(number)) => {
            let value = number.to_string();
            return Err(OutputError::NotFinite { index, quantity: quantity.name, value });
        }
        (ValueKind::Text, codec::ValueResult::Text(text)) => {
            text_fits("measured text", &text, limits)?;
            Value::Text(text)
        }
        (expected, found) => {
            return Err(OutputError::WrongType {
                index,
                quantity: quantity.name,
                expected: kind_name(expected),
                found: found_name(&found),
            });
        }
    };
    Ok(Measurement {
        quantity,
        value,
        channel: wire.channel,
        measured_at: wire.measured_at.map(|moment| timestamp(index, moment)).transpose()?,
        span: wire.span.map(span),
    })
}

fn timestamp(index: usize, milliseconds: u64) -> Result<Timestamp, OutputError> {
    i64::try_from(milliseconds)
        .ok()
        .and_then(|signed| Timestamp::from_millisecond(signed).ok())
        .ok_or(OutputError::MomentOutOfRange { index, milliseconds })
}

pub(crate) fn warnings(texts: &[String], limits: &Limits) -> Result<(), OutputError> {
    at_most("warnings", texts.len(), limits.warnings)?;
    texts.iter().try_for_each(|text| text_fits("warning", text, limits))
}

fn text_fits(what: &'static str, text: &str, limits: &Limits) -> Result<(), OutputError> {
    let (bytes, limit) = (text.len(), limits.text_bytes);
    if bytes > limit { Err(OutputError::TextTooLong { what, bytes, limit }) } else { Ok(()) }
}

pub(crate) fn at_most(what: &'static str, count: usize, limit: usize) -> Result<(), OutputError> {
    if count > limit { Err(OutputError::TooMany { what, count, limit }) } else { Ok(()) }
}

fn span(wire: codec::Span) -> Span {
    Span { offset: wire.offset, length: wire.length }
}

fn kind_name(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Boolean => "boolean",
        ValueKind::Integer => "integer",
        ValueKind::Number => "number",
        ValueKind::Text => "text",
    }
}

fn found_name(value: &codec::ValueResult) -> &'static str {
    match value {
        codec::ValueResult::Boolean(_) => "a boolean",
        codec::ValueResult::Integer(_) => "an integer",
        codec::ValueResult::Number(_) => "a number",
        codec::ValueResult::Text(_) => "a text",
    }
}
