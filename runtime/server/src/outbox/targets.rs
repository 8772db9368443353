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

/// Seconds that a recipient has to answer.
const ANSWER_SECONDS: u64 = 15;

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

/// Checks the systems that a rule tells.
///
/// # Errors
/// Says what of them cannot be, with its place.
pub(crate) fn check(
    limits: &DestinationLimits,
    group: &GroupId,
    tell: &Tell,
) -> Result<(), String> {
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
        let topic = mqtt.topic.parse::<TopicPattern>();
        topic.map_err(|error| format!("tell.mqtt.topic: {error}"))?;
    }
    Ok(())
}
