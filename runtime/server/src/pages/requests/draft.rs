//! A wish as a form has it: texts that may be wrong yet.

use serde_json::{Map, Value as Json, json};

use crate::pages::{clocks::Clocks, submission::Submission};

/// Payloads of which the form has blocks: the five that a wish needs, and some more.
pub(super) const BLOCKS: usize = 10;

/// The members of a wish that are a text each.
pub(super) const TEXTS: [&str; 8] =
    ["maker", "model", "firmware", "document", "payer", "orderNumber", "by", "notes"];

/// The parts of a payload that are a text each.
pub(super) const PARTS: [&str; 6] = ["name", "port", "payload", "at", "right", "words"];

/// A wish that is being written.
#[derive(Default)]
pub(super) struct Draft {
    /// The partner in whose name it is.
    pub(super) partner: String,
    texts: Map<String, Json>,
    payloads: Vec<Map<String, Json>>,
}

impl Draft {
    /// The draft that a form has sent. Blocks in which nothing stands are left out.
    pub(super) fn of(sent: &Submission) -> Self {
        let member = |name: &str, field: String| (name.to_owned(), json!(sent.text(&field)));
        let texts = TEXTS.iter().map(|name| member(name, format!("wish.{name}")));
        let block = |index: usize| -> Map<String, Json> {
            PARTS.iter().map(|part| member(part, field(index, part))).collect()
        };
        let is_filled =
            |block: &Map<String, Json>| block.values().any(|part| part.as_str() != Some(""));
        Self {
            partner: sent.text("partner").to_owned(),
            texts: texts.collect(),
            payloads: (0..BLOCKS).map(block).filter(is_filled).collect(),
        }
    }

    /// The text of a member of the wish.
    pub(super) fn text(&self, name: &str) -> &str {
        self.texts.get(name).and_then(Json::as_str).unwrap_or_default()
    }

    /// A part of a payload.
    pub(super) fn part(&self, index: usize, part: &str) -> &str {
        let payload = self.payloads.get(index);
        payload.and_then(|payload| payload.get(part)?.as_str()).unwrap_or_default()
    }

    /// The number of payloads that are written.
    pub(super) fn count(&self) -> usize {
        self.payloads.len()
    }

    /// The request as the interface takes it.
    pub(super) fn request(&self, clocks: &Clocks) -> Json {
        let mut wish: Map<String, Json> = self.texts.clone();
        wish.retain(|_, text| text.as_str() != Some(""));
        let payloads: Vec<Json> =
            (0..self.count()).map(|index| self.payload(index, clocks)).collect();
        wish.insert("payloads".to_owned(), json!(payloads));
        json!({ "partner": self.partner, "wish": wish })
    }

    fn payload(&self, index: usize, clocks: &Clocks) -> Json {
        let part = |name: &str| self.part(index, name);
        let mut uplink = json!({ "fPort": number(part("port")), "payload": part("payload") });
        if !part("at").is_empty() {
            uplink["receivedAt"] = json!(clocks.sent(part("at")));
        }
        let right: Vec<Json> = part("right").lines().filter_map(right_value).collect();
        let mut payload = json!({ "name": part("name"), "uplink": uplink, "right": right });
        if !part("words").is_empty() {
            payload["words"] = json!(part("words"));
        }
        payload
    }
}

/// The name of a field of a payload, which is the path of the member that it becomes.
pub(super) fn field(index: usize, part: &str) -> String {
    let member = match part {
        "port" => "uplink.fPort",
        "payload" => "uplink.payload",
        "at" => "uplink.receivedAt",
        other => other,
    };
    format!("wish.payloads[{index}].{member}")
}

/// A line such as `water.volume 12.5`, with a moment after it where there is one.
fn right_value(line: &str) -> Option<Json> {
    let mut words = line.split_whitespace().filter(|word| !["=", "at"].contains(word));
    let mut right =
        json!({ "quantity": words.next()?, "value": number(words.next().unwrap_or_default()) });
    if let Some(moment) = words.next() {
        right["measuredAt"] = json!(moment);
    }
    Some(right)
}

/// A number or a truth value where a text is one, and else the text.
fn number(text: &str) -> Json {
    let read: Option<Json> = serde_json::from_str(&text.replace(',', ".")).ok();
    read.filter(|json| json.is_number() || json.is_boolean()).unwrap_or_else(|| json!(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_right_values_are_read_as_people_write_them() {
        for (line, value) in [
            ("water.volume 12.5", json!({ "quantity": "water.volume", "value": 12.5 })),
            ("water.volume = 12,5", json!({ "quantity": "water.volume", "value": 12.5 })),
            ("alarm.leak true", json!({ "quantity": "alarm.leak", "value": true })),
            ("water.volume", json!({ "quantity": "water.volume", "value": "" })),
        ] {
            assert_eq!(right_value(line), Some(value), "{line}");
        }
        let dated = right_value("water.volume 1 at 2026-01-01T00:00:00Z").unwrap();
        assert_eq!(dated["measuredAt"], "2026-01-01T00:00:00Z");
        assert_eq!(right_value("  "), None);
    }

    #[test]
    fn fields_are_named_by_the_path_of_their_member() {
        assert_eq!(field(2, "port"), "wish.payloads[2].uplink.fPort");
        assert_eq!(field(0, "right"), "wish.payloads[0].right");
    }
}
