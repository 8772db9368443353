//! Installation of programs of others that a command needs: only after it was said, or not at all.

use anyhow::{Result, bail};

use crate::shell::say;

/// Something that a command needs and this machine lacks.
pub(crate) struct Need<'a> {
    /// Its name: `the Debian package nginx`.
    pub(crate) what: &'a str,
    /// A sentence that says what it is for: `the tests of files put files to nginx`.
    pub(crate) why: &'a str,
    /// The command by which people install it: `apt-get install nginx`.
    pub(crate) command: &'a str,
}

/// Whether a command may install what it lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Installing {
    /// It may, once it has said what, and why.
    Allowed,
    /// It may not: it does without, or fails.
    Forbidden,
}

impl Installing {
    /// Says what is installed next, or what is missing and that `left_out` is left out. True where it is
    /// to be installed.
    pub(crate) fn announce(self, need: &Need, left_out: &str) -> bool {
        let Need { what, why, command } = need;
        match self {
            Self::Allowed => say(format_args!(
                "Installing {what}: {why}. With --no-install nothing is installed, and {left_out} left out."
            )),
            Self::Forbidden => say(format_args!(
                "Missing {what}: {why}. So {left_out} left out; `{command}` installs what is missing."
            )),
        }
        self == Self::Allowed
    }

    /// Says what is installed next; fails where it may not be, since nothing works without it.
    pub(crate) fn require(self, need: &Need) -> Result<()> {
        let Need { what, why, command } = need;
        if self == Self::Forbidden {
            bail!("{what} is missing: {why}; `{command}` installs it");
        }
        say(format_args!(
            "Installing {what}: {why}. With --no-install nothing is installed, and the command ends here."
        ));
        Ok(())
    }
}
