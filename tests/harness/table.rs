//! A table of requests and what must come of them. All lines are tried, then all faults are shown.

use crate::Answer;

/// The faults that were found so far.
#[derive(Default)]
pub struct Table {
    faults: Vec<String>,
    lines: usize,
}

impl Table {
    /// The answer must be a problem of this status and code, whose detail names certain things.
    pub fn expect(&mut self, what: &str, answer: &Answer, problem: (u16, &str), names: &[&str]) {
        let (status, code) = problem;
        let detail = answer.body["detail"].as_str().unwrap_or_default();
        let unnamed = names.iter().find(|name| !detail.contains(**name));
        let fault = answer
            .fault(status, code)
            .or_else(|| unnamed.map(|name| format!("the detail does not name {name:?}")));
        self.check(what, fault.map(|fault| format!("{fault}: {} {}", answer.status, answer.text)));
    }

    /// A line of any other kind, with its fault where it has one.
    pub fn check(&mut self, what: &str, fault: Option<String>) {
        self.lines += 1;
        self.faults.extend(fault.map(|fault| format!("{what}: {fault}")));
    }

    /// Fails where a line failed.
    #[track_caller]
    pub fn finish(self) {
        let Self { faults, lines } = self;
        assert!(lines > 0, "the table is empty");
        let count = faults.len();
        assert!(faults.is_empty(), "{count} of {lines} lines are wrong:\n{}", faults.join("\n"));
    }
}
