use serde_json::{Value as Json, json};

use super::*;

/// Some terms, of which `air.co2` alone is declared by a decoder.
struct Terms;

impl Vocabulary for Terms {
    fn quantity(&self, name: &str) -> Option<KnownQuantity> {
        let (unit, is_number) = match name {
            "air.co2" => ("[ppm]", true),
            "air.temperature" => ("Cel", true),
            "battery.level" => ("%", true),
            "button.presses" => ("1", true),
            "alarm.leak" => ("", false),
            _ => return None,
        };
        let is_whole = name == "button.presses";
        Some(KnownQuantity { unit, is_number, is_whole, is_boolean: !is_number })
    }

    fn nearest(&self, name: &str) -> Option<String> {
        name.starts_with("air.c").then(|| "air.co2".to_owned())
    }

    fn is_declared(&self, name: &str) -> bool {
        name != "air.temperature"
    }
}

fn checked(when: Json) -> Result<Definition, String> {
    let definition: Definition = serde_json::from_value(json!({ "when": when })).unwrap();
    definition.checked(&Terms).map_err(|fault| fault.to_string())
}

#[test]
fn a_limit_is_kept_in_the_unit_of_the_vocabulary() {
    let when =
        json!({ "above": { "quantity": "air.co2", "limit": 0.1, "back": 0.08, "unit": "%" } });
    let Condition::Above(limit) = checked(when).unwrap().when else { unreachable!() };
    assert_eq!((limit.limit, limit.back), (1_000.0, Some(800.0)));
    assert_eq!(limit.unit.as_deref(), Some("[ppm]"));
}

#[test]
fn what_cannot_work_is_refused_with_what_to_write_instead() {
    for (when, says) in [
        (json!({ "above": { "quantity": "air.co", "limit": 1 } }), "did you mean air.co2?"),
        (json!({ "above": { "quantity": "air.temperature", "limit": 1 } }), "no decoder"),
        (json!({ "above": { "quantity": "air.co2", "limit": 1, "unit": "Cel" } }), "write [ppm]"),
        (json!({ "above": { "quantity": "air.co2", "limit": 1, "back": 2 } }), "above.back"),
        (json!({ "below": { "quantity": "air.co2", "limit": 2, "back": 1 } }), "below.back"),
        (json!({ "above": { "quantity": "alarm.leak", "limit": 1 } }), "use equals"),
        (json!({ "outside": { "quantity": "air.co2", "low": 2, "high": 1 } }), "below high"),
        (
            json!({ "outside": { "quantity": "air.co2", "low": 1, "high": 2, "backHigh": 3 } }),
            "outside.backHigh",
        ),
        (json!({ "equals": { "quantity": "alarm.leak", "value": 1 } }), "true or false"),
        (json!({ "equals": { "quantity": "air.co2", "value": "high" } }), "a number"),
        (json!({ "alarm": { "quantity": "air.co2" } }), "begins with alarm."),
        (json!({ "silent": { "seconds": 0 } }), "silent.seconds"),
        (json!({ "battery": { "percent": 20, "back": 10 } }), "battery.back"),
        (json!({ "battery": { "percent": 120 } }), "from 0 to 100"),
        (json!({ "battery": { "percent": -1 } }), "when.battery.percent: -1"),
        (json!({ "battery": { "percent": 20, "back": 101 } }), "when.battery.back: 101"),
        (
            json!({ "below": { "quantity": "battery.level", "limit": 3, "unit": "V" } }),
            "not measured in V: write %",
        ),
        (
            json!({ "below": { "quantity": "battery.level", "limit": 2, "unit": "1" } }),
            "200 is no level of a battery",
        ),
        (
            json!({ "outside": { "quantity": "battery.level", "low": -5, "high": 90 } }),
            "when.outside.low",
        ),
        (
            json!({ "above": { "quantity": "battery.level", "limit": 100 } }),
            "above.limit: no value of battery.level is ever so: it goes from 0 to 100",
        ),
        (json!({ "below": { "quantity": "battery.level", "limit": 0 } }), "below.limit: no"),
        (
            json!({ "outside": { "quantity": "battery.level", "low": 0, "high": 100 } }),
            "when.outside: no value",
        ),
        (json!({ "equals": { "quantity": "battery.level", "value": 101 } }), "from 0 to 100"),
        (json!({ "equals": { "quantity": "button.presses", "value": 1.6 } }), "write 2"),
        (
            json!({ "above": { "quantity": "air.co2", "limit": 1, "for": { "frames": 0 } } }),
            "for.frames",
        ),
    ] {
        let said = checked(when.clone()).unwrap_err();
        assert!(said.contains(says), "{when}: {said}");
    }
    for when in [
        json!({ "alarm": {} }),
        json!({ "battery": {} }),
        json!({ "silent": { "seconds": 3_600 } }),
        json!({ "decoderFailures": {} }),
        json!({ "equals": { "quantity": "alarm.leak", "value": true } }),
        json!({ "changed": { "quantity": "air.co2" } }),
    ] {
        assert!(checked(when.clone()).is_ok(), "{when}");
    }
}

#[test]
fn a_command_that_cannot_be_sent_is_refused() {
    let route = json!({ "route": { "seconds": 60 } });
    let alarm = json!({ "alarm": {} });
    let long = "x".repeat(COMMAND_BYTES);
    for (when, command, says) in [
        (&route, json!({ "command": {} }), "command.device"),
        (&alarm, json!({ "command": {}, "expiresInSeconds": 59 }), "60 to 86400"),
        (&alarm, json!({ "command": { "text": long } }), "2048 are the limit"),
    ] {
        let rule = json!({ "when": when, "command": command });
        let rule: Definition = serde_json::from_value(rule).unwrap();
        let fault = check_command(&rule).unwrap_err().to_string();
        assert!(fault.starts_with("command.") && fault.contains(says), "{fault}");
    }
}
