//! The first page of a partner: the figures of its fleet, its groups with their quotas, and its approval.

use std::sync::Arc;

use axum::{Router, routing::get};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    frame::{dash, get_if_any, moment_or_dash, partner_page},
    groups,
    objects::listing::visible,
};
use crate::{
    api::{
        Problem,
        authorized::{Authorized, Inspect},
    },
    auth::{Reach, Scope},
    pages::{
        json::{address, items, text},
        layout::Page,
        parts::{badge::badge, empty::empty, notice::Tone, table::Table},
        viewer::Viewer,
    },
    service::Service,
};

/// The hours after which an object in service is called silent here.
const SILENT_HOURS: i64 = 24;

/// Partners whose approvals are shown; an operator has a page of its own for all.
const MOST_PARTNERS: usize = 10;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/partner", get(home))
}

/// The figures of a fleet.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fleet {
    objects: usize,
    silent: usize,
    last_heard: Option<Timestamp>,
}

impl Fleet {
    /// Goes through all objects within reach.
    fn of(service: &Service, reach: &Reach, now: Timestamp) -> Self {
        let since = now.checked_sub(SignedDuration::from_hours(SILENT_HOURS)).unwrap_or(now);
        let (groups, mut fleet) = (reach.touched_groups(), Self::default());
        for device in visible(service, reach, (groups.as_ref(), None)) {
            fleet.objects += 1;
            fleet.silent += usize::from(service.devices.is_silent_since(&device, since));
            fleet.last_heard = fleet.last_heard.max(service.devices.last_heard(device.dev_eui));
        }
        fleet
    }
}

/// The routes of a partner, as far as its first page tells of them.
#[derive(Debug, Default, PartialEq, Eq)]
struct RouteFigures {
    routes: usize,
    failing: usize,
    waiting: u64,
}

impl RouteFigures {
    fn of(routes: &[Json]) -> Self {
        let state = |route: &Json| text(route, "/status/state");
        let fails = |route: &&Json| ["backing-off", "stopped"].contains(&state(route).as_str());
        let waiting = |route: &Json| route.pointer("/status/waiting").and_then(Json::as_u64);
        Self {
            routes: routes.len(),
            failing: routes.iter().filter(fails).count(),
            waiting: routes.iter().filter_map(waiting).sum(),
        }
    }
}

async fn home(viewer: Viewer, authorized: Authorized<Inspect>) -> Result<Page, Problem> {
    let looked = viewer.look_through({
        let (service, reach) = (Arc::clone(viewer.service()), authorized.reach);
        move || Fleet::of(&service, &reach, Timestamp::now())
    });
    let fleet = looked.await?;
    let quotas = groups::quotas(&viewer).await?;
    let routes = get_if_any(&viewer, "/v1/routes").await?;
    let routes = routes.map(|found| RouteFigures::of(items(&found, "/routes")));
    let approvals = approvals(&viewer).await?;
    let consents = consents(&viewer).await?;
    let content = html! {
        (first_step(&viewer, &fleet, routes.as_ref()))
        (figures(&viewer, &fleet, routes.as_ref(), &quotas))
        @for consent in &consents { (consent_line(&viewer, consent)) }
        (approvals_table(&viewer, &approvals))
        (quotas_table(&viewer, &quotas))
    };
    Ok(partner_page(&viewer, &viewer.say("partner-overview"), content))
}

/// The step that comes next, as long as no values reach anybody: objects, and then a route.
fn first_step(viewer: &Viewer, fleet: &Fleet, routes: Option<&RouteFigures>) -> Markup {
    let step = |title: &str, advice: &str, scope: Scope, (page, text): (&str, &str)| {
        let text = viewer.say(text);
        let first = viewer.may(scope).then_some((page, text.as_str()));
        empty(&viewer.say(title), &viewer.say(advice), first)
    };
    html! {
        @if fleet.objects == 0 {
            (step("objects-empty", "objects-empty-advice", Scope::Devices, ("/partner/import", "import-title")))
        } @else if routes.is_some_and(|routes| routes.routes == 0) {
            (step("routes-empty", "routes-empty-advice", Scope::Routes, ("/partner/routes/new", "route-new")))
        }
    }
}

fn figures(
    viewer: &Viewer,
    fleet: &Fleet,
    routes: Option<&RouteFigures>,
    quotas: &[Json],
) -> Markup {
    let number = |number: usize| html! { (viewer.number(number as f64)) };
    let waiting = |quota: &Json| quota.pointer("/waitingCommands/used").and_then(Json::as_u64);
    let commands: u64 = quotas.iter().filter_map(waiting).sum();
    let heard = fleet.last_heard.map_or_else(dash, |at| viewer.moment(at));
    html! {
        dl.figures {
            (figure(&viewer.say("figure-objects"), number(fleet.objects), "/partner/objects", false))
            (figure(&viewer.say("figure-silent"), number(fleet.silent), "/partner/objects?silent=24", fleet.silent > 0))
            (figure(&viewer.say("figure-heard"), heard, "/partner/objects?sort=heard", false))
            @if let Some(routes) = routes {
                (figure(&viewer.say("figure-routes-failing"), number(routes.failing), "/partner/routes", routes.failing > 0))
                (figure(&viewer.say("figure-records-waiting"), html! { (viewer.number(routes.waiting as f64)) }, "/partner/routes", false))
            }
            (figure(&viewer.say("figure-commands-waiting"), html! { (viewer.number(commands as f64)) }, "/partner/commands", false))
        }
    }
}

/// A figure with the page that tells more.
fn figure(label: &str, value: Markup, link: &str, is_bad: bool) -> Markup {
    html! {
        div class=[is_bad.then_some("warning")] {
            dt { (label) }
            dd { a href=(link) { (value) } }
        }
    }
}

/// The approvals of the partners that the viewer may see.
async fn approvals(viewer: &Viewer) -> Result<Vec<(String, Json)>, Problem> {
    let partners = get_if_any(viewer, "/v1/partners").await?.unwrap_or_default();
    let mut approvals = Vec::new();
    for partner in items(&partners, "/partners").iter().take(MOST_PARTNERS) {
        let path = format!("/v1/partners/{}/approval", text(partner, "/id"));
        if let Some(approval) = get_if_any(viewer, &path).await? {
            approvals.push((text(partner, "/name"), approval));
        }
    }
    Ok(approvals)
}

fn approvals_table(viewer: &Viewer, approvals: &[(String, Json)]) -> Markup {
    let mut table = Table::new(viewer.say("approval-caption"))
        .column(viewer.say("approval-partner"))
        .column(viewer.say("approval-state"))
        .numbers(viewer.say("approval-objects"))
        .numbers(viewer.say("approval-declared"))
        .column(viewer.say("approval-until"));
    for (name, approval) in approvals {
        let state = text(approval, "/state");
        let tone = if state == "in-force" { Tone::Good } else { Tone::Warning };
        table.row(vec![
            html! { (name) },
            badge(tone, &viewer.say_word("approval-state", &state)),
            html! { (count(viewer, approval, "/objects")) },
            html! { (count(viewer, approval, "/declared")) },
            html! { (viewer.day(&text(approval, "/approval/until"))) },
        ]);
    }
    html! {
        @if !table.is_empty() {
            section { h2 { (viewer.say("approval-caption")) } (table.shown()) }
        }
    }
}

/// The requests for more objects that wait for the operator.
async fn consents(viewer: &Viewer) -> Result<Vec<Json>, Problem> {
    let requests = get_if_any(viewer, "/v1/approvals?state=waiting").await?.unwrap_or_default();
    let is_consent = |request: &&Json| text(request, "/matter/about") == "more-objects";
    Ok(items(&requests, "/requests").iter().filter(is_consent).cloned().collect())
}

fn consent_line(viewer: &Viewer, consent: &Json) -> Markup {
    let number = text(consent, "/matter/number");
    let said = viewer.say_with("consent-waits", [("number", number.into())]);
    html! { p.consent { (said) " " (moment_or_dash(viewer, consent, "/dueAt")) } }
}

/// The number at a JSON pointer as the viewer writes numbers; what is no number stays as it is.
fn count(viewer: &Viewer, json: &Json, pointer: &str) -> String {
    let number = json.pointer(pointer).and_then(Json::as_f64);
    number.map_or_else(|| text(json, pointer), |number| viewer.number(number))
}

fn quotas_table(viewer: &Viewer, quotas: &[Json]) -> Markup {
    let kinds = ["devices", "routes", "tokens", "waitingCommands"];
    let mut table = Table::new(viewer.say("quota-caption")).column(viewer.say("group"));
    for kind in kinds {
        table = table.numbers(viewer.say_word("quota", kind));
    }
    for quota in quotas {
        let group = text(quota, "/group");
        let link = address("/partner/objects", &[("group", &group)]);
        let mut row = vec![html! { a href=(link) { (group) } }];
        for kind in kinds {
            let (used, limit) = (format!("/{kind}/used"), format!("/{kind}/limit"));
            row.push(html! { (count(viewer, quota, &used)) " / " (count(viewer, quota, &limit)) });
        }
        table.row(row);
    }
    html! {
        @if !table.is_empty() {
            section { h2 { (viewer.say("quota-caption")) } (table.shown()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn routes_that_hand_nothing_over_fail() {
        let route = |state: &str| json!({ "status": { "state": state, "waiting": 3 } });
        let routes = ["running", "backing-off", "stopped", "paused"].map(route);
        let figures = RouteFigures::of(&routes);
        assert_eq!(figures, RouteFigures { routes: 4, failing: 2, waiting: 12 });
    }
}
