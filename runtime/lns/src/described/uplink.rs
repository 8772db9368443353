//! Reads a message by its description.
//!
//! The essentials of an uplink must be where the settings say. All else is left out where it cannot be
//! read, and noted.

use champollion_frames::{RadioMetadata, Reception, ReportedUplink};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    description::{Description, Digits, Encrypted, FrequencyUnit, Gateways, TimeUnit},
    pointer::Pointer,
};
use crate::{
    Content, Fault, Frame, Joined, Message, Unreadable, essentials,
    json::{FRM_PAYLOAD_BYTES, Field, NAME_BYTES},
    message::{GATEWAYS, milliseconds},
    radio,
    unread::Unread,
};

/// Reads a message by its description.
pub(super) fn read(
    description: &Description,
    json: &Json,
    unread: &Unread,
) -> Result<Message, Unreadable> {
    // An error says so where a list came in the place of a message.
    Field::root(json)?;
    let described = Described { description, json, unread };
    match &description.messages {
        None => described.uplink(),
        Some(messages) => match json.pointer(messages.kind.as_str()).and_then(word) {
            Some(kind) if messages.uplinks.contains(&kind) => described.uplink(),
            Some(kind) if messages.joins.contains(&kind) => described.join(),
            Some(kind) => Ok(Message::nothing(&kind.chars().take(NAME_BYTES).collect::<String>())),
            None => Ok(Message::nothing(&format!("nothing at {}", messages.kind.as_str()))),
        },
    }
}

/// A message and its description.
struct Described<'json> {
    description: &'json Description,
    json: &'json Json,
    unread: &'json Unread,
}

/// A value as a word, where it is one.
fn word(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        value @ (Json::Number(_) | Json::Bool(_)) => Some(value.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

impl<'json> Described<'json> {
    fn uplink(&self) -> Result<Message, Unreadable> {
        let Self { description, json, .. } = self;
        let received_at = self.received_at();
        let (port, payload) = (self.f_port_field()?, self.payload_field());
        let payload = self.payload(payload, &port)?;
        let encryption = self.encryption();
        let uplink = ReportedUplink {
            dev_eui: description.dev_eui.need(json, Field::dev_eui)?,
            dev_addr: self.get(description.dev_addr.as_ref(), Field::dev_addr),
            f_cnt: description.f_cnt.need(json, Field::whole_or_text)?,
            f_port: self.f_port(&port, &payload)?,
            payload,
            is_encrypted: encryption.unwrap_or(false),
            confirmed: self.get(description.confirmed.as_ref(), Field::yes_or_no).unwrap_or(false),
            adr: false,
            mic: None,
            received_at_ms: milliseconds(received_at),
        };
        let says_encryption = encryption.is_some();
        let content = Content::Reported { uplink, app_s_key: None, says_encryption };
        Ok(Message::frame(Frame { content, received_at, metadata: self.metadata() }))
    }

    fn join(&self) -> Result<Message, Unreadable> {
        Ok(Message::Joined(Joined {
            dev_eui: self.description.dev_eui.need(self.json, Field::dev_eui)?,
            dev_addr: self.get(self.description.dev_addr.as_ref(), Field::dev_addr),
            app_s_key: None,
        }))
    }

    /// The decoration that a setting points to.
    fn get<T>(
        &self,
        pointer: Option<&Pointer>,
        read: impl FnOnce(&Field<'json>) -> Result<T, Unreadable>,
    ) -> Option<T> {
        self.get_from(self.json, pointer, read)
    }

    /// The same from an element of a list on.
    fn get_from<T>(
        &self,
        json: &'json Json,
        pointer: Option<&Pointer>,
        read: impl FnOnce(&Field<'json>) -> Result<T, Unreadable>,
    ) -> Option<T> {
        self.unread.forgive(pointer?.get(json, read)).flatten()
    }

    /// Whether the payload is encrypted, where settings or message say it.
    fn encryption(&self) -> Option<bool> {
        match &self.description.encrypted {
            Encrypted::Always => Some(true),
            Encrypted::Never => Some(false),
            Encrypted::AsToldAt(pointer) => self.get(Some(pointer), Field::yes_or_no),
        }
    }

    fn received_at(&self) -> Option<Timestamp> {
        let (pointer, unit) = self.description.time.as_ref()?;
        self.get(Some(pointer), |field| match unit {
            TimeUnit::Rfc3339 => field.time(),
            TimeUnit::Seconds => field.seconds(),
            TimeUnit::Milliseconds => field.milliseconds(),
        })
    }

    fn f_port_field(&self) -> Result<Field<'json>, Unreadable> {
        let pointer = &self.description.f_port;
        pointer.find(self.json).ok_or_else(|| pointer.missing())
    }

    /// The FPort. Frames of MAC commands have none, or 0: where it is null, that is what is meant.
    fn f_port(&self, field: &Field<'_>, payload: &[u8]) -> Result<Option<u8>, Unreadable> {
        if field.is_null() {
            return Ok(None);
        }
        self.description.f_port.named(essentials::port_of(field, payload))
    }

    fn payload_field(&self) -> Option<Field<'json>> {
        self.description.payload.find(self.json)
    }

    /// The payload. Null is an empty one, and without FPort it may be left out.
    fn payload(
        &self,
        field: Option<Field<'json>>,
        port: &Field<'_>,
    ) -> Result<Vec<u8>, Unreadable> {
        let pointer = &self.description.payload;
        let field = match field {
            Some(field) if field.is_null() => return Ok(Vec::new()),
            Some(field) => field,
            None if self.f_port(port, &[])?.is_none() => return Ok(Vec::new()),
            None => return Err(pointer.missing()),
        };
        pointer.named(match self.description.payload_digits {
            Digits::Hex => field.hex_with_prefix(FRM_PAYLOAD_BYTES),
            Digits::Base64 => field.base64(FRM_PAYLOAD_BYTES),
        })
    }

    fn metadata(&self) -> RadioMetadata {
        let mut metadata = RadioMetadata {
            frequency_hz: self.frequency(),
            gateways: self.receptions(),
            ..RadioMetadata::default()
        };
        self.get(self.description.spreading_factor.as_ref(), |field| {
            spreading_factor(field, &mut metadata)
        });
        metadata
    }

    fn frequency(&self) -> Option<u32> {
        let (pointer, unit) = self.description.frequency.as_ref()?;
        self.get(Some(pointer), |field| match unit {
            FrequencyUnit::Hertz => radio::frequency(field),
            FrequencyUnit::Megahertz => radio::megahertz(field),
        })
    }

    /// The gateways of the list; without one the one gateway of which the message tells something.
    fn receptions(&self) -> Vec<Reception> {
        let gateways = &self.description.gateways;
        let Some(list) = &gateways.list else {
            let is_told = [&gateways.id, &gateways.rssi, &gateways.snr]
                .into_iter()
                .flatten()
                .any(|pointer| pointer.find(self.json).is_some_and(|field| !field.is_null()));
            return if is_told { vec![self.reception(self.json, 0)] } else { Vec::new() };
        };
        let heard = match self.json.pointer(list.as_str()) {
            Some(one @ Json::Object(_)) => std::slice::from_ref(one),
            Some(Json::Array(heard)) => heard.as_slice(),
            _ => {
                self.get(Some(list), |field| field.first_elements(GATEWAYS).map(drop));
                &[]
            }
        };
        if heard.len() > GATEWAYS {
            let fault = Fault::TooLarge { got: heard.len(), limit: GATEWAYS, unit: "entries" };
            self.get(Some(list), |field| Err::<(), _>(field.fault(fault)));
        }
        let numbered = heard.iter().take(GATEWAYS).enumerate();
        let objects = numbered.filter(|(index, heard)| self.is_object(list, *index, heard));
        objects.map(|(index, heard)| self.reception(heard, index)).collect()
    }

    fn is_object(&self, list: &Pointer, index: usize, heard: &Json) -> bool {
        let path = format!("{}/{index}", list.as_str());
        let object = Field::at(heard, &path).object();
        self.unread.forgive(list.named(object)).is_some()
    }

    fn reception(&self, heard: &'json Json, index: usize) -> Reception {
        let gateways: &Gateways = &self.description.gateways;
        let id = self.get_from(heard, gateways.id.as_ref(), gateway_id);
        let rssi_dbm = self.get_from(heard, gateways.rssi.as_ref(), radio::rssi);
        let snr_db = self.get_from(heard, gateways.snr.as_ref(), radio::snr);
        radio::reception(id.as_deref(), index, rssi_dbm, snr_db)
    }
}

/// The name of a gateway, which may be a number.
fn gateway_id(field: &Field<'_>) -> Result<String, Unreadable> {
    match field.whole::<i64>() {
        Ok(number) => Ok(number.to_string()),
        Err(_) => field.name().map(str::to_owned),
    }
}

/// Reads `7`, `SF7`, or a data rate such as `SF7BW125`.
fn spreading_factor(field: &Field<'_>, metadata: &mut RadioMetadata) -> Result<(), Unreadable> {
    let digits = field.text().ok().map(|text| text.strip_prefix("SF").unwrap_or(text).trim());
    let is_rate = digits.is_some_and(|digits| digits.parse::<u64>().is_err());
    if is_rate {
        return radio::data_rate(field, metadata);
    }
    metadata.spreading_factor = Some(radio::named_spreading_factor(field)?);
    Ok(())
}
