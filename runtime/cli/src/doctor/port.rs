//! The port of the HTTP interface: free, or taken by the server itself.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    time::Duration,
};

use champollion_server::config::Config;
use tokio::time::timeout;

use super::finding::Finding;
use crate::connection::Connection;

/// The name of the check.
const CHECK: &str = "port";

/// The time that a server on this machine may take for its answer.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn check(config: &Config, connection: &Connection) -> Finding {
    let address = config.listen;
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok(CHECK, format!("{address} is free")),
        Err(error) if error.kind() == ErrorKind::AddrInUse => taken(config, connection).await,
        Err(error) => Finding::fail(CHECK, format!("{address} cannot be listened on ({error})"))
            .advising("choose another one with the setting `listen`"),
    }
}

/// Whether it is the server that has the port.
async fn taken(config: &Config, connection: &Connection) -> Finding {
    let address = config.listen;
    let scheme = if config.tls.is_on() { "https" } else { "http" };
    let server = format!("{scheme}://{}", reached(address));
    let answer = match connection.client_of(&server, None) {
        Ok(client) => match timeout(PATIENCE, client.ready()).await {
            Ok(ready) => ready.map_err(|error| error.to_string()),
            Err(_) => Err("it does not answer".to_owned()),
        },
        Err(failure) => Err(failure.to_string()),
    };
    match answer {
        Ok(_) => Finding::ok(CHECK, format!("the server listens on {address}")),
        // Certificates name hosts and not numbers, so that no answer says nothing.
        Err(_) if config.tls.is_on() => {
            Finding::ok(CHECK, format!("something listens on {address}"))
        }
        Err(error) => Finding::fail(
            CHECK,
            format!("another program has {address}, or the server is not ready ({error})"),
        )
        .advising("end it, or choose another one with the setting `listen`"),
    }
}

/// The address at which this machine reaches a listener.
fn reached(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        ip if ip.is_unspecified() => {
            SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
        }
        ip => SocketAddr::new(ip, address.port()),
    }
}
