//! `cargo xtask field DIR`: runs every codec below a folder in the sandbox and in Node.js, on its examples,
//! on mutations of them and on payloads of chance, and says by kind what differs.

#![forbid(unsafe_code)]

mod cases;
mod kinds;
mod node;
mod report;

use std::{
    num::NonZero,
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Context as _, Result, bail};
use champollion_import::{Catalogue, Codec, Layout};
use champollion_registry::package::run;
use champollion_sandbox::{Decoder, Digest, LoadError, Sandbox, SandboxConfig, Script};
use champollion_sdk::vectors::Input;
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};

use self::{
    cases::{Amount, cases, is_whole},
    kinds::{Difference, Kind, difference},
    node::Node,
    report::Report,
};

/// Runs every codec below a folder against Node.js, and says by kind what differs
#[derive(Parser)]
struct Arguments {
    /// Folder of a catalogue, of packages or of scripts, or a single script
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// Seed of everything that is left to chance
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    seed: u64,
    /// Most examples of a codec
    #[arg(long, default_value_t = 200, value_name = "NUMBER")]
    examples: usize,
    /// Mutations of each example
    #[arg(long, default_value_t = 3, value_name = "NUMBER")]
    mutations: usize,
    /// Payloads of chance for each codec
    #[arg(long, default_value_t = 20, value_name = "NUMBER")]
    random: usize,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

#[expect(clippy::print_stdout, reason = "this is a command line program")]
fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let layout = Layout::recognized(&arguments.path)
        .with_context(|| format!("{} holds no codec", arguments.path.display()))?;
    let Catalogue { codecs, .. } = layout.read(&arguments.path)?;
    let report = compare_all(&codecs, &arguments)?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{}", report.show());
    }
    match report.faults().len() {
        0 => Ok(()),
        faults => bail!("{faults} kinds of differences are not documented"),
    }
}

/// Compares all codecs, on all processors, each with a Node.js of its own.
fn compare_all(codecs: &[Codec], arguments: &Arguments) -> Result<Report> {
    let sandbox = Sandbox::new(SandboxConfig::default())?;
    let progress = ProgressBar::new(codecs.len() as u64);
    progress.set_style(ProgressStyle::with_template("{pos}/{len} {wide_bar} {msg}")?);
    let next = AtomicUsize::new(0);
    let work = || -> Result<Report> {
        let mut node = Node::start()?;
        let mut report = Report::default();
        while let Some(codec) = codecs.get(next.fetch_add(1, Ordering::Relaxed)) {
            progress.set_message(codec.place.clone());
            compare(codec, &sandbox, &mut node, arguments, &mut report)
                .with_context(|| codec.place.clone())?;
            progress.inc(1);
        }
        Ok(report)
    };
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let parts: Vec<Result<Report>> = thread::scope(|scope| {
        let started: Vec<_> =
            (0..processors.min(codecs.len())).map(|_| scope.spawn(work)).collect();
        let joined = started.into_iter().map(|thread| thread.join());
        joined.map(|part| part.unwrap_or_else(|_| bail!("a thread panicked"))).collect()
    });
    progress.finish_and_clear();
    let mut report = Report { codecs: codecs.len(), ..Report::default() };
    for part in parts {
        report.merge(part?);
    }
    Ok(report)
}

/// Compares a codec with Node.js.
fn compare(
    codec: &Codec,
    sandbox: &Sandbox,
    node: &mut Node,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<()> {
    let Ok(source) = &codec.script else {
        report.unusable += 1;
        return Ok(());
    };
    let amount = Amount {
        examples: arguments.examples,
        mutations: arguments.mutations,
        random: arguments.random,
    };
    let cases = cases(codec, amount, arguments.seed);
    let whole = is_whole(codec);
    let loaded = load(sandbox, codec, source, whole);
    let dialect = loaded.as_ref().ok().and_then(Decoder::dialect).or(codec.calling.dialect);
    let answers = node.answers(source, dialect, &cases, whole)?;
    match (&loaded, &answers.refused) {
        (Err(_), Some(_)) => report.unusable += 1,
        (Err(error), None) => {
            report.compared += 1;
            report.add(&codec.place, None, not_loaded(error));
        }
        (Ok(_), Some(reason)) => {
            report.compared += 1;
            let difference = Difference {
                kind: Kind::LoadedHereAlone,
                at: String::new(),
                node: json!(reason),
                here: Json::Null,
            };
            report.add(&codec.place, None, difference);
        }
        (Ok(decoder), None) => {
            report.compared += 1;
            let chance = source.contains("Math.random");
            compare_cases(codec, decoder, &cases, &answers.answers, chance, report);
        }
    }
    Ok(())
}

fn compare_cases(
    codec: &Codec,
    decoder: &Decoder,
    cases: &[Input],
    answers: &[Json],
    chance: bool,
    report: &mut Report,
) {
    for (input, answer) in cases.iter().zip(answers) {
        let call = run(decoder, input);
        report.cases += 1;
        report.answered += usize::from(call.result.is_ok() && answer.get("failure").is_none());
        if let Some(mut difference) = difference(answer, &call) {
            if chance && difference.kind.documented().is_none() {
                difference.kind = Kind::Chance;
            }
            report.add(&codec.place, Some(input), difference);
        }
    }
}

fn load(
    sandbox: &Sandbox,
    codec: &Codec,
    source: &str,
    whole_input: bool,
) -> Result<Decoder, LoadError> {
    let script = Script {
        source: source.to_owned(),
        dialect: codec.calling.dialect,
        whole_input,
        ..Script::default()
    };
    sandbox.load_script(&script, Digest::of(source.as_bytes()))
}

fn not_loaded(error: &LoadError) -> Difference {
    let kind = match error {
        LoadError::ScriptNeedsMemory { .. } | LoadError::ScriptTooLarge { .. } => Kind::Bounds,
        _ => Kind::NotLoaded,
    };
    Difference { kind, at: String::new(), node: Json::Null, here: json!(error.to_string()) }
}
