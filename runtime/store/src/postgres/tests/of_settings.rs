//! The settings of connections, whatever the defaults of the database.

use super::Database;
use crate::conformance::block_on;
use crate::postgres::{PostgresOptions, address::Address, session, tls};

/// The value of a setting on a new connection to a database whose default is another one.
async fn value_over(database: &Database, setting: &str, default: &str) -> String {
    database.sql(&format!("ALTER DATABASE current SET {setting} = '{default}'"));
    let address = Address::parse(&PostgresOptions::new(&database.url)).unwrap();
    let tls = tls::connector(&address).unwrap();
    let client = session::connect(&address, tls).await.unwrap();
    let row = client.query_one("SELECT current_setting($1)", &[&setting]).await.unwrap();
    row.get(0)
}

#[test]
fn of_postgres_commits_are_on_the_disk_whatever_the_default() {
    let database = Database::new();
    block_on(async {
        for (default, used) in [
            ("off", "on"),
            ("local", "on"),
            ("remote_write", "on"),
            ("on", "on"),
            ("remote_apply", "remote_apply"),
        ] {
            let value = value_over(&database, "synchronous_commit", default).await;
            assert_eq!(value, used, "{default}");
        }
    });
}

#[test]
fn of_postgres_no_clock_of_the_database_ends_a_statement() {
    let database = Database::new();
    block_on(async {
        for setting in ["statement_timeout", "lock_timeout"] {
            assert_eq!(value_over(&database, setting, "7s").await, "0", "{setting}");
        }
    });
}
