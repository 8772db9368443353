//! `decoder.toml`: the file in which a manifest is written.

use super::{kebab_case::kebab_case, manifest::Manifest, manifest_shape};

/// The key of a field's words, which are no names of ours.
const WORDS: &str = "words";

/// A fault of a manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// It is no TOML, or keys are missing, unknown or of a wrong type; each that is, a sentence with its line.
    #[error("the manifest cannot be read: {}", .0.join("; "))]
    Unreadable(Vec<String>),
    /// It says what cannot be; everything that is wrong, a sentence each with its line.
    #[error("the manifest says what cannot be: {}", .0.join("; "))]
    Inconsistent(Vec<String>),
}

impl Manifest {
    /// Reads a `decoder.toml` and checks that it agrees with itself and with the vocabulary.
    pub fn parse(toml: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(toml)
            .map_err(|error| ManifestError::Unreadable(manifest_shape::faults(toml, &error)))?;
        let complaints = manifest.complaints();
        if complaints.is_empty() {
            Ok(manifest)
        } else {
            Err(ManifestError::Inconsistent(manifest_shape::placed(toml, &complaints)))
        }
    }

    /// Returns what keeps a manifest from being published though it can be read: texts that are empty. Each is a sentence
    /// with its line in `toml`, where there is one.
    #[must_use]
    pub fn unpublishable(&self, toml: Option<&str>) -> Vec<String> {
        let blanks = self.blanks();
        match toml {
            Some(toml) => manifest_shape::placed(toml, &blanks),
            None => blanks.into_iter().map(|blank| blank.problem).collect(),
        }
    }

    /// Writes a `decoder.toml` that is read as this manifest.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let mut table = toml::Table::try_from(self)?;
        // The catalogue's JSON writes names in another way than the file.
        rename_keys(&mut table, &kebab_case);
        toml::to_string(&table)
    }
}

fn rename_keys(table: &mut toml::Table, rename: &impl Fn(&str) -> String) {
    let renamed = std::mem::take(table).into_iter().map(|(key, mut value)| {
        match &mut value {
            // Its keys are values of the device.
            toml::Value::Table(_) if key == WORDS => {}
            toml::Value::Table(inner) => rename_keys(inner, rename),
            toml::Value::Array(list) => {
                let tables = list.iter_mut().filter_map(toml::Value::as_table_mut);
                tables.for_each(|inner| rename_keys(inner, rename));
            }
            _ => {}
        }
        (rename(&key), value)
    });
    *table = renamed.collect();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::manifest_check::VERSION_CHARACTERS;

    const MANIFEST: &str = r#"
        id = "acme/thermometer"
        version = "1.0.0"
        name = "Acme Thermometer"
        description = "Decodes it."
        licence = "MIT"
        maintainer = "Acme"
        funded-by = "The city"

        [[devices]]
        vendor = "Acme"
        model = "T1"

        [[ports]]
        port = 2
        direction = "up"
        meaning = "Temperature"

        [[fields]]
        name = "temperature"
        type = "number"
        quantity = "air.temperature"
        unit = "Cel"
        meaning = "Temperature of the air"
    "#;

    #[test]
    fn a_manifest_is_read() {
        let manifest = Manifest::parse(MANIFEST).unwrap();
        assert_eq!(manifest.id.to_string(), "acme/thermometer");
        assert_eq!(manifest.funded_by.as_deref(), Some("The city"));
    }

    #[test]
    fn a_device_may_have_links_and_nothing_else_in_their_place() {
        let with =
            |link: &str| MANIFEST.replace("model = \"T1\"", &format!("model = \"T1\"\n{link}"));
        let links =
            "product = \"https://acme.example/t1\"\nmanual = \"https://acme.example/t1.pdf\"";
        let manifest = Manifest::parse(&with(links)).unwrap();
        let device = &manifest.devices[0];
        assert_eq!(device.product, "https://acme.example/t1".parse().ok());
        assert_eq!(device.manual, "https://acme.example/t1.pdf".parse().ok());
        assert_eq!(Manifest::parse(&manifest.to_toml().unwrap()).unwrap(), manifest);
        let error = Manifest::parse(&with("product = \"javascript:alert(1)\"")).unwrap_err();
        assert!(error.to_string().contains("is no link"), "{error}");
    }

    #[test]
    fn without_id_it_is_refused_by_the_name_of_what_is_missing() {
        let error =
            Manifest::parse(&MANIFEST.replace("id = \"acme/thermometer\"", "")).unwrap_err();
        assert!(error.to_string().contains("missing field `id`"), "{error}");
    }

    #[test]
    fn a_key_that_nobody_knows_is_refused() {
        let error = Manifest::parse(&format!("licens = \"MIT\"\n{MANIFEST}")).unwrap_err();
        assert!(error.to_string().contains("licens"), "{error}");
    }

    #[test]
    fn everything_that_cannot_be_is_listed() {
        let manifest = MANIFEST
            .replace("\"Cel\"", "\"K\"")
            .replace("port = 2", "port = 0")
            .replace("\"up\"", "\"down\"");
        let Err(ManifestError::Inconsistent(complaints)) = Manifest::parse(&manifest) else {
            panic!("it is accepted");
        };
        assert_eq!(complaints.len(), 3, "{complaints:?}");
        let line_of = |words: &str| {
            let line = manifest.lines().position(|line| line.contains(words)).unwrap() + 1;
            format!("line {line}: ")
        };
        let lines = [line_of("[[ports]]"), line_of("[[ports]]"), line_of("[[fields]]")];
        for (complaint, line) in complaints.iter().zip(lines) {
            assert!(complaint.starts_with(&line), "{line}: {complaints:?}");
        }
    }

    #[test]
    fn a_version_is_told_from_others_by_its_order_alone() {
        let parse = |version: &str| Manifest::parse(&MANIFEST.replace("1.0.0", version));
        assert!(parse("1.0.0-rc.1").is_ok());
        let error = parse("1.0.0+build.7").unwrap_err();
        assert!(error.to_string().contains("1.0.0+build.7 has build metadata"), "{error}");
    }

    #[test]
    fn a_version_fits_into_a_file_name() {
        let parse = |characters: usize| {
            let version = format!("1.0.0-{}", "a".repeat(characters - "1.0.0-".len()));
            Manifest::parse(&MANIFEST.replace("1.0.0", &version))
        };
        assert!(parse(VERSION_CHARACTERS).is_ok());
        let error = parse(VERSION_CHARACTERS + 1).unwrap_err();
        assert!(error.to_string().contains("more than 64 characters"), "{error}");
    }

    #[test]
    fn what_stands_there_twice_is_refused_once_for_each_name() {
        let field = &MANIFEST[MANIFEST.find("[[fields]]").unwrap()..];
        let error = Manifest::parse(&format!("{MANIFEST}{field}{field}")).unwrap_err();
        let message = error.to_string();
        assert_eq!(message.matches("the field temperature stands there twice").count(), 1);
    }

    #[test]
    fn the_example_of_a_command_is_a_json_object() {
        let with = |example: &str| {
            Manifest::parse(&format!(
                "{MANIFEST}\n[[commands]]\nname = \"reset\"\nmeaning = \"Starts anew\"\n\
                 example = '{example}'"
            ))
        };
        assert!(with(r#"{"reset": true}"#).is_ok());
        for wrong in ["[]", "reset", r#"{"reset"}"#] {
            let error = with(wrong).unwrap_err();
            assert!(error.to_string().contains("the command reset is no JSON object"), "{error}");
        }
    }

    #[test]
    fn a_manifest_is_written_as_it_is_read() {
        let text = format!(
            "{MANIFEST}\ndata-unit = \"K\"\n[script]\ndialect = \"ts013\"\nfailing = [\"cold\"]\n"
        );
        let manifest = Manifest::parse(&text).unwrap();
        let written = manifest.to_toml().unwrap();
        assert_eq!(Manifest::parse(&written).unwrap(), manifest, "{written}");
    }

    #[test]
    fn what_was_inferred_is_written_with_its_reason() {
        let text = format!(
            "{MANIFEST}\ninferred = true\ninferred-from = \"suffix C\"\nchannel = 2\n\
             told-unit = {{ member = \"unit\", text = \"°C\" }}\n\
             [[fields]]\nname = \"door\"\ntype = \"text\"\nquantity = \"switch.closed\"\n\
             meaning = \"The door\"\nwords = {{ Open = false, noLeak = true }}\n[script]\n"
        );
        let manifest = Manifest::parse(&text).unwrap();
        let field = &manifest.fields[0];
        assert_eq!(field.told_unit.as_ref().map(|told| told.text.as_str()), Some("°C"));
        assert_eq!((field.channel, manifest.fields[1].words["Open"]), (Some(2), false));
        let written = manifest.to_toml().unwrap();
        assert_eq!(Manifest::parse(&written).unwrap(), manifest, "{written}");
        assert_eq!(manifest.mappings().filter_map(Result::ok).count(), 2);
    }

    #[test]
    fn only_what_has_a_reason_is_measured_of_inferred_fields() {
        let with = |more: &str| {
            let manifest = Manifest::parse(&format!("{MANIFEST}\n{more}\n[script]\n")).unwrap();
            manifest.mappings().count()
        };
        assert_eq!(with(""), 1);
        assert_eq!(with("inferred = true"), 0, "the script of an earlier version measures it");
        assert_eq!(with("inferred = true\ninferred-from = \"normalizeUplink\""), 0);
        assert_eq!(with("inferred = true\ninferred-from = \"name temperature\""), 1);
    }

    #[test]
    fn words_are_of_quantities_that_are_true_or_false() {
        let text = format!("{MANIFEST}\nwords = {{ warm = true }}\n[script]\n");
        let error = Manifest::parse(&text).unwrap_err();
        assert!(error.to_string().contains("temperature has words"), "{error}");
    }

    #[test]
    fn what_a_script_measures_can_be_converted() {
        let in_data = |unit: &str| format!("{MANIFEST}\ndata-unit = \"{unit}\"\n");
        assert!(Manifest::parse(&in_data("V")).is_ok(), "a component converts by itself");
        assert!(Manifest::parse(&(in_data("K") + "[script]")).is_ok());
        let error = Manifest::parse(&(in_data("V") + "[script]")).unwrap_err();
        assert!(error.to_string().contains("temperature has the unit \"V\""), "{error}");
    }

    #[test]
    fn only_what_is_inferred_may_do_without_a_meaning() {
        let without = MANIFEST.replace("meaning = \"Temperature of the air\"", "");
        let error = Manifest::parse(&without).unwrap_err();
        assert!(error.to_string().contains("temperature has no meaning"), "{error}");
        let inferred = Manifest::parse(&format!("{without}\ninferred = true")).unwrap();
        assert!(inferred.fields[0].inferred);
    }

    #[test]
    fn a_port_is_undeclared_where_others_are_declared() {
        let manifest = Manifest::parse(MANIFEST).unwrap();
        assert_eq!(manifest.uplink_ports_without(2), None);
        assert_eq!(manifest.uplink_ports_without(3), Some(vec![2]));
        let down = "[[ports]]\nport = 3\ndirection = \"down\"\nmeaning = \"Settings\"\n";
        let manifest = Manifest::parse(&format!("{MANIFEST}\n{down}")).unwrap();
        assert_eq!(manifest.uplink_ports_without(3), Some(vec![2]), "down is not up");
        let manifest = Manifest { ports: Vec::new(), ..manifest };
        assert_eq!(manifest.uplink_ports_without(3), None);
    }

    #[test]
    fn only_a_script_may_do_without_ports() {
        let up = "[[ports]]\n        port = 2\n        direction = \"up\"\n        meaning = \"Temperature\"";
        let without = MANIFEST.replace(up, "").replace("maintainer", "ports = []\nmaintainer");
        assert!(Manifest::parse(&without).unwrap_err().to_string().contains("no port"));
        assert!(Manifest::parse(&format!("{without}\n[script]")).is_ok());
    }

    #[test]
    fn texts_that_are_empty_are_read_and_not_published() {
        let blank = MANIFEST
            .replace("\"MIT\"", "\" \"")
            .replace("maintainer = \"Acme\"", "maintainer = \"\"")
            .replace("\"Decodes it.\"", "\"\"");
        let manifest = Manifest::parse(&blank).unwrap();
        let told = manifest.unpublishable(Some(&blank));
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with("line 5: description is empty: write"), "{told:?}");
        assert!(
            told[1].starts_with("line 6: licence is empty: write an SPDX expression"),
            "{told:?}"
        );
        assert!(told[2].starts_with("line 7: maintainer is empty"), "{told:?}");
        assert_eq!(manifest.unpublishable(None).len(), 3);
        assert!(Manifest::parse(MANIFEST).unwrap().unpublishable(None).is_empty());
    }

    #[test]
    fn a_quantity_outside_of_the_vocabulary_is_refused() {
        let error =
            Manifest::parse(&MANIFEST.replace("air.temperature", "air.temprature")).unwrap_err();
        assert!(error.to_string().contains("air.temprature"), "{error}");
    }
}
