//! The names of other servers in the settings: whether they lead to addresses.

use std::{collections::BTreeMap, time::Duration};

use champollion_server::config::Config;
use tokio::{net::lookup_host, time::timeout};
use url::{Host, Url};

use super::finding::Finding;

/// The name of the check.
const CHECK: &str = "names";

/// The longest that a name server is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// A finding for each name that leads nowhere, or one for all.
pub(super) async fn checks(config: &Config) -> Vec<Finding> {
    resolved(CHECK, named(config)).await
}

/// Looks names up, each with the place that it stands at; gives a finding for each that leads nowhere, or one for all.
pub(super) async fn resolved(check: &'static str, named: BTreeMap<String, String>) -> Vec<Finding> {
    let mut faults = Vec::new();
    let count = named.len();
    for (name, place) in named {
        if let Err(reason) = addresses(&name).await {
            let message = format!("{name} of {place} leads to no address ({reason})");
            faults.push(
                Finding::fail(check, message)
                    .advising("mend the name, or the name server of this machine"),
            );
        }
    }
    match (faults.is_empty(), count) {
        (false, _) => faults,
        (true, 0) => Vec::new(),
        (true, count) => vec![Finding::ok(check, format!("{count} lead to addresses"))],
    }
}

/// The names in the settings, each with the place that it stands at.
fn named(config: &Config) -> BTreeMap<String, String> {
    let mut named = BTreeMap::new();
    let mut add = |url: &str, place: String| named.extend(host(url).map(|host| (host, place)));
    for (name, server) in &config.network_servers {
        let mqtt = server.mqtt.iter().map(|mqtt| mqtt.url.as_str());
        let downlink = server.downlink.iter().filter_map(|downlink| downlink.url.as_deref());
        mqtt.chain(downlink).for_each(|url| add(url, format!("[network-servers.{name}]")));
    }
    for (name, mirror) in &config.mirrors {
        add(mirror.url.as_str(), format!("[mirrors.{name}]"));
    }
    add(&config.sign_in.openid.issuer, "[sign-in.openid]".to_owned());
    add(&config.telemetry.otlp, "[telemetry]".to_owned());
    if !config.mail.host.is_empty() {
        named.insert(config.mail.host.clone(), "[mail]".to_owned());
    }
    named
}

/// The name in an address; nothing where it has none to be looked up.
pub(super) fn host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty())?;
    // Of schemes that the crate does not know it takes numbers for names.
    match Host::parse(host).ok()? {
        Host::Domain(name) => Some(name),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

async fn addresses(name: &str) -> Result<(), String> {
    match timeout(PATIENCE, lookup_host((name, 0))).await {
        Ok(Ok(mut found)) => found.next().map(drop).ok_or_else(|| "it has none".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the name server does not answer".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_addresses_and_numbers_are_none() {
        assert_eq!(host("mqtts://broker.example:8883").as_deref(), Some("broker.example"));
        assert_eq!(host("https://a.example/path").as_deref(), Some("a.example"));
        let long = format!("{}.example", "x".repeat(70));
        assert_eq!(
            host(&format!("mqtt://{long}")),
            Some(long),
            "whether there can be one is found out later"
        );
        for none in ["mqtt://192.0.2.1:1883", "http://[::1]:80", "", "no address"] {
            assert_eq!(host(none), None, "{none}");
        }
    }
}
