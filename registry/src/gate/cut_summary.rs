//! The results of payloads that were cut short, as the index keeps them: bounded, since the value of a version is.

use serde::{Deserialize, Serialize};

use super::truncation::CutPayloads;

/// Most vectors of which it is kept that they are read on. The report of the gate has all of them.
const VECTORS: usize = 16;

/// Most characters of the name of a vector.
const NAME_CHARACTERS: usize = 80;

/// The results of payloads that were cut short, with the vectors that were read on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CutSummary {
    /// The number of payloads that were tried: each vector cut at each length.
    pub tried: usize,
    /// Those of which the decoder made values that the whole payload does not have.
    pub misread: usize,
    /// The number of vectors whose payloads were cut.
    pub vectors: usize,
    /// The first vectors that were read on.
    pub reads_on: Vec<VectorReadOn>,
}

/// A vector whose payload is read on where it ends too soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VectorReadOn {
    /// The name of the vector.
    pub vector: String,
    /// The number of lengths that were tried.
    pub tried: usize,
    /// Those of which the decoder made values that the whole payload does not have.
    pub misread: usize,
}

impl CutSummary {
    pub(crate) fn of(cut: &CutPayloads) -> Self {
        let read_on = cut.vectors.iter().filter(|vector| vector.misread > 0).take(VECTORS);
        let reads_on = read_on.map(|cut| VectorReadOn {
            vector: cut.vector.chars().take(NAME_CHARACTERS).collect(),
            tried: cut.tried,
            misread: cut.misread,
        });
        Self {
            tried: cut.tried,
            misread: cut.misread,
            vectors: cut.vectors.len(),
            reads_on: reads_on.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::CutVector;

    #[test]
    fn only_vectors_that_are_read_on_are_named_and_not_too_many() {
        let cut = |misread: usize| CutVector {
            vector: "v".repeat(200),
            tried: 5,
            readings: 5,
            misread,
            example: None,
        };
        let vectors: Vec<CutVector> = (0..40).map(|number| cut(number % 2)).collect();
        let cut = CutPayloads { tried: 200, misread: 20, vectors, ..CutPayloads::default() };
        let summary = CutSummary::of(&cut);
        assert_eq!((summary.tried, summary.misread, summary.vectors), (200, 20, 40));
        assert_eq!(summary.reads_on.len(), VECTORS);
        assert!(summary.reads_on.iter().all(|vector| vector.vector.len() == NAME_CHARACTERS));
    }
}
