//! LoRaWAN MAC: bytes in, verified uplinks out.
//!
//! A network server hands over a PHYPayload. [`Sessions::verify`] finds the session it belongs to,
//! checks its MIC, reconstructs the 32-bit FCnt, refuses replays and decrypts. What comes out is a
//! [`Claim`] on a [`VerifiedUplink`]:
//!
//! 1. `verify` reserves the FCnt: no second copy of the frame can pass from now on;
//! 2. the caller makes its record durable, together with [`Claim::next_state`], on condition that the
//!    state before is still the one that the frame was verified against ([`Claim::progress`]);
//! 3. [`Claim::confirm`] moves the session's last FCnt on. Dropping the claim instead gives the
//!    FCnt back, so that the network server's retry is accepted.
//!
//! ```
//! # use champollion_frames::{RadioMetadata, Session, Sessions};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sessions = Sessions::new();
//! sessions.insert(Session::lorawan_1_0(
//!     "70-B3-D5-E7-5E-00-00-01".parse()?,
//!     "49BE7DF1".parse()?,
//!     "44024241ED4CE9A68C6A8BC055233FD3".parse()?,
//!     "EC925802AE430CA77FD3DD73CB2CC588".parse()?,
//! ));
//!
//! let phy = [
//!     0x40, 0xF1, 0x7D, 0xBE, 0x49, 0x00, 0x02, 0x00, 0x01, 0x95, 0x43, 0x78, 0x76, 0x2B, 0x11,
//!     0xFF, 0x0D,
//! ];
//! let claim = sessions.verify(&phy, 1_767_225_600_000, RadioMetadata::default())?;
//! // … make the record durable here …
//! let uplink = claim.confirm();
//! assert_eq!(uplink.application_payload(), Some((1, b"test".as_slice())));
//! # Ok(())
//! # }
//! ```
//!
//! **Invariant: nothing outside this crate can build a [`VerifiedUplink`].** It has no public
//! constructor, no `Default`, no `Deserialize`, and no feature that offers one to tests: tests
//! build real frames with the `device` feature and have them verified. `tests/sealed/` holds the
//! proof that it does not compile.
//!
//! There is no input or output here and no clock: the time of reception is an argument, the
//! session's state is handed out to be stored and taken back at the next start.
//!
//! Served: data uplinks, confirmed and unconfirmed, of LoRaWAN 1.0.2, 1.0.3, 1.0.4 and 1.1. The keys
//! and the counter are all that a session is, so how it was activated (ABP or OTAA) makes no
//! difference. [`Joins`] makes sessions of the join-requests and join-accepts that a network server
//! hands over; [`wrapped`] takes session keys out of the envelopes in which servers send them.
//! [`Reports`] takes uplinks of which the network server hands over the payload alone.
//! [`inspect`] explains a frame to people, and verifies nothing.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod address;
mod by_dev_eui;
mod claim;
mod counter;
mod crypto;
#[cfg(any(test, feature = "device"))]
pub mod device;
mod direction;
mod f_cnt;
mod fingerprint;
mod hexadecimal;
pub mod inspect;
mod join_frames;
mod join_keys;
mod joins;
mod keys;
mod mac_commands;
mod metadata;
mod mic;
mod mic_1_1;
mod mic_check;
mod phy_payload;
mod reassembly;
mod refusal;
mod report;
mod reports;
mod session;
mod sessions;
mod uplink;
mod version;
pub mod wrapped;

pub use address::{DevAddr, DevEui, JoinEui};
pub use by_dev_eui::{ByDevEui, OfDevice};
pub use claim::{Claim, NextState, Progress};
pub use direction::Direction;
pub use fingerprint::Fingerprint;
pub use hexadecimal::{FromText, InvalidHex};
pub use join_frames::{JoinAccept, JoinRequest, RejoinKind, RejoinRequest};
pub use joins::{JoinClaim, JoinMessage, JoinRefusal, JoinState, Joiner, Joins};
pub use keys::{
    AppKey, AppSKey, FNwkSIntKey, Kek, NetworkKeys, NetworkKeysV1_1, NwkKey, NwkSEncKey, NwkSKey,
    RootKeys, SNwkSIntKey,
};
pub use mac_commands::{MacCommand, mac_commands};
pub use metadata::{RadioMetadata, Reception};
pub use mic::Mic;
pub use phy_payload::{MType, MalformedPhyPayload, PhyPayload};
pub use reassembly::Reassembled;
pub use refusal::Refusal;
pub use report::ReportedUplink;
pub use reports::{Reports, state::ReportState};
pub use session::{Session, SessionState};
pub use sessions::{CheckedFrame, Reach, Sessions};
pub use uplink::{VerifiedBy, VerifiedUplink};
pub use version::{LorawanVersion, UnknownVersion};
