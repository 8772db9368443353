//! Faults of requests for decoders.

use champollion_registry::requests::WishFault;

use super::{Sentence, Worded};

impl Worded for WishFault {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::Past { by } => Sentence::new("wish-past").with("by", by.to_string()),
            Self::Payloads { count } => Sentence::new("wish-payloads")
                .with("count", *count)
                .with("fewest", Self::FEWEST_PAYLOADS)
                .with("most", Self::MOST_PAYLOADS),
            Self::Twice { index } => Sentence::new("wish-twice").with("number", index + 1),
            Self::Port { index } => Sentence::new("wish-port").with("number", index + 1),
            Self::Bytes { index, bytes } => Sentence::new("wish-bytes")
                .with("number", index + 1)
                .with("bytes", *bytes)
                .with("most", Self::PAYLOAD_BYTES),
            Self::RightValues { index, count } => Sentence::new("wish-right-values")
                .with("number", index + 1)
                .with("count", *count)
                .with("most", Self::RIGHT_VALUES),
            Self::Quantity { index, quantity } => Sentence::new("wish-quantity")
                .with("number", index + 1)
                .with("quantity", quantity.as_str()),
            Self::Value { index, quantity } => Sentence::new("wish-value")
                .with("number", index + 1)
                .with("quantity", quantity.as_str()),
            _ => return None,
        })
    }
}
