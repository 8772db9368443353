//! Commands to the objects of a group, or to those with a tag such as a street.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use maud::{Markup, html};
use serde_json::{Value as Json, json};

use super::{
    offered,
    wish::{Choice, sending, wish},
};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, ReadCommands},
    },
    auth::{Reach, Scope},
    pages::{
        json::{items, path_part, text},
        layout::Page,
        partner::{frame::partner_page, groups},
        parts::{
            badge::badge,
            empty::empty,
            form::{Fault, Field, Kind},
            notice::Tone,
            table::Table,
        },
        submission::Submission,
        told,
        viewer::Viewer,
    },
    service::Service,
};

/// The path of the page.
const PATH: &str = "/partner/commands";

/// Objects whose outcome is shown, those that were refused first.
const MOST_RESULTS: usize = 500;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route(PATH, get(show).post(send))
}

async fn show(viewer: Viewer, authorized: Authorized<ReadCommands>) -> Result<Page, Problem> {
    let group = viewer.parameter("group").unwrap_or_default();
    let given = (&Submission::default(), &Fault::none());
    group_page(&viewer, &authorized.reach, &group, given).await
}

async fn send(
    viewer: Viewer,
    authorized: Authorized<ReadCommands>,
    submission: Submission,
) -> Result<Response, Problem> {
    let group = submission.text("group").to_owned();
    let offered = offered::of_group(&viewer, &authorized.reach, &group).await?;
    let (status, fault) = match wish(&viewer, &submission, &offered) {
        Err(fault) => (StatusCode::BAD_REQUEST, fault),
        Ok(mut wished) => {
            if let Some(tags) = tags(submission.text("tags")) {
                wished.insert("tags".to_owned(), json!(tags));
            }
            let path = format!("/v1/groups/{}/downlinks", path_part(&group));
            match viewer.send(Method::POST, &path, Some(&Json::Object(wished))).await {
                Ok(answer) => return Ok(outcome(&viewer, &answer).into_response()),
                Err(problem) => (problem.status(), Fault::of(&problem)),
            }
        }
    };
    let page = group_page(&viewer, &authorized.reach, &group, (&submission, &fault)).await?;
    Ok(page.with_status(status).into_response())
}

/// The tags that are written as `street=Rue Haute, side=left`; none where nothing is written.
fn tags(text: &str) -> Option<BTreeMap<&str, &str>> {
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    let tags: BTreeMap<&str, &str> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.trim(), value.trim()))
        .collect();
    (!tags.is_empty()).then_some(tags)
}

async fn group_page(
    viewer: &Viewer,
    reach: &Reach,
    group: &str,
    (submission, fault): (&Submission, &Fault),
) -> Result<Page, Problem> {
    let names = groups::names(viewer).await?;
    let only = names.first().filter(|_| names.len() == 1).cloned();
    let group = Some(group.to_owned()).filter(|group| !group.is_empty()).or(only);
    let offered = match &group {
        Some(group) => offered::of_group(viewer, reach, group).await?,
        None => Vec::new(),
    };
    let command = Choice::of(viewer, submission, &offered);
    let content = html! {
        p.lead { (viewer.say("commands-lead")) }
        @if names.is_empty() {
            (empty(&viewer.say("groups-none"), &viewer.say("groups-none-advice"), None))
        } @else {
            (choice(viewer, &names, group.as_deref().unwrap_or_default(), &command))
        }
        @if let Some(group) = group.as_deref().filter(|_| viewer.may(Scope::Commands)) {
            h2 { (viewer.say_with("command-to-group", [("group", group.into())])) }
            (sending(viewer, PATH, &command, (submission, fault), Some(group)))
            (command.other_way(viewer, PATH, &[("group", group)]))
        }
    };
    Ok(partner_page(viewer, &viewer.say("partner-commands"), content))
}

fn choice(viewer: &Viewer, names: &[String], group: &str, command: &Choice<'_>) -> Markup {
    let offered = Kind::Choice(groups::choices_or(names, viewer.say("choose")));
    html! {
        form.narrowing method="get" action=(PATH) {
            (Field::new("group", viewer.say("group")).kind(offered).value(group).shown())
            @if viewer.may(Scope::Commands) { (command.kept(viewer)) }
            p.actions { button.quiet type="submit" { (viewer.say("filter-apply")) } }
        }
    }
}

/// The page of what came of a command for each object.
fn outcome(viewer: &Viewer, answer: &Json) -> Page {
    let count = |pointer: &str| answer.pointer(pointer).and_then(Json::as_u64).unwrap_or_default();
    let counts = [("queued", count("/queued").into()), ("refused", count("/refused").into())];
    let results = items(answer, "/results");
    let (refused, taken): (Vec<&Json>, Vec<&Json>) =
        results.iter().partition(|result| result.get("problem").is_some());
    let mut table = Table::new(viewer.say("commands-sent"))
        .column(viewer.say("object-name"))
        .column(viewer.say("command-state"))
        .column(viewer.say("reason"));
    for result in refused.into_iter().chain(taken).take(MOST_RESULTS) {
        table.row(result_row(viewer, result));
    }
    let content = html! {
        p.lead role="status" { (viewer.say_with("command-outcome", counts)) }
        (table.shown())
        p { a.button.quiet href=(PATH) { (viewer.say("partner-commands")) } }
    };
    partner_page(viewer, &viewer.say("commands-sent"), content)
}

fn result_row(viewer: &Viewer, result: &Json) -> Vec<Markup> {
    let dev_eui = text(result, "/devEui");
    let object = format!("/partner/objects/{dev_eui}");
    let command = format!("/partner/commands/{}", text(result, "/downlink"));
    vec![
        html! { a href=(object) { code { (dev_eui) } } },
        html! {
            @if result.get("problem").is_some() {
                (badge(Tone::Bad, &viewer.say("refused")))
            } @else {
                a href=(command) { (viewer.say("command-follow")) }
            }
        },
        told::problem(viewer.language(), result, "/problem"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_pairs_between_commas() {
        let expected = BTreeMap::from([("side", "left"), ("street", "Rue Haute")]);
        assert_eq!(tags("street = Rue Haute, side=left,"), Some(expected));
        assert_eq!(tags(" "), None);
    }
}
