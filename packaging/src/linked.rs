//! The libraries of the system that a program is linked with.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::elf::{self, Processor};

/// The package of the C library, whose versions programs ask for.
const C_LIBRARY: &str = "libc6";

/// The needs of a program beside itself.
#[derive(Clone, Debug)]
pub(crate) struct Linked {
    pub(crate) processor: Processor,
    /// The files of its libraries and of the program that loads them; none where it is static.
    pub(crate) files: BTreeSet<PathBuf>,
    /// The newest version of the C library that it asks for.
    c_library: Option<u32>,
}

impl Linked {
    pub(crate) fn of(program: &Path) -> Result<Self> {
        let bytes = elf::read(program)?;
        let (processor, c_library) = (elf::processor(&bytes)?, elf::c_library(&bytes));
        let output =
            Command::new("ldd").arg(program).output().context("`ldd` cannot be started")?;
        let listed = String::from_utf8_lossy(&output.stdout).into_owned();
        // Of a static program ldd says so, and fails.
        let files = if output.status.success() { files(&listed)? } else { BTreeSet::new() };
        Ok(Self { processor, files, c_library })
    }

    /// The packages of Debian that hold the libraries, as `Depends` names them.
    pub(crate) fn packages(&self) -> Result<BTreeSet<String>> {
        let named: Result<BTreeSet<String>> = self.files.iter().map(|file| package(file)).collect();
        Ok(named?.into_iter().map(|name| self.with_version(name)).collect())
    }

    fn with_version(&self, package: String) -> String {
        match self.c_library {
            Some(minor) if package == C_LIBRARY => format!("{package} (>= 2.{minor})"),
            _ => package,
        }
    }
}

/// Reads the paths of ldd's lines: `name => /path (address)`, or `/path (address)` of the loader.
fn files(listed: &str) -> Result<BTreeSet<PathBuf>> {
    let missing = listed.lines().find(|line| line.contains("not found"));
    ensure!(missing.is_none(), "a library is missing: {}", missing.unwrap_or_default().trim());
    let path = |line: &str| {
        let found = line.split_once("=>").map_or(line, |(_, found)| found).trim();
        let path = found.split(" (").next()?.trim();
        path.starts_with('/').then(|| PathBuf::from(path))
    };
    Ok(listed.lines().filter_map(path).collect())
}

/// The package of Debian that a library belongs to. Where folders of `/` are links into `/usr`, dpkg knows the file by
/// one of its two paths.
fn package(library: &Path) -> Result<String> {
    let within = library.strip_prefix("/usr").unwrap_or(library);
    let without = Path::new("/").join(within.strip_prefix("/").unwrap_or(within));
    let with = Path::new("/usr").join(within.strip_prefix("/").unwrap_or(within));
    let owner = [without, with].into_iter().find_map(|path| owner(&path));
    owner.with_context(|| format!("no package of Debian has {}", library.display()))
}

fn owner(path: &Path) -> Option<String> {
    let output = Command::new("dpkg-query").arg("--search").arg(path).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (name, _) = said.lines().find(|line| !line.starts_with("diversion"))?.split_once(':')?;
    output.status.success().then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_from_the_lines_of_ldd() {
        let listed = "\tlinux-vdso.so.1 (0x0)\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\t/lib64/ld.so.2 (0x2)\n";
        let found: Vec<PathBuf> = files(listed).unwrap().into_iter().collect();
        assert_eq!(found, [Path::new("/lib/libc.so.6"), Path::new("/lib64/ld.so.2")]);
        assert!(files("\tlibx.so => not found\n").unwrap_err().to_string().contains("libx.so"));
    }
}
