//! What is used of other people's JavaScript: installed from npm, never part of the repository.

use std::fs;

use anyhow::Result;

use crate::shell::{command, run, say, target};

/// Packages, each with a file by which it is known to be there.
const PACKAGES: [(&str, &str); 3] = [
    // What ChirpStack offers to its codecs, in a version of the same major number; measured.
    ("buffer@6", "buffer/index.js"),
    // The codecs of a maker, under the MIT licence, with frames of each product; tested.
    ("@adeunis/codecs@1.6.1", "@adeunis/codecs/dist/lib.public.js"),
    // What recipients of webhooks check signatures with; tested.
    ("standardwebhooks@1.1.1", "standardwebhooks/dist/index.js"),
];

/// Installs the packages into `target/npm`, and tells whether they are there. Where there is no npm,
/// whoever uses them goes without.
pub(crate) fn install() -> Result<bool> {
    let folder = target().join("npm");
    let modules = folder.join("node_modules");
    if PACKAGES.iter().all(|(_, file)| modules.join(file).is_file()) {
        return Ok(true);
    }
    fs::create_dir_all(&folder)?;
    let mut npm = command("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix"]);
    // All at once: npm takes away what was installed so before.
    npm.arg(&folder).args(PACKAGES.map(|(package, _)| package));
    match run(&mut npm) {
        Ok(()) => Ok(true),
        Err(error) => {
            say(format_args!("{error:#}"));
            Ok(false)
        }
    }
}
