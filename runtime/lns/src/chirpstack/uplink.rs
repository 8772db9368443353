//! Reads the events of ChirpStack 4. The event's name is not in the body: it stands in the query
//! (`?event=up`) or in the MQTT topic (`…/event/up`).
//!
//! The JSON is that of protobuf, so what is zero, false or empty is left out.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};

use serde_json::Value as Json;

use super::{Chirpstack, downlink, protobuf};
use crate::{
    Content, Frame, HandedKey, Heard, Incoming, Joined, Kind, Message, Place, Unreadable,
    json::{self, FRM_PAYLOAD_BYTES, Field},
    message::{GATEWAYS, milliseconds},
};

/// Longest wrapped key in bytes, with room to say what is wrong with a longer one.
const KEY_BYTES: usize = 64;

/// The encoding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Json,
    Protobuf,
}

/// Turns protobuf into JSON.
type Turn = fn(&[u8]) -> Result<Json, Unreadable>;

/// Reads the JSON of one kind of event.
type Read = fn(&Field<'_>) -> Result<Message, Unreadable>;

/// Reads an event of ChirpStack.
pub(super) fn read(incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
    let (turn, read): (Turn, Read) = match incoming.event {
        "up" => (protobuf::uplink, up),
        "join" => (protobuf::join, join),
        // Such as status, ack, txack, log, location, integration, and what later releases add.
        other => {
            let told = || downlink::feedback(other, &serde_json::from_slice(incoming.body).ok()?);
            return Ok(Heard::from(Message::nothing(other)).with_feedback(told));
        }
    };
    let json = match encoding(incoming) {
        Encoding::Json => json::parse(Kind::of(&Chirpstack), incoming.body)?,
        Encoding::Protobuf => turn(incoming.body)?,
    };
    let heard = Heard::from(read(&Field::root(&json)?)?);
    Ok(heard.with_place(|| {
        let application = json["deviceInfo"]["applicationId"].as_str().map(str::to_owned);
        Place { application, device: None }
    }))
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

fn up(root: &Field<'_>) -> Result<Message, Unreadable> {
    let context = root.member("joinServerContext")?;
    let received_at = root.get("time", Field::time)?;
    let uplink = ReportedUplink {
        dev_eui: root.needed("deviceInfo")?.need("devEui", Field::dev_eui)?,
        dev_addr: root.get("devAddr", Field::dev_addr)?,
        f_cnt: root.get("fCnt", Field::whole)?.unwrap_or(0),
        f_port: root.get("fPort", Field::whole)?.filter(|&f_port| f_port != 0),
        payload: root.get("data", |data| data.base64(FRM_PAYLOAD_BYTES))?.unwrap_or_default(),
        is_encrypted: context.is_some(),
        confirmed: root.get("confirmed", Field::boolean)?.unwrap_or(false),
        adr: root.get("adr", Field::boolean)?.unwrap_or(false),
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    let app_s_key = context.map(|context| context.get("appSKey", envelope)).transpose()?.flatten();
    let content = Content::Reported { uplink, app_s_key };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(root)? }))
}

fn join(root: &Field<'_>) -> Result<Message, Unreadable> {
    let context = root.member("joinServerContext")?;
    Ok(Message::Joined(Joined {
        dev_eui: root.needed("deviceInfo")?.need("devEui", Field::dev_eui)?,
        dev_addr: root.get("devAddr", Field::dev_addr)?,
        app_s_key: context.map(|context| context.get("appSKey", envelope)).transpose()?.flatten(),
    }))
}

/// A key in its envelope; without a label it is in clear.
fn envelope(field: &Field<'_>) -> Result<HandedKey, Unreadable> {
    let label = field.get("kekLabel", Field::text)?.unwrap_or_default();
    Ok(HandedKey::new(label, &field.need("aesKey", |key| key.base64(KEY_BYTES))?))
}

fn metadata(root: &Field<'_>) -> Result<RadioMetadata, Unreadable> {
    let receptions = root.get("rxInfo", |list| list.elements(GATEWAYS))?.unwrap_or_default();
    let mut metadata = RadioMetadata {
        data_rate_index: root.get("dr", Field::whole)?,
        gateways: receptions.iter().map(reception).collect::<Result<_, _>>()?,
        ..RadioMetadata::default()
    };
    metadata.region = region(root, receptions.first())?;
    if let Some(sent) = root.member("txInfo")? {
        metadata.frequency_hz = sent.get("frequency", Field::whole)?;
        let modulation = sent.member("modulation")?;
        let lora = modulation.map(|modulation| modulation.member("lora")).transpose()?.flatten();
        if let Some(lora) = lora {
            metadata.spreading_factor = lora.get("spreadingFactor", Field::whole)?;
            metadata.bandwidth_hz = lora.get("bandwidth", Field::whole)?;
            metadata.coding_rate = lora.get("codeRate", Field::name)?.map(code_rate);
        }
    }
    Ok(metadata)
}

/// The name that all networks use, where it is told, and not the one that this network gives it.
fn region(root: &Field<'_>, first: Option<&Field<'_>>) -> Result<Option<String>, Unreadable> {
    let told = first.map(|first| first.member("metadata")).transpose()?.flatten();
    let common =
        told.map(|told| told.get("region_common_name", Field::name)).transpose()?.flatten();
    Ok(match common {
        Some(name) => Some(name.to_owned()),
        None => root.get("regionConfigId", Field::name)?.map(str::to_owned),
    })
}

fn reception(field: &Field<'_>) -> Result<Reception, Unreadable> {
    Ok(Reception {
        gateway_id: field.need("gatewayId", Field::name)?.to_owned(),
        rssi_dbm: field.get("rssi", Field::level)?,
        // A level of 0 dB is left out, and where no level is known nobody could tell.
        snr_db: Some(field.get("snr", Field::level)?.unwrap_or(0.0)),
    })
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
