//! Whatever is done to a body, it is read or refused, and who refuses names the field.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Sample, body, frame, hear, read, read_json, reported, samples};
use crate::{Fault, Message, phy};

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

/// The values that every member is replaced by.
fn wrong_values() -> Vec<Json> {
    let many: Json = (0..300).collect();
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(0.5),
        json!(u64::MAX),
        json!(""),
        json!("NaN"),
        json!("nonsense"),
        json!("0x"),
        json!("x".repeat(1 << 16)),
        json!([]),
        many,
        json!({}),
        json!([{}]),
    ]
}

/// Whether what a pointer points to is essential, or holds what is.
fn is_essential(sample: &Sample, pointer: &str) -> bool {
    let within = format!("{pointer}/");
    sample.essentials.iter().any(|known| *known == pointer || known.starts_with(&within))
}

/// Essentials that are damaged are an error which names them, or they are read as something else: never is
/// the uplink read as if nothing were wrong.
#[test]
fn a_damaged_essential_is_named() {
    let mut named = 0;
    for (kind, sample) in samples() {
        let body = body(kind);
        let good = reported(read_json(kind, &body));
        for pointer in pointers(&body).iter().filter(|pointer| is_essential(&sample, pointer)) {
            let path = path(pointer);
            for value in wrong_values() {
                match read_json(kind, &with(&body, pointer, value.clone())) {
                    Err(error) => {
                        named += 1;
                        let is_named = error.path().starts_with(&path);
                        assert!(is_named, "{kind}: {path} is {value}, and the error is {error}");
                        assert!(error.to_string().len() < 500, "{kind}: {path}: it is huge");
                    }
                    // Of another type, or of a device that is named otherwise.
                    Ok(Message::Nothing { .. } | Message::Nameless(_)) => {}
                    // Bytes of another payload, or none.
                    Ok(message) => {
                        let read = reported(Ok(message));
                        let is_default = value.is_null() || *pointer == "/encodingType";
                        let differs = read.payload != good.payload || read.f_port != good.f_port;
                        let counted = read.f_cnt != good.f_cnt;
                        assert!(is_default || differs || counted, "{kind}: {path} is {value}");
                    }
                }
            }
        }
    }
    assert!(named > 300, "only {named} errors were found");
}

/// Decoration that is damaged costs nothing but itself, and is noted.
#[test]
fn damaged_decoration_is_left_out_and_noted() {
    let mut noted = 0;
    for (kind, sample) in samples() {
        let body = body(kind);
        let good = hear(kind, &body).unwrap();
        assert!(good.unread.is_empty(), "{kind}: {:?}", good.unread);
        let uplink = reported(Ok(good.message.clone()));
        let metadata = serde_json::to_value(frame(Ok(good.message.clone())).metadata).unwrap();
        for pointer in pointers(&body).iter().filter(|pointer| !is_essential(&sample, pointer)) {
            let path = path(pointer);
            let original = body.pointer(pointer).expect("it is there");
            let without = without(&body, pointer);
            let is_used = shown(kind, &without) != shown(kind, &body)
                || shown(kind, &with(&body, pointer, json!([0]))) != shown(kind, &body);
            let replaced = wrong_values().into_iter().map(|value| with(&body, pointer, value));
            for damaged in std::iter::once(without).chain(replaced) {
                let heard = hear(kind, &damaged).unwrap_or_else(|error| panic!("{kind}: {error}"));
                let value = damaged.pointer(pointer).cloned();
                // Some say that they are messages of other types.
                let Message::Frame(read) = heard.message else { continue };
                let got = reported(Ok(Message::Frame(read.clone())));
                let essentials = (got.dev_eui, got.f_cnt, got.f_port, &got.payload);
                let expected = (uplink.dev_eui, uplink.f_cnt, uplink.f_port, &uplink.payload);
                assert_eq!(essentials, expected, "{kind}: {path}: {value:?}");
                let other = serde_json::to_value(&read.metadata).unwrap();
                let members = metadata.as_object().unwrap();
                let changed = members.iter().filter(|(name, value)| other[*name] != **value);
                assert!(changed.count() <= 5, "{kind}: {path}: {other}");
                assert!(heard.unread.iter().all(|unread| unread.path().starts_with(&path)));
                let is_unreadable = match (original, value) {
                    (_, None | Some(Json::Null)) => false,
                    (Json::Object(_), Some(value)) => !value.is_object(),
                    (Json::Array(_), Some(value)) => !value.is_array() && !value.is_object(),
                    (_, Some(value)) => value.is_array() || value.is_object() || value == "",
                };
                if is_used && is_unreadable {
                    noted += 1;
                    assert!(!heard.unread.is_empty(), "{kind}: {path} is not noted: {damaged}");
                }
            }
        }
    }
    assert!(noted > 400, "only {noted} were noted");
}

/// All that is read of a message.
fn shown(kind: crate::Kind, body: &Json) -> String {
    format!("{:?}", hear(kind, body).map(|heard| heard.message))
}

/// Numbers may be texts, as some versions write them.
#[test]
fn numbers_as_texts_are_the_same_numbers() {
    for (kind, _) in samples() {
        let body = body(kind);
        for pointer in pointers(&body) {
            let value = body.pointer(&pointer).expect("it is there");
            if !value.is_number() {
                continue;
            }
            let text = with(&body, &pointer, json!(value.to_string()));
            let heard = hear(kind, &text).unwrap_or_else(|error| panic!("{kind}: {error}"));
            // Numbers that say how the others are to be understood stay numbers.
            let is_protocols = pointer == "/TransactionID";
            assert!(heard.unread.is_empty() || is_protocols, "{kind}: {:?}", heard.unread);
            assert_eq!(shown(kind, &text), shown(kind, &body), "{kind}: {pointer}");
        }
    }
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
