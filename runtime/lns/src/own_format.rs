//! Our own formats, which are read strictly: a member that is unknown is an error, so that no slip goes unseen.

use champollion_frames::{RadioMetadata, Reception};
use data_encoding::{DecodeKind, HEXLOWER_PERMISSIVE};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};

use crate::{
    Fault, Frame, Heard, Kind, Message, Unreadable, json::NAME_BYTES, message::GATEWAYS,
    mistake::encoding::without_mark, plain_words::in_plain_words,
};

/// A format of our own: a frame as JSON, or many as lines of JSON.
pub trait OwnFormat: DeserializeOwned {
    /// The kind of network servers that hand over in this format.
    const KIND: Kind;

    /// Returns the frame that the message hands over.
    ///
    /// # Errors
    /// [`Unreadable`] names the field that is not what it should be.
    fn read(self) -> Result<Frame, Unreadable>;
}

/// A reception of the frame by a gateway. Unlike a reception that is kept, it is read strictly.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PhyReception {
    /// The gateway, in the network server's word.
    gateway_id: String,
    /// The strength of the signal in dBm.
    rssi_dbm: Option<f32>,
    /// The signal-to-noise ratio in dB.
    snr_db: Option<f32>,
}

impl From<PhyReception> for Reception {
    fn from(reception: PhyReception) -> Self {
        let PhyReception { gateway_id, rssi_dbm, snr_db } = reception;
        Self { gateway_id, rssi_dbm, snr_db }
    }
}

/// Reads a message in a format of our own.
pub(crate) fn heard<T: OwnFormat>(body: &[u8]) -> Result<Heard, Unreadable> {
    let message: T = serde_json::from_slice(without_mark(body)).map_err(|error| {
        let said = in_plain_words(&error.to_string()).into_owned();
        let is_data = error.is_data();
        let fault = if is_data { Fault::Invalid(said) } else { Fault::NotJson(said) };
        Unreadable::new("", fault)
    })?;
    Ok(Heard::from(Message::frame(message.read()?)))
}

/// Reads bytes from hexadecimal digits, between which there may be spaces.
pub(crate) fn hexadecimal_digits<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<u8>, D::Error> {
    let mut digits = String::deserialize(deserializer)?;
    digits.retain(|character| !character.is_whitespace());
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|error| match error.kind {
        DecodeKind::Length => {
            D::Error::custom("a byte takes two hexadecimal digits, and their number is odd")
        }
        _ => D::Error::custom(format_args!("digit {} is not hexadecimal", error.position + 1)),
    })
}

/// Metadata becomes part of the record, which must fit into the store.
pub(crate) fn bounded(metadata: &RadioMetadata) -> Result<(), Unreadable> {
    if metadata.gateways.len() > GATEWAYS {
        let (got, limit, unit) = (metadata.gateways.len(), GATEWAYS, "entries");
        return Err(Unreadable::new("gateways", Fault::TooLarge { got, limit, unit }));
    }
    let too_long = |path: &str, name: &str| {
        let (got, limit, unit) = (name.len(), NAME_BYTES, "bytes");
        Unreadable::new(path, Fault::TooLarge { got, limit, unit })
    };
    for (index, gateway) in metadata.gateways.iter().enumerate() {
        if gateway.gateway_id.len() > NAME_BYTES {
            let path = format!("gateways[{index}].gatewayId");
            return Err(too_long(&path, &gateway.gateway_id));
        }
    }
    for (path, name) in [("codingRate", &metadata.coding_rate), ("region", &metadata.region)] {
        if let Some(name) = name.as_ref().filter(|name| name.len() > NAME_BYTES) {
            return Err(too_long(path, name));
        }
    }
    Ok(())
}
