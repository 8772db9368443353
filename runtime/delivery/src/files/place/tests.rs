use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use serde_json::{Value as Json, json};

use super::*;
use crate::destinations::{AddressRules, DestinationLimits, Reach};

fn destination_limits(folders: Option<&Path>) -> DestinationLimits {
    let reach = Reach { allow_ports: vec!["1-65535".parse().unwrap()], ..Reach::default() };
    DestinationLimits {
        addresses: AddressRules { all: Arc::new(reach), ..AddressRules::default() },
        plain_http: false,
        folders: folders.map(Into::into),
        pauses: (Duration::from_secs(1), Duration::from_secs(600)),
        time_zones: BTreeMap::new(),
    }
}

fn open(definition: &Json, folders: Option<&Path>) -> Result<Box<dyn Place>, UnusablePlace> {
    let definition: PlaceDefinition = serde_json::from_value(definition.clone()).unwrap();
    definition.open(&"water".parse().unwrap(), &destination_limits(folders))
}

#[tokio::test]
async fn a_file_is_put_into_the_groups_folder_and_replaced_and_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let place = open(&json!({ "folder": { "path": "north/out" } }), Some(folder.path())).unwrap();
    let there = folder.path().join("water/north/out");
    for bytes in [b"one".as_slice(), b"two"] {
        place.put("a.csv", bytes).await.unwrap();
        assert_eq!(fs::read(there.join("a.csv")).unwrap(), bytes);
    }
    assert_eq!(fs::read_dir(&there).unwrap().count(), 1, "nothing unfinished is left");
    place.remove("a.csv").await.unwrap();
    assert!(matches!(place.remove("a.csv").await, Err(PlaceError::Missing { .. })));
}

#[tokio::test]
async fn no_folder_is_reached_that_the_operator_does_not_allow() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let refused = open(&json!({ "folder": {} }), None).err().unwrap().to_string();
    assert!(refused.contains("[delivery] folders"), "{refused}");
    for path in ["..", "/etc", "a/../../b", "."] {
        let place = open(&json!({ "folder": { "path": path } }), Some(folder.path()));
        assert!(place.is_err(), "{path}");
    }
    fs::create_dir(folder.path().join("water")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("water/out")).unwrap();
    let place = open(&json!({ "folder": { "path": "out" } }), Some(folder.path())).unwrap();
    let refused = place.put("a.csv", b"x").await.unwrap_err();
    assert!(matches!(refused, PlaceError::Denied { .. }), "{refused}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_a_place_is_refused_with_what_to_do() {
    #[cfg(feature = "sftp")]
    let pinned = format!("SHA256:{}", "A".repeat(43));
    for (definition, says) in [
        #[cfg(feature = "sftp")]
        (
            json!({ "sftp": { "host": "h", "user": "u", "password": "p", "hostKey": "aa:bb" } }),
            "ssh-keygen",
        ),
        #[cfg(feature = "sftp")]
        (json!({ "sftp": { "host": "h", "user": "u", "hostKey": pinned } }), "privateKey"),
        #[cfg(feature = "sftp")]
        (
            json!({ "sftp": { "host": "h", "user": "u", "privateKey": "x", "hostKey": pinned } }),
            "privateKey cannot be used",
        ),
        #[cfg(feature = "ftps")]
        (
            json!({ "ftps": { "host": "h", "user": "u\r\nDELE x", "password": "p" } }),
            "control characters",
        ),
        #[cfg(feature = "ftps")]
        (json!({ "ftps": { "host": "", "user": "u", "password": "p" } }), "host"),
        #[cfg(feature = "ftps")]
        (
            json!({ "ftps": { "host": "h", "user": "u", "password": "p", "tls": { "ca": "x" } } }),
            "tls.ca",
        ),
        (json!({ "webdav": { "url": "http://h/" } }), "plain-http"),
        (json!({ "webdav": { "url": "ftp://h/" } }), "https://"),
        (json!({ "webdav": { "url": "https://u:p@h/" } }), "beside it"),
        (json!({ "webdav": { "url": "https://h/?x" } }), "end with its path"),
        #[cfg(feature = "s3")]
        (
            json!({ "s3": {
                "endpoint": "https://h", "bucket": "", "accessKey": "a", "secretKey": "s",
            } }),
            "bucket",
        ),
        #[cfg(feature = "s3")]
        (
            json!({ "s3": {
                "endpoint": "https://h", "region": "x@127.0.0.1:9443/", "bucket": "abc",
                "accessKey": "a", "secretKey": "s",
            } }),
            "region",
        ),
        (json!({ "webdav": { "url": "https://[::7f00:1]/" } }), "allow-networks"),
        #[cfg(feature = "ftps")]
        (json!({ "ftps": { "host": "10.0.0.1", "user": "u", "password": "p" } }), "allow-networks"),
    ] {
        let refused = open(&definition, None).err().unwrap().to_string();
        assert!(refused.contains(says), "{definition}: {refused}");
    }
}

#[test]
fn the_words_of_a_failed_handshake_say_what_to_do() {
    for (reason, says) in [
        ("invalid peer certificate: certificate expired: verification time 1", "renewed"),
        ("invalid peer certificate: UnknownIssuer", "tls.ca"),
        ("invalid peer certificate: certificate not valid for name \"x\"", "another name"),
        ("invalid peer certificate: BadSignature", "Ask its owner"),
    ] {
        let told = PlaceError::tls("h", reason);
        assert!(matches!(told, PlaceError::Certificate { .. }) && told.to_string().contains(says));
    }
    assert!(matches!(PlaceError::tls("h", "reset"), PlaceError::Unreachable { .. }));
}

#[cfg(not(all(feature = "sftp", feature = "ftps", feature = "s3")))]
#[test]
fn a_place_that_the_server_was_built_without_is_refused_and_says_so() {
    for (feature, definition) in [
        #[cfg(not(feature = "sftp"))]
        ("sftp", json!({ "sftp": { "host": "h", "user": "u", "password": "p", "hostKey": "k" } })),
        #[cfg(not(feature = "ftps"))]
        ("ftps", json!({ "ftps": { "host": "h", "user": "u", "password": "p" } })),
        #[cfg(not(feature = "s3"))]
        (
            "s3",
            json!({ "s3": {
                "endpoint": "https://h", "bucket": "b", "accessKey": "a", "secretKey": "s",
            } }),
        ),
    ] {
        let refused = open(&definition, None).err().unwrap();
        assert_eq!(refused, UnusablePlace::NotBuilt { feature });
        let said = refused.to_string();
        assert!(said.contains("built without the feature") && said.ends_with(feature), "{said}");
    }
}
