//! Tests that all adapters share: the same uplink in the words of each, taken apart and damaged. The bodies
//! lie in `tests/network-servers`, for the end-to-end tests too.

mod damaged;
mod good;
mod outside;

use champollion_frames::{RadioMetadata, ReportedUplink};
use serde_json::Value as Json;

use crate::{Content, Frame, Heard, Incoming, Kind, Message, Unreadable};

/// The body of an uplink, which is the same uplink for all network servers.
pub struct Sample {
    /// The body of the uplink.
    pub(crate) body: &'static str,
    /// The pointers to the fields without which there is no record.
    pub(crate) needed: &'static [&'static str],
    /// The pointers to the essentials, and to what says how to read them.
    pub(crate) essentials: &'static [&'static str],
    /// Changes what most network servers tell of the uplink into what this one tells.
    pub(crate) differs: fn(&mut ReportedUplink, &mut RadioMetadata),
}

/// The network servers that report, each with its sample.
fn samples() -> Vec<(Kind, Sample)> {
    Kind::all().filter_map(|kind| Some((kind, kind.sample()?))).collect()
}

/// When the uplink was received: 2026-02-03T04:05:06.789Z.
const RECEIVED_AT_MS: u64 = 1_770_091_506_789;

/// The uplink that all of them tell.
pub(crate) fn uplink() -> ReportedUplink {
    ReportedUplink {
        dev_eui: "02C4A3FFFE100001".parse().unwrap(),
        dev_addr: Some("02001001".parse().unwrap()),
        f_cnt: 70_001,
        f_port: Some(5),
        payload: vec![0x01, 0x00, 0xE2, 0x02, 0x29],
        is_encrypted: false,
        confirmed: true,
        adr: true,
        mic: None,
        received_at_ms: Some(RECEIVED_AT_MS),
    }
}

/// The body of the sample of a network server.
pub(crate) fn body(kind: Kind) -> Json {
    let sample = kind.sample().expect("it has a sample");
    serde_json::from_str(sample.body).expect("the body is JSON")
}

/// The same with a member of what a pointer points to.
pub(crate) fn with(kind: Kind, pointer: &str, name: &str, value: Json) -> Json {
    let mut body = body(kind);
    body.pointer_mut(pointer).expect("it is there")[name] = value;
    body
}

/// Reads all of a message as it comes over HTTP.
pub(crate) fn hear(kind: Kind, body: &Json) -> Result<Heard, Unreadable> {
    hear_bytes(kind, body.to_string().as_bytes())
}

fn hear_bytes(kind: Kind, body: &[u8]) -> Result<Heard, Unreadable> {
    let content_type = Some("application/json");
    kind.read(&Incoming { event: "up", content_type, description: None, body })
}

/// Reads all messages of a body as it comes over HTTP.
pub(crate) fn hear_all(kind: Kind, body: &str) -> Vec<Result<Heard, Unreadable>> {
    let body = body.as_bytes();
    kind.read_all(&Incoming { event: "", content_type: None, description: None, body })
}

fn read(kind: Kind, body: &[u8]) -> Result<Message, Unreadable> {
    hear_bytes(kind, body).map(|heard| heard.message)
}

pub(crate) fn read_json(kind: Kind, body: &Json) -> Result<Message, Unreadable> {
    read(kind, body.to_string().as_bytes())
}

/// Returns the kind of a message that hands nothing over.
#[track_caller]
pub(crate) fn nothing(kind: Kind, body: &Json) -> String {
    match read_json(kind, body) {
        Ok(Message::Nothing { what }) => what,
        other => panic!("{kind} hands something over: {other:?}"),
    }
}

/// The frame of a message that must hand one over.
#[track_caller]
pub(crate) fn frame(message: Result<Message, Unreadable>) -> Frame {
    match message {
        Ok(Message::Frame(frame)) => *frame,
        other => panic!("it is no frame: {other:?}"),
    }
}

/// Returns the uplink that a message reports.
#[track_caller]
pub(crate) fn reported(message: Result<Message, Unreadable>) -> ReportedUplink {
    match frame(message).content {
        Content::Reported { uplink, .. } => uplink,
        other @ Content::Phy { .. } => panic!("it is a whole frame: {other:?}"),
    }
}
