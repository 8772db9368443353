//! The transaction in which the batches of a group become durable.
//!
//! It is right at READ COMMITTED, since each row that a batch names is locked before it is looked at, and in one order
//! by all nodes: first rows, by table and key, then logs, by id. A log's row is locked from numbering to commit, so
//! the order of sequences is the order of commits, and no cursor skips an entry. Rows that are absent are made to be
//! locked. A row that another node removed between the two is locked by nobody: the transaction is then done anew.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{try_join3, try_join4};
use tokio_postgres::Row;
use uuid::Uuid;

use super::chunk;
use super::fault::Fault;
use super::group::{Group, LogState, Needed, RowName};
use super::session::Session;
use crate::batch::{Batch, Committed};
use crate::bugs::{self, Bug};
use crate::error::StoreError;

/// Answers to the batches of a group, and the logs of which entries were truncated.
pub(super) struct Flushed {
    pub(super) answers: Vec<Result<Committed, StoreError>>,
    pub(super) truncated: Vec<i64>,
}

/// Why a transaction did not come to its end.
pub(super) enum Unfinished {
    /// Nothing of the transaction is there.
    Not(Fault),
    /// The connection broke after the end was sent: this is the answer if it is there.
    Unknown(Flushed, Fault),
}

impl From<Fault> for Unfinished {
    fn from(fault: Fault) -> Self {
        Self::Not(fault)
    }
}

impl From<tokio_postgres::Error> for Unfinished {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Not(error.into())
    }
}

/// The end of a transaction.
#[derive(Clone, Copy)]
pub(super) enum Ending<'a> {
    /// It is committed, as the transaction of this number of a node, which was told that the one of `after` is there.
    Commit { node: Uuid, number: i64, after: i64 },
    /// It is prepared under a name, by which it is committed later, or undone.
    Prepare { name: &'a str },
}

impl Ending<'_> {
    fn statement(self) -> Cow<'static, str> {
        match self {
            Self::Commit { .. } => "COMMIT".into(),
            // Names are made here, of letters, digits, slashes and hyphens.
            Self::Prepare { name } => format!("PREPARE TRANSACTION '{name}'").into(),
        }
    }
}

/// Makes batches durable as one transaction. Where it is to be prepared, and one of them is refused, it is left as it
/// was begun.
pub(super) async fn flush(
    session: &mut Session,
    batches: &[Batch],
    ending: Ending<'_>,
) -> Result<Flushed, Unfinished> {
    let needed = Needed::by(batches);
    session.learn_logs(needed.appended.iter().copied(), needed.truncated.iter().copied()).await?;
    let rows = lock_rows(session, &needed, ending).await?;
    let stored = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    let mut group = Group::judge(batches, &needed, stored);
    if matches!(ending, Ending::Prepare { .. }) && group.has_refused() {
        return Ok(Flushed { answers: group.into_answers(), truncated: Vec::new() });
    }
    let logs = write_rows(session, &group).await?;
    group.number(logs);
    write_logs_and_end(session, group, ending).await
}

/// Begins the transaction and locks the rows of a group.
async fn lock_rows(
    session: &Session,
    needed: &Needed<'_>,
    ending: Ending<'_>,
) -> Result<Vec<Row>, Fault> {
    let (client, statements) = (&session.client, &session.statements);
    let (made_tables, made_keys): (Vec<&str>, Vec<&[u8]>) = needed.made.iter().copied().unzip();
    let (tables, keys): (Vec<&str>, Vec<&[u8]>) = needed.rows.iter().copied().unzip();
    // Sent one after another without waiting, and done in this order.
    let begin = async {
        client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        Ok(0)
    };
    let mark = async {
        match &ending {
            Ending::Commit { node, number, after } => {
                client.execute(&statements.mark, &[node, number, after]).await
            }
            // The name of a prepared transaction says whether it is there.
            Ending::Prepare { .. } => Ok(1),
        }
    };
    let make = async {
        if made_tables.is_empty() {
            return Ok(0);
        }
        client.execute(&statements.make_rows, &[&made_tables, &made_keys]).await
    };
    let lock = async {
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        client.query(&statements.lock_rows, &[&tables, &keys]).await
    };
    let (_, marked, _, rows) = try_join4(begin, mark, make, lock).await?;
    if marked != 1 {
        return Err(Fault::SetBack);
    }
    let found: BTreeSet<RowName<'_>> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let is_locked = needed.made.iter().all(|row| found.contains(row));
    drop(found);
    if is_locked { Ok(rows) } else { Err(Fault::Again) }
}

/// Writes the rows of a group, and locks its logs. Where the row of a log is gone whose id the session knows, as after
/// a restore of the database under it, the next session learns all ids anew.
async fn write_rows<'a>(
    session: &Session,
    group: &Group<'a>,
) -> Result<BTreeMap<&'a str, LogState<'a>>, Fault> {
    let (client, statements) = (&session.client, &session.statements);
    let put = async {
        let (rows, values): (Vec<RowName<'_>>, Vec<&[u8]>) = group.puts().unzip();
        let (tables, keys): (Vec<&str>, Vec<&[u8]>) = rows.into_iter().unzip();
        if tables.is_empty() {
            return Ok(0);
        }
        client.execute(&statements.put, &[&tables, &keys, &values]).await
    };
    let delete = async {
        let (tables, keys): (Vec<&str>, Vec<&[u8]>) = group.removals().unzip();
        if tables.is_empty() {
            return Ok(0);
        }
        client.execute(&statements.delete, &[&tables, &keys]).await
    };
    let ids: BTreeMap<i64, &str> = group
        .changed_logs()
        .into_iter()
        .filter_map(|name| Some((session.log(name)?, name)))
        .collect();
    let lock = async {
        let numbers: Vec<i64> = ids.keys().copied().collect();
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        #[cfg(feature = "torture-bugs")]
        if bugs::has(Bug::LogLock) {
            let counts = ids.values().map(|name| group.appended_to(name)).collect();
            return session.number_without_lock(numbers, counts).await;
        }
        client.query(&statements.lock_logs, &[&numbers]).await
    };
    let (_, _, rows) = try_join3(put, delete, lock).await?;
    let state = |row: &Row| {
        let id = row.get(0);
        Some((*ids.get(&id)?, LogState::new(id, row.get(1), row.get(2))))
    };
    let logs: BTreeMap<&str, LogState<'_>> = rows.iter().filter_map(state).collect();
    if group.extended_logs().all(|name| logs.contains_key(name)) {
        Ok(logs)
    } else {
        Err(Fault::Lost("the row of a log is gone".to_owned()))
    }
}

/// Adds the entries, moves the ends of the logs, and commits or prepares the transaction.
async fn write_logs_and_end(
    session: &Session,
    group: Group<'_>,
    ending: Ending<'_>,
) -> Result<Flushed, Unfinished> {
    let (client, statements) = (&session.client, &session.statements);
    let truncated = group.logs().filter(|log| log.is_truncated).map(|log| log.id).collect();
    let add = async {
        let (mut ids, mut firsts, mut lasts, mut chunks) = (vec![], vec![], vec![], vec![]);
        for log in group.logs() {
            for chunk in chunk::pack(log.first, &log.added) {
                ids.push(log.id);
                firsts.push(chunk.first);
                lasts.push(chunk.last);
                chunks.push(chunk.bytes);
            }
        }
        if ids.is_empty() {
            return Ok(0);
        }
        client.execute(&statements.add_entries, &[&ids, &firsts, &lasts, &chunks]).await
    };
    let ends = async {
        let (mut ids, mut marks, mut lasts) = (vec![], vec![], vec![]);
        // With the bug the end was moved when the entries were numbered.
        let is_extended = |log: &LogState<'_>| !log.added.is_empty() && !bugs::has(Bug::LogLock);
        for log in group.logs().filter(|log| log.is_truncated || is_extended(log)) {
            ids.push(log.id);
            marks.push(log.truncated);
            lasts.push(log.last);
        }
        if ids.is_empty() {
            return Ok(0);
        }
        client.execute(&statements.move_logs, &[&ids, &marks, &lasts]).await
    };
    // An error before the end makes a ROLLBACK of it, and is the error of the whole.
    let statement = ending.statement();
    let ended = try_join3(add, ends, client.batch_execute(&statement)).await;
    let flushed = Flushed { answers: group.into_answers(), truncated };
    match ended.map_err(Fault::from) {
        Ok(_) => Ok(flushed),
        Err(fault @ Fault::Lost(_)) => Err(Unfinished::Unknown(flushed, fault)),
        Err(fault) => Err(Unfinished::Not(fault)),
    }
}
