//! Devices: registered by admins, seen by the partner whose they are.

use std::{collections::BTreeMap, fmt};

use champollion_frames::{DevAddr, DevEui, JoinEui, LorawanVersion};
use champollion_sdk::vectors::Setting;
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, Client, ClientError,
    client::{ask, tell},
    pages::all,
};

/// The devices that the token sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceList {
    /// The devices that the token sees.
    pub devices: Vec<Device>,
}

/// A device that is registered: all but its keys, which are never shown again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// The reception of its last frame; absent where none was received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_heard_at: Option<Timestamp>,
    /// Warnings of its registration: no published version satisfies its decoder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The DevEUI of the device.
    pub dev_eui: DevEui,
    /// The address that it sends from; absent where it has not joined yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_addr: Option<DevAddr>,
    /// The way it is activated.
    pub activation: ActivationKind,
    /// The version of LoRaWAN that it is made for.
    pub lorawan: LorawanVersion,
    /// The join server that it names, where it must be a certain one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_eui: Option<JoinEui>,
    /// Whether it may start its counter over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_counter_reset: bool,
    /// Its name for people.
    pub name: String,
    /// The group that it belongs to.
    pub group: String,
    /// The part of the group that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<String>,
    /// The use that it is there for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<String>,
    /// The decoders that decode it.
    #[serde(flatten)]
    pub assignment: Assignment,
    /// Settings that its decoder reads.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub variables: IndexMap<String, Setting>,
    /// Words of the operator's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The network server that it belongs to, which alone speaks for it and takes its commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_server: Option<String>,
    /// The name that its network server has for it, where its messages hold no DevEUI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// Whether its uplinks are taken on its network server's word though its keys are registered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reported: bool,
    /// The state in which its network server hands its payloads over, where messages do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<PayloadState>,
    /// The fields of the territory's sheet.
    #[serde(flatten)]
    pub object: ObjectFields,
}

/// The fields of the territory's sheet about an object. All may be left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectFields {
    /// The serial number that its maker gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<String>,
    /// The partner's own number of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The equipment that it is part of, or its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equipment: Option<String>,
    /// The postal address of its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The way in which its place becomes known: `NONE`, `AUTO`, `MANUAL` or `VIA_OTHER_DEVICE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geolocation: Option<String>,
    /// The latitude of its place, in degrees of WGS 84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// The longitude of its place, in degrees of WGS 84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// The stage of its life: `DELIVERY`, `MAINTENANCE`, `SERVICE`, `STOCK` or `NONE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_cycle: Option<String>,
    /// Its class of LoRaWAN: `A`, `B` or `C`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The offer of the operator that it is under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<String>,
}

/// The state in which a network server hands payloads over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PayloadState {
    /// Decrypted by the network server.
    Clear,
    /// As on the air, under the AppSKey.
    Encrypted,
}

/// The way a device is activated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActivationKind {
    /// Activation by personalization, with a fixed session.
    Abp,
    /// Activation over the air.
    Otaa,
    /// Over the air, and only the network server knows its root keys.
    OtaaElsewhere,
    /// Only the network server knows.
    NetworkServer,
}

impl fmt::Display for ActivationKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Abp => "ABP",
            Self::Otaa => "OTAA",
            Self::OtaaElsewhere => "OTAA elsewhere",
            Self::NetworkServer => "network server",
        })
    }
}

/// The decoders of a device: a requirement such as `acme/meter@^1.2`, or a pin, `acme/meter@=1.2.3`; another
/// one while a certain firmware runs on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assignment {
    /// The decoder in general.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder: Option<String>,
    /// The firmware that runs on the device, in the maker's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// The decoders while a certain firmware runs on it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub firmware_decoders: BTreeMap<String, String>,
}

impl Assignment {
    /// Returns the decoder that decodes the device now.
    #[must_use]
    pub fn wanted(&self) -> Option<&str> {
        let of_firmware = self.firmware.as_ref().and_then(|own| self.firmware_decoders.get(own));
        of_firmware.or(self.decoder.as_ref()).map(String::as_str)
    }
}

/// A device as its operator registers it. It holds keys, so it is not printed for debugging.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// Its name for people.
    #[serde(default)]
    pub name: String,
    /// The group that it belongs to.
    pub group: String,
    /// The part of the group that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<String>,
    /// The use that it is there for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<String>,
    /// The decoders that decode it; without, its records are raw.
    #[serde(flatten)]
    pub assignment: Assignment,
    /// The version of LoRaWAN that it is made for; without, the one that its keys are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lorawan: Option<LorawanVersion>,
    /// The way it is activated: its keys.
    #[serde(default)]
    pub activation: Activation,
    /// Whether it may start its counter over. Its old frames can then be played again.
    #[serde(default)]
    pub allow_counter_reset: bool,
    /// Settings that its decoder reads.
    #[serde(default)]
    pub variables: IndexMap<String, Setting>,
    /// Words of the operator's own, which its records carry.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The network server that it belongs to, which alone speaks for it and takes its commands; without,
    /// commands go to the one that it was last heard of through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_server: Option<String>,
    /// The name that its network server has for it, where its messages hold no DevEUI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_id: Option<String>,
    /// Whether its uplinks are taken on its network server's word though its keys are registered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reported: bool,
    /// The state in which its network server hands its payloads over, where messages do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<PayloadState>,
    /// The FCnt of the last uplink of its session, where it was in the field before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f_cnt_up: Option<u32>,
    /// The fields of the territory's sheet.
    #[serde(flatten)]
    pub object: ObjectFields,
}

impl Registration {
    /// A device of this group whose keys its network server has, without a decoder.
    #[must_use]
    pub fn of_group(group: impl Into<String>) -> Self {
        Self {
            name: String::new(),
            group: group.into(),
            sub_group: None,
            use_case: None,
            assignment: Assignment::default(),
            lorawan: None,
            activation: Activation::default(),
            allow_counter_reset: false,
            variables: IndexMap::new(),
            tags: BTreeMap::new(),
            network_server: None,
            device_id: None,
            reported: false,
            f_cnt_up: None,
            payload: None,
            object: ObjectFields::default(),
        }
    }
}

/// The way a device is activated, with the keys that this takes. Keys are hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Activation {
    /// By personalization: address and keys are written into the device.
    Abp(AbpKeys),
    /// Over the air: it joins, and has a new session each time.
    Otaa(OtaaKeys),
    /// Over the air, through a join server elsewhere: the network server hands over each session.
    OtaaElsewhere {},
    /// In whatever way: the network server has all keys, checks every frame and decrypts it.
    NetworkServer {},
}

impl Default for Activation {
    fn default() -> Self {
        Self::NetworkServer {}
    }
}

/// Address and keys of a device that is activated by personalization.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AbpKeys {
    /// The address that it sends from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_addr: Option<DevAddr>,
    /// The key of the MIC, LoRaWAN 1.0.x.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nwk_s_key: Option<String>,
    /// A key of the MIC, LoRaWAN 1.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f_nwk_s_int_key: Option<String>,
    /// The other key of the MIC, LoRaWAN 1.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s_nwk_s_int_key: Option<String>,
    /// The key of MAC commands, LoRaWAN 1.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nwk_s_enc_key: Option<String>,
    /// The key of the payload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_s_key: Option<String>,
}

/// The root keys of a device that joins.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OtaaKeys {
    /// The join server that it must name; any where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join_eui: Option<JoinEui>,
    /// The root key of LoRaWAN 1.0.x, and the application's of 1.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_key: Option<String>,
    /// The network's root key of LoRaWAN 1.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nwk_key: Option<String>,
}

/// A session of a device that joined elsewhere, as its network server hands it over.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HandedSession {
    /// The address of the session.
    pub dev_addr: DevAddr,
    /// The key of the MIC, LoRaWAN 1.0.x.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nwk_s_key: Option<HandedKey>,
    /// A key of the MIC, LoRaWAN 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f_nwk_s_int_key: Option<HandedKey>,
    /// The other key of the MIC, LoRaWAN 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s_nwk_s_int_key: Option<HandedKey>,
    /// The key of MAC commands, LoRaWAN 1.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nwk_s_enc_key: Option<HandedKey>,
    /// The key of the payload.
    pub app_s_key: HandedKey,
    /// The FCnt of the last uplink of the session, where it has sent already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f_cnt_up: Option<u32>,
}

/// A key on its way, in hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum HandedKey {
    /// In clear, as 32 digits.
    Clear(String),
    /// Wrapped, as the LoRaWAN Backend Interfaces (TS002) say.
    #[serde(rename_all = "camelCase")]
    Wrapped {
        /// The label of the key that it is wrapped with.
        kek_label: String,
        /// The wrapped key, in hexadecimal digits.
        aes_key: String,
    },
}

impl Client {
    /// Lists devices: `GET /v1/devices`.
    pub async fn devices(&self) -> Result<Answer<DeviceList>, ClientError> {
        all("devices", None, || self.get("v1/devices")).await
    }

    /// Lists the devices in service that were not heard for so many hours: `GET /v1/devices?silentHours=…`.
    pub async fn silent_devices(&self, hours: u32) -> Result<Answer<DeviceList>, ClientError> {
        all("devices", None, || self.get("v1/devices").query(&[("silentHours", hours)])).await
    }

    /// Shows a device: `GET /v1/devices/{devEui}`.
    pub async fn device(&self, dev_eui: DevEui) -> Result<Answer<Device>, ClientError> {
        ask(self.get(format_args!("v1/devices/{dev_eui}"))).await
    }

    /// Registers a device, or changes what is registered: `PUT /v1/devices/{devEui}`.
    pub async fn register_device(
        &self,
        dev_eui: DevEui,
        registration: &Registration,
    ) -> Result<Answer<Device>, ClientError> {
        ask(self.put(format_args!("v1/devices/{dev_eui}")).json(registration)).await
    }

    /// Forgets a device: `DELETE /v1/devices/{devEui}`.
    pub async fn remove_device(&self, dev_eui: DevEui) -> Result<(), ClientError> {
        tell(self.delete(format_args!("v1/devices/{dev_eui}"))).await
    }

    /// Has a device decoded by something else: `PUT /v1/devices/{devEui}/decoder`.
    pub async fn assign_decoder(
        &self,
        dev_eui: DevEui,
        assignment: &Assignment,
    ) -> Result<Answer<Device>, ClientError> {
        ask(self.put(format_args!("v1/devices/{dev_eui}/decoder")).json(assignment)).await
    }

    /// Hands over a session of a device that joined elsewhere: `PUT /v1/devices/{devEui}/session`.
    pub async fn hand_over_session(
        &self,
        dev_eui: DevEui,
        session: &HandedSession,
    ) -> Result<Answer<Device>, ClientError> {
        ask(self.put(format_args!("v1/devices/{dev_eui}/session")).json(session)).await
    }
}
