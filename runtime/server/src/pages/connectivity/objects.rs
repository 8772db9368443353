//! The objects that are silent, and those that are left out of the shares.

use maud::{Markup, html};
use serde_json::Value as Json;

use crate::pages::{
    json::{address, items, moment, next_of, optional, text},
    parts::{badge::badge, notice::Tone, pager::pager, table::Table},
    viewer::Viewer,
};

/// Objects of a page.
const LIMIT: &str = "50";

/// Returns the address of the part of a list that the viewer looks at.
pub(super) fn part_of(viewer: &Viewer, path: &str, group: &str) -> String {
    let after = viewer.parameter("after").unwrap_or_default();
    address(path, &[("group", group), ("after", after.as_str()), ("limit", LIMIT)])
}

pub(super) fn silent(viewer: &Viewer, list: &Json) -> Markup {
    let mut table = Table::new(viewer.say("quality-silent"))
        .column(viewer.say("quality-object"))
        .column(viewer.say("quality-group"))
        .column(viewer.say("quality-last-heard"))
        .column(viewer.say("quality-gateway"))
        .numbers("RSSI (dBm)")
        .numbers("SNR (dB)")
        .numbers("SF");
    for one in items(list, "/silent") {
        table.row(vec![
            object(one),
            html! { (text(one, "/group")) },
            html! { @if let Some(at) = moment(one, "/lastHeardAt") { (viewer.moment(at)) } },
            html! { (text(one, "/lastReception/gateway")) },
            html! { (text(one, "/lastReception/rssiDbm")) },
            html! { (text(one, "/lastReception/snrDb")) },
            html! { (text(one, "/lastReception/spreadingFactor")) },
        ]);
    }
    html! {
        h2 { (viewer.say("quality-silent")) }
        @if table.is_empty() { p { (viewer.say("quality-silent-none")) } } @else { (table.shown()) }
        (pager(viewer, next_of(list)))
    }
}

pub(super) fn excluded(viewer: &Viewer, list: &Json) -> Markup {
    let mut table = Table::new(viewer.say("quality-excluded"))
        .column(viewer.say("quality-object"))
        .column(viewer.say("quality-group"))
        .column(viewer.say("quality-reason"));
    for one in items(list, "/excluded") {
        let reason = viewer.say_word("quality-out", &text(one, "/reason"));
        table.row(vec![object(one), html! { (text(one, "/group")) }, badge(Tone::Plain, &reason)]);
    }
    html! {
        h2 { (viewer.say("quality-excluded")) }
        @if table.is_empty() { p { (viewer.say("quality-excluded-none")) } } @else { (table.shown()) }
        @if list["more"] == true { p.soft { (viewer.say("quality-excluded-more")) } }
    }
}

/// An object with the way to its page.
fn object(one: &Json) -> Markup {
    let dev_eui = text(one, "/devEui");
    html! {
        a href={ "/partner/objects/" (dev_eui) } { code { (dev_eui) } }
        @if let Some(name) = optional(one, "/name") { " " (name) }
    }
}
