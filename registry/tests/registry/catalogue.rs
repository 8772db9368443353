//! Tests of the catalogue as JSON.

use std::{env, fs, path::Path};

use champollion_registry::package::DecoderId;
use semver::Version;
use serde_json::{Value as Json, json};

use crate::support::{Home, package};

/// Compares with a file, or writes it where `CHAMPOLLION_BLESS` is set.
fn assert_golden(name: &str, actual: &Json) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/registry/golden").join(name);
    let actual = format!("{actual:#}\n");
    if env::var_os("CHAMPOLLION_BLESS").is_some() {
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        actual, expected,
        "{name} differs; if that is meant, run the tests with CHAMPOLLION_BLESS=1"
    );
}

#[tokio::test]
async fn an_entry_says_all_that_an_integrator_needs() {
    let home = Home::new();
    let opened = home.open().await;
    let versions = [package("1.0.0", "The first."), package("1.2.0", "Answers every question.")];
    for package in &versions {
        opened.publish(package).await;
    }

    let mut entry = json!(opened.registry.catalogue());

    // What the tools that made the component decide is compared here and not in the file.
    for (line, package) in
        entry[0]["versions"].as_array_mut().unwrap().iter_mut().zip(versions.iter().rev())
    {
        assert_eq!(line["digest"].take(), json!(package.digest()));
        assert_eq!(line["bytes"].take(), json!(package.file().len()));
    }
    assert_golden("catalogue.json", &entry);
}

#[tokio::test]
async fn a_decoder_is_shown_by_the_version_that_devices_get() {
    let home = Home::new();
    let opened = home.open().await;
    let id: DecoderId = "acme/answer".parse().unwrap();
    let shown = || {
        let entry = opened.registry.catalogue_entry(&id).unwrap();
        let all = opened.registry.catalogue();
        assert_eq!((all.len(), &all[0].manifest), (1, &entry.manifest));
        entry.manifest.version.to_string()
    };
    for (published, expected) in [
        ("1.0.0-beta.1", "1.0.0-beta.1"),
        ("1.0.0-beta.2", "1.0.0-beta.2"),
        ("1.0.0", "1.0.0"),
        ("1.10.0", "1.10.0"),
        ("1.9.0", "1.10.0"),
        ("2.0.0-rc.1", "1.10.0"),
    ] {
        opened.publish(&package(published, "One of several.")).await;
        assert_eq!(shown(), expected, "after {published} was published");
    }
}

#[tokio::test]
async fn each_version_is_shown_with_its_own_manifest_and_all_others() {
    let home = Home::new();
    let opened = home.open().await;
    for (version, description) in [("1.0.0", "The first."), ("2.0.0", "The second.")] {
        opened.publish(&package(version, description)).await;
    }
    let id: DecoderId = "acme/answer".parse().unwrap();

    for (version, description) in
        [(Version::new(1, 0, 0), "The first."), (Version::new(2, 0, 0), "The second.")]
    {
        let entry = opened.registry.catalogue_version(&id, &version).unwrap();
        assert_eq!(
            (&entry.manifest.version, &*entry.manifest.description),
            (&version, description)
        );
        let versions: Vec<String> =
            entry.versions.iter().map(|line| line.version.to_string()).collect();
        assert_eq!(versions, ["2.0.0", "1.0.0"]);
    }
}
