//! Recipients of events as destinations: what posts to them, and what of them cannot be.

use std::collections::BTreeMap;

use champollion_delivery::{
    destinations::{
        DestinationLimits, Secret, Tls,
        mqtt::{MqttPush, MqttRecipient, TopicPattern},
        push::{HttpPush, HttpRecipient, SigningKey},
    },
    names::GroupId,
};
use champollion_service::alerts::Tell;
use url::Url;

use super::MailRecipients;

/// Seconds that a recipient has to answer.
const ANSWER_SECONDS: u64 = 15;

/// Most bytes of an address, of a user and of a password: with them each message stays within a value of the store.
const BYTES: usize = 1_000;

/// The system that events of a group are posted to; else the reason why it cannot be.
pub(super) fn system(
    limits: &DestinationLimits,
    group: &GroupId,
    (url, secret): (&str, &str),
) -> Result<HttpRecipient, String> {
    let push = HttpPush {
        url: read(url)?,
        secrets: vec![Secret::new(secret)],
        retiring_secrets: Vec::new(),
        authorization: None,
        headers: BTreeMap::new(),
        tls: Tls::default(),
        timeout_seconds: ANSWER_SECONDS,
        batch: 1,
        concurrency: 1,
    };
    push.recipient(limits, limits.connector(group)).map_err(|error| error.to_string())
}

/// The broker that events of a group are published through; else the reason why it cannot be.
pub(super) fn broker(
    limits: &DestinationLimits,
    group: &GroupId,
    (url, user, password): (&str, Option<&String>, Option<&String>),
    client_id: String,
) -> Result<MqttRecipient, String> {
    let push = MqttPush {
        url: read(url)?,
        topic: TopicPattern::default(),
        user: user.cloned(),
        password: password.map(Secret::new),
        client_id: Some(client_id),
        tls: Tls::default(),
    };
    push.recipient(limits, limits.connector(group)).map_err(|error| error.to_string())
}

fn read(url: &str) -> Result<Url, String> {
    Url::parse(url).map_err(|error| format!("url: {error}"))
}

/// Gives requests a secret to be signed with where there is none, and says which.
pub(crate) fn sign(tell: &mut Tell) -> Option<Secret> {
    let webhook = tell.webhook.as_mut().filter(|webhook| webhook.secret.is_none())?;
    let secret = SigningKey::generate();
    webhook.secret = Some(secret.reveal().to_owned());
    Some(secret)
}

/// Checks the system that events of a group are posted to, with the secret that they are signed with.
///
/// # Errors
/// Says why nothing can be posted there.
pub(crate) fn check_system(
    limits: &DestinationLimits,
    group: &GroupId,
    place: (&str, &str),
) -> Result<(), String> {
    system(limits, group, place).map(drop)
}

/// Checks those whom a rule tells, with the judge of mails where there is a mail server.
///
/// # Errors
/// Says what of them cannot be, with its place.
pub(crate) fn check(
    limits: &DestinationLimits,
    group: &GroupId,
    tell: &Tell,
    recipients: Option<&MailRecipients>,
) -> Result<(), String> {
    if recipients.is_none() && !tell.mail.is_empty() {
        return Err("tell.mail: this server sends no mails: leave it out, or have the operator set host under [mail]"
            .to_owned());
    }
    let mails = recipients.into_iter().flat_map(|to| tell.mail.iter().map(move |one| (to, one)));
    for (recipients, address) in mails {
        recipients.check(group, address).map_err(|reason| format!("tell.mail: {reason}"))?;
    }
    bounded(tell)?;
    if tell.has_hidden_secret() {
        return Err(
            "tell: (hidden) stands for a secret of another recipient: say the secret".to_owned()
        );
    }
    if let Some(webhook) = &tell.webhook {
        let secret = webhook.secret.as_deref().unwrap_or_default();
        let checked = system(limits, group, (webhook.url.as_str(), secret));
        checked.map_err(|reason| format!("tell.webhook: {reason}"))?;
    }
    if let Some(mqtt) = &tell.mqtt {
        let place = (mqtt.url.as_str(), mqtt.user.as_ref(), mqtt.password.as_ref());
        let checked = broker(limits, group, place, String::new());
        checked.map_err(|reason| format!("tell.mqtt: {reason}"))?;
        check_topic(&mqtt.topic).map_err(|reason| format!("tell.mqtt.topic: {reason}"))?;
    }
    Ok(())
}

/// Checks a topic, in which nothing stands for a part of the message, other than in those of records: each topic is a way of
/// its own for the outbox.
fn check_topic(topic: &str) -> Result<(), String> {
    if topic.contains(['{', '}']) {
        return Err("{ and } stand for nothing in it: write the topic as it is, the message names the device or the route"
            .to_owned());
    }
    topic.parse::<TopicPattern>().map(drop).map_err(|error| error.to_string())
}

/// Checks that no part of a recipient is so long that its messages could not be kept.
fn bounded(tell: &Tell) -> Result<(), String> {
    let (webhook, mqtt) = (tell.webhook.as_ref(), tell.mqtt.as_ref());
    let parts = [
        ("tell.webhook.url", webhook.map(|webhook| &webhook.url)),
        ("tell.mqtt.url", mqtt.map(|mqtt| &mqtt.url)),
        ("tell.mqtt.user", mqtt.and_then(|mqtt| mqtt.user.as_ref())),
        ("tell.mqtt.password", mqtt.and_then(|mqtt| mqtt.password.as_ref())),
    ];
    let is_long = |text: &&String| text.len() > BYTES;
    match parts.into_iter().find(|(_, text)| text.as_ref().is_some_and(is_long)) {
        Some((path, _)) => {
            Err(format!("{path}: it has more than {BYTES} bytes: write a shorter one"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use champollion_delivery::destinations::{AddressRules, Reach};
    use serde_json::{Value, json};

    use super::*;
    use crate::outbox::MailTo;

    fn limits() -> DestinationLimits {
        let reach = Reach { allow_ports: vec!["1-65535".parse().unwrap()], ..Reach::default() };
        DestinationLimits {
            addresses: AddressRules { all: Arc::new(reach), ..AddressRules::default() },
            plain_http: false,
            folders: None,
            pauses: (Duration::from_secs(1), Duration::from_secs(600)),
            time_zones: BTreeMap::new(),
        }
    }

    fn checked(tell: Value, has_mail_server: bool) -> Result<(), String> {
        checked_by(tell, has_mail_server, &[])
    }

    fn checked_by(tell: Value, has_mail_server: bool, permitted: &[MailTo]) -> Result<(), String> {
        let tell: Tell = serde_json::from_value(tell).unwrap();
        let recipients = MailRecipients::by(permitted, |group, address| {
            group.as_str() == "water" && address.as_str() == "eve@else.example"
        });
        let recipients = has_mail_server.then_some(&recipients);
        check(&limits(), &"water".parse().unwrap(), &tell, recipients)
    }

    #[test]
    fn no_part_of_a_recipient_is_too_long_for_its_messages() {
        let long = "x".repeat(BYTES + 1);
        let mqtt = |url: &str, user: &str, password: &str| json!({ "mqtt": { "url": url, "user": user, "password": password, "topic": "a" } });
        let broker = "mqtts://broker.example";
        for (tell, path) in [
            (
                json!({ "webhook": { "url": format!("https://city.example/{long}") } }),
                "tell.webhook.url",
            ),
            (mqtt(&format!("{broker}/{long}"), "ada", "b"), "tell.mqtt.url"),
            (mqtt(broker, &long, "b"), "tell.mqtt.user"),
            (mqtt(broker, "ada", &long), "tell.mqtt.password"),
        ] {
            let said = checked(tell, true).unwrap_err();
            assert!(said.starts_with(&format!("{path}: it has more than 1000 bytes")), "{said}");
        }
        assert_eq!(checked(mqtt(broker, "ada", "b"), true), Ok(()));
    }

    #[test]
    fn a_topic_stands_for_itself() {
        let said = |topic: &str| {
            checked(json!({ "mqtt": { "url": "mqtts://b.example", "topic": topic } }), true)
        };
        assert_eq!(said("alerts/water"), Ok(()));
        for topic in ["alerts/{group}", "alerts/{devEui", "{rule}"] {
            let refused = said(topic).unwrap_err();
            assert!(refused.starts_with("tell.mqtt.topic: { and } stand for nothing"), "{refused}");
        }
        for topic in ["", "alerts/#", "$SYS/alerts"] {
            assert!(said(topic).unwrap_err().starts_with("tell.mqtt.topic: "), "{topic}");
        }
    }

    #[test]
    fn mails_are_refused_where_no_server_takes_them() {
        let mail = || json!({ "mail": ["ada@city.example"] });
        let said = checked(mail(), false).unwrap_err();
        assert!(said.starts_with("tell.mail: ") && said.contains("host under [mail]"), "{said}");
        assert_eq!(checked(mail(), true), Ok(()));
        assert_eq!(checked(json!({}), false), Ok(()));
    }

    #[test]
    fn mails_are_confined_to_those_whom_the_operator_permits() {
        let permitted = [MailTo::People, "city.example".parse().unwrap()];
        let tell = |to: &str| json!({ "mail": ["ada@city.example", to] });
        for own in ["joe@city.example", "joe@CITY.example", "eve@else.example"] {
            assert_eq!(checked_by(tell(own), true, &permitted), Ok(()));
        }
        for other in ["joe@else.example", "joe@sub.city.example", "joe@acity.example"] {
            let said = checked_by(tell(other), true, &permitted).unwrap_err();
            assert!(said.starts_with(&format!("tell.mail: {other} is nobody")), "{said}");
            assert!(said.contains("people") && said.contains("addresses of city.example"));
            assert_eq!(checked_by(tell(other), true, &[]), Ok(()));
        }
    }
}
