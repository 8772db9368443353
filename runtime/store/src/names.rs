//! The names of tables and logs. Only this crate makes them: the file `tables.rs` lists them all.

use std::fmt;

/// The name of a table, and whether its values are secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableName {
    name: &'static str,
    is_secret: bool,
}

/// The name of a log of which there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogName(&'static str);

/// The beginning of the names of logs that are alike: one for each group, say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogPrefix(&'static str);

impl TableName {
    /// The name of a table whose values may be read by everybody who has the files.
    pub(crate) const fn open(name: &'static str) -> Self {
        Self { name, is_secret: false }
    }

    /// The name of a table whose values are sealed before they are written.
    pub(crate) const fn secret(name: &'static str) -> Self {
        Self { name, is_secret: true }
    }

    /// The name as the ports take it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.name
    }

    /// Whether the values are secret: keys, passwords, or bytes that may hold such.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        self.is_secret
    }
}

impl LogName {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name as the ports take it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl LogPrefix {
    pub(crate) const fn new(prefix: &'static str) -> Self {
        Self(prefix)
    }

    /// The prefix as the ports take it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The name of the log of `owner`.
    #[must_use]
    pub fn log_of(self, owner: &impl fmt::Display) -> String {
        format!("{}{owner}", self.0)
    }

    /// The owner that a log is named after; `None` for a log with another prefix.
    #[must_use]
    pub fn owner_of(self, log: &str) -> Option<&str> {
        log.strip_prefix(self.0)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl fmt::Display for LogName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_a_prefix_says_whose_it_is() {
        let prefix = LogPrefix::new("records/");
        let log = prefix.log_of(&"water");
        assert_eq!(log, "records/water");
        assert_eq!(prefix.owner_of(&log), Some("water"));
        assert_eq!(prefix.owner_of("registry.index"), None);
    }
}
