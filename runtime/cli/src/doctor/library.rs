//! The decoders: whether any package is published, without which all records are raw.

use std::path::Path;

use super::{super::plural::counted_is, disk::files_below, finding::Finding};

/// The folder of the packages within the data folder.
const PACKAGES: &str = "packages";

pub(super) fn check(data_dir: &Path) -> Finding {
    let check = "library";
    match files_below(&data_dir.join(PACKAGES)).len() {
        0 => Finding::warn(check, "no decoder is published, so all records are raw")
            .advising("start the server and run `champollion catalogue install --key library.key`"),
        count => Finding::ok(check, format!("{} published", counted_is(count, "package"))),
    }
}
