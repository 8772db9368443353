//! The unit tests of a decoder's crate, run natively and for a bounded time: nothing else ends a test that never does.

use std::{
    io,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{Failure, compile};

/// The interval of looks whether the tests have ended.
const LOOK: Duration = Duration::from_millis(20);

/// Compiles the unit tests of the crate in a folder, and runs them for so long at most.
pub(super) fn run(folder: &Path, patience: Duration) -> Result<(), Failure> {
    let task = format!("the unit tests of {} fail", folder.display());
    let until = |started: Instant| patience.saturating_sub(started.elapsed());
    let programs = compile::compile_unit_tests(folder)?;
    let started = Instant::now();
    for program in programs {
        let mut tests = Command::new(program);
        tests.arg("--quiet").current_dir(folder).stdin(Stdio::null());
        // Standard output is for what the command itself tells, which may be JSON.
        tests.stdout(io::stderr());
        let running = tests.spawn().map_err(Failure::of(&task))?;
        match ended(running, until(started)).map_err(Failure::of(&task))? {
            Some(status) if status.success() => {}
            Some(_) => return Err(Failure::new(task, "which ones stands above")),
            None => {
                let reason = format!(
                    "they run for more than {} seconds: one may never end; --unit-test-seconds gives them longer, and \
                     --no-unit-tests leaves them out",
                    patience.as_secs()
                );
                return Err(Failure::new(task, reason));
            }
        }
    }
    Ok(())
}

/// Waits for a program; ends it where it takes longer, and gives nothing then.
fn ended(mut running: Child, patience: Duration) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = running.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() >= patience {
            running.kill()?;
            running.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_never_ends_is_ended() {
        let endless = Command::new("sleep").arg("600").spawn().unwrap();
        let started = Instant::now();
        assert!(ended(endless, Duration::from_millis(100)).unwrap().is_none());
        assert!(started.elapsed() < Duration::from_secs(60));
        let quick = Command::new("true").spawn().unwrap();
        assert!(
            ended(quick, Duration::from_secs(60)).unwrap().is_some_and(|status| status.success())
        );
    }
}
