//! The reception of a frame, as its record has it.

use champollion_frames::RadioMetadata;
use serde::Serialize;

/// The metadata of the network, and what partners ask for most, taken out of the list of gateways.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Radio {
    /// The best reception; absent where no gateway is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    best_reception: Option<BestReception>,
    /// The signal strength of the best reception. Deprecated: `bestReception` has it with its gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    rssi_dbm: Option<f32>,
    /// Its signal-to-noise ratio. Deprecated: `bestReception` has it with its gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    snr_db: Option<f32>,
    /// The number of gateways that heard the frame.
    redundancy: usize,
    #[serde(flatten)]
    metadata: RadioMetadata,
}

/// The reception with the highest SNR, and among equals the highest RSSI, with its gateway.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
struct BestReception {
    /// The gateway, as the network server names it.
    gateway: String,
    /// The signal strength there, in dBm.
    #[serde(skip_serializing_if = "Option::is_none")]
    rssi_dbm: Option<f32>,
    /// The signal-to-noise ratio there, in dB.
    #[serde(skip_serializing_if = "Option::is_none")]
    snr_db: Option<f32>,
}

impl Radio {
    pub(super) fn of(metadata: &RadioMetadata) -> Self {
        let best = metadata.best_reception();
        Self {
            best_reception: best.map(|reception| BestReception {
                gateway: reception.gateway_id.clone(),
                rssi_dbm: reception.rssi_dbm,
                snr_db: reception.snr_db,
            }),
            rssi_dbm: best.and_then(|reception| reception.rssi_dbm),
            snr_db: best.and_then(|reception| reception.snr_db),
            redundancy: metadata.redundancy(),
            metadata: metadata.clone(),
        }
    }
}
