//! Starts the process that compiles, and ends it when it takes too long.

use std::{
    fs,
    io::{self, Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    WorkerCommand,
    worker::{COMPILED, INVALID, NO_DECODER},
};
use crate::{Limits, LoadError};

/// The interval at which the process is looked at. Most compile for some hundred milliseconds.
const PERIOD: Duration = Duration::from_millis(4);

/// By how much the clock may run ahead of the processor's time. A machine so busy that the process
/// gets less than a hundredth of a core is given up on.
const CLOCK_FACTOR: u32 = 100;

/// Most bytes of code for each byte of a component that is read: ten are usual.
const CODE_FACTOR: u64 = 100;

/// Least bytes of code that are read, whatever the size of the component.
const CODE_BYTES: u64 = 16 << 20;

/// Most bytes of an error that are read.
const ERROR_BYTES: u64 = 4 << 10;

/// The words of Rust's allocator before it gives up.
const OUT_OF_MEMORY: &str = "memory allocation of";

/// The variable by which mimalloc is told to reserve address space alone, and no memory. Programs with another allocator
/// pay no attention to it.
const RESERVES: &str = "MIMALLOC_ARENA_EAGER_COMMIT";

/// The end of the process.
struct End {
    status: ExitStatus,
    /// Whether it was ended for taking too long.
    in_time: bool,
    output: Vec<u8>,
    error: String,
}

pub(super) fn compile(
    command: &WorkerCommand,
    file: &[u8],
    limits: &Limits,
) -> Result<Vec<u8>, LoadError> {
    let end = run(command, file, limits).map_err(|error| {
        let program = command.program.display();
        LoadError::CompilerFailed { reason: format!("{program} cannot be run: {error}") }
    })?;
    if !end.in_time {
        return Err(LoadError::CompilesTooLong { limit_ms: limits.compile_ms });
    }
    let text = |reason: &[u8]| String::from_utf8_lossy(reason).into_owned();
    match end.output.split_first() {
        Some((&COMPILED, code)) if end.status.success() => Ok(code.to_vec()),
        Some((&INVALID, reason)) if end.status.success() => {
            Err(LoadError::Invalid { reason: text(reason) })
        }
        Some((&NO_DECODER, reason)) if end.status.success() => {
            Err(LoadError::NotADecoder { reason: text(reason) })
        }
        _ if end.error.contains(OUT_OF_MEMORY) => {
            Err(LoadError::CompilesTooLarge { limit: limits.compile_memory_bytes })
        }
        _ => {
            let said = end.error.lines().next().unwrap_or("it said nothing");
            let reason = format!("the compiler ended with {}: {said}", end.status);
            Err(LoadError::CompilerFailed { reason })
        }
    }
}

fn run(command: &WorkerCommand, file: &[u8], limits: &Limits) -> io::Result<End> {
    let mut child = Command::new(&command.program)
        .args(&command.arguments)
        // It needs nothing of this process, and what it is given may be secret.
        .env_clear()
        // The address space that an allocator reserves counts as memory only where it is used.
        .env(RESERVES, "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let most = CODE_BYTES.max(CODE_FACTOR * file.len() as u64);
    thread::scope(|scope| {
        let output = scope.spawn(move || read(stdout, most));
        let error = scope.spawn(move || read(stderr, ERROR_BYTES));
        // A process that ends before it has read everything says why by its end.
        let writer = scope.spawn(move || stdin.map(|stdin| hand_over(stdin, file, limits)));
        let (status, in_time) = wait(&mut child, limits)?;
        drop(writer.join());
        let joined = |bytes: thread::Result<Vec<u8>>| bytes.unwrap_or_default();
        let (output, error) = (joined(output.join()), joined(error.join()));
        let error = String::from_utf8_lossy(&error).into_owned();
        Ok(End { status, in_time, output, error })
    })
}

fn hand_over(mut stdin: impl Write, file: &[u8], limits: &Limits) -> io::Result<()> {
    serde_json::to_writer(&mut stdin, limits)?;
    stdin.write_all(b"\n")?;
    stdin.write_all(file)
}

/// Reads a pipe to its end. Bytes that cannot be read are as good as none: the end of the process says what
/// happened. A process that writes more than it may finds its pipe closed.
fn read(pipe: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        drop(pipe.take(most).read_to_end(&mut bytes));
    }
    bytes
}

/// Waits for the end of the process, or ends it; tells which.
fn wait(child: &mut Child, limits: &Limits) -> io::Result<(ExitStatus, bool)> {
    let limit = Duration::from_millis(limits.compile_ms);
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok((status, true));
        }
        let used = processor_time(child.id()).unwrap_or_default();
        if used > limit || started.elapsed() > limit * CLOCK_FACTOR {
            child.kill()?;
            return Ok((child.wait()?, false));
        }
        thread::sleep(PERIOD);
    }
}

/// Time of the processor that a process has used: fields 14 and 15 of its `stat`, in ticks. `None`
/// where the system has no `/proc`; there the limit that the process has set itself holds.
fn processor_time(process: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The second field is the program's name in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_ascii_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let used = ticks.next()?.ok()? + ticks.next()?.ok()?;
    let per_second = rustix::param::clock_ticks_per_second();
    Some(Duration::from_millis(used * 1_000 / per_second.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> WorkerCommand {
        let arguments = ["-c", script].map(Into::into).to_vec();
        WorkerCommand { program: "/bin/sh".into(), arguments }
    }

    fn compile_by(script: &str, limits: &Limits) -> Result<Vec<u8>, LoadError> {
        compile(&shell(script), b"component", limits)
    }

    #[test]
    fn a_process_that_takes_too_long_is_ended() {
        let limits = Limits { compile_ms: 50, ..Limits::default() };
        let ended = compile_by("while :; do :; done", &limits);
        assert!(matches!(ended, Err(LoadError::CompilesTooLong { limit_ms: 50 })), "{ended:?}");
    }

    #[test]
    fn a_process_that_does_nothing_is_ended_too() {
        let limits = Limits { compile_ms: 5, ..Limits::default() };
        let ended = compile_by("exec sleep 60", &limits);
        assert!(matches!(ended, Err(LoadError::CompilesTooLong { limit_ms: 5 })), "{ended:?}");
    }

    #[test]
    fn what_a_process_says_tells_how_it_ended() {
        let limits = Limits::default();
        let code = compile_by("cat > /dev/null; printf Cxyz", &limits);
        assert_eq!(code.ok().as_deref(), Some(b"xyz".as_slice()));
        let refused = compile_by("cat > /dev/null; printf 'Ibad magic'", &limits);
        assert!(matches!(&refused, Err(LoadError::Invalid { reason }) if reason == "bad magic"));
        let unfit = compile_by("cat > /dev/null; printf 'Nno exports'", &limits);
        assert!(
            matches!(&unfit, Err(LoadError::NotADecoder { reason }) if reason == "no exports"),
            "{unfit:?}"
        );
        let starved = compile_by("echo memory allocation of 7 bytes failed >&2; exit 1", &limits);
        assert!(matches!(starved, Err(LoadError::CompilesTooLarge { .. })), "{starved:?}");
        let crashed = compile_by("echo oh no >&2; kill -SEGV $$", &limits);
        assert!(
            matches!(&crashed, Err(LoadError::CompilerFailed { reason }) if reason.contains("oh no")),
            "{crashed:?}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let nowhere = WorkerCommand { program: "/nowhere/champollion".into(), arguments: vec![] };
        let failed = compile(&nowhere, b"", &Limits::default());
        assert!(
            matches!(&failed, Err(LoadError::CompilerFailed { reason })
                if reason.contains("/nowhere/champollion")),
            "{failed:?}"
        );
    }
}
