//! Requests to the HTTP interface of a network server.

use std::time::Duration;

use champollion_delivery::destinations::push::retry_after;
use champollion_lns::outgoing::HttpRequest;
use jiff::Timestamp;
use reqwest::{Client, StatusCode};

use crate::outside_client::{self, sentence};

/// Most bytes that are read of an answer: its words, or the queue of one device.
pub(super) const ANSWER_BYTES: usize = 256 << 10;

/// The client of an HTTP interface.
pub(super) struct Http {
    /// The beginning of all its addresses.
    base: String,
    client: Client,
}

/// An answer of the network server.
pub(super) struct Said {
    /// The status, as HTTP has it.
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
    /// The pause that it asks for.
    pub(super) pause: Option<Duration>,
}

/// Why there is no answer.
pub(super) enum Failed {
    /// The request never left.
    NotSent(String),
    /// It may have arrived; the connection was lost, or no answer came in time.
    Unanswered { why: String, is_lost: bool },
}

impl Http {
    /// Makes the client of an interface, whose certificate must come from these where some are given.
    ///
    /// # Errors
    /// The certificates cannot be used.
    pub(super) fn new(url: Option<&str>, ca: Option<&str>) -> Result<Self, reqwest::Error> {
        let base = url.unwrap_or_default().trim_end_matches('/').to_owned();
        Ok(Self { base, client: outside_client::client(ca)? })
    }

    /// Sends a request, and reads so much of the answer as may be.
    pub(super) async fn request(&self, request: HttpRequest) -> Result<Said, Failed> {
        let address = format!("{}{}", self.base, request.path);
        let mut sending = self.client.request(request.method, address);
        for (name, value) in request.headers {
            sending = sending.header(name, value);
        }
        if let Some(body) = &request.body {
            sending = sending.json(body);
        }
        let mut response = sending.send().await.map_err(|error| {
            let why = sentence(&error);
            if error.is_connect() || error.is_builder() {
                Failed::NotSent(why)
            } else {
                Failed::Unanswered { why, is_lost: !error.is_timeout() }
            }
        })?;
        let status = response.status();
        let pause = retry_after(response.headers(), Timestamp::now());
        let mut body = Vec::new();
        // The status says it all where the body breaks off.
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES - body.len())]);
            if body.len() == ANSWER_BYTES {
                break;
            }
        }
        Ok(Said { status, body, pause })
    }
}
