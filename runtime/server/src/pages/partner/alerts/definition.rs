//! A rule of alerts as its form says it, and as its form shows it.

use serde_json::{Map, Value as Json, json};

use super::condition::{condition, shown};
use crate::{
    api::Problem,
    pages::{
        json::{items, text},
        partner::entered::put,
        parts::form::Fault,
        submission::Submission,
    },
};

/// The fields of the scope, each with the member that it is for.
pub(super) const SCOPE: [&str; 4] = ["subGroup", "useCase", "point", "device"];

/// The text that keeps a secret as it is.
const KEPT: &str = "(hidden)";

/// The rule that a form makes, in the place of the one before.
pub(super) fn definition(entered: &Submission, before: Option<&Json>) -> Json {
    let is_paused = before.is_some_and(|before| before["paused"] == true);
    let rule = json!({
        "scope": scope(entered),
        "when": condition(entered),
        "tell": tell(entered, before),
        "paused": is_paused,
    });
    with_command(rule, before)
}

/// The rule with the command of the one before, which no form says otherwise.
fn with_command(mut rule: Json, before: Option<&Json>) -> Json {
    if let Some(command) = before.and_then(|before| before.get("command")) {
        rule["command"] = command.clone();
    }
    rule
}

/// The rule that is shown as one that can be put back, paused or armed.
pub(super) fn with_pause(rule: &Json, is_paused: bool) -> Json {
    let same = json!({
        "scope": rule["scope"],
        "when": rule["when"],
        "tell": rule["tell"],
        "paused": is_paused,
    });
    with_command(same, Some(rule))
}

/// The scope that a form says.
pub(super) fn scope(entered: &Submission) -> Json {
    let mut scope = Map::new();
    for name in SCOPE {
        put(&mut scope, name, entered.filled(name));
    }
    Json::Object(scope)
}

fn tell(entered: &Submission, before: Option<&Json>) -> Json {
    let mut tell = Map::new();
    let addresses = entered.text("mail").split([',', ';', ' ', '\r', '\n']);
    let addresses: Vec<&str> = addresses.filter(|address| !address.is_empty()).collect();
    if !addresses.is_empty() {
        tell.insert("mail".to_owned(), json!(addresses));
    }
    put(&mut tell, "language", entered.filled("language"));
    if let Some(url) = entered.filled("webhook") {
        tell.insert("webhook".to_owned(), json!({ "url": url }));
    }
    if entered.filled("mqttUrl").is_some() {
        tell.insert("mqtt".to_owned(), broker(entered, before));
    }
    Json::Object(tell)
}

fn broker(entered: &Submission, before: Option<&Json>) -> Json {
    let mut broker = Map::new();
    broker.insert("url".to_owned(), Json::from(entered.text("mqttUrl")));
    broker.insert("topic".to_owned(), Json::from(entered.text("mqttTopic")));
    put(&mut broker, "user", entered.filled("mqttUser"));
    let has_password = before.is_some_and(|rule| rule.pointer("/tell/mqtt/password").is_some());
    let typed = entered.field("mqttPassword").filter(|password| !password.is_empty());
    put(&mut broker, "password", typed.or(has_password.then_some(KEPT)));
    Json::Object(broker)
}

/// The fields of the form that shows a rule.
pub(super) fn fields(rule: &Json) -> Submission {
    let addresses = items(rule, "/tell/mail").iter().filter_map(Json::as_str);
    let mut fields = shown(&rule["when"]);
    fields.extend(SCOPE.map(|name| (name, text(rule, &format!("/scope/{name}")))));
    fields.extend([
        ("mail", addresses.collect::<Vec<_>>().join(", ")),
        ("language", text(rule, "/tell/language")),
        ("webhook", text(rule, "/tell/webhook/url")),
        ("mqttUrl", text(rule, "/tell/mqtt/url")),
        ("mqttTopic", text(rule, "/tell/mqtt/topic")),
        ("mqttUser", text(rule, "/tell/mqtt/user")),
    ]);
    Submission::of_fields(fields.into_iter().map(|(name, value)| (name.to_owned(), value)))
}

/// The fault of the form that a problem tells of, at its field.
pub(super) fn fault_of(problem: &Problem) -> Fault {
    if problem.code() == "invalid-path" {
        return Fault::at_field(problem, "name");
    }
    Fault::of(problem).renamed(|path| field_of(path).map(str::to_owned))
}

/// The field of the form that a member of a rule is in.
fn field_of(path: &str) -> Option<&'static str> {
    let starts = [
        ("scope.subGroup", "subGroup"),
        ("scope.useCase", "useCase"),
        ("scope.point", "point"),
        ("scope.device", "device"),
        ("scope", "subGroup"),
        ("tell.mail", "mail"),
        ("tell.language", "language"),
        ("tell.webhook", "webhook"),
        ("tell.mqtt.topic", "mqttTopic"),
        ("tell.mqtt.user", "mqttUser"),
        ("tell.mqtt.password", "mqttPassword"),
        ("tell", "mqttUrl"),
        ("when.alarm", "alarm"),
        ("when.outside.low", "low"),
        ("when.outside.high", "high"),
    ];
    let start = starts.into_iter().find(|(start, _)| path.starts_with(start));
    start.map(|(_, field)| field).or_else(|| field_of_condition(path.strip_prefix("when")?))
}

fn field_of_condition(path: &str) -> Option<&'static str> {
    let names =
        ["channel", "limit", "backLow", "backHigh", "back", "unit", "value", "percent", "frames"];
    match path.rsplit('.').next()? {
        "seconds" => Some("time"),
        "route" => Some("route"),
        "outside" => Some("low"),
        "quantity" | "" => Some("quantity"),
        last => names.into_iter().find(|name| *name == last),
    }
}

#[cfg(test)]
mod tests {
    use champollion_service::alerts::Definition;

    use super::*;

    #[test]
    fn a_rule_comes_back_from_its_form_as_it_was() {
        let rule = json!({
            "group": "water", "name": "high", "changedAt": "2026-01-01T00:00:00Z", "paused": true,
            "scope": { "subGroup": "north", "useCase": "water-metering" },
            "when": { "silent": { "seconds": 3_600 } },
            "tell": {
                "mail": ["ada@city.example", "grace@city.example"], "language": "fr",
                "webhook": { "url": "https://a.example/x", "secret": KEPT },
                "mqtt": { "url": "mqtts://b.example", "topic": "alerts", "user": "ada", "password": KEPT },
            },
            "command": { "command": { "valve": "close" }, "confirmed": true, "expiresInSeconds": 600 },
        });
        let made = definition(&fields(&rule), Some(&rule));
        assert_eq!((&made["scope"], &made["when"]), (&rule["scope"], &rule["when"]));
        assert_eq!((&made["paused"], &made["tell"]["mail"]), (&json!(true), &rule["tell"]["mail"]));
        assert_eq!(made["tell"]["mqtt"], rule["tell"]["mqtt"], "the password stays");
        assert!(made["tell"]["webhook"].get("secret").is_none(), "the interface keeps it");
        assert_eq!(made["command"], rule["command"], "no form says another one");
        assert!(serde_json::from_value::<Definition>(made).is_ok());
        assert_eq!(with_pause(&rule, true)["command"], rule["command"]);
        let armed = with_pause(&rule, false);
        assert!(serde_json::from_value::<Definition>(armed).is_ok_and(|rule| !rule.paused));
    }

    #[test]
    fn a_fault_stands_at_the_field_of_its_member() {
        for (path, field) in [
            ("when", "quantity"),
            ("when.quantity", "quantity"),
            ("when.unit", "unit"),
            ("when.above.limit", "limit"),
            ("when.above.back", "back"),
            ("when.outside", "low"),
            ("when.outside.high", "high"),
            ("when.outside.backHigh", "backHigh"),
            ("when.alarm.quantity", "alarm"),
            ("when.for.frames", "frames"),
            ("when.silent.seconds", "time"),
            ("when.route.route", "route"),
            ("scope.device", "device"),
            ("tell.mail[1]", "mail"),
            ("tell.webhook", "webhook"),
            ("tell.mqtt", "mqttUrl"),
            ("tell.mqtt.topic", "mqttTopic"),
        ] {
            assert_eq!(field_of(path), Some(field), "{path}");
        }
        assert_eq!(field_of("paused"), None);
    }
}
