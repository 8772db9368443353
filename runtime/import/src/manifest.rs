//! Writes the manifest of an imported codec.

use std::collections::BTreeSet;

use champollion_registry::package::{
    Command, DecoderId, Direction, Manifest, Port, ScriptDeclaration,
};
use champollion_sandbox::Dialect;
use champollion_sdk::vectors::{Input, Vector};
use semver::Version;

use super::{Codec, Example};

/// Most commands that are listed as examples of what can be sent.
const COMMANDS: usize = 50;

/// A text of the catalogue, or others in its place where it is empty: no package is published without.
fn said(text: &str, otherwise: impl FnOnce() -> String) -> String {
    if text.trim().is_empty() { otherwise() } else { text.to_owned() }
}

/// The manifest of a codec, of which all but the fields and the marks is known before it is tried.
pub(super) fn manifest(
    codec: &Codec,
    id: DecoderId,
    version: Version,
    licence: String,
    whole_input: bool,
) -> Manifest {
    let mut seen = BTreeSet::new();
    let sources = codec.sources.iter().filter(|source| !source.is_empty());
    Manifest {
        id,
        version,
        name: codec.name.clone(),
        description: said(&codec.description, || format!("Decodes what {} sends.", codec.name)),
        licence,
        maintainer: said(&codec.maintainer, || "unknown".to_owned()),
        funded_by: None,
        sources: sources.filter(|source| seen.insert((*source).clone())).cloned().collect(),
        devices: codec.devices.clone(),
        ports: ports(&codec.examples),
        fields: Vec::new(),
        variables: Vec::new(),
        commands: Vec::new(),
        script: Some(ScriptDeclaration {
            dialect: codec.calling.dialect,
            whole_input,
            untested: true,
            ..ScriptDeclaration::default()
        }),
        derived: None,
    }
}

/// The same with what trying it has shown, but for its fields.
pub(super) fn completed(
    manifest: &Manifest,
    dialect: Option<Dialect>,
    vectors: &[Vector],
    failing: Vec<String>,
) -> Manifest {
    let script = manifest.script.clone().unwrap_or_default();
    Manifest {
        ports: with_ports_of_downlinks(manifest.ports.clone(), vectors),
        commands: commands(vectors),
        script: Some(ScriptDeclaration {
            dialect,
            recognized: script.dialect.is_none() && dialect.is_some(),
            untested: vectors.is_empty() && failing.is_empty(),
            failing,
            ..script
        }),
        ..manifest.clone()
    }
}

/// The ports that the examples name.
fn ports(examples: &[Example]) -> Vec<Port> {
    let named = examples.iter().filter(|example| example.states_port);
    let ports: BTreeSet<(Way, u8)> = named
        .filter_map(|example| match &example.input {
            Input::Uplink(uplink) => Some((Way::Up, uplink.f_port)),
            Input::Downlink(downlink) => Some((Way::Down, downlink.f_port)),
            Input::Command(_) | Input::Reading(_) => None,
        })
        .collect();
    ports.into_iter().map(|(way, port)| way.port(port)).collect()
}

fn with_ports_of_downlinks(mut ports: Vec<Port>, vectors: &[Vector]) -> Vec<Port> {
    let sent = vectors.iter().filter_map(|vector| {
        vector.expect["downlink"]["fPort"].as_u64().and_then(|port| u8::try_from(port).ok())
    });
    for port in sent.collect::<BTreeSet<u8>>() {
        let known =
            ports.iter().any(|other| (other.port, other.direction) == (port, Direction::Down));
        if !known {
            ports.push(Way::Down.port(port));
        }
    }
    ports
}

/// [`Direction`] in an order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Up,
    Down,
}

impl Way {
    fn port(self, port: u8) -> Port {
        let (direction, meaning) = match self {
            Self::Up => (Direction::Up, "Uplinks, as in the examples"),
            Self::Down => (Direction::Down, "Downlinks, as in the examples"),
        };
        Port { port, direction, meaning: meaning.to_owned() }
    }
}

/// Returns the commands of the device: each key of the commands that were encoded, with the first that has
/// it.
fn commands(vectors: &[Vector]) -> Vec<Command> {
    let mut seen = BTreeSet::new();
    let mut commands = Vec::new();
    for vector in vectors.iter().filter(|vector| vector.expect.get("downlink").is_some()) {
        let Input::Command(input) = &vector.input else { continue };
        for key in input.data.as_object().into_iter().flat_map(|object| object.keys()) {
            if commands.len() < COMMANDS && seen.insert(key.clone()) {
                commands.push(Command {
                    name: key.clone(),
                    meaning: vector.name.clone(),
                    example: input.data.to_string(),
                });
            }
        }
    }
    commands
}
