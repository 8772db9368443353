//! The connection that writes, and the statements that are prepared on it.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use tokio_postgres::{Client, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

use super::address::Address;
use super::fault::Fault;

/// Settings of every connection. Plans are made for the arrays at hand, and by indexes: a plan that was made while a
/// table was empty would read all of it for ever. What is acknowledged is on the disk, and on that of the standby where
/// one is waited for, whatever the defaults of server, database and role; and no clock of theirs ends a transaction.
pub(super) const SETTINGS: &str = "
    SET client_min_messages = warning;
    SET plan_cache_mode = force_custom_plan;
    SET enable_seqscan = off;
    SET statement_timeout = 0;
    SET lock_timeout = 0;
    SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('transaction_timeout', true) IS NOT NULL;
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply');
";

/// Settings of the connection that writes. Nothing of ours is silent in a transaction, so a node that is paused in the
/// middle of one keeps others from its rows for as long as this and no longer.
const WRITING_SETTINGS: &str = "SET idle_in_transaction_session_timeout = '5s'";

/// Moves the ends of logs, which are locked.
#[cfg(not(feature = "torture-bugs"))]
const MOVE_LOGS: &str = "UPDATE logs SET truncated = u.truncated, last = u.last
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u (id, truncated, last) WHERE logs.id = u.id";

/// The same of logs that another node may have moved meanwhile.
#[cfg(feature = "torture-bugs")]
const MOVE_LOGS: &str =
    "UPDATE logs SET truncated = greatest(logs.truncated, u.truncated), last = greatest(logs.last, u.last)
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u (id, truncated, last) WHERE logs.id = u.id";

/// Moves the ends of logs for entries that are committed later, and says where they were.
#[cfg(feature = "torture-bugs")]
const NUMBER: &str = "UPDATE logs SET last = logs.last + u.added FROM unnest($1::bigint[], $2::bigint[]) AS u (id, added)
    WHERE logs.id = u.id RETURNING logs.id, logs.truncated, logs.last - u.added";

/// Statements of a transaction, in their order.
const STATEMENTS: [&str; 9] = [
    // Locks the row of this node from the beginning: whoever reads it later waits for the end of the transaction. A row
    // that says less than the node was told is of a database that has lost it.
    "UPDATE flushes SET number = $2, at = now() WHERE node = $1 AND number >= $3",
    "INSERT INTO kv (tab, key) SELECT * FROM unnest($1::text[], $2::bytea[]) AS u (tab, key) ORDER BY 1, 2
     ON CONFLICT DO NOTHING",
    "SELECT kv.tab, kv.key, kv.value FROM unnest($1::text[], $2::bytea[]) AS u (tab, key)
     JOIN kv ON kv.tab = u.tab AND kv.key = u.key ORDER BY kv.tab, kv.key FOR UPDATE OF kv",
    "UPDATE kv SET value = u.value FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS u (tab, key, value)
     WHERE kv.tab = u.tab AND kv.key = u.key",
    "DELETE FROM kv USING unnest($1::text[], $2::bytea[]) AS u (tab, key) WHERE kv.tab = u.tab AND kv.key = u.key",
    "SELECT id, truncated, last FROM logs WHERE id = ANY ($1) ORDER BY id FOR UPDATE",
    "INSERT INTO entries (log, first, last, chunk)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[])",
    MOVE_LOGS,
    // Waits for the transaction of which nobody knows the end.
    "SELECT number FROM flushes WHERE node = $1 FOR UPDATE",
];

/// Statements that are prepared on a connection.
pub(super) struct Statements {
    pub(super) mark: Statement,
    pub(super) make_rows: Statement,
    pub(super) lock_rows: Statement,
    pub(super) put: Statement,
    pub(super) delete: Statement,
    pub(super) lock_logs: Statement,
    pub(super) add_entries: Statement,
    pub(super) move_logs: Statement,
    pub(super) find_flush: Statement,
}

/// A connection that writes.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) statements: Statements,
    /// Ids of logs, which never change while the connection lasts.
    logs: BTreeMap<String, i64>,
    /// A connection beside the one that writes.
    #[cfg(feature = "torture-bugs")]
    beside: Client,
}

impl Session {
    /// Connects to the primary, and sees to the row of this node.
    pub(super) async fn open(
        address: &Address,
        tls: MakeRustlsConnect,
        node: Uuid,
    ) -> Result<Self, Fault> {
        let session = Self::open_to_prepare(address, tls).await?;
        session
            .client
            .execute(
                "INSERT INTO flushes (node, number) VALUES ($1, 0) ON CONFLICT DO NOTHING",
                &[&node],
            )
            .await?;
        Ok(session)
    }

    /// Connects to the primary, for transactions that are prepared: none of them names this node.
    pub(super) async fn open_to_prepare(
        address: &Address,
        tls: MakeRustlsConnect,
    ) -> Result<Self, Fault> {
        #[cfg(feature = "torture-bugs")]
        let beside = connect(address, tls.clone()).await?;
        let client = connect(address, tls).await?;
        client.batch_execute(WRITING_SETTINGS).await?;
        let prepared = try_join_all(STATEMENTS.iter().map(|text| client.prepare(text))).await?;
        let prepared = <[Statement; STATEMENTS.len()]>::try_from(prepared);
        let [
            mark,
            make_rows,
            lock_rows,
            put,
            delete,
            lock_logs,
            add_entries,
            move_logs,
            find_flush,
        ] = prepared.map_err(|_| Fault::Refused("statements are missing".to_owned()))?;
        let statements = Statements {
            mark,
            make_rows,
            lock_rows,
            put,
            delete,
            lock_logs,
            add_entries,
            move_logs,
            find_flush,
        };
        Ok(Self {
            client,
            statements,
            logs: BTreeMap::new(),
            #[cfg(feature = "torture-bugs")]
            beside,
        })
    }

    /// Numbers entries without the logs being locked until they are committed, and takes its time afterwards now and then.
    #[cfg(feature = "torture-bugs")]
    pub(super) async fn number_without_lock(
        &self,
        ids: Vec<i64>,
        counts: Vec<i64>,
    ) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
        let rows = self.beside.query(NUMBER, &[&ids, &counts]).await?;
        let is_slow = rows.iter().any(|row| row.get::<_, i64>(2) % 3 == 0);
        tokio::time::sleep(std::time::Duration::from_millis(if is_slow { 400 } else { 0 })).await;
        Ok(rows)
    }

    /// Whether the transaction of this number is there. Waits until it has ended.
    pub(super) async fn has_flush(&self, node: Uuid, number: i64) -> Result<bool, Fault> {
        let rows = self.client.query(&self.statements.find_flush, &[&node]).await?;
        Ok(rows.first().is_some_and(|row| row.get::<_, i64>(0) == number))
    }

    /// The id of a log that is known.
    pub(super) fn log(&self, name: &str) -> Option<i64> {
        self.logs.get(name).copied()
    }

    /// Learns the ids of logs; those that entries are to be appended to are made where they are missing. A log
    /// without an entry is nowhere seen, so this need not be part of the transaction.
    pub(super) async fn learn_logs<'a>(
        &mut self,
        appended: impl Iterator<Item = &'a str>,
        truncated: impl Iterator<Item = &'a str>,
    ) -> Result<(), Fault> {
        let appended: Vec<&str> = appended.filter(|name| self.log(name).is_none()).collect();
        let mut asked: Vec<&str> = truncated.filter(|name| self.log(name).is_none()).collect();
        if appended.is_empty() && asked.is_empty() {
            return Ok(());
        }
        let make = "INSERT INTO logs (name) SELECT * FROM unnest($1::text[]) AS u (name) ORDER BY 1
                    ON CONFLICT DO NOTHING";
        if !appended.is_empty() {
            self.client.execute(make, &[&appended]).await?;
        }
        asked.extend(appended);
        let find = "SELECT name, id FROM logs WHERE name = ANY ($1)";
        for row in self.client.query(find, &[&asked]).await? {
            self.logs.insert(row.get(0), row.get(1));
        }
        Ok(())
    }
}

/// Connects to the primary. The connection ends with its client.
pub(super) async fn connect(address: &Address, tls: MakeRustlsConnect) -> Result<Client, Fault> {
    let (client, connection) = address.config.connect(tls).await?;
    tokio::spawn(async move {
        // The client learns it from each of its statements.
        drop(connection.await);
    });
    client.batch_execute(SETTINGS).await?;
    Ok(client)
}
