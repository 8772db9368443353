//! Makes packages of JavaScript codecs as others keep them: a script alone, a package by the LoRa
//! Alliance's TS013, The Things Network's device repository, ChirpStack's device profiles, Actility's
//! catalogue of ThingPark drivers, and folders of packages and scripts as makers keep them.
//!
//! A [`layout`] reads files into [`Codec`]s and knows nothing of packages. [`PackageMaker`] makes one
//! package of one codec: it runs every example in the sandbox, and what the codec answers as its
//! maker says becomes a vector. Whatever is wrong with a file ends as a [`Problem`] that names it,
//! and the rest goes on.

mod answered;
mod assembly;
mod codec;
mod comparison;
mod example;
mod fields;
mod files;
mod imprint;
mod known;
pub mod layout;
mod manifest;
mod named_fields;
mod naming;
mod normalized;
mod package_maker;
mod point;
mod points;
mod report;
mod scripts;
mod source_text;
mod spoken_name;
mod text;
mod told_units;
mod tolerance;
mod trial;

pub use codec::{Calling, Catalogue, Codec, Problem};
pub use example::Example;
pub use files::{Folder, ImportError};
pub use imprint::restamped;
pub use layout::Layout;
pub use naming::{Named, Names};
pub use package_maker::{Made, Options, PackageMaker};
pub use point::Point;
pub use report::{
    Bumped, FailedExample, Failing, FieldCount, PutMapping, Renamed, Report, Skipped, Unchanged,
    VectorCount,
};
pub use source_text::SourceText;
pub use tolerance::Comparison;

/// Returns the UCUM code of a unit as people spell it: `°C`, `degC` and `celsius` are `Cel`.
#[must_use]
pub fn unit_code(spelling: &str) -> Option<&'static str> {
    known::of_text(spelling)
}
