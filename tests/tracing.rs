//! Traces of frames: handed over to a collector, from ingest to delivery, in the trace of the caller where it has one.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use champollion_tests::{
    LUMINAIRE, Outside, Sensor, Server, Setup, champollion, digits, eventually, run,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span,
};
use prost::Message;
use serde_json::json;

/// The trace of a caller, and the span from which it asks.
const CALLER: (&str, &str) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");

/// Recipients on this machine, and the lines of single records in the log.
const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n\
    [delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n\
    [log]\nfilter = \"info,champollion_server=debug,champollion_delivery=debug\"\n";

type Spans = Arc<Mutex<Vec<Span>>>;

/// A collector that reads what it gets by OpenTelemetry's own types.
struct Collector {
    address: String,
    spans: Spans,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        listener.set_nonblocking(true).expect("it can be told");
        let address = format!("http://{}", listener.local_addr().expect("it has an address"));
        let spans = Spans::default();
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&spans));
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("there is a runtime").block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("it listens");
                axum::serve(listener, router).await.expect("it serves");
            });
        });
        Self { address, spans }
    }

    fn spans(&self) -> Vec<Span> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The spans of a trace, once all are there that a record has.
    fn trace(&self, trace: &str) -> Vec<Span> {
        eventually("a record is traced to its delivery", || {
            let mut own = self.spans();
            own.retain(|span| digits(&span.trace_id).eq_ignore_ascii_case(trace));
            own.iter().any(|span| span.name == "deliver").then_some(own)
        })
    }
}

async fn take(State(spans): State<Spans>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    let taken = scopes.flat_map(|scope| scope.spans);
    spans.lock().unwrap_or_else(PoisonError::into_inner).extend(taken);
    StatusCode::OK
}

/// A server with a luminaire, a recipient of its records, and a collector.
struct Traced {
    server: Server,
    sensor: Sensor,
    recipient: Outside,
    collector: Collector,
}

impl Traced {
    fn start() -> Self {
        let collector = Collector::start();
        let settings = format!("{SETTINGS}[telemetry]\notlp = {:?}\n", collector.address);
        let server = Setup::default().settings(&settings).start();
        server.publish_own(LUMINAIRE);
        let sensor = Sensor::new(1);
        server.register(&sensor, "lights", Some("nas/ul20xx"));
        let recipient = Outside::start(|_| (204, String::new()));
        let route = json!({ "to": { "http": { "url": recipient.url() } } });
        server.admin().put("/v1/routes/all?group=lights", &route).success();
        Self { server, sensor, recipient, collector }
    }

    /// Hands a frame over, and gives the header of the trace that its recipient got.
    fn delivered(&self, f_cnt: u32, headers: &[(&str, &str)]) -> String {
        let before = self.recipient.asked().len();
        let body = self.sensor.frame(f_cnt, 1, &[1, 2]).to_string();
        let headers = [&[("content-type", "application/json")][..], headers].concat();
        self.server.lns().post_with("/v1/ingest/phy", &headers, body.as_bytes()).success();
        let asked = self.recipient.wait_for(before + 1);
        let header = asked[before].headers.get("traceparent").expect("the trace goes on");
        header.to_str().expect("it is a text").to_owned()
    }
}

/// The span of a name.
fn named<'of>(spans: &'of [Span], name: &str) -> &'of Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name} is missing"))
}

#[test]
fn a_frame_is_traced_from_ingest_to_delivery() {
    let traced = Traced::start();
    let header = traced.delivered(1, &[]);
    let parts: Vec<&str> = header.split('-').collect();
    let spans = traced.collector.trace(parts[1]);
    let ingest = named(&spans, "ingest");
    assert!(ingest.parent_span_id.is_empty(), "{ingest:?}");
    for step in ["decode", "commit", "deliver"] {
        let span = named(&spans, step);
        assert_eq!(span.parent_span_id, ingest.span_id, "{step}");
        assert!(span.end_time_unix_nano >= span.start_time_unix_nano, "{step}");
        assert!(span.status.as_ref().is_none_or(|status| status.code != 2), "{step}");
    }
    let delivery = digits(&named(&spans, "deliver").span_id);
    assert!(delivery.eq_ignore_ascii_case(parts[2]), "the recipient goes on below the delivery");
    let log = eventually("the log tells of the delivery", || {
        Some(traced.server.log()).filter(|log| log.contains("delivered"))
    });
    let told = |word: &str| log.lines().any(|line| line.contains(word) && line.contains(parts[1]));
    assert!(told("kept") && told("delivered"), "one trace in both lines:\n{log}");
}

#[test]
fn the_trace_of_a_caller_goes_on_to_the_recipient() {
    let traced = Traced::start();
    let (trace, span) = CALLER;
    let header = traced.delivered(1, &[("traceparent", &format!("00-{trace}-{span}-01"))]);
    assert!(header.starts_with(&format!("00-{trace}-")), "{header}");
    let spans = traced.collector.trace(trace);
    let parent = digits(&named(&spans, "ingest").parent_span_id);
    assert!(parent.eq_ignore_ascii_case(span), "{parent}");
    // A header that is none is left alone, and the frame is taken.
    let header = traced.delivered(2, &[("traceparent", "00-nonsense")]);
    assert!(!header.contains(trace), "{header}");
}

#[test]
fn the_last_spans_leave_when_the_server_stops_and_none_without_a_collector() {
    let mut traced = Traced::start();
    let header = traced.delivered(1, &[]);
    assert!(traced.server.stop().success());
    let trace = header.split('-').nth(1).expect("a trace");
    assert!(!traced.collector.trace(trace).is_empty());

    traced.server.change_settings(SETTINGS);
    traced.server.restart();
    let before = traced.recipient.asked().len();
    traced.server.lns().ingest(&traced.sensor.frame(2, 1, &[1, 2])).success();
    let asked = traced.recipient.wait_for(before + 1);
    assert!(!asked[before].headers.contains_key("traceparent"), "nothing is traced");
    assert!(!traced.server.log().lines().last().unwrap_or_default().contains("trace="));
}

#[test]
fn an_address_that_is_none_of_a_collector_is_refused() {
    let folder = tempfile::TempDir::new().expect("there is room");
    let file = folder.path().join("champollion.toml");
    std::fs::write(&file, "[telemetry]\notlp = \"grpc://c.example\"\n").expect("there is room");
    let mut command = champollion();
    command.current_dir(folder.path()).args(["serve", "--listen", "127.0.0.1:0", "--config"]);
    let output = run(command.arg(&file));
    assert!(output.failure().contains("[telemetry]"), "{output:?}");
    assert!(output.failure().contains("http://host:4318"), "{output:?}");
}

#[test]
fn a_collector_that_is_away_costs_no_record() {
    let away = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = away.local_addr().expect("it has an address");
    drop(away);
    let settings = format!("{SETTINGS}[telemetry]\notlp = \"http://{address}\"\n");
    let server = Setup::default().settings(&settings).start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "lights", None);
    server.lns().ingest(&sensor.frame(1, 1, &[1, 2])).success();
    assert_eq!(server.partner("lights").pull_all().len(), 1);
    eventually("the log tells of the collector", || {
        server.log().contains("the collector takes no spans").then_some(())
    });
}
