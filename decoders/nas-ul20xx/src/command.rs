//! The instructions of a controller: an object with one key, the name of the instruction.

use champollion_sdk::{Json, Map, prelude::*, quoted};

use crate::{
    ports::{PORT_COMMAND, PORT_CONFIG, PORT_REQUEST, PORT_UPDATE},
    rows::Row,
    table::Output,
};

/// Longest command in bytes: a LoRaWAN payload at the fastest data rate.
const LONGEST_PAYLOAD: usize = 242;

/// The first byte of configurations in one downlink (firmware 1.1.x), its name, and that of their list.
const CHAIN: u8 = 0xFE;
const CHAIN_NAME: &str = "chainedConfig";
const PAYLOADS: &str = "payloads";

/// Reads an instruction from its first byte, as operators write it.
pub(crate) fn read(f_port: u8, payload: &mut Reader<'_>) -> Result<Json, Failure> {
    match (f_port, payload.peek()) {
        (PORT_CONFIG, Some(CHAIN)) => {
            payload.skip(1)?;
            let payloads = read_chained(payload)?;
            Ok(object(CHAIN_NAME, object(PAYLOADS, Json::Array(payloads))))
        }
        (PORT_REQUEST | PORT_CONFIG | PORT_UPDATE | PORT_COMMAND, _) => read_one(f_port, payload),
        _ => Err(Failure::unknown_port(f_port)),
    }
}

/// Reads the configurations of a chain; there must be one at least.
fn read_chained(payload: &mut Reader<'_>) -> Result<Vec<Json>, Failure> {
    let mut payloads = vec![read_one(PORT_CONFIG, payload)?];
    while !payload.is_empty() {
        payloads.push(read_one(PORT_CONFIG, payload)?);
    }
    Ok(payloads)
}

fn read_one(f_port: u8, payload: &mut Reader<'_>) -> Result<Json, Failure> {
    let row = Row::next(f_port, payload)?;
    Ok(object(row.name, row.read(payload)?.into()))
}

fn object(name: &str, value: Json) -> Json {
    Map::from_iter([(name.to_owned(), value)]).into()
}

/// Writes a command as the device expects it.
pub(crate) fn encode(command: &Command) -> Result<Downlink, Failure> {
    let members = command.members().map_err(|_| no_name())?;
    let mut output = Output { bytes: Vec::new(), issued_at: command.issued_at };
    let (f_port, warning) = write(members.into(), &mut output)?;
    let length = output.bytes.len();
    if length > LONGEST_PAYLOAD {
        return Err(Failure::invalid_command(format!(
            "the command takes {length} bytes, and a downlink holds {LONGEST_PAYLOAD} at most"
        )));
    }
    let downlink = Downlink::new(f_port, output.bytes);
    Ok(match warning {
        Some(warning) => downlink.warn(warning),
        None => downlink,
    })
}

/// Writes the bytes of an instruction and returns its port, and what its sender should know.
fn write(command: Json, output: &mut Output) -> Result<(u8, Option<&'static str>), Failure> {
    let Json::Object(members) = command else { return Err(no_name()) };
    let mut members = members.into_iter();
    let (Some((name, body)), None) = (members.next(), members.next()) else {
        return Err(no_name());
    };
    if name == CHAIN_NAME {
        return write_chain(body, output).map(|()| (PORT_CONFIG, None));
    }
    let row = Row::named(&name).ok_or_else(|| no_such(&name))?;
    let Json::Object(body) = body else {
        return Err(Failure::invalid_command(format!("{name} must be an object")));
    };
    row.write(body, output).map(|()| (row.port, row.warning()))
}

fn write_chain(body: Json, output: &mut Output) -> Result<(), Failure> {
    let payloads = match body {
        Json::Object(mut body) => body.remove(PAYLOADS).filter(|_| body.is_empty()),
        _ => None,
    };
    let Some(Json::Array(payloads)) = payloads else { return Err(no_list()) };
    if payloads.is_empty() {
        return Err(no_list());
    }
    let (start, count) = (output.bytes.len(), payloads.len());
    output.bytes.push(CHAIN);
    for payload in payloads {
        let is_chain = payload.get(CHAIN_NAME).is_some();
        if is_chain || write(payload, output)?.0 != PORT_CONFIG {
            let message = "a chain holds configurations, and no other chain";
            return Err(Failure::invalid_command(message));
        }
    }
    // What has no length of its own takes what follows for its own.
    let read = read_chained(&mut Reader::new(&output.bytes[start + 1..]));
    if read.is_ok_and(|read| read.len() == count) {
        return Ok(());
    }
    Err(Failure::invalid_command(
        "a configuration with a list up to its end must be the last of a chain",
    ))
}

#[cold]
#[inline(never)]
fn no_list() -> Failure {
    Failure::invalid_command(format!("{CHAIN_NAME} holds {PAYLOADS} alone, a list of commands"))
}

/// The failure of what is no object with one key.
#[cold]
#[inline(never)]
fn no_name() -> Failure {
    Failure::invalid_command(
        "a command is an object with one key, its name, such as {\"manualDimming\": \
         {\"destination\": [{\"address\": \"dali_broadcast\", \"dimmingLevel\": 50}]}}",
    )
}

/// The failure of a name that no instruction has.
#[cold]
#[inline(never)]
fn no_such(name: &str) -> Failure {
    let known: Vec<_> = Row::all().map(|row| row.name).collect();
    let (name, known) = (quoted(name), known.join(", "));
    Failure::invalid_command(format!("{name} is no command; they are {known}, {CHAIN_NAME}"))
}
