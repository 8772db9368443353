//! Words of alerts: the mails, and the events that systems are given.

use std::sync::Arc;

use champollion_store::Batch;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::{
    alert::Alert,
    condition::Condition,
    rule::Definition,
    words::{Terms, Words},
};
use crate::outbox::{
    Gist, Language, LocalTime, Mail, Message, MqttMessage, Outbox, OutboxError, Webhook,
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
    /// The names of quantities.
    pub(super) terms: Arc<dyn Terms>,
}

/// The words of a mail.
struct Told {
    subject: String,
    text: String,
    /// The whole on one line, for a digest.
    line: String,
    /// The shortest form, for the subject of a digest.
    gist: Gist,
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
    let group = &alert.place.group;
    if !tell.mail.is_empty() {
        let told = mails.words(tell.language, (alert, &definition.when), turn);
        for address in &tell.mail {
            let mail = Mail::new(address.clone(), tell.language, &told.subject, &told.text);
            let mail = mail.with_line(&told.line).with_gist(told.gist.clone());
            Outbox::enqueue(batch, &Message::new(mail.of_group(group.clone()), now))?;
        }
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
        let (labels, words) = (Labels::of(language), Words::new(&*self.terms, language));
        let moment = |at: Timestamp| self.clocks.to_second(at, language);
        let (rule, place) = (alert.rule.as_str(), whole_place(alert));
        let broken = words.broken(when, alert.value.as_ref());
        let (what, before) = match turn {
            Turn::Raised => (broken, None),
            Turn::Ended => (words.well(when, alert.end_value.as_ref()), Some(broken)),
        };
        let topic = format!("{}{rule}", labels.begin(turn));
        let head = format!("{topic}{}{what}", labels.colon);
        let mut facts = Vec::new();
        if let (Condition::Silent(silence), Turn::Raised) = (when, turn) {
            let heard = last_heard(alert.since, silence.seconds);
            facts.push(format!("{}{}", labels.heard, moment(heard)));
        }
        facts.extend(before.map(|before| format!("{}{before}", labels.before)));
        facts.push(format!("{}{}", labels.since, moment(alert.since)));
        facts.extend(alert.ended_at.map(|ended| format!("{}{}", labels.until, moment(ended))));
        facts.push(format!("{}{}", labels.limit, words.limit(when)));
        let mut lines = vec![format!("{}{rule}", labels.rule), format!("{}{what}", labels.what)];
        lines.push(format!("{}{place}", labels.place));
        lines.extend(facts.iter().cloned());
        lines.extend(
            Some(&self.page).filter(|page| !page.is_empty()).map(|page| format!("\n{page}")),
        );
        Told {
            subject: format!("{head} ({})", alert.place.title()),
            text: lines.join("\n") + "\n",
            line: format!("{head} | {place} | {}", facts.join(" | ")),
            gist: Gist::new(&topic, &alert.place.title()),
        }
    }
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

/// The labels of facts in a language.
struct Labels {
    raised: &'static str,
    ended: &'static str,
    /// Stands between a rule and what has broken it.
    colon: &'static str,
    rule: &'static str,
    what: &'static str,
    before: &'static str,
    heard: &'static str,
    place: &'static str,
    since: &'static str,
    until: &'static str,
    limit: &'static str,
}

impl Labels {
    const fn of(language: Language) -> Self {
        match language {
            Language::En => Self {
                raised: "Alert: ",
                ended: "Alert over: ",
                colon: ": ",
                rule: "Rule: ",
                what: "What: ",
                before: "Raised for: ",
                heard: "Last frame: ",
                place: "Where: ",
                since: "Since: ",
                until: "Until: ",
                limit: "Limit: ",
            },
            Language::Fr => Self {
                raised: "Alerte : ",
                ended: "Fin d'alerte : ",
                colon: " : ",
                rule: "Règle : ",
                what: "Quoi : ",
                before: "Motif : ",
                heard: "Dernière trame : ",
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
    use crate::alerts::{Place, Value, words::tests::Few};

    fn condition(value: Json) -> Condition {
        serde_json::from_value(value).unwrap()
    }

    /// Mails of a territory whose clocks are an hour ahead.
    fn mails() -> Mails {
        let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(1));
        Mails { page: String::new(), clocks: LocalTime::new(zone), terms: Arc::new(Few) }
    }

    fn above() -> Condition {
        condition(json!({ "above": {
            "quantity": "air.co2", "limit": 1_000, "unit": "[ppm]", "for": { "seconds": 1_800 },
        } }))
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
            end_value: None,
            what: "CO₂ in the air 1,200 ppm".to_owned(),
            limit: "above 1,000 ppm for 30 min".to_owned(),
            limit_value: Some(1_000.0),
            unit: Some("[ppm]".to_owned()),
            when: Some(above()),
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
        let Told { subject, text, line, gist } =
            mails.words(Language::En, (&alert(), &above()), Turn::Raised);
        assert_eq!(
            line,
            "Alert: co2: CO₂ in the air 1,200 ppm | School, 70B3D5499A000001, 1 rue Haute | \
             Since: 1970-01-01 01:00:00 +01:00 | Limit: above 1,000 ppm for 30 min"
        );
        assert_eq!(subject, "Alert: co2: CO₂ in the air 1,200 ppm (School)");
        assert_eq!(gist, Gist::new("Alert: co2", "School"));
        assert_eq!(
            text,
            "Rule: co2\nWhat: CO₂ in the air 1,200 ppm\n\
             Where: School, 70B3D5499A000001, 1 rue Haute\nSince: 1970-01-01 01:00:00 +01:00\n\
             Limit: above 1,000 ppm for 30 min\n\nhttps://champollion.example/alerts\n"
        );
    }

    #[test]
    fn the_mail_of_an_end_has_the_value_of_the_end_and_the_one_before() {
        let mut over = alert();
        over.ended_at = Some(Timestamp::UNIX_EPOCH);
        over.end_value = Some(Value::Number(800.5));
        let told = mails().words(Language::Fr, (&over, &above()), Turn::Ended);
        assert!(told.line.contains("| Jusqu'à : 01/01/1970 01:00:00 +01:00 |"), "{}", told.line);
        assert_eq!(told.subject, "Fin d'alerte : co2 : CO₂ de l’air 800,5 ppm (School)");
        let text = told.text;
        assert!(text.contains("\nMotif : CO₂ de l’air 1\u{202f}200 ppm\n"), "{text}");
        assert!(text.contains("Jusqu'à : 01/01/1970 01:00"), "{text}");
        let limit = "Limite : au-dessus de 1\u{202f}000 ppm pendant 30 min\n";
        assert!(text.ends_with(limit), "{text}");
    }

    #[test]
    fn the_mail_of_a_silence_tells_the_last_frame() {
        let when = condition(json!({ "silent": { "seconds": 3_600 } }));
        let mut alert = alert();
        alert.since += SignedDuration::from_hours(1);
        (alert.quantity, alert.value) = (None, None);
        let told = mails().words(Language::En, (&alert, &when), Turn::Raised);
        assert_eq!(told.subject, "Alert: co2: silent for 1 h (School)");
        assert!(told.text.contains("Last frame: 1970-01-01 01:00:00 +01:00\n"), "{}", told.text);
        assert!(told.text.ends_with("Limit: 1 h without a frame\n"), "{}", told.text);
        let over = mails().words(Language::Fr, (&alert, &when), Turn::Ended);
        assert_eq!(over.subject, "Fin d'alerte : co2 : de nouveau entendu (School)");
    }
}
