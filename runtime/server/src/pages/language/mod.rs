//! The languages of pages, and their texts.

mod translations;

use std::sync::LazyLock;

use champollion_service::outbox;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

use crate::accept_language;

/// Returns the language of an `Accept-Language` header that is there and liked most.
pub(super) fn preferred(accept_language: &str) -> Option<Language> {
    accept_language::preferred(accept_language, Language::of_code)
}

/// The texts of a subject in each language.
struct Subject {
    name: &'static str,
    english: &'static str,
    french: &'static str,
}

macro_rules! subjects {
    ($($name:literal),+ $(,)?) => {
        [$(Subject {
            name: $name,
            english: include_str!(concat!("../locales/en/", $name, ".ftl")),
            french: include_str!(concat!("../locales/fr/", $name, ".ftl")),
        }),+]
    };
}

/// The files of texts: one for each subject, in each language.
static SUBJECTS: &[Subject] = &subjects![
    "account",
    "alerts",
    "catalogue",
    "layout",
    "notices",
    "operator",
    "partner",
    "problems",
    "quality",
    "quantities",
    "reference",
    "requests",
    "schedules",
    "sign_in",
    "statements",
    "workbench",
];

/// The files of what the server says in English by itself: in French alone, by codes.
static OF_SERVER: [(&str, &str); 2] = [
    ("problem_codes", include_str!("../locales/fr/problem_codes.ftl")),
    ("sentences", include_str!("../locales/fr/sentences.ftl")),
];

type Texts = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| texts(Language::English));
static FRENCH: LazyLock<Texts> = LazyLock::new(|| texts(Language::French));

/// A language that pages are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Language {
    /// English, where nothing says otherwise.
    #[default]
    English,
    /// French, for those who ask for it.
    French,
}

impl Language {
    /// The name of the cookie in which a choice is kept.
    pub(super) const COOKIE: &'static str = "champollion-language";

    /// All languages, in the order of choices.
    pub(super) const ALL: [Self; 2] = [Self::English, Self::French];

    /// Returns the code of the language, as in the attribute `lang`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// Returns the name of the language in itself.
    pub(super) fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
        }
    }

    /// Returns the language of a code.
    pub(super) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code().eq_ignore_ascii_case(code))
    }

    /// Returns the text of a key. A key without a text is shown itself: a test finds it first.
    pub(super) fn say(self, key: &str) -> String {
        self.said(key, None).unwrap_or_else(|| key.to_owned())
    }

    /// Returns the text of a key with some values in it.
    pub(super) fn say_with<'of>(
        self,
        key: &str,
        values: impl IntoIterator<Item = (&'of str, FluentValue<'of>)>,
    ) -> String {
        let values: FluentArgs<'of> = values.into_iter().collect();
        self.said(key, Some(&values)).unwrap_or_else(|| key.to_owned())
    }

    /// Returns the text of a key where there is one.
    pub(super) fn try_say(self, key: &str) -> Option<String> {
        self.said(key, None)
    }

    /// Returns the name of a quantity for people. A term without a name, as of a later vocabulary, is shown itself.
    pub(super) fn quantity(self, term: &str) -> String {
        let name = self.try_say(&format!("quantity-{}", term.replace('.', "-")));
        name.unwrap_or_else(|| term.to_owned())
    }

    fn said(self, key: &str, values: Option<&FluentArgs<'_>>) -> Option<String> {
        let texts = self.texts();
        let pattern = texts.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = texts.format_pattern(pattern, values, &mut errors);
        if let Some(error) = errors.first() {
            tracing::warn!(key, language = self.code(), %error, "a text of a page lacks a value");
        }
        Some(text.into_owned())
    }

    fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::French => &FRENCH,
        }
    }

    fn of_subject(self, subject: &Subject) -> &'static str {
        match self {
            Self::English => subject.english,
            Self::French => subject.french,
        }
    }

    /// Returns a whole number with its thousands apart.
    pub(super) fn whole(self, number: u64) -> String {
        self.of_messages().whole(number)
    }

    /// Returns a number as people of the language write it.
    pub(super) fn number(self, number: f64) -> String {
        self.of_messages().number(number)
    }

    /// Returns an amount, whose digits are those of the text, as people of the language write it.
    pub(super) fn amount(self, text: &str) -> String {
        self.of_messages().decimal(text)
    }

    /// The language as messages to people have it.
    pub(super) const fn of_messages(self) -> outbox::Language {
        match self {
            Self::English => outbox::Language::En,
            Self::French => outbox::Language::Fr,
        }
    }
}

impl From<outbox::Language> for Language {
    fn from(language: outbox::Language) -> Self {
        match language {
            outbox::Language::En => Self::English,
            outbox::Language::Fr => Self::French,
        }
    }
}

fn texts(language: Language) -> Texts {
    let mut texts = Texts::new_concurrent(vec![language.code().parse().unwrap_or_default()]);
    // Signs of direction around values would be copied with them.
    texts.set_use_isolating(false);
    match language {
        Language::English => texts.set_formatter(Some(in_english)),
        Language::French => texts.set_formatter(Some(in_french)),
    }
    for subject in SUBJECTS {
        add(&mut texts, subject.name, language.of_subject(subject));
    }
    if language == Language::French {
        OF_SERVER.iter().for_each(|(name, text)| add(&mut texts, name, text));
    }
    texts
}

/// The signs that belong to the word before or after them, beyond a space at which no line may break.
const BOUND: [(&str, &str); 7] = [
    (" :", "\u{a0}:"),
    (" ;", "\u{a0};"),
    (" ?", "\u{a0}?"),
    (" !", "\u{a0}!"),
    (" %", "\u{a0}%"),
    (" »", "\u{a0}»"),
    ("« ", "«\u{a0}"),
];

/// Returns texts in which no line begins with the sign that ends a word, as French writes several.
fn bound(text: &str) -> String {
    BOUND.iter().fold(text.to_owned(), |text, (loose, bound)| text.replace(loose, bound))
}

fn add(texts: &mut Texts, name: &str, text: &str) {
    let read = FluentResource::try_new(bound(text));
    let resource = read.unwrap_or_else(|(resource, errors)| {
        tracing::error!(subject = name, ?errors, "texts of pages cannot be read");
        resource
    });
    texts.add_resource_overriding(resource);
}

fn in_english<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    in_words(value, Language::English)
}

fn in_french<M>(value: &FluentValue<'_>, _: &M) -> Option<String> {
    in_words(value, Language::French)
}

fn in_words(value: &FluentValue<'_>, language: Language) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(language.number(number.value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn keys(language: Language, subject: &Subject) -> BTreeSet<String> {
        let lines = language.of_subject(subject).lines();
        let starts =
            lines.filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
        starts.filter_map(|line| line.split_once(" =")).map(|(key, _)| key.to_owned()).collect()
    }

    fn sources(folder: &Path, all: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, all);
            } else if path.extension().is_some_and(|end| end == "rs") {
                all.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn each_text_is_there_in_each_language_and_can_be_read() {
        let mut all = BTreeSet::new();
        for subject in SUBJECTS {
            let english = keys(Language::English, subject);
            assert_eq!(english, keys(Language::French, subject), "{}", subject.name);
            for language in Language::ALL {
                let text = language.of_subject(subject).to_owned();
                assert!(FluentResource::try_new(text).is_ok(), "{} {language:?}", subject.name);
            }
            for key in english {
                assert!(all.insert(key.clone()), "{key} is there twice");
            }
        }
    }

    #[test]
    fn no_line_begins_with_the_sign_that_ends_a_word() {
        let text = bound("« eau » : { $share } % ; et quoi ?");
        let expected = "«\u{a0}eau\u{a0}»\u{a0}: { $share }\u{a0}%\u{a0}; et quoi\u{a0}?";
        assert_eq!(text, expected);
    }

    #[test]
    fn each_quantity_has_a_name_in_each_language() {
        for quantity in champollion_sandbox::vocabulary::quantities() {
            for language in Language::ALL {
                let name = language.quantity(quantity.name);
                assert_ne!(name, quantity.name, "{language:?}");
            }
        }
    }

    #[test]
    fn each_act_of_the_audit_is_said_in_words() {
        let mut text = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
        let lines =
            text.split("of_act(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
        let acts: BTreeSet<&str> = lines.filter_map(|rest| rest.split('"').next()).collect();
        let mut said = 0;
        for act in acts
            .iter()
            .filter(|act| act.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
        {
            said += 1;
            for language in Language::ALL {
                let has_words = language.texts().has_message(&format!("operator-act-{act}"));
                assert!(has_words, "{act} {language:?}");
            }
        }
        assert!(said > 50, "only {said} acts were found");
    }

    #[test]
    fn each_key_that_the_pages_say_has_a_text() {
        let mut text = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pages"), &mut text);
        let calls = ["say(\"", "say_with(\"", "key: \""];
        for call in calls {
            for after in text.split(call).skip(1) {
                let key = after.split('"').next().unwrap();
                if key.contains(|other: char| !other.is_ascii_alphanumeric() && other != '-') {
                    continue;
                }
                for language in Language::ALL {
                    assert!(language.texts().has_message(key), "{key} {language:?}");
                }
            }
        }
    }
}
