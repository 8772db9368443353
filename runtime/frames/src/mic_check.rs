//! Checks of a frame's MIC with the network keys of a session, of either version.

use crate::{
    crypto::{self, FrameId},
    keys::NetworkKeys,
    metadata::RadioMetadata,
    mic_1_1::{self, Checked},
    phy_payload::PhyPayload,
};

/// Checks the MIC at this FCnt; `None` where the part that can be checked is wrong, or no key is known.
pub(crate) fn check(
    keys: &NetworkKeys,
    phy: &PhyPayload<'_>,
    f_cnt: u32,
    metadata: &RadioMetadata,
) -> Option<Checked> {
    match keys {
        NetworkKeys::V1_0(nwk_s_key) => {
            let id = FrameId::uplink(phy.dev_addr(), f_cnt);
            let made = crypto::mic(&nwk_s_key.expand(), id, phy.message());
            crypto::same_mic(made, phy.mic()).then_some(Checked::Whole)
        }
        NetworkKeys::V1_1(keys) => mic_1_1::check(keys, phy, f_cnt, metadata),
        NetworkKeys::Withheld => None,
    }
}

/// A check of all of the MIC at many FCnts, for which the key is expanded once.
pub(crate) fn whole<'frame>(
    keys: &'frame NetworkKeys,
    phy: &'frame PhyPayload<'_>,
    metadata: &'frame RadioMetadata,
) -> Box<dyn Fn(u32) -> bool + 'frame> {
    let NetworkKeys::V1_0(nwk_s_key) = keys else {
        return Box::new(|f_cnt| check(keys, phy, f_cnt, metadata) == Some(Checked::Whole));
    };
    let key = nwk_s_key.expand();
    Box::new(move |f_cnt| {
        let made = crypto::mic(&key, FrameId::uplink(phy.dev_addr(), f_cnt), phy.message());
        crypto::same_mic(made, phy.mic())
    })
}
