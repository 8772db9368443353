//! Objects that a form suggests where it asks for a DevEUI, which nobody knows by heart.

use crate::{
    api::Problem,
    pages::{
        json::{address, items, text},
        partner::frame::get_if_any,
        viewer::Viewer,
    },
};

/// Objects that are suggested: the DevEUI of another one is written.
const SUGGESTED: &str = "100";

/// The first objects of a viewer, by their DevEUIs, each with its name; none where the viewer may see none.
pub(in crate::pages) async fn suggested(viewer: &Viewer) -> Result<Vec<(String, String)>, Problem> {
    let list = get_if_any(viewer, &address("/v1/devices", &[("limit", SUGGESTED)])).await?;
    let list = list.unwrap_or_default();
    let devices = items(&list, "/devices").iter();
    Ok(devices.map(|device| (text(device, "/devEui"), text(device, "/name"))).collect())
}
