//! A primary and a synchronous standby, kept and promoted by Debian's Patroni with etcd.

use std::{
    path::Path,
    process::{Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    etcd::Etcd,
    owner::Owner,
    patroni::Member,
    postgres::{NAME, STEP, program},
};

/// The first database is made and copied within half a minute; a machine that does much else takes longer.
const PATIENCE: Duration = Duration::from_secs(150);

/// The words of patronictl after the two have exchanged their places.
const SWITCHED: &str = "Successfully switched over";

/// Two PostgreSQL in folders of the test's own, of which one is the primary. They end with this value.
pub struct Pair {
    // In the order in which they end: those that look after each other first.
    members: [Member; 2],
    _etcd: Etcd,
    owner: Owner,
    folder: TempDir,
}

/// The conduct of Patroni where the primary crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterCrash {
    /// The standby is promoted at once.
    Promote,
    /// The primary is started again where it was.
    Restart,
}

impl Pair {
    /// Makes a database and its copy, and waits until the standby is synchronous.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let owner = Owner::find();
        owner.give(folder.path()).expect("the folder can be given away");
        let etcd = Etcd::start(folder.path(), owner);
        let members =
            ["one", "two"].map(|name| Member::start(name, folder.path(), etcd.port, owner));
        let pair = Self { members, _etcd: etcd, owner, folder };
        pair.wait_until_whole(PATIENCE);
        pair.sql("postgres", &format!("CREATE DATABASE {NAME}")).expect("the primary is there");
        pair
    }

    /// The ports of both, whichever is the primary.
    #[must_use]
    pub fn ports(&self) -> [u16; 2] {
        [self.members[0].port, self.members[1].port]
    }

    /// The address of the database behind two ports, of which one is that of the primary.
    #[must_use]
    pub fn url_at(&self, [one, two]: [u16; 2]) -> String {
        format!("postgres://{NAME}@127.0.0.1:{one},127.0.0.1:{two}/{NAME}")
    }

    /// Whether there are a primary and a synchronous standby.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        // While they exchange their places, one of them may say that it is both.
        let [one, two] = &self.members;
        let is_order = |primary: &Member, standby: &Member| {
            primary.is_primary()
                && standby.is_synchronous()
                && !standby.is_primary()
                && !primary.is_synchronous()
        };
        is_order(one, two) || is_order(two, one)
    }

    /// Says what Patroni does when the primary crashes; false where nobody listens.
    pub fn after_crash(&self, conduct: AfterCrash) -> bool {
        let seconds = if conduct == AfterCrash::Promote { 0 } else { 300 };
        let settings = format!("{{\"primary_start_timeout\": {seconds}}}");
        self.members.iter().any(|member| member.configure(&settings))
    }

    /// Ends the postmaster of the primary as `kill -9` does; false where there is none.
    pub fn kill_primary(&self) -> bool {
        self.members.iter().find(|member| member.is_primary()).is_some_and(Member::kill_postmaster)
    }

    /// Has the two exchange their places in an orderly way, by patronictl; says why they do not.
    pub fn switch_over(&self) -> Result<(), String> {
        let [one, two] = &self.members;
        let (primary, standby) = if one.is_primary() { (one, two) } else { (two, one) };
        let switched = primary
            .patronictl()
            .args(["switchover", "--leader", primary.name, "--candidate", standby.name, "--force"])
            .arg("champollion")
            .output()
            .map_err(|error| error.to_string())?;
        // It exits with 0 also where nothing came of it.
        let said = said(&switched);
        if said.contains(SWITCHED) { Ok(()) } else { Err(said) }
    }

    /// Runs a statement on the primary as the superuser, and returns the rows: fields apart by `|`, without heading.
    pub fn sql(&self, database: &str, statement: &str) -> Result<String, String> {
        let primary = self.members.iter().find(|member| member.is_primary());
        let primary = primary.ok_or("there is no primary")?;
        let output = self
            .owner
            .command(&program("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"])
            .args(["-U", NAME, "-d", database, "-p", &primary.port.to_string(), "-c", statement])
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        }
        Err(said(&output))
    }

    /// The folder of both, with their logs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The logs of both.
    #[must_use]
    pub fn log(&self) -> String {
        self.members.iter().map(|member| format!("{}:\n{}\n", member.name, member.log())).collect()
    }

    fn wait_until_whole(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        while !self.is_whole() {
            assert!(Instant::now() < deadline, "no standby becomes synchronous:\n{}", self.log());
            thread::sleep(STEP);
        }
    }
}

fn said(output: &Output) -> String {
    let [said, errors] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{said}{errors}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_patroni_the_standby_has_what_was_committed_when_the_primary_is_killed() {
        let pair = Pair::start();
        pair.sql(NAME, "CREATE TABLE t (n int)").expect("the primary is there");
        pair.sql(NAME, "INSERT INTO t VALUES (7)").expect("the primary is there");
        let primaries = || pair.members.each_ref().map(Member::is_primary);
        let exchanged = |before: [bool; 2]| {
            // Patroni takes a moment to see it.
            let deadline = Instant::now() + PATIENCE;
            while primaries() == before || !primaries().contains(&true) {
                assert!(Instant::now() < deadline, "they stay where they are:\n{}", pair.log());
                thread::sleep(STEP);
            }
            pair.wait_until_whole(PATIENCE);
        };
        let before = primaries();
        assert!(pair.after_crash(AfterCrash::Promote));
        thread::sleep(Duration::from_secs(3));
        assert!(pair.kill_primary());
        exchanged(before);
        assert_eq!(pair.sql(NAME, "SELECT n FROM t").as_deref(), Ok("7"));
        let before = primaries();
        pair.switch_over().expect("they exchange their places");
        exchanged(before);
    }
}
