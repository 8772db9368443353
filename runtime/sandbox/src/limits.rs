//! Limits of a decoder, and of one call of it.

use serde::{Deserialize, Serialize};

/// All limits. Each is far above what decoders of real sensors need and far below what would hurt
/// the machine, and each ends in its own error, which names it and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Limits {
    /// Size of the component in bytes, checked before anything else is done with it.
    pub component_bytes: usize,
    /// Functions in a component.
    pub functions: usize,
    /// Bytes of the code of one function.
    pub function_bytes: usize,
    /// Local variables of one function.
    pub locals: usize,
    /// Time of the processor in milliseconds for compiling a component; it is not the clock's, so a
    /// busy machine refuses nothing that an idle one takes. Enforced where components are compiled
    /// in a process of their own ([`Compiler::Worker`](crate::Compiler)).
    pub compile_ms: u64,
    /// Memory in bytes for compiling a component, enforced like the time.
    pub compile_memory_bytes: usize,
    /// Fuel of one call: about one unit for each WebAssembly instruction and for each byte that a
    /// bulk operation moves, the image of its memory included. The same on every machine, however
    /// busy it is.
    pub fuel: u64,
    /// Linear memory in bytes. Loading a large script has more, by its size
    /// ([`Script::LOAD_MEMORY_FACTOR`](crate::Script::LOAD_MEMORY_FACTOR)).
    pub memory_bytes: usize,
    /// Elements of all tables together.
    pub table_elements: usize,
    /// Stack of WebAssembly code in bytes, the one that calls nest on. It is the engine's, so it
    /// cannot be lowered for one decoder.
    pub stack_bytes: usize,
    /// Bytes of all lists and texts that a call may hand to the host, counted before they are looked
    /// at.
    pub output_bytes: usize,
    /// Bytes of the JSON text of `data`.
    pub data_bytes: usize,
    /// Levels of objects and lists in `data`.
    pub data_depth: usize,
    /// Number of measurements in a reading.
    pub measurements: usize,
    /// Number of warnings in a result.
    pub warnings: usize,
    /// Bytes of one text: a warning, a failure's message, a measurement's text.
    pub text_bytes: usize,
    /// Bytes of a device's state.
    pub state_bytes: usize,
}

impl Limits {
    /// 4 MiB: a decoder in Rust takes 100 KB.
    pub const COMPONENT_BYTES: usize = 4 << 20;
    /// A decoder in Rust has some hundreds.
    pub const FUNCTIONS: usize = 10_000;
    /// 256 KiB: the largest of ours has 30 KB. The compiler's time grows faster than the size of a
    /// function.
    pub const FUNCTION_BYTES: usize = 256 << 10;
    /// The largest function of ours has some hundreds.
    pub const LOCALS: usize = 10_000;
    /// 2 s: four times what the largest of ours takes in a build without much optimization. Where other
    /// threads share a core, the same work is charged up to twice the time.
    pub const COMPILE_MS: u64 = 2_000;
    /// 512 MiB: the largest of ours takes 40.
    pub const COMPILE_MEMORY_BYTES: usize = 512 << 20;
    /// About 10 ms on a slow core: a telegram with a day's history takes 1/500 of it.
    pub const FUEL: u64 = 10_000_000;
    /// 4 MiB: the SDK's decoders take 64 KiB, and tables of a large family of devices some more.
    pub const MEMORY_BYTES: usize = 4 << 20;
    /// Rust needs one element for each function whose address is taken: some hundreds.
    pub const TABLE_ELEMENTS: usize = 10_000;
    /// 512 KiB. Decoders are built with 16 KiB in their own memory; recursion deep enough to reach
    /// this burns its fuel first in any sane program.
    pub const STACK_BYTES: usize = 512 << 10;
    /// 1 MiB: ten times what the limits below can add up to in a sensible reading.
    pub const OUTPUT_BYTES: usize = 1 << 20;
    /// 64 KiB: a payload has 242 bytes at most.
    pub const DATA_BYTES: usize = 64 << 10;
    /// Makers nest to 4 or 5 levels.
    pub const DATA_DEPTH: usize = 32;
    /// A payload has 1,936 bits, and no value takes less than one.
    pub const MEASUREMENTS: usize = 2_000;
    /// More than a person would read.
    pub const WARNINGS: usize = 64;
    /// 1 KiB: some sentences.
    pub const TEXT_BYTES: usize = 1 << 10;
    /// 1 KiB, as the contract says.
    pub const STATE_BYTES: usize = 1 << 10;

    /// These limits, with those of them lowered that `lower` names. What `lower` has higher stays as
    /// it is: one decoder may get less than all others, never more.
    #[must_use]
    pub fn lowered(&self, lower: &CallLimits) -> Self {
        let least = |own: usize, lower: Option<usize>| lower.map_or(own, |lower| own.min(lower));
        Self {
            fuel: lower.fuel.map_or(self.fuel, |lower| self.fuel.min(lower)),
            memory_bytes: least(self.memory_bytes, lower.memory_bytes),
            table_elements: least(self.table_elements, lower.table_elements),
            output_bytes: least(self.output_bytes, lower.output_bytes),
            data_bytes: least(self.data_bytes, lower.data_bytes),
            data_depth: least(self.data_depth, lower.data_depth),
            measurements: least(self.measurements, lower.measurements),
            warnings: least(self.warnings, lower.warnings),
            text_bytes: least(self.text_bytes, lower.text_bytes),
            state_bytes: least(self.state_bytes, lower.state_bytes),
            ..self.clone()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: Self::COMPONENT_BYTES,
            functions: Self::FUNCTIONS,
            function_bytes: Self::FUNCTION_BYTES,
            locals: Self::LOCALS,
            compile_ms: Self::COMPILE_MS,
            compile_memory_bytes: Self::COMPILE_MEMORY_BYTES,
            fuel: Self::FUEL,
            memory_bytes: Self::MEMORY_BYTES,
            table_elements: Self::TABLE_ELEMENTS,
            stack_bytes: Self::STACK_BYTES,
            output_bytes: Self::OUTPUT_BYTES,
            data_bytes: Self::DATA_BYTES,
            data_depth: Self::DATA_DEPTH,
            measurements: Self::MEASUREMENTS,
            warnings: Self::WARNINGS,
            text_bytes: Self::TEXT_BYTES,
            state_bytes: Self::STATE_BYTES,
        }
    }
}

/// The limits of a call that can be lowered for one decoder; the fields are those of [`Limits`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each is documented at the field of the same name")]
pub struct CallLimits {
    pub fuel: Option<u64>,
    pub memory_bytes: Option<usize>,
    pub table_elements: Option<usize>,
    pub output_bytes: Option<usize>,
    pub data_bytes: Option<usize>,
    pub data_depth: Option<usize>,
    pub measurements: Option<usize>,
    pub warnings: Option<usize>,
    pub text_bytes: Option<usize>,
    pub state_bytes: Option<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_one_decoder_can_be_lower_and_never_higher() {
        let all = Limits::default();
        let lower = CallLimits { fuel: Some(1_000), warnings: Some(1_000), ..Default::default() };
        let lowered = all.lowered(&lower);
        assert_eq!((lowered.fuel, lowered.warnings), (1_000, Limits::WARNINGS));
        assert_eq!(Limits { fuel: all.fuel, ..lowered }, all);
    }
}
