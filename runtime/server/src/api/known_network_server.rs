//! Network servers that a request names.

use champollion_lns::NetworkServerName;

use super::Problem;
use crate::service::Service;

/// Checks that the settings have a network server of a name; the refusal lists those that they have.
pub(super) fn check_known(service: &Service, name: &NetworkServerName) -> Result<(), Problem> {
    let known = &service.config.network_servers;
    if known.contains_key(name) {
        return Ok(());
    }
    let names: Vec<&str> = known.keys().map(NetworkServerName::as_str).collect();
    let there = if names.is_empty() {
        "and no other network server".to_owned()
    } else {
        format!("those that they have are {}", names.join(", "))
    };
    let detail = format!("networkServer: the settings have no [network-servers.{name}]; {there}");
    Err(Problem::bad_request("unknown-network-server", detail))
}
