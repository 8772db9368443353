//! A client of the HTTP interface, in some role.

use std::time::Duration;

use serde_json::Value as Json;
use ureq::{
    Agent,
    http::{HeaderMap, Method, Request},
};

/// No request takes that long; publishing with all its vectors is the longest.
const PATIENCE: Duration = Duration::from_secs(60);

/// Longest answer in bytes: a thousand records of readings with a day's history.
const ANSWER_BYTES: u64 = 64 << 20;

/// Talks to a server, with a token or without.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    address: String,
    authorization: Option<String>,
    idempotency_key: Option<String>,
}

/// The answer of a server.
#[derive(Debug)]
pub struct Answer {
    /// The status code of the answer.
    pub status: u16,
    /// The headers of the request.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub body: Json,
}

impl Client {
    pub(crate) fn new(address: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .max_redirects(0)
            .build()
            .into();
        Self { agent, address: address.to_owned(), authorization: None, idempotency_key: None }
    }

    /// The same with a token.
    #[must_use]
    pub fn token(&self, token: &str) -> Self {
        self.authorization(&format!("Bearer {token}"))
    }

    /// The same with an Authorization header of any kind.
    #[must_use]
    pub fn authorization(&self, header: &str) -> Self {
        Self { authorization: Some(header.to_owned()), ..self.clone() }
    }

    /// The same that names its requests.
    #[must_use]
    pub fn idempotency_key(&self, key: &str) -> Self {
        Self { idempotency_key: Some(key.to_owned()), ..self.clone() }
    }

    /// Sends a request and gives the answer, or why there is none.
    pub fn attempt(
        &self,
        method: &Method,
        path: &str,
        body: &[u8],
    ) -> Result<Answer, Box<ureq::Error>> {
        self.attempt_with(method, path, &[], body)
    }

    /// The same with some headers.
    pub fn attempt_with(
        &self,
        method: &Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, Box<ureq::Error>> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        if let Some(key) = &self.idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        let bodiless = [Method::GET, Method::HEAD, Method::DELETE].contains(method);
        let answer = if bodiless {
            self.agent.run(request.body(()).map_err(ureq::Error::from)?)
        } else {
            self.agent.run(request.body(body).map_err(ureq::Error::from)?)
        };
        let mut answer = answer?;
        let bytes = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: serde_json::from_str(&text).unwrap_or_default(),
            text,
        })
    }

    /// Sends a request that must be answered.
    #[track_caller]
    pub fn send(&self, method: &Method, path: &str, body: &[u8]) -> Answer {
        self.attempt(method, path, body)
            .unwrap_or_else(|error| panic!("{method} {path} is not answered: {error}"))
    }

    /// Posts a body with some headers.
    #[track_caller]
    pub fn post_with(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.attempt_with(&Method::POST, path, headers, body)
            .unwrap_or_else(|error| panic!("POST {path} is not answered: {error}"))
    }

    /// Gets what a path holds.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.send(&Method::GET, path, b"")
    }

    /// Posts a body of JSON.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Json) -> Answer {
        self.send(&Method::POST, path, body.to_string().as_bytes())
    }

    /// Puts a body of JSON.
    #[track_caller]
    pub fn put(&self, path: &str, body: &Json) -> Answer {
        self.send(&Method::PUT, path, body.to_string().as_bytes())
    }

    /// Changes what JSON says of what a path holds.
    #[track_caller]
    pub fn patch(&self, path: &str, body: &Json) -> Answer {
        self.send(&Method::PATCH, path, body.to_string().as_bytes())
    }

    /// Deletes what a path holds.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.send(&Method::DELETE, path, b"")
    }

    /// Hands over a frame.
    #[track_caller]
    pub fn ingest(&self, frame: &Json) -> Answer {
        self.post("/v1/ingest/phy", frame)
    }

    /// All records that are there, with their cursors, page by page.
    #[track_caller]
    pub fn pull_all(&self) -> Vec<Json> {
        let mut all: Vec<Json> = Vec::new();
        let mut after = "0".to_owned();
        loop {
            let page = self.get(&format!("/v1/records?after={after}&limit=1000")).success();
            let records = page["records"].as_array().expect("a page has records");
            assert!(!records.is_empty() || page["more"] == Json::Bool(false), "{page}");
            all.extend(records.iter().cloned());
            after = page["next"].as_str().expect("a page says where to go on").to_owned();
            if page["more"] == Json::Bool(false) {
                return all;
            }
        }
    }
}

impl Answer {
    /// The body of an answer to a request that must be granted.
    #[track_caller]
    pub fn success(self) -> Json {
        assert!((200..300).contains(&self.status), "refused: {} {}", self.status, self.text);
        self.body
    }

    /// The detail of a problem of this status and code.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> &str {
        if let Some(fault) = self.fault(status, code) {
            panic!("{fault}: {} {}", self.status, self.text);
        }
        self.body["detail"].as_str().unwrap_or_default()
    }

    /// A header, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// In what this is not the problem that it should be.
    pub(crate) fn fault(&self, status: u16, code: &str) -> Option<String> {
        let wrong =
            |what: &str, found: &dyn std::fmt::Display, expected: &dyn std::fmt::Display| {
                Some(format!("the {what} is {found}, and it should be {expected}"))
            };
        if self.status != status {
            return wrong("status", &self.status, &status);
        }
        if self.body["code"] != code {
            return wrong("code", &self.body["code"], &code);
        }
        let content_type = self.header("content-type");
        if content_type != "application/problem+json" {
            return wrong("content type", &content_type, &"application/problem+json");
        }
        if self.body["status"] != status {
            return wrong("status in the body", &self.body["status"], &status);
        }
        let kind = format!("urn:champollion:problem:{code}");
        if self.body["type"] != kind {
            return wrong("type", &self.body["type"], &kind);
        }
        let is_missing = |name: &str| self.body[name].as_str().is_none_or(str::is_empty);
        ["title", "detail"]
            .into_iter()
            .find(|name| is_missing(name))
            .map(|name| format!("there is no {name}"))
    }
}
