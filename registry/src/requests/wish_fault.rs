//! The bounds of a wish, and the reasons why one makes no sense.

use jiff::civil::Date;

/// Fewest payloads of a request: fewer show no more than one kind of frame.
pub(super) const FEWEST_PAYLOADS: usize = 5;

/// Most payloads of a request, which has to fit into a row of the store.
pub(super) const MOST_PAYLOADS: usize = 40;

/// Most bytes of an application payload in LoRaWAN, at the fastest data rate.
pub(super) const PAYLOAD_BYTES: usize = 242;

/// Most right values of a payload: a telegram with a day of hourly values and some more.
pub(super) const RIGHT_VALUES: usize = 64;

/// The reason why a wish makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WishFault {
    /// The day is over already.
    #[error("by: {by} is not in the future")]
    Past {
        /// The day that is named.
        by: Date,
    },
    /// There are too few payloads, or too many.
    #[error(
        "payloads: there are {count}, and a request has {FEWEST_PAYLOADS} to {MOST_PAYLOADS}, each another frame"
    )]
    Payloads {
        /// The number of payloads.
        count: usize,
    },
    /// A payload has the name or the frame of one before.
    #[error("payloads[{index}]: one before has the same name or the same frame")]
    Twice {
        /// The place of the payload, from 0.
        index: usize,
    },
    /// The port is none of an application.
    #[error("payloads[{index}].uplink.fPort: 0 is for the network, and no decoder reads it")]
    Port {
        /// The place of the payload, from 0.
        index: usize,
    },
    /// The payload is empty, or longer than a frame.
    #[error(
        "payloads[{index}].uplink.payload: it has {bytes} bytes, and a frame has 1 to {PAYLOAD_BYTES}"
    )]
    Bytes {
        /// The place of the payload, from 0.
        index: usize,
        /// The bytes of the payload.
        bytes: usize,
    },
    /// Nothing is said to be right, or too much.
    #[error(
        "payloads[{index}].right: {count} values are said to be right, and there are 1 to {RIGHT_VALUES}"
    )]
    RightValues {
        /// The place of the payload, from 0.
        index: usize,
        /// The number of values.
        count: usize,
    },
    /// The quantity is none of the vocabulary.
    #[error(
        "payloads[{index}].right: {quantity:?} is no quantity of the vocabulary (`champollion catalogue` lists them): \
         say in `words` what has none"
    )]
    Quantity {
        /// The place of the payload, from 0.
        index: usize,
        /// The word that is named.
        quantity: String,
    },
    /// The value is none that a measurement can have.
    #[error(
        "payloads[{index}].right: the value of {quantity} is neither a number nor true, false or a text"
    )]
    Value {
        /// The place of the payload, from 0.
        index: usize,
        /// The quantity of the value.
        quantity: String,
    },
}

impl WishFault {
    /// The fewest payloads of a request.
    pub const FEWEST_PAYLOADS: usize = FEWEST_PAYLOADS;

    /// The most payloads of a request.
    pub const MOST_PAYLOADS: usize = MOST_PAYLOADS;

    /// The most bytes of a payload.
    pub const PAYLOAD_BYTES: usize = PAYLOAD_BYTES;

    /// The most right values of a payload.
    pub const RIGHT_VALUES: usize = RIGHT_VALUES;

    /// Returns the path of the member at fault within the wish.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Past { .. } => "by".to_owned(),
            Self::Payloads { .. } => "payloads".to_owned(),
            Self::Twice { index } => format!("payloads[{index}].name"),
            Self::Port { index } => format!("payloads[{index}].uplink.fPort"),
            Self::Bytes { index, .. } => format!("payloads[{index}].uplink.payload"),
            Self::RightValues { index, .. }
            | Self::Quantity { index, .. }
            | Self::Value { index, .. } => format!("payloads[{index}].right"),
        }
    }
}
