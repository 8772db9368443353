//! Sentences of the server on pages: in the language of the page, and in English where that says more.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::{json::text, language::Language, viewer::Viewer};
use crate::{
    api::{Problem, Translation},
    sentence::{Sentence, commands, handovers},
};

/// A sentence that the server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// The sentence in the language of the page.
    own: Option<String>,
    /// The words of the server, which are English; none where those of the page say the same.
    english: Option<String>,
}

impl Told {
    /// The sentence that a page says by itself.
    pub(super) fn by_page(text: String) -> Self {
        Self { own: Some(text), english: None }
    }

    /// The sentence of a problem, which has come by way of the viewer.
    pub(super) fn of(problem: &Problem) -> Self {
        Self::translated(problem.translation().cloned(), problem.detail().to_owned())
    }

    /// The sentence of a problem that stands in an answer of the interface.
    pub(super) fn of_code(language: Language, code: &str, detail: String) -> Self {
        Self::translated(language.translation(code, None), detail)
    }

    /// The sentence that an answer of the interface holds in words, and perhaps as a value.
    pub(super) fn of_answer(language: Language, sentence: &Json, words: String) -> Self {
        Self::translated(language.told(sentence), words)
    }

    /// The same beside the words, which say more than it.
    pub(super) fn of_answer_in_short(language: Language, sentence: &Json, words: String) -> Self {
        Self { own: language.told(sentence).map(|said| said.text), english: Some(words) }
    }

    /// The sentence of a value, beside its English words where the language of the page has none of it.
    pub(super) fn of_sentence(language: Language, sentence: &Sentence, words: String) -> Self {
        Self::translated(language.translation("", Some(sentence)), words)
    }

    /// The sentence about why no command was sent, by its word.
    pub(super) fn of_refusal(language: Language, code: &str, words: String) -> Self {
        match commands::of_refusal(code) {
            Some(sentence) => Self::of_sentence(language, &sentence, words),
            None => Self::of_code(language, code, words),
        }
    }

    /// The sentence about something in short, beside the exact words of the server.
    pub(super) fn in_short(language: Language, sentence: Option<Sentence>, words: String) -> Self {
        let said = sentence.and_then(|sentence| language.translation("", Some(&sentence)));
        Self { own: said.map(|said| said.text), english: Some(words) }
    }

    /// The sentence about a route that fails, beside what its recipient said last.
    pub(super) fn of_route(viewer: &Viewer, status: &Json) -> Self {
        let sentence = handovers::of_route(status).map(|sentence| viewer.by_clocks(sentence));
        Self::in_short(viewer.language(), sentence, text(status, "/why"))
    }

    fn translated(translation: Option<Translation>, english: String) -> Self {
        match translation {
            Some(Translation { text, is_whole: true }) => Self::by_page(text),
            Some(Translation { text, .. }) => Self { own: Some(text), english: Some(english) },
            None => Self { own: None, english: Some(english) },
        }
    }

    /// Returns the sentence. English words beside those of the page are marked as such, for those who are read to.
    pub(super) fn shown(&self) -> Markup {
        let beside = self.own.as_ref().map(|_| "beside");
        html! {
            @if let Some(own) = &self.own { (own) }
            @if let Some(english) = self.english.as_ref().filter(|words| !words.is_empty()) {
                @if self.own.is_some() { " " }
                span class=[beside] lang="en" { (english) }
            }
        }
    }
}

/// Returns a problem that stands in an answer of the interface, at a place of it, where it may hold its sentence as `fault`.
pub(super) fn problem(language: Language, answer: &Json, at: &str) -> Markup {
    let (code, detail) =
        (text(answer, &format!("{at}/code")), text(answer, &format!("{at}/detail")));
    let whole = answer.pointer(&format!("{at}/fault")).and_then(|fault| language.told(fault));
    Told::translated(whole.or_else(|| language.translation(&code, None)), detail).shown()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_french_page_says_it_in_french_and_marks_what_is_english() {
        let answer = json!({ "problem": { "code": "no-decoder", "detail": "<b>no</b> decoder" } });
        let french = problem(Language::French, &answer, "/problem").into_string();
        assert!(french.starts_with("L’objet n’a pas de décodeur"), "{french}");
        assert!(
            french.ends_with(
                "<span class=\"beside\" lang=\"en\">&lt;b&gt;no&lt;/b&gt; decoder</span>"
            ),
            "{french}"
        );
        let english = problem(Language::English, &answer, "/problem").into_string();
        assert_eq!(english, "<span lang=\"en\">&lt;b&gt;no&lt;/b&gt; decoder</span>");
        let other = json!({ "problem": { "code": "of-another-release", "detail": "no" } });
        let said = problem(Language::French, &other, "/problem").into_string();
        assert_eq!(said, "<span lang=\"en\">no</span>");
    }

    #[test]
    fn what_is_said_in_short_has_the_exact_words_beside() {
        let sentence = Sentence::new("handover-answered").with("status", 503);
        let said = |language, sentence| {
            Told::in_short(language, sentence, "503: busy".to_owned()).shown().into_string()
        };
        let french = said(Language::French, Some(sentence.clone()));
        assert!(french.starts_with("Le destinataire a répondu 503"), "{french}");
        assert!(
            french.ends_with("<span class=\"beside\" lang=\"en\">503: busy</span>"),
            "{french}"
        );
        let english = "<span lang=\"en\">503: busy</span>";
        assert_eq!(said(Language::English, Some(sentence)), english);
        assert_eq!(said(Language::French, None), english);
    }

    #[test]
    fn what_is_said_whole_is_said_once() {
        let fault = json!({ "code": "cell-formula" });
        let told = Told::of_answer(Language::French, &fault, "the cell holds a formula".to_owned());
        let said = told.shown().into_string();
        assert!(said.contains("formule") && !said.contains("holds"), "{said}");
    }
}
