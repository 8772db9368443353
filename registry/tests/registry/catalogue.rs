//! Tests of the catalogue as JSON.

use std::{env, fs, path::Path};

use champollion_registry::{
    CatalogueQuery, CatalogueSort,
    package::{DecoderId, Direction},
};
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
async fn decoders_are_found_by_the_version_that_is_shown() {
    let home = Home::new();
    let opened = home.open().await;
    for (version, description) in [("1.0.0", "Tells of rooms."), ("1.1.0", "Tells of cellars.")] {
        opened.publish(&package(version, description)).await;
    }
    let found = |query: CatalogueQuery| {
        let sort = CatalogueSort::Published;
        let places = opened.registry.catalogue_places(&query, sort);
        let entries = opened.registry.catalogue_after(&places, sort, None);
        entries.map(|(_, entry)| entry.manifest.version.to_string()).collect::<Vec<_>>()
    };
    let all = CatalogueQuery::default;
    assert_eq!(found(all()), ["1.1.0"]);
    assert_eq!(found(all().text("CELLARS answer")), ["1.1.0"]);
    assert!(found(all().text("rooms")).is_empty(), "an old version is not shown");
    assert_eq!(found(all().unit("mV")), ["1.1.0"]);
    assert_eq!(found(all().unit("V")), ["1.1.0"]);
    assert!(found(all().unit("L")).is_empty(), "a variable is no field");
    assert_eq!(found(all().vendor("ACME").direction(Direction::Down)), ["1.1.0"]);
    assert_eq!(found(all().quantities("battery.voltage").unwrap()), ["1.1.0"]);
    assert!(found(all().use_case("parking").unwrap()).is_empty());

    let places = opened.registry.catalogue_places(&all(), CatalogueSort::Id);
    let after = opened.registry.catalogue_after(&places, CatalogueSort::Id, places.first());
    assert_eq!((places.len(), after.count()), (1, 0));
}

#[tokio::test]
async fn an_entry_has_an_example_of_its_package() {
    let home = Home::new();
    let opened = home.open().await;
    opened.publish(&package("1.0.0", "The first.")).await;
    let id: DecoderId = "acme/answer".parse().unwrap();
    let examples = opened.registry.examples(&id, &Version::new(1, 0, 0)).await.unwrap();
    assert_eq!(
        json!(examples),
        json!([{
            "port": 2, "direction": "up", "name": "an answer", "payload": "00",
            "reading": { "data": { "answer": 42 } },
        }])
    );
    assert!(opened.registry.examples(&id, &Version::new(2, 0, 0)).await.is_err());
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
