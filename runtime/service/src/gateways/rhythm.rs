//! The rhythm of a gateway: the gaps between the minutes in which it was heard.

use serde::{Deserialize, Serialize};

/// Gaps that are remembered.
const GAPS: usize = 64;

/// Gaps that must be known before silence is told from a rhythm.
const ENOUGH: usize = 8;

/// So many times the median gap is silence.
const TIMES: i64 = 3;

/// The least time of silence, in minutes: a gateway of a busy network is heard each minute, and a restart takes a few.
const LEAST_MINUTES: i64 = 10;

/// The last gaps between minutes in which a gateway was heard, in minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rhythm(Vec<u32>);

impl Rhythm {
    /// Notes a gap in minutes.
    pub(super) fn note(&mut self, minutes: i64) {
        let Ok(minutes) = u32::try_from(minutes) else { return };
        if self.0.len() == GAPS {
            self.0.remove(0);
        }
        self.0.push(minutes);
    }

    /// Returns the median gap in minutes, once enough are known.
    #[must_use]
    pub fn median(&self) -> Option<i64> {
        let mut gaps = self.0.clone();
        gaps.sort_unstable();
        (gaps.len() >= ENOUGH).then(|| gaps[gaps.len() / 2].into())
    }

    /// Returns the minutes after which the gateway is silent: three times its median gap.
    #[must_use]
    pub fn patience(&self) -> Option<i64> {
        self.median().map(|median| (TIMES * median).max(LEAST_MINUTES))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_three_median_gaps_and_never_a_moment() {
        let mut rhythm = Rhythm::default();
        (1..ENOUGH).for_each(|_| rhythm.note(1));
        assert_eq!(rhythm.patience(), None, "it is not known well enough");
        rhythm.note(600);
        assert_eq!((rhythm.median(), rhythm.patience()), (Some(1), Some(LEAST_MINUTES)));
        (0..GAPS).for_each(|_| rhythm.note(30));
        assert_eq!((rhythm.patience(), rhythm.0.len()), (Some(90), GAPS));
        rhythm.note(-5);
        assert_eq!(rhythm.median(), Some(30));
    }
}
