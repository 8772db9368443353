//! The database of the nodes: a primary and a synchronous standby that Patroni keeps, or one PostgreSQL alone; where it is
//! wanted, beside a further one in which some of the groups lie. Each node reaches them by a way of its own, which can be
//! cut and delayed.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use champollion_databases::{AfterCrash, Pair, Postgres, PostgresSetup, Proxy};

/// The name of the database.
const NAME: &str = "champollion";

/// The beginning of the names of epochs.
pub(super) const EPOCH: &str = "the epoch of ";

/// The name by which nodes know the further database, and that of the other one.
pub(super) const FURTHER: &str = "further";
const HOME: &str = "home";

/// The setting of a server in which parts of batches are prepared: sixteen for each node.
const PREPARED: &str = "max_prepared_transactions=100";

/// Has each insertion of entries of logs end as where the disk has no room for another page, and lets them through again.
const FILL: &str = "CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
     CREATE OR REPLACE TRIGGER no_room BEFORE INSERT ON entries FOR EACH STATEMENT EXECUTE FUNCTION no_room()";
const EMPTY: &str = "DROP TRIGGER IF EXISTS no_room ON entries";

/// Has the database note each commit by which a route comes less far than it was: a look now and then would miss most.
const WATCH: &str = "CREATE TABLE IF NOT EXISTS fallen (route text, was bigint, becomes bigint);
     CREATE OR REPLACE FUNCTION note_fall() RETURNS trigger LANGUAGE plpgsql AS $$
     DECLARE was bigint := (convert_from(OLD.value, 'UTF8')::json -> 'progress' ->> 'through')::bigint;
     becomes bigint := (convert_from(NEW.value, 'UTF8')::json -> 'progress' ->> 'through')::bigint;
     BEGIN IF becomes < was THEN INSERT INTO fallen VALUES (encode(NEW.key, 'escape'), was, becomes); END IF;
     RETURN NULL; END $$;
     CREATE OR REPLACE TRIGGER note_fall AFTER UPDATE ON kv FOR EACH ROW
     WHEN (NEW.tab = 'route-standings' AND OLD.value IS NOT NULL AND NEW.value IS NOT NULL)
     EXECUTE FUNCTION note_fall()";
const FALLEN: &str =
    "SELECT 'the progress of ' || route || ' falls from ' || was || ' to ' || becomes FROM fallen";

/// Databases that can be killed.
pub(super) struct Database {
    home: Home,
    /// A database in which some of the groups lie.
    further: Option<Mutex<Postgres>>,
}

/// The database that has all that is no group's, and all groups where there is no further one.
enum Home {
    Alone(Mutex<Postgres>),
    // Behind a pointer, since it is much larger.
    Pair(Box<Pair>),
}

/// The way of one node to the database.
pub(super) struct Way(Vec<Proxy>);

impl Database {
    pub(super) fn start(has_standby: bool, has_further: bool) -> Self {
        let setup = || PostgresSetup::default().waits_for_disk();
        let home = if has_standby {
            Home::Pair(Box::new(Pair::start()))
        } else {
            Home::Alone(Mutex::new(setup().start()))
        };
        let further = has_further.then(|| Mutex::new(setup().set(PREPARED).start()));
        Self { home, further }
    }

    /// A new way to the databases, and what the setting `[store] postgres` says of the addresses at its end.
    pub(super) fn way(&self) -> (Way, String) {
        let (Way(mut proxies), home) = match &self.home {
            Home::Alone(server) => way_to(&held(server)),
            Home::Pair(pair) => {
                let proxies = pair.ports().map(Proxy::to);
                let url = pair.url_at(proxies.each_ref().map(Proxy::port));
                (Way(proxies.into()), url)
            }
        };
        let Some(further) = &self.further else { return (Way(proxies), format!("{home:?}")) };
        let (Way(more), further) = way_to(&held(further));
        proxies.extend(more);
        let named = [(HOME, home), (FURTHER, further)]
            .map(|(name, url)| format!("{{ name = {name:?}, address = {url:?} }}"));
        (Way(proxies), format!("[{}]", named.join(", ")))
    }

    /// Whether some of the groups lie in a further database.
    pub(super) const fn has_further(&self) -> bool {
        self.further.is_some()
    }

    /// Kills the further database, where there is one, which stays down for a while.
    pub(super) fn kill_further(&self, down: Duration) {
        self.further.iter().for_each(|server| kill(server, down));
    }

    /// Whether all is there that can be there.
    pub(super) fn is_whole(&self) -> bool {
        match &self.home {
            Home::Alone(_) => true,
            Home::Pair(pair) => pair.is_whole(),
        }
    }

    /// Whether there is a standby to be promoted.
    pub(super) const fn has_standby(&self) -> bool {
        matches!(self.home, Home::Pair(_))
    }

    /// Kills the primary; false where none was there. One that is alone stays down for a while.
    pub(super) fn kill(&self, down: Duration) -> bool {
        match &self.home {
            Home::Alone(server) => {
                kill(server, down);
                true
            }
            Home::Pair(pair) => pair.kill_primary(),
        }
    }

    /// Says whether Patroni promotes the standby after the next crash; it takes a few seconds to have heard that.
    pub(super) fn prefer(&self, conduct: AfterCrash) -> bool {
        match &self.home {
            Home::Alone(_) => true,
            Home::Pair(pair) => pair.after_crash(conduct),
        }
    }

    /// Has primary and standby exchange their places.
    pub(super) fn switch_over(&self) -> Result<(), String> {
        match &self.home {
            Home::Alone(_) => Err("there is no standby".to_owned()),
            Home::Pair(pair) => pair.switch_over(),
        }
    }

    /// Has the database refuse what needs room, by the error that it has for a full disk, or take it again; false where
    /// nobody answers. The disk itself is that of all who work on this machine, and is not filled.
    pub(super) fn fill(&self, is_full: bool) -> bool {
        self.sql(if is_full { FILL } else { EMPTY }).is_some()
    }

    /// Has the database note from now on where the progress of a route falls; false where nobody answers.
    pub(super) fn watch_progress(&self) -> bool {
        self.rows(WATCH).is_some()
    }

    /// The falls of routes' progress, a sentence each; nothing where nobody answers.
    pub(super) fn fallen(&self) -> Option<Vec<String>> {
        self.rows(FALLEN)
    }

    /// Runs a statement in each of the databases, and gives the rows of all.
    fn rows(&self, statement: &str) -> Option<Vec<String>> {
        let further = self.further.iter().map(|server| held(server).sql(NAME, statement));
        let all: Vec<String> = std::iter::once(self.sql(statement)?).chain(further).collect();
        Some(all.iter().flat_map(|rows| rows.lines()).map(str::to_owned).collect())
    }

    fn sql(&self, statement: &str) -> Option<String> {
        match &self.home {
            Home::Alone(server) => Some(held(server).sql(NAME, statement)),
            Home::Pair(pair) => pair.sql(NAME, statement).ok(),
        }
    }

    /// Numbers that only grow, by their names; nothing where nobody answers.
    pub(super) fn rising(&self) -> Option<Vec<(String, u64)>> {
        let rows = self.rows(&statement())?;
        let number = |row: &String| {
            let (name, number) = row.split_once('|')?;
            Some((name.to_owned(), number.parse().ok()?))
        };
        rows.iter().map(number).collect()
    }

    /// The logs of the servers, and of what keeps them.
    pub(super) fn log(&self) -> String {
        let home = match &self.home {
            Home::Alone(server) => held(server).log(),
            Home::Pair(pair) => pair.log(),
        };
        let further = self.further.iter().map(|server| held(server).log());
        std::iter::once(home).chain(further).collect::<Vec<_>>().join("\n")
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

/// The server, while nobody else has it.
fn held(server: &Mutex<Postgres>) -> MutexGuard<'_, Postgres> {
    server.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new way to a server, and the address at its end.
fn way_to(server: &Postgres) -> (Way, String) {
    let proxy = Proxy::to(server.port());
    let url = server.url_at(proxy.port(), NAME);
    (Way(vec![proxy]), url)
}

/// Kills a server, which stays down for a while; who asks it something waits so long.
fn kill(server: &Mutex<Postgres>, down: Duration) {
    let mut server = held(server);
    server.kill();
    std::thread::sleep(down);
    server.come();
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
