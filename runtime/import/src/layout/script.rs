//! A script alone: a file, most often `.js` or `.txt`, of which nothing else is known.

use std::path::Path;

use champollion_registry::package::Device;

use super::shown;
use crate::{Calling, Catalogue, Codec, Comparison, Folder, ImportError, Problem, files::stem};

/// The maker of a script that nobody has named.
pub(super) const UNKNOWN_VENDOR: &str = "imported";

/// Reads a single script.
pub fn read(path: &Path) -> Result<Catalogue, ImportError> {
    let name = shown(path);
    let folder = Folder::open(match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    })?;
    let script = folder
        .read(&name)
        .map_err(|Problem { problem, .. }| Problem { place: path.display().to_string(), problem });
    let model = stem(&name).to_owned();
    let codec = Codec {
        vendor: UNKNOWN_VENDOR.to_owned(),
        version: None,
        description: format!("Decodes what the script {name} decodes."),
        maintainer: "unknown".to_owned(),
        licence: None,
        sources: Vec::new(),
        devices: vec![Device {
            vendor: "unknown".to_owned(),
            model: model.clone(),
            ..Device::default()
        }],
        name: model.clone(),
        model,
        script,
        examples: Vec::new(),
        calling: Calling::default(),
        comparison: Comparison::default(),
        place: name,
    };
    Ok(Catalogue { codecs: vec![codec], problems: folder.take_warnings() })
}
