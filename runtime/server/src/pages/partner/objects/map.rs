//! The map of objects: each that has coordinates is a point that leads to its page.

use std::sync::Arc;

use axum::{Router, routing::get};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use super::{
    list::{actions, name, nothing_yet},
    listing::WantedObjects,
};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Inspect},
    },
    auth::Scope,
    devices::Device,
    pages::{
        layout::Page,
        partner::frame::partner_page,
        parts::{
            empty::empty,
            map::{Place, map},
        },
        viewer::Viewer,
    },
    service::Service,
};

/// Points on one map: more of them are a blot, and a page that takes long.
const MOST_POINTS: usize = 2_000;

/// The hours of silence after which a point looks faulty.
const SILENT_HOURS: i64 = 24;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/partner/objects/map", get(show))
}

async fn show(viewer: Viewer, authorized: Authorized<Inspect>) -> Result<Page, Problem> {
    let wanted = WantedObjects::of(&viewer);
    let (objects, facets) = wanted.all(viewer.service(), &authorized.reach);
    let now = Timestamp::now();
    let since = now.checked_sub(SignedDuration::from_hours(SILENT_HOURS)).unwrap_or(now);
    let is_silent = |device: &Device| viewer.service().devices.is_silent_since(device, since);
    let places = objects.iter().filter_map(|device| place(device, is_silent(device)));
    let places: Vec<Place> = places.take(MOST_POINTS).collect();
    let content = html! {
        (actions(&viewer, &wanted))
        @if facets.groups.is_empty() { (nothing_yet(&viewer)) }
        @else { (drawn(&viewer, &places, objects.len())) }
    };
    let origins = viewer.service().config.pages.tiles().map(|tiles| tiles.origin);
    let page = partner_page(&viewer, &viewer.say("objects-map"), content);
    Ok(page.with_images_of(origins.into_iter().collect()))
}

fn drawn(viewer: &Viewer, places: &[Place], found: usize) -> Markup {
    if places.is_empty() {
        let import = viewer.say("import-title");
        let first = viewer.may(Scope::Devices).then_some(("/partner/import", import.as_str()));
        return empty(&viewer.say("map-empty"), &viewer.say("map-empty-advice"), first);
    }
    let tiles = viewer.service().config.pages.tiles().map(|tiles| tiles.address);
    let counts = [("shown", places.len().into()), ("found", found.into())];
    html! {
        p.count role="status" { (viewer.say_with("map-shown", counts)) }
        (map(&viewer.say("objects-map"), places, tiles.as_deref()))
        p.hint { (viewer.say("map-legend")) }
    }
}

fn place(device: &Device, is_faulty: bool) -> Option<Place> {
    let (latitude, longitude) = (device.object.latitude?, device.object.longitude?);
    Some(Place {
        latitude: latitude.degrees(),
        longitude: longitude.degrees(),
        name: name(device),
        link: format!("/partner/objects/{}", device.dev_eui),
        is_faulty,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_without_coordinates_is_not_on_the_map() {
        let device = |more: serde_json::Value| -> Device {
            let mut whole = json!({ "devEui": "70B3D5499A000001", "name": "", "group": "water" });
            for (name, value) in more.as_object().unwrap() {
                whole[name] = value.clone();
            }
            Device::of_stored(whole).unwrap()
        };
        assert!(place(&device(json!({})), false).is_none());
        let placed = place(&device(json!({ "latitude": 48.5, "longitude": 2.0 })), true).unwrap();
        assert_eq!((placed.name.as_str(), placed.is_faulty), ("70B3D5499A000001", true));
        assert_eq!(placed.link, "/partner/objects/70B3D5499A000001");
    }
}
