//! Lanes of sheets: large ones wait for each other, and small ones for none of them.
//!
//! A large sheet takes seconds and hundreds of megabytes, so one is read and carried out at a time. A small one has a lane
//! of its own. Each lane is a thread that gives way to frames, so that none of those that serve all is held by a sheet, and
//! has places of which no group has all. Files wait in memory and hold keys: hence few places.

use std::{io, sync::Arc};

use champollion_delivery::names::GroupId;
use champollion_fleet::sheets::SheetLimits;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    at_once::{AtOnce, UnderWay},
    workers::{NotDone, Workers},
};

/// Sheets of one token that are under way: one is imported, and one waits.
const OF_TOKEN: usize = 2;

/// Sheets of one group in a lane: a half of the places of the large ones.
const OF_GROUP: usize = 2;

/// Places of large sheets, which are of up to 32 MiB.
const LARGE: usize = 4;

/// Places of small sheets.
const SMALL: usize = 16;

/// The bounds of a small sheet, which takes half a second.
const SMALL_SHEET: SheetLimits =
    SheetLimits { file_bytes: 256 << 10, unpacked_bytes: 16 << 20, rows: 5_000, cells: 200_000 };

/// The lanes of sheets.
pub(crate) struct SheetLanes {
    of_tokens: AtOnce,
    small: Lane,
    large: Lane,
    limits: SheetLimits,
}

/// A lane: one sheet at a time, and some that wait.
struct Lane {
    thread: Arc<Workers>,
    places: Arc<Semaphore>,
    of_groups: AtOnce,
}

/// A place in a lane, given back when this is dropped.
pub(crate) struct SheetPlace {
    thread: Arc<Workers>,
    limits: SheetLimits,
    is_small: bool,
    group: Option<GroupId>,
    of_token: UnderWay,
    _of_group: Option<UnderWay>,
    _place: OwnedSemaphorePermit,
}

/// The reason why a sheet is not taken now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPlace {
    /// The token has as many under way as it may.
    #[error("{OF_TOKEN} sheets of this token are under way: wait for one of them")]
    OfToken,
    /// The group has as many under way as it may.
    #[error("{OF_GROUP} sheets of the group {0} are under way: wait for one of them")]
    OfGroup(GroupId),
    /// All places are taken.
    #[error("as many sheets wait to be imported as this server takes: send it again")]
    All,
}

impl SheetLanes {
    /// Starts the threads, for sheets within the limits of the settings.
    pub(crate) fn start(limits: SheetLimits) -> io::Result<Self> {
        let (small, large) = (Lane::start(SMALL)?, Lane::start(LARGE)?);
        Ok(Self { of_tokens: AtOnce::default(), small, large, limits })
    }

    /// Takes a place for a sheet of a token, which counts for a group, of so many bytes where they are announced.
    ///
    /// # Errors
    /// The token, the group or the server has as many under way as it may.
    pub(crate) fn place(
        &self,
        token: &str,
        group: Option<GroupId>,
        bytes: Option<usize>,
    ) -> Result<SheetPlace, NoPlace> {
        let of_token = self.of_tokens.begin(token, OF_TOKEN).ok_or(NoPlace::OfToken)?;
        let is_small = bytes.is_some_and(|bytes| bytes <= SMALL_SHEET.file_bytes);
        self.place_in(is_small, of_token, group)
    }

    /// Takes a place among the large sheets for one that was not as small as its file.
    ///
    /// # Errors
    /// The group or the server has as many of them under way as it may.
    pub(crate) fn widen(&self, place: SheetPlace) -> Result<SheetPlace, NoPlace> {
        let SheetPlace { of_token, group, .. } = place;
        self.place_in(false, of_token, group)
    }

    fn place_in(
        &self,
        is_small: bool,
        of_token: UnderWay,
        group: Option<GroupId>,
    ) -> Result<SheetPlace, NoPlace> {
        let lane = if is_small { &self.small } else { &self.large };
        let of_group = match &group {
            None => None,
            Some(group) => {
                let begun = lane.of_groups.begin(group.as_str(), OF_GROUP);
                Some(begun.ok_or_else(|| NoPlace::OfGroup(group.clone()))?)
            }
        };
        let place = Arc::clone(&lane.places).try_acquire_owned().map_err(|_| NoPlace::All)?;
        let limits =
            if is_small { within(&self.limits, &SMALL_SHEET) } else { self.limits.clone() };
        let thread = Arc::clone(&lane.thread);
        Ok(SheetPlace {
            thread,
            limits,
            is_small,
            group,
            of_token,
            _of_group: of_group,
            _place: place,
        })
    }
}

impl Lane {
    fn start(places: usize) -> io::Result<Self> {
        let thread = Arc::new(Workers::beside(1, places, 0)?);
        Ok(Self { thread, places: Arc::new(Semaphore::new(places)), of_groups: AtOnce::default() })
    }
}

impl SheetPlace {
    /// The bounds of a sheet in this lane.
    pub(crate) fn limits(&self) -> &SheetLimits {
        &self.limits
    }

    /// Whether it is among the small sheets.
    pub(crate) fn is_small(&self) -> bool {
        self.is_small
    }

    /// Has the thread of the lane do something, once those before are done.
    ///
    /// # Errors
    /// It panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        self.thread.run(work).await
    }
}

/// The narrower one of each two bounds.
fn within(limits: &SheetLimits, others: &SheetLimits) -> SheetLimits {
    SheetLimits {
        file_bytes: limits.file_bytes.min(others.file_bytes),
        unpacked_bytes: limits.unpacked_bytes.min(others.unpacked_bytes),
        rows: limits.rows.min(others.rows),
        cells: limits.cells.min(others.cells),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use tokio::task::spawn_blocking;

    use super::*;

    fn group(name: &str) -> Option<GroupId> {
        Some(name.parse().unwrap())
    }

    #[test]
    fn no_group_has_all_places_and_no_token_many() {
        let lanes = SheetLanes::start(SheetLimits::default()).unwrap();
        let large = |token: &str, group| lanes.place(token, group, None);
        let first = large("a", group("water")).ok().unwrap();
        let _second = large("a", group("water")).ok().unwrap();
        assert_eq!(large("a", group("water")).err(), Some(NoPlace::OfToken));
        let full = NoPlace::OfGroup("water".parse().unwrap());
        assert_eq!(large("b", group("water")).err(), Some(full));
        // Of a group whose large ones wait, a small one finds a place, and so does another group.
        let small = lanes.place("b", group("water"), Some(100)).ok().unwrap();
        assert!(small.is_small() && small.limits().rows == SMALL_SHEET.rows);
        let _third = large("c", group("street")).ok().unwrap();
        let _fourth = large("d", None).ok().unwrap();
        assert_eq!(large("e", None).err(), Some(NoPlace::All));
        // One that turns out to be large needs a place there.
        assert_eq!(lanes.widen(small).err(), Some(NoPlace::OfGroup("water".parse().unwrap())));
        drop(first);
        let small = lanes.place("b", group("water"), Some(100)).ok().unwrap();
        let widened = lanes.widen(small).ok().unwrap();
        assert!(!widened.is_small() && *widened.limits() == SheetLimits::default());
    }

    #[test]
    fn a_file_that_announces_no_size_is_large() {
        let lanes = SheetLanes::start(SheetLimits { rows: 3, ..SheetLimits::default() }).unwrap();
        let is_small = |bytes| lanes.place("a", None, bytes).ok().unwrap().is_small();
        assert!(
            is_small(Some(SMALL_SHEET.file_bytes)) && !is_small(Some(SMALL_SHEET.file_bytes + 1))
        );
        assert!(!is_small(None));
        assert_eq!(lanes.place("a", None, Some(1)).ok().unwrap().limits().rows, 3);
    }

    #[tokio::test]
    async fn a_small_sheet_does_not_wait_for_a_large_one() {
        let lanes = SheetLanes::start(SheetLimits::default()).unwrap();
        let large = lanes.place("a", group("water"), None).ok().unwrap();
        let (begun, go_on) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
        let (has_begun, goes_on) = (Arc::clone(&begun), Arc::clone(&go_on));
        let long = tokio::spawn(async move {
            let work = move || {
                has_begun.wait();
                goes_on.wait();
            };
            large.run(work).await
        });
        spawn_blocking(move || begun.wait()).await.unwrap();
        let small = lanes.place("b", group("street"), Some(100)).ok().unwrap();
        assert_eq!(small.run(|| 7).await, Ok(7));
        spawn_blocking(move || go_on.wait()).await.unwrap();
        assert_eq!(long.await.unwrap(), Ok(()));
    }
}
