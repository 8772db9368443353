//! Findings of the gate.

use champollion_registry::gate::Finding;

use super::{Sentence, Worded};

impl Worded for Finding {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::OtherName { expected, actual } => Sentence::new("finding-other-name")
                .with("expected", expected.as_str())
                .with("actual", actual.as_str()),
            Self::UndeclaredField { vector, path, found } => {
                Sentence::new("finding-undeclared-field")
                    .with("vector", vector.as_str())
                    .with("path", path.as_str())
                    .with("found", *found)
            }
            Self::OtherType { vector, path, found, declared } => {
                Sentence::new("finding-other-type")
                    .with("vector", vector.as_str())
                    .with("path", path.as_str())
                    .with("found", *found)
                    .with("declared", *declared)
            }
            Self::UndeclaredQuantity { vector, quantity } => {
                Sentence::new("finding-undeclared-quantity")
                    .with("vector", vector.as_str())
                    .with("quantity", quantity.as_str())
            }
            // What a decoder does, and what a package is made of, is told in the words of who found it.
            _ => return None,
        })
    }
}
