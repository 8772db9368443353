//! Credentials for OCI registries that anybody may read: the challenge of the request itself is answered.
//!
//! Source: the distribution specification of the Open Container Initiative, and the token authentication
//! that Docker's registry documents.

use std::error::Error as _;

use http_auth::{ChallengeRef, parser::ChallengeParser};
use oci_client::{
    Reference, RegistryOperation,
    token_cache::{RegistryToken, RegistryTokenType},
};
use reqwest::{
    Certificate, Client, Response, StatusCode, Url,
    header::{LOCATION, WWW_AUTHENTICATE},
    redirect,
};

use super::super::Failure;

/// Most bytes of the answer that holds a token.
const TOKEN_BYTES: usize = 256 << 10;

/// A user at a registry, as far as a login needs to know.
pub(super) struct Login<'login> {
    pub(super) scheme: &'static str,
    /// Certificates to trust beside those of the system, PEM.
    pub(super) authorities: Option<Vec<u8>>,
    pub(super) user: &'login str,
    pub(super) password: &'login str,
}

impl Login<'_> {
    /// Returns what requests of an operation have to show: what the registry asks for when one is made
    /// without credentials, and where it asks for nothing the credentials themselves. Some hide by 404 what
    /// nobody may see without.
    pub(super) async fn token(
        &self,
        at: &Reference,
        operation: RegistryOperation,
    ) -> Result<RegistryTokenType, Failure> {
        let client = self.client()?;
        let challenged = self.try_without(&client, at, operation).await?;
        let realm = challenged.as_ref().and_then(bearer);
        match realm {
            Some((realm, service)) => {
                let token = self.fetch(&client, &realm, service, at, operation).await?;
                Ok(RegistryTokenType::Bearer(token))
            }
            None => Ok(RegistryTokenType::Basic(self.user.to_owned(), self.password.to_owned())),
        }
    }

    fn client(&self) -> Result<Client, Failure> {
        let task = "the client of OCI registries cannot be set up";
        let mut builder = Client::builder()
            // Credentials stay with whoever asked for them.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("champollion/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = &self.authorities {
            for certificate in Certificate::from_pem_bundle(pem).map_err(Failure::of(task))? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        builder.build().map_err(Failure::of(task))
    }

    /// Makes the first request of an operation without credentials, and returns the answer where it is a
    /// challenge.
    async fn try_without(
        &self,
        client: &Client,
        at: &Reference,
        operation: RegistryOperation,
    ) -> Result<Option<Response>, Failure> {
        let (host, repository) = (at.resolve_registry(), at.repository());
        let base = format!("{}://{host}/v2/{repository}", self.scheme);
        let request = match operation {
            RegistryOperation::Push => client.post(format!("{base}/blobs/uploads/")),
            RegistryOperation::Pull => {
                let name = at.digest().or_else(|| at.tag()).unwrap_or("latest");
                client.get(format!("{base}/manifests/{name}"))
            }
        };
        let answer = request.send().await.map_err(|error| self.unreachable(at, &error))?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            return Ok(Some(answer));
        }
        if operation == RegistryOperation::Push && answer.status().is_success() {
            // Anybody may write: the upload that was begun by asking is ended.
            let place = answer.headers().get(LOCATION).and_then(|place| place.to_str().ok());
            if let Some(place) = place.and_then(|place| answer.url().join(place).ok()) {
                drop(client.delete(place).send().await);
            }
        }
        Ok(None)
    }

    /// Gets a token of the authority that the challenge names.
    async fn fetch(
        &self,
        client: &Client,
        realm: &str,
        service: Option<String>,
        at: &Reference,
        operation: RegistryOperation,
    ) -> Result<RegistryToken, Failure> {
        let refuses = format!("{} refuses", at.registry());
        let url = Url::parse(realm).ok().filter(|url| {
            url.scheme() == "https" || (url.scheme() == "http" && self.scheme == "http")
        });
        let url = url.ok_or_else(|| {
            let reason = format!("it sends to {realm:?} for a token, which is no https:// address");
            Failure::new(&refuses, reason)
        })?;
        let actions = match operation {
            RegistryOperation::Push => "pull,push",
            RegistryOperation::Pull => "pull",
        };
        let scope = format!("repository:{}:{actions}", at.repository());
        let mut query = vec![("scope", scope)];
        query.extend(service.map(|service| ("service", service)));
        let request = client.get(url).query(&query).basic_auth(self.user, Some(self.password));
        let mut answer = request.send().await.map_err(|error| self.unreachable(at, &error))?;
        if !answer.status().is_success() {
            let reason = format!("no token is given to {}: {}", self.user, answer.status());
            return Err(Failure::new(&refuses, reason));
        }
        let mut text = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(Failure::of(refuses.clone()))? {
            if text.len() + part.len() > TOKEN_BYTES {
                return Err(Failure::new(&refuses, "its token has no end"));
            }
            text.extend_from_slice(&part);
        }
        serde_json::from_slice(&text)
            .map_err(|_| Failure::new(&refuses, "what it gives for a token is none"))
    }

    fn unreachable(&self, at: &Reference, error: &reqwest::Error) -> Failure {
        let mut reason = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            reason = error.to_string();
            cause = error.source();
        }
        Failure::new(format!("{} cannot be reached", at.registry()), reason)
    }
}

/// Returns where a challenge sends for a token, and for which service, where it does.
fn bearer(answer: &Response) -> Option<(String, Option<String>)> {
    answer.headers().get_all(WWW_AUTHENTICATE).iter().find_map(|header| {
        let challenges = ChallengeParser::new(header.to_str().ok()?).filter_map(Result::ok);
        let bearer = |challenge: &ChallengeRef<'_>| challenge.scheme.eq_ignore_ascii_case("bearer");
        challenges.filter(bearer).find_map(|challenge| {
            let parameter = |wanted: &str| {
                let found =
                    challenge.params.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
                found.map(|(_, value)| value.to_unescaped())
            };
            Some((parameter("realm")?, parameter("service")))
        })
    })
}
