//! Notes in a manifest by which dialect a script was recognized.

use champollion_sandbox::Dialect;

use super::{
    decoder_toml::ManifestError,
    error::PackageError,
    manifest::{Manifest, ScriptDeclaration},
};

/// The heading of the table of a script in a `decoder.toml`.
const HEADER: &str = "[script]";

/// The same `decoder.toml` with the dialect that its script was recognized by; unchanged where it
/// declares one. What its author wrote stays as it stands, comments too.
pub fn with_recognized_dialect(toml: &str, dialect: Dialect) -> Result<String, PackageError> {
    let manifest = Manifest::parse(toml)?;
    let lines = format!("dialect = \"{dialect}\"\nrecognized = true\n");
    let noted = match &manifest.script {
        Some(ScriptDeclaration { dialect: Some(_), .. }) => return Ok(toml.to_owned()),
        None => Some(format!("{}\n\n{HEADER}\n{lines}", toml.trim_end())),
        Some(_) => below_header(toml, &lines),
    };
    let expected = recognized(manifest, dialect);
    match noted {
        Some(noted) if reads_as(&noted, &expected) => Ok(noted),
        // The table is written in another of TOML's ways.
        _ => expected.to_toml().map_err(PackageError::ManifestNotWritten),
    }
}

fn below_header(toml: &str, lines: &str) -> Option<String> {
    let header = toml.lines().position(|line| line.trim() == HEADER)?;
    let mut noted = String::new();
    for (number, line) in toml.lines().enumerate() {
        noted.push_str(line);
        noted.push('\n');
        if number == header {
            noted.push_str(lines);
        }
    }
    Some(noted)
}

fn recognized(mut manifest: Manifest, dialect: Dialect) -> Manifest {
    let script = manifest.script.get_or_insert_default();
    script.dialect = Some(dialect);
    script.recognized = true;
    manifest
}

fn reads_as(toml: &str, expected: &Manifest) -> bool {
    let read: Result<Manifest, ManifestError> = Manifest::parse(toml);
    read.is_ok_and(|read| read == *expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
# By hand.
id = "acme/thermometer"
version = "1.0.0"
name = "Acme Thermometer"
description = "Decodes it."
licence = "MIT"
maintainer = "Acme"

[[devices]]
vendor = "Acme"
model = "T1"

[[ports]]
port = 1
direction = "up"
meaning = "Temperature"
"#;

    fn noted(more: &str) -> (String, ScriptDeclaration) {
        let toml = with_recognized_dialect(&format!("{MANIFEST}{more}"), Dialect::TtnV2).unwrap();
        let script = Manifest::parse(&toml).unwrap().script.unwrap();
        (toml, script)
    }

    #[test]
    fn the_dialect_is_noted_and_all_else_stays() {
        let (toml, script) = noted("");
        assert!(toml.contains("# By hand.\n"), "{toml}");
        assert_eq!((script.dialect, script.recognized), (Some(Dialect::TtnV2), true));
        let (toml, script) = noted(
            "\n[script] \ndownlink-port = 7\n[[ports]]\nport = 1\ndirection = \"up\"\nmeaning = \"m\"\n",
        );
        assert!(toml.contains("# By hand.\n"), "{toml}");
        assert_eq!((script.dialect, script.downlink_port), (Some(Dialect::TtnV2), Some(7)));
    }

    #[test]
    fn another_way_of_writing_it_will_do() {
        let dotted = MANIFEST.replacen("id =", "script.downlink-port = 7\nid =", 1);
        let toml = with_recognized_dialect(&dotted, Dialect::Helium).unwrap();
        let script = Manifest::parse(&toml).unwrap().script.unwrap();
        assert_eq!((script.dialect, script.downlink_port), (Some(Dialect::Helium), Some(7)));
    }

    #[test]
    fn a_dialect_that_is_declared_stays_declared() {
        let (toml, script) = noted("\n[script]\ndialect = \"milesight\"\n");
        assert!(!toml.contains("recognized"), "{toml}");
        assert_eq!((script.dialect, script.recognized), (Some(Dialect::Milesight), false));
    }
}
