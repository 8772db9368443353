//! Sends lines to one recipient.

use std::time::Duration;

use async_trait::async_trait;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::definition::LinesPush;
use crate::destinations::{
    ConnectError, Connector, FailureKind, HandoverResult, Parcel, Recipient,
};

/// The time that a recipient has for a parcel. One that never answers must not hold a route for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// Most bytes that are read of an answer.
const ANSWER_BYTES: u64 = 1 << 10;

/// The answer of a recipient that has the records.
const TAKEN: &str = "taken";

/// A recipient that records are sent to, a line each.
pub struct LinesRecipient {
    host: String,
    port: u16,
    connector: Connector,
}

impl LinesRecipient {
    pub(super) fn new(push: &LinesPush, connector: Connector) -> Self {
        Self { host: push.host.clone(), port: push.port, connector }
    }

    /// Sends a parcel, and returns the answer.
    async fn send(&self, parcel: &Parcel) -> Result<String, ConnectError> {
        // Only the connector opens connections: it knows where recipients may be.
        let mut stream = self.connector.connect(&self.host, self.port).await?;
        for record in &parcel.records {
            stream.write_all(record.json.as_bytes()).await?;
            stream.write_all(b"\n").await?;
        }
        // The end of what is sent is the end of the parcel; the other direction stays open.
        stream.shutdown().await?;
        let mut answer = String::new();
        stream.take(ANSWER_BYTES).read_to_string(&mut answer).await?;
        Ok(answer)
    }
}

#[async_trait]
impl Recipient for LinesRecipient {
    async fn hand_over(&self, parcel: &Parcel) -> HandoverResult {
        match timeout(PATIENCE, self.send(parcel)).await {
            Ok(Ok(answer)) if answer.trim() == TAKEN => HandoverResult::taken(None),
            // Nobody knows whether the recipient has the records, so they are handed over again.
            Ok(Ok(answer)) => {
                let words = format!("the recipient answered {answer:?}");
                HandoverResult::later(FailureKind::Refused, words)
            }
            Ok(Err(error)) => HandoverResult::later((&error).into(), error.to_string()),
            Err(_) => {
                let words = "the recipient did not answer in time";
                HandoverResult::later(FailureKind::TimedOut, words)
            }
        }
    }
}
