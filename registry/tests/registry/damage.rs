//! Tests of a registry whose disk does not hold what it should.

use std::{fs, sync::Arc};

use champollion_registry::RegistryError;
use champollion_sandbox::{Limits, Sandbox, SandboxConfig};
use champollion_store::{Batch, Store};

use crate::support::{Home, Opened, SANDBOX, package, try_decoder, wanted};

/// Publishes 1.0.0, lets something happen to its file while nothing is open, and opens again.
async fn reopened_after(home: &Home, accident: impl FnOnce(&std::path::Path)) -> Opened {
    let opened = home.open().await;
    let package = package("1.0.0", "The first.");
    opened.publish(&package).await;
    opened.close().await;
    accident(&home.file_of(&package));
    // Opening reads no package, or it would fail here.
    home.open().await
}

async fn assert_damaged(opened: &Opened, expected: &'static str) {
    let package = package("1.0.0", "The first.");
    let manifest = package.manifest();
    let of_decoder = opened.registry.decoder(&wanted("acme/answer")).await.err().unwrap();
    let of_file = opened.registry.file(&manifest.id, &manifest.version).await.unwrap_err();
    for error in [of_decoder, of_file] {
        let RegistryError::DamagedPackage { id, version, digest, problem } = &error else {
            panic!("{error:?}");
        };
        assert_eq!((id, version), (&manifest.id, &manifest.version));
        assert_eq!((**digest, *problem), (package.digest(), expected));
        assert_eq!(
            error.to_string(),
            format!(
                "the package {} of acme/answer 1.0.0 is {expected} in the store",
                package.digest()
            )
        );
    }
}

#[tokio::test]
async fn a_package_that_is_missing_is_called_missing() {
    let home = Home::new();
    let opened = reopened_after(&home, |file| fs::remove_file(file).unwrap()).await;
    assert_damaged(&opened, "missing").await;
}

#[tokio::test]
async fn a_package_that_was_cut_off_is_called_damaged() {
    let home = Home::new();
    let opened = reopened_after(&home, |file| {
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..bytes.len() - 1]).unwrap();
    })
    .await;
    assert_damaged(&opened, "damaged").await;
}

#[tokio::test]
async fn another_package_under_its_name_is_called_damaged() {
    let home = Home::new();
    // A whole package, and one that would load: its digest alone gives it away.
    let other = package("1.0.0", "Another one.");
    let opened = reopened_after(&home, |file| fs::write(file, other.file()).unwrap()).await;
    assert_damaged(&opened, "damaged").await;
}

#[tokio::test]
async fn what_is_damaged_harms_nothing_else_and_is_mended_by_publishing_it_again() {
    let home = Home::new();
    let opened = reopened_after(&home, |file| fs::write(file, "").unwrap()).await;
    assert_damaged(&opened, "damaged").await;
    assert!(opened.registry.resolve(&wanted("acme/answer")).is_ok());
    opened.publish(&package("1.1.0", "The second.")).await;
    assert_eq!(try_decoder(&opened.registry, "acme/answer").await, r#"{"answer":42}"#);

    opened.publish(&package("1.0.0", "The first.")).await;

    assert_eq!(try_decoder(&opened.registry, "acme/answer@=1.0.0").await, r#"{"answer":42}"#);
}

#[tokio::test]
async fn a_damaged_index_is_called_by_its_line() {
    for (damage, reason) in [
        (&b""[..], "it has no manifest"),
        (b"{}", "it has no manifest"),
        (b"{}\n", "missing field `digest`"),
        (b"\xFF\n", "invalid utf-8"),
    ] {
        let home = Home::new();
        let store = home.store();
        let mut batch = Batch::new();
        batch.put("registry.versions", b"acme/answer/1.0.0", damage);
        store.commit(batch).await.unwrap();
        store.close().await.unwrap();
        drop(store);

        let error = home.try_open(&SANDBOX).await.err().expect("it opens");

        assert!(matches!(error, RegistryError::DamagedIndex(_)), "{error:?}");
        let message = error.to_string();
        let start = "the index of the registry is damaged at acme/answer/1.0.0: ";
        assert!(message.starts_with(start) && message.contains(reason), "{message}");
    }
}

#[tokio::test]
async fn a_version_that_the_sandbox_takes_no_more_says_why() {
    let home = Home::new();
    let opened = home.open().await;
    opened.publish(&package("1.0.0", "The first.")).await;
    opened.close().await;

    let limits = Limits { component_bytes: 100, ..Limits::default() };
    let strict =
        Arc::new(Sandbox::new(SandboxConfig { limits, ..SandboxConfig::default() }).unwrap());
    let opened = home.try_open(&strict).await.unwrap();

    let error = opened.registry.decoder(&wanted("acme/answer")).await.err().unwrap();
    assert!(matches!(error, RegistryError::Unusable { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.starts_with("acme/answer 1.0.0 cannot be loaded: the component has "));
    assert!(message.ends_with("100 are the limit"), "{message}");
}
