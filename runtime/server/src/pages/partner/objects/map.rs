//! The map of objects: each that has coordinates is a point that leads to its page.

use std::sync::Arc;

use axum::{Router, routing::get};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use super::{
    list::{LIST, actions, name, nothing_yet, search},
    listing::{Facets, Sight, Total, WantedObjects},
};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Inspect},
    },
    auth::{Reach, Scope},
    devices::Device,
    pages::{
        layout::Page,
        partner::frame::partner_page,
        parts::{
            empty::empty,
            map::{Place, Shared, map},
        },
        viewer::Viewer,
    },
    service::Service,
};

/// The path of the map.
const PATH: &str = "/partner/objects/map";

/// Objects on one map: a page of more of them takes long.
const MOST_POINTS: usize = 20_000;

/// The hours of silence after which a point looks faulty.
const SILENT_HOURS: i64 = 24;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route(PATH, get(show))
}

async fn show(viewer: Viewer, authorized: Authorized<Inspect>) -> Result<Page, Problem> {
    let wanted = WantedObjects::of(&viewer);
    let looked = viewer.look_through({
        let (wanted, service, reach) =
            (wanted.clone(), Arc::clone(viewer.service()), authorized.reach);
        move || Placed::of(&wanted, &service, &reach)
    });
    let placed = looked.await?;
    let content = html! {
        (actions(&viewer, &wanted))
        @if placed.has_any {
            (search(&viewer, PATH, &wanted, (&placed.facets, false)))
            (drawn(&viewer, &wanted, &placed))
        } @else {
            (nothing_yet(&viewer))
        }
    };
    let origins = viewer.service().config.pages.tiles().map(|tiles| tiles.origin);
    let page = partner_page(&viewer, &viewer.say("objects-map"), content);
    Ok(page.with_images_of(origins.into_iter().collect()))
}

/// The objects on a map.
struct Placed {
    places: Vec<Place>,
    /// The words of each filter.
    facets: Facets,
    /// The number of objects that were found.
    found: Total,
    /// Whether the visitor may see any object at all.
    has_any: bool,
}

impl Placed {
    /// Goes through the objects that are asked for, until the map is full.
    fn of(wanted: &WantedObjects, service: &Service, reach: &Reach) -> Self {
        let now = Timestamp::now();
        let since = now.checked_sub(SignedDuration::from_hours(SILENT_HOURS)).unwrap_or(now);
        let sight = Sight::of(wanted, service, reach);
        let facets = sight.facets(&wanted.group);
        let (mut places, mut found) = (Vec::new(), 0);
        for device in wanted.fitting(&sight, None) {
            if places.len() == MOST_POINTS {
                let found = sight.count_of(wanted).map_or(Total::MoreThan(found), Total::Exactly);
                return Self { places, facets, found, has_any: true };
            }
            found += 1;
            places.extend(place(&device, service.devices.is_silent_since(&device, since)));
        }
        let has_any = found > 0 || sight.has_any();
        Self { places, facets, found: Total::Exactly(found), has_any }
    }
}

fn drawn(viewer: &Viewer, wanted: &WantedObjects, placed: &Placed) -> Markup {
    let Placed { places, found, .. } = placed;
    if places.is_empty() {
        let import = viewer.say("import-title");
        let first = viewer.may(Scope::Devices).then_some(("/partner/import", import.as_str()));
        return empty(&viewer.say("map-empty"), &viewer.say("map-empty-advice"), first);
    }
    let tiles = viewer.service().config.pages.tiles().map(|tiles| tiles.address);
    let (said, found) = match *found {
        Total::Exactly(found) => ("map-shown", found),
        Total::MoreThan(found) => ("map-shown-more", found),
    };
    let counts = [("shown", places.len().into()), ("found", found.into())];
    let shared = Shared {
        closer: &|area, is_one_place| {
            let path = if is_one_place { LIST } else { PATH };
            format!("{path}?{}", wanted.query_with(&[("area", area)]))
        },
        said: &|count, silent| {
            let counts = [("count", count.into()), ("silent", silent.into())];
            viewer.say_with("map-together", counts)
        },
        number: &|count| viewer.language().whole(count as u64),
    };
    html! {
        p.count role="status" { (viewer.say_with(said, counts)) }
        (map(&viewer.say("objects-map"), places, tiles.as_deref(), &shared))
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
