//! Targets: what must stay the same for a secret to be kept that is not said again.

use url::Url;

use super::tls::Tls;

/// The end of the connections of a destination, as the route says it: whoever changes a part of it could
/// have a secret sent elsewhere, or to somebody who only looks the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target(Vec<(&'static str, String)>);

impl Target {
    /// The target of a URL: its scheme, host and port.
    pub(crate) fn of_url(member: &'static str, url: &Url) -> Self {
        let port = url.port_or_known_default().map(|port| port.to_string()).unwrap_or_default();
        let host = url.host_str().unwrap_or_default();
        Self(vec![(member, format!("{}://{host}:{port}", url.scheme()))])
    }

    /// The target of a host and a port.
    pub(crate) fn of_host(host: &str, port: u16) -> Self {
        Self(vec![("host", host.to_owned()), ("port", port.to_string())])
    }

    /// The same, for as long as one more member stays as it is.
    pub(crate) fn with(mut self, member: &'static str, value: impl ToString) -> Self {
        self.0.push((member, value.to_string()));
        self
    }

    /// The same, for as long as the same authorities are trusted.
    pub(crate) fn trusting(self, tls: &Tls) -> Self {
        self.with("tls.ca", tls.ca.as_deref().unwrap_or_default())
    }

    /// Returns the first member that is another than it was.
    pub(crate) fn changed(&self, before: &Self) -> Option<&'static str> {
        let own = self.0.iter().find(|part| !before.0.contains(part));
        own.or_else(|| before.0.iter().find(|part| !self.0.contains(part))).map(|(name, _)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_another_where_a_part_of_it_is() {
        let of = |url: &str| Target::of_url("url", &Url::parse(url).unwrap());
        let before = of("https://a.example/x");
        assert_eq!(of("https://a.example:443/y?z").changed(&before), None);
        for other in ["http://a.example/x", "https://b.example/x", "https://a.example:444/x"] {
            assert_eq!(of(other).changed(&before), Some("url"), "{other}");
        }
        let trusting = before.clone().trusting(&Tls { ca: Some("x".to_owned()), client: None });
        assert_eq!(trusting.changed(&before.trusting(&Tls::default())), Some("tls.ca"));
    }
}
