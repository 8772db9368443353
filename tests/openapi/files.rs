//! Files of `docs/` that are made of what the server says.

use std::{env, fs};

use champollion_tests::workspace;

/// Compares a file with what it should hold, or writes it, with `CHAMPOLLION_BLESS` in the environment.
#[track_caller]
pub(crate) fn holds(path: &str, content: &str) {
    let file = workspace().join(path);
    if env::var_os("CHAMPOLLION_BLESS").is_some() {
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("it can be made");
        fs::write(&file, content).expect("it can be written");
        return;
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        written == content,
        "{path} is not what the server says: run the test with CHAMPOLLION_BLESS=1 to write it"
    );
}
