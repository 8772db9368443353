//! Events about commands as protobuf, turned into the JSON that ChirpStack writes of the same. They are of
//! three kinds: a transmission (`txack`), an acknowledgement or its absence (`ack`), and a log entry.
//!
//! Declared are the fields that are read. The numbers are those of `integration.proto` of ChirpStack 4.

use std::collections::HashMap;

use prost::Message;
use serde_json::{Value as Json, json};

/// The event of a transmission.
#[derive(Clone, PartialEq, Message)]
pub(super) struct TxAckEvent {
    #[prost(string, tag = "4")]
    pub(super) queue_item_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AckEvent {
    #[prost(string, tag = "4")]
    pub(super) queue_item_id: String,
    #[prost(bool, tag = "5")]
    pub(super) acknowledged: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LogEvent {
    #[prost(enumeration = "LogLevel", tag = "3")]
    pub(super) level: i32,
    #[prost(enumeration = "LogCode", tag = "4")]
    pub(super) code: i32,
    #[prost(string, tag = "5")]
    pub(super) description: String,
    #[prost(map = "string, string", tag = "6")]
    pub(super) context: HashMap<String, String>,
}

/// Named as ChirpStack's JSON writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum LogLevel {
    Info = 0,
    Warning = 1,
    Error = 2,
}

/// The codes of log entries. One of a later release is `Unknown`, and its description says what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum LogCode {
    Unknown = 0,
    DownlinkPayloadSize = 1,
    UplinkCodec = 2,
    DownlinkCodec = 3,
    Otaa = 4,
    UplinkFCntReset = 5,
    UplinkMic = 6,
    UplinkFCntRetransmission = 7,
    DownlinkGateway = 8,
    RelayNewEndDevice = 9,
    FCntDown = 10,
    Expired = 11,
}

/// An event about a command as JSON; nothing where the event is of another kind, or cannot be read.
pub(super) fn state(event: &str, body: &[u8]) -> Option<Json> {
    Some(match event {
        "txack" => json!({ "queueItemId": TxAckEvent::decode(body).ok()?.queue_item_id }),
        "ack" => {
            let AckEvent { queue_item_id, acknowledged } = AckEvent::decode(body).ok()?;
            json!({ "queueItemId": queue_item_id, "acknowledged": acknowledged })
        }
        "log" => {
            let event = LogEvent::decode(body).ok()?;
            json!({
                "level": level(event.level()),
                "code": code(event.code()),
                "description": event.description,
                "context": event.context,
            })
        }
        _ => return None,
    })
}

fn level(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Info => "INFO",
        LogLevel::Warning => "WARNING",
        LogLevel::Error => "ERROR",
    }
}

fn code(code: LogCode) -> &'static str {
    match code {
        LogCode::Unknown => "UNKNOWN",
        LogCode::DownlinkPayloadSize => "DOWNLINK_PAYLOAD_SIZE",
        LogCode::UplinkCodec => "UPLINK_CODEC",
        LogCode::DownlinkCodec => "DOWNLINK_CODEC",
        LogCode::Otaa => "OTAA",
        LogCode::UplinkFCntReset => "UPLINK_F_CNT_RESET",
        LogCode::UplinkMic => "UPLINK_MIC",
        LogCode::UplinkFCntRetransmission => "UPLINK_F_CNT_RETRANSMISSION",
        LogCode::DownlinkGateway => "DOWNLINK_GATEWAY",
        LogCode::RelayNewEndDevice => "RELAY_NEW_END_DEVICE",
        LogCode::FCntDown => "F_CNT_DOWN",
        LogCode::Expired => "EXPIRED",
    }
}
