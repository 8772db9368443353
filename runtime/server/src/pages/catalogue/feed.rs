//! A feed (Atom, RFC 4287) of the versions that were published last.

use axum::{
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use champollion_registry::{CatalogueEntry, CatalogueQuery, CatalogueSort};
use jiff::Timestamp;
use maud::{Markup, html};

use super::path::path_of;
use crate::{
    atom::{self, link, without_controls},
    pages::{own_address::own_address, viewer::Viewer},
};

/// Decoders in the feed.
const DECODERS: usize = 50;

/// The feed of what is new.
pub(super) async fn feed(viewer: Viewer) -> Response {
    let registry = &viewer.service().registry;
    let sort = CatalogueSort::Published;
    let places = registry.catalogue_places(&CatalogueQuery::default(), sort);
    let newest = registry.catalogue_after(&places, sort, None).take(DECODERS);
    let entries: Vec<(Timestamp, CatalogueEntry)> =
        newest.filter_map(|(_, entry)| Some((latest(&entry)?, entry))).collect();
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(atom::CONTENT_TYPE)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, written(&viewer, &entries).into_string()).into_response()
}

/// The moment at which a version of a decoder was published last.
fn latest(entry: &CatalogueEntry) -> Option<Timestamp> {
    entry.versions.iter().map(|version| version.published_at).max()
}

fn written(viewer: &Viewer, entries: &[(Timestamp, CatalogueEntry)]) -> Markup {
    let address = own_address(viewer);
    let updated = entries.first().map_or(Timestamp::UNIX_EPOCH, |(moment, _)| *moment);
    html! {
        (atom::declaration())
        feed xmlns="http://www.w3.org/2005/Atom" xml:lang=(viewer.language().code()) {
            title { (viewer.say("catalogue-feed")) }
            id { (address) "/catalogue" }
            updated { (updated) }
            author { name { "Champollion" } }
            (link("self", &format!("{address}/catalogue.atom")))
            (link("alternate", &format!("{address}/catalogue")))
            @for (moment, entry) in entries { (one(&address, *moment, entry)) }
        }
    }
}

fn one(address: &str, moment: Timestamp, entry: &CatalogueEntry) -> Markup {
    let manifest = &entry.manifest;
    let page = format!("{address}{}", path_of(&manifest.id));
    html! {
        entry {
            title { (without_controls(&manifest.name)) " " (manifest.version) }
            id { (page) "/" (manifest.version) }
            updated { (moment) }
            (link("alternate", &page))
            summary xml:lang="en" { (without_controls(&manifest.description)) }
        }
    }
}
