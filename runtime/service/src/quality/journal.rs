//! Entries of the journal: tallies that are durable and not in the rows of their days yet. Rows of days are written anew each
//! hour; the journal takes what comes in between, some bytes for each frame.

use champollion_fleet::names::GroupId;
use jiff::civil::Date;

use super::packed::{Part, unpack};

/// An entry of the journal.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) group: GroupId,
    pub(super) day: Date,
    pub(super) part: Part,
}

/// Writes an entry: the group and the day as a line of text, and the packed tallies.
pub(super) fn written(group: &GroupId, day: Date, part: &[u8]) -> Vec<u8> {
    let mut entry = format!("{group}/{day}\n").into_bytes();
    entry.extend_from_slice(part);
    entry
}

/// Reads an entry; the error says what is wrong with it.
pub(super) fn read(entry: &[u8]) -> Result<Entry, String> {
    let end = entry.iter().position(|byte| *byte == b'\n').ok_or("the entry has no head")?;
    let head = std::str::from_utf8(&entry[..end]).map_err(|error| error.to_string())?;
    let (group, day) = head.split_once('/').ok_or("the entry has no day")?;
    Ok(Entry {
        group: group.parse().map_err(|error| format!("{error}"))?,
        day: day.parse().map_err(|error: jiff::Error| error.to_string())?,
        part: unpack(&entry[end + 1..])?,
    })
}

#[cfg(test)]
mod tests {
    use champollion_frames::DevEui;
    use jiff::civil::date;

    use super::*;
    use crate::quality::{packed::pack, tally::Tally};

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let (group, tally) = ("water".parse().unwrap(), Tally { frames: 3, ..Tally::default() });
        let parts = pack(12, vec![(DevEui::from_be_bytes([7; 8]), &tally)]);
        let entry = read(&written(&group, date(2026, 3, 1), &parts[0])).unwrap();
        assert_eq!((entry.group, entry.day, entry.part.through), (group, date(2026, 3, 1), 12));
        assert_eq!(entry.part.tallies[0].1, tally);
        for damaged in [&b""[..], b"water/2026-03-01", b"water\n", b"water/March\n\x01", b"\n"] {
            assert!(read(damaged).is_err(), "{damaged:?}");
        }
    }
}
