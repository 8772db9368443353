//! The removal of entries that were truncated. Truncating a log only moves a mark, however many entries it takes away;
//! the rows go afterwards, in small steps and outside of every transaction of frames. Where two nodes sweep one log,
//! each finds less to do.

use std::collections::BTreeSet;
use std::sync::Arc;

use deadpool_postgres::Pool;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::fault::Fault;
use super::pool;

/// Rows that one step removes.
const ROWS: i64 = 1_000;

/// Removes truncated entries of logs.
#[derive(Default)]
pub(super) struct Sweeper {
    logs: Mutex<BTreeSet<i64>>,
    more: Notify,
}

impl Sweeper {
    /// Hears of logs of which entries were truncated.
    pub(super) fn sweep(&self, logs: Vec<i64>) {
        if !logs.is_empty() {
            self.logs.lock().extend(logs);
            self.more.notify_one();
        }
    }

    /// Sweeps until the task is ended, first what was left over before.
    pub(super) async fn run(self: Arc<Self>, pool: Pool) {
        self.find(&pool).await;
        loop {
            let next = self.logs.lock().first().copied();
            match next {
                Some(log) => self.step(&pool, log).await,
                None => self.more.notified().await,
            }
        }
    }

    /// Finds what was left over when a node ended.
    async fn find(&self, pool: &Pool) {
        let left = "SELECT id FROM logs WHERE truncated > 0 AND EXISTS
                    (SELECT FROM entries WHERE log = logs.id AND last <= logs.truncated)";
        match pool::query(pool, left, &[]).await {
            Ok(rows) => self.sweep(rows.iter().map(|row| row.get(0)).collect()),
            Err(fault) => tracing::warn!(?fault, "truncated entries are not looked for"),
        }
    }

    /// Removes some entries of a log. Where that fails, they stay until the log is truncated again.
    async fn step(&self, pool: &Pool, log: i64) {
        let remove = "WITH gone AS (DELETE FROM entries WHERE log = $1 AND last IN (SELECT e.last FROM entries e
                      JOIN logs l ON l.id = e.log WHERE e.log = $1 AND e.last <= l.truncated ORDER BY e.last LIMIT $2)
                      RETURNING 1) SELECT count(*) FROM gone";
        let removed = match pool::query(pool, remove, &[&log, &ROWS]).await {
            Ok(rows) => rows.first().map_or(0, |row| row.get(0)),
            Err(Fault::Again) => ROWS,
            Err(fault) => {
                tracing::warn!(?fault, "truncated entries stay for now");
                0
            }
        };
        if removed < ROWS {
            self.logs.lock().remove(&log);
        }
    }
}
