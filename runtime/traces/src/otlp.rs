//! The messages of OpenTelemetry's protocol that spans leave in, declared as far as they are written
//! (opentelemetry/proto/collector/trace/v1). A test reads them by OpenTelemetry's own types.

use jiff::Timestamp;
use prost::Message;

use crate::span::Span;

/// The name of the service, and of the library that made the spans.
const SERVICE: &str = "champollion";

/// The code of a span that failed.
const FAILED: i32 = 2;

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    spans: Vec<WrittenSpan>,
}

#[derive(Clone, PartialEq, Message)]
struct Scope {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    version: String,
}

#[derive(Clone, PartialEq, Message)]
struct WrittenSpan {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(fixed64, tag = "7")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(string, tag = "2")]
    message: String,
    #[prost(int32, tag = "3")]
    code: i32,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, optional, tag = "1")]
    string_value: Option<String>,
}

/// Writes a request with these spans.
pub(crate) fn request(spans: &[Span]) -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let attributes =
        vec![key_value("service.name", SERVICE), key_value("service.version", &version)];
    let scope = Scope { name: SERVICE.to_owned(), version };
    let spans = spans.iter().map(written).collect();
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans }];
    let resource_spans = ResourceSpans { resource: Some(Resource { attributes }), scope_spans };
    Request { resource_spans: vec![resource_spans] }.encode_to_vec()
}

fn written(span: &Span) -> WrittenSpan {
    let error = span.error.as_ref();
    let status = error.map(|message| Status { message: message.clone(), code: FAILED });
    WrittenSpan {
        trace_id: span.context.trace.to_vec(),
        span_id: span.context.span.to_vec(),
        parent_span_id: span.parent.map(|parent| parent.to_vec()).unwrap_or_default(),
        name: span.name.to_owned(),
        kind: span.role as i32,
        start_time_unix_nano: nanoseconds(span.began),
        end_time_unix_nano: nanoseconds(span.ended),
        attributes: span.attributes.iter().map(|(key, value)| key_value(key, value)).collect(),
        status,
    }
}

fn key_value(key: &str, value: &str) -> KeyValue {
    let value = Value { string_value: Some(value.to_owned()) };
    KeyValue { key: key.to_owned(), value: Some(value) }
}

/// Nanoseconds since 1970; 0 for what was before.
fn nanoseconds(moment: Timestamp) -> u64 {
    moment.as_nanosecond().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::{
        collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value,
    };

    use super::*;
    use crate::Traces;

    #[tokio::test]
    async fn spans_are_read_by_the_types_of_opentelemetry() {
        let (traces, mut batches) = Traces::new(100);
        let began = Timestamp::from_second(1_000_000_000).unwrap();
        let work = traces.ingest("record", None, began);
        let context = work.context();
        work.step("decode", began);
        work.end(vec![("record", "record".to_owned())], Some("the disk is full".to_owned()));
        let batch = batches.next().await.unwrap();
        assert_eq!(batch.spans, 2);

        let request = ExportTraceServiceRequest::decode(&batch.body[..]).unwrap();
        let resource = &request.resource_spans[0];
        let named = &resource.resource.as_ref().unwrap().attributes[0];
        assert_eq!(named.key, "service.name");
        let [decode, ingest] = &resource.scope_spans[0].spans[..] else { panic!("two spans") };
        assert_eq!((&*decode.name, &*ingest.name), ("decode", "ingest"));
        assert_eq!(ingest.trace_id, context.trace);
        assert_eq!(decode.parent_span_id, ingest.span_id);
        assert_eq!((decode.kind, ingest.kind), (1, 2));
        assert_eq!(ingest.start_time_unix_nano, 1_000_000_000_000_000_000);
        assert!(ingest.end_time_unix_nano > ingest.start_time_unix_nano);
        let status = ingest.status.as_ref().unwrap();
        assert_eq!((status.code, &*status.message), (2, "the disk is full"));
        let value = ingest.attributes[0].value.as_ref().and_then(|value| value.value.clone());
        assert_eq!(value, Some(Value::StringValue("record".to_owned())));
        assert!(batches.rest().is_empty());
    }
}
