//! Reads a message by its description.
//!
//! All that identifies, dates or decrypts an uplink must be where the settings say. Its reception is
//! left out where it cannot be read: no uplink is lost since a level is written as `n/a`.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    description::{Description, Digits, Encrypted, FrequencyUnit, Gateways, TimeUnit},
    pointer::Pointer,
};
use crate::{
    Content, Frame, Joined, Message, Unreadable,
    json::{FRM_PAYLOAD_BYTES, Field, NAME_BYTES},
    message::{GATEWAYS, milliseconds},
    radio,
};

/// The first moment that an uplink can be of, 2010-01-01 in seconds: LoRa is younger. An earlier one is
/// a number of another unit.
const FIRST_SECOND: i64 = 1_262_304_000;

/// The frequencies that LoRaWAN is sent on, and some around them. Others are numbers of another unit.
const HERTZ: std::ops::RangeInclusive<u32> = 100_000_000..=3_000_000_000;

/// The spreading factors of LoRa.
const SPREADING_FACTORS: std::ops::RangeInclusive<u8> = 5..=12;

/// Reads a message by its description.
pub(super) fn read(description: &Description, json: &Json) -> Result<Message, Unreadable> {
    // An error says so where a list came in the place of a message.
    Field::root(json)?;
    match &description.messages {
        None => uplink(description, json),
        Some(messages) => match json.pointer(messages.kind.as_str()).and_then(word) {
            Some(kind) if messages.uplinks.contains(&kind) => uplink(description, json),
            Some(kind) if messages.joins.contains(&kind) => join(description, json),
            Some(kind) => Ok(Message::nothing(&kind.chars().take(NAME_BYTES).collect::<String>())),
            None => Ok(Message::nothing(&format!("nothing at {}", messages.kind.as_str()))),
        },
    }
}

/// A value as a word, where it is one.
fn word(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        value @ (Json::Number(_) | Json::Bool(_)) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn uplink(description: &Description, json: &Json) -> Result<Message, Unreadable> {
    let received_at = received_at(description, json)?;
    let f_port = f_port(description, json)?;
    let uplink = ReportedUplink {
        dev_eui: description.dev_eui.need(json, Field::dev_eui)?,
        dev_addr: get(&description.dev_addr, json, Field::dev_addr)?,
        f_cnt: description.f_cnt.need(json, Field::whole_or_text)?,
        f_port,
        payload: payload(description, json, f_port)?,
        is_encrypted: match &description.encrypted {
            Encrypted::Always => true,
            Encrypted::Never => false,
            Encrypted::AsToldAt(pointer) => pointer.get(json, Field::yes_or_no)?.unwrap_or(false),
        },
        confirmed: get(&description.confirmed, json, Field::yes_or_no)?.unwrap_or(false),
        adr: false,
        mic: None,
        received_at_ms: milliseconds(received_at),
    };
    let content = Content::Reported { uplink, app_s_key: None };
    Ok(Message::frame(Frame { content, received_at, metadata: metadata(description, json) }))
}

fn join(description: &Description, json: &Json) -> Result<Message, Unreadable> {
    Ok(Message::Joined(Joined {
        dev_eui: description.dev_eui.need(json, Field::dev_eui)?,
        dev_addr: get(&description.dev_addr, json, Field::dev_addr)?,
        app_s_key: None,
    }))
}

/// The value of a setting that may be left out.
fn get<'json, T>(
    pointer: &Option<Pointer>,
    json: &'json Json,
    read: impl FnOnce(&Field<'json>) -> Result<T, Unreadable>,
) -> Result<Option<T>, Unreadable> {
    pointer.as_ref().map_or(Ok(None), |pointer| pointer.get(json, read))
}

fn received_at(description: &Description, json: &Json) -> Result<Option<Timestamp>, Unreadable> {
    let Some((pointer, unit)) = &description.time else { return Ok(None) };
    pointer.get(json, |field| {
        let moment = match unit {
            TimeUnit::Rfc3339 => field.time(),
            TimeUnit::Seconds => field.seconds(),
            TimeUnit::Milliseconds => field.milliseconds(),
        }?;
        if moment.as_second() < FIRST_SECOND {
            return Err(field.invalid(format_args!("{moment} is before there was LoRa")));
        }
        Ok(moment)
    })
}

/// The FPort. Frames of MAC commands have none, or 0: where it is null, that is what is meant.
fn f_port(description: &Description, json: &Json) -> Result<Option<u8>, Unreadable> {
    let pointer = &description.f_port;
    let field = pointer.find(json).ok_or_else(|| pointer.missing())?;
    if field.is_null() {
        return Ok(None);
    }
    let f_port = pointer.named(field.whole_or_text())?;
    Ok(Some(f_port).filter(|&f_port| f_port != 0))
}

/// The payload. Null is an empty one, and without FPort it may be left out.
fn payload(
    description: &Description,
    json: &Json,
    f_port: Option<u8>,
) -> Result<Vec<u8>, Unreadable> {
    let pointer = &description.payload;
    let field = match pointer.find(json) {
        Some(field) if field.is_null() => return Ok(Vec::new()),
        Some(field) => field,
        None if f_port.is_none() => return Ok(Vec::new()),
        None => return Err(pointer.missing()),
    };
    pointer.named(match description.payload_digits {
        Digits::Hex => field.hex_with_prefix(FRM_PAYLOAD_BYTES),
        Digits::Base64 => field.base64(FRM_PAYLOAD_BYTES),
    })
}

fn metadata(description: &Description, json: &Json) -> RadioMetadata {
    let mut metadata = RadioMetadata {
        frequency_hz: frequency(description, json),
        gateways: receptions(&description.gateways, json),
        ..RadioMetadata::default()
    };
    if let Some(field) = description.spreading_factor.as_ref().and_then(|at| at.find(json)) {
        spreading_factor(&field, &mut metadata);
    }
    metadata
}

fn frequency(description: &Description, json: &Json) -> Option<u32> {
    let (pointer, unit) = description.frequency.as_ref()?;
    let field = pointer.find(json)?;
    let hertz = match unit {
        FrequencyUnit::Hertz => field.whole_or_text(),
        FrequencyUnit::Megahertz => field.megahertz(),
    };
    hertz.ok().filter(|hertz| HERTZ.contains(hertz))
}

/// Reads `7`, `SF7`, or a data rate such as `SF7BW125`.
fn spreading_factor(field: &Field<'_>, metadata: &mut RadioMetadata) {
    let digits = field.text().ok().map(|text| text.strip_prefix("SF").unwrap_or(text).trim());
    let number = match digits {
        Some(digits) => digits.parse().ok(),
        None => field.whole().ok(),
    };
    if number.is_some() {
        metadata.spreading_factor = number.filter(|number| SPREADING_FACTORS.contains(number));
    } else if radio::data_rate(field, metadata).is_err() {
        (metadata.spreading_factor, metadata.bandwidth_hz) = (None, None);
    }
}

/// The gateways of the list; without one the one gateway of which the message tells something.
fn receptions(gateways: &Gateways, json: &Json) -> Vec<Reception> {
    let Some(list) = &gateways.list else {
        let one = reception(gateways, json, 0);
        let is_told = [&gateways.id, &gateways.rssi, &gateways.snr]
            .into_iter()
            .flatten()
            .any(|pointer| pointer.find(json).is_some_and(|field| !field.is_null()));
        return if is_told { vec![one] } else { Vec::new() };
    };
    let heard = match json.pointer(list.as_str()) {
        Some(Json::Array(heard)) => heard.as_slice(),
        Some(one @ Json::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    };
    let numbered = heard.iter().take(GATEWAYS).enumerate();
    numbered.map(|(index, heard)| reception(gateways, heard, index)).collect()
}

fn reception(gateways: &Gateways, heard: &Json, index: usize) -> Reception {
    let level = |pointer: &Option<Pointer>| pointer.as_ref()?.find(heard)?.level_or_text().ok();
    let id = gateways.id.as_ref().and_then(|id| heard.pointer(id.as_str())).and_then(word);
    let id = id.filter(|id| (1..=NAME_BYTES).contains(&id.len()));
    radio::reception(id.as_deref(), index, level(&gateways.rssi), level(&gateways.snr))
}
