//! Frames that a network server has taken apart, put together again.
//!
//! Of a report with its MIC nearly all of the frame is known: what is not told are the bits of the FCtrl, and
//! whether the payload is as it was on the air. Both are tried, and the MIC says which it was. A frame with MAC
//! commands in its header cannot be put together, since reports do not tell them.

use crate::{
    address::DevAddr,
    crypto::{self, FrameId},
    f_cnt,
    metadata::RadioMetadata,
    mic::Mic,
    mic_1_1::Checked,
    mic_check,
    phy_payload::PhyPayload,
    report::ReportedUplink,
    session::Session,
};

/// The MHDR of an unconfirmed data uplink, and of a confirmed one.
const MHDR: [u8; 2] = [0x40, 0x80];

/// The bit of the FCtrl that lets the network set the data rate.
const ADR: u8 = 0x80;

/// The bits of the FCtrl above the length of the FOpts.
const F_CTRL_STEP: usize = 0x10;

/// A frame that was put together, and whose MIC is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reassembled {
    /// The PHYPayload, as it was on the air.
    pub phy_payload: Vec<u8>,
    /// The FCnt, all 32 bits.
    pub f_cnt: u32,
    /// Whether the payload that was reported is the encrypted one.
    pub was_encrypted: bool,
}

impl Session {
    /// Puts the frame of a report together again; `None` where its MIC is not told, the network keys are not
    /// known here, or nothing fits.
    #[must_use]
    pub fn reassemble(
        &self,
        report: &ReportedUplink,
        metadata: &RadioMetadata,
    ) -> Option<Reassembled> {
        let mic = report.mic?;
        if report.dev_addr.is_some_and(|told| told != self.dev_addr()) {
            return None;
        }
        let f_cnts = self.possible_f_cnts(report.f_cnt);
        f_cnts.into_iter().flatten().find_map(|f_cnt| {
            let as_told = Parts { report, payload: &report.payload, mic, f_cnt };
            let told = |phy_payload| Reassembled { phy_payload, f_cnt, was_encrypted: true };
            let encrypted = self.find(&as_told, metadata).map(told);
            let has_payload = !report.payload.is_empty() && report.f_port.is_some();
            encrypted.or_else(|| {
                if !has_payload {
                    return None;
                }
                let mut payload = report.payload.clone();
                let id = FrameId::uplink(self.dev_addr(), f_cnt);
                crypto::apply_key_stream(&self.app_s_key().expand(), id, &mut payload);
                let phy_payload = self.find(&Parts { payload: &payload, ..as_told }, metadata)?;
                Some(Reassembled { phy_payload, f_cnt, was_encrypted: false })
            })
        })
    }

    /// The FCnt that is told; and where it may be the lower 16 bits alone, those that it may stand for.
    fn possible_f_cnts(&self, told: u32) -> [Option<u32>; 3] {
        let Ok(f_cnt_16) = u16::try_from(told) else { return [Some(told), None, None] };
        let candidates = f_cnt::candidates(self.state().last_f_cnt, f_cnt_16);
        let other = |f_cnt: &u32| *f_cnt != told;
        [Some(told), candidates.fresh.filter(other), candidates.repeated.filter(other)]
    }

    fn find(&self, parts: &Parts<'_>, metadata: &RadioMetadata) -> Option<Vec<u8>> {
        parts.possible_frames(self.dev_addr()).find(|bytes| {
            PhyPayload::parse(bytes).is_ok_and(|phy| {
                let checked = mic_check::check(self.network_keys(), &phy, parts.f_cnt, metadata);
                checked == Some(Checked::Whole)
            })
        })
    }
}

/// The parts of a frame that are known.
#[derive(Clone, Copy)]
struct Parts<'report> {
    report: &'report ReportedUplink,
    /// The FRMPayload as it may have been on the air.
    payload: &'report [u8],
    mic: Mic,
    f_cnt: u32,
}

impl Parts<'_> {
    /// All frames without FOpts that have these parts, the likely ones first.
    fn possible_frames(&self, dev_addr: DevAddr) -> impl Iterator<Item = Vec<u8>> {
        let Self { report, .. } = *self;
        let [one, other] = MHDR;
        let mhdr = if report.confirmed { [other, one] } else { [one, other] };
        let adr = if report.adr { ADR } else { 0 };
        let f_ctrl = (0..=u8::MAX).step_by(F_CTRL_STEP).map(move |bits| bits ^ adr);
        f_ctrl.flat_map(move |f_ctrl| {
            mhdr.into_iter().map(move |mhdr| self.frame(mhdr, dev_addr, f_ctrl))
        })
    }

    fn frame(&self, mhdr: u8, dev_addr: DevAddr, f_ctrl: u8) -> Vec<u8> {
        let [low, high, ..] = self.f_cnt.to_le_bytes();
        let mut bytes = vec![mhdr];
        bytes.extend(dev_addr.to_le_bytes());
        bytes.extend([f_ctrl, low, high]);
        match self.report.f_port {
            Some(f_port) => bytes.push(f_port),
            // MAC commands as a payload are sent on port 0.
            None if !self.payload.is_empty() => bytes.push(0),
            None => {}
        }
        bytes.extend(self.payload);
        bytes.extend(self.mic.to_bytes());
        bytes
    }
}
