//! The standing of the database: whether it is a primary, and which standbys have what it commits.
//!
//! Reading it takes no part in any transaction, so it is answered also while commits wait for a standby that is away.

use tokio_postgres::Row;

use super::PostgresStore;
use crate::error::StoreError;

/// Asks for the standing. A role that may not read the statistics of others sees standbys without their states.
const STANDING: &str = "SELECT pg_is_in_recovery(), current_setting('synchronous_standby_names'),
    (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state IN ('sync', 'quorum')),
    (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state NOT IN ('sync', 'quorum')),
    (SELECT count(*) FROM pg_stat_replication WHERE state IS NULL)";

/// The words before the number of standbys that each commit waits for.
const METHODS: [&str; 2] = ["first", "any"];

/// The standing of a database among its standbys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether the database is itself a standby, which takes no changes.
    pub in_recovery: bool,
    /// The standbys that each commit waits for, by `synchronous_standby_names`.
    pub demanded: u64,
    /// The standbys that a commit waits for and that are there.
    pub synchronous: u64,
    /// The standbys that are there and that no commit waits for.
    pub asynchronous: u64,
    /// The standbys of which the server's role sees nothing but that they are there.
    pub unseen: u64,
}

impl Standing {
    fn read(row: &Row) -> Self {
        let count = |index| row.get::<_, i64>(index).unsigned_abs();
        Self {
            in_recovery: row.get(0),
            demanded: demanded(row.get(1)),
            synchronous: count(2),
            asynchronous: count(3),
            unseen: count(4),
        }
    }

    /// Whether commits wait for a standby that is not there. Standbys that cannot be seen may be those.
    #[must_use]
    pub const fn lacks_standby(&self) -> bool {
        self.synchronous + self.unseen < self.demanded
    }
}

/// The number of standbys that a value of `synchronous_standby_names` demands: `FIRST 2 (a, b)`, `ANY 1 (*)`, `2 (a, b)`,
/// or a list of names, of which one is waited for.
fn demanded(names: &str) -> u64 {
    let names = names.trim().to_ascii_lowercase();
    if names.is_empty() {
        return 0;
    }
    let Some((before, _)) = names.split_once('(') else { return 1 };
    let mut words = before.split_whitespace().filter(|word| !METHODS.contains(word));
    words.next().and_then(|number| number.parse().ok()).unwrap_or(1)
}

impl PostgresStore {
    /// Asks the database for its standing among its standbys.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn standing(&self) -> Result<Standing, StoreError> {
        Ok(Standing::read(&self.query_row(STANDING).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standbys_that_commits_wait_for_are_read_from_the_setting() {
        for (names, number) in [
            ("", 0),
            (" ", 0),
            ("*", 1),
            ("db2", 1),
            ("db2, db3", 1),
            ("FIRST 1 (db2)", 1),
            ("first 2 (db2, db3)", 2),
            ("ANY 2(db2, db3, \"db-4\")", 2),
            ("3 (*)", 3),
            ("FIRST 1 (\"first\")", 1),
        ] {
            assert_eq!(demanded(names), number, "{names}");
        }
    }

    #[test]
    fn a_standby_is_missing_where_fewer_are_there_than_are_waited_for() {
        let standing = |demanded, synchronous, unseen| Standing {
            in_recovery: false,
            demanded,
            synchronous,
            asynchronous: 0,
            unseen,
        };
        assert!(!standing(0, 0, 0).lacks_standby());
        assert!(!standing(1, 1, 0).lacks_standby());
        assert!(!standing(1, 0, 1).lacks_standby(), "nobody knows");
        assert!(standing(1, 0, 0).lacks_standby());
        assert!(standing(2, 1, 0).lacks_standby());
    }
}
