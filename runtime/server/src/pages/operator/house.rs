//! The state of the house: what waits, what fails, and for how long there is room.

use maud::{Markup, html};
use serde_json::Value as Json;

use crate::pages::{
    json::{items, optional, text},
    parts::{badge::badge, notice::Tone},
    viewer::Viewer,
};

/// Things of one kind that somebody should look after.
struct Card {
    key: &'static str,
    page: &'static str,
    tone: Tone,
    text: String,
    names: Vec<String>,
}

/// Names of a card that are shown.
const NAMES: usize = 5;

/// Hours below which a disk that fills is a matter of today.
const FULL_SOON: f64 = 48.0;

/// The answers of the interface that say how the house is; none of what the viewer may not see.
#[derive(Default)]
pub(super) struct House {
    network_servers: Option<Json>,
    routes: Option<Json>,
    retention: Option<Json>,
    storage: Option<Json>,
    requests: Option<Json>,
    parked: Option<Json>,
    quarantine: Option<Json>,
}

impl House {
    /// The house as the viewer may see it.
    pub(super) async fn of(viewer: &Viewer) -> Self {
        Self {
            network_servers: viewer.get("/v1/network-servers").await.ok(),
            routes: viewer.get("/v1/routes").await.ok(),
            retention: viewer.get("/v1/retention").await.ok(),
            storage: viewer.get("/v1/storage").await.ok(),
            requests: viewer.get("/v1/approvals?state=waiting").await.ok(),
            parked: viewer.get("/v1/parked").await.ok(),
            quarantine: viewer.get("/v1/registry/quarantine").await.ok(),
        }
    }

    /// The cards, one for each kind of thing.
    pub(super) fn shown(&self, viewer: &Viewer) -> Markup {
        html! { ul.cards { @for card in self.cards(viewer) { (shown(viewer, &card)) } } }
    }

    fn cards(&self, viewer: &Viewer) -> Vec<Card> {
        let cards = [
            self.servers_in_trouble(viewer),
            self.failing_routes(viewer),
            self.waiting_records(viewer),
            self.room(viewer),
            self.waiting_requests(viewer),
            list(viewer, &self.parked, "/parked", ("operator-house-parked", "/operator/parked")),
            list(
                viewer,
                &self.quarantine,
                "/quarantined",
                ("operator-house-quarantine", "/operator/quarantine"),
            ),
        ];
        cards.into_iter().flatten().collect()
    }

    fn servers_in_trouble(&self, viewer: &Viewer) -> Option<Card> {
        let all = items(self.network_servers.as_ref()?, "/networkServers").iter();
        let names = all.filter(|one| is_in_trouble(one)).map(|one| text(one, "/name"));
        Some(named(viewer, ("operator-house-silent", "/operator/network-servers"), names.collect()))
    }

    fn failing_routes(&self, viewer: &Viewer) -> Option<Card> {
        let all = items(self.routes.as_ref()?, "/routes").iter();
        let names = all
            .filter(|route| is_failing(route))
            .map(|route| format!("{}/{}", text(route, "/group"), text(route, "/name")));
        Some(named(viewer, ("operator-house-failing", "/operator/storage"), names.collect()))
    }

    fn waiting_records(&self, viewer: &Viewer) -> Option<Card> {
        let all = items(self.retention.as_ref()?, "/backlogs").iter();
        let waiting: u64 = all.filter_map(|one| one["waiting"].as_u64()).sum();
        let text = viewer.say_with("operator-records", [("count", waiting.into())]);
        let (key, page) = ("operator-house-queues", "/operator/storage");
        Some(Card { key, page, tone: Tone::Plain, text, names: Vec::new() })
    }

    fn room(&self, viewer: &Viewer) -> Option<Card> {
        let (tone, text) = forecast(viewer, self.storage.as_ref()?);
        let (key, page) = ("operator-house-storage", "/operator/storage");
        Some(Card { key, page, tone, text, names: Vec::new() })
    }

    fn waiting_requests(&self, viewer: &Viewer) -> Option<Card> {
        let all = items(self.requests.as_ref()?, "/requests").iter();
        let own = all.filter(|request| text(request, "/waitsFor") == "operator");
        let names = own.map(|request| text(request, "/name")).collect();
        Some(named(viewer, ("operator-house-requests", "/operator/requests?state=waiting"), names))
    }
}

/// Whether something is wrong with a network server, or nothing came of it yet.
fn is_in_trouble(server: &Json) -> bool {
    let severe =
        |finding: &Json| ["warning", "error"].contains(&text(finding, "/severity").as_str());
    items(server, "/findings").iter().any(severe)
        || optional(server, "/seen/lastMessageAt").is_none()
}

/// Whether a route is stopped, or waits after failures.
pub(super) fn is_failing(route: &Json) -> bool {
    ["backing-off", "stopped"].contains(&text(route, "/status/state").as_str())
}

/// The time for which there is room, with its tone.
pub(super) fn forecast(viewer: &Viewer, storage: &Json) -> (Tone, String) {
    if !storage["full"].is_null() {
        return (Tone::Bad, viewer.say("operator-house-full"));
    }
    let databases = items(storage, "/fullDatabases");
    if !databases.is_empty() {
        let names: Vec<&str> = databases.iter().filter_map(Json::as_str).collect();
        let names = names.join(", ");
        let text = viewer.say_with("operator-house-databases-full", [("names", names.into())]);
        return (Tone::Bad, text);
    }
    match storage["fullInHours"].as_f64() {
        Some(hours) => {
            let tone = if hours < FULL_SOON { Tone::Warning } else { Tone::Plain };
            (tone, full_in(viewer, hours))
        }
        None => (Tone::Good, viewer.say("operator-house-room")),
    }
}

/// The time until the disk is full: hours where it is a matter of today, and days where it is not.
fn full_in(viewer: &Viewer, hours: f64) -> String {
    if hours < FULL_SOON {
        return viewer.say_with("operator-house-full-in", [("hours", hours.round().into())]);
    }
    let days = (hours / 24.0).floor();
    viewer.say_with("operator-house-full-in-days", [("days", days.into())])
}

/// A card of a list whose items should not be.
fn list(
    viewer: &Viewer,
    answer: &Option<Json>,
    pointer: &str,
    (key, page): (&'static str, &'static str),
) -> Option<Card> {
    let answer = answer.as_ref()?;
    let count = items(answer, pointer).len();
    let more = if answer["more"] == true { "+" } else { "" };
    let tone = if count == 0 { Tone::Good } else { Tone::Warning };
    let text = match count {
        0 => viewer.say("operator-none"),
        _ => format!("{}{more}", viewer.language().whole(count as u64)),
    };
    Some(Card { key, page, tone, text, names: Vec::new() })
}

/// A card of things that have names.
fn named(viewer: &Viewer, (key, page): (&'static str, &'static str), names: Vec<String>) -> Card {
    let tone = if names.is_empty() { Tone::Good } else { Tone::Warning };
    let text = match names.len() {
        0 => viewer.say("operator-none"),
        count => viewer.language().whole(count as u64),
    };
    Card { key, page, tone, text, names }
}

fn shown(viewer: &Viewer, card: &Card) -> Markup {
    html! {
        li.card {
            p.title { a href=(card.page) { (viewer.say(card.key)) } }
            p { (badge(card.tone, &card.text)) }
            @if !card.names.is_empty() {
                ul { @for name in card.names.iter().take(NAMES) { li { (name) } } }
                @if card.names.len() > NAMES { p { "…" } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_is_in_trouble_where_nothing_came_or_something_is_wrong() {
        let heard = |findings: Json| json!({ "seen": { "lastMessageAt": "2026-01-01T00:00:00Z" }, "findings": findings });
        assert!(is_in_trouble(&json!({ "seen": {} })));
        assert!(!is_in_trouble(&heard(json!([{ "severity": "note" }]))));
        assert!(is_in_trouble(&heard(json!([{ "severity": "warning" }]))));
    }

    #[test]
    fn a_route_fails_where_it_waits_after_failures_or_is_stopped() {
        let route = |state: &str| json!({ "status": { "state": state } });
        assert!(is_failing(&route("stopped")) && is_failing(&route("backing-off")));
        assert!(!is_failing(&route("running")) && !is_failing(&route("paused")));
    }
}
