//! Faults of declarations of partners.

use champollion_fleet::requests::DeclarationFault;

use super::{Sentence, Worded};

impl Worded for DeclarationFault {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::PeriodBackwards { from, until } => Sentence::new("declaration-period-backwards")
                .with("from", from.to_string())
                .with("until", until.to_string()),
            Self::NoCoverage => Sentence::new("declaration-no-coverage"),
            Self::Stages { count } => {
                Sentence::new("declaration-stages").with("count", *count).with("most", Self::STAGES)
            }
            Self::StageOrder { index, from } => Sentence::new("declaration-stage-order")
                .with("number", index + 1)
                .with("from", from.to_string()),
            Self::StageOutside { index, from } => Sentence::new("declaration-stage-outside")
                .with("number", index + 1)
                .with("from", from.to_string()),
            Self::Number { number } => Sentence::new("declaration-number")
                .with("count", *number)
                .with("most", Self::OBJECTS),
            Self::RateMissing(direction) => {
                Sentence::new("declaration-rate-missing").with("direction", *direction)
            }
            Self::RateTooMany(direction) => {
                Sentence::new("declaration-rate-too-many").with("direction", *direction)
            }
            Self::Rate { messages } => Sentence::new("declaration-rate")
                .with("count", *messages)
                .with("most", Self::MESSAGES),
            _ => return None,
        })
    }
}
