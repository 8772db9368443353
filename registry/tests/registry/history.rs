//! Every change of history is found, and everything that is kept follows from it.

use std::{fs, sync::Arc};

use async_trait::async_trait;
use champollion_registry::{
    Change, Mandate, Registry, RegistryConfig,
    keys::{PublisherKey, SecretKey},
    ledger::{Actor, History},
};
use champollion_store::{
    Batch, Committed, Entry, Health, KeyValue, LogExtent, Sequence, SledStore, Store, StoreError,
    Usage,
};

use crate::support::{Home, Opened, SANDBOX, moment, package};

/// Some history: two versions, one promoted and yanked, and a key.
async fn with_history(home: &Home) -> Opened {
    let opened = home.open().await;
    opened.publish(&package("1.0.0", "The first.")).await;
    opened.publish(&package("1.1.0", "The second.")).await;
    let mandate = Mandate { by: Actor::named("ben"), at: moment(), dry_run: false };
    let id = "acme/answer".parse().unwrap();
    let yank = Change::Yank("1.0.0".parse().unwrap(), "it is old".to_owned());
    opened.registry.change(&id, &yank, &mandate, &[]).await.unwrap();
    let key = PublisherKey { name: "Acme".into(), namespaces: vec!["other".into()], revoked: None };
    let public = SecretKey::generate().unwrap().public();
    opened.registry.add_key(public, &key, &mandate.by, mandate.at).await.unwrap();
    opened
}

async fn problems(registry: &Registry) -> String {
    registry.verify().await.unwrap().problems.join("; ")
}

#[tokio::test]
async fn what_was_done_is_in_the_index_and_in_the_audit() {
    let home = Home::new();
    let opened = with_history(&home).await;
    assert_eq!(problems(&opened.registry).await, "");
    opened.close().await;

    let opened = home.open().await;
    let verification = opened.registry.verify().await.unwrap();
    assert_eq!(verification.problems, [""; 0]);
    // The registry's own key, two versions, yanked, a publisher's key.
    assert_eq!((verification.index.sequence, verification.versions), (5, 2));
    let lines = opened.registry.audit_lines(0, 100).await.unwrap();
    let audit: Vec<serde_json::Value> =
        lines.iter().map(|line| serde_json::from_slice(line).unwrap()).collect();
    let done: Vec<_> = audit
        .iter()
        .map(|line| {
            let text = |member: &serde_json::Value| member.as_str().unwrap_or_default().to_owned();
            (text(&line["by"]["name"]), text(&line["action"]), line["index"].as_u64())
        })
        .collect();
    let expected = [
        ("the registry", "registry-key"),
        ("ann", "publish"),
        ("ann", "publish"),
        ("ben", "yank"),
        ("ben", "add-key"),
    ];
    for (place, (who, what)) in expected.into_iter().enumerate() {
        assert_eq!(done[place], (who.to_owned(), what.to_owned(), Some(place as u64 + 1)));
    }
    assert_eq!(audit[3]["details"]["reason"], "it is old");
}

/// A reader needs nothing but the lines.
#[tokio::test]
async fn whoever_has_the_lines_can_check_them() {
    let home = Home::new();
    let opened = with_history(&home).await;
    let lines = opened.registry.index_lines(0, 100).await.unwrap();
    let mut history = History::default();
    for line in &lines {
        history.follow(line).unwrap();
    }
    assert_eq!(*history.head(), opened.registry.index_head().await.unwrap());
    assert_eq!(history.versions().count(), 2);
    let head = opened.registry.signed_head(moment()).await.unwrap();
    head.check(history.registry_key(), moment()).unwrap();

    for left_out in 0..lines.len() {
        let mut history = History::default();
        let mut rest = lines.clone();
        rest.remove(left_out);
        let broken = rest.iter().find_map(|line| history.follow(line).err());
        // Without the last line it is a history too, but not the one that the head is of.
        let is_found = broken.is_some() || *history.head() != head.head;
        assert!(is_found, "line {left_out} is left out");
    }
}

#[tokio::test]
async fn what_is_kept_and_does_not_follow_from_the_index_is_named() {
    /// Something else where the store keeps a value.
    type Forgery = fn(&str) -> String;
    let forgeries: [(&str, &str, Forgery, &str); 5] = [
        (
            "registry.versions",
            "acme/answer/1.0.0",
            |value| value.replace("Answers", "Replies").replace("The first.", "Forged."),
            "acme/answer 1.0.0 is kept with another manifest than its package has",
        ),
        (
            "registry.versions",
            "acme/answer/1.0.0",
            |value| value.replacen("\"vectors\":1", "\"vectors\":9", 1),
            "acme/answer 1.0.0 is kept as another than was published",
        ),
        (
            "registry.versions",
            "acme/answer/1.0.0",
            |value| value.replace("version = \"1.0.0\"", "version = \"1.0.7\""),
            "acme/answer/1.0.0 is kept with the manifest of acme/answer 1.0.7",
        ),
        (
            "registry.channels",
            "acme/answer",
            |_| "{\"stable\":[\"1.1.0\"]}".to_owned(),
            "the channels of acme/answer are others than the index says",
        ),
        (
            "registry.heads",
            "index",
            |value| value.replacen("\"sequence\":5", "\"sequence\":4", 1),
            "line 5 of the index: it ends with",
        ),
    ];
    for (table, key, forge, expected) in forgeries {
        let home = Home::new();
        let opened = with_history(&home).await;
        let value = opened.store.get(table, key.as_bytes()).await.unwrap().unwrap();
        let forged = forge(&String::from_utf8(value.clone()).unwrap());
        let mut batch = Batch::new();
        batch.put(table, key, forged.as_bytes());
        opened.store.commit(batch).await.unwrap();
        opened.close().await;
        let opened = home.open().await;
        let found = problems(&opened.registry).await;
        assert_ne!(forged.as_bytes(), value, "{expected}");
        assert!(found.contains(expected), "{expected}: {found}");
    }
}

#[tokio::test]
async fn packages_that_are_missing_or_damaged_are_named() {
    for (accident, expected) in [
        ((|file| fs::remove_file(file).unwrap()) as fn(&std::path::Path), "is missing"),
        (|file| fs::write(file, "another").unwrap(), "is damaged"),
    ] {
        let home = Home::new();
        let opened = with_history(&home).await;
        accident(&home.file_of(&package("1.1.0", "The second.")));
        let found = problems(&opened.registry).await;
        assert!(found.contains("of acme/answer 1.1.0") && found.ends_with(expected), "{found}");
    }
}

/// A way to forge a log.
#[derive(Clone, Copy, Debug)]
enum Forgery {
    Changed(usize),
    LeftOut(usize),
    Swapped(usize),
    CutOff(usize),
}

/// A store that reads a log as somebody has rewritten it.
struct Rewritten {
    store: Arc<SledStore>,
    log: &'static str,
    forgery: Forgery,
}

impl Rewritten {
    fn rewrite(&self, mut entries: Vec<Entry>) -> Vec<Entry> {
        match self.forgery {
            Forgery::Changed(place) => {
                let value = String::from_utf8(entries[place].value.clone()).unwrap();
                let forged = value.replacen("2026-03-01", "2026-02-01", 1).into_bytes();
                assert_ne!(entries[place].value, forged, "{value}");
                entries[place].value = forged;
            }
            Forgery::LeftOut(place) => {
                entries.remove(place);
            }
            Forgery::Swapped(place) => {
                let (one, other) = (entries[place].value.clone(), entries[place + 1].value.clone());
                entries[place].value = other;
                entries[place + 1].value = one;
            }
            Forgery::CutOff(place) => entries.truncate(place),
        }
        entries
    }
}

#[async_trait]
impl Store for Rewritten {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        self.store.commit(batch).await
    }

    async fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get(table, key).await
    }

    async fn scan(
        &self,
        table: &str,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        self.store.scan(table, prefix, after, limit).await
    }

    async fn read(
        &self,
        log: &str,
        after: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        if log != self.log {
            return self.store.read(log, after, limit).await;
        }
        // The forgery is of the whole log, whatever page of it is asked for.
        let whole = self.store.read(log, Sequence::BEGINNING, usize::MAX).await?;
        let rewritten = self.rewrite(whole).into_iter().skip(after.get() as usize);
        Ok(rewritten.take(limit).collect())
    }

    async fn extent(&self, log: &str) -> Result<LogExtent, StoreError> {
        self.store.extent(log).await
    }

    async fn logs(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.store.logs(prefix, after, limit).await
    }

    async fn usage(&self) -> Result<Usage, StoreError> {
        self.store.usage().await
    }

    fn health(&self) -> Health {
        self.store.health()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}

#[tokio::test]
async fn any_rewriting_of_a_log_is_found() {
    let home = Home::new();
    let opened = with_history(&home).await;
    opened.close().await;
    let (store, blobs) = (home.store(), home.blobs());
    // The lines of the registry's own key have the time of this run.
    let forgeries = (1..5)
        .map(Forgery::Changed)
        .chain((0..5).map(Forgery::LeftOut))
        .chain((0..4).map(Forgery::Swapped))
        .chain((0..5).map(Forgery::CutOff));
    for forgery in forgeries {
        for (log, chain) in [("registry.index", "index"), ("registry.audit", "audit")] {
            let rewritten = Rewritten { store: Arc::clone(&store), log, forgery };
            let registry = Registry::open(
                RegistryConfig::default(),
                Arc::clone(&SANDBOX),
                Arc::new(rewritten),
                Arc::clone(&blobs) as _,
            );
            let found = problems(&registry.await.unwrap()).await;
            let named = format!(" of the {chain}: ");
            assert!(found.starts_with("line ") && found.contains(&named), "{forgery:?}: {found}");
        }
    }
}

/// Versions that were published before there was a history get one.
#[tokio::test]
async fn versions_without_a_history_are_adopted() {
    let home = Home::new();
    let opened = with_history(&home).await;
    let versions = opened.store.scan("registry.versions", b"", None, 10).await.unwrap();
    opened.close().await;

    let old = Home::new();
    let store = old.store();
    let mut batch = Batch::new();
    for line in &versions {
        batch.put("registry.versions", line.key.clone(), line.value.clone());
    }
    store.commit(batch).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    drop(old.blobs());
    for package in [package("1.0.0", "The first."), package("1.1.0", "The second.")] {
        fs::write(old.file_of(&package), package.file()).unwrap();
    }

    let opened = old.open().await;
    assert_eq!(problems(&opened.registry).await, "");
    let resolved = opened.registry.resolve(&crate::support::wanted("acme/answer@^1")).unwrap();
    assert_eq!(resolved.0.to_string(), "1.1.0", "they are given as they were");
    opened.close().await;
    let opened = old.open().await;
    assert_eq!(opened.registry.verify().await.unwrap().index.sequence, 3, "adopted once");
}
