//! The judgement of a network server: what is wrong, by what was seen of it, by settings, tokens and parked messages.

use jiff::{SignedDuration, Timestamp};

use super::{
    clock_offset::WrongClock,
    finding::{Finding, Severity},
    missing_frames::Missing,
    observations::{Refused, Seen},
    surroundings::Surroundings,
};
use crate::{
    auth::{Role, Scope, TokenInfo},
    mqtt::{Status, Trouble},
    parked::ParkedInfo,
    sentence::Sentence,
};

/// The age at which an event is history, and no finding any more.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

/// A silence of this length is one that somebody should look at.
const SILENCE: SignedDuration = SignedDuration::from_hours(1);

/// Returns all that is wrong with a network server, in the order of what lies behind what.
pub(super) fn findings(
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
    if let Some(Trouble { code, why, told }) = status.trouble() {
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
        findings.push(Finding::new(Severity::Error, code, (why, told), remedy));
    }
    if at.is_unassured() {
        let detail = format!(
            "{} messages came with QoS 0: the broker keeps none of them while we are away",
            at.unassured
        );
        let fault = Sentence::new("found-events-with-qos-0").with("messages", at.unassured);
        let remedy = of.kind.assured_events();
        findings.push(Finding::warning("events-with-qos-0", (detail, fault), remedy));
    }
    if !at.granted_unassured.is_empty() {
        let topics = at.granted_unassured.join(", ");
        let detail = format!("the broker grants QoS 0 alone for {topics}");
        let remedy = "allow QoS 1 at the broker (of mosquitto: max_qos 1 or 2)";
        let fault = Sentence::new("found-subscription-with-qos-0")
            .with("topics", at.granted_unassured.clone());
        findings.push(Finding::warning("subscription-with-qos-0", (detail, fault), remedy));
    }
    if let Some(lost_at) = at.session_lost_at.filter(|lost_at| is_recent(Some(*lost_at), now)) {
        let detail = format!(
            "the broker had not kept our session when we came back, {} times since the start, the last time at \
             {lost_at:.0}: what came meanwhile is lost",
            at.sessions_lost
        );
        let remedy = format!(
            "let the broker keep sessions over a restart (of mosquitto: persistence true) and long enough \
             (persistent_client_expiration), and let no other program use the client id {}",
            status.client_id()
        );
        let fault = Sentence::new("found-session-lost")
            .with("times", at.sessions_lost)
            .with("at", lost_at.to_string());
        findings.push(Finding::warning("session-lost", (detail, fault), remedy));
    }
    if at.is_unsteady(now) {
        let detail = "connections to the broker end again and again";
        let remedy = format!(
            "let no other program use the client id {}: a broker ends the older connection; name another \
             one as client-id of [network-servers.{name}.mqtt]; and where it ends with each command, let \
             the user write the topics of commands, with their prefix (of mosquitto: acl_file)",
            status.client_id()
        );
        let fault = Sentence::new("found-connections-end");
        findings.push(Finding::warning("connections-end", (detail, fault), remedy));
    }
    let is_long = at.entered_at.is_some_and(|entered_at| now.duration_since(entered_at) > SILENCE);
    for (topic, _) in at.topics.iter().filter(|(_, messages)| *messages == 0) {
        let severity = if is_long { Severity::Warning } else { Severity::Note };
        let detail = format!("no message has come under the topic {topic:?} since the start");
        let remedy = format!(
            "compare it with the topics that the network server publishes under, as `mosquitto_sub -v -t \
             '#'` shows them; topics of [network-servers.{name}.mqtt] names others"
        );
        let fault = Sentence::new("found-topic-without-messages").with("topic", topic.as_str());
        findings.push(Finding::new(severity, "topic-without-messages", (detail, fault), remedy));
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
    let said = match own.len() {
        0 => (
            "no token is bound to it, so that it can hand nothing over under its name".to_owned(),
            Sentence::new("found-no-token"),
        ),
        count => (
            format!("its {count} tokens are over, or have not the scope frames"),
            Sentence::new("found-tokens-over").with("count", count),
        ),
    };
    let remedy = format!(
        "make one: `champollion tokens create --name \"{name}\" --role lns --network-server {name}`; or \
         name its broker in [network-servers.{name}.mqtt]"
    );
    Some(Finding::warning("no-token", said, remedy))
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
    let fault = Sentence::new("found-frames-missing").with("frames", frames).with("taken", taken);
    Some(Finding::warning("frames-missing", (detail, fault), remedy))
}

/// Nothing was heard for a while.
fn of_silence(of: &Surroundings<'_>, seen: &Seen, now: Timestamp) -> Option<Finding> {
    if seen.devices() > 0 {
        return None;
    }
    let is_long = now.duration_since(of.observed.since()) > SILENCE;
    let severity = if is_long { Severity::Warning } else { Severity::Note };
    let (said, remedy) = if seen.messages == 0 {
        (
            ("no message has come since the start", Sentence::new("found-no-message")),
            "look whether the network server sends, and where to",
        )
    } else {
        (
            (
                "messages have come since the start, and no frame of a device was taken",
                Sentence::new("found-no-device-heard"),
            ),
            "register its devices: `champollion devices add`",
        )
    };
    Some(Finding::new(severity, "no-device-heard", said, remedy))
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
        let fault = Sentence::new("found-refused").with("times", *times).with("code", *code);
        Finding::warning("refused", (detail, fault), remedy)
    };
    recent.map(finding).collect()
}

fn of_clock(seen: &Seen) -> Option<Finding> {
    let (code, said) = match seen.wrong_clock()? {
        WrongClock::Ahead(by) => {
            let detail = format!("messages are dated {} s in the future", by.as_secs());
            let fault = Sentence::new("found-clock-ahead").with("seconds", by.as_secs());
            ("clock-ahead", (detail, fault))
        }
        WrongClock::Behind(by) => {
            let detail = format!("messages are {} s old when they come", by.as_secs());
            let fault = Sentence::new("found-clock-behind").with("seconds", by.as_secs());
            ("clock-behind", (detail, fault))
        }
    };
    let remedy = "set the clocks of this machine, of the network server and of the gateways by NTP; where \
                  they are right, messages wait somewhere on the way";
    Some(Finding::warning(code, said, remedy))
}

fn of_parked(parked: &[&ParkedInfo]) -> Option<Finding> {
    let last = parked.iter().max_by_key(|info| info.last_at)?;
    let detail = format!(
        "{} messages cannot be read and are parked, the last one since {}",
        parked.len(),
        last.detail
    );
    let remedy = "`champollion parked list` and `show` tell more; `retry` takes one once more, `drop` removes it";
    let fault = Sentence::new("found-parked-messages").with("count", parked.len());
    Some(Finding::warning("parked-messages", (detail, fault), remedy))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use champollion_lns::{Kind, NetworkServerName};

    use super::*;
    use crate::network_servers::{Observations, Observed};

    fn observed() -> Arc<Observed> {
        let server: NetworkServerName = "city".parse().unwrap();
        Arc::clone(Observations::of([&server]).get(&server).unwrap())
    }

    fn token(network_server: Option<&str>, expires_at: Option<Timestamp>) -> TokenInfo {
        TokenInfo {
            id: "1".to_owned(),
            name: "LNS".to_owned(),
            role: Role::Lns,
            scopes: None,
            network_server: network_server.map(|name| name.parse().unwrap()),
            created_at: Timestamp::UNIX_EPOCH,
            expires_at,
            created_by: None,
            confirmed_at: None,
        }
    }

    /// The codes of all findings, with their severities.
    fn judged(
        observed: &Observed,
        broker: Option<&Arc<Status>>,
        tokens: &[TokenInfo],
        now: Timestamp,
    ) -> Vec<(&'static str, Severity)> {
        let kind = Kind::named("chirpstack").unwrap();
        let of = Surroundings { kind, observed, broker, tokens, parked: &[] };
        let all = observed.look(|seen| findings(&of, seen, &[], now));
        all.iter().map(|finding| (finding.code, finding.severity)).collect()
    }

    #[test]
    fn a_token_is_good_where_it_is_bound_and_not_over() {
        let (observed, now) = (observed(), Timestamp::now());
        let lacks = |tokens: &[TokenInfo]| {
            judged(&observed, None, tokens, now).contains(&("no-token", Severity::Warning))
        };
        let over = Some(now - SignedDuration::from_secs(1));
        assert!(lacks(&[]) && lacks(&[token(None, None), token(Some("village"), None)]));
        assert!(lacks(&[token(Some("city"), over)]));
        let without = TokenInfo {
            scopes: Some([Scope::Inspect].into_iter().collect()),
            ..token(Some("city"), None)
        };
        assert!(lacks(&[without]));
        assert!(!lacks(&[token(Some("city"), over), token(Some("city"), None)]));
    }

    #[test]
    fn a_silence_is_a_note_at_first_and_a_warning_after_an_hour() {
        let observed = observed();
        let tokens = [token(Some("city"), None)];
        let after = |hours: i64| {
            let now = Timestamp::now() + SignedDuration::from_hours(hours);
            judged(&observed, None, &tokens, now)
        };
        assert_eq!(after(0), [("no-device-heard", Severity::Note)]);
        assert_eq!(after(2), [("no-device-heard", Severity::Warning)]);
    }

    #[test]
    fn a_lost_session_is_history_after_a_day() {
        let observed = observed();
        let url = "mqtt://broker".to_owned();
        let status = Status::new(Arc::clone(&observed), url, "champollion-city".to_owned());
        let status = Arc::new(status);
        let found = |hours: i64| {
            let now = Timestamp::now() + SignedDuration::from_hours(hours);
            let all = judged(&observed, Some(&status), &[], now);
            let codes: Vec<&str> = all.into_iter().map(|(code, _)| code).collect();
            (codes.contains(&"not-connected"), codes.contains(&"session-lost"))
        };
        assert_eq!(found(0), (true, false));
        observed.entered(&[], true, false);
        status.connected();
        assert_eq!(found(0), (false, true));
        assert_eq!(found(25), (false, false));
    }

    #[test]
    fn a_session_that_was_lost_before_a_restart_is_told_after_it() {
        let (observed, now) = (self::observed(), Timestamp::now());
        let status = Status::new(
            Arc::clone(&observed),
            "mqtt://broker".to_owned(),
            "champollion".to_owned(),
        );
        let status = Arc::new(status);
        let is_found = || {
            let all = judged(&observed, Some(&status), &[], now);
            all.into_iter().any(|(code, _)| code == "session-lost")
        };
        observed.lost_before(None);
        observed.entered(&[], true, true);
        status.connected();
        assert!(!is_found());
        observed.lost_before(Some(now - SignedDuration::from_hours(2)));
        assert!(is_found());
    }

    /// The page lists every finding that there is.
    #[test]
    fn the_page_names_every_finding() {
        let page = include_str!("../../../../docs/network-servers.md");
        let (own, _) = include_str!("judgement.rs").split_once("#[cfg(test)]").unwrap();
        let troubles = include_str!("../mqtt/status.rs");
        let behind = |source: &'static str, before: &'static str| {
            source.split(before).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'))
        };
        let codes = behind(own, "Finding::warning(")
            .chain(behind(own, "severity,"))
            .chain(behind(troubles, "code: "));
        let codes: Vec<&str> = codes.filter_map(|rest| rest.split('"').next()).collect();
        assert!(codes.len() > 10, "{codes:?}");
        for code in codes {
            assert!(page.contains(&format!("`{code}`")), "docs/network-servers.md lacks {code}");
        }
    }
}
