//! The suite, a file for each thing that is attacked.

mod compiler;
mod content;
mod files;
mod lies;
mod resources;
mod rust;
mod structure;
mod words;

use crate::Attack;

/// Every attack but the [`bombs`]. Takes a second or so, and some hundred megabytes of address space.
///
/// # Panics
/// Where the guest in Rust was not built; the message says how to build it.
#[must_use]
pub fn attacks() -> Vec<Attack> {
    [
        resources::attacks(),
        rust::attacks(),
        lies::attacks(),
        content::attacks(),
        words::attacks(),
        files::attacks(),
        structure::attacks(),
        compiler::attacks(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Attacks that only a compiler with bounds of its own stands: where it has none, they keep it busy
/// for minutes. `champollion` compiles in a process that has them.
#[must_use]
pub fn bombs() -> Vec<Attack> {
    compiler::bombs()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn each_attack_has_a_file_name_of_its_own() {
        let attacks: Vec<_> = super::attacks().into_iter().chain(super::bombs()).collect();
        let names: BTreeSet<_> = attacks.iter().map(super::Attack::file_name).collect();
        assert_eq!(names.len(), attacks.len());
    }
}
