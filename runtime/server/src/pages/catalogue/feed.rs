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
use maud::{Markup, PreEscaped, html};

use super::path::path_of;
use crate::pages::{own_address::own_address, viewer::Viewer};

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
        (CONTENT_TYPE, HeaderValue::from_static("application/atom+xml; charset=utf-8")),
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
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
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
            summary { (without_controls(&manifest.description)) }
        }
    }
}

/// An element without content: that of XML ends itself.
fn link(relation: &str, address: &str) -> Markup {
    let opened = html! { a rel=(relation) href=(address) {} }.into_string();
    PreEscaped(opened.replacen("<a ", "<link ", 1).replace("></a>", "/>"))
}

/// A text without the characters that XML cannot hold, however they are written.
fn without_controls(text: &str) -> String {
    let may_stand = |sign: &char| !sign.is_control() || "\t\n\r".contains(*sign);
    text.chars()
        .filter(may_stand)
        .filter(|sign| !('\u{fffe}'..='\u{ffff}').contains(sign))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_ends_itself_and_holds_no_foreign_markup() {
        let address = "https://champollion.example/?a=1&b=\"<";
        let written = link("self", address).into_string();
        assert_eq!(
            written,
            "<link rel=\"self\" href=\"https://champollion.example/?a=1&amp;b=&quot;&lt;\"/>"
        );
    }

    #[test]
    fn what_xml_cannot_hold_is_left_out() {
        assert_eq!(without_controls("a\u{0}b\u{7f}\u{ffff}c\n"), "abc\n");
    }
}
