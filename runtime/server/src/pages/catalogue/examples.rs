//! Examples of what goes over the ports of a decoder, and what becomes of it.

use champollion_registry::{CatalogueEntry, Example, package::Direction};
use maud::{Markup, html};
use serde_json::Value as Json;

use crate::pages::{json::address, parts::code::pretty, viewer::Viewer};

/// Returns the section of examples; nothing where there is none.
pub(super) fn examples(viewer: &Viewer, entry: &CatalogueEntry) -> Markup {
    html! {
        @if !entry.examples.is_empty() {
            section {
                h2 #examples { (viewer.say("decoder-examples")) }
                div.halves {
                    @for example in &entry.examples { (shown(viewer, entry, example)) }
                }
            }
        }
    }
}

fn shown(viewer: &Viewer, entry: &CatalogueEntry, example: &Example) -> Markup {
    html! {
        article.card {
            h3 { (example.name) }
            p.soft.small { (viewer.say_with("example-port", [("port", example.port.into())])) }
            @if let Some(command) = &example.command {
                p.small { (viewer.say("example-command")) }
                (pretty(command))
                p.small { (viewer.say("example-becomes")) }
            }
            p { code { (example.payload) } }
            @if let Some(reading) = &example.reading {
                p.small { (viewer.say("example-reads")) }
                (pretty(reading.get("data").unwrap_or(reading)))
            }
            p { a href=(workbench(entry, example)) { (viewer.say("decoder-try-one")) } }
        }
    }
}

fn workbench(entry: &CatalogueEntry, example: &Example) -> String {
    let (decoder, version) = (entry.manifest.id.to_string(), entry.manifest.version.to_string());
    let command = example.command.as_ref().map(Json::to_string).unwrap_or_default();
    let kind = match (&example.command, &example.reading) {
        (Some(_), _) => "command",
        (None, _) if example.direction == Direction::Down => "downlink",
        (None, _) => "uplink",
    };
    let (port, payload) = (example.port.to_string(), example.payload.to_string());
    let pairs = [
        ("decoder", &*decoder),
        ("version", &*version),
        ("kind", kind),
        ("port", &*port),
        ("payload", if command.is_empty() { &*payload } else { "" }),
        ("command", &*command),
    ];
    address("/workbench", &pairs)
}
