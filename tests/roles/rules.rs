//! The rule of each operation: what in a request says whose thing it is about.

use serde_json::{Value as Json, json};

use crate::asked::Asked;

/// A rule: what says whose thing a request is about.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// Nothing: it is for everybody, without a token.
    Open,
    /// Nothing: no group plays a part in whether it is allowed. Lists among these show what the sender may see.
    Territory,
    /// The sender, who must be a person: machines have no account.
    Account(fn(&Asked) -> Json),
    /// The parameter `group` of the query.
    Query(fn(&Asked) -> Json),
    /// The path of the request.
    Path(fn(&Asked) -> Json),
    /// The body of the request.
    Body(fn(&Asked) -> Json),
    /// The path of the request, which publishers see too, whosever it is.
    Work(fn(&Asked) -> Json),
}

impl Rule {
    /// Whether it matters whose thing a request is about.
    pub(crate) fn is_of_group(&self) -> bool {
        matches!(self, Self::Query(_) | Self::Path(_) | Self::Body(_) | Self::Work(_))
    }

    /// The body of a request about a thing.
    pub(crate) fn body(&self, asked: &Asked) -> Json {
        match self {
            Self::Open | Self::Territory => json!([]),
            Self::Account(body)
            | Self::Query(body)
            | Self::Path(body)
            | Self::Body(body)
            | Self::Work(body) => body(asked),
        }
    }
}

fn none(_: &Asked) -> Json {
    json!({})
}

fn pull(_: &Asked) -> Json {
    json!({ "to": { "pull": {} } })
}

fn command(_: &Asked) -> Json {
    json!({ "command": { "manualDimming": { "destination": [
        { "address": "dali_broadcast", "dimmingLevel": 100 },
    ] } } })
}

/// A schedule of a command to the lights of a group, far away.
pub(crate) fn schedule(asked: &Asked) -> Json {
    schedule_of(asked.side.group())
}

/// The same for the group of this name. Only its lights have the tag.
pub(crate) fn schedule_of(group: &str) -> Json {
    json!({
        "name": "New year", "group": group, "tags": { "kind": "light" },
        "when": { "cron": "0 0 1 1 *" },
        "command": { "manualDimming": { "destination": [
            { "address": "dali_broadcast", "dimmingLevel": 100 },
        ] } },
    })
}

/// Words of a step of a request.
fn words(_: &Asked) -> Json {
    json!({ "text": "some words" })
}

/// A wish for a decoder that makes sense.
pub(crate) fn wish() -> Json {
    let payload = |number: u8| {
        json!({
            "name": format!("payload {number}"),
            "uplink": { "fPort": 1, "payload": format!("{number:02X}") },
            "right": [{ "quantity": "water.volume", "value": 1 }],
        })
    };
    let payloads: Vec<Json> = (1..=5).map(payload).collect();
    json!({
        "maker": "Acme", "model": "Meter", "document": "Acme Meter, 1.0", "payloads": payloads,
        "payer": "a sponsor",
    })
}

fn role(asked: &Asked) -> Json {
    json!({ "scope": format!("group:{}", asked.side.group()), "role": "operator" })
}

/// A declaration of a partner that makes sense.
pub(crate) fn declaration() -> Json {
    json!({ "declaration": {
        "mission": "Light the streets", "period": { "from": "2026-01-01" }, "coverage": ["outdoor"],
        "objects": [{ "from": "2026-01-01", "number": 1_000_000, "places": "the town" }],
        "direction": "up", "frequency": { "up": { "messages": 1, "per": "hour" } },
    } })
}

/// The rules, by method and path.
const RULES: &[(&str, Rule)] = &[
    ("GET /healthz", Rule::Open),
    ("GET /readyz", Rule::Open),
    ("GET /choose-password", Rule::Open),
    ("GET /choose-password.js", Rule::Open),
    ("GET /openapi.json", Rule::Open),
    ("GET /schemas/{file}", Rule::Open),
    ("GET /v1/catalogue", Rule::Open),
    ("GET /v1/catalogue/{vendor}/{model}", Rule::Open),
    ("GET /v1/catalogue/{vendor}/{model}/{version}", Rule::Open),
    ("GET /metrics", Rule::Territory),
    ("GET /v1/storage", Rule::Territory),
    ("POST /v1/backup", Rule::Territory),
    ("GET /v1/me", Rule::Territory),
    ("POST /v1/decode", Rule::Territory),
    // Records.
    ("GET /v1/records", Rule::Query(none)),
    ("GET /v1/records/stream", Rule::Query(none)),
    (
        "POST /v1/records/ack",
        Rule::Body(|asked| json!({ "cursor": "0", "group": asked.side.group() })),
    ),
    (
        "POST /v1/records/redecode",
        Rule::Body(|asked| {
            let since = "2026-01-01T00:00:00Z";
            json!({ "decoder": "nobody/nothing@^1", "since": since, "group": asked.side.group() })
        }),
    ),
    ("GET /v1/retention", Rule::Query(none)),
    ("GET /v1/quotas", Rule::Query(none)),
    ("GET /v1/quality", Rule::Query(none)),
    ("GET /v1/quality/silent", Rule::Query(none)),
    ("GET /v1/quality/excluded", Rule::Query(none)),
    ("GET /v1/quality/availability", Rule::Query(none)),
    ("GET /v1/gateways", Rule::Territory),
    ("GET /v1/gateways/{id}", Rule::Territory),
    // Routes.
    ("GET /v1/routes", Rule::Query(none)),
    ("GET /v1/events", Rule::Query(none)),
    ("GET /v1/routes/{name}", Rule::Query(none)),
    ("PUT /v1/routes/{name}", Rule::Query(pull)),
    ("PATCH /v1/routes/{name}", Rule::Query(none)),
    ("DELETE /v1/routes/{name}", Rule::Query(none)),
    ("POST /v1/routes/{name}/pause", Rule::Query(none)),
    ("POST /v1/routes/{name}/resume", Rule::Query(none)),
    ("POST /v1/routes/{name}/test", Rule::Query(none)),
    ("POST /v1/routes/{name}/skip", Rule::Query(|_| json!({ "record": "none" }))),
    ("POST /v1/routes/{name}/secrets/rotate", Rule::Query(none)),
    ("POST /v1/routes/{name}/secrets/retire", Rule::Query(none)),
    ("GET /v1/routes/{name}/attempts", Rule::Query(none)),
    // Alerts.
    ("GET /v1/alerts", Rule::Query(none)),
    ("GET /v1/alerts/{id}", Rule::Query(none)),
    ("POST /v1/alerts/{id}/acknowledge", Rule::Query(|_| json!({}))),
    ("GET /v1/alerts/rules", Rule::Query(none)),
    ("GET /v1/alerts/rules/{name}", Rule::Query(none)),
    ("PUT /v1/alerts/rules/{name}", Rule::Query(|_| json!({ "when": { "alarm": {} } }))),
    ("DELETE /v1/alerts/rules/{name}", Rule::Query(none)),
    ("POST /v1/alerts/rules/try", Rule::Query(|_| json!({ "when": { "alarm": {} } }))),
    // Devices and their commands.
    ("GET /v1/devices", Rule::Territory),
    ("GET /v1/devices/{dev_eui}", Rule::Path(none)),
    ("PUT /v1/devices/{dev_eui}", Rule::Body(|asked| json!({ "group": asked.side.group() }))),
    ("DELETE /v1/devices/{dev_eui}", Rule::Path(none)),
    ("PUT /v1/devices/{dev_eui}/decoder", Rule::Path(none)),
    ("PUT /v1/devices/{dev_eui}/session", Rule::Territory),
    ("GET /v1/devices/{dev_eui}/derived", Rule::Path(none)),
    ("PUT /v1/devices/{dev_eui}/derived", Rule::Path(|_| json!({ "decoders": [] }))),
    ("GET /v1/groups/{group}/derived", Rule::Path(none)),
    ("PUT /v1/groups/{group}/derived", Rule::Path(|_| json!({ "decoders": [] }))),
    ("GET /v1/devices/import", Rule::Territory),
    ("POST /v1/devices/import", Rule::Territory),
    ("PUT /v1/devices/{dev_eui}/point", Rule::Path(|_| json!({ "point": "gate" }))),
    ("DELETE /v1/devices/{dev_eui}/point", Rule::Path(none)),
    ("POST /v1/devices/{dev_eui}/replacement", Rule::Path(|asked| json!({ "by": asked.device }))),
    ("GET /v1/points", Rule::Territory),
    ("GET /v1/points/{point}", Rule::Query(none)),
    ("GET /v1/devices/{dev_eui}/downlinks", Rule::Path(none)),
    ("POST /v1/devices/{dev_eui}/downlinks", Rule::Path(command)),
    ("POST /v1/groups/{group}/downlinks", Rule::Path(command)),
    ("GET /v1/downlinks/{id}", Rule::Path(none)),
    ("DELETE /v1/downlinks/{id}", Rule::Path(none)),
    // Schedules of commands.
    ("GET /v1/schedules", Rule::Territory),
    ("POST /v1/schedules", Rule::Body(schedule)),
    ("GET /v1/schedules/{id}", Rule::Path(none)),
    ("PUT /v1/schedules/{id}", Rule::Path(schedule)),
    ("DELETE /v1/schedules/{id}", Rule::Path(none)),
    ("GET /v1/schedules/{id}/next", Rule::Path(none)),
    // Partners, people, tokens.
    ("GET /v1/partners", Rule::Territory),
    ("POST /v1/partners", Rule::Territory),
    ("GET /v1/partners/{partner}", Rule::Path(none)),
    ("PATCH /v1/partners/{partner}", Rule::Path(none)),
    // Requests and approvals.
    ("POST /v1/approvals", Rule::Open),
    ("POST /v1/approvals/own", Rule::Open),
    ("POST /v1/approvals/own/answer", Rule::Open),
    ("POST /v1/approvals/own/withdraw", Rule::Open),
    ("GET /v1/approvals", Rule::Territory),
    ("GET /v1/approvals/{id}", Rule::Path(none)),
    ("PUT /v1/approvals/{id}/checks/{number}", Rule::Path(|_| json!({ "passed": true }))),
    ("POST /v1/approvals/{id}/remarks", Rule::Path(|_| json!({ "text": "a remark" }))),
    (
        "POST /v1/approvals/{id}/decision",
        Rule::Path(|_| json!({ "accepted": false, "letter": "a letter" })),
    ),
    ("GET /v1/partners/{partner}/approval", Rule::Path(none)),
    ("POST /v1/partners/{partner}/approval", Rule::Path(|_| declaration())),
    (
        "POST /v1/partners/{partner}/approval/end",
        Rule::Path(|_| json!({ "endsAt": "2999-01-01T00:00:00Z", "letter": "a letter" })),
    ),
    // Requests for decoders.
    ("GET /v1/decoder-requests", Rule::Territory),
    (
        "POST /v1/decoder-requests",
        Rule::Body(|asked| json!({ "partner": asked.side.partner(), "wish": wish() })),
    ),
    ("GET /v1/decoder-requests/{id}", Rule::Work(none)),
    ("GET /v1/decoder-requests/{id}/vectors", Rule::Work(none)),
    (
        "PUT /v1/decoder-requests/{id}/payloads",
        Rule::Path(|_| json!({ "payloads": wish()["payloads"] })),
    ),
    ("POST /v1/decoder-requests/{id}/estimate", Rule::Work(|_| json!({ "price": "nothing" }))),
    ("POST /v1/decoder-requests/{id}/order", Rule::Path(none)),
    ("POST /v1/decoder-requests/{id}/question", Rule::Work(words)),
    ("POST /v1/decoder-requests/{id}/answer", Rule::Path(words)),
    (
        "POST /v1/decoder-requests/{id}/candidate",
        Rule::Work(|_| json!({ "decoder": "nobody/nothing", "version": "1.0.0" })),
    ),
    ("POST /v1/decoder-requests/{id}/verdict", Rule::Path(|_| json!({ "accepted": true }))),
    ("POST /v1/decoder-requests/{id}/stable", Rule::Path(none)),
    ("POST /v1/decoder-requests/{id}/decline", Rule::Work(words)),
    ("POST /v1/decoder-requests/{id}/withdraw", Rule::Path(words)),
    ("GET /v1/people", Rule::Territory),
    (
        "POST /v1/people",
        Rule::Body(|asked| {
            let home = format!("group:{}", asked.side.group());
            json!({ "name": "Byron", "firstName": "A", "email": "a@byron.example", "home": home })
        }),
    ),
    ("GET /v1/people/{id}", Rule::Path(none)),
    ("PATCH /v1/people/{id}", Rule::Path(none)),
    ("POST /v1/people/{id}/grants", Rule::Path(role)),
    ("DELETE /v1/people/{id}/grants/{grant}", Rule::Path(none)),
    ("POST /v1/people/{id}/grants/{grant}/confirm", Rule::Path(none)),
    ("POST /v1/people/{id}/suspend", Rule::Path(none)),
    ("POST /v1/people/{id}/resume", Rule::Path(none)),
    ("POST /v1/people/{id}/invitation", Rule::Path(none)),
    ("DELETE /v1/people/{id}/second-factor", Rule::Path(none)),
    ("POST /v1/session", Rule::Open),
    ("GET /v1/session/openid", Rule::Open),
    ("GET /v1/session/openid/callback", Rule::Open),
    ("POST /v1/session/openid/end", Rule::Territory),
    ("DELETE /v1/people/{id}/openid", Rule::Path(none)),
    ("DELETE /v1/session", Rule::Territory),
    ("POST /v1/password", Rule::Open),
    ("POST /v1/password/forgotten", Rule::Open),
    (
        "PUT /v1/me/password",
        Rule::Account(|_| json!({ "current": "wrong", "password": "seven lichens of a trombone" })),
    ),
    ("GET /v1/me/sessions", Rule::Account(none)),
    ("DELETE /v1/me/sessions/{id}", Rule::Account(none)),
    ("GET /v1/me/tokens", Rule::Account(none)),
    ("POST /v1/me/tokens", Rule::Account(|_| json!({ "name": "of a test" }))),
    ("DELETE /v1/me/tokens/{id}", Rule::Account(none)),
    ("POST /v1/me/second-factor", Rule::Account(none)),
    ("POST /v1/me/second-factor/confirm", Rule::Account(|_| json!({ "code": "000000" }))),
    ("GET /v1/tokens", Rule::Territory),
    (
        "POST /v1/tokens",
        Rule::Body(|asked| {
            let group = asked.side.group();
            json!({ "name": "of a test", "role": "partner", "group": group })
        }),
    ),
    ("DELETE /v1/tokens/{id}", Rule::Path(none)),
    ("POST /v1/tokens/{id}/confirm", Rule::Path(none)),
    // The registry.
    ("PUT /v1/registry/{vendor}/{model}/{version}", Rule::Territory),
    ("GET /v1/registry/{vendor}/{model}/{version}", Rule::Territory),
    ("POST /v1/registry/{vendor}/{model}/{version}/rehearsals", Rule::Territory),
    ("POST /v1/registry/{vendor}/{model}/promote", Rule::Territory),
    ("POST /v1/registry/{vendor}/{model}/rollback", Rule::Territory),
    ("GET /v1/registry/{vendor}/{model}/shadow", Rule::Territory),
    ("POST /v1/registry/{vendor}/{model}/shadow", Rule::Territory),
    ("GET /v1/registry/{vendor}/{model}/canary", Rule::Territory),
    ("POST /v1/registry/{vendor}/{model}/canary", Rule::Territory),
    ("POST /v1/registry/{vendor}/{model}/yank", Rule::Territory),
    ("POST /v1/registry/{vendor}/{model}/unyank", Rule::Territory),
    ("POST /v1/registry/{vendor}/{model}/deprecate", Rule::Territory),
    ("GET /v1/registry/{vendor}/{model}/mapping", Rule::Territory),
    ("PUT /v1/registry/{vendor}/{model}/mapping", Rule::Territory),
    ("GET /v1/registry/{vendor}/{model}/mapping/{version}", Rule::Territory),
    ("GET /v1/registry/keys", Rule::Territory),
    ("POST /v1/registry/keys", Rule::Territory),
    ("POST /v1/registry/keys/rotate", Rule::Territory),
    ("POST /v1/registry/keys/{key}/revoke", Rule::Territory),
    ("GET /v1/registry/head", Rule::Territory),
    ("GET /v1/registry/index", Rule::Territory),
    ("GET /v1/registry/verify", Rule::Territory),
    ("POST /v1/registry/mend", Rule::Territory),
    ("GET /v1/registry/quarantine", Rule::Territory),
    ("PUT /v1/registry/quarantine/{vendor}/{model}/{version}", Rule::Territory),
    ("DELETE /v1/registry/quarantine/{vendor}/{model}/{version}", Rule::Territory),
    // Operation.
    ("GET /v1/audit", Rule::Territory),
    ("GET /v1/audit/head", Rule::Territory),
    ("POST /v1/audit/archive", Rule::Territory),
    ("GET /v1/network-servers", Rule::Territory),
    ("GET /v1/network-servers/handshakes", Rule::Territory),
    ("GET /v1/notices", Rule::Territory),
    ("GET /v1/notices/feed", Rule::Territory),
    ("GET /v1/notices/calendar", Rule::Territory),
    ("POST /v1/notices", Rule::Territory),
    ("GET /v1/notices/{id}", Rule::Territory),
    ("PATCH /v1/notices/{id}", Rule::Territory),
    ("POST /v1/notices/{id}/follow-ups", Rule::Territory),
    ("POST /v1/notices/{id}/cancel", Rule::Territory),
    ("GET /v1/groups/{group}/notice-hook", Rule::Path(none)),
    (
        "PUT /v1/groups/{group}/notice-hook",
        Rule::Path(|_| json!({ "url": "https://city.example/notices" })),
    ),
    ("DELETE /v1/groups/{group}/notice-hook", Rule::Path(none)),
    ("GET /v1/me/notices", Rule::Account(none)),
    ("PUT /v1/me/notices", Rule::Account(|_| json!({ "mail": false }))),
    ("GET /v1/statements", Rule::Territory),
    ("POST /v1/statements/{date}", Rule::Territory),
    ("GET /v1/statements/{date}/{partner}", Rule::Path(none)),
    ("GET /v1/statements/{date}/{partner}/objects", Rule::Path(none)),
    ("GET /v1/nodes", Rule::Territory),
    ("GET /v1/groups/places", Rule::Territory),
    ("PUT /v1/groups/{group}/place", Rule::Territory),
    ("GET /v1/parked", Rule::Territory),
    ("GET /v1/parked/{id}", Rule::Territory),
    ("DELETE /v1/parked/{id}", Rule::Territory),
    ("POST /v1/parked/{id}/retry", Rule::Territory),
    ("POST /v1/vault/master-key/rotate", Rule::Territory),
];

/// Starts the requests of network servers, which speak for devices and not for groups.
const FRAMES: &str = "POST /v1/ingest/";

/// The rule of an operation.
pub(crate) fn rule_of(name: &str) -> Option<Rule> {
    if name.starts_with(FRAMES) {
        return Some(Rule::Territory);
    }
    RULES.iter().find(|(ruled, _)| *ruled == name).map(|(_, rule)| *rule)
}

#[test]
fn each_operation_has_one_rule() {
    for (index, (name, _)) in RULES.iter().enumerate() {
        assert!(!RULES[index + 1..].iter().any(|(other, _)| other == name), "{name} comes twice");
    }
}
