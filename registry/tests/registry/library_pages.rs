//! The pages of the library that are made of the folders of its decoders: the sources in each README, and
//! `docs/library-table.md`. `CHAMPOLLION_BLESS=1` writes them.

use std::{env, fs, path::Path};

use champollion_registry::package::{Direction, Manifest, Port};
use champollion_sdk::vectors::{Input, Vector};

use crate::library_folders::{Folder, folders, repository};

/// Characters of a line at most, but for words that are longer.
const LINE: usize = 120;

/// The words behind which a document has the place that was read.
const PLACES: [&str; 12] = [
    "page",
    "pages",
    "section",
    "sections",
    "chapter",
    "chapters",
    "table",
    "tables",
    "annex",
    "thread",
    "functions",
    "lists",
];

/// Words of a source that say that its maker has given it no number and no date.
const WITHOUT_EDITION: [&str; 2] = ["undated", "without a public number"];

/// Compares a file with what it should hold, or writes it where `CHAMPOLLION_BLESS` is set.
fn assert_file(path: &Path, expected: &str) {
    if env::var_os("CHAMPOLLION_BLESS").is_some() {
        fs::write(path, expected).unwrap();
        return;
    }
    let actual = fs::read_to_string(path).unwrap_or_default();
    let shown = path.display();
    assert!(
        actual == expected,
        "{shown} is not what the decoders are: run this test with CHAMPOLLION_BLESS=1"
    );
}

/// A source without its address, and the address.
fn divided(source: &str) -> (&str, Option<&str>) {
    match source.rsplit_once(", https://") {
        Some((text, _)) => (text, Some(&source[text.len() + 2..])),
        None => (source, None),
    }
}

/// The words of a text without the marks around them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().map(|word| word.trim_matches([',', ';', '(', ')', '.']))
}

/// Whether a text names the version, the commit or the date of what it cites, or says that there is none.
fn has_edition(text: &str) -> bool {
    let is_digit = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
    let is_numbered = |word: &str| {
        let number = word.strip_prefix(['v', 'V']);
        number.is_some_and(|number| is_digit(number) && number.contains('.'))
    };
    let years = text.split(|other: char| !other.is_ascii_alphanumeric());
    let has_year = || {
        let mut years =
            years.filter(|word| word.len() == 4).filter_map(|word| word.parse::<u32>().ok());
        years.any(|year| (1_990..2_100).contains(&year))
    };
    let named = words(text).zip(words(text).skip(1)).any(|(name, number)| match name {
        "version" | "revision" | "rev" | "firmware" | "APP" => is_digit(number),
        "commit" | "commits" => number.len() == 8 && u32::from_str_radix(number, 16).is_ok(),
        _ => false,
    });
    named
        || words(text).any(is_numbered)
        || has_year()
        || WITHOUT_EDITION.iter().any(|words| text.contains(words))
}

/// Whether a text names the place that was read: a path behind a commit, and elsewhere a page, a chapter or the like.
fn has_place(text: &str) -> bool {
    match text.split_once(" commit") {
        Some((_, behind)) => words(behind).skip(1).any(|word| word.contains(['/', '.'])),
        None => words(text).any(|word| PLACES.contains(&word)),
    }
}

#[test]
fn each_source_is_cited_with_its_title_its_edition_and_its_place() {
    let mut faults = Vec::new();
    for Folder { name, manifest, .. } in folders() {
        if manifest.sources.is_empty() {
            faults.push(format!("{name} has no source"));
        }
        for source in &manifest.sources {
            let (text, address) = divided(source);
            let mut fault = |lacks: &str| faults.push(format!("{name}: {lacks}: {source}"));
            if text.split(", ").filter(|part| part.contains(char::is_alphabetic)).count() < 3 {
                fault("a title, an author and a place are fewer than three parts");
            }
            if !has_edition(text) {
                fault("neither a version nor a commit nor a date");
            }
            if !has_place(text) {
                fault("no page, section or path");
            }
            let of_repository =
                address.and_then(|address| address.strip_prefix("https://github.com/"));
            if let Some(rest) = of_repository.filter(|rest| !rest.contains("/files/")) {
                let repository = rest.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
                if !text.contains(&repository) || !text.contains(" commit") {
                    fault("a repository without its name and the commit that was read");
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn citations_that_lack_something_are_recognized() {
    for whole in [
        "User Manual v1.0, Maker, page 8",
        "Guide, Maker, undated, chapter 2",
        "EN 13757-3:2018, table 10",
    ] {
        assert!(has_edition(whole) && has_place(whole), "{whole}");
    }
    let path = "Codec, maker/codecs, commit 0a254aaa, vendor/maker/codec.js";
    assert!(has_edition(path) && has_place(path));
    for without_edition in
        ["PULSE V4 Manual, Maker, page 4", "Codec, commit master, codec.js", "Guide 230, page 1"]
    {
        assert!(!has_edition(without_edition), "{without_edition}");
    }
    for without_place in ["Manual v1.0, Maker", "Codec, maker/codecs, commit 0a254aaa"] {
        assert!(!has_place(without_place), "{without_place}");
    }
}

/// The part of a README below a heading, without the heading.
fn part<'readme>(readme: &'readme str, heading: &str) -> Option<&'readme str> {
    let (_, below) = readme.split_once(&format!("\n## {heading}\n"))?;
    Some(below.split_once("\n## ").map_or(below, |(part, _)| part))
}

/// A bullet in lines.
fn bullet(text: &str) -> String {
    let mut bullet = "-".to_owned();
    let mut length = bullet.len();
    for word in text.split(' ') {
        let characters = word.chars().count();
        if length + 1 + characters > LINE {
            bullet.push_str("\n ");
            length = 1;
        }
        bullet.push(' ');
        bullet.push_str(word);
        length += 1 + characters;
    }
    bullet + "\n"
}

#[test]
fn each_readme_names_the_sources_of_its_manifest() {
    for Folder { name, path, manifest, readme, .. } in folders() {
        let told =
            part(&readme, "Sources").unwrap_or_else(|| panic!("{name} has no part on sources"));
        let bullets = manifest.sources.iter().map(|source| match divided(source) {
            (text, Some(address)) => bullet(&format!("{text}: <{address}>")),
            (text, None) => bullet(&format!("{text}.")),
        });
        let sources = format!("\n## Sources\n\n{}\n## ", bullets.collect::<String>());
        let expected = readme.replacen(&format!("\n## Sources\n{told}\n## "), &sources, 1);
        assert_file(&path.join("README.md"), &expected);
    }
}

/// The bullets and paragraphs of a part of a README, each by its first sentence.
fn sentences(part: &str) -> Vec<String> {
    let part = part.replace("\n- ", "\n\n- ");
    let items =
        part.split("\n\n").map(|item| item.split_whitespace().collect::<Vec<_>>().join(" "));
    items
        .map(|item| without_links(item.trim_start_matches("- ")))
        .filter(|item| !item.is_empty())
        .map(|item| first_sentence(&item).replace('|', "\\|"))
        .collect()
}

/// The first sentence of a text; a name in bold type before it is none.
fn first_sentence(text: &str) -> &str {
    let from = if text.starts_with("**") { text.find(".** ").map_or(0, |at| at + 4) } else { 0 };
    let mut ends = text[from..].match_indices(". ").map(|(at, _)| from + at + 1);
    let end = ends.find(|end| {
        text[*end..].trim_start().starts_with(|next: char| next.is_uppercase() || next == '`')
    });
    &text[..end.unwrap_or(text.len())]
}

/// A text with the words of its links alone, which lead elsewhere from another folder.
fn without_links(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, (words, (_, behind)))) =
        rest.split_once('[').and_then(|(before, behind)| {
            let (words, target) = behind.split_once("](")?;
            Some((before, (words, target.split_once(')')?)))
        })
    {
        kept.push_str(before);
        kept.push_str(words);
        rest = behind;
    }
    kept + rest
}

fn frames(manifest: &Manifest) -> String {
    let direction = |port: &Port| match port.direction {
        Direction::Up => "up",
        Direction::Down => "down",
    };
    let ports = manifest
        .ports
        .iter()
        .map(|port| format!("{} {}: {}", port.port, direction(port), port.meaning));
    let mut frames: Vec<String> = ports.collect();
    match manifest.commands.len() {
        0 => {}
        1 => frames.push("1 command".to_owned()),
        several => frames.push(format!("{several} commands")),
    }
    frames.join("; ")
}

fn counts(vectors: &[Vector]) -> String {
    let count = |is: fn(&Vector) -> bool| vectors.iter().filter(|vector| is(vector)).count();
    let uplinks = count(|vector| matches!(vector.input, Input::Uplink(_)));
    let downlinks = count(|vector| matches!(vector.input, Input::Downlink(_)));
    let commands = count(|vector| matches!(vector.input, Input::Command(_)));
    let failures = count(|vector| vector.expect.get("failure").is_some());
    let all = vectors.len();
    format!("{all}: {uplinks} up, {downlinks} down, {commands} commands; {failures} must fail")
}

fn row(Folder { name, manifest, vectors, readme, .. }: &Folder) -> String {
    let cell = |heading: &str| {
        let told = part(readme, heading).map(sentences).unwrap_or_default();
        assert!(!told.is_empty(), "{name} says nothing below the heading {heading}");
        told.join(" / ")
    };
    let sources: Vec<&str> = manifest.sources.iter().map(|source| divided(source).0).collect();
    let cells = [
        format!("[`{}`](../decoders/{name}/README.md)", manifest.id),
        sources.join("; ").replace('|', "\\|"),
        frames(manifest),
        counts(vectors),
        cell("Checked"),
        cell("Doubts"),
    ];
    format!("| {} |\n", cells.join(" | "))
}

#[test]
fn the_table_of_the_library_is_what_the_decoders_are() {
    let folders = folders();
    let vectors: usize = folders.iter().map(|folder| folder.vectors.len()).sum();
    let rows: String = folders.iter().map(row).collect();
    let decoders = folders.len();
    let page = format!(
        "# The library, decoder by decoder\n\n\
         {decoders} decoders with {vectors} vectors. The table is made of their manifests, vectors and READMEs, \
         of which it has the first sentences;\nthe test `library_pages` of the registry holds it, and writes it \
         with `CHAMPOLLION_BLESS=1`. [library.md](library.md) says what each tells.\n\n\
         | decoder | document | frame types, by FPort | vectors | checked | open doubts |\n\
         | --- | --- | --- | --- | --- | --- |\n{rows}"
    );
    assert_file(&repository().join("docs/library-table.md"), &page);
}
