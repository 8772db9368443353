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
    let [first, _] = nodes;
    first.take_over_audit().await.unwrap();
    let verification = first.verify().await.unwrap();
    assert_eq!(verification.problems, [""; 0]);
    assert_eq!(verification.audit.sequence - before, 2 * LINES as u64);
}
