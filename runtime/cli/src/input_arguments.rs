//! An input of a decoder in the arguments of a command.

use champollion_sdk::vectors::{
    CommandInput, DownlinkInput, Hex, Input, ReadingInput, Setting, UplinkInput,
};
use clap::Args;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Failure, own_json::read_own_json, settings};

/// An input of a decoder, as arguments give it.
#[derive(Args)]
pub(super) struct InputArguments {
    /// FPort that the payload came over
    #[arg(long, visible_alias = "port", value_name = "PORT")]
    pub(super) fport: Option<u8>,
    /// The payload as hexadecimal digits, decrypted
    #[arg(long, value_name = "DIGITS")]
    pub(super) hex: Option<Hex>,
    /// Encode this command, a JSON object, instead of decoding an uplink
    #[arg(long, value_name = "JSON", conflicts_with_all = ["fport", "hex", "downlink"])]
    pub(super) command: Option<String>,
    /// Reading of a derived decoder, a JSON object as vectors have it: {"measurements": […]}
    #[arg(long, value_name = "JSON", conflicts_with_all = ["fport", "hex", "command", "downlink"])]
    reading: Option<String>,
    /// Read the payload as one that was sent to the device
    #[arg(long)]
    downlink: bool,
    /// Frame counter of the uplink
    #[arg(long, value_name = "N", default_value_t = 0)]
    fcnt: u32,
    /// Moment at which the frame was received or sent, as in 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<Timestamp>,
    /// A setting of the device that the decoder reads; may stand several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::variable)]
    pub(super) variable: Vec<(String, Setting)>,
    /// State that the decoder returned for the previous frame, as hexadecimal digits
    #[arg(long, value_name = "DIGITS", default_value = "")]
    state: Hex,
}

/// The report that `--json` prints.
impl InputArguments {
    /// The input for a call, at the moment that is given or at another one.
    pub(super) fn input(&self, otherwise: Timestamp) -> Result<Input, Failure> {
        let at = self.at.unwrap_or(otherwise);
        let variables = self.variables();
        if let Some(command) = &self.command {
            let data = read_own_json(command).map_err(Failure::of("the command is no JSON"))?;
            return Ok(Input::Command(CommandInput { data, issued_at: at, variables }));
        }
        if let Some(reading) = &self.reading {
            const TASK: &str = "the reading cannot be read";
            let json: Json = read_own_json(reading).map_err(Failure::of(TASK))?;
            let is_timed = json.get("receivedAt").is_some();
            let mut reading = ReadingInput::deserialize(json).map_err(Failure::of(TASK))?;
            reading.variables.extend(variables);
            if !is_timed {
                reading.received_at = at;
            }
            return Ok(Input::Reading(reading));
        }
        let (Some(f_port), Some(payload)) = (self.fport, self.hex.clone()) else {
            let reason = "--fport and --hex give a payload, --command gives a command, and --reading the reading of a \
                          derived decoder";
            return Err(Failure::new("there is nothing to decode", reason));
        };
        if self.downlink {
            return Ok(Input::Downlink(DownlinkInput { f_port, payload, sent_at: at, variables }));
        }
        Ok(Input::Uplink(UplinkInput {
            f_port,
            payload,
            f_cnt: self.fcnt,
            received_at: at,
            variables,
            state: self.state.clone(),
        }))
    }

    /// The input for a vector, which is the same whenever it is run.
    pub(super) fn recorded(&self) -> Result<Input, Failure> {
        self.input(Timestamp::UNIX_EPOCH)
    }

    pub(super) fn variables(&self) -> IndexMap<String, Setting> {
        self.variable.iter().cloned().collect()
    }
}
