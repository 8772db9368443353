//! Runs the vectors of a package, and tells of each in what it is not answered as it expects.

use champollion_sandbox::{Call, Decoder};
use champollion_sdk::{
    deviation::Deviation,
    difference::{Difference, difference},
    vectors::Vector,
};

use crate::package::{Answer, Package, outcome, run};

/// A vector that was run.
pub struct VectorRun<'package> {
    /// The vector as it stands in the package.
    pub vector: &'package Vector,
    /// The call of the decoder, with its fuel and memory.
    pub call: Call<Answer>,
    /// The fault of the answer, where it is not the one that the vector expects.
    pub differs: Option<VectorDiffers>,
}

/// A vector that was not answered as it expects.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the vector {vector:?} {deviation}")]
pub struct VectorDiffers {
    /// The name of the vector.
    pub vector: String,
    /// The first place where it differs.
    pub difference: Box<Difference>,
    /// All that is not as the vector expects.
    pub deviation: Box<Deviation>,
}

impl<'package> VectorRun<'package> {
    /// Runs a vector and compares the answer.
    #[must_use]
    pub fn of(vector: &'package Vector, decoder: &Decoder) -> Self {
        let call = run(decoder, &vector.input);
        let actual = outcome(&call);
        let found = difference(&vector.expect, &actual).zip(Deviation::of(&vector.expect, &actual));
        let differs = found.map(|(first, deviation)| VectorDiffers {
            vector: vector.name.clone(),
            difference: Box::new(first),
            deviation: Box::new(deviation),
        });
        Self { vector, call, differs }
    }
}

/// Runs every vector of a package, in their order.
pub fn run_vectors<'package>(
    package: &'package Package,
    decoder: &Decoder,
) -> impl Iterator<Item = VectorRun<'package>> {
    package.vectors().iter().map(move |vector| VectorRun::of(vector, decoder))
}
