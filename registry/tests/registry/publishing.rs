//! Tests of publishing: a published version is there, can be used, and stays as it is.

use std::sync::Arc;

use champollion_registry::{Publication, PublishError, Registry};
use champollion_sandbox::Digest;
use champollion_store::Blobs;

use crate::support::{
    DECODER_TOML, Home, Opened, VECTORS_JSON, by, component, package, rehearse, try_decoder, wanted,
};

async fn digest_of(registry: &Registry, reference: &str) -> Digest {
    registry.resolve(&wanted(reference)).unwrap().1
}

#[tokio::test]
async fn a_published_version_is_found_and_decodes() {
    let home = Home::new();
    let opened = home.open().await;
    assert!(opened.registry.catalogue().is_empty());
    let package = package("1.0.0", "The first.");

    let published = opened.registry.publish(rehearse(package.clone()), &by("ann")).await.unwrap();

    assert_eq!(published.id.to_string(), "acme/answer");
    assert_eq!(published.version.to_string(), "1.0.0");
    assert_eq!((published.digest, published.vectors), (package.digest(), 1));
    assert_eq!(digest_of(&opened.registry, "acme/answer").await, package.digest());
    assert_eq!(opened.registry.catalogue().len(), 1);
    assert_eq!(try_decoder(&opened.registry, "acme/answer@=1.0.0").await, r#"{"answer":42}"#);
    let file = opened.registry.file(&published.id, &published.version).await.unwrap();
    assert_eq!(file, package.file());
}

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let home = Home::new();
    let opened = home.open().await;
    let packages = [package("1.0.0", "The first."), package("1.1.0", "The second.")];
    for package in &packages {
        opened.publish(package).await;
    }
    let catalogue = serde_json::to_string(&opened.registry.catalogue()).unwrap();
    opened.close().await;

    let Opened { registry, .. } = home.open().await;

    assert_eq!(serde_json::to_string(&registry.catalogue()).unwrap(), catalogue);
    for package in &packages {
        let manifest = package.manifest();
        let reference = format!("{}@={}", manifest.id, manifest.version);
        assert_eq!(digest_of(&registry, &reference).await, package.digest());
        assert_eq!(try_decoder(&registry, &reference).await, r#"{"answer":42}"#);
        let file = registry.file(&manifest.id, &manifest.version).await.unwrap();
        assert_eq!(file, package.file());
    }
}

#[tokio::test]
async fn a_decoder_names_what_records_quote() {
    let home = Home::new();
    let opened = home.open().await;
    let package = package("1.0.0", "The first.");
    opened.publish(&package).await;
    opened.close().await;

    let opened = home.open().await;
    let loaded = opened.registry.decoder(&wanted("acme/answer")).await.unwrap();

    assert_eq!(loaded.id, package.manifest().id);
    assert_eq!(loaded.version, package.manifest().version);
    assert_eq!(&*loaded.manifest, package.manifest());
    assert_eq!(loaded.decoder.digest(), package.digest());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decoder_is_kept_once_it_is_loaded() {
    let home = Home::new();
    let opened = home.open().await;
    opened.publish(&package("1.0.0", "The first.")).await;
    opened.close().await;

    let registry = Arc::new(home.open().await.registry);
    let first_uses: Vec<_> = (0..8)
        .map(|_| {
            let registry = Arc::clone(&registry);
            tokio::spawn(async move { registry.decoder(&wanted("acme/answer")).await.unwrap() })
        })
        .collect();
    let later = registry.decoder(&wanted("acme/answer")).await.unwrap();

    for first_use in first_uses {
        assert!(Arc::ptr_eq(&first_use.await.unwrap(), &later), "it was loaded twice");
    }
}

#[tokio::test]
async fn a_version_never_changes() {
    let home = Home::new();
    let opened = home.open().await;
    let first = package("1.0.0", "The first.");
    opened.publish(&first).await;
    let other = package("1.0.0", "Another one.");
    assert_ne!(first.digest(), other.digest());

    let refused = opened.registry.publish(rehearse(other.clone()), &by("ben")).await;

    let Err(error @ PublishError::VersionExists { published, .. }) = &refused else {
        panic!("{refused:?}");
    };
    assert_eq!(*published, first.digest());
    assert_eq!(
        error.to_string(),
        format!(
            "acme/answer 1.0.0 is published already, with the digest {}; a version never changes: \
             raise `version` in decoder.toml, and build it again",
            first.digest()
        )
    );
    assert_eq!(digest_of(&opened.registry, "acme/answer").await, first.digest());
    let kept = opened.blobs.list("").await.unwrap();
    assert_eq!(kept, [format!("{}.wasm", first.digest().hex())], "what was refused is not kept");
    opened.close().await;

    let opened = home.open().await;
    assert_eq!(digest_of(&opened.registry, "acme/answer").await, first.digest());
    let refused = opened.registry.publish(rehearse(other), &by("ben")).await;
    assert!(matches!(refused, Err(PublishError::VersionExists { .. })), "{refused:?}");
}

#[tokio::test]
async fn the_same_file_may_be_published_again() {
    let home = Home::new();
    let opened = home.open().await;
    let package = package("1.0.0", "The first.");
    opened.publish(&package).await;
    let catalogue = serde_json::to_string(&opened.registry.catalogue()).unwrap();

    let later: jiff::Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
    let again = opened
        .registry
        .publish(rehearse(package.clone()), &Publication { at: later, ..by("ben") })
        .await
        .unwrap();

    assert_eq!(again.digest, package.digest());
    let unchanged = serde_json::to_string(&opened.registry.catalogue()).unwrap();
    assert_eq!(unchanged, catalogue, "it was published when it was published first");
}

#[tokio::test]
async fn any_manifest_within_the_limit_can_be_published() {
    let home = Home::new();
    let opened = home.open().await;
    // Line breaks and quotes take two bytes each in JSON.
    let breaks = "\n#\"".repeat(((56 << 10) - DECODER_TOML.len()) / 3);
    let manifest = format!("{DECODER_TOML}{breaks}");
    let package =
        champollion_registry::package::Package::assemble(&component(), &manifest, VECTORS_JSON)
            .unwrap();

    opened.publish(&package).await;
    opened.close().await;

    let opened = home.open().await;
    assert_eq!(digest_of(&opened.registry, "acme/answer").await, package.digest());
}
