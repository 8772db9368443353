//! Frames that are missing between two that came: gaps in the FCnt of devices.
//!
//! Radio loses some, at all times. Frames that are missing over a time in which we were away, and more of them
//! than the radio loses otherwise, were lost between the network server and us.

use jiff::Timestamp;

/// The longest gap that is one: a counter that goes further is another session's, or was set by hand.
const LONGEST_GAP: u32 = 16_384;

/// So many frames must have come while we were there before they say how many the radio loses.
const ENOUGH: u64 = 100;

/// Until then the radio is taken to lose one in ten.
const USUAL: Missing = Missing { frames: 10, counted: 10, taken: 90, last_at: None };

/// A gap counts for no more when it is judged: a device that was out of reach for weeks was not lost on the way.
const LONGEST_COUNTED: u32 = 100;

/// So many times the share that the radio loses is more than chance.
const MORE: u128 = 2;

/// When frames went missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Over a time in which we were away, or the broker was.
    Away,
    /// While we were there.
    Connected,
}

impl When {
    /// Returns the word for it in metrics.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Connected => "connected",
        }
    }
}

/// The frames that are missing, by when they went.
#[derive(Debug, Default)]
pub(super) struct MissingFrames {
    away: Missing,
    connected: Missing,
}

/// The frames of one of both kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Missing {
    /// Frames that are missing.
    pub(super) frames: u64,
    /// Those of them that count when it is judged.
    counted: u64,
    /// Frames that came and were taken.
    pub(super) taken: u64,
    /// When a gap was seen last.
    pub(super) last_at: Option<Timestamp>,
}

/// Returns the number of frames that are missing between two counters of a device.
fn between(before: u32, f_cnt: u32) -> u32 {
    let missing = f_cnt.saturating_sub(before).saturating_sub(1);
    if missing > LONGEST_GAP { 0 } else { missing }
}

impl MissingFrames {
    /// Notes a frame and the FCnt that its device had before; returns how many are missing between.
    pub(super) fn note(&mut self, when: When, before: u32, f_cnt: u32, now: Timestamp) -> u32 {
        let missing = match when {
            When::Away => &mut self.away,
            When::Connected => &mut self.connected,
        };
        let frames = between(before, f_cnt);
        missing.taken += 1;
        if frames > 0 {
            missing.frames += u64::from(frames);
            missing.counted += u64::from(frames.min(LONGEST_COUNTED));
            missing.last_at = Some(now);
        }
        frames
    }

    pub(super) fn away(&self) -> Missing {
        self.away
    }

    pub(super) fn connected(&self) -> Missing {
        self.connected
    }

    /// Whether clearly more are missing over the times in which we were away than the radio loses otherwise.
    pub(super) fn were_lost_on_the_way(&self) -> bool {
        let away = self.away;
        let radio = if self.connected.taken < ENOUGH { USUAL } else { self.connected };
        // As shares of all, without dividing.
        let share = |of: Missing, other: Missing| {
            u128::from(of.counted) * u128::from(other.counted + other.taken)
        };
        share(away, radio) > MORE * share(radio, away)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(missing: &mut MissingFrames, when: When, counters: &[u32]) -> u32 {
        let now = "2026-11-25T08:00:00Z".parse().unwrap();
        counters.windows(2).map(|pair| missing.note(when, pair[0], pair[1], now)).sum()
    }

    #[test]
    fn gaps_are_counted_and_counters_that_start_over_are_none() {
        let mut missing = MissingFrames::default();
        assert_eq!(note(&mut missing, When::Away, &[7, 14]), 6);
        assert_eq!(note(&mut missing, When::Away, &[14, 15, 15]), 0);
        assert_eq!(note(&mut missing, When::Away, &[15, 0]), 0);
        assert_eq!(note(&mut missing, When::Away, &[0, 70_000]), 0);
        assert_eq!((missing.away().frames, missing.away().taken), (6, 5));
        assert_eq!(missing.connected(), Missing::default());
        assert!(missing.were_lost_on_the_way());
    }

    #[test]
    fn the_radio_loses_some_at_all_times() {
        let mut missing = MissingFrames::default();
        // One in ten, while we are there.
        for tens in 0..20 {
            let counters: Vec<u32> = (tens * 10..tens * 10 + 9).chain([tens * 10 + 10]).collect();
            note(&mut missing, When::Connected, &counters);
        }
        let all: Vec<u32> = (0..100).collect();
        note(&mut missing, When::Away, &all);
        note(&mut missing, When::Away, &[100, 104]);
        assert!(!missing.were_lost_on_the_way(), "three of a hundred: {missing:?}");
        note(&mut missing, When::Away, &[104, 140]);
        assert!(missing.were_lost_on_the_way(), "{missing:?}");
    }

    #[test]
    fn a_device_that_was_out_of_reach_is_not_taken_for_all() {
        let mut missing = MissingFrames::default();
        let all: Vec<u32> = (0..1_000).collect();
        note(&mut missing, When::Away, &all);
        note(&mut missing, When::Away, &[5, 9_000]);
        assert_eq!(missing.away().frames, 8_994);
        assert!(!missing.were_lost_on_the_way(), "{missing:?}");
    }
}
