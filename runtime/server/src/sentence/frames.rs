//! Warnings about frames, which records keep, and about the decoders of objects.

use serde_json::Value as Json;

use super::Sentence;

/// Returns the sentence about a warning of a record of the interface; nothing of one that is not known here.
pub(crate) fn of_warning(warning: &Json, record: &Json) -> Option<Sentence> {
    Some(match warning["code"].as_str()? {
        "counter-reset" => Sentence::new("frame-counter-reset"),
        "half-of-mic-checked" => Sentence::new("frame-half-of-mic-checked"),
        "unreadable-member" => {
            Sentence::new("frame-unreadable-member").with("member", warning["member"].clone())
        }
        "payload-encryption-untold" => Sentence::new("frame-payload-encryption-untold"),
        "undeclared-port" => Sentence::new("frame-undeclared-port")
            .with("port", record["uplink"]["fPort"].clone())
            .with("decoder", record["decoder"]["id"].clone())
            .with("version", record["decoder"]["version"].clone()),
        _ => return None,
    })
}

/// Returns the sentence about an object whose decoder has no version that satisfies what was asked for.
pub(crate) fn no_version() -> Sentence {
    Sentence::new("device-no-version")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_warning_is_said_with_what_the_record_holds() {
        let record = json!({
            "uplink": { "fPort": 7 }, "decoder": { "id": "acme/meter", "version": "1.0.0" },
        });
        let said = of_warning(&json!({ "code": "undeclared-port" }), &record).unwrap();
        assert_eq!(
            (&said.values["port"], &said.values["decoder"]),
            (&json!(7), &json!("acme/meter"))
        );
        assert_eq!(of_warning(&json!({ "code": "of-another-release" }), &record), None);
    }
}
