//! Failures of commands, as a person reads them.

use std::{error::Error, fmt, io};

use super::output;

/// A failure: the task, and the reason.
#[derive(Debug)]
pub(super) struct Failure {
    task: String,
    reason: String,
}

impl Failure {
    pub(super) fn new(task: impl Into<String>, reason: impl fmt::Display) -> Self {
        Self { task: task.into(), reason: reason.to_string() }
    }

    /// The same with what caused the error, and what caused that.
    pub(super) fn caused(task: impl Into<String>, error: &dyn Error) -> Self {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // Some errors repeat their cause in their own words.
            if !reason.contains(&text) {
                reason.push_str(": ");
                reason.push_str(&text);
            }
            source = cause.source();
        }
        Self { task: task.into(), reason }
    }

    /// The same failure with what to do about it.
    pub(super) fn advising(self, advice: impl fmt::Display) -> Self {
        Self { reason: format!("{}: {advice}", self.reason), ..self }
    }

    /// A failure of several faults: each on a line of its own, where there are more than one.
    pub(super) fn listing(task: impl Into<String>, faults: &[String]) -> Self {
        let reason = match faults {
            [fault] => output::quoted(fault),
            faults => {
                let lines = faults.iter().map(|fault| format!("\n  {}", output::quoted(fault)));
                format!("{} faults{}", faults.len(), lines.collect::<String>())
            }
        };
        Self { task: task.into(), reason }
    }

    /// An error whose text says what was to be done, and whose source says why that was not.
    pub(super) fn of_source(error: &dyn Error) -> Self {
        match error.source() {
            Some(source) => Self::new(error.to_string(), source),
            None => Self::new("the command failed", error),
        }
    }

    /// Turns an error that quotes a decoder into a failure: a sentence, whatever the decoder says.
    pub(super) fn quoting<E: fmt::Display>(task: impl Into<String>) -> impl FnOnce(E) -> Self {
        move |error| Self::new(task, output::quoted(error))
    }

    /// Turns the error of a file or folder into a failure: what is wrong with it, and what to do.
    pub(super) fn of_file(task: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::new(task, file_error(&error))
    }

    /// Turns the error of some task into a failure.
    pub(super) fn of<E: fmt::Display>(task: impl Into<String>) -> impl FnOnce(E) -> Self {
        move |error| Self::new(task, error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.task, self.reason)
    }
}

/// The words of the system about a file, with what to do about it where that is known.
pub(super) fn file_error(error: &io::Error) -> String {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "look whether its name and folder are right",
        io::ErrorKind::PermissionDenied => {
            "`ls -l` shows who may read and write it, and `chmod` changes that"
        }
        io::ErrorKind::IsADirectory => "name a file in it",
        io::ErrorKind::NotADirectory => "a part of its path is a file: name a folder there",
        io::ErrorKind::AlreadyExists => "name another file, or move this one away",
        io::ErrorKind::StorageFull => "make room on the disk, and run the command again",
        io::ErrorKind::ReadOnlyFilesystem => "name a folder that can be written",
        io::ErrorKind::InvalidData => "save it as UTF-8",
        _ => return error.to_string(),
    };
    format!("{error}: {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the folder cannot be opened")]
    struct Outer(#[from] std::io::Error);

    #[test]
    fn an_error_of_the_system_says_what_to_do() {
        let missing = std::fs::read("/nowhere/at/all").map_err(Failure::of_file("it is not read"));
        let said = missing.unwrap_err().to_string();
        assert!(said.starts_with("it is not read: No such file or directory"), "{said}");
        assert!(said.ends_with("look whether its name and folder are right"), "{said}");
    }

    #[test]
    fn a_failure_names_its_causes_once() {
        let error = Outer(std::io::Error::other("disk on fire"));
        let failure = Failure::caused("it does not start", &error);
        let expected = "it does not start: the folder cannot be opened: disk on fire";
        assert_eq!(failure.to_string(), expected);
    }
}
