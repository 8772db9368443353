//! The database of the nodes: a primary and a synchronous standby that Patroni keeps, or one PostgreSQL alone. Each node
//! reaches it by a way of its own, which can be cut and delayed.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use champollion_databases::{AfterCrash, Pair, Postgres, Proxy};

/// The name of the database.
const NAME: &str = "champollion";

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

    /// The epoch of each lease; nothing where nobody answers.
    pub(super) fn epochs(&self) -> Option<Vec<(String, u64)>> {
        const EPOCHS: &str = "SELECT name, epoch FROM leases";
        let rows = match self {
            Self::Alone(server) => {
                server.lock().unwrap_or_else(PoisonError::into_inner).sql(NAME, EPOCHS)
            }
            Self::Pair(pair) => pair.sql(NAME, EPOCHS).ok()?,
        };
        let epoch = |row: &str| {
            let (name, epoch) = row.split_once('|')?;
            Some((name.to_owned(), epoch.parse().ok()?))
        };
        rows.lines().map(epoch).collect()
    }

    /// What the servers say, where it is kept by Patroni.
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
