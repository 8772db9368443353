//! Posts records to one recipient.

use std::{error::Error as _, fmt::Write as _, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::{
    Client, RequestBuilder, Response, Url,
    header::{CONTENT_TYPE, HeaderMap},
    redirect,
};
use tokio::time::timeout;

use super::{
    answer,
    definition::{Authorization, HttpPush, HttpPushError},
    signature::SigningKey,
};
use crate::destinations::{AddressRule, Handed, Parcel, Recipient, Surroundings};

/// Most bytes that are read of an answer; of them so many are shown.
const ANSWER_BYTES: usize = 4 << 10;
const SHOWN_CHARACTERS: usize = 300;

/// The time in which an answer of success is read to its end, so that its connection can be used again.
const LEFTOVER: Duration = Duration::from_secs(1);

/// A recipient that records are posted to.
pub struct HttpRecipient {
    client: Client,
    url: Url,
    authorization: Option<Authorization>,
    keys: Vec<SigningKey>,
    /// Whether a request carries a list.
    lists: bool,
}

impl HttpPush {
    /// Returns the recipient to which records are posted by this definition.
    ///
    /// # Errors
    /// Says what of the definition cannot be.
    pub fn recipient(&self, surroundings: &Surroundings) -> Result<HttpRecipient, HttpPushError> {
        self.check(surroundings)?;
        HttpRecipient::new(self, surroundings.addresses)
    }
}

impl HttpRecipient {
    fn new(push: &HttpPush, addresses: AddressRule) -> Result<Self, HttpPushError> {
        let keys = push.secrets.iter().map(SigningKey::new).collect::<Result<_, _>>()?;
        let mut headers = HeaderMap::new();
        headers.extend(push.own_headers()?);
        let client = Client::builder()
            .tls_backend_preconfigured(push.tls.config()?)
            .dns_resolver(addresses)
            // A proxy of the environment would be asked for addresses that nobody looked at.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(push.timeout())
            .connect_timeout(push.timeout())
            .user_agent(concat!("champollion/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .build()
            .map_err(|error| HttpPushError::Client(sentence(&error)))?;
        Ok(Self {
            client,
            url: push.url.clone(),
            authorization: push.authorization.clone(),
            keys,
            lists: push.batch > 1,
        })
    }

    /// A request, signed now.
    fn request(&self, id: &str, body: String) -> RequestBuilder {
        let timestamp = Timestamp::now().as_second();
        let mut signatures = String::new();
        for key in &self.keys {
            let separator = if signatures.is_empty() { "" } else { " " };
            let signature = key.sign(id, timestamp, body.as_bytes());
            // Writing into a text always works.
            let _ = write!(signatures, "{separator}{signature}");
        }
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures)
            .body(body);
        match &self.authorization {
            Some(Authorization::Bearer { token }) => request.bearer_auth(token.reveal()),
            Some(Authorization::Basic { user, password }) => {
                request.basic_auth(user, Some(password.reveal()))
            }
            None => request,
        }
    }
}

#[async_trait]
impl Recipient for HttpRecipient {
    async fn hand_over(&self, parcel: &Parcel) -> Handed {
        let body = body(parcel, self.lists);
        match self.request(&parcel.id, body).send().await {
            Ok(response) => heard(response).await,
            Err(error) => Handed::later(sentence(&error)),
        }
    }
}

/// The body of a request: what kind of message it is, of when, and the record or records.
fn body(parcel: &Parcel, lists: bool) -> String {
    let (kind, open, close) = if lists { ("records", "[", "]") } else { ("record", "", "") };
    let last = parcel.records.last().map(|record| record.received_at).unwrap_or_default();
    let length: usize = parcel.records.iter().map(|record| record.json.len() + 1).sum();
    let mut body = String::with_capacity(length + 80);
    // Writing into a text always works.
    let _ = write!(body, "{{\"type\":\"{kind}\",\"timestamp\":\"{last}\",\"data\":{open}");
    for (index, record) in parcel.records.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(&record.json);
    }
    body.push_str(close);
    body.push('}');
    body
}

/// Reads an answer. Once its status is there, nothing in its body changes the meaning.
async fn heard(mut response: Response) -> Handed {
    let (status, headers) = (response.status(), response.headers().clone());
    let mut said = Vec::new();
    let reading = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            said.extend_from_slice(&chunk);
            if said.len() > ANSWER_BYTES {
                break;
            }
        }
    };
    // An answer that does not come to its end is not waited for.
    drop(timeout(LEFTOVER, reading).await);
    let said = String::from_utf8_lossy(&said);
    let shown: String = said.trim().chars().take(SHOWN_CHARACTERS).collect();
    answer::meaning(status, &headers, &shown, Timestamp::now())
}

/// Describes an error with all that led to it.
fn sentence(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        let what = if error.is_connect() { "a connection" } else { "an answer" };
        return format!("there was not {what} in time");
    }
    let mut said = match () {
        () if error.is_connect() => "it cannot be reached".to_owned(),
        () if error.is_request() => "the connection was lost".to_owned(),
        () => "the request failed".to_owned(),
    };
    let mut cause = error.source();
    let mut last = None;
    while let Some(reason) = cause {
        last = Some(reason.to_string());
        cause = reason.source();
    }
    if let Some(last) = last {
        said.push_str(": ");
        said.push_str(&last);
    }
    said
}
