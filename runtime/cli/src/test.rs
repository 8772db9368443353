//! `champollion test`: a decoder is tried as a server tries it before it publishes it, without server, token or key.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use champollion_registry::{
    gate::{
        CutPayloads, CutVector, Finding, Gate, Oddity, Trial, Tried, VectorDiffers, run_vectors,
    },
    package::{DecoderId, Package, outcome},
};
use champollion_sandbox::Decoder;
use clap::Args;
use semver::Version;
use serde::Serialize;

use super::{
    Failure, output,
    plural::{agreeing, counted},
    sources::{Loaded, Sources},
    unit_tests, vector_report,
    vectors_file::{VectorsFile, expectation},
};

/// The interval of looks whether a file has changed.
const LOOK: Duration = Duration::from_millis(400);

/// Random payloads after each change: somebody waits for the answer, and tries all before it is published.
const WATCHED_RANDOM_PAYLOADS: usize = 1_000;

/// Folders of the sources that hold nothing written by hand.
const NOT_WATCHED: [&str; 4] = ["target", ".git", ".champollion", "node_modules"];

/// Tries a decoder as a server does before it publishes it: vectors, declared fields, random payloads and payloads
/// cut short; then, natively, the unit tests of a crate. What passes here is published there.
#[derive(Args)]
pub(super) struct Test {
    /// Folder with decoder.toml, vectors.json, and the Rust sources or codec.js
    #[arg(default_value = ".", value_name = "DIR")]
    sources: PathBuf,
    /// Take this core module instead of compiling the sources
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
    /// Write what the decoder answers into vectors.json, where a vector expects something else
    #[arg(long)]
    bless: bool,
    /// Test again whenever a file changes, until it is stopped
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    /// Leave out the unit tests of a crate
    #[arg(long)]
    no_unit_tests: bool,
    /// Seconds after which unit tests are ended that are still running
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    unit_test_seconds: u64,
    /// Random payloads that the decoder must get through: 10000 where it is left out, as on a server, and 1000 with
    /// --watch
    #[arg(long, value_name = "N")]
    random_payloads: Option<usize>,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

/// The report that `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'of> {
    id: &'of DecoderId,
    version: &'of Version,
    passed: bool,
    vectors: usize,
    findings: Vec<ReportedFinding>,
    random_payloads: &'of Tried,
    cut_payloads: &'of CutPayloads,
    warnings: &'of [Oddity],
}

#[derive(Serialize)]
struct ReportedFinding {
    code: &'static str,
    detail: String,
}

impl Test {
    pub(super) fn run(self) -> Result<(), Failure> {
        if !self.watch {
            return self.test();
        }
        loop {
            let seen = newest(&self.sources);
            if let Err(failure) = self.test() {
                output::error(&failure);
            }
            output::note(format_args!("waiting for a change in {}", self.sources.display()));
            // A file that is written while the test runs is newer than what was seen before.
            while newest(&self.sources) == seen {
                thread::sleep(LOOK);
            }
        }
    }

    fn test(&self) -> Result<(), Failure> {
        let sources = Sources::read(&self.sources, self.module.as_deref())?;
        let Loaded { package, decoder, .. } = sources.load()?;
        if self.bless {
            return bless(&self.sources, &package, &decoder);
        }
        let usual = if self.watch { WATCHED_RANDOM_PAYLOADS } else { Gate::RANDOM_PAYLOADS };
        let gate = Gate { random_payloads: self.random_payloads.unwrap_or(usual) };
        let trial = gate.try_out(&package, &decoder);
        if !self.json {
            show(&package, &decoder, &trial);
        }
        // The sandbox ends what never ends, and shows the bytes of what differs: what it finds is told first.
        let has_unit_tests = sources.is_crate() && !self.no_unit_tests;
        let unit_tests = if has_unit_tests && trial.findings.is_empty() {
            unit_tests::run(&self.sources, Duration::from_secs(self.unit_test_seconds))
        } else {
            Ok(())
        };
        if self.json {
            report(&package, &trial, unit_tests.is_ok())?;
        }
        conclusion(&package, &trial)?;
        unit_tests?;
        if !self.json {
            output::line("what a server asks of a package is met: `champollion build` makes it");
        }
        Ok(())
    }
}

fn report(package: &Package, trial: &Trial, unit_tests_passed: bool) -> Result<(), Failure> {
    let manifest = package.manifest();
    let reported =
        |finding: &Finding| ReportedFinding { code: finding.code(), detail: finding.to_string() };
    output::json(&Report {
        id: &manifest.id,
        version: &manifest.version,
        passed: trial.findings.is_empty() && unit_tests_passed,
        vectors: package.vectors().len(),
        findings: trial.findings.iter().map(reported).collect(),
        random_payloads: &trial.random_payloads,
        cut_payloads: &trial.cut_payloads,
        warnings: &trial.warnings,
    })
}

fn show(package: &Package, decoder: &Decoder, trial: &Trial) {
    let Trial { findings, random_payloads, cut_payloads, warnings, .. } = trial;
    let manifest = package.manifest();
    let (mut passed, all) = (0_usize, package.vectors().len());
    for run in run_vectors(package, decoder) {
        match run.differs {
            Some(_) => vector_report::show(&run, package),
            None => passed += 1,
        }
    }
    let (id, version) = (&manifest.id, &manifest.version);
    output::line(format_args!("{id} {version}: {passed} of {} passed", counted(all, "vector")));
    let Tried { tried, readings, failures, exceptions, .. } = random_payloads;
    output::line(format_args!(
        "{}: {readings} read, {} refused",
        counted(tried, "random payload"),
        failures + exceptions
    ));
    let CutPayloads { tried, misread, .. } = cut_payloads;
    output::line(format_args!("{} cut short: {misread} read on", counted(tried, "vector")));
    for cut in cut_payloads.vectors.iter().filter(|cut| cut.misread > 0) {
        let CutVector { vector, tried, misread, .. } = cut;
        let vector = output::quoted(format_args!("{vector:?}"));
        output::line(format_args!("  {vector}: {misread} of {}", counted(tried, "length")));
    }
    for finding in findings.iter().filter(|finding| !matches!(finding, Finding::Vector(_))) {
        output::line(format_args!("fault: {}", output::quoted(finding)));
    }
    for warning in warnings {
        output::line(format_args!("warning: {}", output::quoted(warning)));
    }
}

fn conclusion(package: &Package, trial: &Trial) -> Result<(), Failure> {
    let differing = trial.findings.iter().filter_map(|finding| match finding {
        Finding::Vector(differs) => Some(differs.clone()),
        _ => None,
    });
    let differing: Vec<VectorDiffers> = differing.collect();
    let faults = trial.findings.len();
    if faults == differing.len() {
        return vector_report::not_answered(package, &differing);
    }
    let manifest = package.manifest();
    Err(Failure::new(
        format!("a server would refuse {} {}", manifest.id, manifest.version),
        told_above(faults),
    ))
}

fn told_above(faults: usize) -> String {
    match faults {
        1 => "1 fault is told above".to_owned(),
        faults => format!("{faults} faults are told above"),
    }
}

/// Writes the answers into the vectors that expect something else, and shows what changes.
fn bless(folder: &Path, package: &Package, decoder: &Decoder) -> Result<(), Failure> {
    let mut file = VectorsFile::read(folder)?;
    let (mut blessed, mut left) = (0_usize, 0_usize);
    for run in run_vectors(package, decoder).filter(|run| run.differs.is_some()) {
        vector_report::show(&run, package);
        match expectation(&outcome(&run.call)) {
            Some(expect) => {
                file.expect(&run.vector.name, &expect);
                blessed += 1;
            }
            None => left += 1,
        }
    }
    if blessed > 0 {
        file.write()?;
    }
    let path = file.path().display();
    let all = package.vectors().len();
    output::line(format_args!("blessed {blessed} of {} in {path}", counted(all, "vector")));
    match left {
        0 => Ok(()),
        left => Err(Failure::new(
            format!(
                "{} {}",
                counted(left, "vector"),
                agreeing(left, "stays as it is", "stay as they are")
            ),
            "the decoder crashes or breaks a limit there, which no vector can expect",
        )),
    }
}

/// The moment of the last change below a folder, and the number of files: one that is removed is a change too.
fn newest(folder: &Path) -> (Option<SystemTime>, usize) {
    let Ok(entries) = fs::read_dir(folder) else { return (None, 0) };
    let (mut newest, mut count) = (None, 0);
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let Ok(kind) = entry.file_type() else { continue };
        let (changed, files) = if !kind.is_dir() {
            (entry.metadata().and_then(|file| file.modified()).ok(), 1)
        } else if NOT_WATCHED.iter().any(|left_out| name == *left_out) {
            continue;
        } else {
            self::newest(&entry.path())
        };
        newest = newest.max(changed);
        count += files;
    }
    (newest, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fault_is_told_as_one() {
        assert_eq!(told_above(1), "1 fault is told above");
        assert_eq!(told_above(2), "2 faults are told above");
    }

    #[test]
    fn a_change_is_seen_and_what_is_built_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("codec.js"), "1").unwrap();
        let before = newest(path);
        fs::create_dir_all(path.join("target/debug")).unwrap();
        fs::write(path.join("target/debug/a"), "1").unwrap();
        assert_eq!(newest(path), before);
        fs::create_dir(path.join("src")).unwrap();
        fs::write(path.join("src/lib.rs"), "1").unwrap();
        let after = newest(path);
        assert_ne!(after, before);
        fs::remove_file(path.join("codec.js")).unwrap();
        assert_ne!(newest(path), after);
    }
}
