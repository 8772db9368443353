//! Codecs that an import finds.

use champollion_registry::package::Device;
use champollion_sandbox::Dialect;
use serde::Serialize;

use super::{Comparison, Example};

/// All that a layout finds in a folder, in an order that does not change from run to run.
#[derive(Default)]
pub struct Catalogue {
    /// The codecs. Devices that share scripts share a codec.
    pub codecs: Vec<Codec>,
    /// The parts that could not be read; the rest was.
    pub problems: Vec<Problem>,
}

/// A codec: scripts, the devices that they are for, and examples.
#[derive(Serialize)]
pub struct Codec {
    /// The file that names it, relative to the folder that is imported.
    pub place: String,
    /// The vendor, to be the part of the decoder's name before the slash; anything that people write.
    pub vendor: String,
    /// The model, to be the part after the slash.
    pub model: String,
    /// The version that it states.
    pub version: Option<String>,
    /// Its name for people.
    pub name: String,
    /// The purpose of the codec.
    pub description: String,
    /// The maintainer, who answers for the codec.
    pub maintainer: String,
    /// The SPDX expression of its licence, where one is stated.
    pub licence: Option<String>,
    /// Documents and addresses of the maker.
    pub sources: Vec<String>,
    /// The devices that it is for.
    pub devices: Vec<Device>,
    /// The source, or why there is none.
    pub script: Result<String, Problem>,
    /// Examples of inputs and outputs.
    pub examples: Vec<Example>,
    /// The way in which its functions are called.
    pub calling: Calling,
    /// The way in which its answers are compared with the examples.
    pub comparison: Comparison,
}

impl Codec {
    /// Names the maker and the model of the devices of a codec that names none.
    pub fn named_for(&mut self, vendor: &str, model: &str) {
        vendor.clone_into(&mut self.vendor);
        model.clone_into(&mut self.model);
        self.name = format!("{vendor} {model}");
        let (vendor, model) = (vendor.to_owned(), model.to_owned());
        self.devices = vec![Device { vendor, model, firmware: None, product: None, manual: None }];
    }
}

/// The way in which a catalogue says that the functions of a codec are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calling {
    /// The dialect; `None` where it is recognized by the names of the functions.
    pub dialect: Option<Dialect>,
    /// Whether `encodeDownlink` is given the data of a command itself, and no object with it.
    pub command_is_data: bool,
}

/// Something that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct Problem {
    /// The file, relative to the folder that is imported, and the place in it.
    pub place: String,
    /// The problem in words.
    pub problem: String,
}

impl Problem {
    pub(super) fn new(place: impl Into<String>, problem: impl ToString) -> Self {
        Self { place: place.into(), problem: problem.to_string() }
    }
}
