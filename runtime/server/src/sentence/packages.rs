//! Sentences about packages: oddities that the gate has found, changes between versions, and flaws of the registry.

use champollion_registry::{
    gate::{ManifestChange, Oddity, UnseenField},
    ledger::{BrokenChain, DamagedIndex, Flaw},
};

use super::Sentence;

/// Returns the sentence of an oddity.
pub(crate) fn of_oddity(oddity: &Oddity) -> Sentence {
    match oddity {
        Oddity::FieldsWithoutVector { fields, more } => {
            let names: Vec<&str> = fields.iter().map(|field| &*field.name).collect();
            let nearly: Vec<&str> = fields.iter().filter_map(nearly).collect();
            let code = match (nearly.is_empty(), more) {
                (true, 0) => return Sentence::new("oddity-unseen").with("fields", names),
                (true, _) => Sentence::new("oddity-unseen-and-more"),
                (false, 0) => Sentence::new("oddity-unseen-nearly").with("nearly", nearly),
                (false, _) => Sentence::new("oddity-unseen-nearly-and-more").with("nearly", nearly),
            };
            code.with("fields", names).with("more", *more)
        }
        Oddity::FewRandomPayloads { tried, fuel } => {
            Sentence::new("oddity-few-random-payloads").with("tried", *tried).with("fuel", *fuel)
        }
        Oddity::NoneRead { tried } => Sentence::new("oddity-none-read").with("tried", *tried),
        Oddity::ReadsOn { tried, misread, example } => Sentence::new("oddity-reads-on")
            .with("tried", *tried)
            .with("misread", *misread)
            .with("vector", example.vector.as_str())
            .with("kept", example.kept_bytes)
            .with("bytes", example.bytes)
            .with("path", example.path.as_str())
            .with("made", example.made_up.to_string())
            .with("whole", example.whole.to_string()),
    }
}

/// The field that vectors hold instead of one that is declared.
fn nearly(field: &UnseenField) -> Option<&str> {
    field.nearly.as_deref()
}

/// Returns the sentence of a change between two versions.
pub(crate) fn of_change(change: &ManifestChange) -> Sentence {
    use ManifestChange as Change;

    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    match change {
        Change::FieldAdded(field) => Sentence::new("change-field-added").with("field", &**field),
        Change::FieldRemoved(field) => {
            Sentence::new("change-field-removed").with("field", &**field)
        }
        Change::FieldRenamed { field, to } => {
            Sentence::new("change-field-renamed").with("field", &**field).with("to", &**to)
        }
        Change::FieldToldWith { field, with } => {
            Sentence::new("change-field-told-with").with("field", &**field).with("with", &**with)
        }
        Change::FieldType { field, new, old } => Sentence::new("change-field-type")
            .with("field", &**field)
            .with("new", *new)
            .with("old", *old),
        Change::FieldGains { field, property } => Sentence::new("change-field-gains")
            .with("field", &**field)
            .with("property", property.as_str()),
        Change::FieldDiffers { field, property, new, old } => Sentence::new("change-field-differs")
            .with("field", &**field)
            .with("property", property.as_str())
            .with("new", text(new))
            .with("old", text(old)),
        Change::FieldWords(field) => Sentence::new("change-field-words").with("field", &**field),
        Change::VariableAdded(name) => Sentence::new("change-variable-added").with("name", &**name),
        Change::VariableRequired(name) => {
            Sentence::new("change-variable-required").with("name", &**name)
        }
        Change::CommandAdded(name) => Sentence::new("change-command-added").with("name", &**name),
        Change::CommandRemoved(name) => {
            Sentence::new("change-command-removed").with("name", &**name)
        }
        Change::ValueRemoved(name) => Sentence::new("change-value-removed").with("name", &**name),
        Change::InputAdded(name) => Sentence::new("change-input-added").with("name", &**name),
        Change::OtherKind => Sentence::new("change-other-kind"),
    }
}

/// Returns the sentence of a flaw that a check of the registry has found.
pub(crate) fn of_flaw(flaw: &Flaw) -> Sentence {
    let of = |code: Sentence, id: &dyn std::fmt::Display, version: &dyn std::fmt::Display| {
        code.with("id", id.to_string()).with("version", version.to_string())
    };
    match flaw {
        Flaw::Chain(BrokenChain { chain, place, reason }) => Sentence::new("flaw-chain")
            .with("chain", *chain)
            .with("place", *place)
            .with("reason", reason.as_str()),
        Flaw::Line(DamagedIndex { key, reason }) => {
            Sentence::new("flaw-line").with("key", key.as_str()).with("reason", reason.as_str())
        }
        Flaw::Channels { id } => Sentence::new("flaw-channels").with("id", id.to_string()),
        Flaw::OtherName { key, id, version } => {
            of(Sentence::new("flaw-other-name"), id, version).with("key", key.as_str())
        }
        Flaw::Unpublished { id, version } => of(Sentence::new("flaw-unpublished"), id, version),
        Flaw::Another { id, version } => of(Sentence::new("flaw-another"), id, version),
        Flaw::OtherManifest { id, version } => {
            of(Sentence::new("flaw-other-manifest"), id, version)
        }
        Flaw::Missing { missing } => Sentence::new("flaw-missing").with("missing", *missing),
        Flaw::Package { digest, id, version, fault } => {
            of(Sentence::new("flaw-package"), id, version)
                .with("digest", digest.to_string())
                .with("fault", *fault)
        }
        Flaw::OtherKey { file, key } => {
            Sentence::new("flaw-other-key").with("file", file.as_str()).with("key", key.as_str())
        }
        Flaw::WrongSignature { file } => {
            Sentence::new("flaw-wrong-signature").with("file", file.as_str())
        }
        Flaw::Gap { file, first, expected } => Sentence::new("flaw-gap")
            .with("file", file.as_str())
            .with("first", *first)
            .with("expected", *expected),
        Flaw::Keys => Sentence::new("flaw-keys"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flaw_is_told_with_the_version_that_it_is_of() {
        let (id, version) = ("acme/meter".parse().unwrap(), semver::Version::new(1, 2, 3));
        let told = of_flaw(&Flaw::Another { id, version });
        assert_eq!(told.code, "flaw-another");
        assert_eq!(
            (&told.values["id"], &told.values["version"]),
            (&"acme/meter".into(), &"1.2.3".into())
        );
    }

    #[test]
    fn a_field_without_a_vector_is_told_with_the_one_that_is_meant() {
        let unseen = |nearly: Option<&str>, more| Oddity::FieldsWithoutVector {
            fields: vec![UnseenField {
                name: "battery".to_owned(),
                nearly: nearly.map(str::to_owned),
            }],
            more,
        };
        assert_eq!(of_oddity(&unseen(None, 0)).code, "oddity-unseen");
        let told = of_oddity(&unseen(Some("batery"), 3));
        assert_eq!(told.code, "oddity-unseen-nearly-and-more");
        assert_eq!(
            (&told.values["nearly"][0], &told.values["more"]),
            (&"batery".into(), &3.into())
        );
    }
}
