//! Sentences that the server says in English by itself, in other languages: by their values, or else by their codes.

use fluent_bundle::{FluentArgs, FluentValue};
use serde_json::Value as Json;

use super::Language;
use crate::{api::Translation, sentence::Sentence};

impl Language {
    /// Returns the sentence that the server says with a code, and with the value of its sentence where there is one; nothing where
    /// its English words are in the language already, or the language has none of them.
    pub(in crate::pages) fn translation(
        self,
        code: &str,
        sentence: Option<&Sentence>,
    ) -> Option<Translation> {
        if self == Self::English {
            return None;
        }
        let whole =
            sentence.and_then(|said| self.sentence(said.code, &self.arguments(said.values.iter())));
        let by_code = || self.try_say(&format!("problem-code-{code}"));
        match whole {
            Some(text) => Some(Translation { text, is_whole: true }),
            None => by_code().map(|text| Translation { text, is_whole: false }),
        }
    }

    /// Returns the sentence that an answer of the interface holds as a value, with its `code` and `values`.
    pub(in crate::pages) fn told(self, sentence: &Json) -> Option<Translation> {
        let code = sentence.get("code").and_then(Json::as_str)?;
        let values = sentence.get("values").and_then(Json::as_object);
        let text = self.sentence(code, &self.arguments(values.into_iter().flatten()))?;
        Some(Translation { text, is_whole: true })
    }

    fn sentence(self, code: &str, values: &FluentArgs<'_>) -> Option<String> {
        let texts = self.texts();
        let pattern = texts.get_message(&format!("sentence-{code}"))?.value()?;
        let mut errors = Vec::new();
        let text = texts.format_pattern(pattern, Some(values), &mut errors);
        // A sentence that lacks a value is not said: the English one has it.
        errors.is_empty().then(|| text.into_owned())
    }

    /// The values of a sentence as a text takes them.
    fn arguments<'of>(
        self,
        values: impl Iterator<Item = (&'of String, &'of Json)>,
    ) -> FluentArgs<'of> {
        values.map(|(name, value)| (name.as_str(), self.argument(value))).collect()
    }

    fn argument(self, value: &Json) -> FluentValue<'_> {
        match value {
            Json::Number(number) => FluentValue::from(number.as_f64().unwrap_or_default()),
            Json::Array(items) => FluentValue::from(self.listed(items)),
            Json::String(text) => FluentValue::from(text.as_str()),
            other => FluentValue::from(self.item(other)),
        }
    }

    /// Returns a list as one text: words behind commas, sentences behind semicolons.
    fn listed(self, items: &[Json]) -> String {
        let are_sentences = items.iter().any(Json::is_object);
        let items: Vec<String> = items.iter().map(|item| self.item(item)).collect();
        items.join(if are_sentences { "\u{a0}; " } else { ", " })
    }

    /// A value as a text; it may be a sentence itself.
    fn item(self, item: &Json) -> String {
        let sentence = self.told(item).map(|said| said.text);
        let text = sentence.or_else(|| item.as_str().map(str::to_owned));
        text.unwrap_or_else(|| item.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use serde_json::json;

    use super::*;
    use crate::api::Problem;

    /// The keys of a file of French texts, without their beginning.
    fn keys<'of>(text: &'of str, start: &str) -> BTreeSet<&'of str> {
        let keys = text.lines().filter_map(|line| line.split_once(" =")).map(|(key, _)| key);
        keys.filter_map(|key| key.strip_prefix(start)).collect()
    }

    #[test]
    fn each_code_of_problems_is_said_in_french_and_no_other() {
        let codes: BTreeSet<&str> = Problem::codes().collect();
        assert_eq!(keys(super::super::OF_SERVER[0].1, "problem-code-"), codes);
    }

    fn sources(folder: &Path, all: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, all);
            } else if path.extension().is_some_and(|end| end == "rs") {
                all.push(fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn each_sentence_of_the_server_is_said_in_french_and_no_other() {
        let mut all = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
        let starts = all.iter().flat_map(|source| source.split("Sentence::new(\"").skip(1));
        let codes: BTreeSet<&str> = starts.map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(codes.len() > 60, "only {} codes were found", codes.len());
        assert_eq!(keys(super::super::OF_SERVER[1].1, "sentence-"), codes);
    }

    #[test]
    fn a_sentence_is_said_with_its_values_and_else_the_code_with_the_english_words() {
        let sentence = Sentence::new("rule-out-of-bounds").with("least", 1).with("most", 1_000);
        let said = Language::French.translation("invalid-alert-rule", Some(&sentence)).unwrap();
        assert!(said.is_whole && said.text.contains("1\u{202f}000"), "{}", said.text);
        let lacking = Sentence::new("rule-out-of-bounds").with("least", 1);
        let said = Language::French.translation("invalid-alert-rule", Some(&lacking)).unwrap();
        assert!(!said.is_whole && said.text.starts_with("La règle"), "{}", said.text);
        assert_eq!(Language::English.translation("invalid-alert-rule", Some(&lacking)), None);
        assert_eq!(Language::French.translation("no-such-code", None), None);
    }

    #[test]
    fn an_answer_of_the_interface_holds_sentences_too() {
        let fault = json!({ "code": "cell-same-device", "values": { "rows": [3, 7] } });
        assert!(Language::French.told(&fault).unwrap().text.contains("3, 7"));
        assert_eq!(Language::English.told(&fault), None);
        assert_eq!(Language::French.told(&json!(null)), None);
    }

    #[test]
    fn sentences_stand_in_sentences() {
        let difference = |path: &str| {
            Sentence::new("difference-missing").with("path", path).with("expected", "1")
        };
        let vector = Sentence::new("finding-vector-differs")
            .with("vector", "warm")
            .with("differences", vec![difference("a"), difference("b")])
            .with("more", 0);
        let said = Language::French.translation("vector-differs", Some(&vector)).unwrap();
        assert!(said.is_whole);
        let expected = "a manque, et 1 est attendu\u{a0}; b manque, et 1 est attendu.";
        assert!(said.text.ends_with(expected), "{}", said.text);
        let change = Sentence::new("change-field-removed").with("field", "t");
        let finding = Sentence::new("finding-incompatible")
            .with("change", change)
            .with("needed", "major")
            .with("previous", "1.0.0")
            .with("version", "1.0.1");
        let said = Language::French.translation("incompatible", Some(&finding)).unwrap();
        assert!(said.text.starts_with("Le champ t a été retiré. Il faut donc"), "{}", said.text);
        assert!(said.text.contains("version majeure"), "{}", said.text);
    }
}
