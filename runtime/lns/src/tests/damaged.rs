//! Whatever is done to a body, it is read or refused, and who refuses names the field.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Sample, body, read, read_json, samples};
use crate::{Fault, phy};

/// The pointers to all values in a JSON document.
fn pointers(json: &Json) -> Vec<String> {
    fn walk(json: &Json, at: &str, all: &mut Vec<String>) {
        let members: Vec<(String, &Json)> = match json {
            Json::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), value)).collect()
            }
            Json::Array(elements) => elements
                .iter()
                .enumerate()
                .map(|(index, value)| (index.to_string(), value))
                .collect(),
            _ => return,
        };
        for (name, value) in members {
            let pointer = format!("{at}/{name}");
            walk(value, &pointer, all);
            all.push(pointer);
        }
    }
    let mut all = Vec::new();
    walk(json, "", &mut all);
    all
}

/// A pointer as an error writes the path: `/rxInfo/0/rssi` is `rxInfo[0].rssi`.
fn path(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, part| match part.parse::<usize>() {
        Ok(index) => format!("{path}[{index}]"),
        Err(_) if path.is_empty() => part.to_owned(),
        Err(_) => format!("{path}.{part}"),
    })
}

fn without(json: &Json, pointer: &str) -> Json {
    let mut json = json.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    match json.pointer_mut(parent).expect("the parent is there") {
        Json::Object(members) => drop(members.remove(name)),
        Json::Array(elements) => drop(elements.remove(name.parse().expect("it is an index"))),
        _ => {}
    }
    json
}

#[test]
fn each_field_that_is_needed_is_named_where_it_is_missing() {
    for (kind, sample) in samples() {
        let body = body(kind);
        for pointer in sample.needed {
            let path = path(pointer);
            for damaged in [without(&body, pointer), with(&body, pointer, Json::Null)] {
                let error = read_json(kind, &damaged).expect_err(pointer);
                assert_eq!(error.path(), path, "{kind}: {error}");
                assert!(error.to_string().starts_with(&path), "{error}");
                assert_eq!((error.fault(), error.code()), (&Fault::Missing, "invalid-body"));
            }
        }
    }
}

fn with(json: &Json, pointer: &str, value: Json) -> Json {
    let mut json = json.clone();
    *json.pointer_mut(pointer).expect("it is there") = value;
    json
}

/// Every field of every body is taken out, and replaced by everything that it should not be. It is read
/// all the same, since it is of no use, or the error names this field, or one within it.
#[test]
fn every_field_of_every_wrong_kind_is_read_or_named() {
    let huge = "x".repeat(1 << 16);
    let many: Json = (0..300).collect();
    let wrong = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(0.5),
        json!(u64::MAX),
        json!(""),
        json!("nonsense"),
        json!("0x"),
        json!(huge),
        json!([]),
        many,
        json!({}),
        json!([{}]),
    ];
    let mut named = 0;
    for (kind, _) in samples() {
        let body = body(kind);
        for pointer in pointers(&body) {
            let path = path(&pointer);
            let removed = std::iter::once(without(&body, &pointer));
            let replaced = wrong.iter().map(|value| with(&body, &pointer, value.clone()));
            for damaged in removed.chain(replaced) {
                let Err(error) = read_json(kind, &damaged) else { continue };
                named += 1;
                let within = error.path().starts_with(&path)
                    // Without the member that says whose message it is, the next is asked for; and an
                    // element that is gone moves the others.
                    || matches!(error.fault(), Fault::Missing);
                assert!(within, "{kind}: {path} was damaged, and the error is {error}");
                assert!(error.to_string().len() < 500, "{kind}: {path}: the error is huge");
            }
        }
    }
    assert!(named > 800, "only {named} errors were found");
}

#[test]
fn what_is_needed_may_not_be_empty_or_huge() {
    for (kind, sample) in samples() {
        let body = body(kind);
        for pointer in sample
            .needed
            .iter()
            .filter(|pointer| body.pointer(pointer).is_some_and(Json::is_string))
        {
            let path = path(pointer);
            let huge = read_json(kind, &with(&body, pointer, json!("0".repeat(1 << 16))));
            assert_eq!(huge.expect_err(pointer).path(), path, "{kind}");
            // An empty FRMPayload is a frame without one.
            if !matches!(*pointer, "/FRMPayload" | "/data") {
                let empty = read_json(kind, &with(&body, pointer, json!("")));
                let error = empty.expect_err(pointer);
                assert_eq!(error.path(), path, "{kind}: {error}");
            }
        }
    }
}

#[test]
fn another_network_servers_message_is_called_one() {
    for (kind, Sample { body: text, .. }) in samples() {
        for (other, _) in samples().into_iter().filter(|(other, _)| *other != kind) {
            let error = read(other, text.as_bytes()).expect_err("it is another's");
            let said = error.to_string();
            assert_eq!((error.path(), error.code()), (".", "other-format"), "{said}");
            assert!(said.contains(&format!("/v1/ingest/{kind}")), "{said}");
        }
        assert_eq!(
            read(phy::KIND, text.as_bytes()).expect_err("it is another's").code(),
            "other-format"
        );
    }
}

#[test]
fn what_is_no_json_is_called_that() {
    for (kind, Sample { body: text, .. }) in samples() {
        for cut in ["", "{", "[]x", "\u{0}", &text[..text.len() / 2]] {
            let error = read(kind, cut.as_bytes()).expect_err("it is cut");
            assert_eq!((error.path(), error.code()), (".", "malformed-json"), "{kind}: {error}");
        }
        for other in ["[]", "null", "1", "\"x\""] {
            let error = read(kind, other.as_bytes()).expect_err("it is no object");
            assert!(error.to_string().contains("an object"), "{kind}: {error}");
        }
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(read(kind, deep.as_bytes()).expect_err("it is deep").code(), "malformed-json");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    /// Bytes are changed, left out and put in anywhere: nothing panics.
    #[test]
    fn bytes_are_changed_anywhere(
        which in 0..samples().len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let (kind, Sample { body: text, .. }) = samples()[which];
        let mut bytes = text.as_bytes().to_vec();
        for (place, byte, change) in changes {
            let place = place.index(bytes.len().max(1));
            match change {
                0 if !bytes.is_empty() => bytes[place] = byte,
                1 if !bytes.is_empty() => drop(bytes.remove(place)),
                _ => bytes.insert(place.min(bytes.len()), byte),
            }
        }
        if let Err(error) = read(kind, &bytes) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
