//! What all adapters have in common: the same uplink in the words of each, taken apart and damaged. The
//! bodies lie in `tests/network-servers`, for the end-to-end tests too.

mod damaged;
mod good;
mod particular;

use serde_json::Value as Json;

use super::{
    Content, Frame, Kind, Message, Unreadable, actility, aws, chirpstack, kerlink, loriot, phy,
    ts002, tts,
};

/// The network servers that report, each with the body of an uplink. The uplink is the same in all.
const BODIES: [(Kind, &str); 7] = [
    (Kind::Chirpstack, include_str!("../../../../tests/network-servers/chirpstack.json")),
    (Kind::Tts, include_str!("../../../../tests/network-servers/tts.json")),
    (Kind::Actility, include_str!("../../../../tests/network-servers/actility.json")),
    (Kind::Ts002, include_str!("../../../../tests/network-servers/ts002.json")),
    (Kind::Kerlink, include_str!("../../../../tests/network-servers/kerlink.json")),
    (Kind::Loriot, include_str!("../../../../tests/network-servers/loriot.json")),
    (Kind::Aws, include_str!("../../../../tests/network-servers/aws.json")),
];

fn body(kind: Kind) -> Json {
    let (_, text) = BODIES.iter().find(|(of, _)| *of == kind).expect("it has a body");
    serde_json::from_str(text).expect("the body is JSON")
}

/// Reads a message as the handlers do.
fn read(kind: Kind, body: &[u8]) -> Result<Message, Unreadable> {
    match kind {
        Kind::Chirpstack => {
            chirpstack::uplink::read("up", chirpstack::uplink::Encoding::Json, body)
        }
        Kind::Tts => tts::uplink::read(body),
        Kind::Actility => actility::uplink::read(body),
        Kind::Ts002 => ts002::uplink::read(body),
        Kind::Kerlink => kerlink::uplink::read(body),
        Kind::Loriot => loriot::read(body),
        Kind::Aws => aws::read(body),
        Kind::Phy => phy::PhyFrame::refuse_others(body).map(|()| Message::nothing("")),
    }
}

fn read_json(kind: Kind, body: &Json) -> Result<Message, Unreadable> {
    read(kind, body.to_string().as_bytes())
}

/// The frame of a message that must hand one over.
#[track_caller]
fn frame(message: Result<Message, Unreadable>) -> Frame {
    match message {
        Ok(Message::Frame(frame)) => *frame,
        other => panic!("it is no frame: {other:?}"),
    }
}

/// What a message tells of an uplink.
#[track_caller]
fn reported(message: Result<Message, Unreadable>) -> champollion_frames::ReportedUplink {
    match frame(message).content {
        Content::Reported { uplink, .. } => uplink,
        other @ Content::Phy { .. } => panic!("it is a whole frame: {other:?}"),
    }
}
