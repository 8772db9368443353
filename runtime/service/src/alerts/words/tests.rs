use serde_json::{Value as Json, json};

use super::*;

/// A vocabulary of a few terms.
pub(in crate::alerts) struct Few;

impl Terms for Few {
    fn name(&self, term: &str, language: Language) -> String {
        let (english, french) = match term {
            "air.co2" => ("CO₂ in the air", "CO₂ de l’air"),
            "alarm.leak" => ("Alarm: leak", "Alarme : fuite"),
            "battery.level" => ("Battery charge", "Charge de la pile"),
            other => (other, other),
        };
        Words::new(self, language).say(english, french)
    }

    fn unit(&self, term: &str) -> Option<&'static str> {
        match term {
            "air.co2" => Some("[ppm]"),
            "battery.level" => Some("%"),
            _ => None,
        }
    }
}

fn both(of: impl Fn(Words<'_>) -> String) -> [String; 2] {
    [Language::En, Language::Fr].map(|language| of(Words::new(&Few, language)))
}

fn condition(value: Json) -> Condition {
    serde_json::from_value(value).unwrap()
}

#[test]
fn limits_are_sentences() {
    for (when, english, french) in [
        (
            json!({ "above": { "quantity": "air.co2", "limit": 1000, "for": { "seconds": 1800 } } }),
            "CO₂ in the air above 1,000 ppm for 30 min",
            "CO₂ de l’air au-dessus de 1\u{202f}000 ppm pendant 30 min",
        ),
        (
            json!({ "below": { "quantity": "air.co2", "channel": 2, "limit": 0.5, "back": 1, "for": { "frames": 3 } } }),
            "CO₂ in the air (channel 2) below 0.5 ppm in 3 frames in a row (over at 1 ppm)",
            "CO₂ de l’air (voie 2) au-dessous de 0,5 ppm sur 3 trames de suite (terminée à 1 ppm)",
        ),
        (
            json!({ "outside": { "quantity": "air.co2", "low": 1, "high": 5.5, "unit": "%" } }),
            "CO₂ in the air outside of 1 to 5.5 %",
            "CO₂ de l’air hors de 1 à 5,5 %",
        ),
        (
            json!({ "equals": { "quantity": "valve", "value": true } }),
            "valve equal to yes",
            "valve égale à oui",
        ),
        (
            json!({ "changed": { "quantity": "valve" } }),
            "valve, another value than the one before",
            "valve, une autre valeur que la précédente",
        ),
        (
            json!({ "silent": { "seconds": 176_400 } }),
            "2 days 1 h without a frame",
            "2 jours 1 h sans trame",
        ),
        (json!({ "battery": {} }), "battery below 20 %", "pile au-dessous de 20 %"),
        (
            json!({ "alarm": { "quantity": "alarm.leak" } }),
            "Alarm: leak, as soon as the device says so",
            "Alarme : fuite, dès que l'appareil le signale",
        ),
        (
            json!({ "decoderFailures": {} }),
            "one frame that cannot be decoded",
            "une trame indécodable",
        ),
        (
            json!({ "decoderFailures": { "frames": 3 } }),
            "3 frames in a row that cannot be decoded",
            "3 trames de suite indécodables",
        ),
        (
            json!({ "route": { "seconds": 5_400 } }),
            "any route, 1 h 30 min without a delivery",
            "n'importe quelle route, 1 h 30 min sans remise",
        ),
    ] {
        let when = condition(when);
        assert_eq!(both(|words| words.condition(&when)), [english, french]);
    }
}

#[test]
fn what_is_wrong_and_what_is_well_again_have_their_own_values() {
    let above = condition(json!({ "above": { "quantity": "air.co2", "limit": 1000 } }));
    let value = |number: f64| Some(Value::Number(number));
    let (high, low) = (value(1_200.5), value(800.0));
    let broken = both(|words| words.broken(&above, high.as_ref()));
    assert_eq!(broken, ["CO₂ in the air 1,200.5 ppm", "CO₂ de l’air 1\u{202f}200,5 ppm"]);
    let well = both(|words| words.well(&above, low.as_ref()));
    assert_eq!(well, ["CO₂ in the air 800 ppm", "CO₂ de l’air 800 ppm"]);
    let leak = Some(Value::Text("alarm.leak".to_owned()));
    for (when, value, broken, well) in [
        (json!({ "silent": { "seconds": 60 } }), None, "silent for 1 min", "heard again"),
        (json!({ "battery": {} }), value(12.0), "Battery charge 12 %", "Battery charge 12 %"),
        (json!({ "battery": {} }), None, "low battery", "battery well again"),
        (json!({ "alarm": {} }), leak, "Alarm: leak", "Alarm: leak, over"),
        (
            json!({ "decoderFailures": {} }),
            None,
            "frames cannot be decoded",
            "frames are decoded again",
        ),
        (
            json!({ "route": { "seconds": 60 } }),
            None,
            "the route does not deliver",
            "the route delivers again",
        ),
        (
            json!({ "equals": { "quantity": "valve", "value": "open" } }),
            Some(Value::Text("open".to_owned())),
            "valve: open",
            "valve: open",
        ),
    ] {
        let (when, words) = (condition(when), Words::new(&Few, Language::En));
        assert_eq!(words.broken(&when, value.as_ref()), broken);
        assert_eq!(words.well(&when, value.as_ref()), well);
    }
}

#[test]
fn programs_are_told_the_limit_that_was_passed_with_its_unit() {
    let words = Words::new(&Few, Language::En);
    let of = |when: Json, value: f64| {
        let (when, value) = (condition(when), Value::Number(value));
        (Words::limit_value(&when, Some(&value)), words.unit(&when))
    };
    let range = || json!({ "outside": { "quantity": "air.co2", "low": 400, "high": 1000 } });
    assert_eq!(of(range(), 300.0), (Some(400.0), Some("[ppm]")));
    assert_eq!(of(range(), 1_300.0), (Some(1_000.0), Some("[ppm]")));
    assert_eq!(of(json!({ "silent": { "seconds": 60 } }), 0.0), (Some(60.0), Some("s")));
    assert_eq!(of(json!({ "battery": {} }), 7.0), (Some(20.0), Some("%")));
    assert_eq!(of(json!({ "alarm": {} }), 0.0), (None, None));
}

#[test]
fn times_have_the_units_that_they_need() {
    let words = Words::new(&Few, Language::En);
    let said = [0, 45, 60, 90, 3_600, 86_400, 2_678_400].map(|time| words.duration(time));
    assert_eq!(said, ["0 s", "45 s", "1 min", "1 min 30 s", "1 h", "1 day", "31 days"]);
}
