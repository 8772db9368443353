//! Registries of several nodes on one store.

use std::sync::Arc;

use champollion_registry::{
    Registry, RegistryConfig,
    ledger::{Actor, AuditEntry},
};
use champollion_store::{Blobs, Store};
use semver::Version;

use crate::support::{Home, SANDBOX, by, moment, package, rehearse, try_decoder, wanted};

/// Lines that each of two nodes writes while the other one does.
const LINES: usize = 20;

/// Versions that one node publishes while the other one verifies.
const VERSIONS: usize = 12;

/// Two nodes on one store.
async fn two_nodes(home: &Home) -> [Arc<Registry>; 2] {
    let (store, blobs): (Arc<dyn Store>, Arc<dyn Blobs>) = (home.store(), home.blobs());
    let node = async || {
        let (config, sandbox) = (RegistryConfig::default(), Arc::clone(&SANDBOX));
        Registry::open(config, sandbox, Arc::clone(&store), Arc::clone(&blobs)).await.unwrap()
    };
    [Arc::new(node().await), Arc::new(node().await)]
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
