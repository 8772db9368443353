//! `champollion network-servers`: the network servers of the settings are checked, and their doors are looked
//! after.

use champollion_client::{
    BrokerCheck, Client, Finding, FindingSeverity, Handshake, LeftSession, NetworkServerCheck,
    Traffic,
};
use clap::{Args, Subcommand};

use super::{Failure, connection::Connection, output, plural::counted};

/// Looks after the network servers of the server's settings.
#[derive(Args)]
pub(super) struct NetworkServers {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of text for people
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// Show what is connected, what was seen and what is wrong, with its remedy; fail where something is wrong
    Check {
        /// Name of a network server of the settings; all where it is left out
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// List the clouds that ask whether they may deliver here, as AWS IoT does before its rule is enabled
    Handshakes,
}

impl NetworkServers {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.connection.client()?;
        match self.action {
            Action::Handshakes => handshakes(&client, self.json).await,
            Action::Check { name } => check(&client, name, self.json).await,
        }
    }
}

/// Lists the handshakes of clouds.
async fn handshakes(client: &Client, is_json: bool) -> Result<(), Failure> {
    let list = client.handshakes().await?;
    if is_json {
        return output::answer(&list);
    }
    for handshake in &list.handshakes {
        show_handshake(handshake);
    }
    if list.handshakes.is_empty() {
        output::line("no cloud has asked in the last three days");
    } else {
        output::note(
            "anybody can send a handshake: open the address, or give the token to the cloud, where you \
             expect it",
        );
    }
    Ok(())
}

/// Checks the network servers of the settings.
async fn check(client: &Client, name: Option<String>, is_json: bool) -> Result<(), Failure> {
    let mut list = client.network_servers().await?.into_value();
    if let Some(name) = name {
        list.network_servers.retain(|one| one.name == name);
        list.left_sessions.retain(|left| left.network_server == name);
        if list.network_servers.is_empty() && list.left_sessions.is_empty() {
            let reason = "the server's settings have none of that name";
            return Err(Failure::new(format!("{name} cannot be checked"), reason));
        }
    }
    if is_json {
        output::json(&list)?;
    } else {
        if list.network_servers.is_empty() {
            output::line("The server's settings have no network server.");
        }
        list.network_servers.iter().for_each(show);
        list.left_sessions.iter().for_each(show_left);
    }
    let findings = list.network_servers.iter().flat_map(|one| &one.findings);
    let wrong = findings.filter(|one| one.severity > FindingSeverity::Note).count();
    let left = list.left_sessions.iter().filter(|left| left.trouble.is_some()).count();
    let findings = match wrong + left {
        0 => return Ok(()),
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    };
    let reason = format_args!("{findings}; the check says what to do");
    Err(Failure::new("network servers need attention", reason))
}

fn show_handshake(handshake: &Handshake) {
    let Handshake {
        door,
        what,
        resource,
        confirmation_token,
        enable_url,
        last_at,
        times,
        from,
        ..
    } = handshake;
    let last_at = output::moment(*last_at);
    let (door, what) = (output::quoted(door), output::quoted(what));
    let from = from.as_ref().map(|from| format!(", from {}", output::quoted(from)));
    output::line(format_args!(
        "{last_at}  {what} at {door}{}, received {}",
        from.unwrap_or_default(),
        counted(times, "time")
    ));
    for (name, value) in [("of", resource), ("open", enable_url), ("token", confirmation_token)] {
        output::line(format_args!("  {name:5} {}", output::quoted(value)));
    }
}

fn show(one: &NetworkServerCheck) {
    let NetworkServerCheck { name, kind, since, broker, seen, findings } = one;
    let since = output::moment(*since);
    output::line(format_args!("{name} ({kind}), since {since}"));
    match broker {
        Some(broker) => show_broker(broker),
        None => output::line("  hands over by HTTP"),
    }
    show_traffic(seen);
    findings.iter().for_each(show_finding);
}

fn show_broker(broker: &BrokerCheck) {
    let BrokerCheck { url, client_id, connected, connected_at, connections, .. } = broker;
    let state = match (connected, connected_at) {
        (true, Some(at)) => format!("connected since {}", output::moment(*at)),
        (true, None) => "connected".to_owned(),
        (false, _) => "not connected".to_owned(),
    };
    let session = match broker.session_kept {
        Some(true) => "the session was kept",
        Some(false) => "the session was lost",
        None => "the first session",
    };
    output::line(format_args!("  broker {} as {client_id}: {state}", output::quoted(url)));
    output::line(format_args!(
        "  connections {connections}, {session}, sessions lost {}",
        broker.sessions_lost
    ));
    for topic in &broker.topics {
        output::line(format_args!(
            "  topic {}: {}",
            output::quoted(&topic.topic),
            counted(topic.messages, "message")
        ));
    }
    output::line(format_args!(
        "  with QoS 0: {}; {}",
        broker.qos0_messages,
        counts(broker.encodings.iter().map(|(name, count)| (name.as_str(), *count)))
    ));
}

fn show_traffic(seen: &Traffic) {
    let last = seen.last_message_at.map_or_else(|| "never".to_owned(), output::moment);
    output::line(format_args!(
        "  messages {}, the last {last}; devices heard {}",
        seen.messages, seen.devices
    ));
    let named = |counted: &std::collections::BTreeMap<String, u64>| {
        counts(counted.iter().map(|(name, count)| (name.as_str(), *count)))
    };
    output::line(format_args!("  became: {}", named(&seen.results)));
    if !seen.ignored.is_empty() {
        output::line(format_args!("  hand nothing over: {}", named(&seen.ignored)));
    }
    output::line(format_args!(
        "  frames missing: {} over times away, {} otherwise; parked {}",
        seen.missing_while_away, seen.missing_while_connected, seen.parked
    ));
}

fn show_finding(finding: &Finding) {
    let Finding { severity, code, detail, remedy } = finding;
    let severity = match severity {
        FindingSeverity::Note => "note",
        FindingSeverity::Warning => "warning",
        FindingSeverity::Error => "error",
    };
    output::line(format_args!("  {severity} {code}: {}", output::quoted(detail)));
    output::line(format_args!("    remedy: {remedy}"));
}

fn show_left(left: &LeftSession) {
    let LeftSession { network_server, url, client_id, topics, trouble } = left;
    let why = trouble.as_deref().unwrap_or("it is being ended");
    output::line(format_args!(
        "{network_server}: the broker {} may still keep messages for {client_id}, which the settings \
         have no more: {}",
        output::quoted(url),
        output::quoted(why)
    ));
    output::line(format_args!("  its topics: {}", output::quoted(topics.join(", "))));
}

/// Counts by their names on one line.
fn counts<'name>(counted: impl Iterator<Item = (&'name str, u64)>) -> String {
    let parts: Vec<String> =
        counted.map(|(name, count)| format!("{} {count}", output::quoted(name))).collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}
