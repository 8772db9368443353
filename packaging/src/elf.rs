//! The little of a program's file that packages must know: its processor, and the C library that it asks for.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail, ensure};

/// A processor, by the names that Debian and container images have for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Processor {
    pub(crate) debian: &'static str,
    pub(crate) image: &'static str,
}

/// Begins the name of a version of the C library in the table of a program's versions.
const VERSION: &[u8] = b"GLIBC_2.";

/// Reads the processor that a program is for.
pub(crate) fn processor(program: &[u8]) -> Result<Processor> {
    ensure!(program.starts_with(b"\x7fELF"), "the binary is no program of Linux");
    match program.get(18..20) {
        Some([0x3E, 0]) => Ok(Processor { debian: "amd64", image: "amd64" }),
        Some([0xB7, 0]) => Ok(Processor { debian: "arm64", image: "arm64" }),
        _ => bail!("the binary is for a processor that no package is made for"),
    }
}

/// Reads the newest version of the C library that a program asks for: the number behind `2.`.
pub(crate) fn c_library(program: &[u8]) -> Option<u32> {
    let starts = program.windows(VERSION.len()).enumerate();
    let named = starts.filter(|(_, window)| *window == VERSION);
    named.filter_map(|(at, _)| minor(&program[at + VERSION.len()..])).max()
}

/// The number that ends with the text. Names such as `GLIBC_2.2.5` are older than all that have a number alone.
fn minor(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let ends = text.get(digits) == Some(&0);
    let number = str::from_utf8(&text[..digits]).ok()?;
    if ends { number.parse().ok() } else { None }
}

/// Reads a program into memory.
pub(crate) fn read(program: &Path) -> Result<Vec<u8>> {
    fs::read(program).with_context(|| format!("{} cannot be read", program.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_read_from_the_head_of_a_program() {
        let mut head = b"\x7fELF".to_vec();
        head.resize(20, 0);
        head[18] = 0x3E;
        assert_eq!(processor(&head).unwrap().debian, "amd64");
        head[18] = 0xB7;
        assert_eq!(processor(&head).unwrap().image, "arm64");
        head[18] = 0x08;
        assert!(processor(&head).is_err());
        assert!(processor(b"#!/bin/sh\n").is_err());
    }

    #[test]
    fn the_newest_version_of_the_c_library_counts() {
        let table = b"x\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.9\0GLIBC_2.99 in a text\0";
        assert_eq!(c_library(table), Some(34));
        assert_eq!(c_library(b"static"), None);
    }
}
