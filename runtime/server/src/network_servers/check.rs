//! The check of a network server: what is connected, what was seen, and what is wrong.

use std::{collections::BTreeMap, sync::Arc};

use champollion_lns::{Kind, NetworkServerName};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    clock_offset::WrongClock,
    finding::{Finding, Severity},
    missing_frames::Missing,
    observations::{Observed, Refused, Seen},
};
use crate::{
    auth::{Role, Scope, TokenInfo},
    mqtt::{Status, Trouble},
    parked::ParkedInfo,
};

/// The age at which an event is history, and no finding any more.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

/// A silence of this length is one that somebody should look at.
const SILENCE: SignedDuration = SignedDuration::from_hours(1);

/// The parts of the server that a check looks at.
pub(crate) struct Surroundings<'of> {
    /// The kind of the network server.
    pub(crate) kind: Kind,
    /// The traffic of the network server.
    pub(crate) observed: &'of Observed,
    /// The connection to its broker, where it has one.
    pub(crate) broker: Option<&'of Arc<Status>>,
    /// All tokens of the server, also those that are over.
    pub(crate) tokens: &'of [TokenInfo],
    /// All parked messages, of whichever network server.
    pub(crate) parked: &'of [Arc<ParkedInfo>],
}

/// A network server of the settings: what is connected, what was seen, and what is wrong.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NetworkServerCheck {
    /// Its name in the settings.
    pub name: NetworkServerName,
    /// Its kind, as in the settings.
    pub kind: String,
    /// The start of the server, from which on everything is counted.
    pub since: Timestamp,
    /// The connection to its broker, where the settings name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broker: Option<BrokerCheck>,
    /// The messages that came, over HTTP and through the broker.
    pub seen: Traffic,
    /// The findings, the worst first; none where all is well.
    pub findings: Vec<Finding>,
}

/// The connection to a broker.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrokerCheck {
    /// The address of the broker.
    pub url: String,
    /// The name by which the broker knows our session.
    pub client_id: String,
    /// Whether there is a connection.
    pub connected: bool,
    /// Since when, or when the last one began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<Timestamp>,
    /// Connections since the start.
    pub connections: u64,
    /// Whether the broker had kept our session when we came back last; missing where there was none before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_kept: Option<bool>,
    /// The number of times that it had not.
    pub sessions_lost: u64,
    /// Messages of QoS 0, which the broker keeps for nobody.
    pub qos0_messages: u64,
    /// Messages by their encoding: `json` or `binary`.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub encodings: BTreeMap<&'static str, u64>,
    /// The topics that are subscribed to.
    pub topics: Vec<TopicCheck>,
}

/// A topic that is subscribed to.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct TopicCheck {
    /// The topic, with its wildcards.
    pub topic: String,
    /// The messages that came under it.
    pub messages: u64,
}

/// The messages of a network server.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// Messages that could be read.
    pub messages: u64,
    /// The moment of the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_message_at: Option<Timestamp>,
    /// Devices of which a frame was taken.
    pub devices: usize,
    /// Messages by what became of them, in the words of `champollion_frames_total`.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub results: BTreeMap<&'static str, u64>,
    /// Messages that hand nothing over, by their kind.
    pub ignored: BTreeMap<String, u64>,
    /// Frames that are missing over the times in which we were away, by gaps in the FCnt.
    pub missing_while_away: u64,
    /// Frames that are missing while we were there: what the radio loses.
    pub missing_while_connected: u64,
    /// Messages of its broker that could not be read and are parked.
    pub parked: usize,
}

/// Checks a network server.
pub(crate) fn check(of: &Surroundings<'_>, now: Timestamp) -> NetworkServerCheck {
    let name = of.observed.server().clone();
    let parked: Vec<&ParkedInfo> =
        of.parked.iter().filter(|info| info.network_server == name).map(|info| &**info).collect();
    let (broker, seen, mut findings) = of.observed.look(|seen| {
        let broker = of.broker.map(|status| broker_check(status, seen));
        (broker, traffic(seen, parked.len()), findings(of, seen, &parked, now))
    });
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let (kind, since) = (of.kind.to_string(), of.observed.since());
    NetworkServerCheck { name, kind, since, broker, seen, findings }
}

fn broker_check(status: &Status, seen: &Seen) -> BrokerCheck {
    let at = &seen.broker;
    let topics = at
        .topics
        .iter()
        .map(|(topic, messages)| TopicCheck { topic: topic.clone(), messages: *messages });
    BrokerCheck {
        url: status.url().to_owned(),
        client_id: status.client_id().to_owned(),
        connected: status.trouble().is_none(),
        connected_at: at.entered_at,
        connections: at.connections,
        session_kept: at.session_kept,
        sessions_lost: at.sessions_lost,
        qos0_messages: at.unassured,
        encodings: at.encodings.clone(),
        topics: topics.collect(),
    }
}

fn traffic(seen: &Seen, parked: usize) -> Traffic {
    Traffic {
        messages: seen.messages,
        last_message_at: seen.last_message_at,
        devices: seen.devices(),
        results: seen.results.clone(),
        ignored: seen.ignored.clone(),
        missing_while_away: seen.missing_away().frames,
        missing_while_connected: seen.missing_connected().frames,
        parked,
    }
}

fn findings(
    of: &Surroundings<'_>,
    seen: &Seen,
    parked: &[&ParkedInfo],
    now: Timestamp,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    match of.broker {
        Some(status) => of_broker(of, status, seen, now, &mut findings),
        None => findings.extend(of_tokens(of, now)),
    }
    findings.extend(of_missing(of, seen, now));
    findings.extend(of_silence(of, seen, now));
    findings.extend(of_refusals(of, seen, now));
    findings.extend(of_clock(seen));
    findings.extend(of_parked(parked));
    findings
}

fn is_recent(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| now.duration_since(at) < RECENT)
}

fn of_broker(
    of: &Surroundings<'_>,
    status: &Status,
    seen: &Seen,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    let (name, at) = (of.observed.server(), &seen.broker);
    if let Some(Trouble { code, why }) = status.trouble() {
        let remedy = match code {
            "credentials-refused" => format!(
                "look at username and password-file of [network-servers.{name}.mqtt], and at the \
                 broker's list of users"
            ),
            "subscription-refused" => format!(
                "let the user read the topics at the broker (of mosquitto: acl_file), or name others \
                 as topics of [network-servers.{name}.mqtt]"
            ),
            _ => format!(
                "look whether the broker runs and lets us in: url, ca-file and username of \
                 [network-servers.{name}.mqtt]"
            ),
        };
        findings.push(Finding::new(Severity::Error, code, why, remedy));
    }
    if at.is_unassured() {
        let detail = format!(
            "{} messages came with QoS 0: the broker keeps none of them while we are away",
            at.unassured
        );
        findings.push(Finding::warning("events-with-qos-0", detail, of.kind.assured_events()));
    }
    if !at.granted_unassured.is_empty() {
        let topics = at.granted_unassured.join(", ");
        let detail = format!("the broker grants QoS 0 alone for {topics}");
        let remedy = "allow QoS 1 at the broker (of mosquitto: max_qos 1 or 2)";
        findings.push(Finding::warning("subscription-with-qos-0", detail, remedy));
    }
    if is_recent(at.session_lost_at, now) {
        let detail = format!(
            "the broker had not kept our session {} times when we came back: what came meanwhile is lost",
            at.sessions_lost
        );
        let remedy = format!(
            "let the broker keep sessions over a restart (of mosquitto: persistence true) and long enough \
             (persistent_client_expiration), and let no other program use the client id {}",
            status.client_id()
        );
        findings.push(Finding::warning("session-lost", detail, remedy));
    }
    if at.is_unsteady(now) {
        let detail = "connections to the broker end again and again";
        let remedy = format!(
            "let no other program use the client id {}: a broker ends the older connection; name another \
             one as client-id of [network-servers.{name}.mqtt]",
            status.client_id()
        );
        findings.push(Finding::warning("connections-end", detail, remedy));
    }
    let is_long = at.entered_at.is_some_and(|entered_at| now.duration_since(entered_at) > SILENCE);
    for (topic, _) in at.topics.iter().filter(|(_, messages)| *messages == 0) {
        let severity = if is_long { Severity::Warning } else { Severity::Note };
        let detail = format!("no message has come under the topic {topic:?} since the start");
        let remedy = format!(
            "compare it with the topics that the network server publishes under, as `mosquitto_sub -v -t \
             '#'` shows them; topics of [network-servers.{name}.mqtt] names others"
        );
        findings.push(Finding::new(severity, "topic-without-messages", detail, remedy));
    }
}

/// A network server over HTTP needs a token.
fn of_tokens(of: &Surroundings<'_>, now: Timestamp) -> Option<Finding> {
    let name = of.observed.server();
    let is_good = |token: &&TokenInfo| {
        let is_over = token.expires_at.is_some_and(|end| end <= now);
        let hands_over = token.scopes.as_ref().is_none_or(|own| own.contains(&Scope::Frames));
        !is_over && hands_over
    };
    let own: Vec<&TokenInfo> = of
        .tokens
        .iter()
        .filter(|token| token.role == Role::Lns && token.network_server.as_ref() == Some(name))
        .collect();
    if own.iter().any(is_good) {
        return None;
    }
    let detail = match own.len() {
        0 => "no token is bound to it, so that it can hand nothing over under its name".to_owned(),
        count => format!("its {count} tokens are over, or have not the scope frames"),
    };
    let remedy = format!(
        "make one: `champollion tokens create --name \"{name}\" --role lns --network-server {name}`; or \
         name its broker in [network-servers.{name}.mqtt]"
    );
    Some(Finding::warning("no-token", detail, remedy))
}

fn of_missing(of: &Surroundings<'_>, seen: &Seen, now: Timestamp) -> Option<Finding> {
    let Missing { frames, taken, last_at, .. } = seen.missing_away();
    if !is_recent(last_at, now) || !seen.frames_were_lost_on_the_way() {
        return None;
    }
    let detail = format!(
        "{frames} frames are missing over the times in which we were away, beside {taken} that came: gaps \
         in the FCnt, of which the radio loses some"
    );
    let remedy = match of.broker {
        Some(_) => format!(
            "{}; and let the broker keep all (of mosquitto: max_queued_messages 0, persistence true)",
            of.kind.assured_events()
        ),
        None => "where the network server does not send again what nobody took, use its broker"
            .to_owned(),
    };
    Some(Finding::warning("frames-missing", detail, remedy))
}

/// Nothing was heard for a while.
fn of_silence(of: &Surroundings<'_>, seen: &Seen, now: Timestamp) -> Option<Finding> {
    if seen.devices() > 0 {
        return None;
    }
    let is_long = now.duration_since(of.observed.since()) > SILENCE;
    let severity = if is_long { Severity::Warning } else { Severity::Note };
    let (detail, remedy) = if seen.messages == 0 {
        (
            "no message has come since the start",
            "look whether the network server sends, and where to",
        )
    } else {
        (
            "messages have come since the start, and no frame of a device was taken",
            "register its devices: `champollion devices add`",
        )
    };
    Some(Finding::new(severity, "no-device-heard", detail, remedy))
}

fn of_refusals(of: &Surroundings<'_>, seen: &Seen, now: Timestamp) -> Vec<Finding> {
    let recent = seen.refused.iter().filter(|(_, refused)| is_recent(Some(refused.last_at), now));
    let finding = |(code, refused): (&&'static str, &Refused)| {
        let Refused { times, detail, .. } = refused;
        let remedy = match *code {
            "unknown-dev-eui" | "unknown-dev-addr" => {
                "register the devices (`champollion devices add`), or leave them out at the network server"
                    .to_owned()
            }
            "other-network-server" => format!(
                "register the devices for this one: `champollion devices add … --network-server {}`",
                of.observed.server()
            ),
            "mic-mismatch" | "mic-unconfirmed" => {
                "compare the keys of the devices: `champollion frames inspect` shows which fit".to_owned()
            }
            code => format!("docs/problems.md says of `{code}` what to do"),
        };
        let detail = format!("{times} messages were refused ({code}), the last one since {detail}");
        Finding::warning("refused", detail, remedy)
    };
    recent.map(finding).collect()
}

fn of_clock(seen: &Seen) -> Option<Finding> {
    let (code, detail) = match seen.wrong_clock()? {
        WrongClock::Ahead(by) => {
            ("clock-ahead", format!("messages are dated {} s in the future", by.as_secs()))
        }
        WrongClock::Behind(by) => {
            ("clock-behind", format!("messages are {} s old when they come", by.as_secs()))
        }
    };
    let remedy = "set the clocks of this machine, of the network server and of the gateways by NTP; where \
                  they are right, messages wait somewhere on the way";
    Some(Finding::warning(code, detail, remedy))
}

fn of_parked(parked: &[&ParkedInfo]) -> Option<Finding> {
    let last = parked.iter().max_by_key(|info| info.last_at)?;
    let detail = format!(
        "{} messages cannot be read and are parked, the last one since {}",
        parked.len(),
        last.detail
    );
    let remedy = "`champollion parked list` and `show` tell more; `retry` takes one once more, `drop` removes it";
    Some(Finding::warning("parked-messages", detail, remedy))
}
