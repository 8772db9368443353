//! The names that expressions see of a reading, with their values and moments.

use std::collections::BTreeMap;

use jiff::Timestamp;
use minijinja::Value as Seeable;
use serde_json::Value as Json;

use super::{
    expression::Expression,
    input::Input,
    observation::{Memory, Observation},
};
use crate::{CallError, Failure, FailureKind, Measurement, Value};

/// The name of the memory.
pub(super) const BEFORE: &str = "before";

/// The name of the seconds since the reading that is remembered.
pub(super) const ELAPSED: &str = "elapsed";

/// The values that there are, by the names that expressions have for them.
pub(super) struct Seen {
    pub(super) values: BTreeMap<String, Seeable>,
    /// The moments of the inputs; none where that is the reception of the frame.
    moments: BTreeMap<String, Option<Timestamp>>,
    /// The moment of the reading.
    pub(super) moment: Timestamp,
    /// Whether the reading is no later than the one that is remembered.
    pub(super) is_late: bool,
}

impl Seen {
    /// # Errors
    /// The device has no value for a variable that the decoder cannot do without.
    pub(super) fn of(
        inputs: &[Input],
        variables: &[(String, bool)],
        observed: &Observation,
    ) -> Result<Self, CallError> {
        let mut values = BTreeMap::new();
        let mut moments = BTreeMap::new();
        for (name, is_required) in variables {
            match observed.variables.iter().find(|variable| variable.name == *name) {
                Some(variable) => {
                    values.insert(name.clone(), seeable(&variable.value, |number| number));
                }
                None if *is_required => return Err(missing(name)),
                None => {}
            }
        }
        for input in inputs {
            let Some(measured) = newest(input, &observed.measurements) else { continue };
            let convert = |number| input.conversion.apply(number);
            values.insert(input.name.clone(), seeable(&measured.value, convert));
            moments.insert(input.name.clone(), measured.measured_at);
        }
        let moment = latest(moments.values().copied()).unwrap_or(observed.received_at);
        let before = observed.before.as_ref();
        let is_late = before.is_some_and(|before| before.at >= moment);
        if let Some(before) = before.filter(|_| !is_late) {
            values.insert(BEFORE.to_owned(), remembered(before));
            let elapsed = (milliseconds(moment) - milliseconds(before.at)) / 1_000.0;
            values.insert(ELAPSED.to_owned(), Seeable::from(elapsed));
        }
        Ok(Self { values, moments, moment, is_late })
    }

    /// Whether there is all that an expression names.
    pub(super) fn has_all(&self, expression: &Expression) -> bool {
        expression.names().all(|name| match name.split_once('.') {
            None => self.values.contains_key(name),
            Some((owner, member)) => self
                .values
                .get(owner)
                .and_then(|owner| owner.get_attr(member).ok())
                .is_some_and(|value| !value.is_undefined()),
        })
    }

    /// The moment of a value: the latest of its inputs, where the device tells those of all.
    pub(super) fn moment_of(&self, expression: &Expression) -> Option<Timestamp> {
        latest(expression.roots().filter_map(|root| self.moments.get(root).copied()))
    }
}

fn missing(name: &str) -> CallError {
    let message = format!("the variable {name} is not set on the device");
    CallError::Failed(Failure { kind: FailureKind::MissingVariable, message, span: None })
}

/// The latest of moments; nothing where one of them is that of the reception, or there are none.
fn latest(moments: impl Iterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    moments.collect::<Option<Vec<Timestamp>>>()?.into_iter().max()
}

/// The newest measurement that an input is of. One without a moment is of the reception.
fn newest<'of>(input: &Input, measurements: &'of [Measurement]) -> Option<&'of Measurement> {
    let own = measurements.iter().filter(|measured| {
        measured.quantity.name == input.quantity.name && measured.channel == input.channel
    });
    own.max_by_key(|measured| (measured.measured_at.is_none(), measured.measured_at))
}

/// A moment of milliseconds since the epoch.
fn milliseconds(moment: Timestamp) -> f64 {
    moment.as_millisecond() as f64
}

fn seeable(value: &Value, convert: impl Fn(f64) -> f64) -> Seeable {
    match value {
        Value::Boolean(boolean) => Seeable::from(*boolean),
        Value::Integer(integer) => Seeable::from(convert(*integer as f64)),
        Value::Number(number) => Seeable::from(convert(*number)),
        Value::Text(text) => Seeable::from(text.as_str()),
    }
}

fn remembered(before: &Memory) -> Seeable {
    let value = |value: &Json| match value {
        Json::Bool(boolean) => Seeable::from(*boolean),
        Json::Number(number) => Seeable::from(number.as_f64().unwrap_or_default()),
        Json::String(text) => Seeable::from(text.as_str()),
        _ => Seeable::UNDEFINED,
    };
    Seeable::from_pairs(before.values.iter().map(|(name, one)| (name.as_str(), value(one))))
}
