//! The programs that `cargo test` compiles, run several at once. Cargo runs one after the other, and most of them wait
//! for servers, compilers and clocks: the processors would be idle half of the time.

use std::{
    env,
    fs::{self, File},
    panic,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value as Json;

use crate::shell::{cargo, command, forget_package, read, say, shown, target, workspace};

/// The variable that says how many tests of a program run at once.
const TEST_THREADS: &str = "RUST_TEST_THREADS";

/// Tests of a program that run at once where nobody says how many: more programs run than there are processors, and
/// while one test waits another goes on. With more, those that have a sandbox each ask for more addresses than a process
/// has.
const TESTS_AT_ONCE: &str = "2";

/// Programs that take a minute and more where all run, the longest first. They begin before the others: one that began
/// last would go on alone, with processors that have nothing to do.
const LONGEST_FIRST: [&str; 23] = [
    "champollion_store",
    "sdk",
    "hostile_clients",
    "browser",
    "pages",
    "registry_steps",
    "openapi",
    "commands",
    "packages",
    "registry_sharing",
    "nodes",
    "sealed",
    "roles",
    "rehearsals",
    "registry_walk",
    "disk",
    "mapping",
    "cli",
    "catalogue",
    "registry_damage",
    "vault",
    "downlinks",
    "backup",
];

/// Programs that run beside no other: one compares how long something takes with how long something else does, and would
/// measure the others too.
const ALONE: [&str; 1] = ["neighbours"];

/// The time in seconds that a program may take: one that hangs is ended, and told of like one that fails.
const LONGEST: &str = "1500";

/// The file of the server that `cargo build-server` has built: each program would ask cargo for it otherwise, which takes
/// a second to see that there is nothing to do.
const SERVER: &str = "CHAMPOLLION_TESTS_BINARY";

/// A program of tests.
#[derive(Debug)]
struct Program {
    name: String,
    file: PathBuf,
    /// The folder of its crate, which is where tests find their files.
    folder: PathBuf,
}

/// Compiles all tests and runs them, but for those in whose names one of these texts is; fails where one fails, after all
/// have run.
pub(crate) fn run(server: &Path, left_out: &[&str]) -> Result<()> {
    let compiled = read(cargo().args([
        "test",
        "--workspace",
        "--no-run",
        "--message-format=json-render-diagnostics",
    ]))?;
    let skipped: Vec<&str> = left_out.iter().flat_map(|name| ["--skip", name]).collect();
    let programs = programs(&compiled)?;
    for name in LONGEST_FIRST.iter().chain(&ALONE) {
        let is_there = programs.iter().any(|program| program.name == *name);
        ensure!(
            is_there,
            "no program of tests is named {name}: mend the lists of test_programs.rs"
        );
    }
    let (alone, beside): (Vec<_>, Vec<_>) =
        programs.into_iter().partition(|program| ALONE.contains(&program.name.as_str()));
    let processors = thread::available_parallelism().map_or(1, usize::from);
    // Half as many again as processors, since they wait for much of their time. With twice as many, databases of tests
    // now and then do not answer in the seconds that the server gives them.
    let at_once = processors + processors.div_ceil(2);
    let command = |program: &Program| program.command(server, &skipped);
    let mut failed = run_all(&beside, at_once, command)?;
    failed.extend(run_all(&alone, 1, command)?);
    if !run_documentation(&skipped)? {
        failed.push("the examples in the documentation".to_owned());
    }
    if !failed.is_empty() {
        bail!("tests failed in {}", failed.join(", "));
    }
    Ok(())
}

/// The programs among what cargo says that it has compiled: those that take long, then the others by their names.
fn programs(said: &str) -> Result<Vec<Program>> {
    let messages = said.lines().filter(|line| line.starts_with('{'));
    let messages: Vec<Json> =
        messages.map(serde_json::from_str).collect::<Result<_, _>>().context("cargo's messages")?;
    let mut programs: Vec<Program> = messages
        .iter()
        .filter(|message| message["profile"]["test"] == true)
        .filter_map(Program::read)
        .collect();
    ensure!(!programs.is_empty(), "cargo names no program of tests");
    programs.sort_by(|one, other| one.turn().cmp(&other.turn()));
    Ok(programs)
}

impl Program {
    fn read(message: &Json) -> Option<Self> {
        let manifest = Path::new(message["manifest_path"].as_str()?);
        Some(Self {
            name: message["target"]["name"].as_str()?.to_owned(),
            file: message["executable"].as_str()?.into(),
            folder: manifest.parent()?.to_owned(),
        })
    }

    /// Its place in the order in which programs begin.
    fn turn(&self) -> (usize, &Path, &str) {
        let long = LONGEST_FIRST.iter().position(|name| *name == self.name);
        (long.unwrap_or(LONGEST_FIRST.len()), &self.folder, &self.name)
    }

    /// The command that cargo would run it by.
    fn command(&self, server: &Path, arguments: &[&str]) -> Command {
        let mut run = command("timeout");
        run.args(["--kill-after=10", LONGEST]).arg(&self.file);
        forget_package(&mut run);
        run.current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        if self.folder == workspace().join("tests") {
            // Elsewhere it would be a setting of the server, and of those there is none of that name.
            run.env(SERVER, server);
        }
        if env::var_os(TEST_THREADS).is_none() {
            run.env(TEST_THREADS, TESTS_AT_ONCE);
        }
        run.args(arguments);
        run
    }

    /// The file that holds what it prints.
    fn output(&self) -> PathBuf {
        let file = self.file.file_name().unwrap_or(self.file.as_os_str());
        target().join("test-output").join(file).with_extension("txt")
    }
}

/// Runs programs, so many at once, and prints of each what it printed when it ends; gives the names of those that failed.
fn run_all(
    programs: &[Program],
    at_once: usize,
    command: impl Fn(&Program) -> Command + Sync,
) -> Result<Vec<String>> {
    let next = AtomicUsize::new(0);
    let run_those_left = || {
        let mut failed = Vec::new();
        while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !run_one(program, command(program))? {
                failed.push(program.name.clone());
            }
        }
        anyhow::Ok(failed)
    };
    thread::scope(|scope| {
        let runs: Vec<_> = (0..at_once).map(|_| scope.spawn(run_those_left)).collect();
        let mut failed = Vec::new();
        for run in runs {
            failed.extend(run.join().unwrap_or_else(|panic| panic::resume_unwind(panic))?);
        }
        Ok(failed)
    })
}

fn run_one(program: &Program, mut run: Command) -> Result<bool> {
    let output = program.output();
    let shown = shown(&run);
    say(format_args!("begins: {}", program.name));
    let begin = Instant::now();
    // A file and no pipe: a pipe would be open for as long as a process lives that a test has left behind.
    let file =
        output.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&output));
    let file = file.with_context(|| format!("{} cannot be written", output.display()))?;
    let status = run.stdout(file.try_clone()?).stderr(file).status();
    let status = status.with_context(|| format!("`{shown}` cannot be started"))?;
    let printed = fs::read(&output)?;
    let seconds = begin.elapsed().as_secs_f64();
    let ended = if status.success() { String::new() } else { format!(", {status}") };
    // In one go, so that no other program's lines are among them.
    say(format_args!("$ {shown}\n{}({seconds:.1} s{ended})", String::from_utf8_lossy(&printed)));
    Ok(status.success())
}

/// Runs the examples in the documentation, which cargo compiles and runs itself.
fn run_documentation(skipped: &[&str]) -> Result<bool> {
    let mut tests = cargo();
    // By cargo's own choice, of which only the names of examples tell a line: `--doc` would take libraries too that say
    // `doctest = false`.
    tests.args(["test", "--workspace", "--no-fail-fast", "--", "(line"]).args(skipped);
    say(format_args!("$ {}", shown(&tests)));
    let status = tests.current_dir(workspace()).status().context("cargo cannot be started")?;
    Ok(status.success())
}
