//! The texts of pages: each is there in the language of its reader, and no key of a text stands in its place.

use std::{collections::BTreeSet, fs};

use champollion_tests::workspace;

use crate::list::{Page, Town, pages};

/// The beginnings of the names of pages that show what others wrote in English: decoders, the interface, the audit.
const OF_OTHERS: [&str; 6] =
    ["catalogue", "decoder", "operator-audit", "operator-decoder", "reference", "workbench"];

/// Elements whose texts are for programs.
const OF_PROGRAMS: [&str; 5] = ["code", "pre", "script", "style", "svg"];

/// Elements that have no end, and no text.
const EMPTY: [&str; 4] = ["br", "img", "input", "meta"];

/// Words from which on a text is a sentence and not a name.
const SENTENCE: usize = 3;

/// The texts of a page that are for people, in the page's own language.
fn texts(page: &str) -> Vec<&str> {
    let mut texts = Vec::new();
    // The element that is passed over, and how many of its name are open.
    let mut passed: Option<(&str, usize)> = None;
    for part in page.split('<').skip(1) {
        let Some((tag, text)) = part.split_once('>') else { continue };
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        passed = match passed {
            Some((own, 1)) if own == name && tag.starts_with('/') => None,
            Some((own, open)) if own == name && tag.starts_with('/') => Some((own, open - 1)),
            Some((own, open)) if own == name => Some((own, open + 1)),
            Some(passed) => Some(passed),
            None if is_passed(name, tag) => Some((name, 1)),
            None => None,
        };
        if passed.is_none() && !text.trim().is_empty() {
            texts.push(text.trim());
        }
    }
    texts
}

/// Whether the texts of an element are for programs, or in a language that it names.
fn is_passed(name: &str, tag: &str) -> bool {
    let is_opened = !tag.starts_with('/') && !EMPTY.contains(&name);
    is_opened && (OF_PROGRAMS.contains(&name) || (name != "html" && tag.contains(" lang=\"")))
}

fn is_sentence(text: &str) -> bool {
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(char::is_alphabetic);
    // The title of a page ends with the name of the product.
    let text = text.trim_end_matches(" · Champollion");
    text.split_whitespace().filter(is_word).count() >= SENTENCE
}

/// The keys of all texts.
fn keys() -> BTreeSet<String> {
    let folder = workspace().join("runtime/server/src/pages/locales/en");
    let files = fs::read_dir(folder).expect("the texts are there");
    let texts = files.map(|file| fs::read_to_string(file.expect("it can be listed").path()));
    let texts: Vec<String> = texts.map(|text| text.expect("it can be read")).collect();
    let keys = texts.iter().flat_map(|text| text.lines()).filter_map(|line| line.split_once(" ="));
    let keys = keys.map(|(key, _)| key.to_owned());
    keys.filter(|key| key.contains('-') && !key.starts_with([' ', '#'])).collect()
}

#[test]
fn french_pages_say_nothing_in_english_and_no_page_a_key() {
    let (town, keys) = (Town::start(), keys());
    assert!(keys.len() > 1_000, "only {} keys were found", keys.len());
    for Page { name, path, role, .. } in pages() {
        let open = |language: &str| {
            town.visitor(&role).in_language(language).open(&town.server, &path).text
        };
        let (english, french) = (open("en"), open("fr"));
        let (english, french) = (texts(&english), texts(&french));
        assert!(french.len() > 10, "{name} has few texts: {french:?}");
        for text in english.iter().chain(&french) {
            assert!(!keys.contains(*text), "{name} shows the key {text}");
        }
        if OF_OTHERS.iter().any(|others| name.starts_with(others)) {
            continue;
        }
        for text in french.iter().filter(|text| is_sentence(text)) {
            assert!(!english.contains(text), "{name} says in French as in English: {text:?}");
        }
    }
}

#[test]
fn texts_for_programs_and_of_another_language_are_passed_over() {
    let page = "<html lang=\"fr\"><p>un <b>deux</b></p><pre><code>three</code></pre>\
                <meta lang=\"en\"><div lang=\"en\">four <div>five</div> six</div><p>sept</p>";
    assert_eq!(texts(page), ["un", "deux", "sept"]);
    assert!(is_sentence("No alert is open.") && !is_sentence("70B3D5499A000001 · Champollion"));
}
