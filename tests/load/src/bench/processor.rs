//! The processor time of processes, as the system counts it.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// Linux tells times in hundredths of a second, whatever its clock does.
const TICK: Duration = Duration::from_millis(10);

/// The places of fields after the name of a process, which may hold anything: its parent, its own time in its code and in
/// the system, and the same of children that have ended.
const PARENT: usize = 1;
const OWN: [usize; 2] = [11, 12];
const ENDED: [usize; 2] = [13, 14];

/// A process as the system shows it.
struct Shown {
    parent: u32,
    own: Duration,
    ended: Duration,
}

/// The processor time of a process.
pub(super) fn of_process(process: u32) -> Result<Duration> {
    Ok(shown(process)?.own)
}

/// The processor time of a process and of its children, also of those that have ended.
pub(super) fn of_family(process: u32) -> Result<Duration> {
    let Shown { own, ended, .. } = shown(process)?;
    let names = fs::read_dir("/proc")?.flatten().map(|entry| entry.file_name());
    let numbers = names.filter_map(|name| name.to_str()?.parse::<u32>().ok());
    // One that has ended meanwhile is among those that have ended by the next look.
    let children = numbers.filter_map(|number| shown(number).ok());
    let children = children.filter(|child| child.parent == process).map(|child| child.own);
    Ok(own + ended + children.sum::<Duration>())
}

fn shown(process: u32) -> Result<Shown> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    read(&text).with_context(|| format!("the system does not say what process {process} takes"))
}

fn read(text: &str) -> Option<Shown> {
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u32>().ok();
    let time =
        |[code, system]: [usize; 2]| Some(TICK * number(code)?.checked_add(number(system)?)?);
    Some(Shown { parent: number(PARENT)?, own: time(OWN)?, ended: time(ENDED)? })
}
