//! One request: the declaration, the checks, the remarks of both sides, and the decision.

use axum::{extract::Path, http::Method, response::Response};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    request_decision,
    requests::{clock, page_of, paragraphs, path_of, state_badge},
    sections,
    values::{facts, moment_at, words_at},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        json::{items, optional, path_part, text},
        layout::Page,
        parts::{
            badge::badge,
            form::{Fault, Field, Kind, form, submit},
            notice::Tone,
            table::Table,
        },
        submission::Submission,
        viewer::Viewer,
    },
};

/// Rows of the field of a remark.
const ROWS: u8 = 4;

pub(super) async fn show(viewer: Viewer, Path(id): Path<String>) -> Result<Page, Problem> {
    let request = viewer.get(&path_of(&id)).await?;
    Ok(page(&viewer, &request, (&Submission::default(), &Fault::none()), html! {}))
}

/// The page of a request, below what came of the last act on it. `sent` and the fault are those of the decision.
pub(super) fn page(
    viewer: &Viewer,
    request: &Json,
    decision: (&Submission, &Fault),
    outcome: Markup,
) -> Page {
    let is_waiting = text(request, "/state") == "waiting";
    let content = html! {
        (outcome)
        (head(viewer, request))
        (matter(viewer, request))
        @if let Some(checks) = request.get("checks") {
            h2 { (viewer.say("operator-requests-checks")) }
            (shown_checks(viewer, request, items(checks, ""), is_waiting))
        }
        h2 { (viewer.say("operator-requests-remarks")) }
        (remarks(viewer, request, is_waiting))
        h2 { (viewer.say("operator-requests-decide")) }
        @if let Some(decided) = request.get("decision") {
            (request_decision::shown(viewer, decided))
        } @else if viewer.may(Scope::Partners) {
            (request_decision::deciding(viewer, request, decision))
        }
    };
    let name = viewer.say_with("operator-requests-of", [("name", text(request, "/name").into())]);
    sections::page(viewer, &name, content)
}

fn head(viewer: &Viewer, request: &Json) -> Markup {
    facts([
        (
            viewer.say("operator-requests-matter"),
            html! { (viewer.say_word("operator-requests-matter", &text(request, "/matter/about"))) },
        ),
        (viewer.say("operator-state"), state_badge(viewer, request)),
        (
            viewer.say("operator-requests-waits-for"),
            html! { (viewer.say_word("operator-waits-for", &text(request, "/waitsFor"))) },
        ),
        (
            viewer.say("operator-requests-asked"),
            html! { (moment_at(viewer, request, "/askedAt")) " " (text(request, "/askedBy")) },
        ),
        (viewer.say("operator-requests-due"), clock(viewer, request, Timestamp::now())),
    ])
}

/// The subject of a request: the declaration under its six headings, or the numbers of objects.
fn matter(viewer: &Viewer, request: &Json) -> Markup {
    let matter = &request["matter"];
    let Some(declaration) = matter.get("declaration") else {
        let numbers = [
            ("declared", matter["declared"].as_u64().unwrap_or_default().into()),
            ("number", matter["number"].as_u64().unwrap_or_default().into()),
        ];
        return html! { p { (viewer.say_with("operator-requests-more", numbers)) } };
    };
    html! {
        h2 { (viewer.say("operator-requests-declaration")) }
        (facts(headings(viewer, declaration)))
        (stages(viewer, items(declaration, "/objects")))
        @if let Some(applicant) = matter.get("applicant") {
            (facts([
                (viewer.say("operator-requests-applicant"), person(applicant)),
                (viewer.say("operator-requests-groups"), words_at(viewer, matter, "/groups")),
            ]))
        }
    }
}

/// The headings of a declaration; the numbers of objects have a table of their own.
fn headings(viewer: &Viewer, declaration: &Json) -> [(String, Markup); 5] {
    let frequency = |direction: &str| {
        let one = &declaration["frequency"][direction];
        html! {
            @if !one.is_null() {
                (text(one, "/messages")) " / " (text(one, "/per")) " (" (direction) ") "
            }
        }
    };
    [
        (viewer.say("operator-requests-mission"), html! { (text(declaration, "/mission")) }),
        (viewer.say("operator-requests-period"), period(viewer, &declaration["period"])),
        (viewer.say("operator-requests-coverage"), words_at(viewer, declaration, "/coverage")),
        (viewer.say("operator-requests-direction"), html! { (text(declaration, "/direction")) }),
        (
            viewer.say("operator-requests-frequency"),
            html! { (frequency("up")) (frequency("down")) },
        ),
    ]
}

fn period(viewer: &Viewer, period: &Json) -> Markup {
    let from = ("from", viewer.day(&text(period, "/from")).into());
    let said = match optional(period, "/until") {
        Some(until) => {
            let until = ("until", viewer.day(until).into());
            viewer.say_with("operator-requests-period-until", [from, until])
        }
        None => viewer.say_with("operator-requests-period-from", [from]),
    };
    html! { (said) " " (text(period, "/calendar")) }
}

fn stages(viewer: &Viewer, stages: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("operator-requests-objects"))
        .column(viewer.say("operator-requests-objects-from"))
        .numbers(viewer.say("operator-requests-objects-number"))
        .column(viewer.say("operator-requests-objects-places"));
    for stage in stages {
        table.row(vec![
            html! { (viewer.day(&text(stage, "/from"))) },
            html! { (text(stage, "/number")) },
            html! { (text(stage, "/places")) },
        ]);
    }
    html! { h3 { (viewer.say("operator-requests-objects")) } (table.shown()) }
}

/// The name and the address of a person.
fn person(person: &Json) -> Markup {
    html! {
        (text(person, "/firstName")) " " (text(person, "/name"))
        " <" (text(person, "/email")) ">"
    }
}

fn shown_checks(viewer: &Viewer, request: &Json, checks: &[Json], is_waiting: bool) -> Markup {
    let may_check = is_waiting && viewer.may(Scope::Partners);
    html! {
        @if checks.is_empty() { p { (viewer.say("operator-requests-checks-none")) } }
        ol.cards {
            @for (number, check) in (1_usize..).zip(checks) {
                li.card {
                    p.title { (text(check, "/question")) }
                    p { (result(viewer, check)) }
                    @if may_check { (checking(viewer, request, number)) }
                }
            }
        }
    }
}

/// The result of a check, with the one who found it and the note.
fn result(viewer: &Viewer, check: &Json) -> Markup {
    let Some(result) = check.get("result") else {
        return badge(Tone::Plain, &viewer.say("operator-requests-check-open"));
    };
    let (tone, word) = match result["passed"] == true {
        true => (Tone::Good, "operator-requests-check-passed"),
        false => (Tone::Bad, "operator-requests-check-failed"),
    };
    let word = viewer.language().say(word);
    html! {
        (badge(tone, &word)) " " (text(result, "/by")) " " (moment_at(viewer, result, "/at"))
        " " (text(result, "/note"))
    }
}

fn checking(viewer: &Viewer, request: &Json, number: usize) -> Markup {
    let action = format!("{}/checks/{number}", page_of(&text(request, "/id")));
    let of_form = format!("check-{number}-");
    let fields = html! {
        (Field::new("note", viewer.say("operator-requests-check-note")).of_form(&of_form).shown())
        p.actions {
            button type="submit" name="passed" value="yes" { (viewer.say("operator-requests-check-pass")) }
            " "
            button.danger type="submit" { (viewer.say("operator-requests-check-fail")) }
        }
    };
    form(viewer, &action, &Fault::none(), fields)
}

fn remarks(viewer: &Viewer, request: &Json, is_waiting: bool) -> Markup {
    let remarks = items(request, "/remarks");
    html! {
        @if remarks.is_empty() { p { (viewer.say("operator-requests-remarks-none")) } }
        @for remark in remarks {
            section.card {
                p.soft {
                    (viewer.say_word("operator-side", &text(remark, "/side"))) " " (text(remark, "/by")) " "
                    (moment_at(viewer, remark, "/at"))
                }
                (paragraphs(&text(remark, "/text")))
            }
        }
        @if is_waiting && viewer.may(Scope::People) { (remarking(viewer, request)) }
    }
}

fn remarking(viewer: &Viewer, request: &Json) -> Markup {
    let action = format!("{}/remarks", page_of(&text(request, "/id")));
    let fields = html! {
        (Field::new("text", viewer.say("operator-requests-remark")).kind(Kind::Lines(ROWS)).required().shown())
        (Field::new("question", viewer.say("operator-requests-remark-question")).kind(Kind::Tick).shown())
        (submit(&viewer.say("operator-requests-remark-add")))
    };
    form(viewer, &action, &Fault::none(), fields)
}

pub(super) async fn check(
    viewer: Viewer,
    Path((id, number)): Path<(String, String)>,
    sent: Submission,
) -> Result<Response, Problem> {
    let mut body = json!({ "passed": sent.is_ticked("passed") });
    if let Some(note) = sent.filled("note") {
        body["note"] = json!(note);
    }
    let path = format!("{}/checks/{}", path_of(&id), path_part(&number));
    viewer.send(Method::PUT, &path, Some(&body)).await?;
    Ok(viewer.done(&page_of(&id), "done-operator-checked"))
}

pub(super) async fn remark(
    viewer: Viewer,
    Path(id): Path<String>,
    sent: Submission,
) -> Result<Response, Problem> {
    let body = json!({ "text": sent.text("text"), "question": sent.is_ticked("question") });
    viewer.send(Method::POST, &format!("{}/remarks", path_of(&id)), Some(&body)).await?;
    Ok(viewer.done(&page_of(&id), "done-operator-remarked"))
}
