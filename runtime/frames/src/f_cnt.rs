//! The 32-bit FCnt of a frame that carries 16 bits of it.
//!
//! The upper 16 bits enter the MIC, so a guess is checked and never believed. Two guesses cover
//! all that can be: the nearest FCnt *above* the last accepted one, at most 65,536 ahead, which a
//! fresh frame has; and the one an epoch (65,536 frames) before it, at or below the last, which a
//! repeated frame has. The older limit of 16,384 lost frames (MAX_FCNT_GAP, dropped by LoRaWAN
//! 1.0.4) is not applied: it would lose a device that was out of reach for long, and protects
//! from nothing that the MIC does not.

/// Frames between two FCnts whose lower 16 bits are the same.
const EPOCH: u32 = 1 << 16;

/// Candidates for all 32 bits of an FCnt, given the 16 on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidates {
    /// Above the last accepted FCnt. Absent when the 32 bits are used up: the session is over.
    pub(crate) fresh: Option<u32>,
    /// At or below the last accepted FCnt. Absent when there was none, or would be below 0.
    pub(crate) repeated: Option<u32>,
}

/// The candidates after `last`, the last accepted FCnt. A session's first frame is taken at its
/// 16 bits as they are.
pub(crate) fn candidates(last: Option<u32>, f_cnt_16: u16) -> Candidates {
    let Some(last) = last else {
        return Candidates { fresh: Some(u32::from(f_cnt_16)), repeated: None };
    };
    let in_this_epoch = (last & !(EPOCH - 1)) | u32::from(f_cnt_16);
    if in_this_epoch > last {
        Candidates { fresh: Some(in_this_epoch), repeated: in_this_epoch.checked_sub(EPOCH) }
    } else {
        Candidates { fresh: in_this_epoch.checked_add(EPOCH), repeated: Some(in_this_epoch) }
    }
}

/// An FCnt and those an epoch, two epochs and so on ahead of it: all that have the same lower 16 bits.
pub(crate) fn ahead(nearest: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(nearest), |f_cnt| f_cnt.checked_add(EPOCH))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn assert_candidates(
        last: Option<u32>,
        f_cnt_16: u16,
        fresh: Option<u32>,
        repeated: Option<u32>,
    ) {
        assert_eq!(candidates(last, f_cnt_16), Candidates { fresh, repeated });
    }

    #[test]
    fn the_first_frame_is_taken_as_it_is() {
        assert_candidates(None, 0, Some(0), None);
        assert_candidates(None, 0xFFFF, Some(0xFFFF), None);
    }

    #[test]
    fn within_an_epoch() {
        assert_candidates(Some(10), 11, Some(11), None);
        assert_candidates(Some(10), 10, Some(10 + EPOCH), Some(10));
        assert_candidates(Some(10), 9, Some(9 + EPOCH), Some(9));
    }

    #[test]
    fn over_the_rollover() {
        assert_candidates(Some(0xFFFF), 0, Some(0x1_0000), Some(0));
        assert_candidates(Some(0x1_0000), 0xFFFF, Some(0x1_FFFF), Some(0xFFFF));
        assert_candidates(Some(0x0002_FFFE), 0x0001, Some(0x0003_0001), Some(0x0002_0001));
    }

    #[test]
    fn the_last_of_all_frames() {
        assert_candidates(Some(u32::MAX - 1), 0xFFFF, Some(u32::MAX), Some(u32::MAX - EPOCH));
        assert_candidates(Some(u32::MAX), 0xFFFF, None, Some(u32::MAX));
        assert_candidates(Some(u32::MAX), 0, None, Some(0xFFFF_0000));
    }

    #[test]
    fn all_that_are_ahead() {
        assert_eq!(ahead(5).take(3).collect::<Vec<_>>(), [5, 5 + EPOCH, 5 + 2 * EPOCH]);
        assert_eq!(ahead(7).count(), 1 << 16);
        assert_eq!(ahead(u32::MAX - 1).count(), 1);
    }

    proptest! {
        #[test]
        fn every_frame_up_to_an_epoch_away_is_found(last: u32, distance in 0..EPOCH) {
            if let Some(sent) = last.checked_add(distance + 1) {
                prop_assert_eq!(candidates(Some(last), sent as u16).fresh, Some(sent));
            }
            if let Some(sent) = last.checked_sub(distance) {
                prop_assert_eq!(candidates(Some(last), sent as u16).repeated, Some(sent));
            }
        }
    }
}
