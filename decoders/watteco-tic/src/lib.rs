//! Decoder of the Watteco TICs'O, which sends what a French electricity meter says on its customer's interface (TIC).
//!
//! A descriptor before the fields of the meter tells which of them a report has: by their numbers, or by a bit for each.
//! A field's number stands for another field on each kind of meter, which the cluster names:
//!
//! | Cluster | Meter                                     | Fields in      |
//! |---------|-------------------------------------------|----------------|
//! | 0x0053  | ICE                                       | `ice.rs`       |
//! | 0x0054  | CBE, and Linky in its historic mode       | `historic.rs`  |
//! | 0x0056  | Linky in its standard mode                | `standard.rs`  |
//! | 0x0057  | PME-PMI                                   | `pmepmi.rs`    |
//!
//! `descriptor.rs` reads the descriptor, `field.rs` the fields, and `measurements.rs` measures those that have a place in
//! the vocabulary. `README.md` tells the sources, and where they contradict each other.

mod descriptor;
mod field;
mod historic;
mod ice;
mod measurements;
mod pmepmi;
mod standard;

use champollion_sdk::{
    families::watteco::{self, Frame, Map, Report, Told, configuration, read_device},
    prelude::*,
};

use crate::field::Field;

/// Decoder of the TICs'O.
#[derive(Debug)]
pub struct Tic;

impl Decoder for Tic {
    fn decode_uplink(uplink: &Uplink) -> Result<Reading, Failure> {
        if uplink.f_port != watteco::PORT {
            return Err(Failure::unknown_port(uplink.f_port));
        }
        let mut payload = uplink.reader();
        match watteco::read(&mut payload)? {
            Frame::Report(report) => report_of(report),
            Frame::Batch => Err(Failure::unknown_message("the TICs'O sends no batches")),
            Frame::Configured(configured) => {
                payload.end()?;
                configuration(configured, None)
            }
            Frame::Configuration(configured, reporting) => {
                configuration(configured, Some(reporting))
            }
        }
    }

    fn encode_downlink(command: &Command) -> Result<Downlink, Failure> {
        watteco::encode_downlink(command)
    }

    fn decode_downlink(downlink: &SentDownlink) -> Result<Reading, Failure> {
        watteco::decode_downlink(downlink)
    }
}

champollion_sdk::export!(Tic);

/// A kind of meter, with its fields by their numbers.
struct Meter {
    name: &'static str,
    fields: &'static [Field],
}

fn meter(cluster: u16, attribute: u16) -> Option<Meter> {
    // The upper byte of the attribute tells one of several sets of conditions apart.
    let (name, fields) = match (cluster, attribute & 0x00FF) {
        (0x0053, 0x00) => ("ICE Generale", ice::GENERAL),
        (0x0053, 0x01) => ("ICE Periode P", ice::PERIOD),
        (0x0053, 0x02) => ("ICE Periode P moins 1", ice::PERIOD_BEFORE),
        (0x0054, _) => ("CBE/Historique", historic::FIELDS),
        (0x0056, _) => ("Standard", standard::FIELDS),
        (0x0057, _) => ("PMEPMI", pmepmi::FIELDS),
        _ => return None,
    };
    Some(Meter { name, fields })
}

fn report_of(mut report: Report<'_>) -> Result<Reading, Failure> {
    let mut told = Told::of(&report);
    if let Some(meter) = meter(report.cluster, report.attribute) {
        read_meter(&meter, &mut report, &mut told)?;
    } else if read_device(&mut report, &mut told)?.is_none() {
        // Its type tells how long it is, though nobody knows it.
        told.say_bytes("bytes", report.value.rest().value);
    }
    report.value.end()?;
    let causes = report.causes.rest();
    if !causes.is_empty() {
        told.say_bytes("causes", causes.value);
    }
    if report.is_alarm {
        told.say("alarm", true);
    }
    told.reading()
}

fn read_meter(meter: &Meter, report: &mut Report<'_>, told: &mut Told) -> Result<(), Failure> {
    told.say("frame", meter.name);
    let descriptor = descriptor::read(&mut report.value)?;
    if descriptor.is_obsolete {
        told.warn("the meter has not said this for some time");
    }
    let mut values = Map::new();
    let mut numbers = Vec::new();
    for index in descriptor.fields {
        let Some(field) = meter.fields.get(usize::from(index)) else {
            return Err(Failure::unknown_message(format!(
                "a meter of the kind {} has no field {index}",
                meter.name
            ))
            .at(descriptor.span));
        };
        let value = field.form.read(&mut report.value)?;
        if let Some(number) = value.as_ref().and_then(|value| value.number) {
            numbers.push((field.name, number));
        }
        if let Some(value) = value {
            values.insert(field.name.to_owned(), value.json);
        }
    }
    told.say("fields", values);
    measurements::measure(&numbers, told);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_vectors_hold() {
        champollion_sdk::testing::check_vectors::<super::Tic>(include_str!("../vectors.json"));
    }

    #[test]
    fn bad_input_is_told() {
        champollion_sdk::testing::BadInput::of(include_str!("../vectors.json"))
            .sibling("watteco/zcl", include_str!("../../watteco-zcl/vectors.json"), 84)
            .check::<super::Tic>();
    }
}
