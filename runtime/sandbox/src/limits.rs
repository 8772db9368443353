//! What one call of a decoder may use and return.

/// Limits of one call. Each is far above what decoders of real sensors need and far below what would
/// hurt the machine, and each ends in its own error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Fuel: about one unit for each WebAssembly instruction and for each byte that a bulk
    /// operation moves. The same on every machine, however busy it is.
    pub fuel: u64,
    /// Linear memory in bytes.
    pub memory_bytes: usize,
    /// Elements of all tables together.
    pub table_elements: usize,
    /// Size of the component in bytes, checked before it is compiled.
    pub component_bytes: usize,
    /// Bytes that a call may hand to the host in all, before anything of it is looked at.
    pub output_bytes: usize,
    /// Bytes of the JSON text of `data`.
    pub data_bytes: usize,
    /// Levels of objects and lists in `data`.
    pub data_depth: usize,
    /// Number of measurements.
    pub measurements: usize,
    /// Number of warnings.
    pub warnings: usize,
    /// Bytes of one text: a warning, a failure's message, a measurement's text.
    pub text_bytes: usize,
    /// Bytes of a device's state.
    pub state_bytes: usize,
}

impl Limits {
    /// About 10 ms on a slow core: a telegram with a day's history takes 1/500 of it.
    pub const FUEL: u64 = 10_000_000;
    /// 4 MiB: the SDK's decoders take 128 KiB, and tables of a large family of devices some more.
    pub const MEMORY_BYTES: usize = 4 << 20;
    /// Rust needs one element for each function whose address is taken: some hundreds.
    pub const TABLE_ELEMENTS: usize = 10_000;
    /// 4 MiB: a decoder in Rust takes 100 KB.
    pub const COMPONENT_BYTES: usize = 4 << 20;
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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: Self::FUEL,
            memory_bytes: Self::MEMORY_BYTES,
            table_elements: Self::TABLE_ELEMENTS,
            component_bytes: Self::COMPONENT_BYTES,
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
