//! Tests of hostile decoders, each of which ends in a typed error, each time, soon.

use std::{
    io::{self, Write},
    time::Duration,
};

use champollion_attacks::attacks;

use crate::guests::sandbox;

#[test]
fn attack() {
    let attacks = attacks();
    let sandbox = sandbox();
    let mut table = Table::default();
    let mut survived = Vec::new();
    for attack in &attacks {
        match attack.run(&sandbox) {
            Ok(ended) => table.line(attack.name, ended.took, &ended.refusal.to_string()),
            Err(problem) => survived.push(format!("{}\n  {problem}", attack.name)),
        }
    }
    table.print();
    assert!(
        survived.is_empty(),
        "{} of {} attacks did not end as they must:\n{}",
        survived.len(),
        attacks.len(),
        survived.join("\n")
    );
}

/// The table that the test prints.
#[derive(Default)]
struct Table(Vec<(&'static str, Duration, String)>);

impl Table {
    /// Characters of an error that are shown; some quote a validator at length.
    const ERROR_WIDTH: usize = 100;

    fn line(&mut self, name: &'static str, took: Duration, error: &str) {
        let shown = error.chars().take(Self::ERROR_WIDTH);
        // What a guest says may be meant for the terminal.
        let plain = shown.map(|character| if character.is_control() { '.' } else { character });
        self.0.push((name, took, plain.collect()));
    }

    /// Past the test harness, which keeps the output of tests that succeed to itself.
    fn print(&self) {
        let width = self.0.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
        let mut text = format!("\n{} attacks\n", self.0.len());
        for (name, took, error) in &self.0 {
            text += &format!("{name:width$}  {:>8.1} ms  {error}\n", took.as_secs_f64() * 1e3);
        }
        // A table that nobody can read does not make the test fail.
        drop(io::stdout().write_all(text.as_bytes()));
    }
}
