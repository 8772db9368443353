//! Makes the packages of a release and says where they are, and how large.
//!
//! `cargo xtask package` builds this program and what it is given, and starts it.

#![forbid(unsafe_code)]

use std::path::PathBuf;

use anyhow::Result;
use champollion_packaging::{Made, Release};
use clap::Parser;
use jiff::Timestamp;

/// Makes the packages of a release
#[derive(Parser)]
#[command(name = "champollion-packaging")]
struct Cli {
    /// The file of the binary `champollion`
    #[arg(long, value_name = "FILE")]
    binary: PathBuf,
    /// The folder of the decoders' packages
    #[arg(long, value_name = "DIR")]
    library: PathBuf,
    /// The folder of the sources
    #[arg(long, value_name = "DIR")]
    sources: PathBuf,
    /// The moment that files and packages are dated to, in seconds since 1970
    #[arg(long, value_name = "SECONDS")]
    moment: i64,
    /// The folder that the packages are put into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

fn main() -> Result<()> {
    let Cli { binary, library, sources, moment, out } = Cli::parse();
    let release = Release { binary, library, sources, moment: Timestamp::from_second(moment)? };
    release.write(&out)?.iter().for_each(tell);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "this is a command line program")]
fn tell(made: &Made) {
    let megabytes = made.bytes as f64 / 1e6;
    println!("{}: {megabytes:.1} MB, sha256 {}", made.path.display(), made.digest);
}
