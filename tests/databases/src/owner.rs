//! The user that a database server runs as: PostgreSQL refuses to run as root.

use std::{
    fs, io,
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::Command,
};

/// The user that Debian's package makes.
const USER: &str = "postgres";

/// A user and a group, by number.
#[derive(Clone, Copy, Debug)]
struct Ids {
    user: u32,
    group: u32,
}

/// The user of database servers; nobody else where the tests do not run as root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner(Option<Ids>);

impl Owner {
    /// Finds the user among those of the system.
    pub(crate) fn find() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self(None);
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let ids = ids_of(&users);
        assert!(ids.is_some(), "PostgreSQL is missing: `cargo xtask test` installs it");
        Self(ids)
    }

    /// A command that runs as this user.
    pub(crate) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some(Ids { user, group }) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes a file or a folder belong to this user.
    pub(crate) fn give(self, path: &Path) -> io::Result<()> {
        match self.0 {
            Some(Ids { user, group }) => chown(path, Some(user), Some(group)),
            None => Ok(()),
        }
    }
}

fn ids_of(users: &str) -> Option<Ids> {
    let mut fields = users
        .lines()
        .map(|line| line.split(':'))
        .find_map(|mut fields| (fields.next() == Some(USER)).then_some(fields))?;
    let user = fields.nth(1)?.parse().ok()?;
    let group = fields.next()?.parse().ok()?;
    Some(Ids { user, group })
}
