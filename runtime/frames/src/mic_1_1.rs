//! The MIC of an uplink of LoRaWAN 1.1: two halves, of two keys.
//!
//! The half that the FNwkSIntKey makes (cmacF) covers the frame alone, and is always checked. The
//! half that the SNwkSIntKey makes (cmacS) covers also how the frame was sent: the index of its data
//! rate (TxDr), the index of its channel (TxCh), and the FCnt of the confirmed downlink that it
//! acknowledges (ConfFCnt). Who hands a frame over may not tell these:
//!
//! - What is told must fit.
//! - TxDr and TxCh that are not told are looked for: all data rates and channels that a channel plan
//!   can have are tried, the likely ones first. That weakens the check by eleven bits at most, and
//!   by none of those that are told.
//! - ConfFCnt is 0 for a frame that acknowledges nothing. For one that does, and of which it is not
//!   told, looking for it would say nothing, since half a MIC fits one of 65,536 values by chance:
//!   then only the half of the FNwkSIntKey was checked, and the record says so.

use crate::{
    crypto::{self, FrameId, TxContext},
    keys::NetworkKeysV1_1,
    metadata::RadioMetadata,
    phy_payload::PhyPayload,
};

/// Data rates that a channel plan can have: the index has four bits.
const DATA_RATES: u8 = 16;

/// Channels that a channel plan can have: CN470 has the most.
const CHANNELS: u8 = 96;

/// The part of a MIC that was found right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// All that there is.
    Whole,
    /// The half that the FNwkSIntKey makes; the other could not be checked.
    ForwardingHalf,
    /// Nothing here; the network server checked it.
    ByNetworkServer,
}

/// Checks the MIC with these keys at this FCnt; `None` where the part that can be checked is wrong.
pub(crate) fn check(
    keys: &NetworkKeysV1_1,
    phy: &PhyPayload<'_>,
    f_cnt: u32,
    metadata: &RadioMetadata,
) -> Option<Checked> {
    let id = FrameId::uplink(phy.dev_addr(), f_cnt);
    let [s0, s1, f0, f1] = phy.mic().to_bytes();
    let forwarding = crypto::mic_f(&keys.f_nwk_s_int_key.expand(), id, phy.message());
    if !crypto::same_half(forwarding, [f0, f1]) {
        return None;
    }

    let conf_f_cnt = if phy.ack() { metadata.conf_f_cnt } else { Some(0) };
    let Some(conf_f_cnt) = conf_f_cnt else { return Some(Checked::ForwardingHalf) };
    let key = keys.s_nwk_s_int_key.expand();
    let fits = |tx_dr: u8, tx_ch: u8| {
        let context = TxContext { conf_f_cnt, tx_dr, tx_ch };
        crypto::same_half(crypto::mic_s(&key, id, context, phy.message()), [s0, s1])
    };
    let mut data_rates = data_rates(metadata);
    let (first, last) = metadata.channel_index.map_or((0, CHANNELS - 1), |told| (told, told));
    let found = data_rates.any(|tx_dr| (first..=last).any(|tx_ch| fits(tx_dr, tx_ch)));
    found.then_some(Checked::Whole)
}

/// Whether the transmission is told that the half of the SNwkSIntKey covers, so that nothing of it is looked
/// for.
pub(crate) fn is_context_told(metadata: &RadioMetadata) -> bool {
    metadata.data_rate_index.is_some() && metadata.channel_index.is_some()
}

/// The data rates that a frame may have been sent with, the likely ones first.
fn data_rates(metadata: &RadioMetadata) -> impl Iterator<Item = u8> {
    let likely = likely_data_rates(metadata);
    let all = 0..DATA_RATES;
    let (told, likely, all) = match metadata.data_rate_index {
        Some(told) => (Some(told), [None, None], 0..0),
        None => (None, likely, all),
    };
    let rest = all.filter(move |data_rate| !likely.contains(&Some(*data_rate)));
    told.into_iter().chain(likely.into_iter().flatten()).chain(rest)
}

/// Returns the data rates of a spreading factor in most channel plans, and in that of North America.
fn likely_data_rates(metadata: &RadioMetadata) -> [Option<u8>; 2] {
    match (metadata.spreading_factor, metadata.bandwidth_hz) {
        (Some(factor @ 7..=12), None | Some(125_000)) => {
            [Some(12 - factor), 10_u8.checked_sub(factor)]
        }
        // SF7 with 250 kHz in most, SF8 with 500 kHz in those of Australia and North America.
        (Some(7), Some(250_000)) => [Some(6), None],
        (Some(8), Some(500_000)) => [Some(6), Some(4)],
        _ => [None, None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(metadata: &RadioMetadata) -> Vec<u8> {
        data_rates(metadata).collect()
    }

    #[test]
    fn every_data_rate_is_tried_once_and_the_likely_ones_first() {
        for factor in 0..=13 {
            for bandwidth_hz in [None, Some(125_000), Some(250_000), Some(500_000)] {
                let spreading_factor = (factor > 0).then_some(factor);
                let metadata =
                    RadioMetadata { spreading_factor, bandwidth_hz, ..RadioMetadata::default() };
                let mut tried = tried(&metadata);
                if let (Some(7..=12), Some(125_000)) = (spreading_factor, bandwidth_hz) {
                    assert_eq!(tried[0], 12 - factor);
                }
                tried.sort_unstable();
                assert_eq!(tried, (0..DATA_RATES).collect::<Vec<_>>(), "{metadata:?}");
            }
        }
    }

    #[test]
    fn a_data_rate_that_is_told_is_the_only_one_tried() {
        let told = RadioMetadata { data_rate_index: Some(3), ..RadioMetadata::default() };
        assert_eq!(tried(&told), [3]);
        let beyond = RadioMetadata { data_rate_index: Some(255), ..RadioMetadata::default() };
        assert_eq!(tried(&beyond), [255]);
    }
}
