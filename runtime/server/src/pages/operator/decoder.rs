//! One decoder: its versions with their states, what runs beside the stable version, and the forms that change what
//! devices get.

use axum::extract::Path;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    decoder_forms::forms,
    decoder_reports,
    decoders::{channel_badge, page_of},
    known_decoder::Decoder,
    quarantine::reason,
    redecode::path_of as path_of_redecoding,
    sections,
    values::{facts, moment_at, number_at, size_at},
};
use crate::{
    api::Problem,
    pages::{
        json::{items, optional, path_part, text},
        layout::Page,
        parts::{
            badge::badge,
            form::button_form,
            live::live,
            notice::{Tone, notice},
            table::Table,
        },
        viewer::Viewer,
    },
};

/// Digits of a digest that are shown.
const DIGITS: usize = 19;

pub(super) async fn show(
    viewer: Viewer,
    Path((vendor, model)): Path<(String, String)>,
) -> Result<Page, Problem> {
    let decoder = Decoder::of(&viewer, &vendor, &model).await?;
    Ok(page(&viewer, &decoder, html! {}))
}

/// The page of a decoder, below what came of a change.
pub(super) fn page(viewer: &Viewer, decoder: &Decoder, outcome: Markup) -> Page {
    let id = decoder.id();
    let content = html! {
        (outcome)
        (head(viewer, decoder))
        @for one in &decoder.set_aside { (set_aside(viewer, one)) }
        h2 { (viewer.say("operator-decoders-versions")) }
        (versions(viewer, decoder))
        @if decoder.shadow.is_some() || decoder.canary.is_some() {
            (live(viewer, (&page_of(&id), "reports"), reports(viewer, decoder)))
        }
        h2 { (viewer.say("operator-decoders-changes")) }
        (forms(viewer, decoder))
    };
    sections::page(viewer, &id, content)
}

/// The versions that run beside the stable one, and how they do.
fn reports(viewer: &Viewer, decoder: &Decoder) -> Markup {
    html! {
        @if let Some(report) = &decoder.shadow { (decoder_reports::shadow(viewer, report)) }
        @if let Some(report) = &decoder.canary { (decoder_reports::canary(viewer, report)) }
    }
}

fn head(viewer: &Viewer, decoder: &Decoder) -> Markup {
    let (id, entry) = (decoder.id(), &decoder.entry);
    html! {
        p.lead lang="en" { (text(entry, "/description")) }
        @if let Some(deprecated) = entry.get("deprecated") {
            (notice(Tone::Warning, html! {
                p.title { (viewer.say("operator-decoders-deprecated")) }
                p { (text(deprecated, "/successor")) " " (text(deprecated, "/reason")) }
            }))
        }
        p.actions {
            a.button.quiet href={ "/catalogue/" (id) } { (viewer.say("operator-decoders-in-catalogue")) }
            a.button.quiet href={ (page_of(&id)) "/mapping" } { (viewer.say("operator-decoders-mapping")) }
            a.button.quiet href=(path_of_redecoding(&id)) { (viewer.say("operator-redecode")) }
        }
    }
}

/// A part of the decoder that is set aside, and the way to lift that.
fn set_aside(viewer: &Viewer, one: &Json) -> Markup {
    let (id, version) = (text(one, "/id"), path_part(&text(one, "/version")));
    let lift = format!("/operator/quarantine/{id}/{version}/lift");
    notice(
        Tone::Bad,
        html! {
            p.title { (viewer.say("operator-decoders-quarantined")) ": " (text(one, "/version")) }
            p { (reason(viewer, one)) }
            (button_form(viewer, &lift, &viewer.say("operator-decoders-lift"), false))
        },
    )
}

fn versions(viewer: &Viewer, decoder: &Decoder) -> Markup {
    let mut table = Table::new(viewer.say("operator-decoders-versions"))
        .column(viewer.say("operator-decoders-version"))
        .column(viewer.say("operator-state"))
        .column(viewer.say("operator-decoders-published"))
        .numbers(viewer.say("operator-decoders-vectors"))
        .numbers(viewer.say("operator-decoders-size"))
        .column(viewer.say("operator-decoders-digest"));
    for version in items(&decoder.entry, "/versions") {
        table.row(row(viewer, decoder, version));
    }
    table.shown()
}

fn row(viewer: &Viewer, decoder: &Decoder, version: &Json) -> Vec<Markup> {
    let number = text(version, "/version");
    let (package, digest) = (package_of(&decoder.id(), &number), text(version, "/digest"));
    let runs = |report: &Option<Json>| {
        report.as_ref().is_some_and(|report| text(report, "/version") == number)
    };
    vec![
        html! { (number) },
        html! {
            (channel_badge(viewer, version))
            @if runs(&decoder.shadow) { " " (badge(Tone::Plain, &viewer.say("operator-decoders-shadow"))) }
            @if runs(&decoder.canary) { " " (badge(Tone::Plain, &viewer.say("operator-decoders-canary"))) }
            @if let Some(reason) = optional(version, "/yanked") { " " (reason) }
        },
        moment_at(viewer, version, "/publishedAt"),
        number_at(viewer, version, "/vectors"),
        size_at(viewer, version, "/bytes"),
        html! {
            code title=(digest) { (digest.chars().take(DIGITS).collect::<String>()) }
            " " a href=(package) { (viewer.say("operator-decoders-download")) }
        },
    ]
}

/// The address at which the package of a version is downloaded.
fn package_of(id: &str, version: &str) -> String {
    format!("/v1/registry/{id}/{}", path_part(version))
}

/// The facts of a version that was published, or could be.
pub(super) fn published_facts(viewer: &Viewer, outcome: &Json) -> Markup {
    let channel = text(outcome, "/channel");
    let mut rows = vec![
        (
            viewer.say("operator-decoders-decoder"),
            html! { (text(outcome, "/id")) " " (text(outcome, "/version")) },
        ),
        (viewer.say("operator-decoders-digest"), html! { code { (text(outcome, "/digest")) } }),
    ];
    if !channel.is_empty() {
        rows.push((
            viewer.say("operator-decoders-channel"),
            html! { (viewer.say_word("operator-decoders", &channel)) },
        ));
    }
    facts(rows)
}
