//! Frames from network servers.

use std::sync::Arc;

use axum::{Json, extract::State};
use champollion_frames::{DevEui, RadioMetadata, Reception};
use champollion_sdk::vectors::Hex;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Problem, extract::JsonBody};
use crate::{
    auth::{Authorized, Ingest},
    ingest::{Frame, GATEWAYS, Receipt},
    lns::Content,
    service::Service,
};

/// Longest name of a gateway, a coding rate or a region in bytes: four times an EUI.
const NAME_BYTES: usize = 64;

/// A frame as `POST /v1/ingest/phy` takes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhyFrame {
    /// The PHYPayload as hexadecimal digits.
    phy_payload: Hex,
    /// Whose it is; needed where the network server has checked the MIC, and of use to a join-accept,
    /// which does not say it.
    dev_eui: Option<DevEui>,
    f_cnt: Option<u32>,
    #[serde(default)]
    mic_checked: bool,
    /// When the network received it; now where it is missing.
    received_at: Option<Timestamp>,
    /// The members of [`RadioMetadata`], one by one: of what is flattened serde cannot say where an
    /// error is.
    frequency_hz: Option<u32>,
    spreading_factor: Option<u8>,
    bandwidth_hz: Option<u32>,
    coding_rate: Option<String>,
    region: Option<String>,
    data_rate_index: Option<u8>,
    channel_index: Option<u8>,
    conf_f_cnt: Option<u16>,
    #[serde(default)]
    gateways: Vec<Reception>,
}

pub(super) async fn phy(
    authorized: Authorized<Ingest>,
    State(service): State<Arc<Service>>,
    JsonBody(frame): JsonBody<PhyFrame>,
) -> Result<Json<Receipt>, Problem> {
    let metadata = RadioMetadata {
        frequency_hz: frame.frequency_hz,
        spreading_factor: frame.spreading_factor,
        bandwidth_hz: frame.bandwidth_hz,
        coding_rate: frame.coding_rate,
        region: frame.region,
        data_rate_index: frame.data_rate_index,
        channel_index: frame.channel_index,
        conf_f_cnt: frame.conf_f_cnt,
        gateways: frame.gateways,
    };
    bounded(&metadata)?;
    if frame.mic_checked && frame.dev_eui.is_none() {
        let detail = "micChecked says that you know the device: devEui is missing";
        return Err(Problem::bad_request("invalid-body", detail));
    }
    let content = Content::Phy {
        phy_payload: frame.phy_payload.0,
        dev_eui: frame.dev_eui,
        f_cnt: frame.f_cnt,
        mic_checked: frame.mic_checked,
    };
    let frame = Frame { content, received_at: frame.received_at, metadata };
    Ok(Json(service.intake.take(frame, &authorized.principal.network_server()).await?))
}

/// Metadata becomes part of the record, which must fit into the store.
fn bounded(metadata: &RadioMetadata) -> Result<(), Problem> {
    if metadata.gateways.len() > GATEWAYS {
        let detail = format!(
            "gateways has {} entries, and {GATEWAYS} are the limit",
            metadata.gateways.len()
        );
        return Err(Problem::bad_request("invalid-body", detail));
    }
    let gateways = metadata.gateways.iter().map(|gateway| ("gatewayId", Some(&gateway.gateway_id)));
    let others =
        [("codingRate", metadata.coding_rate.as_ref()), ("region", metadata.region.as_ref())];
    for (name, value) in gateways.chain(others) {
        if value.is_some_and(|value| value.len() > NAME_BYTES) {
            let detail = format!("{name} is longer than {NAME_BYTES} bytes");
            return Err(Problem::bad_request("invalid-body", detail));
        }
    }
    Ok(())
}
