//! Errors as `application/problem+json` (RFC 9457).

mod codes;
mod conversions;
mod translation;

use std::any::Any;

use axum::{
    Json,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use champollion_lns::in_plain_words;
use serde::Serialize;
use serde_json::{Map, Value as Json_};

use super::{request_id::RequestId, secrets::without_keys};
use crate::sentence::{Sentence, Worded};

pub(super) use codes::{ProblemCode, problem_codes};
pub(crate) use translation::Translation;

/// Seconds after which a client that met a passing condition should come back.
const RETRY_AFTER_SECONDS: u32 = 1;

/// The same where the disk is full, which passes more slowly.
const FULL_RETRY_AFTER_SECONDS: u32 = 30;

/// The same where an address has tried many wrong tokens: its next one is due.
const WRONG_TOKENS_RETRY_AFTER_SECONDS: u32 = 2;

/// Starts the `type` of every problem; the code follows.
const TYPE_PREFIX: &str = "urn:champollion:problem:";

/// An error that a client is told.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    /// A word for programs, which does not change between releases.
    code: &'static str,
    /// The fault, its place, and the remedy.
    detail: String,
    /// More for programs, beside the standard members. Boxed, since most have none and all are handed upwards.
    extra: Box<Map<String, Json_>>,
    retry_after: Option<u32>,
    /// The detail as a value, and in the language of the page that asks. Boxed for the same reason.
    said: Option<Box<Said>>,
}

/// A detail beside its English words.
#[derive(Clone, Debug, Default)]
struct Said {
    sentence: Option<Sentence>,
    translation: Option<Translation>,
}

#[derive(Serialize)]
struct Body<'problem> {
    r#type: String,
    title: &'problem str,
    status: u16,
    code: &'problem str,
    detail: &'problem str,
    #[serde(flatten)]
    extra: &'problem Map<String, Json_>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let detail = without_keys(in_plain_words(&detail).into_owned());
        Self { status, code, detail, extra: Box::default(), retry_after: None, said: None }
    }

    /// The request is not what it should be.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// A thing that is asked for does not exist.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// The token does not allow it.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// A request says that a node hands it on, and no node of the store has.
    pub(crate) fn of_no_node(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "node-not-recognized", detail)
    }

    /// A form of a page comes from a page of another session.
    pub(crate) fn form_of_another_session(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "other-origin", detail)
    }

    /// It is there in no form that the client takes.
    pub fn not_acceptable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable", detail)
    }

    /// The path does not take this method.
    pub fn method_not_allowed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
    }

    /// The body is too large.
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("the body is larger than {limit} bytes, which is the limit here");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
    }

    /// The body did not arrive in time.
    pub fn body_too_slow(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", detail)
    }

    /// The request is well-formed and cannot be done.
    pub fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// The request is at odds with what there is.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// It cannot be done now; the client should try again.
    pub fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
        Self { retry_after: Some(RETRY_AFTER_SECONDS), ..problem }
    }

    /// Too much is under way already; the client should try again a little later.
    pub fn too_many_requests(code: &'static str, detail: impl Into<String>) -> Self {
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail);
        Self { retry_after: Some(RETRY_AFTER_SECONDS), ..problem }
    }

    /// The group may not send urgent commands.
    pub fn priority_not_permitted(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "priority-not-permitted", detail)
    }

    /// Something that should not happen. The operator finds it in the log; the client is told no
    /// more than that.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed inside");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong inside; the server's log says what",
        )
    }

    /// The same with advice at the end of its detail.
    pub(super) fn advised(mut self, advice: Option<String>) -> Self {
        if let Some(advice) = advice {
            self.detail.extend(["; ", &advice]);
            // The value tells nothing of the advice.
            self.said = None;
        }
        self
    }

    /// The same of one of several things that were handed over at once, which stands at this place.
    pub(super) fn within(mut self, place: &str) -> Self {
        // The value tells nothing of the place.
        self.said = None;
        self.detail = format!("{place}: {}", self.detail);
        let path = match self.extra.get("path").and_then(Json_::as_str) {
            Some(path) => format!("{place}.{path}"),
            None => place.to_owned(),
        };
        // Lines and columns are those of the one, and not of the whole.
        for position in ["line", "column"] {
            self.extra.remove(position);
        }
        self.with("path", path)
    }

    /// Returns the status code.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The word for programs.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// Returns the words of all codes, of each of which pages have a text.
    #[cfg(test)]
    pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
        problem_codes().map(|code| code.word)
    }

    /// Returns the fault, its place, and the remedy.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The same with its detail as a value, where the error that it tells of has one.
    #[must_use]
    pub(crate) fn worded(self, error: &impl Worded) -> Self {
        match error.sentence() {
            Some(sentence) => self.saying(sentence),
            None => self,
        }
    }

    /// A fault of what was sent, with its detail as a value where it has one.
    pub(crate) fn of_fault(code: &'static str, fault: &(impl Worded + std::fmt::Display)) -> Self {
        Self::bad_request(code, fault.to_string()).worded(fault)
    }

    /// The same with its detail as a value.
    #[must_use]
    pub(crate) fn saying(mut self, mut sentence: Sentence) -> Self {
        // A key that was typed in a wrong place is no more repeated here than in the detail.
        for value in sentence.values.values_mut() {
            if let Json_::String(text) = value {
                *text = without_keys(std::mem::take(text));
            }
        }
        self.said.get_or_insert_default().sentence = Some(sentence);
        self
    }

    /// Returns the detail as a value, where it is more than its code.
    pub(crate) fn sentence(&self) -> Option<&Sentence> {
        self.said.as_ref()?.sentence.as_ref()
    }

    /// The same with its detail in the language of a page; nothing leaves it in English.
    #[must_use]
    pub(crate) fn translated(mut self, translation: Option<Translation>) -> Self {
        if translation.is_some() {
            self.said.get_or_insert_default().translation = translation;
        }
        self
    }

    /// Returns the detail in the language of the page, where it has one.
    pub(crate) fn translation(&self) -> Option<&Translation> {
        self.said.as_ref()?.translation.as_ref()
    }

    /// Returns a member for programs beside the standard ones, such as the path of the value at fault.
    pub(crate) fn member(&self, name: &str) -> Option<&Json_> {
        self.extra.get(name)
    }

    /// Returns the body of the answer.
    pub(super) fn body(&self) -> impl Serialize + '_ {
        Body {
            r#type: format!("{TYPE_PREFIX}{}", self.code),
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            extra: &self.extra,
        }
    }

    /// Its words alone, where it is one of many: the code and the detail.
    #[must_use]
    pub(super) fn words(self) -> (&'static str, String) {
        (self.code, self.detail)
    }

    /// The same with one more member for programs.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.extra.insert(name.to_owned(), value);
        }
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        let problem = match RequestId::current() {
            Some(id) => self.with("requestId", id.as_str()),
            None => self,
        };
        let Self { status, retry_after, .. } = problem;
        let mut response = (status, Json(problem.body())).into_response();
        let headers = response.headers_mut();
        let content_type = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, content_type);
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // Pages say it to people in their own words.
        response.extensions_mut().insert(problem);
        response
    }
}

/// Answers a client whose handler panicked.
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<axum::body::Body> {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words");
    Problem::internal(&message).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_repeated_neither_in_the_detail_nor_in_its_value() {
        let key = "000102030405060708090A0B0C0D0E0F";
        let sentence = Sentence::new("rule-unknown-quantity").with("quantity", key);
        let problem = Problem::bad_request("invalid-body", format!("{key} is no quantity"));
        let problem = problem.saying(sentence);
        assert!(!format!("{problem:?}").contains(key), "{problem:?}");
        assert_eq!(problem.sentence().unwrap().code, "rule-unknown-quantity");
    }
}
