//! Sheets that were judged and wait to be taken. They are in memory alone, since they hold keys, few at once and not for
//! long.

use std::{cmp::Reverse, collections::HashMap};

use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;

use crate::quotas::Counts;

/// Sheets that wait at once; of more the oldest of the side that has most is forgotten, and its sender sends it again.
const MOST: usize = 8;

/// The time for which a sheet waits.
const KEPT: SignedDuration = SignedDuration::from_mins(15);

/// A sheet that waits, with the parameters that it was judged by.
#[derive(Clone)]
pub(super) struct Staged {
    pub(super) sheet: Bytes,
    pub(super) parameters: Vec<(&'static str, String)>,
    /// The group that the sender counts for, or else the session: nobody of one takes the place of another's sheet.
    side: String,
    at: Timestamp,
}

/// The sheets that wait, one for each session.
#[derive(Default)]
pub(super) struct Staging(Mutex<HashMap<String, Staged>>);

impl Staged {
    /// A sheet of a side that was judged at a moment.
    pub(super) fn new(
        sheet: Bytes,
        parameters: Vec<(&'static str, String)>,
        side: String,
        at: Timestamp,
    ) -> Self {
        Self { sheet, parameters, side, at }
    }
}

impl Staging {
    /// Keeps a sheet in the place of the one before of the same session.
    pub(super) fn keep(&self, owner: String, staged: Staged) {
        let mut sheets = self.0.lock();
        let now = staged.at;
        sheets.retain(|_, other| is_kept(other, now));
        sheets.remove(&owner);
        if sheets.len() >= MOST
            && let Some(owner) = next_to_go(&sheets, &staged.side)
        {
            sheets.remove(&owner);
        }
        sheets.insert(owner, staged);
    }

    /// Hands the sheet of a session out, which waits no longer.
    pub(super) fn take(&self, owner: &str, now: Timestamp) -> Option<Staged> {
        self.0.lock().remove(owner).filter(|staged| is_kept(staged, now))
    }
}

/// The session whose sheet makes room for another one of a side: the oldest of the side that has most, the new one
/// among them.
fn next_to_go(sheets: &HashMap<String, Staged>, newcomer: &str) -> Option<String> {
    let mut counts = Counts::default();
    counts.add(newcomer, 1);
    sheets.values().for_each(|staged| counts.add(staged.side.as_str(), 1));
    let order = |staged: &Staged| (Reverse(counts.of(staged.side.as_str())), staged.at);
    let next = sheets.iter().min_by_key(|(_, staged)| order(staged));
    next.map(|(owner, _)| owner.clone())
}

fn is_kept(staged: &Staged, now: Timestamp) -> bool {
    now.duration_since(staged.at) < KEPT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(second: i64) -> Staged {
        staged_of("water", second)
    }

    fn staged_of(side: &str, second: i64) -> Staged {
        let at = Timestamp::from_second(second).unwrap();
        Staged::new(Bytes::from_static(b"DevEUI"), Vec::new(), side.to_owned(), at)
    }

    #[test]
    fn a_sheet_waits_for_its_session_and_not_for_long() {
        let staging = Staging::default();
        staging.keep("ada".to_owned(), staged(0));
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(staging.take("grace", at(1)).is_none());
        assert!(staging.take("ada", at(1)).is_some());
        assert!(staging.take("ada", at(1)).is_none(), "it was taken");
        staging.keep("ada".to_owned(), staged(0));
        assert!(staging.take("ada", at(15 * 60)).is_none(), "its time is over");
    }

    #[test]
    fn few_sheets_wait_and_the_oldest_makes_room() {
        let staging = Staging::default();
        for second in 0..=8 {
            staging.keep(second.to_string(), staged(second));
        }
        let at = Timestamp::from_second(9).unwrap();
        assert!(staging.take("0", at).is_none());
        assert!(staging.take("1", at).is_some() && staging.take("8", at).is_some());
    }

    #[test]
    fn a_group_makes_room_for_itself_first() {
        let staging = Staging::default();
        staging.keep("ada".to_owned(), staged_of("street", 0));
        for second in 1..=20 {
            staging.keep(format!("session {second}"), staged_of("water", second));
        }
        let at = Timestamp::from_second(21).unwrap();
        assert!(
            staging.take("ada", at).is_some(),
            "the oldest of all, and the only one of its side"
        );
        assert!(staging.take("session 13", at).is_none());
        assert!(
            staging.take("session 14", at).is_some() && staging.take("session 20", at).is_some()
        );
    }
}
