//! Several nodes of the server on one PostgreSQL.

use anyhow::Result;
use champollion_databases::{Postgres, PostgresSetup};

use crate::server::{Server, Setup};

/// The nodes beside the first one, and the database that all share.
pub(crate) struct Beside {
    others: Vec<Server>,
    database: Postgres,
}

impl Beside {
    /// The addresses of the nodes beside the first one.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &str> {
        self.others.iter().map(|node| node.address.as_str())
    }

    /// The numbers of their processes.
    pub(crate) fn process_ids(&self) -> impl Iterator<Item = u32> {
        self.others.iter().map(Server::process_id)
    }

    /// The number of the process whose children are those of the database.
    pub(crate) fn database_process(&self) -> u32 {
        self.database.process_id()
    }
}

/// Starts a server, or where more than one are wanted as many nodes on one database.
pub(crate) fn start(setup: &Setup, nodes: usize) -> Result<(Server, Option<Beside>)> {
    if nodes <= 1 {
        return Ok((Server::start(setup)?, None));
    }
    let (first, beside) = on_postgres(setup, nodes)?;
    Ok((first, Some(beside)))
}

/// Starts nodes on one database, be it one alone.
pub(crate) fn on_postgres(setup: &Setup, nodes: usize) -> Result<(Server, Beside)> {
    let database = PostgresSetup::default().waits_for_disk().start();
    let key = setup.folder.join("master.key");
    let settings = format!(
        "[store]\npostgres = {:?}\n[vault]\nkey-file = {:?}\n[connections]\ntrusted-proxies = [\"127.0.0.1\"]\n",
        database.url(),
        key.display().to_string()
    );
    let first = Server::start_with(setup, &settings)?;
    let beside = |number: usize| {
        let folder = setup.folder.join(format!("node-{number}"));
        let (champollion, packages) = (setup.champollion.clone(), setup.packages.clone());
        first.start_beside(&Setup { champollion, packages, folder }, &settings)
    };
    let others = (2..=nodes).map(beside).collect::<Result<_>>()?;
    Ok((first, Beside { others, database }))
}
