//! Requests and their answers.

use std::{fmt::Display, time::Duration};

use reqwest::{Certificate, Method, RequestBuilder, Response, Url};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Answer, ClientError, Problem};

/// A package with a thousand vectors takes seconds to be tried by the server.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Most characters that are told of an answer that is no problem.
const BEGINNING: usize = 200;

/// A client of one server, in the role that its token gives. It keeps its connections open from request to
/// request, and so do its clones.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    server: Url,
    token: Option<String>,
    /// The authorities that are trusted beside those of the system.
    authorities: Vec<Certificate>,
}

/// The parameter of a request about a group.
#[derive(Serialize)]
pub(crate) struct OfGroup<'of> {
    pub(crate) group: Option<&'of str>,
}

/// Whether a text is the address of a server. `localhost:8080` would be a URL of the scheme `localhost`.
#[must_use]
pub fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| ["http", "https"].contains(&url.scheme()))
}

impl Client {
    /// A client of the server at this address: `http://host:port` or `https://host`.
    ///
    /// # Errors
    /// [`ClientError::Address`] where it is none, and [`ClientError::Setup`] where the system lets nobody
    /// speak HTTPS.
    pub fn new(server: &str, token: Option<&str>) -> Result<Self, ClientError> {
        Self::of(server, token, Vec::new())
    }

    /// The same that trusts the authorities of a file in PEM beside those of the system, as one of one's own that
    /// signed the server's certificate.
    ///
    /// # Errors
    /// Those of [`Client::new`], and [`ClientError::Authorities`] where the file holds none.
    pub fn trusting(server: &str, token: Option<&str>, pem: &[u8]) -> Result<Self, ClientError> {
        let authorities = Certificate::from_pem_bundle(pem).ok();
        let authorities = authorities.filter(|authorities| !authorities.is_empty());
        Self::of(server, token, authorities.ok_or(ClientError::Authorities)?)
    }

    fn of(
        server: &str,
        token: Option<&str>,
        authorities: Vec<Certificate>,
    ) -> Result<Self, ClientError> {
        // Installing it a second time is the only way to fail, and that is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = connections(&authorities)?;
        let (server, token) = (address(server)?, token.map(str::to_owned));
        Ok(Self { http, server, token, authorities })
    }

    /// The same in the role of another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same where the server listens elsewhere.
    ///
    /// # Errors
    /// [`ClientError::Address`] where the address is none.
    pub fn at(&self, server: &str) -> Result<Self, ClientError> {
        Ok(Self { server: address(server)?, ..self.clone() })
    }

    /// The same with connections of its own: those of another runtime stand still while it does.
    pub(crate) fn apart(&self) -> Result<Self, ClientError> {
        Ok(Self { http: connections(&self.authorities)?, ..self.clone() })
    }

    pub(crate) fn get(&self, path: impl Display) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: impl Display) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    pub(crate) fn put(&self, path: impl Display) -> RequestBuilder {
        self.request(Method::PUT, path)
    }

    pub(crate) fn patch(&self, path: impl Display) -> RequestBuilder {
        self.request(Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: impl Display) -> RequestBuilder {
        self.request(Method::DELETE, path)
    }

    /// A request to be completed and sent.
    fn request(&self, method: Method, path: impl Display) -> RequestBuilder {
        let request = self.http.request(method, at(&self.server, &path.to_string()));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }
}

fn connections(authorities: &[Certificate]) -> Result<reqwest::Client, ClientError> {
    reqwest::Client::builder()
        .timeout(TIMEOUT)
        .tls_certs_merge(authorities.iter().cloned())
        .build()
        .map_err(ClientError::Setup)
}

fn address(text: &str) -> Result<Url, ClientError> {
    let url = Url::parse(text).ok().filter(|_| is_address(text));
    url.ok_or_else(|| ClientError::Address(text.to_owned()))
}

/// A path of a server. What stands between the slashes stays there, whatever characters it has.
fn at(server: &Url, path: &str) -> Url {
    let mut url = server.clone();
    // Servers have paths: of other URLs there is no client.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path.split('/'));
    }
    url
}

/// Sends a request; gives the answer of one that succeeds.
pub(crate) async fn send(request: RequestBuilder) -> Result<Response, ClientError> {
    let response = request.send().await.map_err(ClientError::Unreachable)?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = response.text().await.unwrap_or_default();
    Err(match serde_json::from_str::<Problem>(&body) {
        Ok(problem) => ClientError::Refused(Box::new(problem)),
        Err(_) => {
            ClientError::Unexplained { status, beginning: body.chars().take(BEGINNING).collect() }
        }
    })
}

/// Sends a request that is answered with JSON.
pub(crate) async fn ask<T: DeserializeOwned>(
    request: RequestBuilder,
) -> Result<Answer<T>, ClientError> {
    Answer::read(text(request).await?)
}

/// Sends a request that is answered with text.
pub(crate) async fn text(request: RequestBuilder) -> Result<String, ClientError> {
    send(request).await?.text().await.map_err(ClientError::BrokenOff)
}

/// Sends a request of which it is enough to know that it succeeded.
pub(crate) async fn tell(request: RequestBuilder) -> Result<(), ClientError> {
    send(request).await.map(drop)
}

/// Sends a request that is answered with at most so many bytes, since who answers may be anybody.
pub(crate) async fn bytes(request: RequestBuilder, limit: usize) -> Result<Vec<u8>, ClientError> {
    let mut response = send(request).await?;
    let mut bytes = Vec::new();
    while let Some(part) = response.chunk().await.map_err(ClientError::BrokenOff)? {
        if bytes.len() + part.len() > limit {
            return Err(ClientError::TooLong { limit });
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_what_stands_between_its_slashes() {
        let url = |server: &str, path: &str| at(&address(server).unwrap(), path).to_string();
        assert_eq!(url("http://host:1", "v1/records"), "http://host:1/v1/records");
        assert_eq!(url("https://host/below/", "v1/tokens"), "https://host/below/v1/tokens");
        assert_eq!(url("http://host", "v1/tokens/a?b#c d"), "http://host/v1/tokens/a%3Fb%23c%20d");
    }

    #[test]
    fn a_file_without_authorities_is_refused() {
        for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
            let refused = Client::trusting("https://localhost", None, pem.as_bytes());
            assert!(matches!(refused, Err(ClientError::Authorities)), "{pem}");
        }
    }

    #[test]
    fn an_address_has_a_scheme_of_the_web() {
        for text in ["http://localhost:8080", "https://champollion.example"] {
            assert!(is_address(text), "{text}");
        }
        for text in ["localhost:8080", "champollion.example", "ftp://host", ""] {
            assert!(!is_address(text), "{text}");
            assert!(matches!(Client::new(text, None), Err(ClientError::Address(_))), "{text}");
        }
    }
}
