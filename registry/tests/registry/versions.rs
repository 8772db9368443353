//! Tests of resolution: the version that a device gets, and the error where there is none.

use champollion_registry::{RegistryError, ledger::ResolveError, package::DecoderId};
use semver::Version;

use crate::support::{Home, Opened, package, wanted};

async fn with_versions(home: &Home, versions: &[&str]) -> Opened {
    let opened = home.open().await;
    for version in versions {
        opened.publish(&package(version, "One of several.")).await;
    }
    opened
}

#[tokio::test]
async fn a_device_gets_the_highest_version_that_will_do() {
    let home = Home::new();
    // Published in this order, which is neither that of versions nor that of letters.
    let published = ["1.10.0", "1.2.0", "2.0.0-rc.2", "1.9.3", "2.0.0-rc.10", "0.9.0"];
    let opened = with_versions(&home, &published).await;
    let cases = [
        ("acme/answer", "1.10.0"),
        ("acme/answer@*", "1.10.0"),
        ("acme/answer@^1.2", "1.10.0"),
        ("acme/answer@~1.9", "1.9.3"),
        ("acme/answer@=1.2.0", "1.2.0"),
        ("acme/answer@<1", "0.9.0"),
        ("acme/answer@>=1.2, <1.10", "1.9.3"),
        // A pre-release is for those who ask for it.
        ("acme/answer@>=1", "1.10.0"),
        ("acme/answer@=2.0.0-rc.2", "2.0.0-rc.2"),
        ("acme/answer@^2.0.0-rc.2", "2.0.0-rc.10"),
    ];
    for (reference, expected) in cases {
        let (version, digest) = opened.registry.resolve(&wanted(reference)).unwrap();
        assert_eq!(version.to_string(), expected, "{reference}");
        assert_eq!(digest, package(expected, "One of several.").digest(), "{reference}");
    }
    opened.close().await;

    let opened = home.open().await;
    for (reference, expected) in cases {
        let (version, _) = opened.registry.resolve(&wanted(reference)).unwrap();
        assert_eq!(version.to_string(), expected, "{reference} after reopening");
    }
}

#[tokio::test]
async fn a_new_version_is_seen_at_once() {
    let home = Home::new();
    let opened = with_versions(&home, &["1.0.0"]).await;
    let first = opened.registry.decoder(&wanted("acme/answer")).await.unwrap();
    opened.publish(&package("1.0.1", "One of several.")).await;
    let second = opened.registry.decoder(&wanted("acme/answer")).await.unwrap();
    assert_eq!((first.version.patch, second.version.patch), (0, 1));
}

#[tokio::test]
async fn an_unknown_decoder_is_called_by_its_name() {
    let home = Home::new();
    let opened = with_versions(&home, &["1.0.0"]).await;
    let unknown: DecoderId = "acme/question".parse().unwrap();
    let expected = ResolveError::UnknownDecoder(unknown.clone());
    assert_eq!(expected.to_string(), "no decoder of the name acme/question is published");

    assert_eq!(opened.registry.resolve(&wanted("acme/question")), Err(expected.clone()));
    assert_eq!(opened.registry.catalogue_entry(&unknown).unwrap_err(), expected);
    let version = Version::new(1, 0, 0);
    assert_eq!(opened.registry.catalogue_version(&unknown, &version).unwrap_err(), expected);
    let error = opened.registry.file(&unknown, &version).await.unwrap_err();
    assert!(matches!(error, RegistryError::Resolve(error) if error == expected));
    let error = opened.registry.decoder(&wanted("acme/question")).await.err().unwrap();
    assert!(matches!(error, RegistryError::Resolve(error) if error == expected));
}

#[tokio::test]
async fn where_no_version_will_do_those_there_are_are_listed_in_order() {
    let home = Home::new();
    let opened = with_versions(&home, &["1.10.0", "1.2.0", "2.0.0-rc.1"]).await;

    let error = opened.registry.resolve(&wanted("acme/answer@^3")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no version of acme/answer satisfies ^3; published are 1.2.0, 1.10.0, 2.0.0-rc.1"
    );

    let id: DecoderId = "acme/answer".parse().unwrap();
    let version = Version::new(1, 2, 1);
    let error = opened.registry.catalogue_version(&id, &version).unwrap_err();
    assert!(error.to_string().contains("satisfies 1.2.1; published are 1.2.0, "), "{error}");
    let error = opened.registry.file(&id, &version).await.unwrap_err();
    assert!(error.to_string().contains("satisfies 1.2.1; published are 1.2.0, "), "{error}");
}

#[tokio::test]
async fn a_pre_release_alone_is_for_nobody_who_did_not_ask() {
    let home = Home::new();
    let opened = with_versions(&home, &["1.0.0-beta.1"]).await;
    let error = opened.registry.resolve(&wanted("acme/answer")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no version of acme/answer satisfies *; published are 1.0.0-beta.1"
    );
}
