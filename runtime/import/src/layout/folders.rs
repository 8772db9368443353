//! Folders of codecs as makers keep them, at any depth: packages of TS013 such as Watteco's, a decoder and
//! an encoder for each device as Milesight has them, scripts alone as Dragino has them.

use std::path::Path;

use champollion_registry::package::Device;

use super::{licence, shown, ts013};
use crate::{
    Calling, Catalogue, Codec, Comparison, Folder, ImportError, Problem,
    scripts::{Part, join},
};

/// Levels of folders that are looked into. Makers have three at most.
const DEPTH: usize = 8;

/// Folders that hold no codecs of the maker.
const PASSED_OVER: [&str; 4] = ["node_modules", "coverage", "test", "tests"];

/// The endings of files that may be scripts.
const SCRIPTS: [&str; 4] = [".js", ".cjs", ".mjs", ".txt"];

/// The functions of codecs: a text without any of their names is none.
const DECODERS: [&str; 4] = ["decodeUplink", "milesightDeviceDecode", "Decoder", "Decode"];
const ENCODERS: [&str; 4] = ["encodeDownlink", "milesightDeviceEncode", "Encoder", "Encode"];

/// Whether there is anything to import below a folder.
#[must_use]
pub fn has_codecs(path: &Path) -> bool {
    read(path).is_ok_and(|catalogue| !catalogue.codecs.is_empty())
}

/// Reads all codecs below a folder.
pub fn read(path: &Path) -> Result<Catalogue, ImportError> {
    let folder = Folder::open(path)?;
    let mut walk = Walk {
        licence: licence(&folder),
        vendor: shown(folder.path()),
        folder: &folder,
        catalogue: Catalogue::default(),
    };
    walk.enter("", 0);
    let mut catalogue = walk.catalogue;
    catalogue.problems.extend(folder.take_warnings());
    if catalogue.codecs.is_empty() {
        return Err(ImportError::OtherLayout {
            folder: path.to_owned(),
            layout: "folder of codecs",
            missing: "package of TS013 and no script with a codec's function below it",
        });
    }
    Ok(catalogue)
}

/// Whether a text may define a function of this name: not where the name is a word of a sentence, or part
/// of another.
fn defines(source: &str, name: &str) -> bool {
    let is_of_name = |character: char| character.is_alphanumeric() || "_$".contains(character);
    source.match_indices(name).any(|(at, _)| {
        let after = source[at + name.len()..].trim_start_matches([' ', '\t']);
        !source[..at].ends_with(is_of_name) && after.starts_with(['(', '=', ':', ',', '}'])
    })
}

/// A walk through the folders.
struct Walk<'a> {
    folder: &'a Folder,
    licence: Option<&'static str>,
    /// The maker of scripts that name none: the folder that is imported.
    vendor: String,
    catalogue: Catalogue,
}

impl Walk<'_> {
    /// Looks into a folder; its path ends with a slash where it is not that which is imported.
    fn enter(&mut self, own: &str, depth: usize) {
        if ts013::is_package(&self.folder.path().join(own)) && self.has_script(own) {
            let mut codec = ts013::package_at(self.folder, own, &mut self.catalogue.problems);
            codec.licence = codec.licence.or_else(|| self.licence.map(str::to_owned));
            self.catalogue.codecs.push(codec);
            return;
        }
        let names = self.folder.list(own, &mut self.catalogue.problems);
        let (folders, files): (Vec<String>, Vec<String>) = names
            .into_iter()
            .filter(|name| !name.starts_with('.') && !PASSED_OVER.contains(&name.as_str()))
            .partition(|name| self.folder.path().join(own).join(name).is_dir());
        self.read_scripts(own, &files);
        if depth == DEPTH && !folders.is_empty() {
            let problem = format!("folders more than {DEPTH} levels deep are left out");
            self.catalogue.problems.push(Problem::new(own, problem));
            return;
        }
        for name in folders {
            self.enter(&format!("{own}{name}/"), depth + 1);
        }
    }

    /// A folder of the examples of many devices is no package.
    fn has_script(&self, own: &str) -> bool {
        let is_script =
            |name: &String| name.ends_with(".js") && self.folder.is_file(&format!("{own}{name}"));
        self.folder.list(own, &mut Vec::new()).iter().any(is_script)
            || self.folder.has(&format!("{own}package.json"))
    }

    fn read_scripts(&mut self, own: &str, files: &[String]) {
        for name in files {
            let Some(ending) = SCRIPTS.into_iter().find(|ending| name.ends_with(*ending)) else {
                continue;
            };
            let base = name.strip_suffix(ending).unwrap_or(name);
            // An encoder beside its decoder is read with that.
            let pair = base.strip_suffix("-encoder").map(|device| format!("{device}-decoder"));
            if pair.is_some_and(|decoder| files.contains(&format!("{decoder}{ending}"))) {
                continue;
            }
            let source = match self.folder.read(&format!("{own}{name}")) {
                Ok(source) => source,
                Err(problem) => {
                    self.catalogue.problems.push(problem);
                    continue;
                }
            };
            if ![DECODERS, ENCODERS].as_flattened().iter().any(|name| defines(&source, name)) {
                continue;
            }
            let codec = match base.strip_suffix("-decoder") {
                Some(device) => self.pair(own, device, name, source, ending),
                None => self.alone(own, base, name, source),
            };
            self.catalogue.codecs.push(codec);
        }
    }

    /// A decoder and the encoder beside it, which may use the same names for different things.
    fn pair(&self, own: &str, device: &str, name: &str, source: String, ending: &str) -> Codec {
        let encoder = format!("{device}-encoder{ending}");
        let mut parts = vec![Part { name: name.to_owned(), source, functions: DECODERS.to_vec() }];
        if self.folder.is_file(&format!("{own}{encoder}")) {
            match self.folder.read(&format!("{own}{encoder}")) {
                Ok(source) => {
                    parts.push(Part { name: encoder, source, functions: ENCODERS.to_vec() })
                }
                Err(problem) => return self.codec(own, device, name, Err(problem)),
            }
        }
        self.codec(own, device, name, Ok(join(parts)))
    }

    /// A script alone. Makers keep one for each network server and version in the folder of a device.
    fn alone(&self, own: &str, base: &str, name: &str, source: String) -> Codec {
        let device = own.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let base = base.trim();
        let model = if device.is_empty() || base.to_lowercase().contains(&device.to_lowercase()) {
            base.to_owned()
        } else {
            format!("{device} {base}")
        };
        self.codec(own, &model, name, Ok(source))
    }

    fn codec(&self, own: &str, model: &str, name: &str, script: Result<String, Problem>) -> Codec {
        let vendor = self.vendor.clone();
        let named = format!("{vendor} {model}");
        Codec {
            place: format!("{own}{name}"),
            model: model.to_owned(),
            version: None,
            description: format!("Decodes what {named} sends."),
            maintainer: "unknown".to_owned(),
            licence: self.licence.map(str::to_owned),
            sources: Vec::new(),
            devices: vec![Device {
                vendor: vendor.clone(),
                model: model.to_owned(),
                ..Device::default()
            }],
            name: named,
            vendor,
            script,
            examples: Vec::new(),
            calling: Calling::default(),
            comparison: Comparison::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_function_where_it_is_defined() {
        for source in [
            "function Decoder(bytes, port) {}",
            "exports.decodeUplink = f;",
            "var Decode=function(){}",
            "module.exports = { decodeUplink, encodeDownlink };",
        ] {
            let names = [DECODERS, ENCODERS];
            assert!(names.as_flattened().iter().any(|name| defines(source, name)), "{source}");
        }
        for source in ["/* Payload Decoder\n */", "function myDecoder(b) {}", "DecoderState(1)", ""]
        {
            assert!(!defines(source, "Decoder"), "{source}");
        }
    }
}
