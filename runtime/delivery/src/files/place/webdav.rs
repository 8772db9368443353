//! WebDAV: a file is sent by PUT and gets its name by MOVE, both of RFC 4918. Servers that know no more
//! than these and DELETE will do; with files that are written in place, PUT alone will.

use async_trait::async_trait;
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use hyper::body::Bytes;
use url::Url;

use super::{
    definition::WebdavPlace,
    error::{PlaceError, UnusablePlace},
    http::{self as over_http, ANSWER},
    interface::{Place, unfinished},
};
use crate::destinations::{Connector, DestinationLimits, HttpClient, push::Authorization};

pub(super) struct Webdav {
    client: HttpClient,
    /// Ends with a slash.
    folder: Url,
    authorization: Option<Authorization>,
    headers: HeaderMap,
    in_place: bool,
}

impl WebdavPlace {
    pub(super) fn open(
        &self,
        destination_limits: &DestinationLimits,
        connector: Connector,
    ) -> Result<Webdav, UnusablePlace> {
        over_http::check("url", &self.url, destination_limits, &connector)?;
        let mut folder = self.url.clone();
        if !folder.path().ends_with('/') {
            folder.set_path(&format!("{}/", folder.path()));
        }
        let mut headers = HeaderMap::new();
        if let Some(authorization) = &self.authorization {
            let reason = "it holds what no header can";
            let header = authorization.header();
            let header = header.ok_or(UnusablePlace::Text { member: "authorization", reason })?;
            headers.insert(AUTHORIZATION, header);
        }
        Ok(Webdav {
            client: over_http::client(&self.tls, connector)?,
            folder,
            authorization: self.authorization.clone(),
            headers,
            in_place: self.in_place,
        })
    }
}

impl Webdav {
    /// A name is a part of a path, and needs no escapes: see the names of files.
    fn url(&self, name: &str) -> Result<Url, PlaceError> {
        self.folder.join(&format!("./{name}")).map_err(|error| PlaceError::Refused {
            what: "the name of the file",
            reason: error.to_string(),
        })
    }

    async fn ask(
        &self,
        method: Method,
        url: &Url,
        headers: &[(&'static str, &str)],
        body: Bytes,
        what: &'static str,
    ) -> Result<(), PlaceError> {
        let refused = |reason: String| PlaceError::Refused { what, reason };
        let mut request = Request::builder().method(method).uri(url.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body).map_err(|error| refused(error.to_string()))?;
        request.headers_mut().extend(self.headers.clone());
        let host = self.folder.host_str().unwrap_or_default();
        let answer = self.client.send(request, ANSWER).await;
        let answer = answer.map_err(|error| over_http::meaning(host, &error))?;
        if answer.status.is_success() {
            return Ok(());
        }
        let reason = said(answer.status, &answer.headers, &answer.body);
        Err(self.meaning(answer.status, reason, what))
    }

    fn meaning(&self, status: StatusCode, reason: String, what: &'static str) -> PlaceError {
        let folder = self.folder.to_string();
        match status {
            StatusCode::UNAUTHORIZED => {
                let user = match &self.authorization {
                    Some(Authorization::Basic { user, .. }) => user.clone(),
                    Some(Authorization::Bearer { .. }) => "whoever has the token".to_owned(),
                    None => "whoever says no name".to_owned(),
                };
                PlaceError::Login { user, reason }
            }
            StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => {
                PlaceError::Denied { what: folder, reason }
            }
            // A folder that a file is to be put into is not there.
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => {
                PlaceError::Missing { what: folder, reason }
            }
            StatusCode::INSUFFICIENT_STORAGE | StatusCode::PAYLOAD_TOO_LARGE => {
                PlaceError::Full { reason }
            }
            _ => PlaceError::Refused { what, reason },
        }
    }

    async fn delete(&self, url: &Url, what: &'static str) -> Result<(), PlaceError> {
        self.ask(Method::DELETE, url, &[], Bytes::new(), what).await
    }
}

/// Returns the status of a server, and its words where they are for people.
fn said(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> String {
    let is_text = |kind: &HeaderValue| kind.as_bytes().starts_with(b"text/plain");
    let text = String::from_utf8_lossy(body);
    match text.trim() {
        text if headers.get(CONTENT_TYPE).is_some_and(is_text) && !text.is_empty() => {
            format!("{status}: {text}")
        }
        _ => format!("it answered {status}"),
    }
}

#[async_trait]
impl Place for Webdav {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), PlaceError> {
        let (writing, bytes) = ("writing the file", Bytes::copy_from_slice(bytes));
        let whole = self.url(name)?;
        if self.in_place {
            return self.ask(Method::PUT, &whole, &[], bytes, writing).await;
        }
        let naming = "giving the file its name";
        let part_name = unfinished(name);
        let part = self.url(&part_name)?;
        self.ask(Method::PUT, &part, &[], bytes, writing).await?;
        let moving = Method::from_bytes(b"MOVE")
            .map_err(|error| PlaceError::Refused { what: naming, reason: error.to_string() })?;
        let headers = [("destination", whole.as_str()), ("overwrite", "T")];
        let moved = self.ask(moving, &part, &headers, Bytes::new(), naming).await;
        match moved {
            // Its name it did not get, and would not with the next try: what was written is not left.
            Err(
                error @ (PlaceError::Denied { .. }
                | PlaceError::Refused { .. }
                | PlaceError::Missing { .. }),
            ) => {
                let removed = self.delete(&part, "taking the file away").await;
                Err(PlaceError::not_renamed(part_name, &error, removed.is_ok()))
            }
            other => other,
        }
    }

    async fn remove(&self, name: &str) -> Result<(), PlaceError> {
        self.delete(&self.url(name)?, "taking the file away").await
    }
}
