//! The list of objects: searched, filtered, sorted and cut into pages.

use std::{collections::BTreeMap, sync::Arc};

use champollion_frames::DevEui;
use jiff::{SignedDuration, Timestamp};
use url::form_urlencoded;

use crate::{auth::Reach, devices::Device, pages::viewer::Viewer, service::Service};

/// Objects on a page: what a person looks over.
pub(super) const OBJECTS_OF_PAGE: usize = 50;

/// Longest silence that is asked for, in hours: a year.
const MOST_SILENT_HOURS: u32 = 24 * 366;

/// The wish of a visitor, as the query of the list says it. A word that is none asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WantedObjects {
    /// Words that all stand somewhere in the sheet of an object.
    pub(super) q: String,
    /// The group, or none for all.
    pub(super) group: String,
    /// The sub-group, or none for all.
    pub(super) sub_group: String,
    /// The stage of life, or none for all.
    pub(super) life_cycle: String,
    /// The hours of silence, or none for all.
    pub(super) silent: String,
    /// The order of the list.
    pub(super) sort: String,
    /// The number of the page, from 1.
    pub(super) page: String,
}

/// The objects that were found, of which one page is shown.
pub(super) struct FoundObjects {
    /// The objects of the page.
    pub(super) objects: Vec<Arc<Device>>,
    /// The number of all that were found.
    pub(super) total: usize,
    /// The number of objects that the visitor may see at all.
    pub(super) visible: usize,
    /// The number of the page, from 1.
    pub(super) page: usize,
    /// The number of pages, one at least.
    pub(super) pages: usize,
    /// The words of each filter, with how many objects have them.
    pub(super) facets: Facets,
}

/// The words that filters offer, each with the number of objects that have it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facets {
    pub(super) groups: BTreeMap<String, usize>,
    pub(super) sub_groups: BTreeMap<String, usize>,
    pub(super) life_cycles: BTreeMap<String, usize>,
}

impl WantedObjects {
    /// The wish that the address of a page says.
    pub(super) fn of(viewer: &Viewer) -> Self {
        let said = |name: &str| viewer.parameter(name).unwrap_or_default();
        Self {
            q: said("q"),
            group: said("group"),
            sub_group: said("subGroup"),
            life_cycle: said("lifeCycle"),
            silent: said("silent"),
            sort: said("sort"),
            page: said("page"),
        }
    }

    /// The query of the same list, with some members said anew.
    pub(super) fn query_with(&self, said: &[(&str, &str)]) -> String {
        let own = [
            ("q", &self.q),
            ("group", &self.group),
            ("subGroup", &self.sub_group),
            ("lifeCycle", &self.life_cycle),
            ("silent", &self.silent),
            ("sort", &self.sort),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in own {
            let is_said_anew = said.iter().any(|(other, _)| *other == name);
            if !value.is_empty() && !is_said_anew {
                query.append_pair(name, value);
            }
        }
        query.extend_pairs(said.iter().filter(|(_, value)| !value.is_empty()));
        query.finish()
    }

    /// Whether anything narrows the list.
    pub(super) fn is_narrowed(&self) -> bool {
        let filters = [&self.q, &self.group, &self.sub_group, &self.life_cycle, &self.silent];
        filters.iter().any(|filter| !filter.is_empty())
    }

    /// The moment before which an object must have been heard last to be silent.
    fn silent_since(&self, now: Timestamp) -> Option<Timestamp> {
        let hours = self.silent.parse::<u32>().ok()?.clamp(1, MOST_SILENT_HOURS);
        now.checked_sub(SignedDuration::from_hours(hours.into())).ok()
    }

    fn fits(&self, device: &Device, words: &[String]) -> bool {
        let sub_group = device.sub_group.as_ref().map(ToString::to_string).unwrap_or_default();
        is_wanted(&self.group, &device.group.to_string())
            && is_wanted(&self.sub_group, &sub_group)
            && is_wanted(&self.life_cycle, life_cycle(device))
            && has_words(device, words)
    }

    /// Sorts objects as wished: by name where nothing else is said.
    fn sort(&self, service: &Service, objects: &mut [Arc<Device>]) {
        match self.sort.as_str() {
            "heard" => objects.sort_by_key(|device| service.devices.last_heard(device.dev_eui)),
            "device" => objects.sort_by_key(|device| device.dev_eui),
            "group" => objects.sort_by_cached_key(|device| {
                let sub_group = device.sub_group.as_ref().map(ToString::to_string);
                (device.group.to_string(), sub_group, device.dev_eui)
            }),
            _ => objects.sort_by_cached_key(|device| (device.name.to_lowercase(), device.dev_eui)),
        }
    }

    /// Looks the objects up that a visitor may see, and gives all that fit, in order.
    pub(super) fn all(&self, service: &Service, reach: &Reach) -> (Vec<Arc<Device>>, Facets) {
        let visible = visible(service, reach);
        let facets = Facets::of(&visible, &self.group);
        let since = self.silent_since(Timestamp::now());
        let words: Vec<String> = self.q.split_whitespace().map(str::to_lowercase).collect();
        let is_silent = |device: &Device| {
            since.is_none_or(|since| service.devices.is_silent_since(device, since))
        };
        let fitting = visible.into_iter().filter(|device| self.fits(device, &words));
        let mut objects: Vec<Arc<Device>> = fitting.filter(|device| is_silent(device)).collect();
        self.sort(service, &mut objects);
        (objects, facets)
    }

    /// The same, cut to the page that is wished for.
    pub(super) fn found(&self, service: &Service, reach: &Reach) -> FoundObjects {
        let (mut objects, facets) = self.all(service, reach);
        let (total, visible) = (objects.len(), facets.groups.values().sum());
        let pages = total.div_ceil(OBJECTS_OF_PAGE).max(1);
        let page = self.page.parse::<usize>().unwrap_or(1).clamp(1, pages);
        let first = (page - 1) * OBJECTS_OF_PAGE;
        let objects = objects.drain(first..total.min(first + OBJECTS_OF_PAGE)).collect();
        FoundObjects { objects, total, visible, page, pages, facets }
    }
}

/// All objects within reach.
pub(in crate::pages::partner) fn visible(service: &Service, reach: &Reach) -> Vec<Arc<Device>> {
    let sees = |device: &Device| reach.sees_object(&device.group, device.sub_group.as_ref());
    match reach.touched_groups() {
        Some(groups) => service.devices.page_of(&groups, sees, None::<DevEui>, usize::MAX),
        None => service.devices.list(sees),
    }
}

/// The word of an object's stage of life; empty where none is said.
pub(super) fn life_cycle(device: &Device) -> &'static str {
    device.object.life_cycle.map_or("", |stage| stage.as_str())
}

fn is_wanted(wanted: &str, own: &str) -> bool {
    wanted.is_empty() || wanted == own
}

fn has_words(device: &Device, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let object = &device.object;
    let texts = [&object.serial_number, &object.reference, &object.equipment, &object.address];
    let texts = texts.into_iter().flatten().map(|text| text.as_str());
    let named = [device.name.as_str()].into_iter().chain(texts);
    let tags = device.tags.values().map(String::as_str);
    let mut whole = device.dev_eui.to_string();
    for text in named.chain(tags) {
        whole.push('\n');
        whole.push_str(text);
    }
    let whole = whole.to_lowercase();
    words.iter().all(|word| whole.contains(word.as_str()))
}

impl Facets {
    /// The words of some objects; sub-groups are those of the group that is chosen.
    fn of(objects: &[Arc<Device>], group: &str) -> Self {
        let mut facets = Self::default();
        for device in objects {
            let own = device.group.to_string();
            if let Some(part) = device.sub_group.as_ref().filter(|_| is_wanted(group, &own)) {
                *facets.sub_groups.entry(part.to_string()).or_default() += 1;
            }
            let stage = life_cycle(device);
            if !stage.is_empty() {
                *facets.life_cycles.entry(stage.to_owned()).or_default() += 1;
            }
            *facets.groups.entry(own).or_default() += 1;
        }
        facets
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn device(number: u64, more: serde_json::Value) -> Arc<Device> {
        let mut whole = json!({
            "devEui": format!("{number:016X}"), "name": format!("Meter {number}"), "group": "water",
        });
        for (name, value) in more.as_object().unwrap() {
            whole[name] = value.clone();
        }
        Arc::new(Device::of_stored(whole).unwrap())
    }

    #[test]
    fn an_object_fits_that_has_all_words_somewhere_in_its_sheet() {
        let object = device(7, json!({ "address": "1, rue Haute", "tags": { "key": "Boîte" } }));
        for (said, fits) in [("haute 7", true), ("HAUTE", true), ("boîte", true), ("basse", false)]
        {
            let words: Vec<String> = said.split(' ').map(str::to_lowercase).collect();
            assert_eq!(has_words(&object, &words), fits, "{said}");
        }
    }

    #[test]
    fn filters_offer_the_words_that_there_are() {
        let objects = [
            device(1, json!({ "subGroup": "north", "lifeCycle": "STOCK" })),
            device(2, json!({ "group": "light", "subGroup": "south" })),
        ];
        let facets = Facets::of(&objects, "water");
        assert_eq!(facets.groups.len(), 2);
        assert_eq!(facets.sub_groups.keys().collect::<Vec<_>>(), ["north"]);
        assert_eq!(facets.life_cycles, BTreeMap::from([("STOCK".to_owned(), 1)]));
        let wanted = WantedObjects { life_cycle: "STOCK".to_owned(), ..Default::default() };
        assert!(wanted.fits(&objects[0], &[]) && !wanted.fits(&objects[1], &[]));
    }

    #[test]
    fn a_query_keeps_what_was_asked_and_leaves_out_what_is_empty() {
        let wanted = WantedObjects {
            q: "a & b".to_owned(),
            group: "water".to_owned(),
            ..Default::default()
        };
        assert_eq!(wanted.query_with(&[("page", "2")]), "q=a+%26+b&group=water&page=2");
        assert_eq!(wanted.query_with(&[("group", "")]), "q=a+%26+b");
        assert!(wanted.is_narrowed() && !WantedObjects::default().is_narrowed());
    }
}
