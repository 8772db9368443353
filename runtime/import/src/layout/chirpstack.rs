//! ChirpStack's device profiles: `vendors/*/vendor.toml`, beside it `devices/*.toml` that name the
//! codecs of each firmware, and `codecs/*.js` with `test_decode_*.json` and `test_encode_*.json`.
//!
//! The `profiles` say how the radio works and nothing about payloads.

use std::{collections::BTreeMap, path::Path};

use champollion_registry::package::Device;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Words, joined, json, licence, link, optional, toml};
use crate::{
    Calling, Catalogue, Codec, Comparison, Example, Folder, ImportError, Problem,
    example::{Kind, examples},
    files::stem,
};

/// The file `vendor.toml` of a vendor.
#[derive(Deserialize)]
struct VendorFile {
    vendor: Vendor,
}

#[derive(Default, Deserialize)]
struct Vendor {
    name: Option<String>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
struct Metadata {
    homepage: Option<String>,
    product_url: Option<String>,
    documentation_url: Option<String>,
}

/// The files `devices/*.toml` of a vendor.
#[derive(Deserialize)]
struct DeviceFile {
    device: DeviceEntry,
}

#[derive(Deserialize)]
struct DeviceEntry {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    firmware: Vec<Firmware>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Firmware {
    #[serde(default)]
    version: Words,
    codec: Option<String>,
}

/// The use of a codec by devices.
#[derive(Default)]
struct Use {
    devices: Vec<Device>,
    descriptions: Vec<String>,
    sources: Vec<String>,
    /// The device that named it, for the report.
    named_in: String,
}

/// Whether a folder looks like this repository.
#[must_use]
pub fn is_catalogue(path: &Path) -> bool {
    let entries = std::fs::read_dir(path.join("vendors")).into_iter().flatten();
    entries.flatten().any(|vendor| {
        let has = |name: &str| vendor.path().join(name).exists();
        has("vendor.toml") || has("codecs")
    })
}

/// Reads a repository of ChirpStack's device profiles.
pub fn read(path: &Path) -> Result<Catalogue, ImportError> {
    let folder = Folder::open(path)?;
    let mut catalogue = Catalogue::default();
    let vendors = folder.folders("vendors", &mut catalogue.problems);
    if vendors.is_empty() {
        return Err(ImportError::OtherLayout {
            folder: path.to_owned(),
            layout: "repository of ChirpStack device profiles",
            missing: "folder vendors with a folder for each maker",
        });
    }
    let licence = licence(&folder);
    for vendor in vendors {
        read_vendor(&folder, &vendor, licence, &mut catalogue);
    }
    catalogue.problems.extend(folder.take_warnings());
    Ok(catalogue)
}

fn read_vendor(
    folder: &Folder,
    id: &str,
    licence: Option<&'static str>,
    catalogue: &mut Catalogue,
) {
    let own = format!("vendors/{id}");
    let problems = &mut catalogue.problems;
    let place = format!("{own}/vendor.toml");
    if !folder.has(&place) {
        problems.push(Problem::new(place.as_str(), "there is no such file"));
    }
    let vendor: Vendor = optional(folder, &place, toml, problems)
        .map(|file: VendorFile| file.vendor)
        .unwrap_or_default();
    let vendor_name = vendor.name.unwrap_or_else(|| id.to_owned());
    let mut uses = read_devices(folder, &own, &vendor_name, problems);
    for name in folder.list(&format!("{own}/codecs"), problems) {
        if name.ends_with(".js") {
            uses.entry(name).or_default();
        } else if let Some(codec) = tested(&name)
            && !folder.has(&format!("{own}/codecs/{codec}"))
        {
            let place = format!("{own}/codecs/{name}");
            problems.push(Problem::new(place, format!("there is no {codec} that it tests")));
        }
    }
    for (file, used) in uses {
        let place = format!("{own}/codecs/{file}");
        let script = folder.read(&place).map_err(|Problem { place, problem }| {
            let named = if used.named_in.is_empty() {
                String::new()
            } else {
                format!(" (named in {})", used.named_in)
            };
            Problem { place, problem: problem + &named }
        });
        let model = stem(&file).to_owned();
        let name = match used.devices.as_slice() {
            [device] => format!("{vendor_name} {}", device.model),
            _ => format!("{vendor_name} {model}"),
        };
        let description = match used.descriptions.as_slice() {
            [one] if !one.is_empty() => one.clone(),
            _ => format!("Decodes what {name} sends."),
        };
        let devices = if used.devices.is_empty() {
            let vendor = vendor_name.clone();
            vec![Device { vendor, model: model.clone(), ..Device::default() }]
        } else {
            used.devices
        };
        catalogue.codecs.push(Codec {
            script,
            vendor: id.to_owned(),
            version: None,
            name,
            description,
            maintainer: vendor_name.clone(),
            licence: licence.map(str::to_owned),
            sources: vendor.metadata.homepage.iter().cloned().chain(used.sources).collect(),
            devices,
            examples: read_examples(folder, &own, &model, &mut catalogue.problems),
            calling: Calling::default(),
            comparison: Comparison::default(),
            model,
            place,
        });
    }
}

/// The script that a file of examples is for: `t1.js` for `test_decode_t1.json`.
fn tested(name: &str) -> Option<String> {
    let stem = name.strip_suffix(".json")?;
    let codec = stem.strip_prefix("test_decode_").or_else(|| stem.strip_prefix("test_encode_"))?;
    Some(format!("{codec}.js"))
}

fn read_devices(
    folder: &Folder,
    own: &str,
    vendor: &str,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Use> {
    let mut uses: BTreeMap<String, Use> = BTreeMap::new();
    let files = folder.list(&format!("{own}/devices"), problems);
    for file in files.iter().filter(|name| name.ends_with(".toml")) {
        let place = format!("{own}/devices/{file}");
        let Some(DeviceFile { device }) = optional(folder, &place, toml, problems) else {
            continue;
        };
        let mut firmware: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for Firmware { version, codec } in device.firmware {
            if let Some(codec) = codec {
                firmware.entry(codec).or_default().push(version.0);
            }
        }
        for (codec, versions) in firmware {
            let used = uses.entry(codec).or_default();
            let Metadata { product_url, documentation_url, .. } = &device.metadata;
            used.devices.push(Device {
                vendor: vendor.to_owned(),
                model: device.name.clone(),
                firmware: joined(&versions),
                product: link(product_url.as_deref()),
                manual: link(documentation_url.as_deref()),
            });
            used.descriptions.push(device.description.trim().to_owned());
            used.sources.extend(product_url.iter().chain(documentation_url).cloned());
            used.named_in.clone_from(&place);
        }
    }
    uses
}

fn read_examples(
    folder: &Folder,
    own: &str,
    codec: &str,
    problems: &mut Vec<Problem>,
) -> Vec<Example> {
    let mut all = Vec::new();
    for (kind, function) in [(Kind::Uplink, "decode"), (Kind::Command, "encode")] {
        let place = format!("{own}/codecs/test_{function}_{codec}.json");
        let list: Json = optional(folder, &place, json, problems).unwrap_or_default();
        all.extend(examples(kind, &list, (&place, ""), problems));
    }
    all
}
