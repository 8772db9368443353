//! Fingerprints, which tell a frame from all others of its device that have the same FCnt.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{mic::Mic, report::ReportedUplink};

/// Bytes of the digest that are kept: it only has to tell a handful of frames apart.
const DIGEST_BYTES: usize = 8;

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
    /// That of a frame of which `report` is told and this is the payload in clear. The address and
    /// the moment are in it, since a device sends the same payload at the same FCnt again after it has
    /// joined anew: another frame, which must have another name.
    pub(crate) fn of(report: &ReportedUplink, payload: &[u8]) -> Self {
        if let Some(mic) = report.mic {
            return Self::Mic(mic);
        }
        let mut digest = digest_of(report, payload);
        digest.update(report.received_at_ms.unwrap_or(u64::MAX).to_be_bytes());
        let mut kept = [0; DIGEST_BYTES];
        kept.copy_from_slice(&digest.finalize()[..DIGEST_BYTES]);
        Self::Digest(kept)
    }

    /// The bytes that do not depend on the moment of reception, which not all messages of a network
    /// server about one frame tell alike.
    pub(crate) fn timeless(report: &ReportedUplink, payload: &[u8]) -> [u8; 4] {
        if let Some(mic) = report.mic {
            return mic.to_bytes();
        }
        let digest = digest_of(report, payload).finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }
}

fn digest_of(report: &ReportedUplink, payload: &[u8]) -> Sha256 {
    // Every part has a fixed length but the last.
    let address = report.dev_addr.map_or([0; 5], |dev_addr| {
        let [a, b, c, d] = dev_addr.to_le_bytes();
        [1, a, b, c, d]
    });
    let length = u64::try_from(payload.len()).unwrap_or(u64::MAX);
    Sha256::new()
        .chain_update(address)
        .chain_update([u8::from(report.f_port.is_some()), report.f_port.unwrap_or(0)])
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
