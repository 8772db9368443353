//! Findings of the gate.

use champollion_registry::gate::{Finding, Misbehaved, VectorDiffers};
use champollion_sandbox::CallError;
use champollion_sdk::{
    deviation::Deviation,
    difference::{Difference, Hint},
};

use super::{Sentence, Worded, packages::of_change};

/// Most differences of a vector that are told.
const TOLD: usize = 10;

impl Worded for Finding {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::OtherName { expected, actual } => Sentence::new("finding-other-name")
                .with("expected", expected.as_str())
                .with("actual", actual.as_str()),
            Self::Vector(differs) => of_vector(differs),
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
            Self::Misbehaves(misbehaved) => of_misbehaved(misbehaved),
            Self::Incompatible { change, needed, previous, version } => {
                Sentence::new("finding-incompatible")
                    .with("change", of_change(change))
                    .with("needed", *needed)
                    .with("previous", previous.to_string())
                    .with("version", version.to_string())
            }
            // A file that is no package, and code that cannot be compiled, are told in the words of who found it.
            _ => return None,
        })
    }
}

/// The sentence of a vector that is not answered as it expects.
fn of_vector(differs: &VectorDiffers) -> Sentence {
    let VectorDiffers { vector, deviation, .. } = differs;
    let sentence = match &**deviation {
        Deviation::Failed { expected, reason, .. } => Sentence::new("finding-vector-failed")
            .with("expected", expected.as_str())
            .with("reason", reason.as_str()),
        Deviation::NotFailed { expected, actual } => Sentence::new("finding-vector-not-failed")
            .with("expected", expected.as_str())
            .with("actual", actual.to_string()),
        Deviation::Differs(all) => {
            let told: Vec<Sentence> = all.iter().take(TOLD).map(of_difference).collect();
            Sentence::new("finding-vector-differs")
                .with("differences", told)
                .with("more", all.len().saturating_sub(TOLD))
        }
    };
    sentence.with("vector", vector.as_str())
}

/// The sentence of a place at which an answer is another one than the vector expects.
fn of_difference(difference: &Difference) -> Sentence {
    let Difference { path, expected, actual, hint } = difference;
    let sentence = match (hint, expected, actual) {
        (Some(Hint::OtherOrder), ..) => Sentence::new("difference-other-order"),
        (Some(Hint::OtherName { name, value }), ..) => Sentence::new("difference-other-name")
            .with("name", name.as_str())
            .with("value", value.to_string()),
        (_, Some(expected), None) => {
            Sentence::new("difference-missing").with("expected", expected.to_string())
        }
        (_, None, Some(actual)) => {
            Sentence::new("difference-unexpected").with("actual", actual.to_string())
        }
        (hint, expected, actual) => {
            let text = |value: &Option<serde_json::Value>| {
                value.as_ref().map(ToString::to_string).unwrap_or_default()
            };
            let sentence = match hint {
                Some(Hint::OtherType) => Sentence::new("difference-other-type"),
                _ => Sentence::new("difference"),
            };
            sentence.with("expected", text(expected)).with("actual", text(actual))
        }
    };
    sentence.with("path", path.as_str())
}

/// The sentence of random payloads at which a decoder did what no decoder may.
fn of_misbehaved(misbehaved: &Misbehaved) -> Sentence {
    let Misbehaved { count, tried, error, specimen } = misbehaved;
    let sentence = Sentence::new("finding-misbehaves")
        .with("count", *count)
        .with("tried", *tried)
        .with("port", specimen.f_port)
        .with("payload", data_encoding::HEXUPPER.encode(&specimen.payload))
        .with("fault", error.code());
    match error {
        CallError::OutOfFuel { limit } => sentence.with("limit", *limit),
        CallError::OutOfMemory { limit, .. }
        | CallError::TableTooLarge { limit, .. }
        | CallError::StackExhausted { limit } => sentence.with("limit", *limit),
        // The words of the trap, of the script or of the contract.
        other => sentence.with("reason", other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_difference_is_told_by_what_is_wrong_with_it() {
        let of = |expected: Option<i32>, actual: Option<i32>, hint| Difference {
            path: "reading.data.t".to_owned(),
            expected: expected.map(|number| json!(number)),
            actual: actual.map(|number| json!(number)),
            hint,
        };
        let named = Hint::OtherName { name: "temp".to_owned(), value: json!(21) };
        for (difference, code) in [
            (of(Some(1), Some(2), None), "difference"),
            (of(Some(1), None, None), "difference-missing"),
            (of(None, Some(2), None), "difference-unexpected"),
            (of(Some(1), None, Some(named)), "difference-other-name"),
            (of(Some(1), Some(2), Some(Hint::OtherOrder)), "difference-other-order"),
            (of(Some(1), Some(1), Some(Hint::OtherType)), "difference-other-type"),
        ] {
            let told = of_difference(&difference);
            assert_eq!((told.code, &told.values["path"]), (code, &json!("reading.data.t")));
        }
    }

    #[test]
    fn a_vector_tells_of_ten_differences_and_how_many_there_are_more() {
        let difference = Difference {
            path: "reading.data.t".to_owned(),
            expected: Some(json!(1)),
            actual: Some(json!(2)),
            hint: None,
        };
        let told = of_vector(&VectorDiffers {
            vector: "warm".to_owned(),
            difference: Box::new(difference.clone()),
            deviation: Box::new(Deviation::Differs(vec![difference; 12])),
        });
        assert_eq!(told.code, "finding-vector-differs");
        assert_eq!((&told.values["vector"], &told.values["more"]), (&json!("warm"), &json!(2)));
        let differences = told.values["differences"].as_array().map(Vec::len);
        assert_eq!(differences, Some(10));
        assert_eq!(told.values["differences"][0]["values"]["actual"], "2");
    }
}
