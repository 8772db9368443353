//! A frame explained to people: its fields, and with keys its MIC and its payload. Nothing is
//! verified here in the sense of this crate: no counter is kept and no
//! [`VerifiedUplink`](crate::VerifiedUplink) comes of it.

use serde::Serialize;

use crate::{
    address::{DevAddr, DevEui, JoinEui},
    crypto::{self, FrameId},
    direction::Direction,
    join_frames::{JoinAccept, JoinRequest, RejoinKind, RejoinRequest},
    join_keys::Asked,
    keys::{AppSKey, NetworkKeys, RootKeys},
    mac_commands::{MacCommand, mac_commands},
    metadata::RadioMetadata,
    mic::Mic,
    mic_1_1::{self, Checked},
    phy_payload::{MType, MalformedPhyPayload, PhyPayload},
};

/// Facts that are known of the device whose frame is explained. All may be absent.
#[derive(Debug, Default)]
pub struct Known {
    /// The network's keys of its session.
    pub network_keys: Option<NetworkKeys>,
    /// The application's key of its session.
    pub app_s_key: Option<AppSKey>,
    /// The root keys that the device joins with.
    pub root_keys: Option<RootKeys>,
    /// The upper 16 bits of its FCnt, where they are known.
    pub f_cnt_high: Option<u16>,
    /// The device, which a join-accept does not name.
    pub dev_eui: Option<DevEui>,
    /// Its join server, which a join-accept does not name.
    pub join_eui: Option<JoinEui>,
    /// The number of the join-request that a join-accept answers.
    pub dev_nonce: Option<u16>,
    /// The transmission of the frame, as far as it enters the MIC of LoRaWAN 1.1.
    pub metadata: RadioMetadata,
}

/// A frame, explained field by field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// The kind of message, in words.
    pub m_type: String,
    /// The first byte, MHDR.
    pub mhdr: u8,
    /// The integrity code as it stands in the frame, or after decryption.
    pub mic: Option<Mic>,
    /// The result of checking the MIC.
    pub mic_check: MicCheck,
    /// The fields of the message.
    #[serde(flatten)]
    pub message: Message,
}

/// The result of checking a MIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MicCheck {
    /// The MIC is right.
    Right,
    /// The half that can be checked is right.
    HalfRight,
    /// The MIC is wrong.
    Wrong,
    /// The key that makes it is not known here.
    NotChecked,
}

/// The fields of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Message {
    /// A data frame, up or down.
    Data(Data),
    /// A device asks to join.
    JoinRequest {
        /// The JoinEUI of the join server.
        join_eui: JoinEui,
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The number of the request.
        dev_nonce: u16,
    },
    /// A device asks for a new session.
    RejoinRequest {
        /// Why: 0, 1 or 2.
        rejoin_type: u8,
        /// The network, 24 bits, in types 0 and 2.
        #[serde(skip_serializing_if = "Option::is_none")]
        net_id: Option<u32>,
        /// The join server, in type 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        join_eui: Option<JoinEui>,
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The number of the request.
        counter: u16,
    },
    /// The network lets a device join. Encrypted where no root key is known.
    JoinAccept(#[serde(skip_serializing_if = "Option::is_none")] Option<Accept>),
    /// A proprietary message, which only its sender understands.
    Proprietary {
        /// All after the MHDR, as hexadecimal digits.
        payload: String,
    },
}

/// The fields of a data frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Data {
    /// The direction of the frame.
    pub direction: Direction,
    /// Whether an acknowledgement is asked for.
    pub confirmed: bool,
    /// The address of the device.
    pub dev_addr: DevAddr,
    /// The bit for adaptive data rate.
    pub adr: bool,
    /// Up: the device asks whether it is still heard.
    pub adr_ack_req: bool,
    /// The last confirmed frame of the other side is acknowledged.
    pub ack: bool,
    /// Up: class B is on. Down: more is waiting.
    pub class_b_or_f_pending: bool,
    /// The FCnt: all 32 bits where the MIC says so, else the 16 bits that are sent.
    pub f_cnt: u32,
    /// MAC commands in the header, as hexadecimal digits as sent.
    pub f_opts: String,
    /// The same, read: decrypted with the keys of LoRaWAN 1.1, as they are without. Absent where the
    /// MIC is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f_opts_commands: Option<Vec<MacCommand>>,
    /// The FPort, where the frame has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f_port: Option<u8>,
    /// The payload as sent, as hexadecimal digits.
    pub frm_payload: String,
    /// The payload decrypted, as hexadecimal digits; absent where the key is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// The payload as text, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The payload as MAC commands, on FPort 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commands: Option<Vec<MacCommand>>,
}

/// The fields of a join-accept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Accept {
    /// The number of the answer, 24 bits.
    pub join_nonce: u32,
    /// The network, 24 bits.
    pub net_id: u32,
    /// The address that the device is to send from.
    pub dev_addr: DevAddr,
    /// Whether the session is one of LoRaWAN 1.1.
    pub opt_neg: bool,
    /// Difference of the data rates of uplink and first window.
    pub rx1_dr_offset: u8,
    /// Data rate of the second window.
    pub rx2_data_rate: u8,
    /// Seconds to the first window.
    pub rx_delay_seconds: u8,
    /// The list of channels, as hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cf_list: Option<String>,
}

/// Explains a frame.
///
/// # Errors
/// [`MalformedPhyPayload`] says which field the bytes break.
pub fn inspect(phy: &[u8], known: &Known) -> Result<Inspection, MalformedPhyPayload> {
    let &mhdr = phy.first().ok_or(MalformedPhyPayload::TooShort { got: 0, needed: 1 })?;
    let m_type = MType::of(mhdr)?;
    let (message, mic, mic_check) = match m_type {
        MType::JoinRequest => join_request(&JoinRequest::parse(phy)?, known),
        MType::RejoinRequest => rejoin_request(&RejoinRequest::parse(phy)?),
        MType::JoinAccept => join_accept(phy, known)?,
        MType::Proprietary => {
            (Message::Proprietary { payload: digits(&phy[1..]) }, None, MicCheck::NotChecked)
        }
        _ => {
            let (direction, frame) = PhyPayload::parse_either(phy)?;
            data(direction, &frame, known)
        }
    };
    Ok(Inspection { m_type: m_type.to_string(), mhdr, mic, mic_check, message })
}

type Explained = (Message, Option<Mic>, MicCheck);

fn join_request(request: &JoinRequest<'_>, known: &Known) -> Explained {
    let check =
        known.root_keys.as_ref().map_or(MicCheck::NotChecked, |keys| right(keys.made(request)));
    let message = Message::JoinRequest {
        join_eui: request.join_eui(),
        dev_eui: request.dev_eui(),
        dev_nonce: request.dev_nonce(),
    };
    (message, Some(request.mic()), check)
}

fn rejoin_request(request: &RejoinRequest<'_>) -> Explained {
    let (rejoin_type, net_id, join_eui) = match request.kind {
        RejoinKind::Everything { net_id } => (0, Some(net_id), None),
        RejoinKind::LikeJoin { join_eui } => (1, None, Some(join_eui)),
        RejoinKind::Keys { net_id } => (2, Some(net_id), None),
    };
    let (dev_eui, counter) = (request.dev_eui, request.counter);
    let message = Message::RejoinRequest { rejoin_type, net_id, join_eui, dev_eui, counter };
    (message, Some(request.mic()), MicCheck::NotChecked)
}

fn join_accept(phy: &[u8], known: &Known) -> Result<Explained, MalformedPhyPayload> {
    let Some(keys) = &known.root_keys else {
        JoinAccept::check_length(phy)?;
        return Ok((Message::JoinAccept(None), None, MicCheck::NotChecked));
    };
    let accept = keys.decrypt(phy)?;
    let asked = match (known.dev_eui, known.join_eui, known.dev_nonce) {
        (Some(dev_eui), Some(join_eui), Some(dev_nonce)) => {
            Some(Asked { dev_eui, join_eui, dev_nonce })
        }
        _ => None,
    };
    let check = match keys.accept_mic(&accept, asked) {
        Some(mic) => right(crypto::same_mic(mic, accept.mic())),
        None => MicCheck::NotChecked,
    };
    let message = Accept {
        join_nonce: accept.join_nonce(),
        net_id: accept.net_id(),
        dev_addr: accept.dev_addr(),
        opt_neg: accept.is_1_1(),
        rx1_dr_offset: accept.dl_settings() >> 4 & 0b111,
        rx2_data_rate: accept.dl_settings() & 0b1111,
        rx_delay_seconds: (accept.rx_delay() & 0b1111).max(1),
        cf_list: accept.cf_list().map(|list| digits(&list)),
    };
    Ok((Message::JoinAccept(Some(message)), Some(accept.mic()), check))
}

fn data(direction: Direction, phy: &PhyPayload<'_>, known: &Known) -> Explained {
    let f_cnt = u32::from(known.f_cnt_high.unwrap_or(0)) << 16 | u32::from(phy.f_cnt_16());
    let id = FrameId { direction, dev_addr: phy.dev_addr(), f_cnt };
    let check = known
        .network_keys
        .as_ref()
        .map_or(MicCheck::NotChecked, |keys| check_data(keys, direction, phy, id, &known.metadata));

    let is_mac_commands = phy.f_port() == Some(0);
    let key = if is_mac_commands {
        known.network_keys.as_ref().and_then(NetworkKeys::expand_for_mac_commands)
    } else {
        known.app_s_key.as_ref().map(AppSKey::expand)
    };
    let payload = match key {
        _ if phy.frm_payload().is_empty() => Some(Vec::new()),
        // With a wrong MIC the keys are not the frame's, and what they decrypt it to is noise.
        Some(_) if check == MicCheck::Wrong => None,
        Some(key) => {
            let mut payload = phy.frm_payload().to_vec();
            crypto::apply_key_stream(&key, id, &mut payload);
            Some(payload)
        }
        None => None,
    };

    let mut f_opts = phy.f_opts().to_vec();
    if let Some(NetworkKeys::V1_1(keys)) = &known.network_keys {
        let key = keys.nwk_s_enc_key.expand();
        crypto::apply_f_opts_key_stream(&key, id, phy.f_port(), &mut f_opts);
    }
    let read = |bytes: &[u8]| mac_commands(direction, bytes);
    let text = payload.as_deref().and_then(text).map(str::to_owned);
    let commands = payload.as_deref().filter(|_| is_mac_commands).map(read);
    let message = Message::Data(Data {
        direction,
        confirmed: phy.confirmed(),
        dev_addr: phy.dev_addr(),
        adr: phy.adr(),
        adr_ack_req: phy.adr_ack_req(),
        ack: phy.ack(),
        class_b_or_f_pending: phy.class_b_or_f_pending(),
        f_cnt,
        f_opts: digits(phy.f_opts()),
        f_opts_commands: (check != MicCheck::Wrong).then(|| read(&f_opts)),
        f_port: phy.f_port(),
        frm_payload: digits(phy.frm_payload()),
        text: if is_mac_commands { None } else { text },
        payload: payload.as_deref().map(digits),
        commands,
    });
    (message, Some(phy.mic()), check)
}

fn check_data(
    keys: &NetworkKeys,
    direction: Direction,
    phy: &PhyPayload<'_>,
    id: FrameId,
    metadata: &RadioMetadata,
) -> MicCheck {
    let made = match (keys, direction) {
        (NetworkKeys::Withheld, _) => return MicCheck::NotChecked,
        (NetworkKeys::V1_0(nwk_s_key), _) => crypto::mic(&nwk_s_key.expand(), id, phy.message()),
        (NetworkKeys::V1_1(keys), Direction::Up) => {
            return match mic_1_1::check(keys, phy, id.f_cnt, metadata) {
                Some(Checked::Whole) => MicCheck::Right,
                Some(Checked::ForwardingHalf) => MicCheck::HalfRight,
                Some(Checked::ByNetworkServer) => MicCheck::NotChecked,
                None => MicCheck::Wrong,
            };
        }
        (NetworkKeys::V1_1(keys), Direction::Down) => {
            let conf_f_cnt = if phy.ack() { metadata.conf_f_cnt } else { Some(0) };
            let Some(conf_f_cnt) = conf_f_cnt else { return MicCheck::NotChecked };
            let key = keys.s_nwk_s_int_key.expand();
            crypto::downlink_mic_1_1(&key, id, conf_f_cnt, phy.message())
        }
    };
    right(crypto::same_mic(made, phy.mic()))
}

fn right(is_right: bool) -> MicCheck {
    if is_right { MicCheck::Right } else { MicCheck::Wrong }
}

/// The bytes as text, where people could read it.
fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let is_readable = !text.is_empty() && !text.chars().any(char::is_control);
    is_readable.then_some(text)
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
