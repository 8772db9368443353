//! Requests to the provider, by the server's own client: no redirects, a bound of time and of bytes, the authorities of
//! the settings.

use std::pin::Pin;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http};
use reqwest::Client;

use crate::outside_client::{self, sentence};

/// Most bytes of an answer: documents and tokens have some thousands.
const ANSWER_BYTES: usize = 1 << 20;

/// A client of the provider.
pub(super) struct Outbound(Client);

/// The reason why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum OutboundError {
    /// The request is not sent, or not answered.
    #[error("{}", sentence(.0))]
    Request(#[from] reqwest::Error),
    /// The answer is longer than any of a provider.
    #[error("it answers with more than {ANSWER_BYTES} bytes")]
    TooLong,
    /// The answer is none of HTTP.
    #[error("its answer cannot be read: {0}")]
    Unreadable(#[from] http::Error),
}

impl Outbound {
    /// A client that trusts these authorities alone, in PEM, where some are given.
    pub(super) fn new(authorities: Option<&str>) -> Result<Self, reqwest::Error> {
        Ok(Self(outside_client::client(authorities)?))
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        let mut response = self.0.execute(request.try_into()?).await?;
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                return Err(OutboundError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Outbound {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
