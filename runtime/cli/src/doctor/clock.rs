//! The clock: records, sessions and certificates are judged by it.

use std::{
    path::Path,
    process::Command,
    time::{Duration, SystemTime},
};

use super::{disk::files_below, finding::Finding};

/// The name of both checks.
const CHECK: &str = "clock";

/// The seconds that clocks of file systems may differ from that of the system.
const TOLERANCE: Duration = Duration::from_secs(60);

/// Whether the clock is kept by a time server.
pub(super) fn is_kept() -> Finding {
    let arguments = ["show", "--property=NTPSynchronized", "--value"];
    let output = Command::new("timedatectl").args(arguments).output();
    let said = output.ok().filter(|output| output.status.success());
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    judged(said.as_deref())
}

fn judged(said: Option<&str>) -> Finding {
    match said {
        Some("yes") => Finding::ok(CHECK, "a time server keeps it"),
        Some(_) => Finding::warn(CHECK, "no time server keeps it")
            .advising("start one: `timedatectl set-ntp true`, or chrony"),
        None => Finding::warn(CHECK, "timedatectl does not tell whether a time server keeps it")
            .advising("see that the machine's host does"),
    }
}

/// Whether the clock is behind what was written before.
pub(super) fn data(data_dir: &Path) -> Finding {
    let modified = |file: std::path::PathBuf| file.metadata().and_then(|data| data.modified()).ok();
    let latest = files_below(data_dir).into_iter().filter_map(modified).max();
    compared(latest, SystemTime::now())
}

fn compared(latest: Option<SystemTime>, now: SystemTime) -> Finding {
    let ahead = latest.and_then(|latest| latest.duration_since(now).ok());
    match ahead.filter(|ahead| *ahead > TOLERANCE) {
        Some(ahead) => {
            let minutes = ahead.as_secs().div_ceil(60);
            Finding::fail(CHECK, format!("it is {minutes} minutes behind files of data-dir"))
                .advising(
                    "set it right before the server starts: records would expire at wrong times",
                )
        }
        None => Finding::ok(CHECK, "nothing in data-dir is from the future"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::finding::State, *};

    #[test]
    fn files_from_the_future_are_a_fault() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert_eq!(compared(None, now).state(), State::Ok);
        assert_eq!(compared(Some(now + TOLERANCE), now).state(), State::Ok);
        assert_eq!(compared(Some(now + TOLERANCE * 2), now).state(), State::Fail);
        assert_eq!(compared(Some(now - TOLERANCE * 2), now).state(), State::Ok);
    }

    #[test]
    fn a_clock_that_nothing_keeps_is_warned_of() {
        assert_eq!(judged(Some("yes")).state(), State::Ok);
        assert_eq!(judged(Some("no")).state(), State::Warn);
        assert_eq!(judged(None).state(), State::Warn);
    }
}
