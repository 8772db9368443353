//! A client of the server's HTTP interface.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value as Json, json};
use ureq::{Agent, Body, http::Response};

/// No request takes that long; publishing with all its vectors is the longest.
const PATIENCE: Duration = Duration::from_secs(60);

/// Talks to the server in one role.
#[derive(Clone)]
pub(crate) struct Client {
    agent: Agent,
    pub(crate) address: String,
    token: String,
}

/// The answer of a server.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Json,
}

impl Answer {
    /// The body, where the server did what it was asked.
    pub(crate) fn success(self) -> Result<Json> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        bail!("the server refuses ({}): {}", text(&self.body["code"]), text(&self.body["detail"]))
    }
}

impl Client {
    pub(crate) fn new(address: &str, token: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        Self { agent, address: address.to_owned(), token: token.to_owned() }
    }

    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// The same, where the server listens elsewhere.
    pub(crate) fn at(&self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self.clone() }
    }

    pub(crate) fn create_token(
        &self,
        name: &str,
        role: &str,
        group: Option<&str>,
    ) -> Result<String> {
        let wanted = json!({ "name": name, "role": role, "group": group });
        Ok(text(&self.post("/v1/tokens", &wanted)?.success()?["token"]))
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        let request = self.agent.get(format!("{}{path}", self.address));
        answer(request.header("Authorization", self.authorization()).call())
    }

    pub(crate) fn post(&self, path: &str, body: &Json) -> Result<Answer> {
        let request = self.agent.post(format!("{}{path}", self.address));
        answer(request.header("Authorization", self.authorization()).send_json(body))
    }

    pub(crate) fn put(&self, path: &str, body: &Json) -> Result<Answer> {
        let request = self.agent.put(format!("{}{path}", self.address));
        answer(request.header("Authorization", self.authorization()).send_json(body))
    }

    fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

fn answer(response: Result<Response<Body>, ureq::Error>) -> Result<Answer> {
    let mut response = response.context("the server does not answer")?;
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().context("the answer does not arrive")?;
    let body = if text.is_empty() {
        Json::Null
    } else {
        serde_json::from_str(&text).with_context(|| format!("the answer is no JSON: {text}"))?
    };
    Ok(Answer { status, body })
}

/// A JSON string as it is; anything else as nothing.
pub(crate) fn text(json: &Json) -> String {
    json.as_str().unwrap_or_default().to_owned()
}
