//! The list of decoders: searched, narrowed, and shown a part at a time.

use axum::response::{IntoResponse, Response};
use champollion_registry::{CatalogueEntry, CataloguePlace, package::DecoderId};
use maud::{Markup, html};

use super::{
    filters::Filters,
    negotiation::{list_as_json, wants_json},
    path::path_of,
};
use crate::{
    api::Problem,
    pages::{
        language::Language,
        parts::{badge::badge, empty::empty, notice::Tone, pager::pager},
        viewer::Viewer,
        written::shortened,
    },
};

/// Decoders of a part of the list: the page stays below 200 KB, however many there are.
const DECODERS: usize = 30;

/// Quantities that a card names; its page has all.
const QUANTITIES: usize = 4;

/// Characters of a name on a card, and of a description: an import may have made long ones.
const NAME_CHARACTERS: usize = 120;
const DESCRIPTION_CHARACTERS: usize = 160;

/// The decoders that are found, a part of them made.
struct Found {
    entries: Vec<CatalogueEntry>,
    total: usize,
    next: Option<String>,
}

/// The first page of all, and the catalogue.
pub(super) async fn list(viewer: Viewer) -> Result<Response, Problem> {
    if wants_json(viewer.headers()) {
        return list_as_json(viewer).await;
    }
    let filters = Filters::of(&viewer);
    let facets = viewer.service().registry.catalogue_facets(&filters.query()?);
    let found = found(&viewer, &filters)?;
    let content = html! {
        h1 { (viewer.say("catalogue-title")) }
        p.lead { (viewer.say("catalogue-lead")) }
        (filters.search(&viewer))
        section #results aria-live="polite" {
            (filters.narrowing(&viewer, &facets))
            (filters.chosen(&viewer))
            (results(&viewer, &filters, &found))
        }
    };
    let page = viewer.page(viewer.say("catalogue-title"), content);
    Ok(page.with_head(head(&viewer)).into_response())
}

fn head(viewer: &Viewer) -> Markup {
    html! {
        meta name="description" content=(viewer.say("catalogue-lead"));
        link rel="alternate" type="application/atom+xml" href="/catalogue.atom"
            title=(viewer.say("catalogue-feed"));
        link rel="alternate" type="application/json" href="/v1/catalogue";
    }
}

fn found(viewer: &Viewer, filters: &Filters) -> Result<Found, Problem> {
    let registry = &viewer.service().registry;
    let places = registry.catalogue_places(&filters.query()?, filters.sort);
    let after = viewer.parameter("after").map(|text| place(filters, &text)).transpose()?;
    let mut following = registry.catalogue_after(&places, filters.sort, after.as_ref());
    let shown: Vec<(&CataloguePlace, CatalogueEntry)> = following.by_ref().take(DECODERS).collect();
    let last = shown.last().map(|(place, _)| place.to_string());
    let next = following.next().and(last);
    let entries = shown.into_iter().map(|(_, entry)| entry).collect();
    Ok(Found { entries, total: places.len(), next })
}

fn place(filters: &Filters, text: &str) -> Result<CataloguePlace, Problem> {
    let place = filters.sort.read_place(text);
    place.map_err(|error| Problem::bad_request("invalid-query", format!("after={text}: {error}")))
}

fn results(viewer: &Viewer, filters: &Filters, found: &Found) -> Markup {
    html! {
        h2.unseen { (viewer.say("catalogue-results")) }
        @if found.entries.is_empty() {
            (none(viewer, filters))
        } @else {
            p.soft { (viewer.say_with("catalogue-count", [("count", found.total.into())])) }
            ul.cards { @for entry in &found.entries { li.card { (card(viewer.language(), entry)) } } }
            (pager(viewer, found.next.as_deref()))
        }
    }
}

/// Nothing is found, or nothing is there yet.
fn none(viewer: &Viewer, filters: &Filters) -> Markup {
    if filters.is_empty() {
        let (title, text) = (viewer.say("catalogue-empty"), viewer.say("catalogue-empty-text"));
        return empty(&title, &text, None);
    }
    let (title, text) = (viewer.say("catalogue-none"), viewer.say("catalogue-none-text"));
    empty(&title, &text, Some(("/catalogue", &viewer.say("catalogue-all"))))
}

fn card(language: Language, entry: &CatalogueEntry) -> Markup {
    let manifest = &entry.manifest;
    let quantities = foremost(manifest.fields.iter().filter_map(|field| field.quantity.as_deref()));
    html! {
        h3 { a href=(path_of(&manifest.id)) { (shortened(&manifest.name, NAME_CHARACTERS)) } }
        p.soft.small { (shortened(&devices(&manifest.id, entry), NAME_CHARACTERS)) }
        p.small lang="en" { (shortened(&manifest.description, DESCRIPTION_CHARACTERS)) }
        ul.tags { @for quantity in quantities.iter().take(QUANTITIES) { li { (language.quantity(quantity)) } } }
        @if entry.deprecated.is_some() {
            p { (badge(Tone::Warning, &language.say("catalogue-deprecated"))) }
        }
        @if let Some(sponsor) = &manifest.funded_by {
            @let sponsor = shortened(sponsor, NAME_CHARACTERS);
            p.soft.small { (language.say_with("catalogue-paid-by", [("sponsor", (&*sponsor).into())])) }
        }
    }
}

/// The makers' names of the devices, or else the name of the decoder.
fn devices(id: &DecoderId, entry: &CatalogueEntry) -> String {
    let devices = entry.manifest.devices.iter();
    let names: Vec<String> =
        devices.take(3).map(|device| format!("{} {}", device.vendor, device.model)).collect();
    if names.is_empty() { id.to_string() } else { names.join(", ") }
}

/// The quantities of a decoder, each once, with those in front for which people want the device.
fn foremost<'of>(quantities: impl Iterator<Item = &'of str>) -> Vec<&'of str> {
    let is_aside = |quantity: &&str| {
        let family = quantity.split('.').next();
        family.is_some_and(|family| ["alarm", "battery", "device"].contains(&family))
    };
    let mut quantities = distinct(&quantities.collect::<Vec<&str>>());
    quantities.sort_by_key(is_aside);
    quantities
}

fn distinct<'of>(words: &[&'of str]) -> Vec<&'of str> {
    let mut distinct = Vec::new();
    for word in words {
        if !distinct.contains(word) {
            distinct.push(*word);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A decoder whose texts are as long as packages allow, of signs that take the most bytes in HTML.
    fn longest() -> CatalogueEntry {
        let long = "\"".repeat(40_000);
        let device = json!({ "vendor": long, "model": long });
        let field =
            |quantity: &str| json!({ "name": quantity, "type": "number", "quantity": quantity });
        let names = champollion_sandbox::vocabulary::quantities().map(|quantity| quantity.name);
        let manifest = json!({
            "id": format!("{0}/{0}", "a".repeat(64)), "version": "1.0.0", "name": long, "description": long,
            "licence": long, "maintainer": long, "funded-by": long, "devices": vec![device; 9],
            "fields": names.map(field).collect::<Vec<_>>(),
        });
        CatalogueEntry {
            manifest: serde_json::from_value(manifest).unwrap(),
            use_cases: Vec::new(),
            categories: Vec::new(),
            versions: Vec::new(),
            mapping: None,
            deprecated: None,
            examples: Vec::new(),
        }
    }

    #[test]
    fn the_cards_of_a_page_leave_room_for_its_frame_whatever_decoders_say_of_themselves() {
        let entry = longest();
        for language in Language::ALL {
            let bytes = DECODERS * card(language, &entry).into_string().len();
            assert!(bytes < 120_000, "{language:?}: {bytes}");
        }
    }

    #[test]
    fn each_quantity_is_named_once() {
        assert_eq!(distinct(&["a", "b", "a"]), ["a", "b"]);
        let quantities = ["alarm.leak", "water.volume", "battery.level", "water.flow"];
        let expected = ["water.volume", "water.flow", "alarm.leak", "battery.level"];
        assert_eq!(foremost(quantities.into_iter()), expected);
    }
}
