//! The descriptions of the endpoints for network servers.

use std::collections::BTreeMap;

use champollion_lns::Kind;
use serde_json::json;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        Content, ObjectBuilder, OneOfBuilder, Ref, RefOr, Required, ResponseBuilder,
        ResponsesBuilder, Type,
        extensions::ExtensionsBuilder,
        path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        response::Response,
        schema::{ArrayBuilder, Schema, SchemaType},
    },
};

use crate::{
    api::{
        authorized::Ingest,
        duties::{Needs, require},
        reference::FOREIGN,
    },
    ingest::Receipt,
};

/// The problems of frames that are handed over, by their status codes.
const PROBLEMS: [(u16, &str); 8] = [
    (
        400,
        "malformed-frame, malformed-json, malformed-protobuf, malformed-xml, other-format, invalid-body, \
         invalid-query",
    ),
    (404, "unknown-dev-addr, unknown-dev-eui, unknown-device"),
    (403, "other-network-server"),
    (409, "duplicate, replayed-f-cnt, replayed-dev-nonce, replayed-join-nonce, ambiguous-device"),
    (
        422,
        "mic-mismatch, ambiguous-mic, keys-withheld, other-device, other-f-cnt, unknown-app-s-key, \
         other-join-eui, nobody-asked, rejoin-request, impossible-session, mic-unconfirmed",
    ),
    (429, "busy"),
    (503, "in-flight, not-kept"),
    (507, "storage-full"),
];

/// The answers to a frame that is not taken.
pub(super) struct FrameProblems;

impl IntoResponses for FrameProblems {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        PROBLEMS
            .into_iter()
            .map(|(status, codes)| {
                (status.to_string(), ResponseBuilder::new().description(codes).build().into())
            })
            .collect()
    }
}

/// Describes a path under which a network server hands over in its own format.
pub(super) fn operation(kind: Kind, path: &str) -> Operation {
    let product = kind.product();
    let words: String =
        path.trim_start_matches("/v1/").split(['/', '-']).map(capitalized).collect();
    let has_lists = kind.hands_over_lists();
    let free = ObjectBuilder::new().schema_type(if has_lists {
        SchemaType::from_iter([Type::Object, Type::Array])
    } else {
        Type::Object.into()
    });
    let messages = if has_lists { "A message, or a list of messages," } else { "A message" };
    let body = RequestBodyBuilder::new()
        .description(Some(format!(
            "{messages} as {product} sends it; members that are not needed pass. See \
             docs/network-servers.md."
        )))
        .content("application/json", Content::new(Some(free.build())))
        .required(Some(Required::True))
        .build();
    let one = Ref::from_schema_name(Receipt::name());
    let receipt = ResponseBuilder::new()
        .description("The message is durable, or of a kind that hands nothing over.");
    let receipt = if has_lists {
        // Of several messages as many receipts, in their order.
        let either = OneOfBuilder::new().item(one.clone()).item(ArrayBuilder::new().items(one));
        receipt.content("application/json", Content::new(Some(Schema::OneOf(either.build()))))
    } else {
        receipt.content("application/json", Content::new(Some(one)))
    };
    let answer = if kind.http_answer(b"{}", None).is_some() {
        let free = ObjectBuilder::new().schema_type(Type::Object).build();
        ResponseBuilder::new()
            .description("The answer in the words of the protocol, with `receipt` beside.")
            .content("application/json", Content::new(Some(free)))
    } else {
        receipt
    };
    let responses = ResponsesBuilder::new()
        .response("200", answer.build())
        .responses_from_into_responses::<FrameProblems>()
        .build();
    let mut operation = OperationBuilder::new()
        .operation_id(Some(words))
        .tag("frames")
        .summary(Some(format!("Hand over a message of {product}")))
        .request_body(Some(body))
        .responses(responses)
        .extensions(Some(ExtensionsBuilder::new().add(FOREIGN, json!(true)).build()));
    if kind.says_events_in_the_query() {
        let event = ParameterBuilder::new()
            .name("event")
            .parameter_in(ParameterIn::Query)
            .required(Required::True)
            .description(Some("The event, which the network server appends."))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String).build()))
            .build();
        operation = operation.parameter(event);
    }
    let mut operation = operation.build();
    require(&mut operation, Needs::of::<Ingest>());
    operation
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
