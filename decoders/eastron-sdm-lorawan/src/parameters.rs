//! Numbers that a meter can send, and the variable that says which of them one does.

use champollion_sdk::{Quantity, prelude::*, quoted};

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
            "the variable parameters has {}; it is one of {}, or a row of {}",
            quoted(name),
            models.join(", "),
            names.join(", ")
        ))
    })
}

/// A number that is a quantity of the vocabulary.
const fn measured(name: &'static str, quantity: &'static Quantity<f64>, channel: u16) -> Parameter {
    Parameter { name, kind: Kind::Measured(quantity), channel }
}

const PARAMETERS: &[Parameter] = &[
    measured("totalEnergy", &quantity::ELECTRICITY_ENERGY_ACTIVE, 0),
    measured("importEnergy", &quantity::ELECTRICITY_ENERGY_ACTIVE, 0),
    measured("exportEnergy", &quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED, 0),
    measured("totalReactiveEnergy", &quantity::ELECTRICITY_ENERGY_REACTIVE, 0),
    measured("importReactiveEnergy", &quantity::ELECTRICITY_ENERGY_REACTIVE, 0),
    measured("exportReactiveEnergy", &quantity::ELECTRICITY_ENERGY_REACTIVE_EXPORTED, 0),
    measured("voltage", &quantity::ELECTRICITY_VOLTAGE, 0),
    measured("current", &quantity::ELECTRICITY_CURRENT, 0),
    measured("activePower", &quantity::ELECTRICITY_POWER_ACTIVE, 0),
    measured("apparentPower", &quantity::ELECTRICITY_POWER_APPARENT, 0),
    measured("reactivePower", &quantity::ELECTRICITY_POWER_REACTIVE, 0),
    Parameter { name: "powerFactor", kind: Kind::PowerFactor, channel: 0 },
    measured("frequency", &quantity::ELECTRICITY_FREQUENCY, 0),
    measured("voltageL1", &quantity::ELECTRICITY_VOLTAGE, 1),
    measured("currentL1", &quantity::ELECTRICITY_CURRENT, 1),
    measured("activePowerL1", &quantity::ELECTRICITY_POWER_ACTIVE, 1),
    Parameter { name: "powerFactorL1", kind: Kind::PowerFactor, channel: 1 },
    measured("totalEnergyL1", &quantity::ELECTRICITY_ENERGY_ACTIVE, 1),
    measured("importEnergyL1", &quantity::ELECTRICITY_ENERGY_ACTIVE, 1),
    measured("exportEnergyL1", &quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED, 1),
    measured("voltageL2", &quantity::ELECTRICITY_VOLTAGE, 2),
    measured("currentL2", &quantity::ELECTRICITY_CURRENT, 2),
    measured("activePowerL2", &quantity::ELECTRICITY_POWER_ACTIVE, 2),
    Parameter { name: "powerFactorL2", kind: Kind::PowerFactor, channel: 2 },
    measured("totalEnergyL2", &quantity::ELECTRICITY_ENERGY_ACTIVE, 2),
    measured("importEnergyL2", &quantity::ELECTRICITY_ENERGY_ACTIVE, 2),
    measured("exportEnergyL2", &quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED, 2),
    measured("voltageL3", &quantity::ELECTRICITY_VOLTAGE, 3),
    measured("currentL3", &quantity::ELECTRICITY_CURRENT, 3),
    measured("activePowerL3", &quantity::ELECTRICITY_POWER_ACTIVE, 3),
    Parameter { name: "powerFactorL3", kind: Kind::PowerFactor, channel: 3 },
    measured("totalEnergyL3", &quantity::ELECTRICITY_ENERGY_ACTIVE, 3),
    measured("importEnergyL3", &quantity::ELECTRICITY_ENERGY_ACTIVE, 3),
    measured("exportEnergyL3", &quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED, 3),
    Parameter { name: "voltageL1L2", kind: Kind::Unmeasured, channel: 0 },
    Parameter { name: "voltageL2L3", kind: Kind::Unmeasured, channel: 0 },
    Parameter { name: "voltageL3L1", kind: Kind::Unmeasured, channel: 0 },
    Parameter { name: "maximumPowerDemand", kind: Kind::Unmeasured, channel: 0 },
    Parameter { name: "digitalInput1", kind: Kind::Pulses, channel: 1 },
    Parameter { name: "digitalInput2", kind: Kind::Pulses, channel: 2 },
    Parameter { name: "relayState", kind: Kind::Unmeasured, channel: 0 },
    Parameter { name: "other", kind: Kind::Unmeasured, channel: 0 },
];
