//! Databases that are recognized, or refused, when they are opened.

use super::{Two, batch, options};
use crate::conformance::block_on;
use crate::placed::{PlacedOptions, PlacedStore};
use crate::postgres::{PostgresOptions, PostgresStore};
use crate::{Store, StoreError};

async fn refusal(options: &PlacedOptions) -> String {
    PlacedStore::open(options).await.expect_err("it is refused").to_string()
}

#[test]
fn of_placed_databases_under_wrong_names_are_refused_before_anything_is_written() {
    let (two, other) = (Two::new(), Two::new());
    let [home, east] = &two.urls;
    let [foreign_home, foreign_east] = &other.urls;
    block_on(async {
        drop(two.store("east").await);
        drop(other.store("east").await);
        let said = refusal(&options(&[("home", east), ("east", home)], "east")).await;
        assert!(said.contains("it is the further database \"east\""), "{said}");
        let aliased = home.replace("127.0.0.1", "localhost");
        let said = refusal(&options(&[("home", home), ("west", &aliased)], "home")).await;
        assert!(said.contains("the home database \"home\" already"), "{said}");
        let said = refusal(&options(&[("home", home), ("west", east)], "home")).await;
        assert!(said.contains("it is the database \"east\""), "{said}");
        let said = refusal(&options(&[("home", home), ("east", foreign_east)], "east")).await;
        assert!(said.contains("another territory"), "{said}");
        let said = refusal(&options(&[("town", home), ("east", east)], "east")).await;
        assert!(said.contains("it is named \"home\""), "{said}");
        let said = refusal(&options(&[("home", home), ("east", foreign_home)], "east")).await;
        assert!(said.contains("the home database \"home\" already"), "{said}");
        let said = refusal(&options(&[("home", home)], "home")).await;
        assert!(said.contains("\"east\", which the settings do not name"), "{said}");
        drop(two.store("east").await);
    });
}

#[test]
fn of_placed_a_further_database_is_an_empty_one_or_its_own() {
    let two = Two::new();
    block_on(async {
        let east = PostgresStore::open(&PostgresOptions::new(&two.urls[1])).await.unwrap();
        let filled = batch(|batch| _ = batch.put("tokens", "of", "another installation"));
        east.commit(filled).await.unwrap();
        let said = refusal(&two.options("east")).await;
        assert!(said.contains("lines in the table tokens"), "{said}");
        let emptied = batch(|batch| _ = batch.delete("tokens", "of"));
        east.commit(emptied).await.unwrap();
        drop(two.store("east").await);
        // It is lost, and another one made in its place.
        two.sql(1, "TRUNCATE kv, logs, entries");
        let said = refusal(&two.options("east")).await;
        assert!(said.contains("the home database knows it: restore it"), "{said}");
    });
}

#[test]
fn of_placed_a_server_without_prepared_transactions_is_refused_with_the_remedy() {
    let (two, plain) = (Two::new(), champollion_databases::Postgres::shared());
    let east = plain.database("without_prepared");
    block_on(async {
        let said = refusal(&options(&[("home", &two.urls[0]), ("east", &east)], "east")).await;
        assert!(said.contains("max_prepared_transactions"), "{said}");
        // The home database prepares nothing.
        let home = plain.database("home_without_prepared");
        PlacedStore::open(&options(&[("home", &home), ("east", &two.urls[1])], "east"))
            .await
            .unwrap();
    });
}

#[test]
fn of_placed_one_of_several_is_not_opened_alone() {
    let two = Two::new();
    block_on(async {
        let alone = |at: usize| PostgresOptions::new(&two.urls[at]);
        let home = PostgresStore::open(&alone(0)).await.unwrap();
        home.check_alone().await.unwrap();
        drop(two.store("east").await);
        let refused = home.check_alone().await.unwrap_err();
        assert!(matches!(refused, StoreError::WrongDatabase { .. }));
        assert!(refused.to_string().contains("the home database of a territory"), "{refused}");
        let east = PostgresStore::open(&alone(1)).await.unwrap();
        let refused = east.check_alone().await.unwrap_err().to_string();
        assert!(
            refused.contains("a further database") && refused.contains("\"east\""),
            "{refused}"
        );
    });
}

#[test]
fn of_placed_two_nodes_that_open_new_databases_at_once_agree() {
    let two = Two::new();
    block_on(async {
        let (one, other) = tokio::join!(two.store("east"), two.store("east"));
        assert_eq!(one.inner.territory, other.inner.territory);
    });
}
