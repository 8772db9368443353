//! Events as protobuf, turned into the JSON that ChirpStack writes of the same, so that both are read by
//! the same rules and an error names the same field.
//!
//! Declared are the fields that are read; the others are skipped. The numbers are those of
//! `integration.proto`, `gw.proto` and `common.proto` of ChirpStack 4. Each field of an event is read by
//! itself: one that cannot be read is left out and noted, unless it is essential.

use std::collections::HashMap;

use data_encoding::BASE64;
use jiff::Timestamp;
use prost::{
    DecodeError, Message,
    encoding::{DecodeContext, decode_key, skip_field},
};
use serde_json::{Map, Value as Json, json};

use crate::{Fault, Unreadable, unread::Unread};

/// The fields of an event, by their numbers, and their names in JSON.
const FIELDS: [(u32, &str); 13] = [
    (2, "time"),
    (3, "deviceInfo"),
    (4, "devAddr"),
    (5, "adr"),
    (6, "dr"),
    (7, "fCnt"),
    (8, "fPort"),
    (9, "confirmed"),
    (10, "data"),
    (12, "rxInfo"),
    (13, "txInfo"),
    (15, "joinServerContext"),
    (16, "regionConfigId"),
];

/// The same of a join.
const JOIN_FIELDS: [(u32, &str); 3] = [(3, "deviceInfo"), (4, "devAddr"), (6, "joinServerContext")];

/// The same of the statistics of a gateway.
const STATS_FIELDS: [(u32, &str); 2] = [(2, "time"), (17, "gatewayId")];

/// The fields without which there is no record.
const ESSENTIALS: [&str; 4] = ["deviceInfo", "fCnt", "fPort", "data"];

/// An uplink or a join: the fields that both have, and those of an uplink.
#[derive(Clone, PartialEq, Message)]
pub(super) struct UplinkEvent {
    #[prost(message, optional, tag = "2")]
    pub(super) time: Option<Time>,
    #[prost(message, optional, tag = "3")]
    pub(super) device_info: Option<DeviceInfo>,
    #[prost(string, tag = "4")]
    pub(super) dev_addr: String,
    #[prost(bool, tag = "5")]
    pub(super) adr: bool,
    #[prost(uint32, tag = "6")]
    pub(super) dr: u32,
    #[prost(uint32, tag = "7")]
    pub(super) f_cnt: u32,
    #[prost(uint32, tag = "8")]
    pub(super) f_port: u32,
    #[prost(bool, tag = "9")]
    pub(super) confirmed: bool,
    #[prost(bytes = "vec", tag = "10")]
    pub(super) data: Vec<u8>,
    #[prost(message, repeated, tag = "12")]
    pub(super) rx_info: Vec<UplinkRxInfo>,
    #[prost(message, optional, tag = "13")]
    pub(super) tx_info: Option<UplinkTxInfo>,
    #[prost(message, optional, tag = "15")]
    pub(super) join_server_context: Option<JoinServerContext>,
    #[prost(string, tag = "16")]
    pub(super) region_config_id: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct JoinEvent {
    #[prost(message, optional, tag = "3")]
    pub(super) device_info: Option<DeviceInfo>,
    #[prost(string, tag = "4")]
    pub(super) dev_addr: String,
    #[prost(message, optional, tag = "6")]
    pub(super) join_server_context: Option<JoinServerContext>,
}

/// The statistics of a gateway.
#[derive(Clone, PartialEq, Message)]
pub(super) struct GatewayStats {
    #[prost(message, optional, tag = "2")]
    pub(super) time: Option<Time>,
    #[prost(string, tag = "17")]
    pub(super) gateway_id: String,
}

/// The message `google.protobuf.Timestamp` of the well-known types.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Time {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DeviceInfo {
    #[prost(string, tag = "3")]
    pub(super) application_id: String,
    #[prost(string, tag = "8")]
    pub(super) dev_eui: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct UplinkRxInfo {
    #[prost(string, tag = "1")]
    pub(super) gateway_id: String,
    #[prost(int32, tag = "6")]
    pub(super) rssi: i32,
    #[prost(float, tag = "7")]
    pub(super) snr: f32,
    #[prost(map = "string, string", tag = "15")]
    pub(super) metadata: HashMap<String, String>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct UplinkTxInfo {
    #[prost(uint32, tag = "1")]
    pub(super) frequency: u32,
    #[prost(message, optional, tag = "2")]
    pub(super) modulation: Option<Modulation>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Modulation {
    #[prost(message, optional, tag = "3")]
    pub(super) lora: Option<LoraModulationInfo>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct LoraModulationInfo {
    #[prost(uint32, tag = "1")]
    pub(super) bandwidth: u32,
    #[prost(uint32, tag = "2")]
    pub(super) spreading_factor: u32,
    #[prost(enumeration = "CodeRate", tag = "5")]
    pub(super) code_rate: i32,
}

/// Named as ChirpStack's JSON writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum CodeRate {
    Undefined = 0,
    Cr45 = 1,
    Cr46 = 2,
    Cr47 = 3,
    Cr48 = 4,
    Cr38 = 5,
    Cr26 = 6,
    Cr14 = 7,
    Cr16 = 8,
    Cr56 = 9,
    CrLi45 = 10,
    CrLi46 = 11,
    CrLi48 = 12,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct JoinServerContext {
    #[prost(message, optional, tag = "2")]
    pub(super) app_s_key: Option<KeyEnvelope>,
}

// `Debug` is derived by prost: nobody prints one of these, since it would show the key.
#[derive(Clone, PartialEq, Message)]
pub(super) struct KeyEnvelope {
    #[prost(string, tag = "1")]
    pub(super) kek_label: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) aes_key: Vec<u8>,
}

/// An uplink as JSON.
pub(super) fn uplink(body: &[u8], unread: &Unread) -> Result<Json, Unreadable> {
    let event: UplinkEvent = decode(body, &FIELDS, unread)?;
    let mut json = object([
        ("devAddr", text(event.dev_addr)),
        ("adr", json!(event.adr)),
        ("dr", json!(event.dr)),
        ("fCnt", json!(event.f_cnt)),
        ("fPort", json!(event.f_port)),
        ("confirmed", json!(event.confirmed)),
        ("data", json!(BASE64.encode(&event.data))),
        ("rxInfo", event.rx_info.into_iter().map(reception).collect()),
        ("deviceInfo", device(event.device_info)),
        ("joinServerContext", context(event.join_server_context)),
        ("regionConfigId", text(event.region_config_id)),
    ]);
    insert_time(&mut json, event.time, unread);
    if let Some(sent) = event.tx_info {
        let lora = sent.modulation.and_then(|modulation| modulation.lora).map(|lora| {
            json!({
                "bandwidth": number(lora.bandwidth),
                "spreadingFactor": number(lora.spreading_factor),
                "codeRate": code_rate(lora.code_rate()),
            })
        });
        let told = json!({ "frequency": number(sent.frequency), "modulation": { "lora": lora } });
        json.insert("txInfo".to_owned(), told);
    }
    Ok(Json::Object(json))
}

/// Adds the moment of an event, where it tells one.
fn insert_time(json: &mut Map<String, Json>, time: Option<Time>, unread: &Unread) {
    let Some(time) = time else { return };
    let beyond = || Unreadable::new("time", Fault::Invalid("it is beyond the calendar".into()));
    let moment = Timestamp::new(time.seconds, time.nanos).map_err(|_| beyond());
    let moment = unread.forgive(moment).map(|moment| moment.to_string());
    json.insert("time".to_owned(), json!(moment));
}

/// A join as JSON.
pub(super) fn join(body: &[u8], unread: &Unread) -> Result<Json, Unreadable> {
    let event: JoinEvent = decode(body, &JOIN_FIELDS, unread)?;
    Ok(Json::Object(object([
        ("devAddr", text(event.dev_addr)),
        ("deviceInfo", device(event.device_info)),
        ("joinServerContext", context(event.join_server_context)),
    ])))
}

/// The statistics of a gateway as JSON.
pub(super) fn stats(body: &[u8], unread: &Unread) -> Result<Json, Unreadable> {
    let event: GatewayStats = decode(body, &STATS_FIELDS, unread)?;
    let mut json = object([("gatewayId", text(event.gateway_id))]);
    insert_time(&mut json, event.time, unread);
    Ok(Json::Object(json))
}

/// Reads an event field by field.
fn decode<T: Message + Default>(
    body: &[u8],
    names: &[(u32, &str)],
    unread: &Unread,
) -> Result<T, Unreadable> {
    let mut event = T::default();
    let mut rest = body;
    while !rest.is_empty() {
        let (number, field) = first_field(&mut rest).map_err(|error| not_protobuf("", &error))?;
        let Err(error) = event.merge(field) else { continue };
        let known = names.iter().find(|(known, _)| *known == number);
        let name = known.map_or("", |(_, name)| name);
        let error = not_protobuf(name, &error);
        if ESSENTIALS.contains(&name) {
            return Err(error);
        }
        unread.note(error);
    }
    Ok(event)
}

/// Cuts the first field off: its number, and its bytes with the number before them.
fn first_field<'body>(rest: &mut &'body [u8]) -> Result<(u32, &'body [u8]), DecodeError> {
    let before = *rest;
    let (number, wire_type) = decode_key(rest)?;
    skip_field(wire_type, number, rest, DecodeContext::default())?;
    Ok((number, &before[..before.len() - rest.len()]))
}

fn not_protobuf(path: &str, error: &DecodeError) -> Unreadable {
    Unreadable::new(path, Fault::NotProtobuf(error.to_string()))
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Map<String, Json> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// In protobuf an empty text is one that is missing.
fn text(text: String) -> Json {
    if text.is_empty() { Json::Null } else { Json::String(text) }
}

/// A number that is never 0, which stands for one that is missing.
fn number(number: u32) -> Option<u32> {
    (number != 0).then_some(number)
}

fn device(device: Option<DeviceInfo>) -> Json {
    device.map_or(Json::Null, |device| {
        json!({
            "applicationId": text(device.application_id),
            "devEui": text(device.dev_eui),
        })
    })
}

/// In protobuf a level of 0 dB is one that is missing.
fn reception(heard: UplinkRxInfo) -> Json {
    let snr = (heard.snr != 0.0).then(|| level(heard.snr));
    json!({
        "gatewayId": text(heard.gateway_id),
        "rssi": heard.rssi,
        "snr": snr,
        "metadata": heard.metadata,
    })
}

/// A level, of which JSON has no number where it is infinite or none at all.
fn level(level: f32) -> Json {
    if level.is_finite() { json!(level) } else { json!(level.to_string()) }
}

fn context(context: Option<JoinServerContext>) -> Json {
    context.map_or(Json::Null, |context| {
        let envelope = context
            .app_s_key
            .map(|key| json!({ "kekLabel": key.kek_label, "aesKey": BASE64.encode(&key.aes_key) }));
        json!({ "appSKey": envelope })
    })
}

fn code_rate(rate: CodeRate) -> Option<&'static str> {
    Some(match rate {
        CodeRate::Undefined => return None,
        CodeRate::Cr45 => "CR_4_5",
        CodeRate::Cr46 => "CR_4_6",
        CodeRate::Cr47 => "CR_4_7",
        CodeRate::Cr48 => "CR_4_8",
        CodeRate::Cr38 => "CR_3_8",
        CodeRate::Cr26 => "CR_2_6",
        CodeRate::Cr14 => "CR_1_4",
        CodeRate::Cr16 => "CR_1_6",
        CodeRate::Cr56 => "CR_5_6",
        CodeRate::CrLi45 => "CR_LI_4_5",
        CodeRate::CrLi46 => "CR_LI_4_6",
        CodeRate::CrLi48 => "CR_LI_4_8",
    })
}
