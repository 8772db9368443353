//! The audit: its signed end, checked, and the search of its lines.

use axum::{http::Method, response::Response};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    audit_search::{Checked, Filter, Found, Line, author, check, end_of, search},
    sections,
    values::{facts, moment_at, size_at},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        clocks::Clocks,
        json::{items, text},
        layout::Page,
        parts::{
            badge::badge,
            empty::empty,
            filters::filters,
            form::{Field, Kind, button_form},
            notice::{Tone, notice},
            table::Table,
        },
        submission::Submission,
        told::Told,
        viewer::Viewer,
        written::shortened,
    },
};

/// Characters of a line's details that are shown; all of them are in the line itself.
const DETAILS: usize = 200;

/// The parameters by which the lines are narrowed, beside the words that are searched for.
const NARROWING: [&str; 4] = ["action", "by", "since", "until"];

pub(super) async fn show(viewer: Viewer) -> Result<Page, Problem> {
    let head = viewer.get("/v1/audit/head").await?;
    let of_index = viewer.get("/v1/registry/head").await?;
    let end = end_of(&head);
    let last = search(&viewer, &Filter::default(), end + 1).await?;
    let checked = check(&head, &of_index, last.lines.first());
    let before = viewer.parameter("before").and_then(|place| place.parse().ok());
    let found = match (is_asked(&viewer), before) {
        (false, None) => last,
        (_, before) => search(&viewer, &filter(&viewer), before.unwrap_or(end + 1)).await?,
    };
    let content = html! {
        p.lead { (viewer.say("operator-audit-lead")) }
        (shown_head(&viewer, &head, &checked))
        (form(&viewer))
        (lines(&viewer, &found))
        h2 { (viewer.say("operator-audit-archives")) }
        (archives(&viewer, &head))
    };
    Ok(sections::page(&viewer, &viewer.say("operator-audit-title"), content))
}

/// Whether the lines are narrowed.
fn is_asked(viewer: &Viewer) -> bool {
    viewer.parameter("q").is_some() || in_force(viewer) > 0
}

/// The number of filters that narrow the lines.
fn in_force(viewer: &Viewer) -> usize {
    NARROWING.iter().filter(|name| viewer.parameter(name).is_some()).count()
}

fn filter(viewer: &Viewer) -> Filter {
    let text = |name: &str| viewer.parameter(name).unwrap_or_default();
    let clocks = Clocks::of(viewer);
    Filter {
        words: text("q"),
        action: text("action"),
        by: text("by"),
        since: clocks.begin_of(&text("since")),
        until: clocks.after(&text("until")),
    }
}

/// The signed end of the audit, and whether its signature is right.
fn shown_head(viewer: &Viewer, head: &Json, checked: &Checked) -> Markup {
    let sequence = viewer.say_with("operator-audit-head-line", [("sequence", end_of(head).into())]);
    let usage = [
        ("used", size_at(viewer, head, "/usage/liveBytes").into_string().into()),
        ("most", size_at(viewer, head, "/usage/maxBytes").into_string().into()),
    ];
    let (tone, said) = match checked {
        Checked::Right => (Tone::Good, viewer.say("operator-audit-head-verified")),
        Checked::Moved => (Tone::Plain, viewer.say("operator-audit-head-moved")),
        Checked::Wrong(why) => (
            Tone::Bad,
            viewer.say_with("operator-audit-head-wrong", [("why", why.as_str().into())]),
        ),
    };
    html! {
        section.card {
            h2 { (viewer.say("operator-audit-head")) }
            (notice(tone, html! { p { (said) } }))
            (facts([
                (sequence, html! { code { (text(head, "/head/hash")) } }),
                (viewer.say("operator-keys-own"), html! { code { (text(head, "/key")) } }),
                (viewer.say("operator-audit-at"), moment_at(viewer, head, "/signedAt")),
                (viewer.say("operator-audit-space"), html! { (viewer.say_with("operator-audit-space-of", usage)) }),
            ]))
            @if viewer.may(Scope::Registry) {
                p { a.button.quiet href="/operator/audit/check" { (viewer.say("operator-audit-verify")) } }
            }
        }
    }
}

fn form(viewer: &Viewer) -> Markup {
    let field = |name: &'static str, label: String, kind: &'static str| {
        let value = viewer.parameter(name).unwrap_or_default();
        Field::new(name, label).kind(Kind::Line(kind)).value(value).shown()
    };
    let narrowing = html! {
        (field("action", viewer.say("operator-audit-action"), "text"))
        (field("by", viewer.say("operator-audit-by"), "text"))
        (field("since", viewer.say("operator-audit-since"), "date"))
        (field("until", viewer.say("operator-audit-until"), "date"))
    };
    html! {
        form.fields.narrowing method="get" role="search" {
            (field("q", viewer.say("operator-audit-text"), "search"))
            (filters(viewer, in_force(viewer), narrowing))
            p.actions { button type="submit" { (viewer.say("operator-search")) } }
        }
    }
}

fn lines(viewer: &Viewer, found: &Found) -> Markup {
    let mut table = Table::new(viewer.say("operator-audit-title"))
        .column(viewer.say("operator-audit-at"))
        .column(viewer.say("operator-audit-action"))
        .column(viewer.say("operator-audit-subject"))
        .column(viewer.say("operator-audit-by"))
        .column(viewer.say("operator-audit-details"));
    for line in &found.lines {
        table.row(row(viewer, line));
    }
    let looked_at = viewer.say_with("operator-audit-searched", [("lines", found.looked_at.into())]);
    html! {
        p.soft { (looked_at) }
        @if table.is_empty() {
            (empty(&viewer.say("operator-audit-none"), &looked_at, None))
        } @else {
            (table.shown())
        }
        (way_on(viewer, found.older))
    }
}

/// The way to older lines, and back to the newest.
fn way_on(viewer: &Viewer, older: Option<u64>) -> Markup {
    let is_later = viewer.parameter("before").is_some();
    let older = older.map(|place| viewer.address_with(&[("before", place.to_string().as_str())]));
    html! {
        @if is_later || older.is_some() {
            nav.pager aria-label=(viewer.say("pager-label")) {
                @if is_later {
                    a.button.quiet href=(viewer.address_with(&[("before", "")])) {
                        (viewer.say("operator-audit-newest"))
                    }
                }
                @if let Some(older) = older {
                    a.button.quiet href=(older) { (viewer.say("operator-audit-older")) }
                }
            }
        }
    }
}

fn row(viewer: &Viewer, line: &Line) -> Vec<Markup> {
    if line.json.is_null() {
        let damaged = badge(Tone::Bad, &viewer.say("operator-audit-damaged"));
        return vec![damaged, html! {}, html! {}, html! {}, html! { code { (line.text) } }];
    }
    let (name, from) = author(line);
    let details = line.json.get("details").map(ToString::to_string).unwrap_or_default();
    vec![
        moment_at(viewer, &line.json, "/at"),
        act(viewer, &text(&line.json, "/action")),
        html! { (text(&line.json, "/subject")) },
        html! { (name) @if let Some(from) = from { " " span.soft.small { (from) } } },
        html! {
            @if !details.is_empty() {
                details {
                    summary { (viewer.say("operator-audit-details")) }
                    code { (shortened(&details, DETAILS)) }
                }
            }
        },
    ]
}

/// An act in words, with the word by which it is searched.
fn act(viewer: &Viewer, action: &str) -> Markup {
    let said = viewer.language().try_say(&format!("operator-act-{action}"));
    html! {
        @if let Some(said) = said { div { (said) } }
        code.small { (action) }
    }
}

fn archives(viewer: &Viewer, head: &Json) -> Markup {
    let archives = items(head, "/archives");
    html! {
        @if archives.is_empty() { p { (viewer.say("operator-audit-archives-none")) } }
        ul {
            @for archive in archives {
                li { code { (text(archive, "/file")) } " " (size_at(viewer, archive, "/bytes")) }
            }
        }
        (button_form(viewer, "/operator/audit/archive", &viewer.say("operator-audit-archive"), false))
    }
}

pub(super) async fn archive(viewer: Viewer, _: Submission) -> Result<Response, Problem> {
    viewer.send(Method::POST, "/v1/audit/archive", None).await?;
    Ok(viewer.done("/operator/audit", "done-operator-archived"))
}

/// The check of everything: each line of index and audit, and each package.
pub(super) async fn verify(viewer: Viewer) -> Result<Page, Problem> {
    let verified = viewer.get("/v1/registry/verify").await?;
    let problems = items(&verified, "/problems");
    let versions = verified["versions"].as_u64().unwrap_or_default();
    let content = html! {
        @if problems.is_empty() {
            (notice(Tone::Good, html! {
                p { (viewer.say_with("operator-audit-verified", [("versions", versions.into())])) }
            }))
        } @else {
            (notice(Tone::Bad, html! {
                p.title { (viewer.say("operator-audit-not-verified")) }
                ul {
                    @for (problem, found) in problems.iter().zip(items(&verified, "/found")) {
                        li { (Told::of_answer(viewer.language(), found, text(problem, "")).shown()) }
                    }
                }
            }))
        }
        p { a href="/operator/audit" { (viewer.say("operator-audit-title")) } }
    };
    Ok(sections::page(&viewer, &viewer.say("operator-audit-verify"), content))
}
