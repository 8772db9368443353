//! The list of problem codes has all that the sources have, and is `docs/problems.md`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use champollion_tests::{Server, workspace};
use serde_json::Value as Json;

use crate::{
    files,
    served::{document, operations},
};

/// Begins the page of the codes.
const PAGE: &str = "# Problems

Each error over HTTP is `application/problem+json` (RFC 9457) with a `code` that does not change between releases. Its `type` is
`urn:champollion:problem:` and the code; `detail` says the fault, its place and the remedy for people. `/openapi.json` names the
codes of each endpoint. This list is made from that of the server.

| `code` | status | meaning |
| --- | --- | --- |
";

/// The sources of errors that have a word of their own.
const ERRORS: [&str; 5] = [
    "runtime/frames/src/refusal.rs",
    "runtime/frames/src/joins/mod.rs",
    "runtime/lns/src/unreadable.rs",
    "runtime/sandbox/src/error.rs",
    "registry/src/gate/finding.rs",
];

fn codes(document: &Json) -> Vec<Json> {
    let listed = document["components"]["schemas"]["ProblemCode"]["oneOf"].as_array();
    let codes = listed.expect("the document lists the codes").clone();
    assert!(codes.len() > 80, "{} codes", codes.len());
    codes
}

#[test]
fn the_page_lists_all_codes() {
    let mut page = PAGE.to_owned();
    for code in codes(&document(&Server::start())) {
        let statuses = code["x-statuses"].as_array().into_iter().flatten().map(Json::to_string);
        page.push_str(&format!(
            "| `{}` | {} | {} |\n",
            code["const"].as_str().expect("a code is a word"),
            statuses.collect::<Vec<_>>().join(", "),
            code["description"].as_str().expect("a code has a meaning"),
        ));
    }
    files::holds("docs/problems.md", &page);
}

/// Rust sources below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("it is there").filter_map(Result::ok);
    let paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    let (folders, files): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| path.is_dir());
    let rust = files.into_iter().filter(|file| file.extension().is_some_and(|name| name == "rs"));
    rust.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

/// The word in quotes that a text begins with, where it has the form of a code.
fn word(text: &str) -> Option<String> {
    let word = text.trim_start().strip_prefix('"')?.split('"').next()?;
    let plain = |letter: char| letter.is_ascii_lowercase() || letter == '-';
    (!word.is_empty() && word.chars().all(plain)).then(|| word.to_owned())
}

/// The words that constructors of problems are given.
fn constructed(text: &str) -> impl Iterator<Item = String> + '_ {
    let constructors = [
        "::bad_request(",
        "::not_found(",
        "::unprocessable(",
        "::conflict(",
        "::unavailable(",
        "::too_many_requests(",
        "StatusCode::FORBIDDEN,",
        "StatusCode::UNAUTHORIZED,",
        "StatusCode::NOT_ACCEPTABLE,",
        "StatusCode::METHOD_NOT_ALLOWED,",
        "StatusCode::PAYLOAD_TOO_LARGE,",
        "StatusCode::INSUFFICIENT_STORAGE,",
        "StatusCode::INTERNAL_SERVER_ERROR,",
    ];
    let of = move |name: &'static str| text.split(name).skip(1).filter_map(word);
    let arms = text.split("let code = match").skip(1).filter_map(|rest| rest.split("};").next());
    let arms = arms.flat_map(|arms| arms.split("=>").skip(1).filter_map(word));
    constructors.into_iter().flat_map(of).chain(arms)
}

#[test]
fn the_list_has_every_code_of_the_sources() {
    let listed: BTreeSet<String> = codes(&document(&Server::start()))
        .iter()
        .filter_map(|code| code["const"].as_str().map(str::to_owned))
        .collect();
    let mut met = BTreeSet::new();
    for file in sources(&workspace().join("runtime/server/src/api")) {
        met.extend(constructed(&fs::read_to_string(file).expect("it is text")));
    }
    for file in ERRORS {
        let text = fs::read_to_string(workspace().join(file)).expect("it is there");
        let (_, words) = text.split_once("fn code(").expect("its errors have words");
        let words = words.split("\n    }\n").next().unwrap_or_default();
        met.extend(
            words.split("=>").skip(1).filter_map(|rest| word(rest.trim_start_matches(" {\n"))),
        );
    }
    // A refusal of the verifier that is reported as `malformed-frame`.
    met.remove("malformed");
    assert!(met.len() > 80, "{met:?}");
    let missing: Vec<&String> = met.difference(&listed).collect();
    assert!(missing.is_empty(), "the lists in problem/codes lack {missing:?}");
}

#[test]
fn every_answer_names_codes_of_the_list_under_their_status() {
    let document = document(&Server::start());
    let listed = codes(&document);
    let mut faults = Vec::new();
    for operation in operations(&document) {
        let answers = operation.json["responses"].as_object().expect("there are answers");
        for (status, answer) in answers.iter().filter(|(status, _)| status.as_str() >= "400") {
            let schema = &answer["content"]["application/problem+json"]["schema"];
            let named = schema["allOf"][1]["properties"]["code"]["enum"].as_array();
            let named = named.filter(|named| !named.is_empty());
            let Some(named) = named else {
                faults.push(format!("{}: {status} names no code", operation.name()));
                continue;
            };
            for word in named {
                let known = listed.iter().find(|code| code["const"] == *word);
                let statuses = known.and_then(|code| code["x-statuses"].as_array());
                let status_of = |own: &Json| own.as_u64().map(|own| own.to_string());
                let fits = |statuses: &Vec<Json>| {
                    statuses.iter().any(|own| status_of(own).as_deref() == Some(status.as_str()))
                };
                if !statuses.is_some_and(fits) {
                    faults.push(format!("{}: {word} under {status}", operation.name()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
