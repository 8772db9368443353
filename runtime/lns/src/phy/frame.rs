//! Frames in our own format, whole: one as JSON, many as lines of JSON.

use champollion_frames::{DevEui, RadioMetadata, Reception};
use jiff::Timestamp;
use serde::Deserialize;

use super::KIND;
use crate::{
    Content, Fault, Frame, Kind, OwnFormat, Unreadable,
    own_format::{PhyReception, bounded, hexadecimal_digits},
};

/// A frame as `POST /v1/ingest/phy` takes it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PhyFrame {
    /// The PHYPayload as hexadecimal digits.
    #[schema(value_type = String, example = "40010010020000070014A5B6C7")]
    #[serde(deserialize_with = "hexadecimal_digits")]
    phy_payload: Vec<u8>,
    /// The device of the frame; needed where the network server has checked the MIC, and of use to a
    /// join-accept, which does not say it.
    dev_eui: Option<DevEui>,
    /// The frame counter, all 32 bits, where the network server knows it.
    f_cnt: Option<u32>,
    /// Whether the network server has checked the MIC and keeps the network keys to itself.
    #[serde(default)]
    mic_checked: bool,
    /// When the network received it; now where it is missing.
    received_at: Option<Timestamp>,
    // The members of `RadioMetadata`, one by one: of what is flattened serde cannot say where an
    // error is.
    /// The centre frequency in Hz.
    frequency_hz: Option<u32>,
    /// LoRa's spreading factor, 5 to 12.
    spreading_factor: Option<u8>,
    /// The bandwidth in Hz.
    bandwidth_hz: Option<u32>,
    /// The forward error correction, such as `4/5`.
    coding_rate: Option<String>,
    /// The channel plan, such as `EU868`.
    region: Option<String>,
    /// The index of the data rate in the channel plan.
    data_rate_index: Option<u8>,
    /// The index of the channel in the channel plan.
    channel_index: Option<u8>,
    /// The lower 16 bits of the counter of the downlink that the frame acknowledges.
    conf_f_cnt: Option<u16>,
    /// The gateways that heard the frame.
    #[serde(default)]
    gateways: Vec<PhyReception>,
}

impl OwnFormat for PhyFrame {
    const KIND: Kind = KIND;

    fn read(self) -> Result<Frame, Unreadable> {
        let metadata = RadioMetadata {
            frequency_hz: self.frequency_hz,
            spreading_factor: self.spreading_factor,
            bandwidth_hz: self.bandwidth_hz,
            coding_rate: self.coding_rate,
            region: self.region,
            data_rate_index: self.data_rate_index,
            channel_index: self.channel_index,
            conf_f_cnt: self.conf_f_cnt,
            gateways: self.gateways.into_iter().map(Reception::from).collect(),
        };
        bounded(&metadata)?;
        if self.mic_checked && self.dev_eui.is_none() {
            let why = "it is missing, and micChecked says that you know the device";
            return Err(Unreadable::new("devEui", Fault::Invalid(why.to_owned())));
        }
        let content = Content::Phy {
            phy_payload: self.phy_payload,
            dev_eui: self.dev_eui,
            f_cnt: self.f_cnt,
            mic_checked: self.mic_checked,
        };
        Ok(Frame { content, received_at: self.received_at, metadata })
    }
}
