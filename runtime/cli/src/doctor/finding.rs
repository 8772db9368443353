//! A finding of a check: whether all is well, and what to do where it is not.

use std::fmt;

use serde::Serialize;

/// The state of what was checked; the worse one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    Warn,
    Fail,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    check: &'static str,
    state: State,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, state: State::Ok, message: message.into(), remedy: None }
    }

    pub(super) fn warn(check: &'static str, message: impl Into<String>) -> Self {
        Self { state: State::Warn, ..Self::ok(check, message) }
    }

    pub(super) fn fail(check: &'static str, message: impl Into<String>) -> Self {
        Self { state: State::Fail, ..Self::ok(check, message) }
    }

    /// The same with what to do about it.
    pub(super) fn advising(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }

    pub(super) fn state(&self) -> State {
        self.state
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, state, message, remedy } = self;
        write!(formatter, "{state:<4}  {check:<12}  {message}")?;
        match remedy {
            Some(remedy) => write!(formatter, ": {remedy}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_with_its_remedy() {
        let finding = Finding::warn("clock", "it is not kept").advising("start timesyncd");
        assert_eq!(finding.to_string(), "warn  clock         it is not kept: start timesyncd");
        assert!(State::Fail > State::Warn && State::Warn > State::Ok);
    }
}
