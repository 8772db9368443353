//! Registries of several nodes on one store.

use std::sync::Arc;

use champollion_registry::{
    Registry, RegistryConfig, RegistryError,
    ledger::{Actor, AuditEntry, AuditLimits},
};
use champollion_store::{Blobs, FileBlobs, Store};
use semver::Version;

use crate::support::{Home, SANDBOX, by, moment, package, rehearse, try_decoder, wanted};

/// Lines that each of two nodes writes while the other one does.
const LINES: usize = 20;

/// Versions that one node publishes while the other one verifies.
const VERSIONS: usize = 12;

/// Two nodes on one store.
async fn two_nodes(home: &Home) -> [Arc<Registry>; 2] {
    two_nodes_within(home, AuditLimits::default()).await
}

/// Two nodes on one store whose audit has bounds.
async fn two_nodes_within(home: &Home, audit: AuditLimits) -> [Arc<Registry>; 2] {
    let (store, blobs): (Arc<dyn Store>, Arc<dyn Blobs>) = (home.store(), home.blobs());
    let archives: Arc<dyn Blobs> = Arc::new(FileBlobs::open(home.path().join("archives")).unwrap());
    let node = async || {
        let config = RegistryConfig { audit, ..RegistryConfig::default() };
        let (store, blobs) = (Arc::clone(&store), Arc::clone(&blobs));
        let node = Registry::open(config, Arc::clone(&SANDBOX), store, blobs).await.unwrap();
        Arc::new(node.with_audit_archives(Arc::clone(&archives)).await.unwrap())
    };
    [node().await, node().await]
}

#[tokio::test]
async fn a_node_follows_what_another_publishes_sets_aside_and_lifts() {
    let home = Home::new();
    let [first, second] = two_nodes(&home).await;
    first.publish(rehearse(package("1.0.0", "The first.")), &by("ann")).await.unwrap();
    assert!(second.resolve(&wanted("acme/answer")).is_err());
    second.follow().await.unwrap();
    assert_eq!(try_decoder(&second, "acme/answer").await, r#"{"answer":42}"#);

    let (id, version) = (wanted("acme/answer").id, Version::new(1, 0, 0));
    let root = Actor::named("root");
    first.set_aside(&id, &version, (&root, "it lies"), moment()).await.unwrap();
    second.follow().await.unwrap();
    assert_eq!(second.quarantined(), first.quarantined());
    assert_eq!(second.quarantined().len(), 1);
    first.lift_quarantine(&id, &version, &root, moment()).await.unwrap();
    second.follow().await.unwrap();
    assert!(second.quarantined().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_write_the_audit_at_once_write_one_chain() {
    let home = Home::new();
    let nodes = two_nodes(&home).await;
    let before = nodes[0].verify().await.unwrap().audit.sequence;
    let writing = nodes.clone().map(|node| {
        tokio::spawn(async move {
            for line in 0..LINES {
                let entry = AuditEntry::new(&Actor::named("ann"), "join", line);
                node.record(entry, moment()).await.unwrap();
            }
        })
    });
    for node in writing {
        node.await.unwrap();
    }
    // Neither had to be told of the other's last line.
    for node in nodes {
        let verification = node.verify().await.unwrap();
        assert_eq!(verification.problems, [""; 0]);
        assert_eq!(verification.audit.sequence - before, 2 * LINES as u64);
    }
}

/// A node that has written nothing for a while shows and signs the end that others have written.
#[tokio::test]
async fn a_node_verifies_and_signs_what_another_has_written_since() {
    let home = Home::new();
    let [first, second] = two_nodes(&home).await;
    first.publish(rehearse(package("1.0.0", "The first.")), &by("ann")).await.unwrap();
    first.record(AuditEntry::new(&Actor::named("ann"), "join", 1), moment()).await.unwrap();

    let (own, other) = (first.verify().await.unwrap(), second.verify().await.unwrap());
    assert_eq!(other.problems, [""; 0]);
    assert_eq!((other.index, other.audit, other.versions), (own.index, own.audit, 1));
    let heads = async |node: &Registry| {
        let audit = node.signed_audit_head(moment()).await.unwrap().head;
        (node.signed_head(moment()).await.unwrap().head, audit)
    };
    assert_eq!(heads(&second).await, heads(&first).await);
}

/// Publications through one node while the other one verifies: nothing that is only half read is a problem.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_node_verifies_while_another_publishes() {
    let home = Home::new();
    let [first, second] = two_nodes(&home).await;
    let publishing = tokio::spawn(async move {
        for version in 0..VERSIONS {
            let package = package(&format!("1.0.{version}"), "One more.");
            first.publish(rehearse(package), &by("ann")).await.unwrap();
        }
    });
    let mut versions = 0;
    while versions < VERSIONS {
        let verification = second.verify().await.unwrap();
        assert_eq!(verification.problems, [""; 0]);
        assert!(verification.versions >= versions, "none is gone");
        versions = verification.versions;
    }
    publishing.await.unwrap();
}

/// The line of an act that needs room in the audit.
fn change(number: usize) -> AuditEntry {
    AuditEntry::new(&Actor::named("ann"), "token-create", number)
}

/// The bytes of all lines that are in the store.
async fn written(node: &Registry) -> u64 {
    let archives = node.audit_archives().await.unwrap();
    let after = archives.last().map_or(0, |last| last.checkpoint.head.sequence);
    let lines = node.audit_lines(after, usize::MAX).await.unwrap();
    lines.iter().map(|line| line.len() as u64).sum()
}

#[tokio::test]
async fn the_audit_has_as_many_bytes_on_each_node_as_all_of_them_wrote() {
    let home = Home::new();
    let limits = AuditLimits { live_bytes: 1 << 20, max_bytes: 8_000 };
    let [first, second] = two_nodes_within(&home, limits).await;
    let mut number = 0;
    while first.audit_usage().live_bytes < 7_600 {
        number += 1;
        first.record(change(number), moment()).await.unwrap();
    }
    // The other one was not told of any of them, and takes no line for which there is no room behind them.
    let mut taken = 0;
    let refused = loop {
        number += 1;
        match second.record(change(number), moment()).await {
            Ok(()) => taken += 1,
            Err(refused) => break refused,
        }
    };
    assert!(matches!(refused, RegistryError::AuditFull(_)), "{refused}");
    assert!(taken <= 2, "{taken} lines were taken");
    let usage = second.audit_usage();
    assert_eq!((usage.live_bytes, usage.full), (written(&second).await, true));
    first.look_at_audit().await.unwrap();
    assert_eq!(first.audit_usage(), usage);

    // What one archives and writes is counted by the other one, with the archive.
    first.archive_audit(1_000, moment()).await.unwrap();
    drop(second.record(change(number), moment()).await.unwrap_err());
    first.look_at_audit().await.unwrap();
    assert_eq!(second.audit_usage(), first.audit_usage());
    assert_eq!(second.audit_usage().live_bytes, written(&second).await);
    assert!(second.audit_usage().archived_bytes > 0);
    // Archives that were moved away take no space.
    for archive in home.path().join("archives").read_dir().unwrap() {
        std::fs::remove_file(archive.unwrap().path()).unwrap();
    }
    second.look_at_audit().await.unwrap();
    second.record(change(number), moment()).await.unwrap();
    assert_eq!(second.audit_usage().live_bytes, written(&second).await);
}

#[tokio::test]
async fn a_node_archives_lines_that_another_wrote() {
    let home = Home::new();
    let limits = AuditLimits { live_bytes: 4_000, max_bytes: 1 << 20 };
    let [first, second] = two_nodes_within(&home, limits).await;
    for number in 0..40 {
        first.record(change(number), moment()).await.unwrap();
    }
    let archives = second.tidy_audit(moment()).await.unwrap();
    assert!(!archives.is_empty());
    assert_eq!(second.audit_usage().live_bytes, written(&second).await);
    assert!(second.audit_usage().live_bytes < limits.live_bytes);
    let verification = first.verify().await.unwrap();
    assert_eq!(verification.problems, [""; 0]);
    first.look_at_audit().await.unwrap();
    assert_eq!(first.audit_usage(), second.audit_usage());
}
