//! A derived candidate beside the version that a device gets now, on the same readings, each with what it remembers.

use std::{collections::HashMap, sync::Arc};

use champollion_registry::{LoadedDecoder, channels::Observed};
use champollion_sandbox::{Call, Derivation, Formulas, Memory, Observation};

/// The memory of the derived decoders of a device, which begins with nothing.
#[derive(Default)]
pub(super) struct Memories {
    present: HashMap<String, Memory>,
    candidate: Option<Memory>,
}

impl Memories {
    /// Derives of a reading by the decoders that run on it now, one after the other, and by the candidate in the place of
    /// the last one. Gives what both of these make.
    pub(super) fn derive(
        &mut self,
        mut observed: Observation,
        derived: &[Arc<LoadedDecoder>],
        candidate: &Formulas,
    ) -> Option<[Observed; 2]> {
        let (last, before) = derived.split_last()?;
        for decoder in before {
            if let Ok(made) = self.call(decoder, &mut observed).result {
                observed.measurements.extend(made.measurements);
            }
        }
        let present = self.call(last, &mut observed);
        observed.before.clone_from(&self.candidate);
        let candidate = candidate.derive(&observed);
        remember(&candidate, |memory| self.candidate = Some(memory));
        Some([present, candidate].map(Observed::of_derivation))
    }

    fn call(&mut self, decoder: &LoadedDecoder, observed: &mut Observation) -> Call<Derivation> {
        let name = decoder.id.to_string();
        observed.before = self.present.get(&name).cloned();
        let call = decoder.decoder.derive(observed);
        remember(&call, |memory| drop(self.present.insert(name, memory)));
        call
    }
}

fn remember(call: &Call<Derivation>, keep: impl FnOnce(Memory)) {
    if let Ok(Derivation { remembered: Some(memory), .. }) = &call.result {
        keep(memory.clone());
    }
}
