//! From bytes to the fields of a data uplink. No key is involved: nothing here is trusted yet.

use std::fmt;

use lorawan::{
    packet_length::phy::{MIC_LEN, PHY_PAYLOAD_MIN_LEN, mac::fhdr::FHDR_MIN_LEN},
    parser::{self, FCtrl, FHDR, MHDR},
};

use crate::{address::DevAddr, direction::Direction, mic::Mic};

/// The bit of the FCtrl by which a device asks whether the network still hears it.
const ADR_ACK_REQ: u8 = 1 << 6;
/// The bit of the FCtrl that acknowledges the last confirmed frame of the other side.
const ACK: u8 = 1 << 5;
/// The bit of the FCtrl that says: up, class B is on; down, more is waiting.
const CLASS_B_OR_F_PENDING: u8 = 1 << 4;

/// The longest PHYPayload, in bytes: LoRa's PHY header gives the length in one byte, and the
/// largest MACPayload of any region and data rate (250) with MHDR and MIC comes to the same.
const PHY_PAYLOAD_MAX_LEN: usize = 255;

/// A data uplink, confirmed or not, as it was received: `MHDR | FHDR | FPort | FRMPayload | MIC`.
///
/// Its fields are what someone sent, not necessarily what the device sent:
/// [`Sessions::verify`](crate::Sessions::verify) finds that out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhyPayload<'a> {
    bytes: &'a [u8],
    confirmed: bool,
    dev_addr: DevAddr,
    f_ctrl: u8,
    adr: bool,
    f_cnt_16: u16,
    f_opts: &'a [u8],
    f_port: Option<u8>,
    frm_payload: &'a [u8],
    mic: Mic,
}

/// Why bytes are not the PHYPayload of a data uplink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedPhyPayload {
    /// Not even the fields that every data frame has fit in.
    #[error(
        "PHYPayload too short: {got} of at least {needed} bytes; a data uplink has MHDR (1), FHDR (7) and MIC (4)"
    )]
    TooShort {
        /// The number of bytes received.
        got: usize,
        /// Bytes that the shortest data uplink has.
        needed: usize,
    },
    /// More than LoRa can send.
    #[error("PHYPayload too long: {got} bytes, LoRa sends at most {limit}")]
    TooLong {
        /// The number of bytes received.
        got: usize,
        /// Bytes that the longest PHYPayload has.
        limit: usize,
    },
    /// A version of LoRaWAN that does not exist yet.
    #[error(
        "LoRaWAN major version {major} in the MHDR is not supported; version 1 is written as 0"
    )]
    UnsupportedMajorVersion {
        /// The two lowest bits of the MHDR.
        major: u8,
    },
    /// A message of another kind.
    #[error("the PHYPayload is a {m_type}, expected an unconfirmed or confirmed data uplink")]
    UnsupportedMType {
        /// The type of the message.
        m_type: MType,
    },
    /// A message of another kind than the one asked for.
    #[error("the PHYPayload is a {m_type}, expected a {expected}")]
    OtherMType {
        /// The type of the message.
        m_type: MType,
        /// The type that was asked for.
        expected: MType,
    },
    /// A message of the join procedure has a fixed length.
    #[error("a {m_type} has {needed} bytes, got {got}")]
    WrongLength {
        /// The type of the message.
        m_type: MType,
        /// The number of bytes received.
        got: usize,
        /// Bytes that such a message has.
        needed: &'static str,
    },
    /// A rejoin-request of a type that does not exist.
    #[error("a rejoin request is of type 0, 1 or 2, got {kind}")]
    UnknownRejoinType {
        /// The type in the frame.
        kind: u8,
    },
    /// The header announces more MAC commands than there are bytes.
    #[error(
        "FCtrl announces {announced} bytes of FOpts, but only {available} are left before the MIC"
    )]
    FOptsPastEnd {
        /// Length of the FOpts in the FCtrl, in bytes.
        announced: usize,
        /// Bytes between FCnt and MIC.
        available: usize,
    },
}

/// The kind of a LoRaWAN message, from the three highest bits of its MHDR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the specification")]
pub enum MType {
    JoinRequest,
    JoinAccept,
    UnconfirmedDataUp,
    UnconfirmedDataDown,
    ConfirmedDataUp,
    ConfirmedDataDown,
    /// Reserved in LoRaWAN 1.0.x, the rejoin request of 1.1.
    RejoinRequest,
    Proprietary,
}

impl<'a> PhyPayload<'a> {
    /// Takes the fields of a data uplink apart.
    ///
    /// # Errors
    /// [`MalformedPhyPayload`] says which field the bytes break.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, MalformedPhyPayload> {
        match Self::parse_either(bytes)? {
            (Direction::Up, phy) => Ok(phy),
            (Direction::Down, phy) => Err(MalformedPhyPayload::UnsupportedMType {
                m_type: if phy.confirmed {
                    MType::ConfirmedDataDown
                } else {
                    MType::UnconfirmedDataDown
                },
            }),
        }
    }

    /// Takes the fields of a data frame apart that goes up or down. They lie in the same places.
    ///
    /// # Errors
    /// [`MalformedPhyPayload`] says which field the bytes break.
    pub fn parse_either(bytes: &'a [u8]) -> Result<(Direction, Self), MalformedPhyPayload> {
        let got = bytes.len();
        let too_short = MalformedPhyPayload::TooShort { got, needed: PHY_PAYLOAD_MIN_LEN };
        if got < PHY_PAYLOAD_MIN_LEN {
            return Err(too_short);
        }
        if got > PHY_PAYLOAD_MAX_LEN {
            return Err(MalformedPhyPayload::TooLong { got, limit: PHY_PAYLOAD_MAX_LEN });
        }
        let (&mhdr, rest) = bytes.split_first().ok_or(too_short)?;
        let (mac_payload, &mic) = rest.split_last_chunk::<MIC_LEN>().ok_or(too_short)?;

        let (direction, confirmed) = match MType::of(mhdr)? {
            MType::UnconfirmedDataUp => (Direction::Up, false),
            MType::ConfirmedDataUp => (Direction::Up, true),
            MType::UnconfirmedDataDown => (Direction::Down, false),
            MType::ConfirmedDataDown => (Direction::Down, true),
            m_type => return Err(MalformedPhyPayload::UnsupportedMType { m_type }),
        };

        // The parser crate reads the fields one by one. Its parser for whole frames wants to own
        // and change the bytes, and takes the FPort of a frame without FRMPayload for absent.
        let is_uplink = direction == Direction::Up;
        let Some(fhdr) = FHDR::new(mac_payload, is_uplink) else {
            // The fixed fields are there, so it is the FOpts that are not.
            return Err(MalformedPhyPayload::FOptsPastEnd {
                announced: FCtrl::new(mac_payload[4], is_uplink).f_opts_len().into(),
                available: mac_payload.len() - FHDR_MIN_LEN,
            });
        };
        let fhdr_len = FHDR_MIN_LEN + usize::from(fhdr.fopts_len());
        let (fhdr_bytes, port_and_payload) = mac_payload.split_at(fhdr_len);
        let (f_port, frm_payload) = match port_and_payload.split_first() {
            Some((&f_port, frm_payload)) => (Some(f_port), frm_payload),
            None => (None, port_and_payload),
        };

        let phy = Self {
            bytes,
            confirmed,
            // The parser leaves the address in the order it was sent.
            dev_addr: DevAddr::from_u32(u32::from(fhdr.dev_addr().to_owned()).swap_bytes()),
            f_ctrl: mac_payload[4],
            adr: fhdr.fctrl().adr(),
            f_cnt_16: fhdr.fcnt(),
            f_opts: &fhdr_bytes[FHDR_MIN_LEN..],
            f_port,
            frm_payload,
            mic: Mic::from_bytes(mic),
        };
        Ok((direction, phy))
    }

    /// All bytes, MHDR to MIC.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes that the MIC is computed over: all but the MIC.
    #[must_use]
    pub fn message(&self) -> &'a [u8] {
        &self.bytes[..self.bytes.len() - MIC_LEN]
    }

    /// Whether the device asks for an acknowledgement.
    #[must_use]
    pub fn confirmed(&self) -> bool {
        self.confirmed
    }

    /// The address the sender gives as its own.
    #[must_use]
    pub fn dev_addr(&self) -> DevAddr {
        self.dev_addr
    }

    /// Whether the device lets the network set its data rate.
    #[must_use]
    pub fn adr(&self) -> bool {
        self.adr
    }

    /// Whether the device asks the network for a sign that it still hears it.
    #[must_use]
    pub fn adr_ack_req(&self) -> bool {
        self.f_ctrl & ADR_ACK_REQ != 0
    }

    /// Whether it acknowledges the last confirmed frame of the other side.
    #[must_use]
    pub fn ack(&self) -> bool {
        self.f_ctrl & ACK != 0
    }

    /// In an uplink whether class B is on, in a downlink whether more is waiting.
    #[must_use]
    pub fn class_b_or_f_pending(&self) -> bool {
        self.f_ctrl & CLASS_B_OR_F_PENDING != 0
    }

    /// The lower 16 bits of the FCnt; the upper ones are not sent.
    #[must_use]
    pub fn f_cnt_16(&self) -> u16 {
        self.f_cnt_16
    }

    /// MAC commands in the header, 0 to 15 bytes; in LoRaWAN 1.1 still encrypted.
    #[must_use]
    pub fn f_opts(&self) -> &'a [u8] {
        self.f_opts
    }

    /// The port; absent in a frame that ends with its header.
    #[must_use]
    pub fn f_port(&self) -> Option<u8> {
        self.f_port
    }

    /// The payload, still encrypted.
    #[must_use]
    pub fn frm_payload(&self) -> &'a [u8] {
        self.frm_payload
    }

    /// The integrity code the frame ends with.
    #[must_use]
    pub fn mic(&self) -> Mic {
        self.mic
    }
}

impl MType {
    /// The kind of the message that starts with this byte, the MHDR.
    ///
    /// # Errors
    /// [`MalformedPhyPayload::UnsupportedMajorVersion`]: another major version may number its kinds
    /// anew.
    pub fn of(mhdr: u8) -> Result<Self, MalformedPhyPayload> {
        let parsed = MHDR::new(mhdr);
        if parsed.major() != parser::Major::LoRaWANR1 {
            return Err(MalformedPhyPayload::UnsupportedMajorVersion { major: mhdr & 0b11 });
        }
        Ok(parsed.mtype().into())
    }
}

impl From<parser::MType> for MType {
    fn from(m_type: parser::MType) -> Self {
        match m_type {
            parser::MType::JoinRequest => Self::JoinRequest,
            parser::MType::JoinAccept => Self::JoinAccept,
            parser::MType::UnconfirmedDataUp => Self::UnconfirmedDataUp,
            parser::MType::UnconfirmedDataDown => Self::UnconfirmedDataDown,
            parser::MType::ConfirmedDataUp => Self::ConfirmedDataUp,
            parser::MType::ConfirmedDataDown => Self::ConfirmedDataDown,
            parser::MType::RFU => Self::RejoinRequest,
            parser::MType::Proprietary => Self::Proprietary,
        }
    }
}

impl fmt::Display for MType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::JoinRequest => "join request",
            Self::JoinAccept => "join accept",
            Self::UnconfirmedDataUp => "unconfirmed data uplink",
            Self::UnconfirmedDataDown => "unconfirmed data downlink",
            Self::ConfirmedDataUp => "confirmed data uplink",
            Self::ConfirmedDataDown => "confirmed data downlink",
            Self::RejoinRequest => "rejoin request",
            Self::Proprietary => "proprietary message",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An unconfirmed uplink of 01020304, FCnt 0x0506, with these bytes between FCtrl and MIC.
    fn frame(mhdr: u8, f_ctrl: u8, after_f_cnt: &[u8]) -> Vec<u8> {
        let head = [mhdr, 0x04, 0x03, 0x02, 0x01, f_ctrl, 0x06, 0x05];
        [&head, after_f_cnt, &[0xA1, 0xA2, 0xA3, 0xA4]].concat()
    }

    #[track_caller]
    fn assert_malformed(bytes: &[u8], message: &str) {
        assert_eq!(PhyPayload::parse(bytes).unwrap_err().to_string(), message);
    }

    #[test]
    fn every_field_is_found() {
        let bytes = frame(0x80, 0x82, &[0xB1, 0xB2, 7, 0xC1, 0xC2, 0xC3]);
        let phy = PhyPayload::parse(&bytes).unwrap();
        assert!(phy.confirmed());
        assert!(phy.adr());
        assert_eq!(phy.dev_addr().to_string(), "01020304");
        assert_eq!(phy.f_cnt_16(), 0x0506);
        assert_eq!(phy.f_opts(), [0xB1, 0xB2]);
        assert_eq!(phy.f_port(), Some(7));
        assert_eq!(phy.frm_payload(), [0xC1, 0xC2, 0xC3]);
        assert_eq!(phy.mic().to_string(), "A1A2A3A4");
        assert_eq!(phy.bytes(), bytes);
        assert_eq!(phy.message(), &bytes[..bytes.len() - 4]);
    }

    #[test]
    fn a_port_without_payload_is_not_a_frame_without_port() {
        let bytes = frame(0x40, 0x00, &[0x09]);
        let phy = PhyPayload::parse(&bytes).unwrap();
        assert_eq!((phy.f_port(), phy.frm_payload()), (Some(9), [].as_slice()));

        let bytes = frame(0x40, 0x00, &[]);
        let phy = PhyPayload::parse(&bytes).unwrap();
        assert_eq!((phy.f_port(), phy.frm_payload()), (None, [].as_slice()));
        assert!(!phy.confirmed() && !phy.adr());
    }

    #[test]
    fn lengths_that_no_data_uplink_has() {
        for length in [0, 1, 11] {
            assert_malformed(
                &vec![0x40; length],
                &format!(
                    "PHYPayload too short: {length} of at least 12 bytes; a data uplink has MHDR (1), FHDR (7) and MIC (4)"
                ),
            );
        }
        assert_malformed(&[0x40; 300], "PHYPayload too long: 300 bytes, LoRa sends at most 255");
        assert_malformed(&[0x40; 256], "PHYPayload too long: 256 bytes, LoRa sends at most 255");
        assert!(PhyPayload::parse(&[0x40; 255]).is_ok());
        assert!(PhyPayload::parse(&frame(0x40, 0x00, &[])).is_ok_and(|phy| phy.bytes.len() == 12));
    }

    #[test]
    fn other_messages_are_called_by_their_name() {
        for (mhdr, name) in [
            (0x00, "join request"),
            (0x20, "join accept"),
            (0x60, "unconfirmed data downlink"),
            (0xA0, "confirmed data downlink"),
            (0xC0, "rejoin request"),
            (0xE0, "proprietary message"),
        ] {
            assert_malformed(
                &frame(mhdr, 0x00, &[]),
                &format!(
                    "the PHYPayload is a {name}, expected an unconfirmed or confirmed data uplink"
                ),
            );
        }
    }

    #[test]
    fn other_major_versions_are_refused() {
        for major in 1..=3 {
            assert_eq!(
                PhyPayload::parse(&frame(0x40 | major, 0x00, &[])),
                Err(MalformedPhyPayload::UnsupportedMajorVersion { major })
            );
        }
        // The bits between MType and major version are reserved: ignored, as the MIC covers them.
        assert!(PhyPayload::parse(&frame(0x5C, 0x00, &[])).is_ok());
    }

    #[test]
    fn f_opts_must_end_before_the_mic() {
        assert!(PhyPayload::parse(&frame(0x40, 0x03, &[1, 2, 3])).is_ok());
        assert_malformed(
            &frame(0x40, 0x03, &[1, 2]),
            "FCtrl announces 3 bytes of FOpts, but only 2 are left before the MIC",
        );
        assert_eq!(
            PhyPayload::parse(&frame(0x40, 0x0F, &[])),
            Err(MalformedPhyPayload::FOptsPastEnd { announced: 15, available: 0 })
        );
    }
}
