//! The list of objects: searched, filtered, sorted and cut into pages.
//!
//! The objects of a fleet are gone through on threads of expensive requests. Of a fleet that is too large to be sorted for
//! each of its pages, the list is in the order of the DevEUIs: each part goes on where the one before ended, and the filters
//! offer what is counted anyway.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use champollion_delivery::names::{GroupId, SubGroup};
use champollion_fleet::objects::LifeCycle;
use champollion_frames::DevEui;
use jiff::{SignedDuration, Timestamp};
use url::form_urlencoded;

use super::area::Area;
use crate::{
    auth::Reach,
    devices::Device,
    pages::{natural_order::natural, viewer::Viewer},
    service::Service,
};

/// Objects on a page: what a person looks over.
pub(super) const OBJECTS_OF_PAGE: usize = 50;

/// Most objects that are sorted as a whole for a page of their list.
const SORTED: usize = 20_000;

/// Most objects that are counted one by one where they are not sorted.
const COUNTED: usize = 1_000;

/// Words of one kind that a filter offers where they are not counted; one of more is written.
const OFFERED: usize = 500;

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
    /// The area of the map, or none for all; see [`Area`].
    pub(super) area: String,
    /// The order of the list.
    pub(super) sort: String,
    /// The number of the page, from 1.
    pub(super) page: String,
    /// The object after which a list that is not sorted goes on.
    pub(super) after: String,
}

/// The objects that were found, of which a part is shown.
pub(super) struct FoundObjects {
    /// The objects of the part.
    pub(super) objects: Vec<Arc<Device>>,
    /// The number of all that were found; absent where it was told before.
    pub(super) total: Option<Total>,
    /// The part that is shown.
    pub(super) part: Part,
    /// Whether the visitor may see any object at all.
    pub(super) has_any: bool,
    /// The words of each filter.
    pub(super) facets: Facets,
}

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A page of a list that is sorted as a whole: its number, from 1, and the number of pages, one at least.
    Page(usize, usize),
    /// A stretch of one that is in the order of the DevEUIs, with the object after which the next one begins.
    Stretch(Option<DevEui>),
}

/// A number of objects that were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Total {
    /// Exactly so many of them.
    Exactly(usize),
    /// More than so many, which is all that were counted.
    MoreThan(usize),
}

/// The words that filters offer, each with the number of objects that have it, where they are counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facets {
    /// Whether these are all words that there are: else a filter without any is written.
    pub(super) are_all: bool,
    pub(super) groups: Words,
    pub(super) sub_groups: Words,
    pub(super) life_cycles: Words,
}

/// The words of a filter.
pub(super) type Words = BTreeMap<String, Option<usize>>;

/// The objects that a visitor may see, and those of them that are asked for.
pub(super) struct Sight<'of> {
    service: &'of Service,
    reach: &'of Reach,
    /// The groups within reach, whole or in part; all where there is none.
    touched: Option<BTreeSet<GroupId>>,
    /// The groups that are asked for.
    groups: Option<BTreeSet<GroupId>>,
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
            area: said("area"),
            sort: said("sort"),
            page: said("page"),
            after: said("after"),
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
            ("area", &self.area),
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
        !self.q.is_empty() || self.filters_in_force() > 0
    }

    /// The number of filters that narrow the list, beside the words that are searched for.
    pub(super) fn filters_in_force(&self) -> usize {
        let filters = [&self.group, &self.sub_group, &self.life_cycle, &self.silent, &self.area];
        filters.iter().filter(|filter| !filter.is_empty()).count()
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
                let sub_group = device.sub_group.as_ref().map(|name| natural(&name.to_string()));
                (natural(&device.group.to_string()), sub_group, device.dev_eui)
            }),
            _ => {
                objects.sort_by_cached_key(|device| (natural(device.name.as_str()), device.dev_eui))
            }
        }
    }

    /// Whether an object that a visitor sees is asked for.
    fn filter<'of>(&'of self, service: &'of Service) -> impl Fn(&Device) -> bool + 'of {
        let since = self.silent_since(Timestamp::now());
        let words: Vec<String> = self.q.split_whitespace().map(str::to_lowercase).collect();
        let is_silent = move |device: &Device| {
            since.is_none_or(|since| service.devices.is_silent_since(device, since))
        };
        let area = Area::of(&self.area);
        let is_within = move |device: &Device| area.is_none_or(|area| area.has(device));
        move |device| self.fits(device, &words) && is_within(device) && is_silent(device)
    }

    /// Goes through the objects that fit, in the order of their DevEUIs.
    pub(super) fn fitting<'of>(
        &'of self,
        sight: &'of Sight<'_>,
        after: Option<DevEui>,
    ) -> impl Iterator<Item = Arc<Device>> {
        let fits = self.filter(sight.service);
        sight.asked_for(after).filter(move |device| fits(device))
    }

    /// Looks for the objects that fit, and gives the part that is wished for.
    pub(super) fn found(&self, service: &Service, reach: &Reach) -> FoundObjects {
        let sight = Sight::of(self, service, reach);
        let (facets, has_any) = (sight.facets(&self.group), sight.has_any());
        let (objects, total, part) = match sight.is_sorted() {
            true => self.page_of(&sight),
            false => self.stretch_of(&sight),
        };
        FoundObjects { objects, total, part, has_any, facets }
    }

    /// The first objects that fit, in the order that is wished for where all of them are few enough to be sorted.
    pub(super) fn some(&self, sight: &Sight<'_>, limit: usize) -> Vec<Arc<Device>> {
        let mut objects: Vec<Arc<Device>> = self.fitting(sight, None).take(limit).collect();
        if sight.is_sorted() {
            self.sort(sight.service, &mut objects);
        }
        objects
    }

    fn page_of(&self, sight: &Sight<'_>) -> (Vec<Arc<Device>>, Option<Total>, Part) {
        let mut objects = self.some(sight, SORTED);
        let total = objects.len();
        let pages = total.div_ceil(OBJECTS_OF_PAGE).max(1);
        let page = self.page.parse::<usize>().unwrap_or(1).clamp(1, pages);
        let first = (page - 1) * OBJECTS_OF_PAGE;
        let objects = objects.drain(first..total.min(first + OBJECTS_OF_PAGE)).collect();
        (objects, Some(Total::Exactly(total)), Part::Page(page, pages))
    }

    fn stretch_of(&self, sight: &Sight<'_>) -> (Vec<Arc<Device>>, Option<Total>, Part) {
        let after: Option<DevEui> = self.after.parse().ok();
        let mut fitting = self.fitting(sight, after);
        let objects: Vec<Arc<Device>> = fitting.by_ref().take(OBJECTS_OF_PAGE).collect();
        // Whoever looks at a later part has seen the number.
        let (more, total) = match after {
            Some(_) => (fitting.next().is_some(), None),
            None => {
                let others = fitting.take(COUNTED).count();
                let total = match (objects.len() + others).checked_sub(COUNTED + 1) {
                    Some(_) => Total::MoreThan(COUNTED),
                    None => Total::Exactly(objects.len() + others),
                };
                (others > 0, Some(sight.count_of(self).map_or(total, Total::Exactly)))
            }
        };
        let next = objects.last().map(|last| last.dev_eui).filter(|_| more);
        (objects, total, Part::Stretch(next))
    }
}

impl<'of> Sight<'of> {
    /// The objects that a visitor may see, and the groups that are wished for among theirs.
    pub(super) fn of(wanted: &WantedObjects, service: &'of Service, reach: &'of Reach) -> Self {
        let touched = reach.touched_groups();
        let groups = match wanted.group.as_str() {
            "" => touched.clone(),
            group => {
                let group = group.parse::<GroupId>().ok();
                let is_touched = |group: &GroupId| {
                    touched.as_ref().is_none_or(|touched| touched.contains(group))
                };
                Some(group.filter(is_touched).into_iter().collect())
            }
        };
        Self { service, reach, touched, groups }
    }

    /// Whether the visitor may see any object at all.
    pub(super) fn has_any(&self) -> bool {
        self.within(self.touched.as_ref(), None).next().is_some()
    }

    /// Whether the visitor sees so many objects that filters count none of them.
    fn is_large(&self) -> bool {
        self.count_in(self.touched.as_ref()) > SORTED
    }

    /// Whether the objects that are asked for are few enough to be sorted.
    fn is_sorted(&self) -> bool {
        self.count_in(self.groups.as_ref()) <= SORTED
    }

    /// The number of objects of groups, as it is counted anyway. Some of them may be out of reach.
    fn count_in(&self, groups: Option<&BTreeSet<GroupId>>) -> usize {
        let devices = &self.service.devices;
        groups.map_or_else(
            || devices.count_of_all(),
            |groups| groups.iter().map(|group| devices.count_of(group)).sum(),
        )
    }

    /// The number of objects that are asked for, where it is known without a look at them.
    pub(super) fn count_of(&self, wanted: &WantedObjects) -> Option<usize> {
        let is_whole =
            |groups: &BTreeSet<GroupId>| groups.iter().all(|group| self.reach.sees(group));
        let filters =
            [&wanted.q, &wanted.sub_group, &wanted.life_cycle, &wanted.silent, &wanted.area];
        let is_known = filters.iter().all(|filter| filter.is_empty())
            && self.groups.as_ref().is_none_or(is_whole);
        is_known.then(|| self.count_in(self.groups.as_ref()))
    }

    /// Goes through the objects within reach of groups, in the order of their DevEUIs.
    fn within<'own>(
        &'own self,
        groups: Option<&'own BTreeSet<GroupId>>,
        after: Option<DevEui>,
    ) -> impl Iterator<Item = Arc<Device>> {
        visible(self.service, self.reach, (groups, after))
    }

    /// Goes through the objects within reach that are asked for by their groups.
    fn asked_for(&self, after: Option<DevEui>) -> impl Iterator<Item = Arc<Device>> {
        self.within(self.groups.as_ref(), after)
    }

    /// The words that filters offer, with those of the parts of a group, where one is chosen.
    pub(super) fn facets(&self, group: &str) -> Facets {
        if !self.is_large() {
            return Facets::of(self.within(self.touched.as_ref(), None), group);
        }
        let devices = &self.service.devices;
        let groups = self.touched.clone().unwrap_or_else(|| devices.groups().into_iter().collect());
        // The number of objects of a group is told to those alone who see all of it.
        let count = |group: &GroupId| self.reach.sees(group).then(|| devices.count_of(group));
        let groups = groups.iter().map(|group| (group.to_string(), count(group)));
        let chosen = self.groups.iter().filter(|_| !group.is_empty()).flatten();
        let parts = chosen.flat_map(|group| {
            let (parts, _) = devices.parts_of(group, OFFERED + 1);
            let is_seen = move |part: &SubGroup| self.reach.sees_object(group, Some(part));
            parts.into_iter().filter(is_seen).map(|part| part.to_string())
        });
        let stages = LifeCycle::WORDS.iter().map(|stage| ((*stage).to_owned(), None));
        Facets {
            are_all: false,
            groups: not_too_many(groups),
            sub_groups: not_too_many(parts.map(|part| (part, None))),
            life_cycles: stages.collect(),
        }
    }
}

/// Words that a filter offers; none where they are too many.
fn not_too_many(words: impl Iterator<Item = (String, Option<usize>)>) -> Words {
    let words: Words = words.take(OFFERED + 1).collect();
    if words.len() > OFFERED { Words::new() } else { words }
}

/// Goes through the objects within reach of some groups, or of all, in the order of their DevEUIs.
pub(in crate::pages::partner) fn visible<'of>(
    service: &'of Service,
    reach: &'of Reach,
    (groups, after): (Option<&'of BTreeSet<GroupId>>, Option<DevEui>),
) -> impl Iterator<Item = Arc<Device>> {
    let devices = service.devices.in_order(groups, after);
    devices.filter(|device| reach.sees_object(&device.group, device.sub_group.as_ref()))
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
    fn of(objects: impl Iterator<Item = Arc<Device>>, group: &str) -> Self {
        let mut facets = Self { are_all: true, ..Self::default() };
        for device in objects {
            let own = device.group.to_string();
            if let Some(part) = device.sub_group.as_ref().filter(|_| is_wanted(group, &own)) {
                count(&mut facets.sub_groups, part.to_string());
            }
            let stage = life_cycle(&device);
            if !stage.is_empty() {
                count(&mut facets.life_cycles, stage.to_owned());
            }
            count(&mut facets.groups, own);
        }
        facets
    }
}

fn count(words: &mut Words, word: String) {
    *words.entry(word).or_default().get_or_insert_default() += 1;
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
        let facets = Facets::of(objects.iter().cloned(), "water");
        assert_eq!(facets.groups.len(), 2);
        assert_eq!(facets.sub_groups.keys().collect::<Vec<_>>(), ["north"]);
        assert_eq!(facets.life_cycles, Words::from([("STOCK".to_owned(), Some(1))]));
        let wanted = WantedObjects { life_cycle: "STOCK".to_owned(), ..Default::default() };
        assert!(wanted.fits(&objects[0], &[]) && !wanted.fits(&objects[1], &[]));
    }

    #[test]
    fn a_filter_of_very_many_words_offers_none() {
        let words = |number: usize| (0..number).map(|number| (number.to_string(), None));
        assert_eq!(not_too_many(words(OFFERED)).len(), OFFERED);
        assert!(not_too_many(words(OFFERED + 1)).is_empty());
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
        assert_eq!(wanted.filters_in_force(), 1);
    }
}
