//! Calls of a decoder from programs: lines to paste, in three languages.

use champollion_registry::{CatalogueEntry, package::Direction};
use maud::{Markup, html};
use serde_json::json;

use crate::pages::{own_address::own_address, viewer::Viewer};

/// The name of the variable of the environment that holds the token.
const TOKEN: &str = "CHAMPOLLION_TOKEN";

/// Returns the section about calls.
pub(super) fn calls(viewer: &Viewer, entry: &CatalogueEntry) -> Markup {
    let (address, body) = (own_address(viewer), body(entry));
    html! {
        section {
            h2 #call { (viewer.say("decoder-call")) }
            p { (viewer.say("decoder-call-text")) }
            (call(viewer, "curl", "call-curl", &curl(&address, &body)))
            (call(viewer, "Python", "call-python", &python(&address, &body)))
            (call(viewer, "JavaScript", "call-javascript", &javascript(&address, &body)))
        }
    }
}

fn call(viewer: &Viewer, name: &str, id: &str, text: &str) -> Markup {
    html! {
        details open[name == "curl"] {
            summary { (name) }
            pre tabindex="0" { code id=(id) { (text) } }
            button.quiet type="button" hidden data-copy=(id) data-copied=(viewer.say("copied")) {
                (viewer.say("copy"))
            }
        }
    }
}

/// The body of the call: the first example of an uplink. Digits and names hold nothing that ends a text in any of
/// the languages; variables of a device may, so an example that needs some is not taken.
fn body(entry: &CatalogueEntry) -> String {
    let manifest = &entry.manifest;
    let is_simple = |example: &&champollion_registry::Example| {
        example.direction == Direction::Up && example.variables.is_empty()
    };
    let example = entry.examples.iter().find(is_simple);
    let first_port = manifest.ports.iter().find(|port| port.direction == Direction::Up);
    let port = example.map(|example| example.port).or(first_port.map(|port| port.port));
    let payload = example.map_or_else(|| "00".to_owned(), |example| example.payload.to_string());
    json!({
        "decoder": format!("{}@={}", manifest.id, manifest.version),
        "uplink": { "fPort": port.unwrap_or(1), "payload": payload },
    })
    .to_string()
}

fn curl(address: &str, body: &str) -> String {
    format!(
        "curl {address}/v1/decode \\\n  --header \"Authorization: Bearer ${TOKEN}\" \\\n  --json '{body}'"
    )
}

fn python(address: &str, body: &str) -> String {
    format!(
        "import json, os, urllib.request\n\n\
         request = urllib.request.Request(\n    \"{address}/v1/decode\",\n    data=b'{body}',\n    \
         headers={{\"Authorization\": \"Bearer \" + os.environ[\"{TOKEN}\"]}},\n)\n\
         with urllib.request.urlopen(request) as answer:\n    \
         print(json.load(answer)[\"reading\"][\"data\"])"
    )
}

fn javascript(address: &str, body: &str) -> String {
    format!(
        "const answer = await fetch(\"{address}/v1/decode\", {{\n  method: \"POST\",\n  \
         headers: {{ Authorization: `Bearer ${{process.env.{TOKEN}}}` }},\n  \
         body: '{body}',\n}});\nconsole.log((await answer.json()).reading.data);"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"decoder":"acme/meter@=1.0.0","uplink":{"fPort":1,"payload":"0A"}}"#;

    #[test]
    fn the_calls_are_whole() {
        let address = "https://champollion.example";
        assert_eq!(
            curl(address, BODY),
            "curl https://champollion.example/v1/decode \\\n  --header \"Authorization: Bearer \
             $CHAMPOLLION_TOKEN\" \\\n  --json '{\"decoder\":\"acme/meter@=1.0.0\",\"uplink\":{\"fPort\":1,\
             \"payload\":\"0A\"}}'"
        );
        assert!(
            python(address, BODY).contains("headers={\"Authorization\": \"Bearer \" + os.environ")
        );
        assert!(javascript(address, BODY).contains("`Bearer ${process.env.CHAMPOLLION_TOKEN}`"));
    }
}
