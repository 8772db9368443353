//! The catalogue of Actility's ThingPark: `vendors/*/drivers/*` with a `driver.yaml`, the script, and
//! `examples.json` or `examples/*.examples.json`; beside them `vendor.yaml`, and `models/*/model.yaml` that
//! say by a protocol which models a driver is for.
//!
//! The profiles say how the radio works and nothing about payloads.

use std::{collections::BTreeMap, path::Path};

use champollion_registry::package::Device;
use champollion_sandbox::{Dialect, Script};
use champollion_sdk::vectors::{Hex, Input};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{Words, json, licence, link, optional, yaml};
use crate::{
    Calling, Catalogue, Codec, Comparison, Example, Folder, ImportError, Point, Problem,
    example::{self, Kind},
};

/// The script of a driver whose `package.json` names none.
const MAIN: [&str; 2] = ["index.js", "main.js"];

/// The file `vendor.yaml` of a vendor.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VendorFile {
    name: Option<Words>,
    #[serde(rename = "websiteURL")]
    website_url: Option<Words>,
}

/// The files `drivers/*/driver.yaml` of a vendor.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: Option<Words>,
    description: Option<Words>,
    developer_email: Option<Words>,
    protocol_id: Option<Words>,
    /// The names and parameters of its functions; those of TS013 where it is left out.
    signature: Option<Words>,
    package_version: Option<Words>,
}

/// The file `package.json` of a driver, as much of it as is used.
#[derive(Default, Deserialize)]
struct NpmPackage {
    main: Option<String>,
    version: Option<String>,
    license: Option<Json>,
}

/// A model of a maker, for which drivers are.
struct Model {
    device: Device,
    sources: Vec<String>,
}

/// Whether a folder looks like this catalogue.
#[must_use]
pub fn is_catalogue(path: &Path) -> bool {
    vendors_of(path).any(|vendor| vendor.join("drivers").is_dir())
}

fn vendors_of(path: &Path) -> impl Iterator<Item = std::path::PathBuf> {
    let entries = std::fs::read_dir(path.join("vendors")).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path()))
}

/// Reads a catalogue of ThingPark's drivers.
pub fn read(path: &Path) -> Result<Catalogue, ImportError> {
    let folder = Folder::open(path)?;
    if !is_catalogue(folder.path()) {
        return Err(ImportError::OtherLayout {
            folder: path.to_owned(),
            layout: "catalogue of ThingPark's drivers",
            missing: "folder vendors with a folder drivers in the folder of a maker",
        });
    }
    let mut catalogue = Catalogue::default();
    let problems = &mut catalogue.problems;
    let vendors: Vec<(String, VendorFile)> = folder
        .folders("vendors", problems)
        .into_iter()
        .map(|id| {
            let place = format!("vendors/{id}/vendor.yaml");
            let file = optional(&folder, &place, yaml, problems).unwrap_or_default();
            (id, file)
        })
        .collect();
    // A maker's model may be served by another's driver.
    let mut models: BTreeMap<String, Vec<Model>> = BTreeMap::new();
    for (id, vendor) in &vendors {
        read_models(&folder, id, vendor, &mut models, problems);
    }
    let licence = licence(&folder);
    for (id, vendor) in &vendors {
        for driver in folder.folders(&format!("vendors/{id}/drivers"), &mut catalogue.problems) {
            let own = format!("vendors/{id}/drivers/{driver}");
            let reader = Reader { folder: &folder, own: &own, licence };
            if let Some(codec) = reader.codec(id, vendor, &driver, &models, &mut catalogue.problems)
            {
                catalogue.codecs.push(codec);
            }
        }
    }
    catalogue.problems.extend(folder.take_warnings());
    Ok(catalogue)
}

fn read_models(
    folder: &Folder,
    id: &str,
    vendor: &VendorFile,
    models: &mut BTreeMap<String, Vec<Model>>,
    problems: &mut Vec<Problem>,
) {
    for name in folder.folders(&format!("vendors/{id}/models"), problems) {
        let place = format!("vendors/{id}/models/{name}/model.yaml");
        let Some(file) = optional::<Json>(folder, &place, yaml, problems) else { continue };
        let text = |key: &str| file[key].as_str().map(str::trim).filter(|text| !text.is_empty());
        let protocols = match &file["protocolId"] {
            Json::Array(list) => list.iter().filter_map(Json::as_str).collect(),
            Json::String(one) => vec![one.as_str()],
            _ => Vec::new(),
        };
        for protocol in protocols {
            models.entry(protocol.trim().to_owned()).or_default().push(Model {
                device: Device {
                    vendor: vendor_name(id, vendor),
                    model: text("name").unwrap_or(&name).to_owned(),
                    firmware: None,
                    product: None,
                    manual: link(text("userGuideURL").or(text("specificationURL"))),
                },
                sources: ["specificationURL", "userGuideURL"]
                    .into_iter()
                    .filter_map(|key| text(key).map(str::to_owned))
                    .collect(),
            });
        }
    }
}

fn vendor_name(id: &str, vendor: &VendorFile) -> String {
    said(vendor.name.as_ref()).unwrap_or(id).to_owned()
}

fn said(words: Option<&Words>) -> Option<&str> {
    words.map(|words| words.0.trim()).filter(|text| !text.is_empty() && *text != "null")
}

/// A reader of one driver's folder.
struct Reader<'a> {
    folder: &'a Folder,
    own: &'a str,
    licence: Option<&'static str>,
}

impl Reader<'_> {
    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.own)
    }

    fn codec(
        &self,
        id: &str,
        vendor: &VendorFile,
        name: &str,
        models: &BTreeMap<String, Vec<Model>>,
        problems: &mut Vec<Problem>,
    ) -> Option<Codec> {
        let place = self.at("driver.yaml");
        let driver: Driver = match self.folder.read(&place).and_then(|text| yaml(&text, &place)) {
            Ok(driver) => driver,
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        };
        let package: NpmPackage =
            optional(self.folder, &self.at("package.json"), json, problems).unwrap_or_default();
        let vendor_name = vendor_name(id, vendor);
        let served: &[Model] = said(driver.protocol_id.as_ref())
            .and_then(|protocol| models.get(protocol))
            .map(Vec::as_slice)
            .unwrap_or_default();
        let devices = match served {
            [] => {
                vec![Device {
                    vendor: vendor_name.clone(),
                    model: name.to_owned(),
                    ..Device::default()
                }]
            }
            models => models.iter().map(|model| model.device.clone()).collect(),
        };
        let signature = Signature::of(said(driver.signature.as_ref()), &place, problems);
        let website = said(vendor.website_url.as_ref()).map(str::to_owned);
        let sources = served.iter().flat_map(|model| model.sources.iter().cloned());
        let title = said(driver.name.as_ref())
            .map_or_else(|| format!("{vendor_name} {name}"), str::to_owned);
        Some(Codec {
            script: self.script(package.main.as_deref()),
            vendor: id.to_owned(),
            model: name.to_owned(),
            version: package
                .version
                .or_else(|| said(driver.package_version.as_ref()).map(str::to_owned)),
            description: said(driver.description.as_ref())
                .map_or_else(|| format!("Decodes what {title} sends."), str::to_owned),
            name: title,
            maintainer: said(driver.developer_email.as_ref()).unwrap_or(&vendor_name).to_owned(),
            licence: package
                .license
                .as_ref()
                .and_then(Json::as_str)
                .map(str::to_owned)
                .or_else(|| self.licence.map(str::to_owned)),
            sources: website.into_iter().chain(sources).collect(),
            devices,
            examples: self.examples(signature, problems),
            calling: signature.calling(),
            comparison: Comparison::ThingPark,
            place,
        })
    }

    /// The script: the one that `package.json` names, or one of the usual two.
    fn script(&self, main: Option<&str>) -> Result<String, Problem> {
        let stated = main.map(|main| main.trim().trim_start_matches("./"));
        let stated = stated.filter(|main| !main.is_empty());
        let found = match stated {
            Some(main) => Some(main),
            None => MAIN.into_iter().find(|name| self.folder.has(&self.at(name))),
        };
        match found {
            Some(name) => self.folder.read(&self.at(name)),
            None => Err(Problem::new(
                self.at("driver.yaml"),
                "its folder has no script: neither package.json with main, nor index.js, nor main.js",
            )),
        }
    }

    fn examples(&self, signature: Signature, problems: &mut Vec<Problem>) -> Vec<Example> {
        let single = self.at("examples.json");
        let files = if self.folder.has(&single) {
            vec![single]
        } else {
            let names = self.folder.list(&self.at("examples"), problems);
            let named = names.iter().filter(|name| name.ends_with(".json"));
            named.map(|name| self.at(&format!("examples/{name}"))).collect()
        };
        files.iter().flat_map(|file| self.examples_in(file, signature, problems)).collect()
    }

    fn examples_in(
        &self,
        file: &str,
        signature: Signature,
        problems: &mut Vec<Problem>,
    ) -> Vec<Example> {
        let list = match optional(self.folder, file, json, problems) {
            Some(Json::Array(list)) => list,
            None => return Vec::new(),
            Some(_) => {
                problems.push(Problem::new(file, "the examples must be a list"));
                return Vec::new();
            }
        };
        let mut examples = Vec::new();
        for (index, written) in list.iter().enumerate() {
            let place = format!("{file}[{index}]");
            for (kind, written) in of_today(written) {
                let read = kind.ok_or_else(|| unknown_type(&place, &written)).and_then(|kind| {
                    let uniform = uniform(kind, signature, &written);
                    let mut example = example::example(kind, &uniform, place.clone(), index)?;
                    if let Input::Uplink(uplink) = &mut example.input {
                        has_no_setup(&written["input"]["thing"], &place)?;
                        uplink.state = Hex(state(&written["input"]["context"], &place)?);
                    }
                    example.points = points(&written["points"]);
                    Ok(example)
                });
                match read {
                    Ok(example) => examples.push(example),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        examples
    }
}

fn unknown_type(place: &str, written: &Json) -> Problem {
    let kind = &written["type"];
    Problem::new(
        place,
        format!("the type is {kind}, which must be uplink, downlink-encode or downlink-decode"),
    )
}

/// An example as it is written today. Older ones have bytes, port and data beside their type, and one of a
/// downlink is read in both directions.
fn of_today(written: &Json) -> Vec<(Option<Kind>, Json)> {
    let kind = written["type"].as_str().unwrap_or_default();
    if written.get("input").is_some() || written.get("bytes").is_none() {
        return vec![(Kind::of_ts013(kind), written.clone())];
    }
    let mut input = written.clone();
    let output = json!({ "data": written["data"] });
    let with = |input: &Json, output: Json| {
        json!({
            "type": kind, "description": written["description"], "points": written["points"],
            "input": input, "output": output,
        })
    };
    match kind {
        "downlink" => {
            let command = json!({ "data": written["data"], "fPort": written["fPort"] });
            let mut encoded = json!({ "bytes": written["bytes"], "fPort": written["fPort"] });
            for list in ["errors", "warnings"] {
                if written.get(list).is_some() {
                    encoded[list] = written[list].clone();
                }
            }
            vec![(Some(Kind::Command), with(&command, encoded))]
        }
        _ => {
            if let Some(members) = input.as_object_mut() {
                members
                    .retain(|key, _| !["type", "description", "data", "points"].contains(&&**key));
            }
            vec![(Kind::of_ts013(kind), with(&input, output))]
        }
    }
}

/// An example in the words of the other layouts: the moment is `recvTime`, and what comes out has
/// `data`, where the functions of its signature return the data alone.
fn uniform(kind: Kind, signature: Signature, written: &Json) -> Json {
    let mut uniform = written.clone();
    if let Some(input) = uniform["input"].as_object_mut() {
        if input.get("recvTime").is_none_or(Json::is_null)
            && let Some(time) = input.get("time").cloned()
        {
            input.insert("recvTime".to_owned(), time);
        }
        if kind == Kind::Command {
            input.retain(|key, _| !["time", "thing"].contains(&key.as_str()));
        }
    }
    let output = &written["output"];
    let is_data_alone = match kind {
        Kind::Command => signature.returns_alone() && output.is_array(),
        _ => {
            output.is_object()
                && ["data", "errors", "warnings"].iter().all(|key| output.get(*key).is_none())
        }
    };
    if is_data_alone {
        let member = if kind == Kind::Command { "bytes" } else { "data" };
        uniform["output"] = json!({ member: output });
    }
    uniform
}

/// Refuses an example of a device that is set up with ThingPark, by keys for instance: no codec is given that
/// here.
fn has_no_setup(thing: &Json, place: &str) -> Result<(), Problem> {
    match thing["setup"].as_object() {
        Some(setup) if !setup.is_empty() => {
            let names: Vec<&str> = setup.keys().map(String::as_str).collect();
            Err(Problem::new(
                place,
                format!(
                    "it is left out: it needs the setup that ThingPark has of a device: {}",
                    names.join(", ")
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// The state of a device whose earlier messages have left this context with ThingPark.
fn state(context: &Json, place: &str) -> Result<Vec<u8>, Problem> {
    match context {
        Json::Null => Ok(Vec::new()),
        Json::Array(_) | Json::Object(_) => Script::state_of_context(&context.to_string())
            .ok_or_else(|| Problem::new(place, "the context is too large to be kept of a device")),
        _ => Err(Problem::new(place, "the context must be a list")),
    }
}

/// The readings that an uplink's example says are in it.
fn points(written: &Json) -> Vec<Point> {
    let points = written.as_object().into_iter().flatten();
    points
        .filter_map(|(name, point)| {
            Some(Point {
                name: name.clone(),
                unit: point["unitId"].as_str().or_else(|| point["type"].as_str())?.to_owned(),
                value: point.get("record").filter(|record| !record.is_null())?.clone(),
            })
        })
        .collect()
}

/// The names and parameters of a driver's functions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signature {
    LoraAlliance,
    /// TS013's, but that `encodeDownlink` is given the data alone.
    Actility,
    Ttn,
    ChirpStack,
}

impl Signature {
    fn of(written: Option<&str>, place: &str, problems: &mut Vec<Problem>) -> Self {
        match written {
            None | Some("lora-alliance") => Self::LoraAlliance,
            Some("actility") => Self::Actility,
            Some("ttn") => Self::Ttn,
            Some("chirpstack") => Self::ChirpStack,
            Some(other) => {
                problems.push(Problem::new(
                    place,
                    format!(
                        "the signature {other:?} is none of lora-alliance, actility, ttn and \
                         chirpstack, so it is called as lora-alliance"
                    ),
                ));
                Self::LoraAlliance
            }
        }
    }

    fn returns_alone(self) -> bool {
        matches!(self, Self::Ttn | Self::ChirpStack)
    }

    fn calling(self) -> Calling {
        let dialect = match self {
            // What is recognized is recognized without being told.
            Self::LoraAlliance => None,
            Self::Actility => Some(Dialect::Ts013),
            Self::Ttn => Some(Dialect::TtnV2),
            Self::ChirpStack => Some(Dialect::ChirpStackV3),
        };
        Calling { dialect, command_is_data: self == Self::Actility }
    }
}
