//! WebDAV: a file is sent by PUT and gets its name by MOVE, both of RFC 4918. Servers that know no more
//! than these and DELETE will do.

use async_trait::async_trait;
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url};

use super::{
    definition::WebdavPlace,
    error::{PlaceError, UnusablePlace},
    http,
    interface::{Place, unfinished},
};
use crate::destinations::{Surroundings, push::Authorization};

/// Characters that are shown of what a server says.
const SHOWN_CHARACTERS: usize = 300;

pub(super) struct Webdav {
    client: Client,
    /// Ends with a slash.
    folder: Url,
    authorization: Option<Authorization>,
}

impl WebdavPlace {
    pub(super) fn open(&self, surroundings: &Surroundings) -> Result<Webdav, UnusablePlace> {
        http::check("url", &self.url, surroundings)?;
        let mut folder = self.url.clone();
        if !folder.path().ends_with('/') {
            folder.set_path(&format!("{}/", folder.path()));
        }
        Ok(Webdav {
            client: http::client(&self.tls, surroundings)?,
            folder,
            authorization: self.authorization.clone(),
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

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.client.request(method, url);
        match &self.authorization {
            Some(Authorization::Bearer { token }) => request.bearer_auth(token.reveal()),
            Some(Authorization::Basic { user, password }) => {
                request.basic_auth(user, Some(password.reveal()))
            }
            None => request,
        }
    }

    async fn ask(&self, request: RequestBuilder, what: &'static str) -> Result<(), PlaceError> {
        let host = self.folder.host_str().unwrap_or_default();
        let response = request.send().await.map_err(|error| http::meaning(host, &error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let folder = self.folder.to_string();
        let reason = said(status, response).await;
        Err(match status {
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
        })
    }
}

/// Returns the words of a server in one line.
async fn said(status: StatusCode, response: reqwest::Response) -> String {
    let is_text = response
        .headers()
        .get(reqwest::header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    let text = if is_text { response.text().await.unwrap_or_default() } else { String::new() };
    let text: String = text.trim().chars().take(SHOWN_CHARACTERS).collect();
    if text.is_empty() { format!("it answered {status}") } else { format!("{status}: {text}") }
}

#[async_trait]
impl Place for Webdav {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), PlaceError> {
        let (part, whole) = (self.url(&unfinished(name))?, self.url(name)?);
        let put = self.request(Method::PUT, part.clone()).body(bytes.to_vec());
        self.ask(put, "writing the file").await?;
        let moved = Method::from_bytes(b"MOVE").map_err(|error| PlaceError::Refused {
            what: "giving the file its name",
            reason: error.to_string(),
        })?;
        let moved = self
            .request(moved, part)
            .header("Destination", whole.as_str())
            .header("Overwrite", "T");
        self.ask(moved, "giving the file its name").await
    }

    async fn remove(&self, name: &str) -> Result<(), PlaceError> {
        let url = self.url(name)?;
        self.ask(self.request(Method::DELETE, url), "taking the file away").await
    }
}
