//! Layouts of codecs that others keep: one file for each, from files to [`Catalogue`](super::Catalogue).

pub mod actility;
pub mod chirpstack;
pub mod folders;
pub mod script;
pub mod ts013;
pub mod ttn;

use std::path::Path;

use champollion_registry::package::Link;

use super::{Catalogue, Folder, ImportError, Problem, text};

/// The ways in which codecs are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// The Things Network's device repository.
    Ttn,
    /// ChirpStack's device profiles, a file for each device.
    ChirpStack,
    /// Actility's catalogue of ThingPark drivers.
    Actility,
    /// A package by the LoRa Alliance's TS013.
    Ts013,
    /// Packages and scripts in folders of any depth.
    Folders,
    /// A single script of JavaScript.
    Script,
}

/// Says whether a file or folder has a layout.
type Recognizes = fn(&Path) -> bool;

impl Layout {
    /// The layout of a file or folder, by what is in it.
    #[must_use]
    pub fn recognized(path: &Path) -> Option<Self> {
        if path.is_file() {
            return Some(Self::Script);
        }
        let shapes: [(Recognizes, Self); 5] = [
            (ts013::is_package, Self::Ts013),
            (actility::is_catalogue, Self::Actility),
            (chirpstack::is_catalogue, Self::ChirpStack),
            (ttn::is_catalogue, Self::Ttn),
            (folders::has_codecs, Self::Folders),
        ];
        shapes.into_iter().find(|(has, _)| has(path)).map(|(_, layout)| layout)
    }

    /// Reads what is laid out so.
    pub fn read(self, path: &Path) -> Result<Catalogue, ImportError> {
        match self {
            Self::Ttn => ttn::read(path),
            Self::ChirpStack => chirpstack::read(path),
            Self::Actility => actility::read(path),
            Self::Ts013 => ts013::read(path),
            Self::Folders => folders::read(path),
            Self::Script => script::read(path),
        }
    }
}

/// The link that a catalogue names; none where it is no address of the web.
fn link(text: Option<&str>) -> Option<Link> {
    text?.trim().parse().ok()
}

/// The SPDX expression of the licence that lies in a folder, where it is one of the two that such
/// catalogues have.
fn licence(folder: &Folder) -> Option<&'static str> {
    let text = ["LICENSE", "LICENSE.txt", "LICENSE.md"]
        .into_iter()
        .find_map(|name| folder.read(name).ok())?;
    let has = |words: &str| text.contains(words);
    if has("Apache License") && has("Version 2.0") {
        Some("Apache-2.0")
    } else if has("Permission is hereby granted, free of charge, to any person obtaining a copy") {
        Some("MIT")
    } else {
        None
    }
}

/// A file that may be missing: what it holds, or nothing where it cannot be used.
fn optional<T: serde::de::DeserializeOwned>(
    folder: &Folder,
    place: &str,
    read: fn(&str, &str) -> Result<T, Problem>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    if !folder.has(place) {
        return None;
    }
    let content = folder.read(place).and_then(|text| read(&text, place));
    content.map_err(|problem| problems.push(problem)).ok()
}

/// A text that the file may well write as a number.
#[derive(Clone, Debug, Default)]
struct Words(String);

impl<'de> serde::Deserialize<'de> for Words {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl serde::de::Visitor<'_> for Reader {
            type Value = Words;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a text or a number")
            }

            fn visit_str<E>(self, text: &str) -> Result<Words, E> {
                Ok(Words(text.trim().to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Words, E> {
                Ok(Words(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Words, E> {
                Ok(Words(number.to_string()))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Words, E> {
                Ok(Words(number.to_string()))
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Words, E> {
                Ok(Words(flag.to_string()))
            }
        }
        // As a text where the format leaves the choice: as a number, 1.10 would be 1.1.
        deserializer.deserialize_str(Reader)
    }
}

/// The name of a file for people.
fn shown(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The firmware of a device that uses a codec, in one text: `1.0, 1.1`.
fn joined(versions: &[String]) -> Option<String> {
    let mut unique: Vec<&str> = Vec::new();
    for version in versions.iter().map(String::as_str).filter(|version| !version.is_empty()) {
        if !unique.contains(&version) {
            unique.push(version);
        }
    }
    (!unique.is_empty()).then(|| unique.join(", "))
}

use text::{json, toml, yaml};
