//! One partner: its groups, its approval with the numbers that are declared, and the end of it.

use axum::{
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use super::{
    partners::LIST,
    requests::page_of as page_of_request,
    sections,
    values::{facts, moment_at, names, number_at, words_at},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        clocks::Clocks,
        json::{moment, optional, path_part, text},
        layout::Page,
        parts::{
            badge::badge,
            form::{Fault, Field, Kind, form, submit},
            notice::{Tone, notice},
        },
        submission::Submission,
        viewer::Viewer,
    },
};

/// Rows of the field of the letter.
const ROWS: u8 = 6;

/// The forms of the page: a fault belongs to one of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Change,
    End,
}

/// A form that was sent, with what is wrong with it.
struct Sent<'of> {
    form: Form,
    submission: &'of Submission,
    fault: Fault,
}

pub(super) async fn show(viewer: Viewer, Path(partner): Path<String>) -> Result<Page, Problem> {
    page(&viewer, &partner, None).await
}

fn path_of(partner: &str) -> String {
    format!("/v1/partners/{}", path_part(partner))
}

fn page_of(partner: &str) -> String {
    format!("{LIST}/{}", path_part(partner))
}

async fn page(viewer: &Viewer, id: &str, sent: Option<Sent<'_>>) -> Result<Page, Problem> {
    let partner = viewer.get(&path_of(id)).await?;
    let approval = viewer.get(&format!("{}/approval", path_of(id))).await?;
    let content = html! {
        (facts([
            (viewer.say("operator-partners-short"), html! { code { (text(&partner, "/id")) } }),
            (viewer.say("operator-partners-groups"), words_at(viewer, &partner, "/groups")),
            (viewer.say("operator-partners-created"), moment_at(viewer, &partner, "/createdAt")),
        ]))
        h2 { (viewer.say("operator-partners-approval")) }
        (shown_approval(viewer, &approval))
        @if viewer.may(Scope::Partners) {
            h2 { (viewer.say("operator-partners-change")) }
            (changing(viewer, id, sent.as_ref()))
            h2 { (viewer.say("operator-partners-end")) }
            (ending(viewer, id, sent.as_ref()))
        }
    };
    Ok(sections::page(viewer, &text(&partner, "/name"), content))
}

fn shown_approval(viewer: &Viewer, answer: &Json) -> Markup {
    let approval = &answer["approval"];
    let unbounded = |pointer: &str| match answer.pointer(pointer) {
        Some(Json::Number(_)) => number_at(viewer, answer, pointer),
        _ => html! { (viewer.say("operator-partners-unbounded")) },
    };
    let until = viewer.day(optional(approval, "/until").unwrap_or("–"));
    html! {
        @if let Some(ends) = moment(approval, "/notice/endsAt") {
            @let at = viewer.minute(ends);
            (notice(Tone::Warning, html! {
                p { (viewer.say_with("operator-partners-notice", [("at", at.into())])) }
            }))
        }
        (facts([
            (viewer.say("operator-state"), state(viewer, answer)),
            (viewer.say("operator-partners-objects"), number_at(viewer, answer, "/objects")),
            (viewer.say("operator-partners-declared"), unbounded("/declared")),
            (viewer.say("operator-partners-most"), unbounded("/most")),
            (viewer.say("operator-partners-granted"), moment_at(viewer, approval, "/grantedAt")),
            (viewer.say("operator-partners-until"), html! { (until) }),
        ]))
        @if let Some(request) = optional(approval, "/request") {
            p { a href=(page_of_request(request)) { (viewer.say("operator-requests-declaration")) } }
        }
    }
}

fn state(viewer: &Viewer, answer: &Json) -> Markup {
    let state = text(answer, "/state");
    let tone = if state == "in-force" { Tone::Good } else { Tone::Warning };
    badge(tone, &viewer.say_word("operator-approval-state", &state))
}

/// The fault of a form, and what was sent with it, where it is the one that was sent.
fn of_form<'of>(
    form: Form,
    sent: Option<&'of Sent<'of>>,
) -> (Option<&'of Submission>, Option<&'of Fault>) {
    let own = sent.filter(|sent| sent.form == form);
    (own.map(|own| own.submission), own.map(|own| &own.fault))
}

fn changing(viewer: &Viewer, id: &str, sent: Option<&Sent<'_>>) -> Markup {
    let (submission, fault) = of_form(Form::Change, sent);
    let none = Fault::none();
    let fault = fault.unwrap_or(&none);
    let field = |name: &'static str, label: String| {
        let value = submission.map(|sent| sent.text(name)).unwrap_or_default();
        Field::new(name, label).value(value).fault(fault).shown()
    };
    let fields = html! {
        (field("name", viewer.say("operator-partners-change-name")))
        (field("addGroups", viewer.say("operator-partners-add-groups")))
        (field("removeGroups", viewer.say("operator-partners-remove-groups")))
        p.hint { (viewer.say("operator-partners-groups-hint")) }
        (submit(&viewer.say("operator-partners-change")))
    };
    form(viewer, &page_of(id), fault, fields)
}

fn ending(viewer: &Viewer, id: &str, sent: Option<&Sent<'_>>) -> Markup {
    let (submission, fault) = of_form(Form::End, sent);
    let none = Fault::none();
    let fault = fault.unwrap_or(&none);
    let field = |name: &'static str, label: String, kind: Kind| {
        let value = submission.map(|sent| sent.text(name)).unwrap_or_default();
        Field::new(name, label).kind(kind).value(value).fault(fault).required().shown()
    };
    let fields = html! {
        (field("endsAt", viewer.say("operator-partners-ends-at"), Kind::Line("date")))
        (field("letter", viewer.say("operator-requests-letter"), Kind::Lines(ROWS)))
        p.actions { button.danger type="submit" { (viewer.say("operator-partners-end")) } }
    };
    html! {
        p { (viewer.say("operator-partners-end-lead")) }
        (form(viewer, &format!("{}/end", page_of(id)), fault, fields))
    }
}

pub(super) async fn change(
    viewer: Viewer,
    Path(partner): Path<String>,
    submission: Submission,
) -> Result<Response, Problem> {
    let mut body = Map::new();
    if let Some(name) = submission.filled("name") {
        body.insert("name".to_owned(), json!(name));
    }
    for groups in ["addGroups", "removeGroups"] {
        if let Some(text) = submission.filled(groups) {
            body.insert(groups.to_owned(), json!(names(text)));
        }
    }
    let changed = viewer.send(Method::PATCH, &path_of(&partner), Some(&Json::Object(body))).await;
    answered(&viewer, &partner, (Form::Change, &submission), changed).await
}

pub(super) async fn end(
    viewer: Viewer,
    Path(partner): Path<String>,
    submission: Submission,
) -> Result<Response, Problem> {
    let ends_at = Clocks::of(&viewer).sent_begin(submission.text("endsAt"));
    let body = json!({ "endsAt": ends_at, "letter": submission.text("letter") });
    let path = format!("{}/approval/end", path_of(&partner));
    let ended = viewer.send(Method::POST, &path, Some(&body)).await;
    answered(&viewer, &partner, (Form::End, &submission), ended).await
}

/// Goes back to the page where it is done, and else shows what is wrong at the form that was sent.
async fn answered(
    viewer: &Viewer,
    partner: &str,
    (form, submission): (Form, &Submission),
    answer: Result<Json, Problem>,
) -> Result<Response, Problem> {
    let Err(problem) = answer else {
        return Ok(viewer.done(&page_of(partner), "done-operator-partner-changed"));
    };
    let sent = Sent { form, submission, fault: Fault::of(&problem) };
    let page = page(viewer, partner, Some(sent)).await?;
    Ok(page.with_status(problem.status()).into_response())
}
