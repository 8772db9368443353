//! What a hostile decoder can try, and what becomes of it: a typed error, each time, soon.

mod content;
mod files;
mod lies;
mod resources;
mod structure;

use std::{
    fmt,
    io::{self, Write},
    time::{Duration, Instant},
};

use champollion_sandbox::{
    CallError, Command, Decoder, LoadError, Sandbox, Settings, Value, Variable,
};

use crate::guests::{sandbox, specimen};

/// Every call ends by fuel long before; this only shows that it does end, on any machine.
const CALL_ENDS_WITHIN: Duration = Duration::from_secs(5);

/// Compiling is not metered. What the table holds takes a second or two on a slow core.
const LOAD_ENDS_WITHIN: Duration = Duration::from_secs(20);

/// How an attack ends.
#[derive(Debug)]
enum Refusal {
    /// It is not even loaded.
    Load(LoadError),
    /// It is loaded, and its call fails.
    Call(CallError),
}

/// Which function is called.
#[derive(Clone, Copy)]
enum Entry {
    DecodeUplink,
    EncodeDownlink,
}

struct Attack {
    name: &'static str,
    component: Vec<u8>,
    entry: Entry,
    expected: &'static str,
    is_expected: fn(&Refusal) -> bool,
}

/// A line of the table: name, component and the error that is expected, as a pattern.
macro_rules! attempt {
    ($name:literal, $component:expr, $pattern:pat $(if $guard:expr)? $(,)?) => {
        $crate::attack::Attack {
            name: $name,
            component: $component,
            entry: $crate::attack::Entry::DecodeUplink,
            expected: stringify!($pattern $(if $guard)?),
            is_expected: |refusal| matches!(refusal, $pattern $(if $guard)?),
        }
    };
}
use attempt;

impl Attack {
    fn on(self, entry: Entry) -> Self {
        Self { entry, ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(error) => write!(formatter, "not loaded: {error}"),
            Self::Call(error) => write!(formatter, "{}: {error}", error.code()),
        }
    }
}

#[test]
fn attack() {
    let attacks: Vec<Attack> = [
        resources::attacks(),
        lies::attacks(),
        content::attacks(),
        files::attacks(),
        structure::attacks(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let sandbox = sandbox();
    let mut table = Table::default();
    let mut survived = Vec::new();
    for attack in &attacks {
        match run(&sandbox, attack) {
            Ok((refusal, took)) => {
                table.line(attack.name, took, &refusal.to_string());
                if !(attack.is_expected)(&refusal) {
                    survived.push(format!(
                        "{}\n  expected {}\n  came     {refusal:?}",
                        attack.name, attack.expected
                    ));
                }
            }
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

/// Loads and calls; the time is that of whichever ended it.
fn run(sandbox: &Sandbox, attack: &Attack) -> Result<(Refusal, Duration), String> {
    let (loaded, took) = timed(|| sandbox.load(&attack.component));
    if took > LOAD_ENDS_WITHIN {
        return Err(format!("loading it took {took:?}"));
    }
    let decoder = match loaded {
        Ok(decoder) => decoder,
        Err(error) => return Ok((Refusal::Load(error), took)),
    };
    let (called, took) = timed(|| call(&decoder, attack.entry));
    if took > CALL_ENDS_WITHIN {
        return Err(format!("its call took {took:?}"));
    }
    match called {
        Ok(answer) => Err(format!("it was let through and answered {answer}")),
        Err(error) => Ok((Refusal::Call(error), took)),
    }
}

/// Everything that can be lowered into a guest is there, so its `cabi_realloc` has work to do.
fn call(decoder: &Decoder, entry: Entry) -> Result<String, CallError> {
    let variable = Variable { name: "litres-per-pulse".into(), value: Value::Integer(10) };
    let settings = Settings { variables: vec![variable], state: vec![1, 2, 3] };
    match entry {
        Entry::DecodeUplink => {
            decoder.try_uplink(&specimen(), &settings).result.map(|reading| format!("{reading:?}"))
        }
        Entry::EncodeDownlink => {
            let command = Command { data: "{}".into(), issued_at: specimen().received_at };
            let call = decoder.encode_downlink(&command, &settings);
            call.result.map(|downlink| format!("{downlink:?}"))
        }
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// What the test shows.
#[derive(Default)]
struct Table(Vec<(&'static str, Duration, String)>);

impl Table {
    /// Characters of an error that are shown; some quote a validator at length.
    const ERROR_WIDTH: usize = 100;

    fn line(&mut self, name: &'static str, took: Duration, error: &str) {
        self.0.push((name, took, error.chars().take(Self::ERROR_WIDTH).collect()));
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
