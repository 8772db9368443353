//! `mapping.toml`: the file in which a mapping is written, read so that what is wrong is told by its line.

use std::{collections::BTreeMap, fmt};

use champollion_sandbox::vocabulary::Nature;
use semver::Version;
use serde::Deserialize;
use toml::Spanned;

use super::{
    id::DecoderId,
    manifest::Manifest,
    mapping::{MappedField, Mapping, MappingFault},
};

/// A mapping as a file has it.
#[derive(Clone, Debug)]
pub struct MappingFile {
    /// The decoder that the mapping is of, where the file names it.
    pub decoder: Option<DecoderId>,
    /// The mapping that the file has.
    pub mapping: Mapping,
    /// The lines of each field's members.
    lines: Vec<BTreeMap<&'static str, usize>>,
}

/// Faults of a file with a mapping, each with its line.
#[derive(Debug, thiserror::Error)]
#[error("{}", said(.0))]
pub struct MappingFileError(Vec<(usize, String)>);

fn said(faults: &[(usize, String)]) -> String {
    let faults: Vec<String> =
        faults.iter().map(|(line, fault)| format!("line {line}: {fault}")).collect();
    faults.join("; ")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    decoder: Option<DecoderId>,
    version: Version,
    #[serde(default)]
    fields: Vec<WrittenField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    name: Spanned<String>,
    quantity: Option<Spanned<String>>,
    unit: Option<Spanned<String>>,
    scale: Option<Spanned<f64>>,
    offset: Option<Spanned<f64>>,
    channel: Option<Spanned<u16>>,
    kind: Option<Spanned<Nature>>,
    words: Option<Spanned<BTreeMap<String, bool>>>,
    #[serde(default)]
    unseen: bool,
}

impl MappingFile {
    /// Reads a `mapping.toml`, and looks at what it says by itself.
    ///
    /// # Errors
    /// It is no TOML, a key is missing, unknown or of a wrong type, or it says what cannot be.
    pub fn parse(text: &str) -> Result<Self, MappingFileError> {
        let written: Written = toml::from_str(text).map_err(|error| {
            let begin = error.span().map_or(0, |span| span.start);
            MappingFileError(vec![(line(text, begin), one_line(error.message()))])
        })?;
        let Written { decoder, version, fields } = written;
        let (fields, lines) = fields.into_iter().map(|field| field.read(text)).unzip();
        let file = Self { decoder, mapping: Mapping { version, fields }, lines };
        file.check(None)?;
        Ok(file)
    }

    /// Checks that the mapping says nothing that cannot be, also by the manifest that it is for.
    ///
    /// # Errors
    /// All that cannot be, with the lines that say it.
    pub fn check(&self, manifest: Option<&Manifest>) -> Result<(), MappingFileError> {
        let faults = self.mapping.faults(manifest);
        if faults.is_empty() {
            return Ok(());
        }
        let faults = faults.into_iter().map(|fault| (self.line_of(&fault), fault.to_string()));
        Err(MappingFileError(faults.collect()))
    }

    /// The line of a fault; of a field that stands there twice, the second one.
    fn line_of(&self, fault: &MappingFault) -> usize {
        let place = self.mapping.fields.iter().rposition(|field| field.name == fault.field);
        let lines = place.and_then(|place| self.lines.get(place));
        let line = lines.and_then(|lines| lines.get(fault.member).or_else(|| lines.get("name")));
        line.copied().unwrap_or(1)
    }
}

impl WrittenField {
    fn read(self, text: &str) -> (MappedField, BTreeMap<&'static str, usize>) {
        let Self { name, quantity, unit, scale, offset, channel, kind, words, unseen } = self;
        let mut lines = BTreeMap::from([("name", line(text, name.span().start))]);
        let mut note = |member, begin: Option<usize>| {
            lines.extend(begin.map(|begin| (member, line(text, begin))));
        };
        note("quantity", begin(quantity.as_ref()));
        note("unit", begin(unit.as_ref()));
        note("scale", begin(scale.as_ref()));
        note("offset", begin(offset.as_ref()));
        note("channel", begin(channel.as_ref()));
        note("kind", begin(kind.as_ref()));
        note("words", begin(words.as_ref()));
        let field = MappedField {
            name: name.into_inner(),
            quantity: quantity.map(Spanned::into_inner),
            unit: unit.map(Spanned::into_inner),
            scale: scale.map(Spanned::into_inner),
            offset: offset.map(Spanned::into_inner),
            channel: channel.map(Spanned::into_inner),
            kind: kind.map(Spanned::into_inner),
            words: words.map(Spanned::into_inner).unwrap_or_default(),
            unseen,
        };
        (field, lines)
    }
}

fn begin<T>(value: Option<&Spanned<T>>) -> Option<usize> {
    value.map(|value| value.span().start)
}

/// The line of a place in a text, from 1.
fn line(text: &str, place: usize) -> usize {
    let before = text.as_bytes().get(..place).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

fn one_line(message: &(impl fmt::Display + ?Sized)) -> String {
    message.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "decoder = \"acme/probe\"\nversion = \"1.0.0\"\n\n[[fields]]\nname = \"t\"\n\
                        quantity = \"air.temperature\"\nunit = \"[degF]\"\nscale = 2\n";

    #[test]
    fn a_file_is_read() {
        let file = MappingFile::parse(FILE).unwrap();
        assert_eq!(file.decoder.map(|id| id.to_string()).as_deref(), Some("acme/probe"));
        let field = &file.mapping.fields[0];
        assert_eq!((field.unit.as_deref(), field.scale), (Some("[degF]"), Some(2.0)));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_line() {
        for (from, to, line, said) in [
            ("[degF]", "V", 7, "\"V\""),
            ("air.temperature", "air.temprature", 6, "air.temprature"),
            ("scale = 2", "scale = 0", 8, "scale 0"),
            ("scale = 2", "scale = \"two\"", 8, "two"),
            ("scale = 2", "scales = 2", 8, "scales"),
            ("version = \"1.0.0\"", "version = 1", 2, "version"),
            ("\"acme/probe\"", "\"Acme\"", 1, "Acme"),
            ("name = \"t\"", "name = \"t", 5, ""),
        ] {
            assert!(FILE.contains(from), "{from}");
            let error = MappingFile::parse(&FILE.replace(from, to)).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {line}: ")), "{to}: {error}");
            assert!(error.contains(said) || said == "version", "{to}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
        let twice = format!("{FILE}[[fields]]\nname = \"t\"\n");
        let error = MappingFile::parse(&twice).unwrap_err().to_string();
        assert!(error.starts_with("line 10: ") && error.contains("twice"), "{error}");
    }
}
