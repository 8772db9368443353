//! The instructions of a controller.

use champollion_sdk::{Json, Map, prelude::*};
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    body::Body,
    calendar::{CalendarConfig, CalendarConfigV10},
    config::{BootDelayConfig, MeteringAlertConfig, TimeConfig, UsageConfig},
    dimming::{
        AddressDaliDriver, DaliStatusRequest, ManualDimming, ManualTimedDimming, StatusUsageRequest,
    },
    holiday::{HolidayConfig, HolidayConfigV10},
    ports::{PORT_COMMAND, PORT_CONFIG, PORT_REQUEST, PORT_UPDATE},
    profile::{ProfileConfig, ProfileConfigV10},
    request::{ClearConfig, ConfigRequest},
    rows::Row,
};

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
        /// An instruction that has a type of its own, as operators write it: an object with one key.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub(crate) enum Typed {
            /// The one whose first byte is part of what it says.
            ConfigRequest(ConfigRequest),
            $($name($body),)*
        }

        impl Typed {
            /// Reads an instruction from its first byte.
            fn read(f_port: u8, payload: &mut Reader<'_>) -> Result<Self, Failure> {
                if f_port == PORT_REQUEST {
                    return Body::read(payload).map(Self::ConfigRequest);
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
    TimeConfig(TimeConfig) on PORT_CONFIG as 0x09;
    UsageConfig(UsageConfig) on PORT_CONFIG as 0x0B;
    BootDelayConfig(BootDelayConfig) on PORT_CONFIG as 0x0D;
    MeteringAlertConfig(MeteringAlertConfig) on PORT_CONFIG as 0x16;
    CalendarConfigV10(CalendarConfigV10) on PORT_CONFIG as 0x06;
    ProfileConfigV10(ProfileConfigV10) on PORT_CONFIG as 0x08;
    HolidayConfigV10(HolidayConfigV10) on PORT_CONFIG as 0x0C;
    CalendarConfig(CalendarConfig) on PORT_CONFIG as 0x20;
    ProfileConfig(ProfileConfig) on PORT_CONFIG as 0x21;
    HolidayConfig(HolidayConfig) on PORT_CONFIG as 0x23;
    ClearConfig(ClearConfig) on PORT_CONFIG as 0xFF;
    RestartController(Nothing) on PORT_UPDATE as 0xFE;
    ActivateDfu(Nothing) on PORT_UPDATE as 0xFF;
    DaliStatusRequest(DaliStatusRequest) on PORT_COMMAND as 0x00;
    ManualDimming(ManualDimming) on PORT_COMMAND as 0x01;
    StatusUsageRequest(StatusUsageRequest) on PORT_COMMAND as 0x05;
    ManualTimedDimming(ManualTimedDimming) on PORT_COMMAND as 0x09;
    AddressDaliDriver(AddressDaliDriver) on PORT_COMMAND as 0x0A;
    DaliIdentify(Nothing) on PORT_COMMAND as 0x0B;
}

/// The first byte of configurations in one downlink, and its name.
const CHAIN: u8 = 0xFE;
const CHAIN_NAME: &str = "chainedConfig";

/// A command as operators write it: an object with one key.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// One with a type of its own.
    Typed(Typed),
    /// One that is a row of the table, and its values.
    Row(&'static Row, Map<String, Json>),
    /// Configurations one after another (firmware 1.1.x).
    Chained(Vec<Instruction>),
}

#[derive(Serialize)]
struct Chain<'instructions> {
    payloads: &'instructions [Instruction],
}

impl Serialize for Instruction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Typed(typed) => typed.serialize(serializer),
            Self::Row(row, body) => serializer.collect_map([(row.name, body)]),
            Self::Chained(payloads) => serializer.collect_map([(CHAIN_NAME, Chain { payloads })]),
        }
    }
}

impl Instruction {
    /// Reads an instruction from its first byte.
    pub(crate) fn read(f_port: u8, payload: &mut Reader<'_>) -> Result<Self, Failure> {
        match (f_port, payload.peek()) {
            (PORT_CONFIG, Some(CHAIN)) => {
                payload.skip(1)?;
                let mut payloads = vec![Self::read_one(f_port, payload)?];
                while !payload.is_empty() {
                    payloads.push(Self::read_one(f_port, payload)?);
                }
                Ok(Self::Chained(payloads))
            }
            (PORT_REQUEST | PORT_CONFIG | PORT_UPDATE | PORT_COMMAND, _) => {
                Self::read_one(f_port, payload)
            }
            _ => Err(Failure::unknown_port(f_port)),
        }
    }

    fn read_one(f_port: u8, payload: &mut Reader<'_>) -> Result<Self, Failure> {
        let row = payload.peek().and_then(|header| Row::of(f_port, header));
        let Some(row) = row else { return Typed::read(f_port, payload).map(Self::Typed) };
        payload.skip(1)?;
        Ok(Self::Row(row, row.read(payload)?))
    }

    /// Reads an instruction as operators write it.
    pub(crate) fn parse(command: &Command) -> Result<Self, Failure> {
        let members = command.members().map_err(|_| no_name())?;
        Self::of(&Json::Object(members))
    }

    fn of(command: &Json) -> Result<Self, Failure> {
        let members = command.as_object().filter(|members| members.len() == 1);
        let member = members.and_then(|members| members.iter().next());
        let (name, body) = member.ok_or_else(no_name)?;
        if name == CHAIN_NAME {
            let payloads = body.get("payloads").and_then(Json::as_array);
            let payloads = payloads.filter(|payloads| !payloads.is_empty()).ok_or_else(|| {
                Failure::invalid_command(format!(
                    "{CHAIN_NAME}.payloads must be a list of commands"
                ))
            })?;
            return payloads.iter().map(Self::of).collect::<Result<_, _>>().map(Self::Chained);
        }
        if let Some(row) = Row::named(name) {
            let body = body
                .as_object()
                .ok_or_else(|| Failure::invalid_command(format!("{name} must be an object")))?;
            return Ok(Self::Row(row, body.clone()));
        }
        let typed = Typed::deserialize(command);
        typed.map(Self::Typed).map_err(|mismatch| Failure::invalid_command(mismatch.to_string()))
    }

    /// Writes the instruction as the device expects it.
    pub(crate) fn write(&self, issued_at: u64) -> Result<Downlink, Failure> {
        let mut payload = Vec::new();
        let f_port = self.write_to(issued_at, &mut payload)?;
        if payload.len() > LONGEST_PAYLOAD {
            return Err(Failure::invalid_command(format!(
                "the command takes {} bytes, and a downlink holds {LONGEST_PAYLOAD} at most",
                payload.len()
            )));
        }
        let downlink = Downlink::new(f_port, payload);
        if matches!(self, Self::Typed(Typed::ActivateDfu(_))) {
            return Ok(downlink.warn("the controller stays in its bootloader for two minutes"));
        }
        Ok(downlink)
    }

    /// Writes the bytes of the instruction and returns its port.
    fn write_to(&self, issued_at: u64, bytes: &mut Vec<u8>) -> Result<u8, Failure> {
        match self {
            Self::Typed(typed) => {
                let (f_port, header, body) = typed.parts();
                bytes.extend(header);
                body.write(issued_at, bytes)?;
                Ok(f_port)
            }
            Self::Row(row, body) => row.write(body, bytes).map(|()| row.port),
            Self::Chained(payloads) => write_chain(payloads, issued_at, bytes),
        }
    }
}

/// The failure of what is no object with one key.
#[cold]
fn no_name() -> Failure {
    Failure::invalid_command(
        "a command is an object with one key, its name, such as {\"manualDimming\": \
         {\"destination\": [{\"address\": \"dali_broadcast\", \"dimmingLevel\": 50}]}}",
    )
}

fn write_chain(
    payloads: &[Instruction],
    issued_at: u64,
    bytes: &mut Vec<u8>,
) -> Result<u8, Failure> {
    bytes.push(CHAIN);
    for payload in payloads {
        let is_chain = matches!(payload, Instruction::Chained(_));
        if is_chain || payload.write_to(issued_at, bytes)? != PORT_CONFIG {
            let message = "a chain holds configurations, and no other chain";
            return Err(Failure::invalid_command(message));
        }
    }
    // What has no length of its own takes what follows for its own.
    let read = Instruction::read(PORT_CONFIG, &mut Reader::new(bytes));
    match read {
        Ok(Instruction::Chained(read)) if read.len() == payloads.len() => Ok(PORT_CONFIG),
        _ => Err(Failure::invalid_command(
            "a configuration with a list up to its end must be the last of a chain",
        )),
    }
}
