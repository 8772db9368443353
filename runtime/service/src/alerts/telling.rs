//! Words of alerts: the mails, and the events that systems are given.

use champollion_store::Batch;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{alert::Alert, rule::Definition};
use crate::outbox::{Language, Mail, Message, MqttMessage, Outbox, OutboxError, Webhook};

/// Whether an alert begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Raised,
    Ended,
}

impl Turn {
    /// The kind of the event, as systems are told it.
    fn kind(self) -> &'static str {
        match self {
            Self::Raised => "alert.raised",
            Self::Ended => "alert.ended",
        }
    }
}

/// Puts into a batch what is told of an alert: a mail to each address, and an event to each system.
pub(super) fn tell(
    batch: &mut Batch,
    definition: &Definition,
    (alert, turn): (&Alert, Turn),
    page: &str,
    now: Timestamp,
) -> Result<(), OutboxError> {
    let tell = &definition.tell;
    let (subject, text) = words(tell.language, alert, turn, page);
    for address in &tell.mail {
        let mail = Mail::new(address.clone(), tell.language, &subject, &text);
        Outbox::enqueue(batch, &Message::new(mail, now))?;
    }
    let group = &alert.place.group;
    if let Some(webhook) = &tell.webhook {
        let event = Webhook {
            group: group.clone(),
            url: webhook.url.clone(),
            secret: webhook.secret.clone().unwrap_or_default(),
            kind: turn.kind().to_owned(),
            data: json!(alert),
        };
        Outbox::enqueue(batch, &Message::new(event, now))?;
    }
    if let Some(mqtt) = &tell.mqtt {
        let event = MqttMessage {
            group: group.clone(),
            url: mqtt.url.clone(),
            user: mqtt.user.clone(),
            password: mqtt.password.clone(),
            topic: mqtt.topic.clone(),
            data: event(alert, turn),
        };
        Outbox::enqueue(batch, &Message::new(event, now))?;
    }
    Ok(())
}

fn event(alert: &Alert, turn: Turn) -> Json {
    json!({ "type": turn.kind(), "alert": alert })
}

/// The subject and the text of a mail.
fn words(language: Language, alert: &Alert, turn: Turn, page: &str) -> (String, String) {
    let words = Words::of(language);
    let (rule, place) = (alert.rule.as_str(), alert.place.title());
    let what = what(alert);
    let subject = format!("{}{} {what} ({place})", words.begin(turn), rule_of(language, rule));
    let mut lines = vec![format!("{}{rule}", words.rule), format!("{}{what}", words.what)];
    lines.push(format!("{}{}", words.place, whole_place(alert)));
    lines.push(format!("{}{}", words.since, moment(alert.since)));
    if let Some(ended) = alert.ended_at {
        lines.push(format!("{}{}", words.until, moment(ended)));
    }
    lines.push(format!("{}{}", words.limit, alert.limit));
    if !page.is_empty() {
        lines.push(format!("\n{page}"));
    }
    (subject, lines.join("\n") + "\n")
}

/// The name of a rule before what has broken it, with the blank that French has before a colon.
fn rule_of(language: Language, rule: &str) -> String {
    match language {
        Language::En => format!("{rule}:"),
        Language::Fr => format!("{rule} :"),
    }
}

/// The quantity and its value.
fn what(alert: &Alert) -> String {
    let value = alert.value.as_ref().map(|value| format!("= {value}"));
    let parts = [alert.quantity.clone(), value].into_iter().flatten();
    let what = parts.collect::<Vec<_>>().join(" ");
    if what.is_empty() { alert.limit.clone() } else { what }
}

/// The name, the point, the DevEUI and the address, as far as they are known.
fn whole_place(alert: &Alert) -> String {
    let place = &alert.place;
    let point = place.point.as_ref().map(ToString::to_string);
    let device = place.device.map(|device| device.to_string());
    let parts = [Some(place.title()), point, device, place.address.clone()];
    let mut told: Vec<String> = Vec::new();
    for part in parts.into_iter().flatten() {
        if !told.contains(&part) {
            told.push(part);
        }
    }
    told.join(", ")
}

fn moment(at: Timestamp) -> String {
    at.strftime("%F %H:%M:%S UTC").to_string()
}

/// The words of a language.
struct Words {
    raised: &'static str,
    ended: &'static str,
    rule: &'static str,
    what: &'static str,
    place: &'static str,
    since: &'static str,
    until: &'static str,
    limit: &'static str,
}

impl Words {
    const fn of(language: Language) -> Self {
        match language {
            Language::En => Self {
                raised: "Alert: ",
                ended: "Alert over: ",
                rule: "Rule: ",
                what: "What: ",
                place: "Where: ",
                since: "Since: ",
                until: "Until: ",
                limit: "Limit: ",
            },
            Language::Fr => Self {
                raised: "Alerte : ",
                ended: "Fin d'alerte : ",
                rule: "Règle : ",
                what: "Quoi : ",
                place: "Où : ",
                since: "Depuis : ",
                until: "Jusqu'à : ",
                limit: "Limite : ",
            },
        }
    }

    const fn begin(&self, turn: Turn) -> &'static str {
        match turn {
            Turn::Raised => self.raised,
            Turn::Ended => self.ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::{Place, Value};

    fn alert() -> Alert {
        let mut place = Place::of_route("water".parse().unwrap(), "city".parse().unwrap());
        place.route = None;
        place.device = Some("70B3D5499A000001".parse().unwrap());
        place.name = "School".to_owned();
        place.address = Some("1 rue Haute".to_owned());
        Alert {
            id: uuid::Uuid::nil(),
            rule: "co2".parse().unwrap(),
            place,
            quantity: Some("air.co2".to_owned()),
            value: Some(Value::Number(1_200.0)),
            limit: "> 1000 [ppm]".to_owned(),
            since: Timestamp::UNIX_EPOCH,
            raised_at: Timestamp::UNIX_EPOCH,
            ended_at: None,
            dropped: false,
            acknowledged: None,
            commanded: None,
        }
    }

    #[test]
    fn a_mail_says_what_where_since_when_the_value_and_the_limit() {
        let page = "https://champollion.example/alerts";
        let (subject, text) = words(Language::En, &alert(), Turn::Raised, page);
        assert_eq!(subject, "Alert: co2: air.co2 = 1200 (School)");
        assert_eq!(
            text,
            "Rule: co2\nWhat: air.co2 = 1200\nWhere: School, 70B3D5499A000001, 1 rue Haute\n\
             Since: 1970-01-01 00:00:00 UTC\nLimit: > 1000 [ppm]\n\nhttps://champollion.example/alerts\n"
        );
        let mut over = alert();
        over.ended_at = Some(Timestamp::UNIX_EPOCH);
        let (subject, text) = words(Language::Fr, &over, Turn::Ended, "");
        assert_eq!(subject, "Fin d'alerte : co2 : air.co2 = 1200 (School)");
        assert!(text.contains("Jusqu'à : 1970-01-01") && text.ends_with("Limite : > 1000 [ppm]\n"));
    }
}
