//! Words of alerts: the mails, and the events that systems are given.

use champollion_store::Batch;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::{alert::Alert, condition::Condition, rule::Definition, value::Value};
use crate::outbox::{
    Language, LocalTime, Mail, Message, MqttMessage, Outbox, OutboxError, Webhook,
};

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

/// The parts of the mails about alerts that are the same for all of them.
#[derive(Clone)]
pub(super) struct Mails {
    /// The address of the page of alerts; empty where the server has none that people could open.
    pub(super) page: String,
    /// The clocks by which moments are told.
    pub(super) clocks: LocalTime,
}

/// The words of a mail.
struct Told {
    subject: String,
    text: String,
    /// The whole on one line, for a digest.
    line: String,
}

/// Puts into a batch what is told of an alert: a mail to each address, and an event to each system.
pub(super) fn tell(
    batch: &mut Batch,
    definition: &Definition,
    (alert, turn): (&Alert, Turn),
    mails: &Mails,
    now: Timestamp,
) -> Result<(), OutboxError> {
    let tell = &definition.tell;
    let Told { subject, text, line } = mails.words(tell.language, (alert, &definition.when), turn);
    let group = &alert.place.group;
    for address in &tell.mail {
        let mail = Mail::new(address.clone(), tell.language, &subject, &text).with_line(&line);
        Outbox::enqueue(batch, &Message::new(mail.of_group(group.clone()), now))?;
    }
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

impl Mails {
    fn words(&self, language: Language, (alert, when): (&Alert, &Condition), turn: Turn) -> Told {
        let words = Words::of(language);
        let moment = |at: Timestamp| self.clocks.to_second(at, language);
        let (rule, place) = (alert.rule.as_str(), whole_place(alert));
        let what = words.what_is_wrong(when, alert, moment).unwrap_or_else(|| measured(alert));
        let head = format!("{}{} {what}", words.begin(turn), rule_of(language, rule));
        let mut facts = vec![format!("{}{}", words.since, moment(alert.since))];
        facts.extend(alert.ended_at.map(|ended| format!("{}{}", words.until, moment(ended))));
        facts.push(format!("{}{}", words.limit, alert.limit));
        let mut lines = vec![format!("{}{rule}", words.rule), format!("{}{what}", words.what)];
        lines.push(format!("{}{place}", words.place));
        lines.extend(facts.iter().cloned());
        lines.extend(
            Some(&self.page).filter(|page| !page.is_empty()).map(|page| format!("\n{page}")),
        );
        Told {
            subject: format!("{head} ({})", alert.place.title()),
            text: lines.join("\n") + "\n",
            line: format!("{head} | {place} | {}", facts.join(" | ")),
        }
    }
}

/// The name of a rule before what has broken it, with the blank that French has before a colon.
fn rule_of(language: Language, rule: &str) -> String {
    match language {
        Language::En => format!("{rule}:"),
        Language::Fr => format!("{rule} :"),
    }
}

/// The quantity and its value.
fn measured(alert: &Alert) -> String {
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

/// The last frame before a silence that was too long at a moment.
fn last_heard(due: Timestamp, seconds: u64) -> Timestamp {
    let allowed = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    due.saturating_sub(allowed).unwrap_or(due)
}

/// The words of a language.
struct Words {
    raised: &'static str,
    ended: &'static str,
    rule: &'static str,
    what: &'static str,
    silent: &'static str,
    battery: &'static str,
    decoder: &'static str,
    route: &'static str,
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
                silent: "silent since ",
                battery: "low battery",
                decoder: "frames cannot be decoded",
                route: "the route does not deliver",
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
                silent: "silencieux depuis ",
                battery: "pile faible",
                decoder: "trames indécodables",
                route: "la route ne remet rien",
                place: "Où : ",
                since: "Depuis : ",
                until: "Jusqu'à : ",
                limit: "Limite : ",
            },
        }
    }

    /// The words for a condition that no quantity and value tell of.
    fn what_is_wrong(
        &self,
        when: &Condition,
        alert: &Alert,
        moment: impl Fn(Timestamp) -> String,
    ) -> Option<String> {
        match when {
            Condition::Silent(silence) => {
                let heard = last_heard(alert.since, silence.seconds);
                Some(format!("{}{}", self.silent, moment(heard)))
            }
            Condition::Battery(_) => Some(match &alert.value {
                Some(Value::Number(level)) => format!("{} {level} %", self.battery),
                _ => self.battery.to_owned(),
            }),
            // The value is the name of the alarm.
            Condition::Alarm(_) => alert.value.as_ref().map(ToString::to_string),
            Condition::DecoderFailures(_) => Some(self.decoder.to_owned()),
            Condition::Route(_) => Some(self.route.to_owned()),
            Condition::Above(_)
            | Condition::Below(_)
            | Condition::Outside(_)
            | Condition::Equals(_)
            | Condition::Changed(_) => None,
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
    use crate::alerts::Place;

    fn condition(value: Json) -> Condition {
        serde_json::from_value(value).unwrap()
    }

    /// Mails of a territory whose clocks are an hour ahead.
    fn mails() -> Mails {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(1));
        Mails { page: String::new(), clocks: LocalTime::new(zone) }
    }

    fn above() -> Condition {
        condition(json!({ "above": { "quantity": "air.co2", "limit": 1_000, "unit": "[ppm]" } }))
    }

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
        let mut mails = mails();
        mails.page = "https://champollion.example/alerts".to_owned();
        let Told { subject, text, line } =
            mails.words(Language::En, (&alert(), &above()), Turn::Raised);
        assert_eq!(
            line,
            "Alert: co2: air.co2 = 1200 | School, 70B3D5499A000001, 1 rue Haute | \
             Since: 1970-01-01 01:00:00 +01:00 | Limit: > 1000 [ppm]"
        );
        assert_eq!(subject, "Alert: co2: air.co2 = 1200 (School)");
        assert_eq!(
            text,
            "Rule: co2\nWhat: air.co2 = 1200\nWhere: School, 70B3D5499A000001, 1 rue Haute\n\
             Since: 1970-01-01 01:00:00 +01:00\nLimit: > 1000 [ppm]\n\nhttps://champollion.example/alerts\n"
        );
        let mut over = alert();
        over.ended_at = Some(Timestamp::UNIX_EPOCH);
        mails.page.clear();
        let Told { subject, text, line } =
            mails.words(Language::Fr, (&over, &above()), Turn::Ended);
        assert!(line.contains("| Jusqu'à : 01/01/1970 01:00:00 +01:00 |"), "{line}");
        assert_eq!(subject, "Fin d'alerte : co2 : air.co2 = 1200 (School)");
        assert!(
            text.contains("Jusqu'à : 01/01/1970 01:00")
                && text.ends_with("Limite : > 1000 [ppm]\n")
        );
    }

    #[test]
    fn a_mail_has_words_for_what_no_value_tells() {
        let level = Value::Number(12.0);
        let leak = Value::Text("alarm.leak".to_owned());
        for (when, value, english, french) in [
            (
                json!({ "silent": { "seconds": 3_600 } }),
                None,
                "silent since 1970-01-01 01:00:00 +01:00",
                "silencieux depuis 01/01/1970 01:00:00 +01:00",
            ),
            (json!({ "battery": {} }), Some(level), "low battery 12 %", "pile faible 12 %"),
            (json!({ "battery": {} }), None, "low battery", "pile faible"),
            (json!({ "alarm": {} }), Some(leak), "alarm.leak", "alarm.leak"),
            (
                json!({ "decoderFailures": { "frames": 3 } }),
                None,
                "frames cannot be decoded",
                "trames indécodables",
            ),
            (
                json!({ "route": { "seconds": 60 } }),
                None,
                "the route does not deliver",
                "la route ne remet rien",
            ),
        ] {
            let when = condition(when);
            let mut alert = alert();
            alert.since += SignedDuration::from_hours(1);
            (alert.quantity, alert.value) = (None, value);
            let words = |language| mails().words(language, (&alert, &when), Turn::Raised);
            let subject = |language| words(language).subject;
            assert_eq!(subject(Language::En), format!("Alert: co2: {english} (School)"));
            assert_eq!(subject(Language::Fr), format!("Alerte : co2 : {french} (School)"));
        }
    }
}
