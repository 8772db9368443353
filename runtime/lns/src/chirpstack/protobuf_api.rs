//! Messages to ChirpStack as protobuf: commands through its broker, and the calls of its gRPC interface
//! that concern the queue of a device.
//!
//! Declared are the fields that are written or read. The numbers are those of `integration.proto` and
//! `api/device.proto` of ChirpStack 4. The queue is turned into the JSON that ChirpStack's REST interface
//! writes of it, so that both are read by the same rules.

use data_encoding::BASE64;
use jiff::Timestamp;
use prost::Message;
use serde_json::{Value as Json, json};

use super::protobuf::Time;
use crate::outgoing::OutgoingCommand;

/// A command through the broker.
#[derive(Clone, PartialEq, Message)]
pub(super) struct DownlinkCommand {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(string, tag = "2")]
    pub(super) dev_eui: String,
    #[prost(bool, tag = "3")]
    pub(super) confirmed: bool,
    #[prost(uint32, tag = "4")]
    pub(super) f_port: u32,
    #[prost(bytes = "vec", tag = "5")]
    pub(super) data: Vec<u8>,
    #[prost(message, optional, tag = "7")]
    pub(super) expires_at: Option<Time>,
}

/// A command in the queue of a device.
#[derive(Clone, PartialEq, Message)]
pub(super) struct DeviceQueueItem {
    #[prost(string, tag = "1")]
    pub(super) id: String,
    #[prost(string, tag = "2")]
    pub(super) dev_eui: String,
    #[prost(bool, tag = "3")]
    pub(super) confirmed: bool,
    #[prost(uint32, tag = "4")]
    pub(super) f_port: u32,
    #[prost(bytes = "vec", tag = "5")]
    pub(super) data: Vec<u8>,
    #[prost(bool, tag = "7")]
    pub(super) is_pending: bool,
    #[prost(message, optional, tag = "10")]
    pub(super) expires_at: Option<Time>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct EnqueueRequest {
    #[prost(message, optional, tag = "1")]
    pub(super) queue_item: Option<DeviceQueueItem>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct EnqueueResponse {
    #[prost(string, tag = "1")]
    pub(super) id: String,
}

/// The request of `GetQueue` and of `FlushQueue`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct QueueRequest {
    #[prost(string, tag = "1")]
    pub(super) dev_eui: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct QueueResponse {
    #[prost(message, repeated, tag = "2")]
    pub(super) result: Vec<DeviceQueueItem>,
}

/// A command for the command topic.
pub(super) fn command(order: &OutgoingCommand<'_>, dev_eui: String) -> Vec<u8> {
    let command = DownlinkCommand {
        id: order.id.to_string(),
        dev_eui,
        confirmed: order.confirmed,
        f_port: order.f_port.into(),
        data: order.payload.to_vec(),
        expires_at: Some(time(order.expires_at)),
    };
    command.encode_to_vec()
}

/// The request of `Enqueue`.
pub(super) fn enqueue(order: &OutgoingCommand<'_>, dev_eui: String) -> Vec<u8> {
    let item = DeviceQueueItem {
        id: String::new(),
        dev_eui,
        confirmed: order.confirmed,
        f_port: order.f_port.into(),
        data: order.payload.to_vec(),
        is_pending: false,
        expires_at: Some(time(order.expires_at)),
    };
    EnqueueRequest { queue_item: Some(item) }.encode_to_vec()
}

/// The answer of `Enqueue` as JSON.
pub(super) fn enqueued(body: &[u8]) -> Json {
    EnqueueResponse::decode(body).map_or(Json::Null, |answer| json!({ "id": answer.id }))
}

/// The answer of `GetQueue` as JSON.
pub(super) fn queue(body: &[u8]) -> Json {
    let Ok(answer) = QueueResponse::decode(body) else { return Json::Null };
    let items = answer.result.into_iter().map(|item| {
        let expires_at = item
            .expires_at
            .and_then(|time| Timestamp::new(time.seconds, time.nanos).ok())
            .map(|moment| moment.to_string());
        json!({
            "id": item.id,
            "devEui": item.dev_eui,
            "confirmed": item.confirmed,
            "fPort": item.f_port,
            "data": BASE64.encode(&item.data),
            "isPending": item.is_pending,
            "expiresAt": expires_at,
        })
    });
    json!({ "result": items.collect::<Vec<Json>>() })
}

fn time(moment: Timestamp) -> Time {
    Time { seconds: moment.as_second(), nanos: moment.subsec_nanosecond() }
}
