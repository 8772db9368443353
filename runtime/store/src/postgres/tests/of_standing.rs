//! The standing of a database among its standbys.

use std::time::{Duration, SystemTime};

use champollion_databases::{Pair, Postgres};

use super::store;
use crate::conformance::block_on;
use crate::postgres::{PostgresStore, Standing};
use crate::{Batch, Health, Leases, Store};

/// The time within which a server has read its settings again, and a store has seen that a commit waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks for the standing until it is as expected.
async fn standing_where(
    store: &PostgresStore,
    is_expected: impl Fn(&Standing) -> bool,
) -> Standing {
    let since = SystemTime::now();
    loop {
        let standing = store.standing().await.unwrap();
        if is_expected(&standing) {
            return standing;
        }
        assert!(since.elapsed().unwrap() < PATIENCE, "{standing:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn of_postgres_a_standby_that_is_missing_is_told_also_while_commits_wait_for_it() {
    let server = Postgres::start();
    let url = server.database("standing");
    let set = |statement: &str| {
        server.sql("standing", statement);
        server.sql("standing", "SELECT pg_reload_conf()");
    };
    block_on(async {
        let store = store(&url).await;
        let alone = store.standing().await.unwrap();
        let none = Standing {
            in_recovery: false,
            demanded: 0,
            synchronous: 0,
            asynchronous: 0,
            unseen: 0,
        };
        assert_eq!(alone, none);
        assert!(!alone.lacks_standby());

        // The connection that writes is open from now on.
        let mut first = Batch::new();
        first.put("sessions", "1", "goes on");
        store.commit(first).await.unwrap();
        set("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (away)'");
        standing_where(&store, Standing::lacks_standby).await;
        let commit = || {
            let (store, mut batch) = (store.clone(), Batch::new());
            batch.put("sessions", "1", "waits");
            tokio::spawn(async move { store.commit(batch).await })
        };
        let mut waiting = commit();
        let since = SystemTime::now();
        while store.health() != Health::Stalled {
            assert!(since.elapsed().unwrap() < PATIENCE, "{:?}", store.health());
            // The process of the server that has commits wait reads its settings after those that answer questions.
            if waiting.is_finished() {
                waiting.await.unwrap().unwrap();
                waiting = commit();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(store.standing().await.unwrap().lacks_standby());
        assert!(!waiting.is_finished());

        set("ALTER SYSTEM RESET synchronous_standby_names");
        standing_where(&store, |standing| !standing.lacks_standby()).await;
        waiting.await.unwrap().unwrap();
    });
}

#[test]
fn of_postgres_all_nodes_read_the_clock_of_the_database() {
    let database = super::Database::new();
    block_on(async {
        let (one, other) = (store(&database.url).await, store(&database.url).await);
        let mut before = one.clock().await.unwrap();
        for store in [&other, &one, &other] {
            let now = store.clock().await.unwrap();
            assert!(now >= before, "it is one clock");
            before = now;
        }
        let here = SystemTime::now();
        let apart = here.duration_since(before).unwrap_or_else(|error| error.duration());
        assert!(apart < Duration::from_secs(30), "the server is on this machine: {apart:?}");
    });
}

#[test]
fn of_patroni_a_synchronous_standby_is_seen_and_by_a_role_without_rights_that_one_is_there() {
    let pair = Pair::start();
    for statement in ["CREATE ROLE plain LOGIN", "CREATE DATABASE plain OWNER plain"] {
        pair.sql("postgres", statement).unwrap();
    }
    let url = pair.url_at(pair.ports());
    let plain = url.replace("champollion@", "plain@").replace("/champollion", "/plain");
    block_on(async {
        let standing = store(&url).await.standing().await.unwrap();
        assert!(!standing.in_recovery && !standing.lacks_standby(), "{standing:?}");
        assert_eq!((standing.demanded, standing.synchronous), (1, 1));
        let unseen = store(&plain).await.standing().await.unwrap();
        assert!(unseen.unseen > 0 && !unseen.lacks_standby(), "{unseen:?}");
    });
}
