//! Hands the spans of traces over to a collector, by OpenTelemetry's protocol over HTTP.

use std::time::Duration;

use champollion_traces::{Batch, Batches};
use reqwest::{Client, Url, header::CONTENT_TYPE};
use serde::Deserialize;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use crate::outside_client::{self, sentence};

/// The path of traces below the address of a collector.
const PATH: &str = "v1/traces";

/// The type of a request's body.
const PROTOBUF: &str = "application/x-protobuf";

/// The time that the last spans have to leave when the server stops.
const FAREWELL: Duration = Duration::from_secs(5);

/// The settings of traces: the section `[telemetry]`. Without an address nothing is traced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TelemetrySettings {
    /// The address of the collector, `http://host:4318`; empty: none.
    pub otlp: String,
    /// The share of the records that are traced, in percent.
    pub share_percent: u8,
}

/// The worker that hands spans over.
pub(crate) struct SpanExport {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// A collector, and whether it took what it was handed last.
struct Collector {
    client: Client,
    url: Url,
    takes: bool,
}

impl TelemetrySettings {
    /// Starts the traces of this process and the worker, where there is a collector; otherwise says why the settings
    /// cannot be used.
    pub(crate) fn start(&self) -> Result<Option<SpanExport>, String> {
        if self.otlp.is_empty() {
            return Ok(None);
        }
        if self.share_percent > 100 {
            return Err(format!("share-percent: {} is more than all", self.share_percent));
        }
        let url = self.address()?;
        let client = outside_client::client(None).map_err(|error| sentence(&error))?;
        let Some(batches) = champollion_traces::start(self.share_percent) else { return Ok(None) };
        let (stop, stopped) = oneshot::channel();
        let collector = Collector { client, url, takes: true };
        Ok(Some(SpanExport { stop, task: tokio::spawn(collector.serve(batches, stopped)) }))
    }

    /// The address that spans are posted to.
    fn address(&self) -> Result<Url, String> {
        let refused =
            || format!("otlp: {:?} must read http://host:4318 or https://host", self.otlp);
        let mut url = Url::parse(&self.otlp).map_err(|_| refused())?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(refused());
        }
        // What is joined to it belongs below it.
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        url.join(PATH).map_err(|_| refused())
    }
}

impl SpanExport {
    /// Hands over what waits, and ends.
    pub(crate) async fn finish(self) {
        // A worker that has ended already is not to be stopped.
        let _ = self.stop.send(());
        if timeout(FAREWELL, self.task).await.is_err() {
            tracing::warn!("the last spans could not be handed over in time");
        }
    }
}

impl Collector {
    async fn serve(mut self, mut batches: Batches, mut stopped: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                batch = batches.next() => match batch {
                    Some(batch) => self.take(batch).await,
                    None => return,
                },
                _ = &mut stopped => break,
            }
        }
        for batch in batches.rest() {
            self.take(batch).await;
        }
    }

    /// Hands a batch over once: spans are for those who watch, and nothing waits for them.
    async fn take(&mut self, batch: Batch) {
        let spans = batch.spans;
        let refused = self.post(batch).await.err();
        match (&refused, self.takes) {
            (Some(why), true) => tracing::warn!(why, spans, "the collector takes no spans"),
            (None, false) => tracing::info!("the collector takes spans again"),
            _ => {}
        }
        self.takes = refused.is_none();
        let dropped = champollion_traces::active().map_or(0, |traces| traces.dropped());
        if dropped > 0 {
            tracing::warn!(dropped, "spans came faster than the collector takes them");
        }
    }

    async fn post(&self, batch: Batch) -> Result<(), String> {
        let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, PROTOBUF);
        let answer = request.body(batch.body).send().await.map_err(|error| sentence(&error))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("it answers {status}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(otlp: &str, share_percent: u8) -> TelemetrySettings {
        TelemetrySettings { otlp: otlp.to_owned(), share_percent }
    }

    #[test]
    fn spans_go_to_a_path_below_the_address() {
        let posted = |otlp: &str| settings(otlp, 100).address().map(String::from);
        assert_eq!(posted("http://c.example:4318").unwrap(), "http://c.example:4318/v1/traces");
        assert_eq!(posted("https://c.example/otlp").unwrap(), "https://c.example/otlp/v1/traces");
        assert!(posted("grpc://c.example").unwrap_err().contains("must read"));
    }

    #[test]
    fn settings_without_an_address_start_nothing_and_wrong_ones_are_refused() {
        assert!(settings("", 100).start().unwrap().is_none());
        assert!(settings("http://c.example", 101).start().is_err());
        assert!(settings("c.example", 100).start().is_err());
    }
}
