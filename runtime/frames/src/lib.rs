//! LoRaWAN MAC: bytes in, verified uplinks out.
//!
//! A network server hands over a PHYPayload. [`Sessions::verify`] finds the session it belongs to,
//! checks its MIC, reconstructs the 32-bit FCnt, refuses replays and decrypts. What comes out is a
//! [`Claim`] on a [`VerifiedUplink`]:
//!
//! 1. `verify` reserves the FCnt: no second copy of the frame can pass from now on;
//! 2. the caller makes its record durable, together with [`Claim::next_state`];
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
//! Served: data uplinks, confirmed and unconfirmed, of LoRaWAN 1.0.x sessions. The keys and the
//! counter are all that a session is, so how it was activated (ABP or OTAA) makes no difference.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod address;
mod claim;
mod counter;
mod crypto;
#[cfg(any(test, feature = "device"))]
pub mod device;
mod f_cnt;
mod hexadecimal;
mod keys;
mod metadata;
mod mic;
mod phy_payload;
mod refusal;
mod session;
mod sessions;
mod uplink;

pub use address::{DevAddr, DevEui};
pub use claim::Claim;
pub use hexadecimal::InvalidHex;
pub use keys::{AppSKey, NwkSKey};
pub use metadata::{RadioMetadata, Reception};
pub use mic::Mic;
pub use phy_payload::{MType, MalformedPhyPayload, PhyPayload};
pub use refusal::Refusal;
pub use session::{Session, SessionState};
pub use sessions::Sessions;
pub use uplink::{VerifiedBy, VerifiedUplink};
