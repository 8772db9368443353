//! The records of an object that are kept: read from the interface, and shown.

use maud::{Markup, html};
use serde_json::Value as Json;

use crate::{
    api::Problem,
    pages::{
        json::{address, items, moment, optional, text},
        partner::frame::{dash, get_if_any},
        parts::{badge::badge, code::pretty, notice::Tone, table::Table},
        told::Told,
        viewer::Viewer,
    },
    sentence::frames,
};

/// Answers that are asked for at most: a page of records each, of which a device has some within two days.
const MOST_ANSWERS: usize = 20;

/// Records that are shown whole.
const SHOWN: usize = 20;

/// The records of an object, the oldest first. Nothing where the viewer may not read records.
pub(in crate::pages) async fn records(
    viewer: &Viewer,
    group: &str,
    dev_eui: &str,
) -> Result<Option<Vec<Json>>, Problem> {
    let (mut records, mut after) = (Vec::new(), String::new());
    for _ in 0..MOST_ANSWERS {
        let query = [("group", group), ("device", dev_eui), ("limit", "1000"), ("after", &after)];
        let Some(page) = get_if_any(viewer, &address("/v1/records", &query)).await? else {
            return Ok(None);
        };
        let own = items(&page, "/records").iter().filter_map(|pulled| pulled.get("record"));
        records.extend(own.cloned());
        let next = text(&page, "/next");
        let more = page.get("more").and_then(Json::as_bool).unwrap_or_default();
        if !more || next == after {
            break;
        }
        after = next;
    }
    Ok(Some(records))
}

/// The last records, raw and decoded, with their reception.
pub(super) fn last_records(viewer: &Viewer, records: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("records-caption"))
        .column(viewer.say("record-received"))
        .numbers("FCnt")
        .numbers("FPort")
        .column(viewer.say("record-payload"))
        .column(viewer.say("record-reading"))
        .column(viewer.say("record-radio"));
    for record in records.iter().rev().take(SHOWN) {
        table.row(vec![
            moment(record, "/receivedAt").map_or_else(dash, |at| viewer.moment(at)),
            html! { (text(record, "/uplink/fCnt")) },
            html! { (text(record, "/uplink/fPort")) },
            html! {
                code { (text(record, "/uplink/payload")) }
                @if let Some(trial) = trial(record) {
                    br; a.small href=(trial) { (viewer.say("record-try")) }
                }
            },
            html! { (remarks(viewer, record)) (reading(viewer, record)) },
            radio(viewer, record),
        ]);
    }
    html! {
        @if table.is_empty() { p { (viewer.say("records-none")) } } @else { (table.shown()) }
    }
}

/// The address at which the payload is tried on the workbench; nothing of a frame without a payload.
fn trial(record: &Json) -> Option<String> {
    let payload = optional(record, "/uplink/payload").filter(|payload| !payload.is_empty())?;
    let (decoder, port) = (text(record, "/decoder/id"), text(record, "/uplink/fPort"));
    let received_at = text(record, "/receivedAt");
    let pairs =
        [("decoder", &*decoder), ("port", &*port), ("payload", payload), ("moment", &*received_at)];
    Some(format!("{}#result", address("/workbench", &pairs)))
}

/// The warnings of the server about the frame of a record.
fn remarks(viewer: &Viewer, record: &Json) -> Markup {
    html! {
        @for warning in items(record, "/uplink/warnings") {
            @let sentence = frames::of_warning(warning, record);
            @let told = Told::in_short(viewer.language(), sentence, text(warning, "/message"));
            div { (badge(Tone::Warning, &viewer.say("warning"))) " " (told.shown()) }
        }
    }
}

fn reading(viewer: &Viewer, record: &Json) -> Markup {
    if let Some(message) = optional(record, "/decodeError/message") {
        let code = text(record, "/decodeError/code");
        let told = Told::of_code(viewer.language(), &code, message.to_owned());
        return html! { (badge(Tone::Bad, &code)) " " (told.shown()) };
    }
    let Some(data) = record.pointer("/decoded/data") else { return dash() };
    let warnings = items(record, "/decoded/warnings");
    html! {
        @for warning in warnings {
            (badge(Tone::Warning, &viewer.say("warning"))) " "
            span lang="en" { (warning.as_str().unwrap_or_default()) }
        }
        details {
            summary { (decoder(record)) }
            (pretty(data))
        }
    }
}

fn decoder(record: &Json) -> String {
    format!("{} {}", text(record, "/decoder/id"), text(record, "/decoder/version"))
}

/// The reception in a line: the best of the gateways, how it was sent, and how many have heard it.
fn radio(viewer: &Viewer, record: &Json) -> Markup {
    let parts = [
        ("/radio/bestReception/rssiDbm", "", " dBm"),
        ("/radio/bestReception/snrDb", "", " dB"),
        ("/radio/spreadingFactor", "SF", ""),
    ];
    let said = parts.into_iter().filter_map(|(pointer, before, behind)| {
        let value = viewer.number(record.pointer(pointer)?.as_f64()?);
        Some(format!("{before}{value}{behind}"))
    });
    let said: Vec<String> = said.collect();
    let gateways = record.pointer("/radio/redundancy").and_then(Json::as_u64).unwrap_or_default();
    let heard = viewer.say_with("record-gateways", [("count", gateways.into())]);
    html! { (said.join(" · ")) br; span.soft.small { (heard) } }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_names_its_decoder_with_the_version() {
        let record = json!({ "decoder": { "id": "acme/meter", "version": "1.0.0" } });
        assert_eq!(decoder(&record), "acme/meter 1.0.0");
    }
}
