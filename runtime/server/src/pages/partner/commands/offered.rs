//! Commands that are offered: those that the decoder of an object declares, or the decoders of most objects of a group.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use champollion_delivery::names::GroupId;
use serde_json::Value as Json;

use super::declared::DeclaredCommand;
use crate::{
    api::Problem,
    auth::Reach,
    pages::{
        json::optional,
        partner::{frame::get_if_any, objects::listing::visible},
        viewer::Viewer,
    },
    service::Service,
};

/// Decoders of a group whose commands are offered: those of most objects.
const MOST_DECODERS: usize = 5;

/// The commands of the decoder of an object.
pub(in crate::pages::partner) async fn of_device(
    viewer: &Viewer,
    device: &Json,
) -> Result<Vec<DeclaredCommand>, Problem> {
    of_decoder(viewer, requirement(device)).await
}

/// The commands of the decoders that most objects of a group have.
pub(in crate::pages::partner) async fn of_group(
    viewer: &Viewer,
    reach: &Reach,
    group: &str,
) -> Result<Vec<DeclaredCommand>, Problem> {
    let Ok(group) = group.parse::<GroupId>() else { return Ok(Vec::new()) };
    let looked = viewer.look_through({
        let (service, reach) = (Arc::clone(viewer.service()), reach.clone());
        move || decoders_of(&service, &reach, group)
    });
    let mut decoders: Vec<(String, usize)> = looked.await?.into_iter().collect();
    decoders.sort_by_key(|(_, count)| Reverse(*count));
    let mut offered: Vec<DeclaredCommand> = Vec::new();
    for (decoder, _) in decoders.into_iter().take(MOST_DECODERS) {
        for command in of_decoder(viewer, &decoder).await? {
            if offered.iter().all(|known| known.name != command.name) {
                offered.push(command);
            }
        }
    }
    Ok(offered)
}

/// The commands that a decoder declares, by a requirement such as `acme/meter@^1`; none where it has no entry.
async fn of_decoder(viewer: &Viewer, requirement: &str) -> Result<Vec<DeclaredCommand>, Problem> {
    let decoder = requirement.split('@').next().unwrap_or_default();
    if !decoder.contains('/') {
        return Ok(Vec::new());
    }
    let entry = get_if_any(viewer, &format!("/v1/catalogue/{decoder}")).await?;
    Ok(entry.map(|entry| DeclaredCommand::of(&entry)).unwrap_or_default())
}

/// The decoders that objects of a group within reach have, each with the number of them.
fn decoders_of(service: &Service, reach: &Reach, group: GroupId) -> BTreeMap<String, usize> {
    let (of_group, mut counts) = (BTreeSet::from([group]), BTreeMap::new());
    for device in visible(service, reach, (Some(&of_group), None)) {
        if let Some(wanted) = device.assignment.wanted() {
            *counts.entry(wanted.id.to_string()).or_default() += 1;
        }
    }
    counts
}

/// The decoder that an object is to be decoded by, as a requirement; empty where there is none.
fn requirement(device: &Json) -> &str {
    let firmware = optional(device, "/firmware").unwrap_or_default();
    let of_firmware = device.get("firmwareDecoders").and_then(|all| all.get(firmware)?.as_str());
    of_firmware.or_else(|| optional(device, "/decoder")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_decoder_of_the_firmware_that_runs_counts() {
        let device = json!({
            "decoder": "acme/lamp@^1", "firmware": "2.0", "firmwareDecoders": { "2.0": "acme/lamp-2@^1" },
        });
        assert_eq!(requirement(&device), "acme/lamp-2@^1");
        assert_eq!(requirement(&json!({ "decoder": "acme/lamp@^1" })), "acme/lamp@^1");
        assert_eq!(requirement(&json!({})), "");
    }
}
