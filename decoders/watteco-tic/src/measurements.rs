//! Measurements: those of the fields that have a place in the vocabulary.
//!
//! Indexes of a tariff's periods are none by themselves: what a meter counts is their sum, which is measured where all of
//! a tariff are in one report. Energies of a PME-PMI and of an ICE begin anew with each period, and stand in `data` alone.

use champollion_sdk::{Quantity, families::watteco::Told, prelude::*};

/// The indexes of the tariffs of a CBE: their sum is what was used.
const TARIFFS: &[&[&str]] = &[
    &["HCHC", "HCHP"],
    &["EJPHN", "EJPHPM"],
    &["BBRHCJB", "BBRHPJB", "BBRHCJW", "BBRHPJW", "BBRHCJR", "BBRHPJR"],
];

/// Measures the fields of a report that are numbers.
pub(crate) fn measure(numbers: &[(&'static str, Spanned<f64>)], told: &mut Told) {
    for (name, number) in numbers {
        if let Some(measurement) = measurement(name, *number) {
            told.measure(measurement);
        }
    }
    for tariff in TARIFFS {
        let of_tariff = |name: &&str| {
            numbers.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
        };
        let indexes: Option<Vec<_>> = tariff.iter().map(of_tariff).collect();
        let sum = indexes.and_then(|indexes| {
            indexes.into_iter().reduce(|sum, index| sum.zip(index).map(|(sum, index)| sum + index))
        });
        if let Some(sum) = sum {
            let energy = sum.map(|watt_hours| watt_hours / 1e3);
            told.measure(quantity::ELECTRICITY_ENERGY_ACTIVE.of(energy));
        }
    }
}

fn measurement(name: &str, number: Spanned<f64>) -> Option<Measurement> {
    let energy = |quantity: &Quantity<f64>| quantity.of(number.map(|watt_hours| watt_hours / 1e3));
    Some(match name {
        "BASE" | "EAST" => energy(&quantity::ELECTRICITY_ENERGY_ACTIVE),
        "EAIT" => energy(&quantity::ELECTRICITY_ENERGY_ACTIVE_EXPORTED),
        "PAPP" | "SINSTS" => quantity::ELECTRICITY_POWER_APPARENT.of(number),
        "SINSTS1" => quantity::ELECTRICITY_POWER_APPARENT.of(number).on(1),
        "SINSTS2" => quantity::ELECTRICITY_POWER_APPARENT.of(number).on(2),
        "SINSTS3" => quantity::ELECTRICITY_POWER_APPARENT.of(number).on(3),
        "IINST" => quantity::ELECTRICITY_CURRENT.of(number),
        "IINST1" | "IRMS1" => quantity::ELECTRICITY_CURRENT.of(number).on(1),
        "IINST2" | "IRMS2" => quantity::ELECTRICITY_CURRENT.of(number).on(2),
        "IINST3" | "IRMS3" => quantity::ELECTRICITY_CURRENT.of(number).on(3),
        "URMS1" => quantity::ELECTRICITY_VOLTAGE.of(number).on(1),
        "URMS2" => quantity::ELECTRICITY_VOLTAGE.of(number).on(2),
        "URMS3" => quantity::ELECTRICITY_VOLTAGE.of(number).on(3),
        // The meter tells this current only while it is above the contract's.
        "ADPS" => quantity::ALARM_CONSUMPTION.of(number.map(|amperes| amperes > 0.0)),
        _ => return None,
    })
}
