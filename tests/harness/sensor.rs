//! Sensors, which send real frames.

use champollion_frames::{
    AppSKey, DevAddr, DevEui, NwkSKey, Session,
    device::{Device, Uplink},
};
use serde_json::{Value as Json, json};

/// The start of all DevEUIs: locally administered, so that they are nobody's.
const DEV_EUI_BLOCK: u64 = 0x02C4_A3FF_FE10_0000;

/// The start of all DevAddrs: the NwkID of an experimental network.
const DEV_ADDR_BLOCK: u32 = 0x0200_1000;

/// When frames are received of which the test does not say it.
const RECEIVED_AT: &str = "2026-01-31T12:00:00Z";

/// A device of LoRaWAN 1.0.x with keys of its own.
#[derive(Clone)]
pub struct Sensor {
    session: Session,
    device: Device,
}

impl Sensor {
    /// The sensor of a number; the same number is the same sensor.
    #[must_use]
    pub fn new(number: u8) -> Self {
        let session = Session::lorawan_1_0(
            DevEui::from_be_bytes((DEV_EUI_BLOCK + u64::from(number)).to_be_bytes()),
            DevAddr::from_u32(DEV_ADDR_BLOCK + u32::from(number)),
            NwkSKey::from_bytes([number ^ 0xA5; 16]),
            AppSKey::from_bytes([number ^ 0x5A; 16]),
        );
        Self { device: Device::of(&session), session }
    }

    /// Its DevEUI.
    #[must_use]
    pub fn dev_eui(&self) -> String {
        self.session.dev_eui().to_string()
    }

    /// Its DevAddr.
    #[must_use]
    pub fn dev_addr(&self) -> String {
        self.session.dev_addr().to_string()
    }

    /// The key of its MICs.
    #[must_use]
    pub fn nwk_s_key(&self) -> String {
        self.session.nwk_s_key().reveal_hex()
    }

    /// The key of its payloads.
    #[must_use]
    pub fn app_s_key(&self) -> String {
        self.session.app_s_key().reveal_hex()
    }

    /// Where it is registered.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/v1/devices/{}", self.dev_eui())
    }

    /// What is registered of it.
    #[must_use]
    pub fn registration(&self, group: &str, decoder: Option<&str>) -> Json {
        json!({
            "group": group,
            "decoder": decoder,
            "activation": { "abp": {
                "devAddr": self.dev_addr(),
                "nwkSKey": self.nwk_s_key(),
                "appSKey": self.app_s_key(),
            }},
        })
    }

    /// A PHYPayload that it sends.
    #[must_use]
    pub fn phy(&self, f_cnt: u32, f_port: u8, payload: &[u8]) -> Vec<u8> {
        self.device.uplink(f_port, payload, f_cnt, false).expect("a sensor can send this")
    }

    /// A PHYPayload of MAC commands alone.
    #[must_use]
    pub fn mac_commands(&self, f_cnt: u32) -> Vec<u8> {
        // LinkCheckReq
        let uplink = Uplink { f_cnt, f_opts: &[0x02], ..Uplink::default() };
        self.device.send(&uplink).expect("a sensor can send this")
    }

    /// The body with which a network server hands over a frame.
    #[must_use]
    pub fn frame(&self, f_cnt: u32, f_port: u8, payload: &[u8]) -> Json {
        json!({
            "phyPayload": digits(&self.phy(f_cnt, f_port, payload)),
            "receivedAt": RECEIVED_AT,
        })
    }
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
