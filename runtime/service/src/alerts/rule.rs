//! Rules as partners make them, and as they are kept.

use std::{fmt, str::FromStr};

use champollion_fleet::{
    names::{GroupId, NameError, SubGroup, UseCase},
    people::Email,
    plain_name,
    points::PointId,
};
use champollion_frames::DevEui;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{condition::Condition, place::Place};
use crate::outbox::Language;

/// Most addresses that a rule tells.
pub const MOST_ADDRESSES: usize = 20;

/// Most rules that may watch one device: their states are one row, and what they tell is one batch with its frame.
pub const MOST_WATCHING: usize = 50;

/// The text that is shown in the place of a secret.
const HIDDEN: &str = "(hidden)";

plain_name! {
    /// The name of a rule within its group.
    RuleName, "rule"
}

/// A rule's name, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleKey {
    /// The group whose devices the rule watches.
    pub group: GroupId,
    /// Its name within the group.
    pub name: RuleName,
}

/// A rule as a partner writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertRule)]
pub struct Definition {
    /// The devices that the rule watches; all of the group where it is left out.
    #[serde(default)]
    pub scope: Scope,
    /// The condition that breaks the rule.
    pub when: Condition,
    /// The recipients that are told.
    #[serde(default)]
    pub tell: Tell,
    /// The command that each alert sends once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<RuleCommand>,
    /// Whether the rule is not judged for now.
    #[serde(default)]
    pub paused: bool,
}

/// The devices that a rule watches: those that fit all that is said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertScope)]
pub struct Scope {
    /// A device, whatever point it is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DevEui>,
    /// A point, whatever device is on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<PointId>,
    /// A part of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<SubGroup>,
    /// A purpose of devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
}

/// A command that each alert of a rule sends once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertCommand)]
pub struct RuleCommand {
    /// The device of the group that is commanded; the one that broke the rule where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DevEui>,
    /// The command, in the words of the device's decoder.
    #[schema(value_type = Object)]
    pub command: Map<String, Value>,
    /// Whether the device is asked to acknowledge it.
    #[serde(default)]
    pub confirmed: bool,
    /// Seconds after the alert from which on nobody wants the command any more, 60 to 86400; 3600 where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<u32>,
}

/// The recipients that are told of an alert.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertTell)]
pub struct Tell {
    /// The addresses that mails go to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mail: Vec<Email>,
    /// The language of the mails.
    #[serde(default)]
    pub language: Language,
    /// The system that requests go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookTarget>,
    /// The broker that messages go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mqtt: Option<MqttTarget>,
}

/// A system that requests go to, as Standard Webhooks says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertWebhook)]
pub struct WebhookTarget {
    /// The address that is posted to.
    pub url: String,
    /// The secret that requests are signed with: `whsec_` and base64. One is made where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A broker that messages go to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AlertMqtt)]
pub struct MqttTarget {
    /// The place of the broker: `mqtts://host[:8883]`.
    pub url: String,
    /// The topic of the messages, as it is.
    pub topic: String,
    /// The user at the broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The password of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

/// A rule as it is kept. A change of what it watches makes it another one, whose devices begin anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The id that states of the rule are kept under.
    pub id: Uuid,
    /// The moment of the last change.
    pub changed_at: Timestamp,
    /// The rule as its partner wrote it.
    pub definition: Definition,
}

impl Rule {
    /// Makes a rule of a definition, in the place of the one before. What is watched the same way goes on where it is.
    #[must_use]
    pub fn instead(before: Option<&Self>, mut definition: Definition, now: Timestamp) -> Self {
        let same = before.filter(|before| before.definition.watches_as(&definition));
        if let Some(before) = before {
            definition.tell.keep_secrets(&before.definition.tell);
        }
        let id = same.map_or_else(Uuid::now_v7, |before| before.id);
        Self { id, changed_at: now, definition }
    }

    /// Whether the rule watches what is at a place. A rule on routes watches no device.
    #[must_use]
    pub fn watches(&self, place: &Place) -> bool {
        let Definition { scope, when, paused, .. } = &self.definition;
        let fits = |wanted: bool| !paused && wanted;
        fits(matches!(when, Condition::Route(_)) == place.device.is_none() && scope.has(place))
    }
}

impl Definition {
    /// Whether some device, or some route, may be watched by both, wherever it is moved.
    pub(super) fn may_meet(&self, other: &Self) -> bool {
        let is_of_routes = |one: &Self| matches!(one.when, Condition::Route(_));
        is_of_routes(self) == is_of_routes(other) && self.scope.may_share(&other.scope)
    }

    fn watches_as(&self, other: &Self) -> bool {
        (&self.scope, &self.when, self.paused) == (&other.scope, &other.when, other.paused)
    }

    /// The same without its secrets, as it is shown.
    #[must_use]
    pub fn hidden(mut self) -> Self {
        let hide = |secret: &mut String| HIDDEN.clone_into(secret);
        let webhook = self.tell.webhook.as_mut();
        webhook.and_then(|webhook| webhook.secret.as_mut()).into_iter().for_each(hide);
        let mqtt = self.tell.mqtt.as_mut();
        mqtt.and_then(|mqtt| mqtt.password.as_mut()).into_iter().for_each(hide);
        self
    }
}

impl Scope {
    /// Whether the scope is all of the group.
    #[must_use]
    pub fn is_whole_group(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a device may be within both scopes: no part of them names two different things.
    fn may_share(&self, other: &Self) -> bool {
        fn differ<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
            one.zip(other).is_some_and(|(one, other)| one != other)
        }
        !differ(self.device.as_ref(), other.device.as_ref())
            && !differ(self.point.as_ref(), other.point.as_ref())
            && !differ(self.sub_group.as_ref(), other.sub_group.as_ref())
            && !differ(self.use_case.as_ref(), other.use_case.as_ref())
    }

    fn has(&self, place: &Place) -> bool {
        let Self { device, point, sub_group, use_case } = self;
        device.is_none_or(|device| place.device == Some(device))
            && point.as_ref().is_none_or(|point| place.point.as_ref() == Some(point))
            && sub_group.as_ref().is_none_or(|part| place.sub_group.as_ref() == Some(part))
            && use_case.as_ref().is_none_or(|purpose| place.use_case.as_ref() == Some(purpose))
    }
}

impl Tell {
    /// Takes the secrets of the definition before where this one shows none, and the recipient is the same: a secret goes
    /// nowhere else.
    pub fn keep_secrets(&mut self, before: &Self) {
        if let (Some(new), Some(old)) = (&mut self.webhook, &before.webhook) {
            keep(&mut new.secret, old.secret.as_ref().filter(|_| new.url == old.url));
        }
        if let (Some(new), Some(old)) = (&mut self.mqtt, &before.mqtt) {
            let is_same = new.url == old.url && new.user == old.user;
            if new.password.as_deref() == Some(HIDDEN) {
                keep(&mut new.password, old.password.as_ref().filter(|_| is_same));
            }
        }
    }

    /// Whether a secret stands in it that is only shown in the place of one.
    #[must_use]
    pub fn has_hidden_secret(&self) -> bool {
        let webhook = self.webhook.as_ref().and_then(|webhook| webhook.secret.as_deref());
        let mqtt = self.mqtt.as_ref().and_then(|mqtt| mqtt.password.as_deref());
        webhook == Some(HIDDEN) || mqtt == Some(HIDDEN)
    }
}

fn keep(new: &mut Option<String>, old: Option<&String>) {
    let says_nothing = new.as_deref().is_none_or(|secret| secret == HIDDEN);
    if let (true, Some(old)) = (says_nothing, old) {
        *new = Some(old.clone());
    }
}

impl fmt::Debug for WebhookTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WebhookTarget").field("url", &self.url).finish_non_exhaustive()
    }
}

impl fmt::Debug for MqttTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, topic, user, .. } = self;
        formatter
            .debug_struct("MqttTarget")
            .field("url", url)
            .field("topic", topic)
            .field("user", user)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for RuleKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.group, self.name)
    }
}

impl FromStr for RuleKey {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        // Without a slash, the name of the rule is empty, which no name is.
        let (group, name) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self { group: group.parse()?, name: name.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition(value: serde_json::Value) -> Definition {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_secret_stays_with_its_recipient_and_is_not_shown() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let with = |url: &str, secret: Option<&str>| {
            let mut webhook = json!({ "url": url });
            if let Some(secret) = secret {
                webhook["secret"] = json!(secret);
            }
            definition(json!({ "when": { "alarm": {} }, "tell": { "webhook": webhook } }))
        };
        let first =
            Rule::instead(None, with("https://a.example/", Some(secret)), Timestamp::UNIX_EPOCH);
        let shown = first.definition.clone().hidden();
        assert!(shown.tell.has_hidden_secret() && !format!("{first:?}").contains("MfKQ"));
        let secret_of = |definition| {
            let rule = Rule::instead(Some(&first), definition, Timestamp::UNIX_EPOCH);
            rule.definition.tell.webhook.unwrap().secret
        };
        assert_eq!(secret_of(shown).as_deref(), Some(secret));
        assert_eq!(secret_of(with("https://a.example/", None)).as_deref(), Some(secret));
        assert_eq!(secret_of(with("https://b.example/", None)), None);
    }

    #[test]
    fn a_rule_that_watches_the_same_way_goes_on() {
        let alarm = || definition(json!({ "when": { "alarm": {} } }));
        let first = Rule::instead(None, alarm(), Timestamp::UNIX_EPOCH);
        let mut told = alarm();
        told.tell.mail = vec!["ada@city.example".parse().unwrap()];
        assert_eq!(Rule::instead(Some(&first), told, Timestamp::UNIX_EPOCH).id, first.id);
        let other = definition(json!({ "when": { "battery": {} } }));
        assert_ne!(Rule::instead(Some(&first), other, Timestamp::UNIX_EPOCH).id, first.id);
    }
}
