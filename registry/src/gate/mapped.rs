//! Compares a mapping with the one before it, as the gate compares two versions of a decoder.

use super::{
    compatibility::{incompatibilities, is_major_told},
    finding::Finding,
    manifest_change::{ManifestChange, Property},
};
use crate::package::{Manifest, MappedField, Mapping};

/// Returns the changes of a decoder's records that the number of the next mapping does not tell: another quantity
/// or unit is a new major version, a field more a new minor one.
pub(crate) fn incompatible_mappings(
    manifest: &Manifest,
    previous: &Mapping,
    next: &Mapping,
) -> Vec<Finding> {
    let with = |mapping: &Mapping| Manifest {
        version: mapping.version.clone(),
        ..mapping.laid_over(manifest)
    };
    let (before, after) = (with(previous), with(next));
    let mut findings = incompatibilities(&before, &after);
    if is_major_told(&previous.version, &next.version) {
        return findings;
    }
    let after = next.by_name();
    for (name, old) in previous.by_name() {
        // What is mapped no longer is compared as fields are.
        let Some(new) = after.get(name) else { continue };
        for (property, old, new) in numbers(old, new) {
            if old != new {
                findings.push(Finding::Incompatible {
                    change: ManifestChange::FieldDiffers {
                        field: name.to_owned(),
                        property,
                        new: Some(new.to_string()),
                        old: Some(old.to_string()),
                    },
                    needed: "major",
                    previous: previous.version.clone(),
                    version: next.version.clone(),
                });
            }
        }
    }
    findings
}

/// The numbers by which a value is changed before it is measured.
fn numbers(old: &MappedField, new: &MappedField) -> [(Property, f64, f64); 2] {
    [
        (Property::Scale, old.scale.unwrap_or(1.0), new.scale.unwrap_or(1.0)),
        (Property::Offset, old.offset.unwrap_or(0.0), new.offset.unwrap_or(0.0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        id = "acme/probe"
        version = "1.0.0"
        name = "Acme probe"
        description = "Decodes it."
        licence = "MIT"
        maintainer = "Acme"
        ports = []
        [[devices]]
        vendor = "Acme"
        model = "P1"
        [[fields]]
        name = "t"
        type = "number"
        quantity = "sensor.temperature"
        unit = "Cel"
        inferred = true
        inferred-from = "name t"
        [[fields]]
        name = "u"
        type = "number"
        inferred = true
        [script]
    "#;

    fn mapping(version: &str, fields: &[&str]) -> Mapping {
        let fields: Vec<String> =
            fields.iter().map(|field| format!("[[fields]]\n{field}\n")).collect();
        let fields = if fields.is_empty() { "fields = []".to_owned() } else { fields.concat() };
        toml::from_str(&format!("version = \"{version}\"\n{fields}")).unwrap()
    }

    #[test]
    fn a_change_of_unit_or_quantity_is_a_major_one() {
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let before = "name = \"u\"\nquantity = \"water.level\"\nunit = \"mm\"";
        let first = mapping("1.0.0", &[before]);
        for (after, change) in [
            (before.replace("mm", "cm"), "unit in data cm"),
            (before.replace("water.level", "sensor.distance"), "quantity sensor.distance"),
            (format!("{before}\nscale = 0.1"), "scale 0.1"),
            (format!("{before}\noffset = 2"), "offset 2"),
            (format!("{before}\nchannel = 1"), "channel 1"),
            ("name = \"u\"".to_owned(), "quantity none"),
        ] {
            for version in ["1.0.1", "1.1.0"] {
                let next = mapping(version, &[&after]);
                let found = incompatible_mappings(&manifest, &first, &next);
                let said: Vec<String> = found.iter().map(ToString::to_string).collect();
                let is_told = said.iter().any(|one| one.contains(change) && one.contains("major"));
                assert!(is_told, "{version} {after}: {said:?}");
            }
            let next = mapping("2.0.0", &[&after]);
            assert!(incompatible_mappings(&manifest, &first, &next).is_empty(), "{after}");
        }
    }

    #[test]
    fn a_field_more_is_a_minor_change_and_another_meaning_of_one_a_major_one() {
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let first = mapping("1.0.0", &[]);
        let more = ["name = \"u\"\nquantity = \"water.level\"\nunit = \"mm\""];
        assert!(!incompatible_mappings(&manifest, &first, &mapping("1.0.1", &more)).is_empty());
        assert!(incompatible_mappings(&manifest, &first, &mapping("1.1.0", &more)).is_empty());
        let other = ["name = \"t\"\nquantity = \"water.temperature\""];
        let found = incompatible_mappings(&manifest, &first, &mapping("1.1.0", &other));
        assert!(found[0].to_string().contains("water.temperature and had sensor.temperature"));
        assert!(incompatible_mappings(&manifest, &first, &mapping("1.0.1", &[])).is_empty());
    }
}
