//! The connector, the only place where a connection to a recipient is opened.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tower_service::Service;
use url::Url;

use super::rules::{AddressError, AddressRules, Rule};
use crate::names::GroupId;

/// The time in which a name is resolved, and the time in which one of its addresses answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// The connector, the only thing that opens connections to the recipients of a group.
#[derive(Clone, Debug)]
pub struct Connector {
    rule: Rule,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Recipients may not be there, or the name has no address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// None of the addresses answered.
    #[error("there was no answer in time")]
    TimedOut,
    /// The system says why.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Connector {
    /// Makes the connector for the recipients of a group.
    #[must_use]
    pub fn new(rules: &AddressRules, group: &GroupId) -> Self {
        Self { rule: rules.of(group) }
    }

    /// Checks the port, and the address where the host is one. A name is checked when it is resolved.
    pub(crate) fn check(&self, host: &str, port: u16) -> Result<(), AddressError> {
        self.rule.check_port(host, port)?;
        match bare(host).parse::<IpAddr>() {
            Ok(address) => self.rule.check_network(host, address),
            Err(_) => Ok(()),
        }
    }

    /// The same of a URL.
    pub(crate) fn check_url(&self, url: &Url) -> Result<(), AddressError> {
        match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) => self.check(host, port),
            _ => Ok(()),
        }
    }

    /// Resolves a name, once, and returns the addresses that may be reached.
    pub(crate) async fn resolve(
        &self,
        host: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, AddressError> {
        let found = match bare(host).parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => looked_up(host, port).await?,
        };
        let (mut allowed, mut refused) = (Vec::new(), None);
        for address in found {
            match self.rule.check(host, address) {
                Ok(()) => allowed.push(address),
                Err(error) => {
                    tracing::debug!(host, %address, "recipients may not be there");
                    refused.get_or_insert(error);
                }
            }
        }
        match refused {
            Some(error) if allowed.is_empty() => Err(error),
            _ => Ok(allowed),
        }
    }

    /// Connects to a host: to the first of its allowed addresses that answers.
    pub(crate) async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, ConnectError> {
        let mut last = None;
        for address in self.resolve(host, port).await? {
            match self.connect_to(host, address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or(ConnectError::TimedOut))
    }

    /// Connects to one address, which is checked here whatever it was before; `host` is the one that the
    /// route says.
    pub(crate) async fn connect_to(
        &self,
        host: &str,
        address: SocketAddr,
    ) -> Result<TcpStream, ConnectError> {
        self.rule.check(host, address)?;
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await;
        let stream = stream.map_err(|_| ConnectError::TimedOut)??;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// An IPv6 address in a URL stands in brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

async fn looked_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, AddressError> {
    let not_resolved = |reason: String| AddressError::NotResolved { host: host.to_owned(), reason };
    let found = timeout(PATIENCE, lookup_host((host, port)));
    let found = found.await.map_err(|_| not_resolved("there was no answer in time".to_owned()))?;
    let found: Vec<SocketAddr> = found.map_err(|error| not_resolved(error.to_string()))?.collect();
    if found.is_empty() {
        return Err(not_resolved("it has no address".to_owned()));
    }
    Ok(found)
}

/// The connections of the HTTP client.
impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
            let (host, port) = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(usual));
            Ok(TokioIo::new(connector.connect(host, port).await?))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::net::TcpListener;

    use super::*;
    use crate::destinations::Reach;

    fn connector(allow: &[&str], deny: &[&str]) -> Connector {
        let networks = |all: &[&str]| all.iter().map(|network| network.parse().unwrap()).collect();
        let reach = Reach {
            allow_networks: networks(allow),
            deny_networks: networks(deny),
            allow_ports: vec!["1-65535".parse().unwrap()],
            ..Reach::default()
        };
        let rules = AddressRules { all: Arc::new(reach), ..AddressRules::default() };
        Connector::new(&rules, &"water".parse().unwrap())
    }

    #[tokio::test]
    async fn nothing_is_connected_to_that_is_not_allowed_in_whatever_spelling() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let closed = connector(&[], &[]);
        for host in
            ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::1]", "::1", "0"]
        {
            let refused = closed.connect(host, port).await.unwrap_err();
            assert!(matches!(refused, ConnectError::Address(_)), "{host}: {refused}");
        }
        let open = connector(&["127.0.0.0/8", "::1"], &[]);
        for host in ["127.0.0.1", "localhost", "2130706433"] {
            assert!(open.connect(host, port).await.is_ok(), "{host}");
        }
        let all_but_one = connector(&["127.0.0.0/8"], &["127.0.0.1"]);
        assert!(all_but_one.connect("localhost", port).await.is_err());
    }

    #[tokio::test]
    async fn of_several_addresses_only_the_allowed_ones_are_tried() {
        let allowed = connector(&["127.0.0.1"], &[]).resolve("localhost", 443).await.unwrap();
        assert_eq!(allowed, ["127.0.0.1:443".parse().unwrap()]);
        let error = connector(&[], &[]).resolve("localhost", 443).await.unwrap_err().to_string();
        assert!(error.contains("allow-networks") && !error.contains("127.0.0.1"), "{error}");
    }
}
