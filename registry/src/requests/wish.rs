//! The wish of a partner: the device, the document, and payloads with what is right of them.

use std::collections::HashSet;

use champollion_fleet::{objects::FieldText, requests::Paragraph};
use champollion_sandbox::vocabulary;
use champollion_sdk::vectors::{Input, UplinkInput, Vector};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::wish_fault::{FEWEST_PAYLOADS, MOST_PAYLOADS, PAYLOAD_BYTES, RIGHT_VALUES, WishFault};

/// The wish of a partner that asks for a decoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = DecoderWish)]
pub struct Wish {
    /// The maker of the device.
    pub maker: FieldText,
    /// The maker's name of the device.
    pub model: FieldText,
    /// The firmware of the devices, in the maker's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<FieldText>,
    /// The maker's document: title, version, and where it is to be had.
    pub document: FieldText,
    /// Real payloads of the devices, five at least, each with what is right.
    #[schema(min_items = 5, max_items = 40)]
    pub payloads: Vec<SponsorPayload>,
    /// The sponsor who pays, as manifest and catalogue name it.
    pub payer: FieldText,
    /// The number of the order; absent where it comes with the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_number: Option<FieldText>,
    /// The day by which the decoder is to be stable; three months from now where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Date>,
    /// More that a developer should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Paragraph>,
}

/// A real payload, and what is right of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SponsorPayload {
    /// A short description of the payload, unique within its request.
    pub name: FieldText,
    /// The frame as it came.
    pub uplink: UplinkInput,
    /// The measurements that must come out, among others that may.
    #[schema(min_items = 1, max_items = 64)]
    pub right: Vec<RightValue>,
    /// More that is right, in words: the display of the device, an alarm that was on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<FieldText>,
}

/// A measurement that must come out of a payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RightValue {
    /// A term of the vocabulary, such as `water.volume`.
    pub quantity: String,
    /// The value in the unit of the vocabulary: a number, a truth value or a text.
    #[schema(value_type = Value)]
    pub value: Json,
    /// The number among several alike inputs; 0 where there is one alone.
    #[serde(default, skip_serializing_if = "is_first")]
    pub channel: u16,
    /// The moment of the measurement; any where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured_at: Option<Timestamp>,
}

impl Wish {
    /// Checks that the parts of the wish make sense together.
    ///
    /// # Errors
    /// [`WishFault`] names the part.
    pub fn check(&self, today: Date) -> Result<(), WishFault> {
        if let Some(by) = self.by.filter(|by| *by <= today) {
            return Err(WishFault::Past { by });
        }
        check_payloads(&self.payloads)
    }
}

/// Checks payloads: as many as there must be, each another one, and each with what is right of it.
pub(super) fn check_payloads(payloads: &[SponsorPayload]) -> Result<(), WishFault> {
    let count = payloads.len();
    if !(FEWEST_PAYLOADS..=MOST_PAYLOADS).contains(&count) {
        return Err(WishFault::Payloads { count });
    }
    let (mut names, mut frames) = (HashSet::new(), HashSet::new());
    for (index, payload) in payloads.iter().enumerate() {
        payload.check(index)?;
        let is_other = names.insert(payload.name.as_str()) && frames.insert(payload.frame());
        if !is_other {
            return Err(WishFault::Twice { index });
        }
    }
    Ok(())
}

impl SponsorPayload {
    /// The vector that a developer begins with: what is right is in it, and what else comes out is to be added.
    #[must_use]
    pub fn vector(&self, source: &str) -> Vector {
        Vector {
            name: self.name.to_string(),
            source: Some(match &self.words {
                Some(words) => format!("{source}: {words}"),
                None => source.to_owned(),
            }),
            input: Input::Uplink(self.uplink.clone()),
            expect: json!({ "reading": { "data": {}, "measurements": self.right } }),
        }
    }

    /// The port and the bytes of the frame.
    pub(super) fn frame(&self) -> (u8, &[u8]) {
        (self.uplink.f_port, &self.uplink.payload.0)
    }

    fn check(&self, index: usize) -> Result<(), WishFault> {
        let (f_port, payload) = self.frame();
        if f_port == 0 {
            return Err(WishFault::Port { index });
        }
        if !(1..=PAYLOAD_BYTES).contains(&payload.len()) {
            return Err(WishFault::Bytes { index, bytes: payload.len() });
        }
        let count = self.right.len();
        if !(1..=RIGHT_VALUES).contains(&count) {
            return Err(WishFault::RightValues { index, count });
        }
        self.right.iter().try_for_each(|right| right.check(index))
    }
}

impl RightValue {
    fn check(&self, index: usize) -> Result<(), WishFault> {
        let quantity = self.quantity.clone();
        if vocabulary::quantity(&quantity).is_none() {
            return Err(WishFault::Quantity { index, quantity });
        }
        match self.value {
            Json::Bool(_) | Json::Number(_) | Json::String(_) => Ok(()),
            _ => Err(WishFault::Value { index, quantity }),
        }
    }
}

fn is_first(channel: &u16) -> bool {
    *channel == 0
}
