//! Fingerprints, which tell a frame from all others of its device that have the same FCnt.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{address::DevAddr, mic::Mic, report::ReportedUplink};

/// Bytes of the digest that are kept: it only has to tell a handful of frames apart.
const DIGEST_BYTES: usize = 8;

/// Bytes of the mark by which an uplink that was taken is remembered.
const MARK_BYTES: usize = 4;

/// The MIC of a frame; or where the network server keeps it to itself, a digest of what it tells. The
/// same frame, handed over the same way, has the same fingerprint for ever.
///
/// Written as 8 hexadecimal digits, or 16 for a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fingerprint {
    /// The integrity code that the frame ends with.
    Mic(Mic),
    /// Made of the address, the port, the payload in clear and the moment of reception.
    Digest([u8; DIGEST_BYTES]),
}

impl Fingerprint {
    /// That of a frame of which `report` is told, its payload in clear. The address and
    /// the moment are in it, since a device sends the same payload at the same FCnt again after it has
    /// joined anew: another frame, which must have another name.
    pub(crate) fn of(report: &ReportedUplink) -> Self {
        if let Some(mic) = report.mic {
            return Self::Mic(mic);
        }
        let mut digest = digest_of(report.dev_addr, report.f_port, &report.payload);
        digest.update(report.received_at_ms.unwrap_or(u64::MAX).to_be_bytes());
        let mut kept = [0; DIGEST_BYTES];
        kept.copy_from_slice(&digest.finalize()[..DIGEST_BYTES]);
        Self::Digest(kept)
    }

    /// The mark of the content alone: the port and the payload in clear, which every network server that hands
    /// over the frame tells alike. MAC commands are not in it: some network servers leave them out, and they
    /// are nothing that is handed on.
    pub(crate) fn content_mark(report: &ReportedUplink) -> [u8; MARK_BYTES] {
        let (f_port, payload) = match report.f_port {
            None | Some(0) => (None, &[][..]),
            told => (told, &*report.payload),
        };
        mark(digest_of(None, f_port, payload))
    }

    /// The mark of the MIC, or else of address and content, by which states of before remember an uplink.
    pub(crate) fn earlier_mark(report: &ReportedUplink) -> [u8; MARK_BYTES] {
        if let Some(mic) = report.mic {
            return mic.to_bytes();
        }
        mark(digest_of(report.dev_addr, report.f_port, &report.payload))
    }
}

fn mark(digest: Sha256) -> [u8; MARK_BYTES] {
    let digest = digest.finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

fn digest_of(dev_addr: Option<DevAddr>, f_port: Option<u8>, payload: &[u8]) -> Sha256 {
    // Every part has a fixed length but the last.
    let address = dev_addr.map_or([0; 5], |dev_addr| {
        let [a, b, c, d] = dev_addr.to_le_bytes();
        [1, a, b, c, d]
    });
    let length = u64::try_from(payload.len()).unwrap_or(u64::MAX);
    Sha256::new()
        .chain_update(address)
        .chain_update([u8::from(f_port.is_some()), f_port.unwrap_or(0)])
        .chain_update(length.to_be_bytes())
        .chain_update(payload)
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mic(mic) => mic.fmt(formatter),
            Self::Digest(digest) => crate::hexadecimal::write(formatter, digest),
        }
    }
}
