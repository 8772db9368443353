//! The vectors of a decoder, to choose an input from.

use champollion_registry::package::Package;
use champollion_sdk::vectors::{Input, Setting, Vector};
use indexmap::IndexMap;
use jiff::Timestamp;

use super::{
    asked::{Asked, Format, Kind},
    subject::Subject,
};
use crate::pages::viewer::Viewer;

/// Vectors that can be chosen.
const VECTORS: usize = 200;

/// The vectors of a decoder. Of one whose package is damaged there are none, which is said in the log.
pub(super) async fn of(viewer: &Viewer, subject: Option<&Subject>) -> Vec<Vector> {
    let mut vectors = match subject {
        None => Vec::new(),
        Some(Subject::Dropped(dropped)) => dropped.vectors.clone(),
        Some(Subject::Published(loaded)) => {
            let read = read(viewer, loaded).await;
            read.unwrap_or_else(|error| {
                tracing::warn!(id = %loaded.id, error, "the workbench has no vectors");
                Vec::new()
            })
        }
    };
    vectors.truncate(VECTORS);
    vectors
}

async fn read(
    viewer: &Viewer,
    loaded: &champollion_registry::LoadedDecoder,
) -> Result<Vec<Vector>, String> {
    let file = viewer.service().registry.file(&loaded.id, &loaded.version).await;
    let file = file.map_err(|error| error.to_string())?;
    let read = tokio::task::spawn_blocking(move || Package::read(file)).await;
    let package = read.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    Ok(package.vectors().to_vec())
}

/// Fills the form in with a vector, where one is chosen.
pub(super) fn fill_in(asked: &mut Asked, vectors: &[Vector]) {
    let chosen = vectors.iter().find(|vector| vector.name == asked.vector);
    let Some(chosen) = chosen.filter(|_| !asked.vector.is_empty()) else { return };
    // What is changed afterwards is what is tried.
    asked.vector.clear();
    asked.format = Format::Payload;
    match &chosen.input {
        Input::Uplink(uplink) => {
            asked.kind = Kind::Uplink;
            (asked.port, asked.payload) = (uplink.f_port.to_string(), uplink.payload.to_string());
            asked.state = uplink.state.to_string();
            fill_in_settings(asked, &uplink.variables, uplink.received_at);
        }
        Input::Command(command) => {
            (asked.kind, asked.command) = (Kind::Command, command.data.to_string());
            fill_in_settings(asked, &command.variables, command.issued_at);
        }
        Input::Downlink(downlink) => {
            asked.kind = Kind::Downlink;
            asked.port = downlink.f_port.to_string();
            asked.payload = downlink.payload.to_string();
            fill_in_settings(asked, &downlink.variables, downlink.sent_at);
        }
        Input::Reading(reading) => {
            asked.kind = Kind::Reading;
            asked.command = serde_json::to_string(reading).unwrap_or_default();
        }
    }
}

fn fill_in_settings(asked: &mut Asked, variables: &IndexMap<String, Setting>, at: Timestamp) {
    let written = serde_json::to_string(variables).unwrap_or_default();
    asked.variables = if variables.is_empty() { String::new() } else { written };
    // A vector that names no moment has that of the epoch, and its reading does not depend on it.
    let is_named = at != Timestamp::UNIX_EPOCH;
    asked.moment = if is_named { at.to_string() } else { String::new() };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_vector_fills_the_form_in() {
        let vectors = champollion_sdk::vectors::parse(
            r#"[{"name": "warm", "uplink": {"fPort": 2, "payload": "0A1B", "variables": {"offset": 1}},
                "expect": {"reading": {"data": {}}}}]"#,
        );
        let mut asked = Asked::of(|name| (name == "vector").then(|| "warm".to_owned()));
        fill_in(&mut asked, &vectors.unwrap());
        assert_eq!((&*asked.port, &*asked.payload), ("2", "0A1B"));
        assert_eq!(asked.variables, "{\"offset\":1}");
        assert_eq!(asked.moment, "");
    }

    #[test]
    fn without_a_choice_nothing_is_filled_in() {
        let mut asked = Asked::of(|name| (name == "payload").then(|| "FF".to_owned()));
        fill_in(&mut asked, &[]);
        assert_eq!(asked.payload, "FF");
    }
}
