//! The instructions of a controller, and the ports that they are sent to.

use champollion_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    body::Body,
    calendar::{CalendarConfig, CalendarConfigV10},
    config::{
        BootDelayConfig, DaliMonitorConfig, FadeConfig, FallbackDimConfig, MeteringAlertConfig,
        OnboardLedConfig, StatusConfig, TimeConfig, UsageConfig,
    },
    dimming::{
        AddressDaliDriver, DaliStatusRequest, ManualDimming, ManualTimedDimming,
        OpenDrainOutputControl, StatusUsageRequest,
    },
    holiday::{HolidayConfig, HolidayConfigV10},
    profile::{ProfileConfig, ProfileConfigV10},
    request::{ClearConfig, ConfigRequest},
};

/// Asks for a configuration.
pub(crate) const PORT_REQUEST: u8 = 49;
/// Sets a configuration; the device sends it back when it has applied it.
pub(crate) const PORT_CONFIG: u8 = 50;
/// The port of the instruction that restarts the controller.
pub(crate) const PORT_UPDATE: u8 = 51;
/// Gives a command; the device answers.
pub(crate) const PORT_COMMAND: u8 = 60;

/// Longest command in bytes: a LoRaWAN payload at the fastest data rate.
const LONGEST_PAYLOAD: usize = 242;

/// A body without content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl Body for Nothing {
    fn read(_: &mut Reader<'_>) -> Result<Self, Failure> {
        Ok(Self {})
    }

    fn write(&self, _: u64, _: &mut Vec<u8>) -> Result<(), Failure> {
        Ok(())
    }
}

macro_rules! instructions {
    ($($name:ident($body:ty) on $port:ident as $header:literal;)*) => {
        /// A command as operators write it: an object with one key.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(crate) enum Instruction {
            /// The one whose first byte is part of what it says.
            ConfigRequest(ConfigRequest),
            $($name($body),)*
        }

        impl Instruction {
            /// Reads an instruction from its first byte.
            pub(crate) fn read(f_port: u8, payload: &mut Reader<'_>) -> Result<Self, Failure> {
                match f_port {
                    PORT_REQUEST => return Body::read(payload).map(Self::ConfigRequest),
                    PORT_CONFIG | PORT_UPDATE | PORT_COMMAND => {}
                    _ => return Err(Failure::unknown_port(f_port)),
                }
                let header = payload.u8()?;
                match (f_port, header.value) {
                    $(($port, $header) => Body::read(payload).map(Self::$name),)*
                    (_, other) => {
                        let message =
                            format!("no instruction on FPort {f_port} that begins with {other:#04X} is known");
                        Err(Failure::unknown_message(message).at(header.span))
                    }
                }
            }

            /// The port, the first byte if it is not the body's, and the body.
            fn parts(&self) -> (u8, Option<u8>, &dyn Body) {
                match self {
                    Self::ConfigRequest(body) => (PORT_REQUEST, None, body),
                    $(Self::$name(body) => ($port, Some($header), body),)*
                }
            }
        }
    };
}

// Ends with V10 what firmware 1.0.x alone understands, where 1.1.x has another of the same name.
instructions! {
    StatusConfig(StatusConfig) on PORT_CONFIG as 0x07;
    TimeConfig(TimeConfig) on PORT_CONFIG as 0x09;
    UsageConfig(UsageConfig) on PORT_CONFIG as 0x0B;
    BootDelayConfig(BootDelayConfig) on PORT_CONFIG as 0x0D;
    OnboardLedConfig(OnboardLedConfig) on PORT_CONFIG as 0x15;
    MeteringAlertConfig(MeteringAlertConfig) on PORT_CONFIG as 0x16;
    CalendarConfigV10(CalendarConfigV10) on PORT_CONFIG as 0x06;
    ProfileConfigV10(ProfileConfigV10) on PORT_CONFIG as 0x08;
    HolidayConfigV10(HolidayConfigV10) on PORT_CONFIG as 0x0C;
    CalendarConfig(CalendarConfig) on PORT_CONFIG as 0x20;
    ProfileConfig(ProfileConfig) on PORT_CONFIG as 0x21;
    FadeConfig(FadeConfig) on PORT_CONFIG as 0x22;
    HolidayConfig(HolidayConfig) on PORT_CONFIG as 0x23;
    DaliMonitorConfig(DaliMonitorConfig) on PORT_CONFIG as 0x24;
    FallbackDimConfig(FallbackDimConfig) on PORT_CONFIG as 0x25;
    ClearConfig(ClearConfig) on PORT_CONFIG as 0xFF;
    RestartController(Nothing) on PORT_UPDATE as 0xFE;
    ActivateDfu(Nothing) on PORT_UPDATE as 0xFF;
    DaliStatusRequest(DaliStatusRequest) on PORT_COMMAND as 0x00;
    ManualDimming(ManualDimming) on PORT_COMMAND as 0x01;
    StatusUsageRequest(StatusUsageRequest) on PORT_COMMAND as 0x05;
    ManualTimedDimming(ManualTimedDimming) on PORT_COMMAND as 0x09;
    AddressDaliDriver(AddressDaliDriver) on PORT_COMMAND as 0x0A;
    DaliIdentify(Nothing) on PORT_COMMAND as 0x0B;
    OpenDrainOutputControl(OpenDrainOutputControl) on PORT_COMMAND as 0x0C;
}

impl Instruction {
    /// Reads an instruction as operators write it.
    pub(crate) fn parse(command: &Command) -> Result<Self, Failure> {
        let instruction = command.parse();
        // Of an object without a key, or with two, the parser says no more than that it expected
        // something else.
        if instruction.is_err() && !command.names().is_ok_and(|names| names.len() == 1) {
            return Err(Failure::invalid_command(
                "a command is an object with one key, its name, such as {\"manualDimming\": \
                 {\"destination\": [{\"address\": \"dali_broadcast\", \"dimmingLevel\": 50}]}}",
            ));
        }
        instruction
    }

    /// Writes the instruction as the device expects it.
    pub(crate) fn write(&self, issued_at: u64) -> Result<Downlink, Failure> {
        let (f_port, header, body) = self.parts();
        let mut payload = Vec::from_iter(header);
        body.write(issued_at, &mut payload)?;
        if payload.len() > LONGEST_PAYLOAD {
            return Err(Failure::invalid_command(format!(
                "the command takes {} bytes, and a downlink holds {LONGEST_PAYLOAD} at most",
                payload.len()
            )));
        }
        let downlink = Downlink::new(f_port, payload);
        if matches!(self, Self::ActivateDfu(_)) {
            return Ok(downlink.warn("the controller stays in its bootloader for two minutes"));
        }
        Ok(downlink)
    }
}
