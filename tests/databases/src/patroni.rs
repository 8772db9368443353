//! A PostgreSQL that Debian's Patroni keeps: it makes the database or copies that of the primary, starts it, promotes
//! it, and brings it back after a crash.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    owner::Owner,
    ports::free_port,
    postgres::{NAME, VERSIONS, program},
    rest,
};

/// The name that the members have in common.
const SCOPE: &str = "champollion";

/// A member of the pair: a PostgreSQL with its Patroni.
pub(crate) struct Member {
    process: Child,
    owner: Owner,
    folder: PathBuf,
    pub(crate) name: &'static str,
    /// The port of PostgreSQL.
    pub(crate) port: u16,
    /// The port of Patroni's own interface.
    rest: u16,
}

impl Member {
    /// Starts Patroni, which makes the database, or copies that of the member that was there before.
    pub(crate) fn start(name: &'static str, folder: &Path, etcd: u16, owner: Owner) -> Self {
        let (port, rest) = (free_port(), free_port());
        let settings = settings_file(folder, name);
        fs::write(&settings, settings_of(name, folder, [port, rest, etcd])).expect("there is room");
        let log = File::create(folder.join(format!("{name}.log"))).expect("there is room");
        let errors = log.try_clone().expect("it can be written from two sides");
        let process = owner
            .command(Path::new("patroni"))
            .arg(&settings)
            .current_dir(folder)
            .env("HOME", folder)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("Patroni is missing: `cargo xtask test` installs it");
        Self { process, owner, folder: folder.to_owned(), name, port, rest }
    }

    /// Whether the member is the primary, as Patroni says.
    pub(crate) fn is_primary(&self) -> bool {
        rest::status(self.rest, "/primary") == Some(200)
    }

    /// Whether the member is the synchronous standby, as Patroni says.
    pub(crate) fn is_synchronous(&self) -> bool {
        rest::status(self.rest, "/synchronous") == Some(200)
    }

    /// Changes settings that both members have.
    pub(crate) fn configure(&self, json: &str) -> bool {
        rest::patch(self.rest, "/config", json) == Some(200)
    }

    /// Ends the postmaster as `kill -9` does; false where none runs.
    pub(crate) fn kill_postmaster(&self) -> bool {
        let ended = self.postmaster().map(|process| kill_process(process, Signal::KILL));
        matches!(ended, Some(Ok(())))
    }

    /// A command of patronictl in the name of this member.
    pub(crate) fn patronictl(&self) -> Command {
        let mut command = self.owner.command(Path::new("patronictl"));
        command.arg("-c").arg(settings_file(&self.folder, self.name)).current_dir(&self.folder);
        command.env("HOME", &self.folder).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        command
    }

    /// The logs of Patroni and of PostgreSQL.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join(format!("{}.log", self.name))).unwrap_or_default()
    }

    fn postmaster(&self) -> Option<Pid> {
        let file = data(&self.folder, self.name).join("postmaster.pid");
        postmaster_of(&fs::read_to_string(file).ok()?)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // At once, and first what would start the database again.
        drop(self.process.kill());
        drop(self.process.wait());
        if let Some(process) = self.postmaster() {
            let _ = kill_process(process, Signal::QUIT);
        }
    }
}

/// The postmaster that `postmaster.pid` names. A server that Patroni has recover by itself, before it comes back as a standby,
/// has none: it writes the negative of its own number.
fn postmaster_of(file: &str) -> Option<Pid> {
    let number: i32 = file.lines().next()?.trim().parse().ok()?;
    number.is_positive().then(|| Pid::from_raw(number)).flatten()
}

fn settings_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.yml"))
}

fn data(folder: &Path, name: &str) -> PathBuf {
    folder.join(name)
}

/// Settings of a member: nothing is acknowledged that the standby does not have, and times as short as Patroni's rules
/// about them allow.
fn settings_of(name: &str, folder: &Path, [port, rest, etcd]: [u16; 3]) -> String {
    let programs = program("postgres");
    let programs = programs.parent().unwrap_or(Path::new(VERSIONS)).display();
    let (data, folder) = (data(folder, name), folder.display());
    let data = data.display();
    format!(
        "scope: {SCOPE}
name: {name}
restapi: {{ listen: '127.0.0.1:{rest}', connect_address: '127.0.0.1:{rest}' }}
etcd3: {{ host: '127.0.0.1:{etcd}' }}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 1
    retry_timeout: 8
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql:
      use_pg_rewind: true
      parameters: {{ max_connections: 200, wal_log_hints: 'on' }}
  initdb: [{{ encoding: UTF8 }}, {{ locale: C }}, no-sync]
postgresql:
  listen: '127.0.0.1:{port}'
  connect_address: '127.0.0.1:{port}'
  data_dir: '{data}'
  bin_dir: '{programs}'
  pgpass: '{data}.pgpass'
  remove_data_directory_on_rewind_failure: true
  remove_data_directory_on_diverged_timelines: true
  parameters: {{ unix_socket_directories: '{folder}' }}
  pg_hba:
    - local all all trust
    - host all all 127.0.0.1/32 trust
    - host replication all 127.0.0.1/32 trust
  authentication:
    superuser: {{ username: {NAME}, password: none }}
    replication: {{ username: replicator, password: none }}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_recovers_by_itself_has_no_postmaster() {
        let named = |file: &str| postmaster_of(file).map(Pid::as_raw_nonzero).map(i32::from);
        assert_eq!(named("4711\n/var/lib/db\n1796061507\n"), Some(4711));
        assert_eq!(named("-4711\n/var/lib/db\n1796061507\n"), None);
        assert_eq!(named(""), None);
    }
}
