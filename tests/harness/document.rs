//! The commands of a document, run as a reader would run them.

use std::{env, path::Path, process::Command, time::Duration};

use crate::{champollion, compile_apart, run_within};

/// Ends the output of a step.
const END: &str = "@@ end of step";

/// A command of a document, and the lines that it must print.
pub struct Step {
    /// The command, as a shell takes it.
    pub command: String,
    /// The lines; `…` in them stands for anything, and a line of it alone for any lines.
    pub prints: Vec<String>,
}

/// The commands of a document: in blocks of the kind `console` the lines after `$ `.
#[must_use]
pub fn steps(document: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            line => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { command: command.to_owned(), prints: Vec::new() });
                }
                (None, Some(step)) => step.prints.push(line.to_owned()),
                (None, None) => panic!("a block begins with {line:?}"),
            },
        }
    }
    steps
}

/// No document's commands take that long, but those that compile.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs the commands of a document in one shell, so that variables of one command are there in the next, and
/// compares their output with the document. `champollion` is in the shell's path.
#[track_caller]
pub fn follow(document: &str, folder: &Path, server: &str, token: &str) {
    follow_within(document, folder, server, token, PATIENCE);
}

/// The same for a document whose commands take their time.
#[track_caller]
pub fn follow_within(document: &str, folder: &Path, server: &str, token: &str, patience: Duration) {
    let steps = steps(document);
    assert!(!steps.is_empty(), "the document has no commands");
    let script: String =
        steps.iter().map(|step| format!("{{ {}\n}} 2>&1\necho '{END}'\n", step.command)).collect();
    let binary = champollion();
    let binaries = Path::new(binary.get_program()).parent().expect("it is in a folder");
    let path = format!("{}:{}", binaries.display(), env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(folder).env("PATH", path);
    shell.env("CHAMPOLLION_SERVER", server).env("CHAMPOLLION_TOKEN", token);
    // Wide enough that no table breaks its lines.
    shell.env("COLUMNS", "300");
    compile_apart(&mut shell);
    let printed = run_within(&mut shell, patience).stdout;

    let outputs: Vec<&str> = printed.split(&format!("{END}\n")).collect();
    assert_eq!(outputs.len(), steps.len() + 1, "{printed}");
    let differing: Vec<String> = steps
        .iter()
        .zip(outputs)
        .filter(|(step, output)| {
            let lines: Vec<&str> = output.lines().collect();
            !are_like(&lines, &step.prints)
        })
        .map(|(step, output)| {
            let says = step.prints.join("\n");
            format!("$ {}\nprinted:\n{output}\nand the document says:\n{says}\n", step.command)
        })
        .collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// Whether lines are as the document says, where a line of `…` alone stands for any lines.
fn are_like(lines: &[&str], patterns: &[String]) -> bool {
    match (patterns.split_first(), lines.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((pattern, patterns)), _) if pattern == "…" => {
            (0..=lines.len()).any(|skipped| are_like(&lines[skipped..], patterns))
        }
        (Some((pattern, patterns)), Some((line, lines))) => {
            is_like(line, pattern) && are_like(lines, patterns)
        }
        (Some(_), None) => false,
    }
}

/// Whether a line is as the document says, where `…` stands for anything.
fn is_like(line: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        last = Some(part);
        let Some(at) = rest.find(part.trim()) else { return false };
        rest = &rest[at + part.trim().len()..];
    }
    match last {
        None => rest.is_empty(),
        Some("") => true,
        Some(_) => rest.trim().is_empty(),
    }
}
