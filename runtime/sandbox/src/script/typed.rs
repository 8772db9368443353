//! Values of JSON as values of quantities.

use serde_json::Value as Json;

use super::units::Conversion;
use crate::{Quantity, Value, vocabulary::ValueKind};

/// A value of the type that its quantity has. Numbers that are written as text, as in "21.5", are
/// numbers; 0 and 1 are false and true.
pub(crate) fn typed(
    quantity: &'static Quantity,
    conversions: &[Conversion],
    value: &Json,
) -> Result<Value, String> {
    let converted =
        |number: f64| conversions.iter().fold(number, |number, into| into.apply(number));
    let number = || match value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    };
    let typed = match quantity.kind {
        ValueKind::Boolean => match value {
            Json::Bool(boolean) => Some(Value::Boolean(*boolean)),
            _ => number().and_then(|number| match number {
                0.0 => Some(Value::Boolean(false)),
                1.0 => Some(Value::Boolean(true)),
                _ => None,
            }),
        },
        ValueKind::Integer => number().and_then(|number| whole(converted(number))),
        ValueKind::Number => {
            number().map(converted).filter(|number| number.is_finite()).map(Value::Number)
        }
        ValueKind::Text => value.as_str().map(|text| Value::Text(text.to_owned())),
    };
    typed.ok_or_else(|| {
        let expected = match quantity.kind {
            ValueKind::Boolean => "true or false",
            ValueKind::Integer => "a whole number",
            ValueKind::Number => "a number",
            ValueKind::Text => "a text",
        };
        format!("is {}, and {} is {expected}", shown(value), quantity.name)
    })
}

fn whole(number: f64) -> Option<Value> {
    // Beyond it not every whole number is an f64.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(Value::Integer(number as i64))
}

/// A value as a warning shows it.
pub(crate) fn shown(value: &Json) -> String {
    const SHOWN_CHARACTERS: usize = 40;
    match value {
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
        other => other.to_string().chars().take(SHOWN_CHARACTERS).collect(),
    }
}
