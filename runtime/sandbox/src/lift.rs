//! Turns what a decoder returned into types of the host, checking every limit on the way.

use std::borrow::Cow;

use jiff::Timestamp;
use wasmtime::component::{WasmList, WasmStr};

use crate::{
    CallError, Data, Downlink, Failure, FailureKind, Limits, Measurement, OutputError, Quantity,
    Reading, Span, Value,
    contract::{self, codec},
    decoder::Meter,
    vocabulary::{self, ValueKind},
};

/// Characters of a guest's text that are repeated in an error.
const QUOTED_CHARACTERS: usize = 64;

/// Ports above are reserved, 0 is for MAC commands (LoRaWAN 1.0.4, section 4.3.2).
pub(crate) const APPLICATION_PORTS: std::ops::RangeInclusive<u8> = 1..=223;

/// The largest FRMPayload of any region and data rate.
pub(crate) const PAYLOAD_BYTES: usize = 242;

/// The store of a call that has returned: what it returned lies in its memory.
pub(crate) type Store = wasmtime::Store<Meter>;

pub(crate) fn reading(
    wire: contract::Reading,
    store: &mut Store,
    limits: &Limits,
) -> Result<Reading, CallError> {
    lift_reading(wire, store, limits).map_err(CallError::Output)
}

fn lift_reading(
    wire: contract::Reading,
    store: &mut Store,
    limits: &Limits,
) -> Result<Reading, OutputError> {
    at_most("measurements", wire.measurements.len(), limits.measurements)?;
    if let Some(state) = &wire.state {
        at_most("bytes of state", state.len(), limits.state_bytes)?;
    }
    let warnings = warnings(&wire.warnings, store, limits)?;
    let measurements = elements(&wire.measurements, store, limits)?;
    let store = &*store;
    Ok(Reading {
        data: Data::check(text(&wire.data, store)?, limits)?,
        measurements: measurements
            .into_iter()
            .enumerate()
            .map(|(index, wire)| measurement(index, wire, store, limits))
            .collect::<Result<_, _>>()?,
        warnings,
        state: wire.state.map(|state| state.as_le_slice(store).to_vec()),
    })
}

pub(crate) fn downlink(
    wire: contract::Downlink,
    store: &mut Store,
    limits: &Limits,
) -> Result<Downlink, CallError> {
    lift_downlink(wire, store, limits).map_err(CallError::Output)
}

fn lift_downlink(
    wire: contract::Downlink,
    store: &mut Store,
    limits: &Limits,
) -> Result<Downlink, OutputError> {
    let contract::Downlink { f_port, payload, warnings: texts } = wire;
    if !APPLICATION_PORTS.contains(&f_port) {
        return Err(OutputError::FPortOutOfRange { f_port });
    }
    at_most("bytes of payload", payload.len(), PAYLOAD_BYTES)?;
    let warnings = warnings(&texts, store, limits)?;
    Ok(Downlink { f_port, payload: payload.as_le_slice(&*store).to_vec(), warnings })
}

/// A failure is an answer too and is held to the same limits.
pub(crate) fn failure(wire: &contract::Failure, store: &Store, limits: &Limits) -> CallError {
    let message = match bounded("failure message", &wire.message, store, limits) {
        Ok(message) => message,
        Err(error) => return CallError::Output(error),
    };
    CallError::Failed(Failure {
        kind: match wire.kind {
            codec::FailureKind::UnknownPort => FailureKind::UnknownPort,
            codec::FailureKind::UnknownMessage => FailureKind::UnknownMessage,
            codec::FailureKind::TooShort => FailureKind::TooShort,
            codec::FailureKind::TooLong => FailureKind::TooLong,
            codec::FailureKind::InvalidValue => FailureKind::InvalidValue,
            codec::FailureKind::InvalidCommand => FailureKind::InvalidCommand,
            codec::FailureKind::MissingVariable => FailureKind::MissingVariable,
            codec::FailureKind::Unsupported => FailureKind::Unsupported,
        },
        message,
        span: wire.span.map(span),
    })
}

fn measurement(
    index: usize,
    wire: contract::Measurement,
    store: &Store,
    limits: &Limits,
) -> Result<Measurement, OutputError> {
    let name = text(&wire.quantity, store)?;
    let Some(quantity) = vocabulary::quantity(&name) else {
        let quantity = name.chars().take(QUOTED_CHARACTERS).collect();
        return Err(OutputError::UnknownQuantity { index, quantity });
    };
    Ok(Measurement {
        quantity,
        value: value(index, quantity, &wire.value, store, limits)?,
        channel: wire.channel,
        measured_at: wire.measured_at.map(|moment| timestamp(index, moment)).transpose()?,
        span: wire.span.map(span),
    })
}

fn value(
    index: usize,
    quantity: &'static Quantity,
    wire: &contract::Value,
    store: &Store,
    limits: &Limits,
) -> Result<Value, OutputError> {
    Ok(match (quantity.kind, wire) {
        (ValueKind::Boolean, contract::Value::Boolean(boolean)) => Value::Boolean(*boolean),
        (ValueKind::Integer, contract::Value::Integer(integer)) => Value::Integer(*integer),
        (ValueKind::Number, contract::Value::Number(number)) if number.is_finite() => {
            Value::Number(*number)
        }
        (ValueKind::Number, contract::Value::Number(number)) => {
            let value = number.to_string();
            return Err(OutputError::NotFinite { index, quantity: quantity.name, value });
        }
        (ValueKind::Text, contract::Value::Text(text)) => {
            Value::Text(bounded("measured text", text, store, limits)?)
        }
        (expected, found) => {
            return Err(OutputError::WrongType {
                index,
                quantity: quantity.name,
                expected: kind_name(expected),
                found: found_name(found),
            });
        }
    })
}

fn timestamp(index: usize, milliseconds: u64) -> Result<Timestamp, OutputError> {
    i64::try_from(milliseconds)
        .ok()
        .and_then(|signed| Timestamp::from_millisecond(signed).ok())
        .ok_or(OutputError::MomentOutOfRange { index, milliseconds })
}

fn warnings(
    texts: &WasmList<WasmStr>,
    store: &mut Store,
    limits: &Limits,
) -> Result<Vec<String>, OutputError> {
    at_most("warnings", texts.len(), limits.warnings)?;
    let texts = elements(texts, store, limits)?;
    texts.iter().map(|text| bounded("warning", text, store, limits)).collect()
}

/// The same of texts that are the host's already.
pub(crate) fn warnings_fit(texts: &[String], limits: &Limits) -> Result<(), OutputError> {
    at_most("warnings", texts.len(), limits.warnings)?;
    texts.iter().try_for_each(|text| fits("warning", text, limits))
}

/// The elements of a list whose length was checked.
fn elements<T: wasmtime::component::Lift>(
    list: &WasmList<T>,
    store: &mut Store,
    limits: &Limits,
) -> Result<Vec<T>, OutputError> {
    let unlifted = |error| unlifted(&error, limits);
    list.iter(store).map_err(unlifted)?.map(|element| element.map_err(unlifted)).collect()
}

/// A text where it lies in the guest's memory.
fn text<'store>(text: &WasmStr, store: &'store Store) -> Result<Cow<'store, str>, OutputError> {
    text.to_str(store).map_err(|error| OutputError::Malformed { reason: format!("{error:#}") })
}

/// A text that is kept.
fn bounded(
    what: &'static str,
    wire: &WasmStr,
    store: &Store,
    limits: &Limits,
) -> Result<String, OutputError> {
    let text = text(wire, store)?;
    fits(what, &text, limits)?;
    Ok(text.into_owned())
}

fn fits(what: &'static str, text: &str, limits: &Limits) -> Result<(), OutputError> {
    let (bytes, limit) = (text.len(), limits.text_bytes);
    if bytes > limit { Err(OutputError::TextTooLong { what, bytes, limit }) } else { Ok(()) }
}

/// What is wrong with values that a guest hands over. wasmtime has no public types for it.
pub(crate) fn unlifted(error: &wasmtime::Error, limits: &Limits) -> OutputError {
    let reason = format!("{error:#}");
    if reason.contains("fuel allocated for hostcalls") {
        return OutputError::TooLarge { limit: limits.output_bytes };
    }
    OutputError::Malformed { reason }
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

fn found_name(value: &contract::Value) -> &'static str {
    match value {
        contract::Value::Boolean(_) => "a boolean",
        contract::Value::Integer(_) => "an integer",
        contract::Value::Number(_) => "a number",
        contract::Value::Text(_) => "a text",
    }
}
