//! A script that is in no package: a codec of which nothing is known but its source.

use champollion_registry::package::{DecoderId, DecoderIdError, Manifest};
use champollion_sandbox::Script;
use semver::Version;

use crate::{api::Problem, pages::submission::File};

/// The first bytes of packages, which are WebAssembly.
const WEBASSEMBLY: &[u8] = b"\0asm";

/// The name of a script where the form names no decoder.
const NAMELESS: &str = "workbench/script";

/// Whether a file is a script: one that is no WebAssembly, and that nobody has named so.
pub(super) fn is_script(file: &File) -> bool {
    !file.bytes.starts_with(WEBASSEMBLY) && !file.name.ends_with(".wasm")
}

/// The script in a file. A sign that is no UTF-8 is most often in a comment, and does no harm there.
pub(super) fn script(bytes: &[u8]) -> Script {
    let text = String::from_utf8_lossy(bytes);
    let source = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    Script { source, ..Script::default() }
}

/// The manifest of a script of this file name. It has the id of the decoder that the form names, so that it is compared
/// with published versions of it.
///
/// # Errors
/// A [`Problem`] where it can have no name.
pub(super) fn manifest(file_name: &str, decoder: &str) -> Result<Manifest, Problem> {
    let id: Result<DecoderId, DecoderIdError> = decoder.parse().or_else(|_| NAMELESS.parse());
    Ok(Manifest {
        id: id.map_err(|error| Problem::internal(&error))?,
        version: Version::new(0, 0, 0),
        name: file_name.to_owned(),
        description: String::new(),
        licence: String::new(),
        maintainer: String::new(),
        funded_by: None,
        sources: Vec::new(),
        devices: Vec::new(),
        ports: Vec::new(),
        fields: Vec::new(),
        variables: Vec::new(),
        commands: Vec::new(),
        script: None,
        derived: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &'static [u8]) -> File {
        File { name: name.to_owned(), bytes: bytes.into() }
    }

    #[test]
    fn a_script_is_what_is_neither_webassembly_nor_called_so() {
        assert!(is_script(&file("codec.js", b"function decodeUplink(input) {}")));
        assert!(is_script(&file("codec.txt", b"")));
        assert!(!is_script(&file("codec.js", b"\0asm\x0d\0\x01\0")));
        assert!(!is_script(&file("meter.wasm", b"function decodeUplink(input) {}")));
    }

    #[test]
    fn a_script_is_read_without_its_mark_and_has_a_name() {
        assert_eq!(
            script(b"\xEF\xBB\xBFlet a = 1; // 20 \xB0C").source,
            "let a = 1; // 20 \u{fffd}C"
        );
        assert_eq!(manifest("codec.js", "").unwrap().id.to_string(), NAMELESS);
        assert_eq!(manifest("codec.js", "acme/meter").unwrap().id.to_string(), "acme/meter");
    }
}
