//! A package by the LoRa Alliance's TS013: `index.js`, `metadata.json`, `examples.json`, and often the
//! `package.json` of npm.

use std::path::Path;

use champollion_registry::package::Device;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{json, licence, optional, script::UNKNOWN_VENDOR, shown};
use crate::{
    Catalogue, Codec, Example, Folder, ImportError, Problem,
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

/// Whether a folder looks like such a package.
#[must_use]
pub fn is_package(path: &Path) -> bool {
    [MAIN, "metadata.json", "examples.json"].iter().any(|name| path.join(name).is_file())
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
    let metadata: Metadata =
        optional(&folder, "metadata.json", json, &mut problems).unwrap_or_default();
    let package: NpmPackage =
        optional(&folder, "package.json", json, &mut problems).unwrap_or_default();
    let examples = read_examples(&folder, &mut problems);
    let codec = codec(&folder, metadata, package, examples);
    problems.extend(folder.take_warnings());
    Ok(Catalogue { codecs: vec![codec], problems })
}

fn codec(
    folder: &Folder,
    metadata: Metadata,
    package: NpmPackage,
    examples: Vec<Example>,
) -> Codec {
    // What is published is built into index.js; `main` may name the source that it is built from.
    let main = [Some(MAIN.to_owned()), metadata.main, package.main]
        .into_iter()
        .flatten()
        .map(|name| name.trim_start_matches("./").to_owned())
        .find(|name| folder.has(name))
        .unwrap_or_else(|| MAIN.to_owned());
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
        .unwrap_or_else(|| shown(folder.path()));
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
        devices: vec![Device { vendor: maker, model: name.clone(), firmware: None }],
        name,
        examples,
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

fn read_examples(folder: &Folder, problems: &mut Vec<Problem>) -> Vec<Example> {
    const FILE: &str = "examples.json";
    let list = match optional(folder, FILE, json, problems) {
        Some(Json::Array(list)) => list,
        Some(_) => {
            problems.push(Problem::new(FILE, "the examples must be a list"));
            return Vec::new();
        }
        None => return Vec::new(),
    };
    let read = list.iter().enumerate().filter_map(|(index, written)| {
        let place = format!("{FILE}[{index}]");
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
