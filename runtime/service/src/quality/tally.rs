//! A tally: what was heard of a device on a day, in a few numbers.

use std::sync::Arc;

use super::heard::Heard;

/// Bins of a distribution.
pub const BINS: usize = 8;

/// The smallest spreading factor of LoRa; the largest is 12.
const SMALLEST_SPREADING_FACTOR: u8 = 5;

/// The upper end of the first bin of signal-to-noise ratios, in quarters of a decibel: -15 dB.
const FIRST_SNR: i16 = -60;

/// The width of the bins after it: 5 dB.
const SNR_STEP: i16 = 20;

/// The longest gap that is one: a counter that goes further is another session's, or was set by hand.
const LONGEST_GAP: u32 = 16_384;

/// The tally of a device on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Frames that were heard.
    pub frames: u32,
    /// Frames that are missing by gaps in the FCnt.
    pub lost: u32,
    /// Receptions of the frames, one for each gateway that heard one.
    pub receptions: u32,
    /// When the last frame was received, in seconds since the epoch.
    pub last_at: u32,
    /// The gateway that heard the last frame best.
    pub gateway: Option<Arc<str>>,
    /// Whether more than one gateway heard frames of the day.
    pub by_several: bool,
    /// The signal strength of the last frame there, in dBm.
    pub rssi_dbm: Option<i16>,
    /// The signal-to-noise ratio of the last frame there, in quarters of a decibel.
    pub snr_quarters: Option<i16>,
    /// The spreading factor of the last frame.
    pub spreading_factor: Option<u8>,
    /// Frames by spreading factor, from 5 to 12.
    pub spreading_factors: [u32; BINS],
    /// Frames by signal-to-noise ratio, in the bins of [`snr_bins`].
    pub snrs: [u32; BINS],
}

/// Returns the upper ends of the bins of signal-to-noise ratios in dB; the last bin has none.
#[must_use]
pub fn snr_bins() -> [f32; BINS - 1] {
    let mut end = f32::from(FIRST_SNR) / 4.0;
    [(); BINS - 1].map(|()| {
        let this = end;
        end += f32::from(SNR_STEP) / 4.0;
        this
    })
}

impl Tally {
    /// The tally of one frame.
    pub(super) fn of(heard: &Heard<'_>, gateway: Option<Arc<str>>) -> Self {
        let best = heard.best.as_ref();
        let snr_quarters = best.and_then(|best| whole(best.snr_db? * 4.0));
        let mut tally = Self {
            frames: 1,
            lost: heard.missed.filter(|missed| *missed <= LONGEST_GAP).unwrap_or_default(),
            receptions: heard.redundancy,
            last_at: u32::try_from(heard.at_ms / 1_000).unwrap_or_default(),
            gateway,
            by_several: heard.redundancy > 1,
            rssi_dbm: best.and_then(|best| whole(best.rssi_dbm?)),
            snr_quarters,
            spreading_factor: heard.spreading_factor,
            ..Self::default()
        };
        if let Some(bin) = heard.spreading_factor.and_then(bin_of_spreading_factor) {
            tally.spreading_factors[bin] = 1;
        }
        if let Some(snr) = snr_quarters {
            tally.snrs[bin_of_snr(snr)] = 1;
        }
        tally
    }

    /// Adds another tally of the same device and day. The last reception is that of the later one.
    pub(super) fn add(&mut self, other: &Self) {
        self.by_several |= other.by_several || self.is_elsewhere(other);
        self.frames = self.frames.saturating_add(other.frames);
        self.lost = self.lost.saturating_add(other.lost);
        self.receptions = self.receptions.saturating_add(other.receptions);
        sum(&mut self.spreading_factors, &other.spreading_factors);
        sum(&mut self.snrs, &other.snrs);
        if other.last_at >= self.last_at {
            self.last_at = other.last_at;
            self.gateway = other.gateway.clone().or(self.gateway.take());
            self.rssi_dbm = other.rssi_dbm;
            self.snr_quarters = other.snr_quarters;
            self.spreading_factor = other.spreading_factor;
        }
    }

    /// Returns when the last frame was received, in milliseconds since the epoch.
    pub(super) fn last_at_ms(&self) -> u64 {
        1_000 * u64::from(self.last_at)
    }

    /// Returns the one gateway that heard all frames of the day, where it was one.
    #[must_use]
    pub fn only_gateway(&self) -> Option<&str> {
        self.gateway.as_deref().filter(|_| !self.by_several)
    }

    fn is_elsewhere(&self, other: &Self) -> bool {
        match (&self.gateway, &other.gateway) {
            (Some(own), Some(others)) => own != others,
            _ => false,
        }
    }
}

fn sum(own: &mut [u32; BINS], others: &[u32; BINS]) {
    for (own, other) in own.iter_mut().zip(others) {
        *own = own.saturating_add(*other);
    }
}

fn bin_of_spreading_factor(spreading_factor: u8) -> Option<usize> {
    let bin = usize::from(spreading_factor.checked_sub(SMALLEST_SPREADING_FACTOR)?);
    (bin < BINS).then_some(bin)
}

fn bin_of_snr(quarters: i16) -> usize {
    let above = quarters.saturating_sub(FIRST_SNR);
    if above < 0 { 0 } else { (1 + usize::from((above / SNR_STEP) as u16)).min(BINS - 1) }
}

/// A level as a whole number. Levels that no radio measures are none.
fn whole(level: f32) -> Option<i16> {
    let rounded = level.round();
    (rounded.abs() < 1_000.0).then_some(rounded as i16)
}

#[cfg(test)]
mod tests {
    use champollion_frames::Reception;

    use super::*;

    fn heard(second: u64, gateway: &str, snr_db: f32) -> Tally {
        let best = Reception {
            gateway_id: gateway.to_owned(),
            rssi_dbm: Some(-101.4),
            snr_db: Some(snr_db),
        };
        let heard = Heard {
            at_ms: 1_000 * second,
            missed: Some(1),
            redundancy: 1,
            best: Some(&best),
            spreading_factor: Some(7),
        };
        Tally::of(&heard, Some(gateway.into()))
    }

    #[test]
    fn the_last_reception_is_that_of_the_latest_frame() {
        let mut tally = heard(20, "a", -7.3);
        tally.add(&heard(10, "a", 3.0));
        assert_eq!((tally.last_at, tally.snr_quarters), (20, Some(-29)));
        assert_eq!((tally.frames, tally.lost, tally.receptions), (2, 2, 2));
        assert_eq!((tally.rssi_dbm, tally.only_gateway()), (Some(-101), Some("a")));
        tally.add(&heard(30, "b", 3.0));
        assert_eq!((tally.gateway.as_deref(), tally.only_gateway()), (Some("b"), None));
        assert_eq!(tally.spreading_factors[2], 3);
    }

    /// The FCnt before is not known where a device has joined anew, nor where its counter started over.
    #[test]
    fn frames_are_lost_by_gaps_that_are_some() {
        let lost = |missed| {
            let heard =
                Heard { at_ms: 0, missed, redundancy: 0, best: None, spreading_factor: None };
            Tally::of(&heard, None).lost
        };
        assert_eq!([lost(None), lost(Some(0)), lost(Some(7))], [0, 0, 7]);
        assert_eq!([lost(Some(LONGEST_GAP)), lost(Some(LONGEST_GAP + 1))], [LONGEST_GAP, 0]);
    }

    #[test]
    fn each_ratio_has_its_bin() {
        assert_eq!(snr_bins(), [-15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0]);
        for (quarters, bin) in
            [(-200, 0), (-61, 0), (-60, 1), (-1, 3), (0, 4), (59, 6), (60, 7), (900, 7)]
        {
            assert_eq!(bin_of_snr(quarters), bin, "{quarters}");
        }
        assert_eq!(bin_of_spreading_factor(12), Some(7));
        assert_eq!(bin_of_spreading_factor(4).or(bin_of_spreading_factor(13)), None);
        assert_eq!(whole(f32::NAN).or(whole(1e9)), None);
    }
}
