//! The Things Network's device repository: `vendor/index.yaml`, `vendor/*/index.yaml` that lists the
//! devices of a maker, a file for each device that names the codec of each firmware and region, and
//! the codecs' own files with the names of their scripts and examples.
//!
//! The profiles say how the radio works and nothing about payloads.

use std::{collections::BTreeMap, path::Path};

use champollion_registry::package::Device;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Words, joined, licence, link, optional, yaml};
use crate::{
    Calling, Catalogue, Codec, Comparison, Example, Folder, ImportError, Problem,
    example::{Kind, examples},
    files::{beside, stem},
    scripts::{Part, join},
};

/// Whether a file of this name is a codec's, though no device names it.
fn is_codec(name: &str) -> bool {
    name.contains("codec") && name.ends_with(".yaml")
}

/// The file `vendor/index.yaml`, which lists the vendors.
#[derive(Default, Deserialize)]
struct VendorsIndex {
    #[serde(default)]
    vendors: Vec<VendorEntry>,
}

#[derive(Deserialize)]
struct VendorEntry {
    id: String,
    name: Option<String>,
    website: Option<String>,
}

/// The files `vendor/*/index.yaml`, which list a vendor's devices.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VendorIndex {
    #[serde(default)]
    end_devices: Vec<Words>,
}

/// The files `vendor/*/DEVICE.yaml`, one for each device.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndDevice {
    name: Words,
    description: Option<Words>,
    #[serde(default)]
    firmware_versions: Vec<Firmware>,
    #[serde(rename = "productURL")]
    product_url: Option<String>,
    #[serde(rename = "dataSheetURL")]
    data_sheet_url: Option<String>,
}

#[derive(Deserialize)]
struct Firmware {
    version: Option<Words>,
    #[serde(default)]
    profiles: BTreeMap<String, Option<Profile>>,
}

#[derive(Deserialize)]
struct Profile {
    codec: Option<String>,
}

/// The files `vendor/*/CODEC.yaml`, one for each codec.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CodecFile {
    uplink_decoder: Option<Function>,
    downlink_encoder: Option<Function>,
    downlink_decoder: Option<Function>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Function {
    file_name: String,
    #[serde(default)]
    examples: Json,
}

/// A maker of devices.
struct Vendor {
    /// The name of its folder.
    id: String,
    /// Its name for people.
    name: String,
    website: Option<String>,
}

/// The use of a codec by devices.
#[derive(Default)]
struct Use {
    devices: Vec<Device>,
    descriptions: Vec<String>,
    sources: Vec<String>,
}

/// Codecs of the same scripts are one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Scripts {
    uplink_decoder: Option<String>,
    downlink_encoder: Option<String>,
    downlink_decoder: Option<String>,
}

/// Whether a folder looks like this repository.
#[must_use]
pub fn is_catalogue(path: &Path) -> bool {
    path.join("vendor/index.yaml").is_file()
}

/// Reads a repository of The Things Network's devices.
pub fn read(path: &Path) -> Result<Catalogue, ImportError> {
    let folder = Folder::open(path)?;
    let mut catalogue = Catalogue::default();
    let vendors = vendors(&folder, &mut catalogue.problems);
    if vendors.is_empty() {
        return Err(ImportError::OtherLayout {
            folder: path.to_owned(),
            layout: "device repository of The Things Network",
            missing: "folder vendor with an index.yaml and a folder for each maker",
        });
    }
    let licence = licence(&folder);
    for vendor in &vendors {
        read_vendor(&folder, vendor, licence, &mut catalogue);
    }
    catalogue.problems.extend(folder.take_warnings());
    Ok(catalogue)
}

/// All makers that have a folder; those that the index does not list go by the name of theirs.
fn vendors(folder: &Folder, problems: &mut Vec<Problem>) -> Vec<Vendor> {
    const INDEX: &str = "vendor/index.yaml";
    let index: VendorsIndex = optional(folder, INDEX, yaml, problems).unwrap_or_default();
    let mut listed: BTreeMap<String, VendorEntry> = BTreeMap::new();
    for entry in index.vendors {
        let id = entry.id.clone();
        if listed.insert(id.clone(), entry).is_some() {
            problems.push(Problem::new(INDEX, format!("the maker {id:?} is listed twice")));
        }
    }
    let folders = folder.folders("vendor", problems).into_iter();
    let named = folders.map(|id| {
        let (name, website) =
            listed.remove(&id).map_or((None, None), |entry| (entry.name, entry.website));
        Vendor { name: name.unwrap_or_else(|| id.clone()), website, id }
    });
    named.collect()
}

fn read_vendor(
    folder: &Folder,
    vendor: &Vendor,
    licence: Option<&'static str>,
    catalogue: &mut Catalogue,
) {
    let own = format!("vendor/{}", vendor.id);
    let problems = &mut catalogue.problems;
    let mut uses = read_devices(folder, &own, vendor, problems);
    for file in folder.list(&own, problems) {
        if is_codec(&file) {
            uses.entry(stem(&file).to_owned()).or_default();
        }
    }
    let mut codecs: BTreeMap<Scripts, Vec<(String, CodecFile, Use)>> = BTreeMap::new();
    for (name, used) in uses {
        let place = format!("{own}/{name}.yaml");
        let file: Option<CodecFile> = match folder.read(&place).and_then(|text| yaml(&text, &place))
        {
            Ok(file) => file,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        match file.map(|file| (file.scripts(), file)) {
            Some((scripts, file)) if scripts.is_any() => {
                codecs.entry(scripts).or_default().push((place, file, used));
            }
            _ => problems.push(Problem::new(place, "it names no script")),
        }
    }
    for (scripts, files) in codecs {
        let codec = codec(folder, vendor, licence, &scripts, files, &mut catalogue.problems);
        catalogue.codecs.push(codec);
    }
}

fn read_devices(
    folder: &Folder,
    own: &str,
    vendor: &Vendor,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Use> {
    let mut uses: BTreeMap<String, Use> = BTreeMap::new();
    let place = format!("{own}/index.yaml");
    let index: VendorIndex = optional(folder, &place, yaml, problems).unwrap_or_default();
    let mut ids: Vec<String> = index.end_devices.into_iter().map(|id| id.0).collect();
    ids.sort();
    for pair in ids.windows(2).filter(|pair| pair[0] == pair[1]) {
        problems.push(Problem::new(
            place.as_str(),
            format!("the device {:?} is listed twice", pair[0]),
        ));
    }
    ids.dedup();
    for id in ids {
        let place = format!("{own}/{id}.yaml");
        let device: EndDevice = match folder.read(&place).and_then(|text| yaml(&text, &place)) {
            Ok(device) => device,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let mut firmware: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for Firmware { version, profiles } in device.firmware_versions {
            let version = version.unwrap_or_default().0;
            for codec in profiles.into_values().flatten().filter_map(|profile| profile.codec) {
                firmware.entry(codec).or_default().push(version.clone());
            }
        }
        let description = device.description.unwrap_or_default().0;
        for (codec, versions) in firmware {
            let used = uses.entry(codec).or_default();
            used.devices.push(Device {
                vendor: vendor.name.clone(),
                model: device.name.0.clone(),
                firmware: joined(&versions),
                product: link(device.product_url.as_deref()),
                manual: link(device.data_sheet_url.as_deref()),
            });
            used.descriptions.push(description.clone());
            used.sources.extend(device.product_url.iter().chain(&device.data_sheet_url).cloned());
        }
    }
    uses
}

fn codec(
    folder: &Folder,
    vendor: &Vendor,
    licence: Option<&'static str>,
    scripts: &Scripts,
    files: Vec<(String, CodecFile, Use)>,
    problems: &mut Vec<Problem>,
) -> Codec {
    let place = files[0].0.clone();
    let model = match files.as_slice() {
        [_] => stem(&place).trim_end_matches("codec").trim_end_matches('-'),
        _ => stem(scripts.first().unwrap_or(&place)),
    };
    let model = if model.is_empty() { stem(&place) } else { model }.to_owned();
    let (mut devices, mut descriptions, mut sources) = (Vec::new(), Vec::new(), Vec::new());
    let mut examples: Vec<Example> = Vec::new();
    for (place, file, used) in files {
        devices.extend(used.devices);
        descriptions.extend(used.descriptions);
        sources.extend(used.sources);
        for example in file.examples(&place, problems) {
            // Files of devices that share their scripts often repeat examples.
            let repeats = |other: &Example| {
                (&other.input, &other.output) == (&example.input, &example.output)
            };
            if !examples.iter().any(repeats) {
                examples.push(example);
            }
        }
    }
    let name = match devices.as_slice() {
        [device] => format!("{} {}", vendor.name, device.model),
        _ => format!("{} {model}", vendor.name),
    };
    if devices.is_empty() {
        let vendor = vendor.name.clone();
        devices.push(Device { vendor, model: model.clone(), ..Device::default() });
    }
    let description = match descriptions.as_slice() {
        [one] if !one.is_empty() => one.clone(),
        _ => format!("Decodes what {name} sends."),
    };
    Codec {
        script: scripts.read(folder, &place),
        vendor: vendor.id.clone(),
        model,
        version: None,
        name,
        description,
        maintainer: vendor.name.clone(),
        licence: licence.map(str::to_owned),
        sources: vendor.website.iter().cloned().chain(sources).collect(),
        devices,
        examples,
        calling: Calling::default(),
        comparison: Comparison::default(),
        place,
    }
}

impl CodecFile {
    fn scripts(&self) -> Scripts {
        let name = |function: &Option<Function>| {
            function.as_ref().map(|function| function.file_name.clone())
        };
        Scripts {
            uplink_decoder: name(&self.uplink_decoder),
            downlink_encoder: name(&self.downlink_encoder),
            downlink_decoder: name(&self.downlink_decoder),
        }
    }

    fn examples(&self, place: &str, problems: &mut Vec<Problem>) -> Vec<Example> {
        let functions = [
            (Kind::Uplink, &self.uplink_decoder, "uplinkDecoder.examples"),
            (Kind::Command, &self.downlink_encoder, "downlinkEncoder.examples"),
            (Kind::Downlink, &self.downlink_decoder, "downlinkDecoder.examples"),
        ];
        let mut all = Vec::new();
        for (kind, function, path) in functions {
            if let Some(function) = function {
                all.extend(examples(kind, &function.examples, (place, path), problems));
            }
        }
        all
    }
}

impl Scripts {
    fn is_any(&self) -> bool {
        self.first().is_some()
    }

    fn first(&self) -> Option<&str> {
        let all = [&self.uplink_decoder, &self.downlink_encoder, &self.downlink_decoder];
        all.into_iter().flatten().next().map(String::as_str)
    }

    /// The source: one file as it is, or several joined.
    fn read(&self, folder: &Folder, place: &str) -> Result<String, Problem> {
        let mut parts: Vec<Part> = Vec::new();
        let functions = [
            (&self.uplink_decoder, &["decodeUplink", "normalizeUplink"] as &[_]),
            (&self.downlink_encoder, &["encodeDownlink"]),
            (&self.downlink_decoder, &["decodeDownlink"]),
        ];
        for (name, functions) in functions {
            let Some(name) = name else { continue };
            if let Some(part) = parts.iter_mut().find(|part| part.name == *name) {
                part.functions.extend(functions);
                continue;
            }
            let source =
                folder.read(&beside(place, name)).map_err(|Problem { place: file, problem }| {
                    Problem { place: file, problem: format!("{problem} (named in {place})") }
                })?;
            parts.push(Part { name: name.clone(), source, functions: functions.to_vec() });
        }
        Ok(join(parts))
    }
}
