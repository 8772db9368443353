//! The database of the nodes: a primary and a synchronous standby that Patroni keeps, or one PostgreSQL alone. Each node
//! reaches it by a way of its own, which can be cut and delayed.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use champollion_databases::{AfterCrash, Pair, Postgres, Proxy};

/// The name of the database.
const NAME: &str = "champollion";

/// The beginning of the names of epochs.
pub(super) const EPOCH: &str = "the epoch of ";

/// Has each insertion of entries of logs end as where the disk has no room for another page, and lets them through again.
const FILL: &str = "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
     CREATE OR REPLACE TRIGGER no_room BEFORE INSERT ON entries FOR EACH STATEMENT EXECUTE FUNCTION no_room()";
const EMPTY: &str = "DROP TRIGGER IF EXISTS no_room ON entries";

/// A database that can be killed.
pub(super) enum Database {
    Alone(Mutex<Postgres>),
    // Behind a pointer, since it is much larger.
    Pair(Box<Pair>),
}

/// The way of one node to the database.
pub(super) struct Way(Vec<Proxy>);

impl Database {
    pub(super) fn start(has_standby: bool) -> Self {
        if has_standby {
            Self::Pair(Box::new(Pair::start()))
        } else {
            Self::Alone(Mutex::new(Postgres::start()))
        }
    }

    /// A new way to the database, and the address at its end.
    pub(super) fn way(&self) -> (Way, String) {
        match self {
            Self::Alone(server) => {
                let server = server.lock().unwrap_or_else(PoisonError::into_inner);
                let proxy = Proxy::to(server.port());
                let url = server.url_at(proxy.port(), NAME);
                (Way(vec![proxy]), url)
            }
            Self::Pair(pair) => {
                let proxies = pair.ports().map(Proxy::to);
                let url = pair.url_at(proxies.each_ref().map(Proxy::port));
                (Way(proxies.into()), url)
            }
        }
    }

    /// Whether all is there that can be there.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Alone(_) => true,
            Self::Pair(pair) => pair.is_whole(),
        }
    }

    /// Whether there is a standby to be promoted.
    pub(super) const fn has_standby(&self) -> bool {
        matches!(self, Self::Pair(_))
    }

    /// Kills the primary; false where none was there. One that is alone stays down for a while.
    pub(super) fn kill(&self, down: Duration) -> bool {
        match self {
            Self::Alone(server) => {
                let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
                server.kill();
                std::thread::sleep(down);
                server.come();
                true
            }
            Self::Pair(pair) => pair.kill_primary(),
        }
    }

    /// Says whether Patroni promotes the standby after the next crash; it takes a few seconds to have heard that.
    pub(super) fn prefer(&self, conduct: AfterCrash) -> bool {
        match self {
            Self::Alone(_) => true,
            Self::Pair(pair) => pair.after_crash(conduct),
        }
    }

    /// Has primary and standby exchange their places.
    pub(super) fn switch_over(&self) -> Result<(), String> {
        match self {
            Self::Alone(_) => Err("there is no standby".to_owned()),
            Self::Pair(pair) => pair.switch_over(),
        }
    }

    /// Has the database refuse what needs room, by the error that it has for a full disk, or take it again; false where
    /// nobody answers. The disk itself is that of all who work on this machine, and is not filled.
    pub(super) fn fill(&self, is_full: bool) -> bool {
        self.sql(if is_full { FILL } else { EMPTY }).is_some()
    }

    fn sql(&self, statement: &str) -> Option<String> {
        match self {
            Self::Alone(server) => {
                let server = server.lock().unwrap_or_else(PoisonError::into_inner);
                Some(server.sql(NAME, statement))
            }
            Self::Pair(pair) => pair.sql(NAME, statement).ok(),
        }
    }

    /// Numbers that only grow, by their names; nothing where nobody answers.
    pub(super) fn rising(&self) -> Option<Vec<(String, u64)>> {
        let rows = self.sql(&statement())?;
        let number = |row: &str| {
            let (name, number) = row.split_once('|')?;
            Some((name.to_owned(), number.parse().ok()?))
        };
        rows.lines().map(number).collect()
    }

    /// The logs of the servers, and of what keeps them.
    pub(super) fn log(&self) -> String {
        match self {
            Self::Alone(server) => server.lock().unwrap_or_else(PoisonError::into_inner).log(),
            Self::Pair(pair) => pair.log(),
        }
    }
}

impl Way {
    /// Breaks the way, or makes it whole.
    pub(super) fn cut(&self, is_cut: bool) {
        self.0.iter().for_each(|proxy| proxy.cut(is_cut));
    }

    /// Delays each piece that passes.
    pub(super) fn delay(&self, time: Duration) {
        self.0.iter().for_each(|proxy| proxy.delay(time));
    }
}

/// Reads the epochs of leases, and how far each route has come.
fn statement() -> String {
    format!(
        "WITH routes AS (SELECT encode(key, 'escape') AS key, convert_from(value, 'UTF8')::json AS standing
         FROM kv WHERE tab = 'route-standings' AND value IS NOT NULL)
         SELECT '{EPOCH}' || name, epoch FROM leases
         UNION ALL SELECT 'the progress of ' || key, (standing -> 'progress' ->> 'through')::bigint FROM routes
         UNION ALL SELECT 'the count of ' || key, (standing ->> 'delivered')::bigint FROM routes"
    )
}
