//! Writes attacks and seeds out as files: what `cargo xtask attacks` and `cargo xtask fuzz` run.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use champollion_attacks::{attacks, bombs, fuzz};
use clap::Parser;

/// Writes the attack suite out
#[derive(Parser)]
enum Command {
    /// Every attack as a file, named after what it does
    Attacks {
        /// Folder for the files
        folder: PathBuf,
    },
    /// Write the first inputs of the fuzz targets, in a folder for each target
    Seeds {
        /// Folder for the folders
        folder: PathBuf,
    },
}

fn main() -> ExitCode {
    let written = match Command::parse() {
        Command::Attacks { folder } => write(
            &folder,
            attacks()
                .into_iter()
                .chain(bombs())
                .map(|attack| (attack.file_name(), attack.file))
                .collect(),
        ),
        Command::Seeds { folder } => {
            let (uploads, outputs) = fuzz::seeds();
            let numbered = |seeds: Vec<Vec<u8>>| {
                seeds.into_iter().enumerate().map(|(n, seed)| (format!("{n:03}"), seed)).collect()
            };
            write(&folder.join("upload"), numbered(uploads))
                .and_then(|()| write(&folder.join("output"), numbered(outputs)))
        }
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "this is a command line program")]
fn write(folder: &Path, files: Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let named = |path: &Path, error: io::Error| {
        io::Error::new(error.kind(), format!("{} cannot be written: {error}", path.display()))
    };
    fs::create_dir_all(folder).map_err(|error| named(folder, error))?;
    for (name, content) in &files {
        let path = folder.join(name);
        fs::write(&path, content).map_err(|error| named(&path, error))?;
    }
    println!("{} files in {}", files.len(), folder.display());
    Ok(())
}
