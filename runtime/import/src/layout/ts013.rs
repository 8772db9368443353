//! A package by the LoRa Alliance's TS013: `index.js`, `metadata.json`, `examples.json`, and often the
//! `package.json` of npm.

use std::path::Path;

use champollion_registry::package::Device;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{json, licence, optional, script::UNKNOWN_VENDOR, shown};
use crate::{
    Calling, Catalogue, Codec, Comparison, Example, Folder, ImportError, Problem,
    example::{Kind, example},
};

/// The script, where nothing says otherwise.
const MAIN: &str = "index.js";

/// `metadata.json`, as much of it as is used.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    version: Option<String>,
    description: Option<String>,
    main: Option<String>,
    /// The number that the LoRa Alliance has given the maker, in hexadecimal digits.
    vendor_id: Option<Json>,
    source_url: Option<String>,
}

/// `package.json`, as much of it as is used.
#[derive(Default, Deserialize)]
struct NpmPackage {
    name: Option<String>,
    version: Option<String>,
    description: Option<String>,
    main: Option<String>,
    license: Option<Json>,
    author: Option<Json>,
    homepage: Option<String>,
}

/// Whether a folder looks like such a package. A `package.json` alone is one where the script that it names
/// is there.
#[must_use]
pub fn is_package(path: &Path) -> bool {
    let has = |name: &str| path.join(name).is_file();
    [MAIN, "metadata.json", "examples.json"].into_iter().any(has)
        || npm_main(path).is_some_and(|main| has(&main))
}

/// The script that the `package.json` of a folder names.
fn npm_main(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path.join("package.json")).ok()?;
    let package: NpmPackage = serde_json::from_str(&text).ok()?;
    package.main.map(|main| relative(&main).to_owned()).filter(|main| !main.is_empty())
}

/// A name in the folder, as npm takes it with and without `./`.
fn relative(name: &str) -> &str {
    name.trim().trim_start_matches("./")
}

/// Whether a script cannot be read alone: it takes further files of its folder.
fn takes_files(script: &str) -> bool {
    let quoted = ["require('./", "require(\"./", "require('../", "require(\"../"];
    let imported = ["from './", "from \"./", "from '../", "from \"../"];
    quoted.iter().chain(&imported).any(|words| script.contains(words))
}

/// Reads a package of TS013.
pub fn read(path: &Path) -> Result<Catalogue, ImportError> {
    let folder = Folder::open(path)?;
    if !is_package(folder.path()) {
        return Err(ImportError::OtherLayout {
            folder: path.to_owned(),
            layout: "TS013 package",
            missing: MAIN,
        });
    }
    let mut problems = Vec::new();
    let codec = package_at(&folder, "", &mut problems);
    problems.extend(folder.take_warnings());
    Ok(Catalogue { codecs: vec![codec], problems })
}

/// Reads the package in a folder below the one that is imported, or in that itself: `own` is its path, which
/// ends with a slash where it is not empty.
pub(super) fn package_at(folder: &Folder, own: &str, problems: &mut Vec<Problem>) -> Codec {
    let metadata: Metadata =
        optional(folder, &format!("{own}metadata.json"), json, problems).unwrap_or_default();
    let package: NpmPackage =
        optional(folder, &format!("{own}package.json"), json, problems).unwrap_or_default();
    let examples = read_examples(folder, own, problems);
    codec(folder, own, metadata, package, examples)
}

/// The script of a package: the one that `package.json` names, as npm takes it, or else `metadata.json`, or
/// else the usual one. One that takes further files is the source that the usual one is built from.
fn main_script(folder: &Folder, own: &str, stated: [Option<&str>; 2]) -> String {
    let names = stated.into_iter().flatten().chain([MAIN]);
    let there: Vec<String> = names
        .map(|name| format!("{own}{}", relative(name)))
        .filter(|name| folder.is_file(name))
        .collect();
    let whole =
        there.iter().find(|name| folder.read(name).is_ok_and(|script| !takes_files(&script)));
    whole.or(there.first()).cloned().unwrap_or_else(|| format!("{own}{MAIN}"))
}

fn codec(
    folder: &Folder,
    own: &str,
    metadata: Metadata,
    package: NpmPackage,
    examples: Vec<Example>,
) -> Codec {
    let main = main_script(folder, own, [package.main.as_deref(), metadata.main.as_deref()]);
    let (scope, npm_name) = match package.name.as_deref().map(|name| name.split_once('/')) {
        Some(Some((scope, name))) => (Some(scope.trim_start_matches('@').to_owned()), Some(name)),
        Some(None) => (None, package.name.as_deref()),
        None => (None, None),
    };
    let alliance_id = metadata.vendor_id.as_ref().and_then(text);
    let author = package.author.as_ref().and_then(text);
    let name = metadata
        .name
        .or_else(|| npm_name.map(str::to_owned))
        .unwrap_or_else(|| shown(&folder.path().join(own)));
    let vendor = scope
        .or_else(|| alliance_id.as_ref().map(|id| format!("vendor-{id}")))
        .unwrap_or_else(|| UNKNOWN_VENDOR.to_owned());
    let maker = alliance_id
        .map(|id| format!("LoRa Alliance vendor {id}"))
        .or_else(|| author.clone())
        .unwrap_or_else(|| vendor.clone());
    Codec {
        script: folder.read(&main),
        place: main,
        vendor,
        model: name.clone(),
        version: metadata.version.or(package.version),
        description: metadata
            .description
            .or(package.description)
            .unwrap_or_else(|| format!("Decodes what {name} sends.")),
        maintainer: author.unwrap_or_else(|| maker.clone()),
        licence: package
            .license
            .as_ref()
            .and_then(text)
            .or_else(|| licence(folder).map(str::to_owned)),
        sources: metadata.source_url.into_iter().chain(package.homepage).collect(),
        devices: vec![Device { vendor: maker, model: name.clone(), ..Device::default() }],
        name,
        examples,
        calling: Calling::default(),
        comparison: Comparison::default(),
    }
}

/// A text, or the `name` or `type` of the object that npm has in its place.
fn text(written: &Json) -> Option<String> {
    let text = match written {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        other => other["name"].as_str().or_else(|| other["type"].as_str())?.to_owned(),
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn read_examples(folder: &Folder, own: &str, problems: &mut Vec<Problem>) -> Vec<Example> {
    let file = format!("{own}examples.json");
    let list = match optional(folder, &file, json, problems) {
        Some(Json::Array(list)) => list,
        Some(_) => {
            problems.push(Problem::new(file, "the examples must be a list"));
            return Vec::new();
        }
        None => return Vec::new(),
    };
    let read = list.iter().enumerate().filter_map(|(index, written)| {
        let place = format!("{file}[{index}]");
        let kind = written["type"].as_str().unwrap_or_default();
        let example = match Kind::of_ts013(kind) {
            Some(kind) => example(kind, written, place, index),
            None => Err(Problem::new(
                place,
                format!(
                    "the type is {kind:?}, which must be uplink, downlink-encode or downlink-decode"
                ),
            )),
        };
        example.map_err(|problem| problems.push(problem)).ok()
    });
    read.collect()
}
