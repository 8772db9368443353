//! Numbers that a meter can send, and the variable that says which of them one does.

use champollion_sdk::{Quantity, prelude::*};

/// A number that a meter can send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    /// Its name, in the variable and in `data`.
    pub(crate) name: &'static str,
    kind: Kind,
    /// The phase, or the input; 0 where there is one or all are meant.
    channel: u16,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Measured(&'static Quantity<f64>),
    PowerFactor,
    Pulses,
    Unmeasured,
}

impl Parameter {
    pub(crate) fn is_power_factor(&self) -> bool {
        matches!(self.kind, Kind::PowerFactor)
    }

    /// The number as a measurement, where it is one.
    pub(crate) fn measurement(&self, number: Spanned<f64>) -> Option<Measurement> {
        let measurement = match self.kind {
            Kind::Measured(quantity) => quantity.of(number),
            Kind::PowerFactor if number.abs() <= 1.0 => {
                quantity::ELECTRICITY_POWER_FACTOR.of(number)
            }
            Kind::Pulses if (0.0..9e15).contains(&*number) =>
            {
                #[expect(clippy::cast_possible_truncation, reason = "it is in the range of i64")]
                quantity::PULSE_COUNT.of(number.map(|pulses| pulses.round() as i64))
            }
            Kind::PowerFactor | Kind::Pulses | Kind::Unmeasured => return None,
        };
        Some(measurement.on(self.channel))
    }
}

/// Rows that meters have when they leave the factory, by the names of the models.
const MODELS: &[(&str, &str)] = &[
    ("sdm230", "totalEnergy,voltage,current,powerFactor,frequency"),
    ("sdm530", "totalEnergy,digitalInput1,digitalInput2,relayState,powerFactor"),
    ("sdm630mct", "totalEnergy,frequency,powerFactor,maximumPowerDemand,current"),
];

/// The row of a message by its number: parameters are parted by commas, and messages by semicolons. The name of a model
/// stands for the row that it has when it leaves the factory.
pub(crate) fn parameters(variable: &str, message: u8) -> Result<Vec<&'static Parameter>, Failure> {
    let model = MODELS.iter().find(|(model, _)| model.eq_ignore_ascii_case(variable.trim()));
    let row = model.map_or(variable, |(_, row)| row);
    let index = usize::from(message).checked_sub(1);
    let Some(of_message) = index.and_then(|index| row.split(';').nth(index)) else {
        return Err(Failure::unknown_message(format!(
            "the variable parameters tells nothing of message {message}"
        )));
    };
    of_message.split(',').map(|name| parameter(name.trim())).collect()
}

fn parameter(name: &str) -> Result<&'static Parameter, Failure> {
    PARAMETERS.iter().find(|parameter| parameter.name == name).ok_or_else(|| {
        let models: Vec<_> = MODELS.iter().map(|(model, _)| *model).collect();
        let names: Vec<_> = PARAMETERS.iter().map(|parameter| parameter.name).collect();
        Failure::missing_variable(format!(
            "the variable parameters has {name:?}; it is one of {}, or a row of {}",
            models.join(", "),
            names.join(", ")
        ))
    })
}

/// The shortest decimal number that is this single: 0.016 and not 0.01600000076.
pub(crate) fn decimal(single: f32) -> f64 {
    single.to_string().parse().unwrap_or_else(|_| f64::from(single))
}

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "totalEnergy",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE),
        channel: 0,
    },
    Parameter {
        name: "importEnergy",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE),
        channel: 0,
    },
    Parameter {
        name: "exportEnergy",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED),
        channel: 0,
    },
    Parameter {
        name: "totalReactiveEnergy",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_REACTIVE),
        channel: 0,
    },
    Parameter {
        name: "importReactiveEnergy",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_REACTIVE),
        channel: 0,
    },
    Parameter {
        name: "exportReactiveEnergy",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_REACTIVE_EXPORTED),
        channel: 0,
    },
    Parameter { name: "voltage", kind: Kind::Measured(&quantity::ELECTRICITY_VOLTAGE), channel: 0 },
    Parameter { name: "current", kind: Kind::Measured(&quantity::ELECTRICITY_CURRENT), channel: 0 },
    Parameter {
        name: "activePower",
        kind: Kind::Measured(&quantity::ELECTRICITY_POWER_ACTIVE),
        channel: 0,
    },
    Parameter {
        name: "apparentPower",
        kind: Kind::Measured(&quantity::ELECTRICITY_POWER_APPARENT),
        channel: 0,
    },
    Parameter {
        name: "reactivePower",
        kind: Kind::Measured(&quantity::ELECTRICITY_POWER_REACTIVE),
        channel: 0,
    },
    Parameter { name: "powerFactor", kind: Kind::PowerFactor, channel: 0 },
    Parameter {
        name: "frequency",
        kind: Kind::Measured(&quantity::ELECTRICITY_FREQUENCY),
        channel: 0,
    },
    Parameter {
        name: "voltageL1",
        kind: Kind::Measured(&quantity::ELECTRICITY_VOLTAGE),
        channel: 1,
    },
    Parameter {
        name: "currentL1",
        kind: Kind::Measured(&quantity::ELECTRICITY_CURRENT),
        channel: 1,
    },
    Parameter {
        name: "activePowerL1",
        kind: Kind::Measured(&quantity::ELECTRICITY_POWER_ACTIVE),
        channel: 1,
    },
    Parameter { name: "powerFactorL1", kind: Kind::PowerFactor, channel: 1 },
    Parameter {
        name: "totalEnergyL1",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE),
        channel: 1,
    },
    Parameter {
        name: "importEnergyL1",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE),
        channel: 1,
    },
    Parameter {
        name: "exportEnergyL1",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED),
        channel: 1,
    },
    Parameter {
        name: "voltageL2",
        kind: Kind::Measured(&quantity::ELECTRICITY_VOLTAGE),
        channel: 2,
    },
    Parameter {
        name: "currentL2",
        kind: Kind::Measured(&quantity::ELECTRICITY_CURRENT),
        channel: 2,
    },
    Parameter {
        name: "activePowerL2",
        kind: Kind::Measured(&quantity::ELECTRICITY_POWER_ACTIVE),
        channel: 2,
    },
    Parameter { name: "powerFactorL2", kind: Kind::PowerFactor, channel: 2 },
    Parameter {
        name: "totalEnergyL2",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE),
        channel: 2,
    },
    Parameter {
        name: "importEnergyL2",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE),
        channel: 2,
    },
    Parameter {
        name: "exportEnergyL2",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED),
        channel: 2,
    },
    Parameter {
        name: "voltageL3",
        kind: Kind::Measured(&quantity::ELECTRICITY_VOLTAGE),
        channel: 3,
    },
    Parameter {
        name: "currentL3",
        kind: Kind::Measured(&quantity::ELECTRICITY_CURRENT),
        channel: 3,
    },
    Parameter {
        name: "activePowerL3",
        kind: Kind::Measured(&quantity::ELECTRICITY_POWER_ACTIVE),
        channel: 3,
    },
    Parameter { name: "powerFactorL3", kind: Kind::PowerFactor, channel: 3 },
    Parameter {
        name: "totalEnergyL3",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE),
        channel: 3,
    },
    Parameter {
        name: "importEnergyL3",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE),
        channel: 3,
    },
    Parameter {
        name: "exportEnergyL3",
        kind: Kind::Measured(&quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED),
        channel: 3,
    },
    Parameter { name: "voltageL1L2", kind: Kind::Unmeasured, channel: 0 },
    Parameter { name: "voltageL2L3", kind: Kind::Unmeasured, channel: 0 },
    Parameter { name: "voltageL3L1", kind: Kind::Unmeasured, channel: 0 },
    Parameter { name: "maximumPowerDemand", kind: Kind::Unmeasured, channel: 0 },
    Parameter { name: "digitalInput1", kind: Kind::Pulses, channel: 1 },
    Parameter { name: "digitalInput2", kind: Kind::Pulses, channel: 2 },
    Parameter { name: "relayState", kind: Kind::Unmeasured, channel: 0 },
    Parameter { name: "other", kind: Kind::Unmeasured, channel: 0 },
];
