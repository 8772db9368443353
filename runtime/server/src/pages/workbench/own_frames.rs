//! The last frames of an object, to choose an input from: for those who may read its records, and as the interface gives them.

use champollion_frames::DevEui;
use serde_json::Value as Json;

use super::asked::{Asked, Format, Kind};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{moment, optional, path_part, text},
        partner::{
            frame::get_if_any,
            objects::{records::records, suggested::suggested},
        },
        viewer::Viewer,
        written::shortened,
    },
};

/// Frames that can be chosen.
const FRAMES: usize = 20;

/// Characters of a payload that stand in the list.
const PAYLOAD: usize = 24;

/// The objects of a viewer, and the frames of the one that is asked for.
#[derive(Default)]
pub(super) struct OwnFrames {
    /// The objects that are suggested, each with its name.
    pub(super) objects: Vec<(String, String)>,
    /// The frames of the object, the last one first; none where no object is asked for.
    pub(super) frames: Option<Vec<Json>>,
    /// The settings of the object, as JSON.
    variables: String,
}

/// The objects and frames of a viewer; nothing where the viewer may see none.
pub(super) async fn of(viewer: &Viewer, asked: &Asked) -> Result<Option<OwnFrames>, Problem> {
    if !viewer.may(Scope::ReadRecords) {
        return Ok(None);
    }
    let mut own = OwnFrames { objects: suggested(viewer).await?, ..OwnFrames::default() };
    if let Ok(dev_eui) = asked.device.parse::<DevEui>() {
        own.look_at(viewer, &dev_eui.to_string()).await?;
    }
    Ok(Some(own))
}

impl OwnFrames {
    async fn look_at(&mut self, viewer: &Viewer, dev_eui: &str) -> Result<(), Problem> {
        let path = format!("/v1/devices/{}", path_part(dev_eui));
        let Some(device) = get_if_any(viewer, &path).await? else { return Ok(()) };
        let kept = records(viewer, &text(&device, "/group"), dev_eui).await?.unwrap_or_default();
        let has_payload = |record: &Json| {
            optional(record, "/uplink/payload").is_some_and(|payload| !payload.is_empty())
        };
        let last = kept.into_iter().rev().filter(has_payload).take(FRAMES);
        self.frames = Some(last.collect());
        let variables = device
            .get("variables")
            .filter(|own| own.as_object().is_some_and(|own| !own.is_empty()));
        self.variables = variables.map(Json::to_string).unwrap_or_default();
        Ok(())
    }

    /// The frames as words to choose from, each with its text.
    pub(super) fn offered(&self, viewer: &Viewer) -> Vec<(String, String)> {
        let frames = self.frames.iter().flatten();
        frames
            .map(|frame| {
                let at = moment(frame, "/receivedAt").map(|at| viewer.minute(at));
                let (port, payload) =
                    (text(frame, "/uplink/fPort"), text(frame, "/uplink/payload"));
                let payload = shortened(&payload, PAYLOAD);
                let values = [("port", port.into()), ("payload", payload.into())];
                let said = viewer.say_with("workbench-frame", values);
                (text(frame, "/id"), format!("{} · {said}", at.unwrap_or_default()))
            })
            .collect()
    }

    /// Fills the form in with the frame that is chosen, or with the last one where nothing else is to be tried.
    pub(super) fn fill_in(&self, asked: &mut Asked) {
        let frames = self.frames.as_deref().unwrap_or_default();
        let chosen = match asked.frame.as_str() {
            "" => frames.first().filter(|_| asked.payload.is_empty() && asked.command.is_empty()),
            id => frames.iter().find(|frame| text(frame, "/id") == id),
        };
        // What is changed afterwards is what is tried.
        asked.frame.clear();
        let Some(chosen) = chosen else { return };
        asked.vector.clear();
        (asked.kind, asked.format) = (Kind::Uplink, Format::Payload);
        if let Some(decoder) = optional(chosen, "/decoder/id") {
            if asked.decoder != decoder {
                (asked.version, asked.other) = Default::default();
            }
            asked.decoder = decoder.to_owned();
        }
        asked.port = text(chosen, "/uplink/fPort");
        asked.payload = text(chosen, "/uplink/payload");
        asked.moment = text(chosen, "/receivedAt");
        asked.variables.clone_from(&self.variables);
        asked.state.clear();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn own() -> OwnFrames {
        let frame = |id: &str, payload: &str| {
            json!({
                "id": id, "receivedAt": "2026-11-30T12:00:00Z", "decoder": { "id": "acme/meter" },
                "uplink": { "fPort": 2, "payload": payload },
            })
        };
        OwnFrames {
            frames: Some(vec![frame("b", "0B"), frame("a", "0A")]),
            variables: "{\"offset\":1}".to_owned(),
            ..OwnFrames::default()
        }
    }

    fn filled(pairs: &[(&str, &str)]) -> Asked {
        let mut asked = Asked::of(|name| {
            let found = pairs.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        own().fill_in(&mut asked);
        asked
    }

    #[test]
    fn the_frame_that_is_chosen_fills_the_form_in() {
        let asked = filled(&[("frame", "a"), ("payload", "FF"), ("format", "message")]);
        assert_eq!((&*asked.payload, &*asked.port, &*asked.decoder), ("0A", "2", "acme/meter"));
        assert_eq!((&*asked.moment, &*asked.variables), ("2026-11-30T12:00:00Z", "{\"offset\":1}"));
        assert_eq!((asked.format, &*asked.frame), (Format::Payload, ""));
    }

    #[test]
    fn the_last_frame_is_tried_where_nothing_else_is() {
        assert_eq!(filled(&[]).payload, "0B");
        assert_eq!(filled(&[("payload", "FF")]).payload, "FF");
        assert_eq!(filled(&[("frame", "gone"), ("payload", "FF")]).payload, "FF");
    }
}
