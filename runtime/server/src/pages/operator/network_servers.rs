//! The network servers: what is connected, what each has handed over, and what is wrong with it.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    sections,
    values::{facts, if_any, moment_at, number_at, part_of},
};
use crate::{
    api::Problem,
    pages::{
        json::{items, next_of, optional, text},
        layout::Page,
        parts::{
            badge::badge,
            empty::empty,
            live::live,
            notice::{Tone, notice},
            pager::pager,
            table::Table,
        },
        told::Told,
        viewer::Viewer,
    },
    sentence::servers,
};

/// The words for messages that were taken, or that are nothing to be taken.
const TAKEN: [&str; 7] =
    ["accepted", "duplicate", "ignored", "join-requested", "joined", "mac-only", "merged"];

pub(super) async fn list(viewer: Viewer) -> Result<Page, Problem> {
    let list = viewer.get(&part_of(&viewer, "/v1/network-servers", &[])).await?;
    let handshakes = if_any(&viewer, "/v1/network-servers/handshakes").await?.unwrap_or_default();
    let servers = items(&list, "/networkServers");
    let content = html! {
        p.lead { (viewer.say("operator-network-servers-lead")) }
        @if servers.is_empty() {
            (empty(
                &viewer.say("operator-network-servers-none"),
                &viewer.say("operator-step-network-server-how"),
                None,
            ))
        } @else {
            (live(&viewer, (&viewer.address_with(&[]), "servers"), html! {
                (table(&viewer, servers))
                @for server in servers { (details(&viewer, server)) }
            }))
        }
        (pager(&viewer, next_of(&list)))
        (left(&viewer, items(&list, "/leftSessions")))
        (waiting(&viewer, items(&handshakes, "/handshakes")))
    };
    Ok(sections::page(&viewer, &viewer.say("operator-network-servers-title"), content))
}

fn table(viewer: &Viewer, servers: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("operator-network-servers-title"))
        .column(viewer.say("operator-name"))
        .column(viewer.say("operator-network-servers-broker"))
        .column(viewer.say("operator-network-servers-last"))
        .numbers(viewer.say("operator-network-servers-messages"))
        .numbers(viewer.say("operator-network-servers-devices"))
        .numbers(viewer.say("operator-network-servers-refused"))
        .numbers(viewer.say("operator-network-servers-missing"));
    for server in servers {
        let name = text(server, "/name");
        table.row(vec![
            html! { a href={ "#server-" (name) } { (name) } " " span.soft { (text(server, "/kind")) } },
            broker(viewer, server),
            moment_at(viewer, server, "/seen/lastMessageAt"),
            number_at(viewer, server, "/seen/messages"),
            number_at(viewer, server, "/seen/devices"),
            html! { (viewer.language().whole(refused(server))) },
            number_at(viewer, server, "/seen/missingWhileConnected"),
        ]);
    }
    table.shown()
}

fn broker(viewer: &Viewer, server: &Json) -> Markup {
    match server.get("broker") {
        None => html! { (viewer.say("operator-network-servers-over-http")) },
        Some(broker) if broker["connected"] == true => {
            badge(Tone::Good, &viewer.say("operator-network-servers-connected"))
        }
        Some(_) => badge(Tone::Bad, &viewer.say("operator-network-servers-disconnected")),
    }
}

/// Messages of which nothing was taken: neither frames, nor joins, nor what hands nothing over.
fn refused(server: &Json) -> u64 {
    let results = server.pointer("/seen/results").and_then(Json::as_object).into_iter().flatten();
    let others = results.filter(|(result, _)| !TAKEN.contains(&result.as_str()));
    let parked = server.pointer("/seen/parked").and_then(Json::as_u64).unwrap_or_default();
    others.filter_map(|(_, count)| count.as_u64()).sum::<u64>() + parked
}

/// The findings about a network server, and its messages by what became of them.
fn details(viewer: &Viewer, server: &Json) -> Markup {
    let (name, findings) = (text(server, "/name"), items(server, "/findings"));
    let results = server.pointer("/seen/results").and_then(Json::as_object);
    html! {
        section.card id={ "server-" (name) } {
            h2 { (name) }
            @if findings.is_empty() { p { (viewer.say("operator-network-servers-well")) } }
            @for finding in findings { (shown_finding(viewer, finding)) }
            @if let Some(results) = results.filter(|results| !results.is_empty()) {
                h3 { (viewer.say("operator-network-servers-results")) }
                (facts(results.iter().map(|(result, count)| {
                    let count = viewer.language().whole(count.as_u64().unwrap_or_default());
                    (viewer.say_word("operator-became", result), html! { (count) })
                })))
            }
            @if let Some(url) = optional(server, "/broker/url") {
                h3 { (viewer.say("operator-network-servers-broker")) }
                p { code { (url) } }
                ul {
                    @for topic in items(server, "/broker/topics") {
                        li { code { (text(topic, "/topic")) } ": " (number_at(viewer, topic, "/messages")) }
                    }
                }
            }
        }
    }
}

fn shown_finding(viewer: &Viewer, finding: &Json) -> Markup {
    let (severity, code) = (text(finding, "/severity"), text(finding, "/code"));
    let tone = match severity.as_str() {
        "error" => Tone::Bad,
        "warning" => Tone::Warning,
        _ => Tone::Plain,
    };
    notice(
        tone,
        html! {
            p.title {
                (viewer.say_word("operator-severity", &severity)) ": " (viewer.say_word("operator-finding", &code))
                " " code { (code) }
            }
            p { (detail(viewer, finding).shown()) }
            p { (remedy(viewer, finding).shown()) }
        },
    )
}

/// The fault of a finding. What the last of several messages was refused for is in the words of the server alone.
fn detail(viewer: &Viewer, finding: &Json) -> Told {
    let (language, fault) = (viewer.language(), viewer.by_clocks_in(&finding["fault"]));
    let words = text(finding, "/detail");
    match text(finding, "/code").as_str() {
        "refused" | "parked-messages" => Told::of_answer_in_short(language, &fault, words),
        _ => Told::of_answer(language, &fault, words),
    }
}

/// The remedy against a finding.
fn remedy(viewer: &Viewer, finding: &Json) -> Told {
    let sentence = servers::of_remedy(&text(finding, "/code"));
    Told::in_short(viewer.language(), sentence, text(finding, "/remedy"))
}

/// Sessions at brokers that the settings have no more.
fn left(viewer: &Viewer, sessions: &[Json]) -> Markup {
    html! {
        @if !sessions.is_empty() {
            h2 { (viewer.say("operator-network-servers-left")) }
            ul {
                @for session in sessions {
                    li {
                        code { (text(session, "/url")) } " " (text(session, "/clientId"))
                        @if let Some(trouble) = optional(session, "/trouble") {
                            ": " (Told::of_answer(viewer.language(), &session["fault"], trouble.to_owned()).shown())
                        }
                    }
                }
            }
        }
    }
}

/// Handshakes of clouds that wait for somebody to confirm them.
fn waiting(viewer: &Viewer, handshakes: &[Json]) -> Markup {
    html! {
        @if !handshakes.is_empty() {
            h2 { (viewer.say("operator-network-servers-handshakes")) }
            p { (viewer.say("operator-network-servers-handshakes-lead")) }
            @for handshake in handshakes {
                section.card {
                    h3 { (text(handshake, "/what")) " " code { (text(handshake, "/door")) } }
                    p { code { (text(handshake, "/resource")) } }
                    p { code { (text(handshake, "/enableUrl")) } }
                    p { (moment_at(viewer, handshake, "/lastAt")) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_not_taken_is_refused() {
        let results = json!({ "accepted": 7, "ignored": 2, "unknown-device": 3, "wrong-mic": 1 });
        let server = json!({ "seen": { "results": results, "parked": 2 } });
        assert_eq!(refused(&server), 6);
        assert_eq!(refused(&json!({})), 0);
    }
}
