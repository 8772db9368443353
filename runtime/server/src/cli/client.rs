//! Talks to a server.

use std::{sync::OnceLock, time::Duration};

use champollion_delivery::GroupId;
use clap::Args;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::{Deserialize, de::DeserializeOwned};

use super::Failure;

/// A package with a thousand vectors takes seconds to be tried by the server.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Which server, and who is asking.
#[derive(Args)]
pub(super) struct Connection {
    /// Address of the server
    #[arg(
        long,
        global = true,
        env = "CHAMPOLLION_SERVER",
        default_value = "http://127.0.0.1:8080",
        value_parser = address,
        value_name = "URL"
    )]
    server: String,
    /// Token of a role that may do this
    #[arg(long, global = true, env = "CHAMPOLLION_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Keeps its connections open from request to request.
    #[arg(skip)]
    client: OnceLock<reqwest::Client>,
}

/// The members of a problem that a person needs.
#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

/// Reads the address of a server. `localhost:8080` would be a URL of the scheme `localhost`.
pub(super) fn address(text: &str) -> Result<String, String> {
    match Url::parse(text) {
        Ok(url) if ["http", "https"].contains(&url.scheme()) => Ok(text.to_owned()),
        _ => Err("it must read http://host:port or https://host".to_owned()),
    }
}

/// Runs a command that talks to a server.
pub(super) fn block_on(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::of("the asynchronous runtime cannot be started"))?
        .block_on(command)
}

impl Connection {
    /// A connection of a command that names its server in a way of its own.
    pub(super) fn new(server: String, token: Option<String>) -> Self {
        Self { server, token, client: OnceLock::new() }
    }

    /// A request to be completed and sent.
    pub(super) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let url = format!("{}{path}", self.server.trim_end_matches('/'));
        let request = self.client()?.request(method, url);
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    fn client(&self) -> Result<&reqwest::Client, Failure> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // Installing it a second time is the only way to fail, and that is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .map_err(Failure::of("the HTTP client cannot be set up"))?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Gets what a path holds.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        read(send(self.request(Method::GET, path)?).await?).await
    }
}

/// A path that asks about a group, where one is named.
pub(super) fn of_group(path: &str, group: Option<&GroupId>) -> String {
    group.map_or_else(|| path.to_owned(), |group| format!("{path}?group={group}"))
}

/// Sends a request; a problem in answer is a failure with the server's own words.
pub(super) async fn send(request: RequestBuilder) -> Result<reqwest::Response, Failure> {
    let response = request
        .send()
        .await
        .map_err(|error| Failure::caused("the server cannot be reached", &error))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let body = response.text().await.unwrap_or_default();
    Err(match serde_json::from_str::<Problem>(&body) {
        Ok(problem) => {
            Failure::new(format!("the server refuses ({})", problem.code), problem.detail)
        }
        Err(_) => Failure::new("the server refuses", plain(status, &body)),
    })
}

/// Reads a JSON answer.
pub(super) async fn read<T: DeserializeOwned>(response: reqwest::Response) -> Result<T, Failure> {
    response.json().await.map_err(Failure::of("the server's answer cannot be read"))
}

/// Reads an answer of at most so many bytes, since who gives it may be anybody.
pub(super) async fn read_bytes(
    mut response: reqwest::Response,
    limit: usize,
) -> Result<Vec<u8>, Failure> {
    let task = "the server's answer cannot be read";
    let mut bytes = Vec::new();
    while let Some(part) = response.chunk().await.map_err(Failure::of(task))? {
        if bytes.len() + part.len() > limit {
            return Err(Failure::new(task, format_args!("it has more than {limit} bytes")));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

fn plain(status: StatusCode, body: &str) -> String {
    let start: String = body.chars().take(200).collect();
    format!("{status} {start}")
}
