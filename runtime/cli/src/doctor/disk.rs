//! The disk: whether the data can be written, how much room there is, and how long a write takes to be durable.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use champollion_server::config::Config;
use rustix::fs::statvfs;
use tempfile::NamedTempFile;

use super::finding::Finding;

/// Free bytes below which an operator should be told: days of a small fleet, hours of a large one.
const ROOM: u64 = 2_000_000_000;

/// Writes that are timed; the median counts, so that one that waits for others does not.
const WRITES: usize = 15;

/// Bytes of each write, about those of a frame.
const WRITE_BYTES: usize = 4096;

/// The time of a durable write from which on frames that come alone are slow.
const SLOW: Duration = Duration::from_millis(20);

/// … and from which on network servers give up waiting.
const TOO_SLOW: Duration = Duration::from_millis(500);

pub(super) fn checks(config: &Config) -> Vec<Finding> {
    let folder = existing(&config.data_dir);
    vec![written(config, &folder), room(config, &folder), speed(&folder)]
}

/// The folder itself, or the nearest one above it that is there.
fn existing(folder: &Path) -> PathBuf {
    let above = folder.ancestors().find(|above| above.is_dir());
    let named = above.filter(|above| !above.as_os_str().is_empty());
    named.unwrap_or(Path::new(".")).to_owned()
}

fn written(config: &Config, folder: &Path) -> Finding {
    let (check, shown) = ("data", config.data_dir.display());
    if config.data_dir.exists() && !config.data_dir.is_dir() {
        return Finding::fail(check, format!("{shown} is no folder"))
            .advising("name another data-dir");
    }
    match NamedTempFile::new_in(folder) {
        Ok(_) if config.data_dir.is_dir() => Finding::ok(check, format!("{shown} can be written")),
        Ok(_) => Finding::ok(check, format!("{shown} is made at the first start")),
        Err(error) => {
            Finding::fail(check, format!("{} cannot be written ({error})", folder.display()))
                .advising("run this as the user of the server, or give that user the folder")
        }
    }
}

fn room(config: &Config, folder: &Path) -> Finding {
    let check = "room";
    let free = match statvfs(folder) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(error) => return Finding::warn(check, format!("the disk cannot be asked ({error})")),
    };
    let kept = config.store.keep_free_bytes;
    let message = format!("{:.1} GB of the disk are free", free as f64 / 1e9);
    let advice = "make room, or put data-dir on another disk";
    match free {
        _ if free <= kept => {
            let why = format!(
                "{message}, and [store] keep-free-bytes keeps {kept} bytes: frames are answered 507"
            );
            Finding::fail(check, why).advising(advice)
        }
        _ if free < kept.saturating_add(ROOM) => Finding::warn(check, message).advising(advice),
        _ => Finding::ok(check, message),
    }
}

fn speed(folder: &Path) -> Finding {
    let check = "durability";
    let median = match median(folder) {
        Ok(median) => median,
        Err(error) => return Finding::warn(check, format!("a write cannot be timed ({error})")),
    };
    let message = format!("a write is durable after {:.1} ms", median.as_secs_f64() * 1e3);
    let advice = "each frame that comes alone waits for that: take a local disk, at best an SSD";
    match median {
        _ if median >= TOO_SLOW => Finding::fail(check, message).advising(advice),
        _ if median >= SLOW => Finding::warn(check, message).advising(advice),
        _ => Finding::ok(check, message),
    }
}

/// The median of the times that writes take to be durable.
fn median(folder: &Path) -> io::Result<Duration> {
    let mut file = tempfile::tempfile_in(folder)?;
    let one = |_: usize| -> io::Result<Duration> {
        let start = Instant::now();
        file.write_all(&[0; WRITE_BYTES])?;
        file.sync_data()?;
        Ok(start.elapsed())
    };
    let mut times: Vec<Duration> = (0..WRITES).map(one).collect::<io::Result<_>>()?;
    times.sort_unstable();
    Ok(times[WRITES / 2])
}

/// Returns the files below a folder, as far as they can be seen.
pub(super) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let within = |path: PathBuf| match path.is_dir() {
        true => files_below(&path),
        false => vec![path],
    };
    entries.map(|entry| entry.path()).flat_map(within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_folder_that_is_there_is_found() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(existing(&folder.path().join("a/b")), folder.path());
        assert_eq!(existing(Path::new("nowhere-at-all")), Path::new("."));
    }

    #[test]
    fn writes_are_timed() {
        let folder = tempfile::tempdir().unwrap();
        assert!(median(folder.path()).unwrap() > Duration::ZERO);
        assert!(median(&folder.path().join("nowhere")).is_err());
    }
}
