//! JavaScript of others: installed from npm, never part of the repository.

use std::fs;

use anyhow::Result;

use crate::{
    install::{Installing, Need},
    shell::{command, run, say, shown, target},
};

/// Packages, each with a file by which it is known to be there.
const PACKAGES: [(&str, &str); 10] = [
    // What ChirpStack offers to its codecs, in a version of the same major number; measured.
    ("buffer@6", "buffer/index.js"),
    // The codecs of a maker, under the MIT licence, with frames of each product; tested.
    ("@adeunis/codecs@1.6.1", "@adeunis/codecs/dist/lib.public.js"),
    // What recipients of webhooks check signatures with; tested.
    ("standardwebhooks@1.1.1", "standardwebhooks/dist/index.js"),
    // What reads files of Parquet; tested.
    ("hyparquet@1.33.0", "hyparquet/package.json"),
    // A client is made of `/openapi.json` and used; tested.
    ("openapi-typescript@7.13.0", "openapi-typescript/bin/cli.js"),
    ("openapi-fetch@0.17.0", "openapi-fetch/package.json"),
    ("typescript@5.9.3", "typescript/bin/tsc"),
    // A provider of OpenID Connect, at which people sign in; tested.
    ("oidc-provider@9.13.3", "oidc-provider/package.json"),
    // Chromium is driven through every page, and the rules of accessibility are held against it; tested.
    ("playwright-core@1.65.1", "playwright-core/package.json"),
    ("axe-core@4.14.1", "axe-core/axe.min.js"),
];

/// Installs the packages into `target/npm`, and tells whether they are there. Where there is no npm, or
/// nothing may be installed, `left_out` is done without.
pub(crate) fn provide(installing: Installing, left_out: &str) -> Result<bool> {
    let folder = target().join("npm");
    let modules = folder.join("node_modules");
    if PACKAGES.iter().all(|(_, file)| modules.join(file).is_file()) {
        return Ok(true);
    }
    let mut npm = command("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix"]);
    // All at once: npm takes away what was installed so before.
    npm.arg(&folder).args(PACKAGES.map(|(package, _)| package));
    let need = Need {
        what: &format!("{} from npm into target/npm", PACKAGES.map(|(name, _)| name).join(", ")),
        why: "other people's codecs and libraries are compared with ours",
        command: &shown(&npm),
    };
    if !installing.announce(&need, left_out) {
        return Ok(false);
    }
    fs::create_dir_all(&folder)?;
    if let Err(error) = run(&mut npm) {
        say(format_args!("{error:#}: {left_out} left out"));
        return Ok(false);
    }
    Ok(true)
}
