//! The guest in Rust, `tests/hostile`, compiled once and told in the file what to do.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// The mark before the byte that says the guest's task.
const MARK: &[u8] = b"champollion-hostile:";

/// The file that does this misdeed, as `tests/hostile/src/lib.rs` names them.
pub(crate) fn hostile(misdeed: u8) -> Vec<u8> {
    static BUILT: LazyLock<Vec<u8>> = LazyLock::new(read);
    let mut file = BUILT.clone();
    let mut marks = file.windows(MARK.len()).enumerate().filter(|(_, bytes)| *bytes == MARK);
    let (mark, _) = marks.next().expect("the guest holds the mark");
    assert!(marks.next().is_none(), "the guest holds the mark twice");
    file[mark + MARK.len()] = misdeed;
    file
}

fn read() -> Vec<u8> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace.join("target"), |folder| workspace.join(PathBuf::from(folder)));
    let path = target.join("hostile/test-hostile-1.0.0.wasm");
    fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; run `cargo xtask guests` first", path.display())
    })
}
