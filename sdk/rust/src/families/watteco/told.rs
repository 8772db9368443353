//! A frame as it is told: under the maker's names, and as measurements.

use super::{Cause, Configured, Crossing, Json, Map, Report, Reporting};
use crate::{Failure, Measurement, Reading, hex_capitals};

/// The values that a frame has told so far.
#[derive(Debug)]
pub struct Told {
    data: Map<String, Json>,
    measurements: Vec<Measurement>,
    warnings: Vec<String>,
}

impl Told {
    /// Begins with the kind of the frame and the part of the device.
    #[must_use]
    pub fn new(report: &str, endpoint: u8) -> Self {
        let data = Map::from_iter([
            ("report".to_owned(), report.into()),
            ("endpoint".to_owned(), endpoint.into()),
        ]);
        Self { data, measurements: Vec::new(), warnings: Vec::new() }
    }

    /// Begins with a report, of which nothing is read yet.
    #[must_use]
    pub fn of(report: &Report<'_>) -> Self {
        let kind = match (report.is_answer, report.is_alarm) {
            (true, _) => "answer",
            (false, true) => "alarm",
            (false, false) => "standard",
        };
        let mut told = Self::new(kind, report.endpoint);
        told.say_attribute(report.cluster, report.attribute);
        told
    }

    /// Puts a value into `data`. Where its name is there already, the later one stays.
    pub fn say(&mut self, name: impl Into<String>, value: impl Into<Json>) {
        self.data.insert(name.into(), value.into());
    }

    /// Names an attribute by its numbers.
    pub fn say_attribute(&mut self, cluster: u16, attribute: u16) {
        self.say("cluster", format!("0x{cluster:04X}"));
        self.say("attribute", format!("0x{attribute:04X}"));
    }

    /// Puts bytes into `data`, as hexadecimal digits.
    pub fn say_bytes(&mut self, name: impl Into<String>, bytes: &[u8]) {
        self.say(name, hex_capitals(bytes));
    }

    /// Adds a measurement to the reading.
    pub fn measure(&mut self, measurement: Measurement) {
        self.measurements.push(measurement);
    }

    /// Adds a sentence that the reader should know.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// Puts the causes of a report into `data`, and whether an alarm is on.
    pub fn say_causes(&mut self, causes: &[Cause], is_alarm: bool) {
        if !causes.is_empty() {
            self.say("causes", causes.iter().map(cause).collect::<Vec<_>>());
        }
        if is_alarm {
            let is_on = causes.is_empty() || causes.iter().any(|cause| cause.alarm);
            self.say("alarm", is_on);
        }
    }

    /// The frame as a reading.
    pub fn reading(self) -> Result<Reading, Failure> {
        let reading = Reading::new(&self.data)?.with_all(self.measurements);
        Ok(reading.warn_all(self.warnings))
    }
}

/// The answer to a command or a question about the reports of an attribute.
pub fn configuration(
    configured: Configured,
    reporting: Option<Reporting<'_>>,
) -> Result<Reading, Failure> {
    let parameters = configured.parameters;
    let mut told = Told::new("configuration", configured.endpoint);
    told.say_attribute(configured.cluster, configured.attribute);
    told.say("status", configured.status);
    told.say("batch", *parameters.bit(0));
    told.say("confirmed", *parameters.bit(2));
    told.say("confirmedIfAlarm", *parameters.bit(3));
    let causes = match *parameters.bits(4, 2) {
        0 => "none",
        1 => "short",
        2 => "long",
        _ => "reserved",
    };
    told.say("causes", causes);
    if let Some(mut reporting) = reporting {
        told.say("type", reporting.kind);
        told.say("atLeast", reporting.at_least);
        told.say("atMost", reporting.at_most);
        told.say_bytes("change", reporting.change.rest().value);
    }
    told.reading()
}

fn cause(cause: &Cause) -> Json {
    let mut told = Map::from_iter([
        ("criterion".to_owned(), cause.criterion.into()),
        ("mode".to_owned(), cause.mode.into()),
        ("alarm".to_owned(), cause.alarm.into()),
    ]);
    let crossing = cause.crossing.map(|crossing| match crossing {
        Crossing::Exceeded => "exceeded",
        Crossing::Fallen => "fallen",
        Crossing::Both => "both",
    });
    let optional: [(&str, Option<Json>); 7] = [
        ("crossing", crossing.map(Json::from)),
        ("field", cause.field.map(Json::from)),
        ("value", cause.value.map(Json::from)),
        ("gap", cause.gap.map(Json::from)),
        ("occurrences", cause.occurrences.map(Json::from)),
        ("occurrencesUp", cause.occurrences_up.map(Json::from)),
        ("occurrencesDown", cause.occurrences_down.map(Json::from)),
    ];
    let known = optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    told.extend(known);
    told.into()
}
