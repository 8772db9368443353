//! The attack suite, file by file, through the real binary: each ends soon, with an exit code that is
//! not 0 and a sentence that says why.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use champollion_attacks::{Attack, Entry, attacks, bombs};
use champollion_tests::{Output, champollion, run};

/// Most end at once, and what keeps the compiler busy when its two seconds of the processor are over. A
/// busy machine takes longer to give them.
const ENDS_WITHIN: Duration = Duration::from_secs(15);

/// Number of the slowest attacks that are shown.
const SHOWN: usize = 5;

#[test]
fn every_attack_ends_soon_with_a_sentence() {
    end_soon_with_a_sentence(&attacks());
}

#[test]
fn what_keeps_a_compiler_busy_ends_as_soon() {
    end_soon_with_a_sentence(&bombs());
}

fn end_soon_with_a_sentence(attacks: &[Attack]) {
    // The first to ask for the binary builds it, and that is none of an attack's time.
    drop(champollion());
    let folder = tempfile::tempdir().expect("there is room for files");
    let mut times = Vec::new();
    let mut faults = Vec::new();
    for attack in attacks {
        let file = folder.path().join(attack.file_name());
        fs::write(&file, &attack.file).expect("there is room for files");
        let start = Instant::now();
        let output = decode(&file, &["--fport", "1", "--hex", "00"]);
        times.push((start.elapsed(), attack.name));
        faults.extend(fault(attack, &output));
        if attack.entry == Entry::EncodeDownlink {
            faults.extend(fault(attack, &decode(&file, &["--command", "{}"])));
        }
        // The largest has 100 MB.
        fs::remove_file(&file).expect("the file is ours");
    }
    times.sort();
    let mut shown = String::from("\nthe slowest attacks\n");
    for (took, name) in times.iter().rev().take(SHOWN) {
        shown += &format!("{:8.1} ms  {name}\n", took.as_secs_f64() * 1e3);
    }
    // What nobody can read does not make the test fail.
    drop(io::stdout().write_all(shown.as_bytes()));
    let slow = times.iter().filter(|(took, _)| *took > ENDS_WITHIN);
    faults.extend(slow.map(|(took, name)| format!("{name}: it took {took:?}")));
    assert!(
        faults.is_empty(),
        "{} of {} attacks did not end as they must:\n{}",
        faults.len(),
        attacks.len(),
        faults.join("\n")
    );
}

fn decode(file: &Path, arguments: &[&str]) -> Output {
    run(champollion().arg("decode").arg("--decoder").arg(file).args(arguments))
}

fn fault(attack: &Attack, output: &Output) -> Option<String> {
    let wrong = if output.code.is_none() {
        "it took the process along"
    } else if output.code == Some(0) {
        "it was let through"
    } else if !output.stderr.starts_with("error: ") || output.stderr.contains("panicked") {
        "it does not say why"
    } else if output.stderr.lines().count() != 1 || !output.stderr.ends_with('\n') {
        "it says more than a sentence"
    } else if output.stderr.trim_end().chars().any(char::is_control) {
        "it writes to the terminal"
    } else {
        return None;
    };
    Some(format!("{}: {wrong}: {output:?}", attack.name))
}
