//! Posts records to one recipient.

use std::{fmt::Write as _, time::Duration};

use async_trait::async_trait;
use champollion_traces::TraceContext;
use http::{
    HeaderMap, HeaderValue, Request,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use hyper::body::Bytes;
use jiff::Timestamp;
use tokio::time::timeout;
use url::Url;

use super::{
    answer,
    definition::{HttpPush, HttpPushError},
    signature::SigningKey,
};
use crate::destinations::{
    Bound, ConnectError, Connector, DestinationLimits, FailureKind, HandoverResult, HttpClient,
    HttpError, Parcel, Recipient,
};

/// The bound of what is read of an answer. Whatever is in its body, the status says what becomes of the records; it is
/// read to its end so that its connection can be used again.
const ANSWER: Bound = Bound { bytes: 4 << 10, time: Duration::from_secs(1) };

/// The header by which a recipient goes on with a trace (W3C Trace Context).
const TRACE: &str = "traceparent";

/// A recipient that records are posted to.
pub struct HttpRecipient {
    client: HttpClient,
    url: Url,
    /// The headers of all requests.
    headers: HeaderMap,
    /// The keys, those that are being retired with the moment of their end.
    keys: Vec<(SigningKey, Option<Timestamp>)>,
    patience: Duration,
    /// Whether a request carries a list.
    lists: bool,
}

impl HttpPush {
    /// Returns the recipient to which records are posted by this definition.
    ///
    /// # Errors
    /// Says what of the definition cannot be.
    pub fn recipient(
        &self,
        destination_limits: &DestinationLimits,
        connector: Connector,
    ) -> Result<HttpRecipient, HttpPushError> {
        self.check(destination_limits, &connector)?;
        HttpRecipient::new(self, connector)
    }
}

impl HttpRecipient {
    fn new(push: &HttpPush, connector: Connector) -> Result<Self, HttpPushError> {
        let present = push.secrets.iter().map(|secret| (secret, None));
        let retiring = push.retiring_secrets.iter();
        let retiring = retiring.map(|retiring| (&retiring.secret, Some(retiring.until)));
        let keys = present
            .chain(retiring)
            .map(|(secret, until)| Ok((SigningKey::new(secret)?, until)))
            .collect::<Result<_, HttpPushError>>()?;
        let mut headers = HeaderMap::new();
        headers.extend(push.own_headers()?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(authorization) = &push.authorization {
            let header = authorization.header().ok_or_else(|| HttpPushError::Header {
                name: AUTHORIZATION.to_string(),
                reason: "its value holds what no header can",
            })?;
            headers.insert(AUTHORIZATION, header);
        }
        Ok(Self {
            client: HttpClient::new(push.tls.config()?, connector),
            url: push.url.clone(),
            headers,
            keys,
            patience: push.timeout(),
            lists: push.batch > 1,
        })
    }

    /// Posts a body, signed as every request is. Ends in a bounded time.
    pub async fn post(&self, id: &str, body: String) -> HandoverResult {
        self.send(id, body, None).await
    }

    async fn send(&self, id: &str, body: String, trace: Option<TraceContext>) -> HandoverResult {
        let mut request = match self.request(id, body) {
            Ok(request) => request,
            Err(error) => {
                let words = format!("the request cannot be made: {error}");
                return HandoverResult::later(FailureKind::Unusable, words);
            }
        };
        if let Some(trace) = trace.and_then(|trace| trace.to_string().parse().ok()) {
            request.headers_mut().insert(TRACE, trace);
        }
        match timeout(self.patience, self.client.send(request, ANSWER)).await {
            Ok(Ok(answer)) => {
                let said = String::from_utf8_lossy(&answer.body);
                answer::meaning(answer.status, &answer.headers, said.trim(), Timestamp::now())
            }
            Ok(Err(error)) => HandoverResult::later((&error).into(), sentence(&error)),
            Err(_) => {
                HandoverResult::later(FailureKind::TimedOut, "there was not an answer in time")
            }
        }
    }

    /// A request, signed now.
    fn request(&self, id: &str, body: String) -> Result<Request<Bytes>, http::Error> {
        let now = Timestamp::now();
        let timestamp = now.as_second();
        let mut signatures = String::new();
        let used = self.keys.iter().filter(|(_, until)| until.is_none_or(|until| until > now));
        for (key, _) in used {
            let separator = if signatures.is_empty() { "" } else { " " };
            let signature = key.sign(id, timestamp, body.as_bytes());
            // Writing into a text always works.
            let _ = write!(signatures, "{separator}{signature}");
        }
        let mut request = Request::post(self.url.as_str())
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures)
            .body(Bytes::from(body))?;
        request.headers_mut().extend(self.headers.clone());
        Ok(request)
    }
}

#[async_trait]
impl Recipient for HttpRecipient {
    async fn hand_over(&self, parcel: &Parcel) -> HandoverResult {
        self.send(&parcel.id, body(parcel, self.lists), parcel.trace).await
    }
}

/// The body of a request: what kind of message it is, of when, and the record or records.
fn body(parcel: &Parcel, lists: bool) -> String {
    let (kind, open, close) = match (lists, parcel.is_test) {
        (false, false) => ("record", "", ""),
        (false, true) => ("test", "", ""),
        (true, false) => ("records", "[", "]"),
        (true, true) => ("test", "[", "]"),
    };
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

/// Describes an error for people.
fn sentence(error: &HttpError) -> String {
    match error {
        HttpError::Connect(ConnectError::TimedOut) => {
            "there was not a connection in time".to_owned()
        }
        HttpError::Connect(error) => format!("it cannot be reached: {error}"),
        HttpError::Tls(reason) => format!("it cannot be reached: {reason}"),
        HttpError::Lost(reason) => format!("the connection was lost: {reason}"),
    }
}
