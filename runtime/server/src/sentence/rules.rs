//! Faults of rules of alerts.

use champollion_service::alerts::{MOST_ADDRESSES, RuleFault};

use super::{Sentence, Worded};

impl Worded for RuleFault {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::Unknown { quantity, nearest: Some(nearest) } => {
                Sentence::new("rule-unknown-quantity-near")
                    .with("quantity", quantity.as_str())
                    .with("nearest", nearest.as_str())
            }
            Self::Unknown { quantity, nearest: None } => {
                Sentence::new("rule-unknown-quantity").with("quantity", quantity.as_str())
            }
            Self::Undeclared { quantity, nearest: Some(nearest) } => {
                Sentence::new("rule-undeclared-quantity-near")
                    .with("quantity", quantity.as_str())
                    .with("nearest", nearest.as_str())
            }
            Self::Undeclared { quantity, nearest: None } => {
                Sentence::new("rule-undeclared-quantity").with("quantity", quantity.as_str())
            }
            Self::Unit { quantity, right: "", .. } => {
                Sentence::new("rule-unit-none").with("quantity", quantity.as_str())
            }
            Self::Unit { quantity, unit, right } => Sentence::new("rule-unit")
                .with("quantity", quantity.as_str())
                .with("unit", unit.as_str())
                .with("right", *right),
            Self::NotNumeric(quantity) => {
                Sentence::new("rule-not-numeric").with("quantity", quantity.as_str())
            }
            Self::NoAlarm(quantity) => {
                Sentence::new("rule-no-alarm").with("quantity", quantity.as_str())
            }
            Self::ValueType(quantity, _) => {
                Sentence::new("rule-value-type").with("quantity", quantity.as_str())
            }
            Self::Crossed { back, limit, side, .. } => Sentence::new("rule-crossed")
                .with("back", *back)
                .with("limit", *limit)
                .with("side", *side),
            Self::EmptyRange { low, high } => {
                Sentence::new("rule-empty-range").with("low", *low).with("high", *high)
            }
            Self::NotFinite(_) => Sentence::new("rule-not-finite"),
            Self::OutOfBounds { least, most, .. } => {
                Sentence::new("rule-out-of-bounds").with("least", *least).with("most", *most)
            }
            Self::NeverHolds { quantity, least, most, .. } => Sentence::new("rule-never-holds")
                .with("quantity", quantity.as_str())
                .with("least", *least)
                .with("most", *most),
            Self::NotWhole { quantity, value, instead } => Sentence::new("rule-not-whole")
                .with("quantity", quantity.as_str())
                .with("value", *value)
                .with("instead", *instead),
            Self::ScopeOfRoute => Sentence::new("rule-scope-of-route"),
            Self::TooManyAddresses(count) => Sentence::new("rule-too-many-addresses")
                .with("count", *count)
                .with("limit", MOST_ADDRESSES),
            Self::CommandOfRoute => Sentence::new("rule-command-of-route"),
            Self::CommandExpiry(seconds) => Sentence::new("rule-command-expiry")
                .with("seconds", *seconds)
                .with("most", Self::COMMAND_SECONDS),
            Self::CommandTooLarge(bytes) => Sentence::new("rule-command-too-large")
                .with("bytes", *bytes)
                .with("limit", Self::COMMAND_BYTES),
            _ => return None,
        })
    }
}
