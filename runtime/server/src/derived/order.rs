//! The order of derived decoders: one that needs what another gives comes after it.

use std::sync::Arc;

use champollion_registry::{LoadedDecoder, package::DecoderId};

/// Derived decoders of which each needs, in the end, what it gives itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} go round in a circle: each needs a quantity that another of them makes, so none can be first: take one of them away",
    names(.0)
)]
pub struct Circle(pub Vec<DecoderId>);

fn names(all: &[DecoderId]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Puts derived decoders in the order in which they are run. Those that go round in a circle are left out and told.
pub(crate) fn in_order(
    decoders: Vec<Arc<LoadedDecoder>>,
) -> (Vec<Arc<LoadedDecoder>>, Option<Circle>) {
    let (mut ordered, mut waiting) = (Vec::new(), decoders);
    while !waiting.is_empty() {
        let is_free = |one: &Arc<LoadedDecoder>| !waiting.iter().any(|other| needs(one, other));
        let (free, bound): (Vec<_>, Vec<_>) =
            waiting.iter().map(Arc::clone).partition(|one| is_free(one));
        if free.is_empty() {
            let circle = waiting.iter().map(|one| one.id.clone()).collect();
            return (ordered, Some(Circle(circle)));
        }
        ordered.extend(free);
        waiting = bound;
    }
    (ordered, None)
}

/// Whether a derived decoder needs a measurement that another one makes.
fn needs(one: &LoadedDecoder, other: &LoadedDecoder) -> bool {
    let (Some(one), Some(other)) = (one.decoder.formulas(), other.decoder.formulas()) else {
        return false;
    };
    one.needs().any(|needed| other.gives().any(|given| given == needed))
}
