//! Attacks by values that a spreadsheet would take for formulas.
