//! Sensors, which send real frames.

use champollion_frames::{
    AppKey, AppSKey, DevAddr, DevEui, FNwkSIntKey, JoinEui, NetworkKeys, NetworkKeysV1_1, NwkKey,
    NwkSEncKey, NwkSKey, RootKeys, SNwkSIntKey, Session,
    device::{
        Device, Uplink,
        joining::{Answer, JoiningDevice},
    },
};
use serde_json::{Value as Json, json};

/// The start of all DevEUIs: locally administered, so that they are nobody's.
const DEV_EUI_BLOCK: u64 = 0x02C4_A3FF_FE10_0000;

/// The start of all DevAddrs: the NwkID of an experimental network.
const DEV_ADDR_BLOCK: u32 = 0x0200_1000;

/// When frames are received of which the test does not say it.
const RECEIVED_AT: &str = "2026-01-31T12:00:00Z";

/// A device with a session, and keys of its own.
#[derive(Clone)]
pub struct Sensor {
    session: Session,
    device: Device,
}

/// A device that joins, and has no session before.
pub struct Joiner {
    device: JoiningDevice,
    opt_neg: bool,
}

impl Sensor {
    /// The sensor of a number, of LoRaWAN 1.0.x; the same number is the same sensor.
    #[must_use]
    pub fn new(number: u8) -> Self {
        Self::with_session(Session::lorawan_1_0(
            dev_eui(number),
            DevAddr::from_u32(DEV_ADDR_BLOCK + u32::from(number)),
            NwkSKey::from_bytes([number ^ 0xA5; 16]),
            AppSKey::from_bytes([number ^ 0x5A; 16]),
        ))
    }

    /// The sensor of a number, of LoRaWAN 1.1.
    #[must_use]
    pub fn lorawan_1_1(number: u8) -> Self {
        let keys = NetworkKeysV1_1 {
            f_nwk_s_int_key: FNwkSIntKey::from_bytes([number ^ 0x11; 16]),
            s_nwk_s_int_key: SNwkSIntKey::from_bytes([number ^ 0x22; 16]),
            nwk_s_enc_key: NwkSEncKey::from_bytes([number ^ 0x33; 16]),
        };
        let dev_addr = DevAddr::from_u32(DEV_ADDR_BLOCK + u32::from(number));
        let app_s_key = AppSKey::from_bytes([number ^ 0x5A; 16]);
        Self::with_session(Session::lorawan_1_1(dev_eui(number), dev_addr, keys, app_s_key))
    }

    /// The same sensor at another address.
    #[must_use]
    pub fn at(&self, dev_addr: u32) -> Self {
        let (network_keys, app_s_key) =
            (self.session.network_keys().clone(), self.session.app_s_key().clone());
        let dev_addr = DevAddr::from_u32(dev_addr);
        Self::with_session(Session::new(self.session.dev_eui(), dev_addr, network_keys, app_s_key))
    }

    /// The same sensor with another key of its payloads.
    #[must_use]
    pub fn with_app_s_key(&self, app_s_key: [u8; 16]) -> Self {
        let (network_keys, app_s_key) =
            (self.session.network_keys().clone(), AppSKey::from_bytes(app_s_key));
        let (dev_eui, dev_addr) = (self.session.dev_eui(), self.session.dev_addr());
        Self::with_session(Session::new(dev_eui, dev_addr, network_keys, app_s_key))
    }

    fn with_session(session: Session) -> Self {
        Self { device: Device::of(&session), session }
    }

    /// Returns the DevEUI of the sensor.
    #[must_use]
    pub fn dev_eui(&self) -> String {
        self.session.dev_eui().to_string()
    }

    /// Returns the DevAddr of the sensor.
    #[must_use]
    pub fn dev_addr(&self) -> String {
        self.session.dev_addr().to_string()
    }

    /// The key of its MICs, which only a sensor of LoRaWAN 1.0.x has.
    #[must_use]
    pub fn nwk_s_key(&self) -> String {
        let key = self.session.network_keys().nwk_s_key();
        key.expect("it is a sensor of LoRaWAN 1.0.x").reveal_hex()
    }

    /// Its keys, by the names that they have in a registration.
    #[must_use]
    pub fn keys(&self) -> Json {
        let app_s_key = self.app_s_key();
        match self.session.network_keys() {
            NetworkKeys::Withheld => {
                json!({ "devAddr": self.dev_addr(), "appSKey": app_s_key })
            }
            NetworkKeys::V1_0(nwk_s_key) => json!({
                "devAddr": self.dev_addr(),
                "nwkSKey": nwk_s_key.reveal_hex(),
                "appSKey": app_s_key,
            }),
            NetworkKeys::V1_1(keys) => json!({
                "devAddr": self.dev_addr(),
                "fNwkSIntKey": keys.f_nwk_s_int_key.reveal_hex(),
                "sNwkSIntKey": keys.s_nwk_s_int_key.reveal_hex(),
                "nwkSEncKey": keys.nwk_s_enc_key.reveal_hex(),
                "appSKey": app_s_key,
            }),
        }
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

    /// Returns the registration of the sensor.
    #[must_use]
    pub fn registration(&self, group: &str, decoder: Option<&str>) -> Json {
        json!({
            "group": group,
            "decoder": decoder,
            "activation": { "abp": self.keys() },
        })
    }

    /// A PHYPayload that it sends.
    #[must_use]
    pub fn phy(&self, f_cnt: u32, f_port: u8, payload: &[u8]) -> Vec<u8> {
        self.device.uplink(f_port, payload, f_cnt, false).expect("a sensor can send this")
    }

    /// Any PHYPayload that it sends.
    #[must_use]
    pub fn send(&self, uplink: &Uplink<'_>) -> Vec<u8> {
        self.device.send(uplink).expect("a sensor can send this")
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
        frame(&self.phy(f_cnt, f_port, payload))
    }

    /// The same as one gateway heard it.
    #[must_use]
    pub fn frame_through(&self, f_cnt: u32, payload: &[u8], gateway: &str, snr_db: f64) -> Json {
        let mut frame = self.frame(f_cnt, 1, payload);
        frame["gateways"] = json!([{ "gatewayId": gateway, "rssiDbm": -100.0, "snrDb": snr_db }]);
        frame
    }
}

impl Joiner {
    /// The device of a number, of LoRaWAN 1.0.x.
    #[must_use]
    pub fn new(number: u8) -> Self {
        Self::with(number, RootKeys::V1_0(AppKey::from_bytes([number ^ 0xC3; 16])), false)
    }

    /// The device of a number, of LoRaWAN 1.1, in a network of 1.1.
    #[must_use]
    pub fn lorawan_1_1(number: u8) -> Self {
        let nwk_key = NwkKey::from_bytes([number ^ 0x3C; 16]);
        let app_key = AppKey::from_bytes([number ^ 0xC3; 16]);
        Self::with(number, RootKeys::V1_1 { nwk_key, app_key }, true)
    }

    fn with(number: u8, root_keys: RootKeys, opt_neg: bool) -> Self {
        let join_eui = JoinEui::from_be_bytes([0x02, 0, 0, 0, 0, 0, 0, 1]);
        Self { device: JoiningDevice { dev_eui: dev_eui(number), join_eui, root_keys }, opt_neg }
    }

    /// Returns the DevEUI of the sensor.
    #[must_use]
    pub fn dev_eui(&self) -> String {
        self.device.dev_eui.to_string()
    }

    /// Where it is registered.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/v1/devices/{}", self.dev_eui())
    }

    /// Its root keys, by the names that they have in a registration.
    #[must_use]
    pub fn keys(&self) -> Json {
        match &self.device.root_keys {
            RootKeys::V1_0(app_key) => json!({ "appKey": app_key.reveal_hex() }),
            RootKeys::V1_1 { nwk_key, app_key } => {
                json!({ "appKey": app_key.reveal_hex(), "nwkKey": nwk_key.reveal_hex() })
            }
        }
    }

    /// Returns the registration of the sensor.
    #[must_use]
    pub fn registration(&self, group: &str, decoder: Option<&str>) -> Json {
        json!({ "group": group, "decoder": decoder, "activation": { "otaa": self.keys() } })
    }

    /// The body with which a network server hands over its join-request.
    #[must_use]
    pub fn request(&self, dev_nonce: u16) -> Json {
        frame(&self.device.request(dev_nonce))
    }

    /// The body with which a network server hands over its own join-accept, and the sensor that the
    /// device is from then on.
    #[must_use]
    pub fn accept(&self, dev_nonce: u16, join_nonce: u32, dev_addr: u32) -> (Json, Sensor) {
        let dev_addr = DevAddr::from_u32(dev_addr);
        let answer = Answer { join_nonce, net_id: 1, dev_addr, opt_neg: self.opt_neg };
        let sensor = Sensor::with_session(self.device.session(dev_nonce, answer));
        (frame(&self.device.accept(dev_nonce, answer)), sensor)
    }
}

fn dev_eui(number: u8) -> DevEui {
    DevEui::from_be_bytes((DEV_EUI_BLOCK + u64::from(number)).to_be_bytes())
}

/// The body with which a network server hands over a PHYPayload.
#[must_use]
pub fn frame(phy: &[u8]) -> Json {
    json!({ "phyPayload": digits(phy), "receivedAt": RECEIVED_AT })
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn digits(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
