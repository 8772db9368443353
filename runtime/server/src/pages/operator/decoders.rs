//! The list of decoders, each with the version that devices get and what is out of the ordinary.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde_json::Value as Json;

use super::{sections, values::part_of};
use crate::{
    api::Problem,
    pages::{
        json::{items, next_of, path_part, text},
        layout::Page,
        parts::{badge::badge, empty::empty, notice::Tone, pager::pager, table::Table},
        viewer::Viewer,
    },
};

/// The page on which a package is published.
pub(super) const PUBLISH: &str = "/operator/decoders/publish";

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    let quarantine = viewer.get("/v1/registry/quarantine").await?;
    let set_aside: BTreeSet<String> =
        items(&quarantine, "/quarantined").iter().map(|one| text(one, "/id")).collect();
    let words = viewer.parameter("q").unwrap_or_default();
    let catalogue = viewer.get(&part_of(&viewer, "/v1/catalogue", &[("q", &words)])).await?;
    let content = html! {
        p.lead { (viewer.say("operator-decoders-lead")) }
        p.actions { a.button href=(PUBLISH) { (viewer.say("operator-decoders-publish")) } }
        (search(&viewer, &words))
        (table(&viewer, &catalogue, &set_aside, &words))
        (pager(&viewer, next_of(&catalogue)))
    };
    Ok(sections::page(&viewer, &viewer.say("operator-decoders-title"), content))
}

/// The address of the page of a decoder.
pub(super) fn page_of(id: &str) -> String {
    let parts: Vec<String> = id.split('/').map(path_part).collect();
    format!("/operator/decoders/{}", parts.join("/"))
}

fn search(viewer: &Viewer, words: &str) -> Markup {
    html! {
        form.search method="get" role="search" {
            label.unseen for="decoders-q" { (viewer.say("operator-decoders-search")) }
            input type="search" id="decoders-q" name="q" value=(words)
                placeholder=(viewer.say("operator-decoders-search"));
            button type="submit" { (viewer.say("operator-search")) }
        }
    }
}

fn table(viewer: &Viewer, catalogue: &Json, set_aside: &BTreeSet<String>, words: &str) -> Markup {
    let mut table = Table::new(viewer.say("operator-decoders-title"))
        .column(viewer.say("operator-decoders-decoder"))
        .column(viewer.say("operator-name"))
        .column(viewer.say("operator-decoders-version"))
        .numbers(viewer.say("operator-decoders-versions"))
        .column(viewer.say("operator-state"));
    for decoder in items(catalogue, "/decoders") {
        table.row(row(viewer, decoder, set_aside));
    }
    match (table.is_empty(), words.is_empty()) {
        (false, _) => table.shown(),
        (true, true) => {
            let first = viewer.say("operator-decoders-publish");
            let (title, what) =
                (viewer.say("operator-decoders-none"), viewer.say("operator-step-library-how"));
            empty(&title, &what, Some((PUBLISH, &first)))
        }
        (true, false) => empty(&viewer.say("operator-decoders-none-found"), words, None),
    }
}

fn row(viewer: &Viewer, decoder: &Json, set_aside: &BTreeSet<String>) -> Vec<Markup> {
    let id = text(decoder, "/id");
    let is_set_aside = set_aside.contains(&id);
    vec![
        html! { a href=(page_of(&id)) { (id) } },
        html! { (text(decoder, "/name")) },
        html! { (text(decoder, "/version")) },
        html! { (items(decoder, "/versions").len()) },
        html! {
            (channel_badge(viewer, shown_version(decoder)))
            @if is_set_aside { " " (badge(Tone::Bad, &viewer.say("operator-decoders-quarantined"))) }
            @if decoder.get("deprecated").is_some() {
                " " (badge(Tone::Warning, &viewer.say("operator-decoders-deprecated")))
            }
        },
    ]
}

/// The version of a decoder that its entry shows.
fn shown_version(decoder: &Json) -> &Json {
    let own = text(decoder, "/version");
    let mut versions = items(decoder, "/versions").iter();
    versions.find(|version| text(version, "/version") == own).unwrap_or(&Json::Null)
}

/// The badge of a version: its channel, or that it is withdrawn.
pub(super) fn channel_badge(viewer: &Viewer, version: &Json) -> Markup {
    if version.get("yanked").is_some() {
        return badge(Tone::Bad, &viewer.say("operator-decoders-yanked"));
    }
    match text(version, "/channel").as_str() {
        "stable" => badge(Tone::Good, &viewer.say("operator-decoders-stable")),
        "" => html! {},
        other => badge(Tone::Plain, &viewer.say_word("operator-decoders", other)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_version_that_an_entry_shows_is_among_its_versions() {
        let decoder = json!({
            "version": "1.1.0",
            "versions": [{ "version": "2.0.0-rc.1" }, { "version": "1.1.0", "channel": "stable" }],
        });
        assert_eq!(shown_version(&decoder)["channel"], "stable");
        assert!(shown_version(&json!({})).is_null());
        assert_eq!(page_of("acme/meter"), "/operator/decoders/acme/meter");
    }
}
