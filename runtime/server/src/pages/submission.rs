//! Submissions of forms: their fields and files, checked for forgery before anything is done with them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use jiff::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::forgery;
use crate::{
    api::{Problem, read_body, session_of},
    service::Service,
};

/// Forms with large files that are in memory at once; further ones wait for their turn.
static LARGE_FORMS: Semaphore = Semaphore::const_new(4);

/// Bytes of a form beside its files.
const FIELD_BYTES: usize = 64 << 10;

/// The fields and files of a form that a page of the viewer's own session has sent.
#[derive(Debug, Default)]
pub(super) struct Submission {
    fields: BTreeMap<String, Vec<String>>,
    files: BTreeMap<String, File>,
    /// The place of a form with files among those that are in memory.
    _place: Option<SemaphorePermit<'static>>,
}

/// A file that a form has sent.
#[derive(Clone, Debug)]
pub(super) struct File {
    /// The name that the file has on the sender's device.
    pub(super) name: String,
    /// The type that the browser says the file has.
    pub(super) content_type: String,
    /// The content of the file.
    pub(super) bytes: Bytes,
}

impl FromRequest<Arc<Service>> for Submission {
    type Rejection = Problem;

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Problem> {
        let (uri, headers) = (request.uri().clone(), request.headers().clone());
        let submission = Self::read(request, service).await?;
        let session = session_of(&headers, &service.config);
        forgery::check((&uri, &headers), session, submission.field(forgery::FIELD))?;
        Ok(submission)
    }
}

impl Submission {
    async fn read(request: Request, service: &Arc<Service>) -> Result<Self, Problem> {
        let content_type = request.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_multipart = content_type.starts_with("multipart/form-data");
        let may_be_large = is_multipart && has_session(request.headers(), service);
        let place = if may_be_large { LARGE_FORMS.acquire().await.ok() } else { None };
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head.clone(), body);
        let bytes = read_body(request, bound(service, may_be_large)).await?;
        if !is_multipart {
            return Ok(Self::of_pairs(&bytes));
        }
        // The whole of it is within the bound of bodies, whatever parts it has.
        let whole = Request::from_parts(head, Body::from(bytes));
        let parts = Multipart::from_request(whole, service).await;
        let parts = parts.map_err(|error| unreadable(&error.body_text()))?;
        Ok(Self { _place: place, ..Self::of_parts(parts).await? })
    }

    fn of_pairs(bytes: &[u8]) -> Self {
        let mut submission = Self::default();
        for (name, value) in url::form_urlencoded::parse(bytes) {
            submission.add(name.into_owned(), value.into_owned());
        }
        submission
    }

    async fn of_parts(mut parts: Multipart) -> Result<Self, Problem> {
        let mut submission = Self::default();
        let wrong =
            |error: axum::extract::multipart::MultipartError| unreadable(&error.body_text());
        while let Some(part) = parts.next_field().await.map_err(wrong)? {
            let name = part.name().unwrap_or_default().to_owned();
            let file_name = part.file_name().map(str::to_owned);
            let content_type = part.content_type().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(wrong)?;
            match file_name {
                // A field of files in which none was chosen.
                Some(file_name) if file_name.is_empty() && bytes.is_empty() => {}
                Some(file_name) => {
                    submission.files.insert(name, File { name: file_name, content_type, bytes });
                }
                None => submission.add(name, String::from_utf8_lossy(&bytes).into_owned()),
            }
        }
        Ok(submission)
    }

    fn add(&mut self, name: String, value: String) {
        self.fields.entry(name).or_default().push(value);
    }

    /// The value of a field as it was sent; of several the first.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.first().map(String::as_str)
    }

    /// The value of a field without blanks at its ends; none where nothing was filled in.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        self.field(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The value of a field without blanks at its ends, or an empty text.
    pub(super) fn text(&self, name: &str) -> &str {
        self.filled(name).unwrap_or_default()
    }

    /// All values of a field that can be ticked several times.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.fields.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a box is ticked.
    pub(super) fn is_ticked(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// The names of the fields that were sent, with their first values.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let named = self.fields.iter().filter(|(name, _)| *name != forgery::FIELD);
        named.filter_map(|(name, values)| Some((name.as_str(), values.first()?.as_str())))
    }

    /// The file of a field, where one was chosen.
    pub(super) fn file(&self, name: &str) -> Option<&File> {
        self.files.get(name)
    }
}

/// Whether a request comes with a session that is in force: only then may it bring large files.
fn has_session(headers: &HeaderMap, service: &Service) -> bool {
    let secret = session_of(headers, &service.config);
    let recognize =
        |secret| service.recognize_session(secret, (None, None), Timestamp::now()).is_ok();
    secret.is_some_and(recognize)
}

/// The most bytes of a form: as many as the largest file that the interface takes.
fn bound(service: &Service, may_be_large: bool) -> usize {
    let config = &service.config;
    if !may_be_large {
        return config.http.body_bytes;
    }
    let largest = config.sandbox.component_bytes.max(config.sheets.file_bytes);
    largest.max(config.http.body_bytes).saturating_add(FIELD_BYTES)
}

fn unreadable(said: &str) -> Problem {
    Problem::bad_request("invalid-body", format!("the form cannot be read: {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_with_their_signs() {
        let sent =
            Submission::of_pairs(b"name=a%26b+c&empty=+&role=owner&role=reader&form-token=1");
        assert_eq!(sent.field("name"), Some("a&b c"));
        assert_eq!(sent.filled("empty"), None);
        assert_eq!(sent.all("role"), ["owner", "reader"]);
        assert!(sent.is_ticked("role") && !sent.is_ticked("other"));
        let fields: Vec<_> = sent.fields().collect();
        assert_eq!(fields, [("empty", " "), ("name", "a&b c"), ("role", "owner")]);
    }
}
