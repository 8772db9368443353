//! Examples of what goes over the ports of a decoder, out of the vectors of its package.

use std::collections::BTreeMap;

use champollion_sdk::vectors::{Hex, Input, Setting, Vector};
use indexmap::IndexMap;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;
use serde_json::Value as Json;

use crate::{
    error::RegistryError,
    package::{DecoderId, Direction, Port},
    registry::Registry,
};

/// Most bytes of the JSON of an example. A telegram with its history has 3 KB, and an entry of the catalogue one
/// example for each port.
const BYTES: usize = 16 << 10;

/// An example of what goes over a port: a payload and its reading, or a command and its payload.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CatalogueExample)]
pub struct Example {
    /// The port of the frame.
    pub port: u8,
    /// Up from the device or down to it.
    pub direction: Direction,
    /// The name of the vector that it is.
    pub name: String,
    /// The payload of the frame.
    #[schema(value_type = String)]
    pub payload: Hex,
    /// The moment of the frame, where its reading depends on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// The command that the payload was made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub command: Option<Json>,
    /// The variables that the device must have for it.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    #[schema(value_type = BTreeMap<String, Setting>)]
    pub variables: IndexMap<String, Setting>,
    /// The decoder's answer to the payload.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub reading: Option<Json>,
}

impl Registry {
    /// An example for each port that the manifest of a version declares and its vectors have one for: the first that is
    /// not too large, with commands before downlinks that are read back. Reads the package.
    pub async fn examples(
        &self,
        id: &DecoderId,
        version: &Version,
    ) -> Result<Vec<Example>, RegistryError> {
        let package = self.package(id, version).await?;
        Ok(examples(package.vectors(), &package.manifest().ports))
    }
}

fn examples(vectors: &[Vector], ports: &[Port]) -> Vec<Example> {
    // Frames on other ports are of devices whose owners have changed them.
    let is_declared = |example: &Example| {
        ports.iter().any(|port| (port.port, port.direction) == (example.port, example.direction))
    };
    let is_read_back = |vector: &&Vector| matches!(vector.input, Input::Downlink(_));
    let (read_back, others): (Vec<&Vector>, Vec<&Vector>) = vectors.iter().partition(is_read_back);
    let mut by_port = BTreeMap::new();
    for example in others.into_iter().chain(read_back).filter_map(example).filter(is_declared) {
        let is_down = example.direction == Direction::Down;
        if serde_json::to_vec(&example).is_ok_and(|json| json.len() <= BYTES) {
            by_port.entry((is_down, example.port)).or_insert(example);
        }
    }
    by_port.into_values().collect()
}

/// The example that a vector is. One that expects a failure is none, nor one that needs the state of the frame before.
fn example(vector: &Vector) -> Option<Example> {
    let name = vector.name.clone();
    let reading = || vector.expect.get("reading").cloned();
    Some(match &vector.input {
        Input::Uplink(uplink) if uplink.state.is_empty() => Example {
            port: uplink.f_port,
            direction: Direction::Up,
            name,
            payload: uplink.payload.clone(),
            // A vector that names no moment has that of the epoch.
            received_at: Some(uplink.received_at).filter(|at| *at != Timestamp::UNIX_EPOCH),
            command: None,
            variables: uplink.variables.clone(),
            reading: Some(reading()?),
        },
        // An example is a payload; that of a derived decoder is in its vectors.
        Input::Uplink(_) | Input::Reading(_) => return None,
        Input::Command(command) => {
            let downlink = vector.expect.get("downlink")?;
            Example {
                port: u8::try_from(downlink.get("fPort")?.as_u64()?).ok()?,
                direction: Direction::Down,
                name,
                payload: downlink.get("payload")?.as_str()?.parse().ok()?,
                received_at: None,
                command: Some(command.data.clone()),
                variables: command.variables.clone(),
                reading: None,
            }
        }
        Input::Downlink(downlink) => Example {
            port: downlink.f_port,
            direction: Direction::Down,
            name,
            payload: downlink.payload.clone(),
            received_at: None,
            command: None,
            variables: downlink.variables.clone(),
            reading: Some(reading()?),
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vectors(json: Json) -> Vec<Vector> {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn each_port_has_the_first_example_that_is_read() {
        let large = "x".repeat(BYTES);
        let ports = [(2, Direction::Up), (3, Direction::Down)];
        let ports = ports.map(|(port, direction)| Port { port, direction, meaning: String::new() });
        let vectors = vectors(json!([
            { "name": "elsewhere", "uplink": { "fPort": 1, "payload": "03" }, "expect": { "reading": { "data": { "t": 20 } } } },
            { "name": "short", "uplink": { "fPort": 2, "payload": "" }, "expect": { "failure": { "kind": "too-short" } } },
            { "name": "second", "uplink": { "fPort": 2, "payload": "01", "state": "00" }, "expect": { "reading": { "data": {} } } },
            { "name": "long", "uplink": { "fPort": 2, "payload": "02" }, "expect": { "reading": { "data": { "text": large } } } },
            { "name": "warm", "uplink": { "fPort": 2, "payload": "03" }, "expect": { "reading": { "data": { "t": 20 } } } },
            { "name": "cold", "uplink": { "fPort": 2, "payload": "04" }, "expect": { "reading": { "data": { "t": 2 } } } },
            { "name": "read back", "downlink": { "fPort": 3, "payload": "05" }, "expect": { "reading": { "data": { "on": true } } } },
            { "name": "on", "command": { "data": { "on": true } }, "expect": { "downlink": { "fPort": 3, "payload": "05" } } },
        ]));
        let all = examples(&vectors, &ports);
        assert_eq!(
            json!(all),
            json!([
                { "port": 2, "direction": "up", "name": "warm", "payload": "03", "reading": { "data": { "t": 20 } } },
                { "port": 3, "direction": "down", "name": "on", "payload": "05", "command": { "on": true } },
            ])
        );
    }
}
