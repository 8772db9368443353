//! The form of a new route: a webhook, a broker, a database, files, or records to be fetched.

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use maud::{Markup, html};

use super::definition::{
    FORMATS, KINDS, PLACES, SHAPES, definition, fault_of, fields_of, place_of,
};
use crate::{
    api::Problem,
    pages::{
        json::{address, optional, path_part},
        layout::Page,
        partner::{
            frame::{get_if_any, partner_page, shown_once},
            groups, rhythms,
        },
        parts::form::{Fault, Field, Kind, form, submit},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/partner/routes/new", get(new).post(make))
}

async fn new(viewer: Viewer) -> Result<Page, Problem> {
    let asked = ["kind", "place"].map(|name| (name, viewer.parameter(name)));
    let asked = asked.into_iter().filter_map(|(name, word)| Some((name.to_owned(), word?)));
    let filled = Submission::of_fields(asked);
    new_page(&viewer, &filled, &Fault::none()).await
}

async fn make(viewer: Viewer, submission: Submission) -> Result<Response, Problem> {
    let (name, group) = (submission.text("name"), submission.text("group"));
    let path = format!("/v1/routes/{}", path_part(name));
    let known = get_if_any(&viewer, &address(&path, &[("group", group)])).await;
    if let Ok(Some(_)) = known {
        let fault = Fault::said(viewer.say("route-exists"), "name");
        let page = new_page(&viewer, &submission, &fault).await?;
        return Ok(page.with_status(StatusCode::CONFLICT).into_response());
    }
    let from = if submission.is_ticked("oldest") { "oldest" } else { "now" };
    let asked = address(&path, &[("group", group), ("from", from)]);
    match viewer.send(Method::PUT, &asked, Some(&definition(&submission))).await {
        Ok(made) => {
            let own = format!("/partner/routes/{}/{}", path_part(group), path_part(name));
            match optional(&made, "/signingSecret") {
                Some(secret) => Ok(made_page(&viewer, &own, secret).into_response()),
                None => Ok(viewer.done(&own, "done-route-made")),
            }
        }
        Err(problem) => {
            let fault = fault_of(&problem);
            let page = new_page(&viewer, &submission, &fault).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

/// The page of a route that was made, with the secret that its requests are signed with.
fn made_page(viewer: &Viewer, own: &str, secret: &str) -> Page {
    let content = html! {
        (shown_once(viewer, &viewer.say("route-secret"), secret))
        p.actions { a.button href=(own) { (viewer.say("route-go-on")) } }
    };
    partner_page(viewer, &viewer.say("done-route-made"), content)
}

async fn new_page(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Result<Page, Problem> {
    let names = groups::names(viewer).await?;
    let kind = Some(filled.text("kind")).filter(|kind| KINDS.contains(kind)).unwrap_or("http");
    let content = html! {
        (kinds(viewer, kind))
        @if kind == "files" { (places(viewer, place_of(filled))) }
        (form(viewer, "/partner/routes/new", fault, html! {
            input type="hidden" name="kind" value=(kind);
            (line(viewer, "name", filled, fault).required().hint(viewer.say("route-name-hint")).shown())
            (Field::new("group", viewer.say("group")).kind(Kind::Choice(groups::choices(&names)))
                .value(filled.text("group")).fault(fault).shown())
            @match kind {
                "mqtt" | "postgres" => (recipient_of(viewer, kind, filled, fault)),
                "files" => (files(viewer, filled, fault)),
                "pull" => p.hint { (viewer.say("route-pull-hint")) },
                _ => (webhook(viewer, filled, fault)),
            }
            (content_of(viewer, filled, fault))
            (Field::new("oldest", viewer.say("route-oldest-first")).kind(Kind::Tick)
                .value(if filled.is_ticked("oldest") { "yes" } else { "" }).shown())
            (submit(&viewer.say("route-make")))
        }))
    };
    Ok(partner_page(viewer, &viewer.say("route-new"), content))
}

/// The kinds of routes to choose from.
fn kinds(viewer: &Viewer, chosen: &str) -> Markup {
    html! {
        nav aria-label=(viewer.say("route-kind")) {
            ul.tabs {
                @for kind in KINDS {
                    li { a href=(address("/partner/routes/new", &[("kind", kind)]))
                        aria-current=[(kind == chosen).then_some("true")] {
                        (viewer.say_word("route-kind", kind))
                    } }
                }
            }
        }
    }
}

/// The kinds of places for files to choose from: the form has the fields of the one that is chosen.
fn places(viewer: &Viewer, chosen: &str) -> Markup {
    let way = |place| address("/partner/routes/new", &[("kind", "files"), ("place", place)]);
    html! {
        nav aria-label=(viewer.say("route-field-place")) {
            ul.uses {
                @for place in PLACES {
                    li { a href=(way(place)) aria-current=[(place == chosen).then_some("true")] {
                        (viewer.say_word("route-place", place))
                    } }
                }
            }
        }
    }
}

/// A line of the form, whose text is that of the key of its name.
fn line<'of>(
    viewer: &Viewer,
    name: &'static str,
    filled: &Submission,
    fault: &'of Fault,
) -> Field<'of> {
    Field::new(name, viewer.say_word("route-field", name)).value(filled.text(name)).fault(fault)
}

fn choice<'of>(
    viewer: &Viewer,
    (name, words): (&'static str, &[&str]),
    filled: &Submission,
    fault: &'of Fault,
) -> Field<'of> {
    let family = format!("route-{name}");
    let words = words.iter().map(|word| ((*word).to_owned(), viewer.say_word(&family, word)));
    line(viewer, name, filled, fault).kind(Kind::Choice(words.collect()))
}

fn webhook(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Markup {
    html! {
        (line(viewer, "url", filled, fault).kind(Kind::Line("url")).required().hint(viewer.say("route-url-hint")).shown())
        details {
            summary { (viewer.say("route-credentials")) }
            (line(viewer, "user", filled, fault).completed_by("off").hint(viewer.say("route-user-hint")).shown())
            (Field::new("password", viewer.say_word("route-field", "password")).kind(Kind::Line("password")).fault(fault)
                .completed_by("off").shown())
            (line(viewer, "batch", filled, fault).kind(Kind::Line("number")).hint(viewer.say("route-batch-hint")).shown())
        }
    }
}

/// The fields of a broker or of a database. A change has them too, where a password that is left empty stays.
pub(super) fn recipient_of(
    viewer: &Viewer,
    kind: &str,
    filled: &Submission,
    fault: &Fault,
) -> Markup {
    let is_database = kind == "postgres";
    let (own, hint) = match is_database {
        true => ("schema", viewer.say("route-schema-hint")),
        false => ("topic", viewer.say("route-topic-hint")),
    };
    let address = match is_database {
        true => viewer.say("route-postgres-hint"),
        false => viewer.say("route-mqtt-hint"),
    };
    let user = line(viewer, "user", filled, fault).completed_by("off");
    html! {
        (line(viewer, "url", filled, fault).kind(Kind::Line("url")).required().hint(address).shown())
        (line(viewer, own, filled, fault).hint(hint).shown())
        @if is_database { (user.required().shown()) } @else { (user.shown()) }
        (Field::new("password", viewer.say("route-password")).kind(Kind::Line("password"))
            .fault(fault).completed_by("off").shown())
        @if is_database {
            (line(viewer, "batch", filled, fault).kind(Kind::Line("number")).hint(viewer.say("route-rows-hint")).shown())
        }
    }
}

fn files(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Markup {
    let place = place_of(filled);
    html! {
        fieldset {
            legend { (viewer.say_word("route-place", place)) }
            input type="hidden" name="place" value=(place);
            @for name in fields_of(place) { (of_place(viewer, (place, *name), filled, fault).shown()) }
        }
        (choice(viewer, ("format", &FORMATS), filled, fault).shown())
        (line(viewer, "cron", filled, fault).required().hint(viewer.say("route-cron-hint"))
            .suggesting(rhythms::offered(viewer, &rhythms::OF_FILES)).shown())
        (line(viewer, "rhythmZone", filled, fault).hint(viewer.say("route-zone-hint")).shown())
        (line(viewer, "fileName", filled, fault).hint(viewer.say("route-file-name-hint")).shown())
    }
}

/// A field of a kind of place. What S3 calls keys of access is a user and a password elsewhere; no secret is written
/// back.
fn of_place<'of>(
    viewer: &Viewer,
    (place, name): (&str, &'static str),
    filled: &Submission,
    fault: &'of Fault,
) -> Field<'of> {
    let line = line(viewer, name, filled, fault);
    let secret = |label| Field::new(name, viewer.say(label)).fault(fault).completed_by("off");
    match (place, name) {
        ("s3", "user") => line.label(viewer.say("route-access-key")).completed_by("off"),
        ("s3", "password") => secret("route-secret-key").kind(Kind::Line("password")),
        ("webdav", "password") => secret("route-field-password").kind(Kind::Line("password")),
        (_, "password") => secret("route-password").kind(Kind::Line("password")),
        (_, "privateKey") => secret("route-field-privateKey").kind(Kind::Lines(3)),
        (_, "user") => line.completed_by("off"),
        (_, "port") => line.kind(Kind::Line("number")),
        (_, "placeUrl") => line.kind(Kind::Line("url")).required(),
        (_, "host" | "bucket") => line.required(),
        (_, "hostKey") => line.hint(viewer.say("route-host-key-hint")),
        _ => line,
    }
}

/// The fields that say which records a route hands over, and in which shape. A change has them too.
pub(super) fn content_of(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Markup {
    html! {
        (line(viewer, "description", filled, fault).shown())
        details {
            summary { (viewer.say("route-content")) }
            (choice(viewer, ("shape", &SHAPES), filled, fault).shown())
            @for name in ["subGroups", "useCases"] {
                (line(viewer, name, filled, fault).hint(viewer.say("route-list-hint")).shown())
            }
            (line(viewer, "expression", filled, fault).hint(viewer.say("route-expression-hint")).shown())
            (line(viewer, "timeZone", filled, fault).hint(viewer.say("route-zone-hint")).shown())
            (Field::new("onlyNew", viewer.say("route-only-new")).kind(Kind::Tick)
                .value(if filled.is_ticked("onlyNew") { "yes" } else { "" }).shown())
        }
    }
}
