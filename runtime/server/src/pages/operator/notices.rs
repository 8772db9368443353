//! Notices as the operator makes, follows up and takes them back.

use axum::{
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use super::{
    sections,
    values::{names, part_of},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        clocks::{self, Clocks},
        json::{items, next_of, path_part, text},
        layout::Page,
        partner::entered::put,
        parts::{
            empty::empty,
            form::{Fault, Field, Kind, button_form, form, submit},
            pager::pager,
        },
        status,
        submission::Submission,
        viewer::Viewer,
    },
};

/// The path of the list, to which the form is sent as well.
const LIST: &str = "/operator/notices";

/// Lines of a field for a text.
const LINES: u8 = 4;

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    page(&viewer, &Submission::default(), &Fault::none()).await
}

async fn page(viewer: &Viewer, sent: &Submission, fault: &Fault) -> Result<Page, Problem> {
    let list = viewer.get(&part_of(viewer, "/v1/notices", &[])).await?;
    let notices = items(&list, "/notices");
    let may_write = viewer.may(Scope::Administer);
    let content = html! {
        p.lead { (viewer.say("operator-notices-lead")) }
        @if may_write { (adding(viewer, sent, fault)) }
        h2 { (viewer.say("operator-notices-all")) }
        @if notices.is_empty() { (empty(&viewer.say("operator-notices-none"), "", None)) }
        @for notice in notices {
            (status::one(viewer, notice))
            @if may_write && text(notice, "/state") != "cancelled" { (acts(viewer, notice)) }
        }
        (pager(viewer, next_of(&list)))
    };
    Ok(sections::page(viewer, &viewer.say("operator-notices-title"), content))
}

fn adding(viewer: &Viewer, sent: &Submission, fault: &Fault) -> Markup {
    let field = |name: &'static str, key: &str| {
        Field::new(name, viewer.say(key)).value(sent.text(name)).fault(fault)
    };
    let moment = |name, key| field(name, key).kind(Kind::Moment);
    let kinds =
        ["planned", "incident"].map(|kind| (kind.to_owned(), viewer.say_word("notice-kind", kind)));
    let left_out = ["", "yes", "no"].map(|word| {
        let shown = if word.is_empty() { "by-kind" } else { word };
        (word.to_owned(), viewer.say_word("notice-left-out", shown))
    });
    let fields = html! {
        (field("kind", "operator-notices-kind").kind(Kind::Choice(kinds.into())).shown())
        (field("title", "operator-notices-headline").required().shown())
        (field("text", "operator-notices-text").kind(Kind::Lines(LINES)).required().shown())
        div.halves {
            (moment("begin", "operator-notices-begin").hint(clocks::hint(viewer, "operator-notices-begin-hint")).shown())
            (moment("end", "operator-notices-end").hint(clocks::hint(viewer, "operator-notices-end-hint")).shown())
        }
        (field("groups", "notice-groups").hint(viewer.say("operator-notices-groups-hint")).shown())
        (field("useCases", "notice-use-cases").hint(viewer.say("operator-notices-groups-hint")).shown())
        (field("gateways", "notice-gateways").shown())
        (field("leavesOut", "operator-notices-left-out").kind(Kind::Choice(left_out.into())).shown())
        (submit(&viewer.say("operator-notices-add")))
    };
    html! {
        h2 { (viewer.say("operator-notices-add")) }
        (form(viewer, LIST, fault, fields))
    }
}

/// The acts on a notice: a later word, and taking it back.
fn acts(viewer: &Viewer, notice: &Json) -> Markup {
    let id = text(notice, "/id");
    let path = |act: &str| format!("{LIST}/{}/{act}", path_part(&id));
    let fields = html! {
        (Field::new("text", viewer.say("operator-notices-word")).of_form(&id)
            .kind(Kind::Lines(2)).required().shown())
        (Field::new("end", viewer.say("operator-notices-end")).of_form(&id)
            .kind(Kind::Moment).hint(clocks::hint(viewer, "clocks-hint")).shown())
        (submit(&viewer.say("operator-notices-follow-up")))
    };
    html! {
        details.card {
            summary { (viewer.say("operator-notices-carry-on")) }
            (form(viewer, &path("follow-up"), &Fault::none(), fields))
            (button_form(viewer, &path("cancel"), &viewer.say("operator-notices-cancel"), true))
        }
    }
}

pub(super) async fn add(viewer: Viewer, sent: Submission) -> Result<Response, Problem> {
    match viewer.send(Method::POST, "/v1/notices", Some(&wish(&sent, &Clocks::of(&viewer)))).await {
        Ok(_) => Ok(viewer.done(LIST, "done-operator-notice-added")),
        Err(problem) => {
            let fault = Fault::of(&problem).renamed(field_of);
            let page = page(&viewer, &sent, &fault).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

pub(super) async fn follow_up(
    viewer: Viewer,
    Path(id): Path<String>,
    sent: Submission,
) -> Result<Response, Problem> {
    let mut word = Map::new();
    put(&mut word, "text", sent.filled("text"));
    let end = sent.filled("end").map(|end| Clocks::of(&viewer).sent(end));
    put(&mut word, "end", end.as_deref());
    let path = format!("/v1/notices/{}/follow-ups", path_part(&id));
    viewer.send(Method::POST, &path, Some(&Json::Object(word))).await?;
    Ok(viewer.done(LIST, "done-operator-notice-followed-up"))
}

pub(super) async fn cancel(
    viewer: Viewer,
    Path(id): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    let path = format!("/v1/notices/{}/cancel", path_part(&id));
    viewer.send(Method::POST, &path, None).await?;
    Ok(viewer.done(LIST, "done-operator-notice-cancelled"))
}

/// The notice that a form asks for.
fn wish(sent: &Submission, clocks: &Clocks) -> Json {
    let mut wish = Map::new();
    for name in ["kind", "title", "text"] {
        put(&mut wish, name, Some(sent.text(name)));
    }
    for name in ["begin", "end"] {
        put(&mut wish, name, sent.filled(name).map(|text| clocks.sent(text)).as_deref());
    }
    let scope = json!({
        "groups": names(sent.text("groups")),
        "useCases": names(sent.text("useCases")),
        "gateways": names(sent.text("gateways")),
    });
    wish.insert("scope".to_owned(), scope);
    if let Some(leaves_out) = sent.filled("leavesOut") {
        wish.insert("leavesOut".to_owned(), Json::from(leaves_out == "yes"));
    }
    Json::Object(wish)
}

/// The field of the form that a member of the notice comes from.
fn field_of(path: &str) -> Option<String> {
    let name = path.strip_prefix("scope.")?;
    Some(name.split(['.', '[']).next().unwrap_or(name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_notice() {
        let sent = Submission::of_pairs(
            b"kind=planned&title=Mast&text=Dark&begin=2027-03-01T08%3A00&end=&groups=water,+light&leavesOut=no",
        );
        assert_eq!(
            wish(&sent, &Clocks::named("Europe/Paris")),
            json!({
                "kind": "planned", "title": "Mast", "text": "Dark", "begin": "2027-03-01T07:00:00Z",
                "scope": { "groups": ["water", "light"], "useCases": [], "gateways": [] },
                "leavesOut": false,
            })
        );
        assert_eq!(field_of("scope.groups[0]").as_deref(), Some("groups"));
        assert_eq!(field_of("end"), None);
    }
}
