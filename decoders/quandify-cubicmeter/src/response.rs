//! The answer to a command: whether it was taken, and the report that goes with it.

use champollion_sdk::prelude::*;
use serde::Serialize;

use crate::{command, status::Status};

/// An answer, with the report that it carries.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'report> {
    /// The port of the command that is answered.
    answers: u8,
    status: &'static str,
    #[serde(flatten)]
    report: Option<&'report Report>,
}

#[derive(Serialize)]
enum Report {
    #[serde(rename = "statusReport")]
    Status(Status),
    #[serde(rename = "hardwareReport")]
    Hardware(Hardware),
    #[serde(rename = "settingsReport")]
    Settings(Settings),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hardware {
    firmware_version: String,
    hardware_version: u8,
    app_state: String,
    pipe: u8,
    pipe_type: &'static str,
    flow_direction: i8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    report_interval: u32,
    acknowledge: bool,
    heat_threshold: f64,
}

pub(crate) fn decode(payload: &mut Reader<'_>) -> Result<Reading, Failure> {
    let answers = *payload.u8()?;
    let code = payload.u8()?;
    let status = match *code {
        0 => "ok",
        1 => "commandError",
        2 => "payloadError",
        3 => "valueError",
        other => {
            let message = format!("an answer has no status {other}");
            return Err(Failure::invalid_value(message).at(code.span));
        }
    };
    let kind = payload.u8()?;
    let report = match *kind {
        0 => None,
        1 => Some(Report::Status(Status::read(payload)?)),
        2 => Some(Report::Hardware(Hardware::read(payload)?)),
        4 => Some(Report::Settings(Settings::read(payload)?)),
        other => {
            let message = format!("an answer has no report {other}");
            return Err(Failure::unknown_message(message).at(kind.span));
        }
    };
    payload.end()?;
    let reading = Reading::new(&Response { answers, status, report: report.as_ref() })?;
    Ok(match &report {
        Some(Report::Status(status)) => status.tell(reading),
        _ => reading,
    })
}

impl Hardware {
    /// Reads a hardware report, of which the maker describes these values alone.
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let patch = *payload.u16_le()?;
        let [minor, major] = payload.array()?.value;
        let hardware_version = *payload.u8()?;
        let app_state = match *payload.u8()? {
            4 => "pipeSelection".to_owned(),
            5 => "metering".to_owned(),
            other => other.to_string(),
        };
        payload.skip(22)?;
        let pipe = *payload.u8()?;
        let flow_direction = *payload.i8()?;
        payload.skip(5)?;
        Ok(Self {
            firmware_version: format!("{major}.{minor}.{patch}"),
            hardware_version,
            app_state,
            pipe,
            pipe_type: command::pipe_type(pipe),
            flow_direction,
        })
    }
}

impl Settings {
    /// Reads a settings report, of which the maker describes these values alone.
    fn read(payload: &mut Reader<'_>) -> Result<Self, Failure> {
        payload.skip(5)?;
        let report_interval = *payload.u32_le()?;
        let acknowledge = *payload.u8()? != 0;
        payload.skip(1)?;
        let heat_threshold = *payload.u16_le()?.divided_by(256.0);
        payload.skip(25)?;
        Ok(Self { report_interval, acknowledge, heat_threshold })
    }
}
