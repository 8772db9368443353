//! The bounds of sheets.

use serde::Deserialize;

/// The bounds of a sheet that is read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SheetLimits {
    /// Most bytes of a file.
    pub file_bytes: usize,
    /// Most bytes that a workbook unpacks to.
    pub unpacked_bytes: usize,
    /// Most rows, those without a word among them.
    pub rows: usize,
    /// Most cells of all rows.
    pub cells: usize,
}

impl Default for SheetLimits {
    fn default() -> Self {
        Self { file_bytes: 32 << 20, unpacked_bytes: 256 << 20, rows: 100_000, cells: 4_000_000 }
    }
}
