//! Calls to the gRPC interface of a network server: HTTP/2, secured by the libraries that all other
//! connections use.

use std::error::Error;

use axum::http::{StatusCode, Uri, uri::PathAndQuery};
use bytes::{Buf as _, BufMut as _};
use champollion_delivery::destinations::Tls;
use champollion_lns::outgoing::{GrpcCall, status_of_grpc};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, Error as ClientError, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tonic::{
    Request, Status,
    body::Body,
    client::Grpc as Calls,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataValue,
};

use super::http::{ANSWER_BYTES, Failed, Said};
use crate::outside_client::PATIENCE;

/// The client of a gRPC interface.
pub(super) struct Grpc {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    origin: Uri,
}

impl Grpc {
    /// Makes the client of an interface, whose certificate must come from these where some are given.
    ///
    /// # Errors
    /// Says what of the address or of the certificates cannot be used.
    pub(super) fn new(url: &str, ca: Option<String>) -> Result<Self, String> {
        let origin: Uri = url.parse().map_err(|error| format!("url {url:?}: {error}"))?;
        let has_scheme = matches!(origin.scheme_str(), Some("http" | "https"));
        if !has_scheme || origin.authority().is_none() || !matches!(origin.path(), "" | "/") {
            return Err(format!("url {url:?} must read http://host:port or https://host:port"));
        }
        let tls = Tls { ca, client: None }.config().map_err(|error| error.to_string())?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http2()
            .build();
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .http2_only(true)
            // A connection that died in silence is given up while a call waits for it.
            .http2_keep_alive_interval(PATIENCE / 2)
            .build(connector);
        Ok(Self { client, origin })
    }

    /// Calls a method: gives the status as HTTP has it, and the message or the words of the error.
    pub(super) async fn call(&self, call: GrpcCall) -> Result<Said, Failed> {
        let GrpcCall { path, message, token } = call;
        let mut request = Request::new(message);
        if let Some(token) = token {
            let header = format!("Bearer {token}");
            let header = MetadataValue::try_from(header).map_err(|_| {
                Failed::NotSent("the token holds characters that no token has".to_owned())
            })?;
            request.metadata_mut().insert("authorization", header);
        }
        let calls = Calls::with_origin(self.client.clone(), self.origin.clone());
        let mut calls = calls.max_decoding_message_size(ANSWER_BYTES);
        let unary = async {
            calls.ready().await.map_err(|error| Status::from_error(Box::new(error)))?;
            calls.unary(request, PathAndQuery::from_static(path), Raw).await
        };
        match tokio::time::timeout(PATIENCE, unary).await {
            Err(_) => {
                let why = format!("no answer within {} s", PATIENCE.as_secs());
                Err(Failed::Unanswered { why, is_lost: false })
            }
            Ok(Ok(answer)) => {
                let body = answer.into_inner();
                Ok(Said { status: StatusCode::OK, body, pause: None })
            }
            Ok(Err(status)) => failed(&status),
        }
    }
}

/// Tells what the network server says from what the connection did.
fn failed(status: &Status) -> Result<Said, Failed> {
    let Some(cause) = status.source() else {
        let body = status.message().as_bytes().to_vec();
        return Ok(Said { status: status_of_grpc(status.code().into()), body, pause: None });
    };
    let (mut cause, mut is_connect, mut last) = (Some(cause), false, String::new());
    while let Some(error) = cause {
        is_connect |= error.downcast_ref::<ClientError>().is_some_and(ClientError::is_connect);
        last = error.to_string();
        cause = error.source();
    }
    Err(if is_connect {
        Failed::NotSent(format!("it cannot be reached: {last}"))
    } else {
        Failed::Unanswered { why: format!("the call failed: {last}"), is_lost: true }
    })
}

/// Messages as they are: they are written and read where the network server's are.
#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_no_path() {
        for url in ["lns:8080", "ftp://lns", "http://lns/api", "/", "http://"] {
            assert!(Grpc::new(url, None).is_err(), "{url}");
        }
    }

    #[test]
    fn what_the_network_server_says_is_an_answer() {
        let Ok(said) = failed(&Status::internal("foreign key")) else { panic!("it is an answer") };
        assert_eq!(said.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(said.body, b"foreign key");
    }
}
