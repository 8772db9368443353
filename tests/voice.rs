//! The voice of the product: doc comments of the sources and help texts of the binary, held against the
//! openings that `docs/style.md` refuses, and against its fewest words.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use champollion_tests::{champollion, run, rust_sources, workspace};

/// The deepest nesting of subcommands: `champollion registry keys add` has two below the binary.
const DEEPEST: usize = 3;

/// The fewest words of a doc comment. With less it only repeats the name of the item.
const FEWEST_WORDS: usize = 4;

/// A doc comment: the file, its first line's number, and its text.
struct Comment {
    file: PathBuf,
    line: usize,
    text: String,
}

/// Reads the words of the fenced block below the heading "Refused openings".
fn refused_openings() -> BTreeSet<String> {
    let page =
        fs::read_to_string(workspace().join("docs/style.md")).expect("docs/style.md is there");
    let section = page.split_once("Refused openings").expect("the page lists refused openings").1;
    let block = section.split("```").nth(1).expect("the list stands in a fenced block");
    let words: BTreeSet<String> = block.split_whitespace().map(str::to_lowercase).collect();
    assert!(words.contains("whoever"), "the list was read wrongly: {words:?}");
    words
}

/// Returns the doc comments of a file, each with all its lines.
fn comments(file: &Path) -> Vec<Comment> {
    let text = fs::read_to_string(file).expect("sources are UTF-8");
    let mut comments: Vec<Comment> = Vec::new();
    let mut continues = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let words = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        // Four slashes are a line of slashes and no doc comment.
        let words = words.filter(|words| !words.starts_with('/'));
        match (words, continues) {
            (Some(words), true) => {
                let comment = comments.last_mut().expect("a comment was begun");
                comment.text.push_str(words);
            }
            (Some(words), false) => comments.push(Comment {
                file: file.to_owned(),
                line: number + 1,
                text: words.to_owned(),
            }),
            (None, _) => {}
        }
        continues = words.is_some();
    }
    comments
}

/// Returns the first word of a text in lower case, without what stands around it.
fn opening(text: &str) -> String {
    let word = text.split_whitespace().next().unwrap_or_default();
    word.trim_matches(|character: char| !character.is_alphanumeric()).to_lowercase()
}

fn all_comments() -> Vec<Comment> {
    let files = rust_sources(workspace());
    let comments: Vec<Comment> = files.iter().flat_map(|file| comments(file)).collect();
    assert!(comments.len() > 3_000, "only {} doc comments were found", comments.len());
    comments
}

#[track_caller]
fn none(faults: &[String], rule: &str) {
    assert!(
        faults.is_empty(),
        "{} texts break the rule of docs/style.md that {rule}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn doc_comments_open_with_the_name_of_a_thing() {
    let refused = refused_openings();
    let faults: Vec<String> = all_comments()
        .iter()
        .filter(|comment| refused.contains(&opening(&comment.text)))
        .map(|comment| format!("{}:{}:{}", comment.file.display(), comment.line, comment.text))
        .collect();
    none(&faults, "no doc comment opens with a refused word");
}

#[test]
fn doc_comments_say_more_than_a_name() {
    let faults: Vec<String> = all_comments()
        .iter()
        .filter(|comment| comment.text.split_whitespace().count() < FEWEST_WORDS)
        .map(|comment| format!("{}:{}:{}", comment.file.display(), comment.line, comment.text))
        .collect();
    none(&faults, "a doc comment has more than three words");
}

/// Returns the names of the subcommands that a help text lists, under one heading or by task.
fn subcommands(help: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut lists_commands = false;
    for line in help.lines() {
        let is_heading = line.ends_with(':') && !line.starts_with(' ');
        if is_heading {
            lists_commands = line != "Options:" && line != "Arguments:";
        } else if lists_commands && line.starts_with("  ") && !line.starts_with("   ") {
            names.extend(line.split_whitespace().next().map(str::to_owned));
        }
    }
    names.retain(|name| name != "help");
    names
}

/// Collects what a command and all below it say of themselves: a line each, behind the command.
fn help_texts(command: &[String], texts: &mut Vec<(String, String)>) {
    let help = run(champollion().args(command).arg("--help")).success();
    let name = command.join(" ");
    let first = help.lines().next().unwrap_or_default().to_owned();
    texts.push((name.clone(), first));
    // An argument's help stands behind its name, after two spaces at least, or on the next line.
    let mut follows = false;
    for line in
        help.lines().skip_while(|line| !line.ends_with("ptions:") && !line.ends_with("rguments:"))
    {
        let trimmed = line.trim();
        if trimmed.starts_with('-') || trimmed.starts_with('<') || trimmed.starts_with('[') {
            let said = trimmed.split_once("  ").map(|(_, said)| said.trim());
            follows = said.is_none();
            texts.extend(said.map(|said| (format!("{name}: {trimmed}"), said.to_owned())));
        } else if follows && !trimmed.is_empty() {
            texts.push((name.clone(), trimmed.to_owned()));
            follows = false;
        }
    }
    if command.len() < DEEPEST {
        for subcommand in subcommands(&help) {
            help_texts(&[command, &[subcommand]].concat(), texts);
        }
    }
}

#[test]
fn help_texts_open_with_the_name_of_a_thing() {
    let refused = refused_openings();
    let mut texts = Vec::new();
    help_texts(&[], &mut texts);
    assert!(texts.len() > 150, "only {} help texts were found", texts.len());
    let faults: Vec<String> = texts
        .iter()
        .filter(|(_, said)| refused.contains(&opening(said)))
        .map(|(command, said)| format!("champollion {command}: {said}"))
        .collect();
    none(&faults, "no help text opens with a refused word");
}
