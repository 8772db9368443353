//! Variables: settings that the operator gives a device, for its decoder.

use crate::{Command, Failure, SentDownlink, Uplink, Value, Variable, json};

/// The settings of one device.
#[derive(Clone, Copy, Debug)]
pub struct Variables<'device>(&'device [Variable]);

impl<'device> Variables<'device> {
    /// The value of a variable, if the operator has set it.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'device Value> {
        self.0.iter().find(|variable| variable.name == name).map(|variable| &variable.value)
    }

    /// A number that the decoder cannot do without. An integer is a number too.
    pub fn number(self, name: &str) -> Result<f64, Failure> {
        match self.get(name) {
            Some(Value::Number(number)) => Ok(*number),
            #[expect(
                clippy::cast_precision_loss,
                reason = "settings above 2^53 are none that a person types"
            )]
            Some(Value::Integer(integer)) => Ok(*integer as f64),
            other => Err(missing(name, "a number", other)),
        }
    }

    /// A number, or another one where the operator has set none.
    pub fn number_or(self, name: &str, otherwise: f64) -> Result<f64, Failure> {
        self.get(name).map_or(Ok(otherwise), |_| self.number(name))
    }

    /// A text that the decoder cannot do without.
    pub fn text(self, name: &str) -> Result<&'device str, Failure> {
        match self.get(name) {
            Some(Value::Text(text)) => Ok(text),
            other => Err(missing(name, "a text", other)),
        }
    }

    /// The port that the owner of a device has given it, by the variable `f-port`, or another one where there is none.
    /// A port is 1 to 223.
    pub fn port_or(self, otherwise: u8) -> Result<u8, Failure> {
        match self.get("f-port") {
            None => Ok(otherwise),
            Some(Value::Integer(port @ 1..=223)) => Ok(u8::try_from(*port).unwrap_or(otherwise)),
            other => Err(missing("f-port", "a whole number from 1 to 223", other)),
        }
    }

    /// A switch, or another position where the operator has set none.
    pub fn boolean_or(self, name: &str, otherwise: bool) -> Result<bool, Failure> {
        match self.get(name) {
            None => Ok(otherwise),
            Some(Value::Boolean(boolean)) => Ok(*boolean),
            other => Err(missing(name, "true or false", other)),
        }
    }
}

fn missing(name: &str, expected: &str, found: Option<&Value>) -> Failure {
    Failure::missing_variable(match found {
        None => format!("the variable {name} is not set on this device; it must be {expected}"),
        Some(value) => {
            let value = as_json(value);
            format!("the variable {name} is {value}; it must be {expected}")
        }
    })
}

/// Writes a setting as the operator has written it. JSON is written by every decoder anyway; the formatter of core
/// for floats would come on top.
fn as_json(value: &Value) -> String {
    let json = match value {
        Value::Boolean(boolean) => json::write(boolean),
        Value::Integer(integer) => json::write(integer),
        Value::Number(number) => json::write(number),
        Value::Text(text) => json::write(text),
    };
    json.unwrap_or_default()
}

macro_rules! has_variables {
    ($($input:ty),*) => {$(
        impl $input {
            /// Returns the variables that the operator has set on this device.
            #[must_use]
            pub fn settings(&self) -> Variables<'_> {
                Variables(&self.variables)
            }
        }
    )*};
}

has_variables!(Uplink, Command, SentDownlink);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FailureKind;

    #[test]
    fn a_setting_is_found_by_its_name_and_type() {
        let set = [
            Variable { name: "litres-per-pulse".into(), value: Value::Integer(10) },
            Variable { name: "place".into(), value: Value::Text("cellar".into()) },
            Variable { name: "f-port".into(), value: Value::Integer(223) },
        ];
        let variables = Variables(&set);
        assert_eq!(variables.number("litres-per-pulse"), Ok(10.0));
        assert_eq!(variables.number_or("height", 2.5), Ok(2.5));
        assert_eq!(variables.text("place"), Ok("cellar"));
        assert_eq!(variables.boolean_or("inverted", true), Ok(true));
        assert_eq!((variables.port_or(85), Variables(&[]).port_or(85)), (Ok(223), Ok(85)));
        for value in [Value::Integer(0), Value::Integer(224), Value::Number(85.0)] {
            let set = [Variable { name: "f-port".into(), value }];
            let failure = Variables(&set).port_or(85).unwrap_err();
            assert!(failure.message.contains("from 1 to 223"), "{}", failure.message);
        }
        let failure = variables.number("place").unwrap_err();
        assert_eq!(failure.kind, FailureKind::MissingVariable);
        assert_eq!(failure.message, "the variable place is \"cellar\"; it must be a number");
        let number = [Variable { name: "height".into(), value: Value::Number(2.5) }];
        let failure = Variables(&number).text("height").unwrap_err();
        assert_eq!(failure.message, "the variable height is 2.5; it must be a text");
        assert!(variables.text("owner").unwrap_err().message.contains("not set"));
    }
}
