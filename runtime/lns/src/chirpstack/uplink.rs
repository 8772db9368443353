//! Reads the events of ChirpStack 4. The event's name is not in the body: it stands in the query
//! (`?event=up`) or in the MQTT topic (`…/event/up`).
//!
//! The JSON is that of protobuf, so what is zero, false or empty is left out.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};

use serde_json::Value as Json;

use super::{Chirpstack, downlink, protobuf};
use crate::{
    Content, Encoding, Frame, GatewayStatus, HandedKey, Heard, Incoming, Joined, Kind, Message,
    Place, Unreadable,
    decoration::Decoration,
    essentials::{self, LeftOut},
    json::{self, FRM_PAYLOAD_BYTES, Field},
    message::{GATEWAYS, milliseconds},
    radio,
    unread::Unread,
};

/// Longest wrapped key in bytes, with room to say what is wrong with a longer one.
const KEY_BYTES: usize = 64;

/// Turns protobuf into JSON.
type Turn = fn(&[u8], &Unread) -> Result<Json, Unreadable>;

/// Reads the JSON of one kind of event.
type Read = fn(&Field<'_>, &Unread) -> Result<Message, Unreadable>;

/// Reads an event of ChirpStack.
pub(super) fn read(incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
    let encoding = encoding(incoming);
    let (turn, read): (Turn, Read) = match incoming.event {
        "up" => (protobuf::uplink, up),
        "join" => (protobuf::join, join),
        "stats" => (protobuf::stats, stats),
        // Such as status, ack, txack, log, location, integration, and what later releases add.
        other => {
            let told = || downlink::told(other, encoding, incoming.body);
            let heard = Heard::from(Message::nothing(other)).with_encoding(encoding);
            return Ok(heard.with_feedback(told));
        }
    };
    let unread = Unread::default();
    let json = match encoding {
        Encoding::Json => json::parse_forgivingly(Kind::of(&Chirpstack), incoming.body, &unread)?,
        Encoding::Protobuf => turn(incoming.body, &unread)?,
    };
    let heard = Heard::from(read(&Field::root(&json)?, &unread)?).with_unread(unread);
    Ok(heard.with_encoding(encoding).with_place(|| {
        let application = json["deviceInfo"]["applicationId"].as_str().map(str::to_owned);
        Place { application, ..Place::default() }
    }))
}

/// Reads the statistics that a gateway sends each half minute.
fn stats(root: &Field<'_>, unread: &Unread) -> Result<Message, Unreadable> {
    let gateway_id = root.need("gatewayId", Field::name)?.to_owned();
    let at = Decoration::of(root, unread).get("time", Field::time);
    Ok(Message::Gateway(GatewayStatus { gateway_id, at }))
}

/// Returns the encoding of a body: as the headers declare it, or else as it looks.
fn encoding(incoming: &Incoming<'_>) -> Encoding {
    let declared = incoming.content_type.unwrap_or_default().to_ascii_lowercase();
    if declared.contains("json") {
        Encoding::Json
    } else if declared.contains("octet-stream") || declared.contains("protobuf") {
        Encoding::Protobuf
    } else {
        looks_like(incoming.body)
    }
}

/// Guesses the encoding of a body: no event of protobuf begins with a brace, which would be a field of a
/// number that none has.
fn looks_like(body: &[u8]) -> Encoding {
    match body.trim_ascii_start().first() {
        Some(b'{') | None => Encoding::Json,
        Some(_) => Encoding::Protobuf,
    }
}

fn up(root: &Field<'_>, unread: &Unread) -> Result<Message, Unreadable> {
    let decoration = Decoration::of(root, unread);
    let received_at = decoration.get("time", Field::time);
    let payload = root.get("data", |data| data.base64(FRM_PAYLOAD_BYTES))?.unwrap_or_default();
    // It is there only where the payload is left to the application to decrypt.
    let context = decoration.get("joinServerContext", Field::object);
    let is_damaged = context.is_none() && decoration.has("joinServerContext");
    let uplink = ReportedUplink {
        dev_eui: root.needed("deviceInfo")?.need("devEui", Field::dev_eui)?,
        dev_addr: decoration.get("devAddr", Field::dev_addr),
        f_cnt: essentials::f_cnt(root, "fCnt", LeftOut::IsZero)?,
        f_port: essentials::f_port(root, "fPort", &payload, LeftOut::IsZero)?,
        payload,
        is_encrypted: context.is_some(),
        confirmed: decoration.says("confirmed"),
        adr: decoration.says("adr"),
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    let app_s_key = decoration.member("joinServerContext").get("appSKey", envelope);
    let content = Content::Reported { uplink, app_s_key, says_encryption: !is_damaged };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(&decoration) }))
}

fn join(root: &Field<'_>, unread: &Unread) -> Result<Message, Unreadable> {
    let decoration = Decoration::of(root, unread);
    Ok(Message::Joined(Joined {
        dev_eui: root.needed("deviceInfo")?.need("devEui", Field::dev_eui)?,
        dev_addr: decoration.get("devAddr", Field::dev_addr),
        app_s_key: decoration.member("joinServerContext").get("appSKey", envelope),
    }))
}

/// A key in its envelope; without a label it is in clear.
fn envelope(field: &Field<'_>) -> Result<HandedKey, Unreadable> {
    let label = field.get("kekLabel", Field::text)?.unwrap_or_default();
    Ok(HandedKey::new(label, &field.need("aesKey", |key| key.base64(KEY_BYTES))?))
}

fn metadata(root: &Decoration<'_, '_>) -> RadioMetadata {
    let receptions = root.elements("rxInfo", GATEWAYS);
    let sent = root.member("txInfo");
    let lora = sent.member("modulation").member("lora");
    let is_lora = lora.has("spreadingFactor");
    // The name that all networks use, where it is told, and not the one that this network gives it.
    let first = receptions.first().map(|(_, first)| first.member("metadata"));
    let region = first.and_then(|told| told.name("region_common_name"));
    let gateways = receptions.iter().map(|(index, heard)| reception(heard, *index, is_lora));
    RadioMetadata {
        frequency_hz: sent.get("frequency", radio::frequency),
        spreading_factor: lora.get("spreadingFactor", radio::spreading_factor),
        bandwidth_hz: lora.get("bandwidth", radio::bandwidth),
        coding_rate: lora.get("codeRate", Field::name).map(code_rate),
        region: region.or_else(|| root.name("regionConfigId")),
        data_rate_index: root.get("dr", Field::whole_or_text),
        gateways: gateways.collect(),
        ..RadioMetadata::default()
    }
}

fn reception(heard: &Decoration<'_, '_>, index: usize, is_lora: bool) -> Reception {
    let name = heard.name("gatewayId");
    let rssi_dbm = heard.get("rssi", radio::rssi);
    radio::reception(name.as_deref(), index, rssi_dbm, radio::snr_or_zero(heard, is_lora))
}

/// `CR_4_5` is 4/5, and `CR_LI_4_5` the same with long interleaving.
fn code_rate(name: &str) -> String {
    match name.strip_prefix("CR_LI_").map(|rate| rate.replacen('_', "/", 1)) {
        Some(rate) => format!("{rate}LI"),
        None => name.strip_prefix("CR_").unwrap_or(name).replacen('_', "/", 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_say_how_a_body_is_written() {
        let of = |content_type, body| {
            encoding(&Incoming { event: "up", content_type, description: None, body })
        };
        assert_eq!(of(Some("application/json; charset=utf-8"), b"\x0A"), Encoding::Json);
        assert_eq!(of(Some("application/octet-stream"), b"{}"), Encoding::Protobuf);
        assert_eq!(of(Some("application/X-Protobuf"), b"{}"), Encoding::Protobuf);
        for undeclared in [Some("text/plain"), None] {
            assert_eq!(of(undeclared, b" {}"), Encoding::Json);
            assert_eq!(of(undeclared, b""), Encoding::Json);
            assert_eq!(of(undeclared, b"\x0A\x24"), Encoding::Protobuf);
        }
    }
}
