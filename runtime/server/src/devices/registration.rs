//! A device as its operator registers it.

use std::collections::BTreeMap;

use champollion_delivery::names::{GroupId, SubGroup, UseCase};
use champollion_fleet::{
    may_hold_key,
    objects::{DeviceClass, FieldText, Geolocation, Latitude, LifeCycle, Longitude, ObjectFields},
};
use champollion_frames::LorawanVersion;
use champollion_lns::NetworkServerName;
use champollion_registry::package::DecoderRef;
use champollion_sdk::vectors::Setting;
use indexmap::IndexMap;
use serde::Deserialize;

use super::{
    Assignment, Device, PayloadState,
    activation::{Activation, ActivationKind},
    impossible::ImpossibleRegistration,
};

/// Longest name that a network server has for a device, in bytes.
const DEVICE_ID_BYTES: usize = 64;

/// A device as its operator registers it.
#[derive(Clone, Debug, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Registration {
    /// Its name for people.
    #[serde(default)]
    pub name: String,
    /// The group that owns the device.
    pub group: GroupId,
    /// The part of the group that it is in.
    #[serde(default)]
    pub sub_group: Option<SubGroup>,
    /// The purpose of the device.
    #[serde(default)]
    pub use_case: Option<UseCase>,
    /// The decoder: `vendor/model@requirement`. Without one, records are raw.
    #[serde(default)]
    pub decoder: Option<DecoderRef>,
    /// The firmware that runs on it, in the maker's words.
    #[serde(default)]
    pub firmware: Option<String>,
    /// The decoders while a certain firmware runs on the device.
    #[serde(default)]
    pub firmware_decoders: BTreeMap<String, DecoderRef>,
    /// The version of LoRaWAN that it is made for. Without, the one that its keys are of: 1.1, or
    /// 1.0.3, which most devices are.
    #[serde(default)]
    pub lorawan: Option<LorawanVersion>,
    /// The activation with its keys. Without one, the network server has all keys.
    #[serde(default)]
    pub activation: Activation,
    /// Whether it may start its counter over, as devices up to 1.0.3 with fixed keys do when they
    /// restart. Its old frames can then be played again.
    #[serde(default)]
    pub allow_counter_reset: bool,
    /// The variables for the device's decoder.
    #[serde(default)]
    pub variables: IndexMap<String, Setting>,
    /// Words of the operator's own, which its records carry.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The network server that it belongs to, which alone speaks for it and takes its commands. Without,
    /// commands go to the one that it was last heard of through.
    #[serde(default)]
    pub network_server: Option<NetworkServerName>,
    /// The name that its network server has for it, where its messages hold no DevEUI.
    #[serde(default)]
    pub device_id: Option<String>,
    /// Whether its uplinks are taken on its network server's word though its keys are registered here.
    #[serde(default)]
    pub reported: bool,
    /// The state in which its network server hands its payloads over, where messages do not say it.
    #[serde(default)]
    pub payload: Option<PayloadState>,
    /// The FCnt of the last uplink of its session, where it was in the field before: all later ones are taken.
    #[serde(default, alias = "fCnt")]
    pub f_cnt_up: Option<u32>,
    /// The serial number that its maker gave it.
    #[serde(default)]
    pub serial_number: Option<FieldText>,
    /// The partner's own number of it.
    #[serde(default)]
    pub reference: Option<FieldText>,
    /// The equipment that it is part of, or its kind.
    #[serde(default)]
    pub equipment: Option<FieldText>,
    /// The postal address of its place.
    #[serde(default)]
    pub address: Option<FieldText>,
    /// The way in which its place becomes known.
    #[serde(default)]
    pub geolocation: Option<Geolocation>,
    /// The latitude of its place, in degrees; with its longitude.
    #[serde(default)]
    pub latitude: Option<Latitude>,
    /// The longitude of its place, in degrees; with its latitude.
    #[serde(default)]
    pub longitude: Option<Longitude>,
    /// The stage of its life. Records of what is delivered or stored say so.
    #[serde(default)]
    pub life_cycle: Option<LifeCycle>,
    /// Its class of LoRaWAN.
    #[serde(default)]
    pub class: Option<DeviceClass>,
    /// The offer of the operator that it is under.
    #[serde(default)]
    pub offer: Option<FieldText>,
}

impl Registration {
    /// A device of this group of which nothing more is said: its network server has its keys.
    #[must_use]
    pub fn of_group(group: GroupId) -> Self {
        Self {
            name: String::new(),
            group,
            sub_group: None,
            use_case: None,
            decoder: None,
            firmware: None,
            firmware_decoders: BTreeMap::new(),
            lorawan: None,
            activation: Activation::default(),
            allow_counter_reset: false,
            variables: IndexMap::new(),
            tags: BTreeMap::new(),
            network_server: None,
            device_id: None,
            reported: false,
            payload: None,
            f_cnt_up: None,
            serial_number: None,
            reference: None,
            equipment: None,
            address: None,
            geolocation: None,
            latitude: None,
            longitude: None,
            life_cycle: None,
            class: None,
            offer: None,
        }
    }

    /// The registration that a device has, with its keys; its counter goes on where it is.
    pub(super) fn of_device(device: &Device, activation: Activation) -> Self {
        let (assignment, object) = (Assignment::clone(&device.assignment), device.object.clone());
        Self {
            name: device.name.as_str().to_owned(),
            sub_group: device.sub_group.clone(),
            use_case: device.use_case.clone(),
            decoder: assignment.decoder,
            firmware: assignment.firmware,
            firmware_decoders: assignment.firmware_decoders,
            lorawan: Some(device.lorawan),
            activation,
            allow_counter_reset: device.allow_counter_reset,
            variables: IndexMap::clone(&device.variables),
            tags: BTreeMap::clone(&device.tags),
            network_server: device.network_server.clone(),
            device_id: device.device_id.as_deref().map(str::to_owned),
            reported: device.reported,
            payload: device.payload,
            serial_number: object.serial_number,
            reference: object.reference,
            equipment: object.equipment,
            address: object.address,
            geolocation: object.geolocation,
            latitude: object.latitude,
            longitude: object.longitude,
            life_cycle: object.life_cycle,
            class: object.class,
            offer: object.offer,
            ..Self::of_group(device.group.clone())
        }
    }

    /// Returns the fields of the territory's sheet.
    #[must_use]
    pub fn object(&self) -> ObjectFields {
        ObjectFields {
            serial_number: self.serial_number.clone(),
            reference: self.reference.clone(),
            equipment: self.equipment.clone(),
            address: self.address.clone(),
            geolocation: self.geolocation,
            latitude: self.latitude,
            longitude: self.longitude,
            life_cycle: self.life_cycle,
            class: self.class,
            offer: self.offer.clone(),
        }
    }

    /// Checks that the place of the object has both coordinates, or needs none.
    pub(super) fn check_place(&self) -> Result<(), ImpossibleRegistration> {
        let object = self.object();
        object.check()?;
        match object.lacks_its_place() {
            true => Err(ImpossibleRegistration::NoPlace),
            false => Ok(()),
        }
    }

    /// The version of the device, and whether all that is said of it goes together.
    ///
    /// # Errors
    /// [`ImpossibleRegistration`] says what does not, and what to do.
    pub fn version(&self) -> Result<LorawanVersion, ImpossibleRegistration> {
        let has_keys_of_1_1 = self.activation.has_keys_of_1_1();
        let version = match self.lorawan {
            None if has_keys_of_1_1 == Some(true) => LorawanVersion::V1_1,
            None => LorawanVersion::V1_0_3,
            Some(given) => given,
        };
        let is_1_1 = has_keys_of_1_1.unwrap_or(version == LorawanVersion::V1_1);
        let (keys, remedy) = match (&self.activation, is_1_1) {
            (Activation::Abp(_), true) => ("1.1", "leave lorawan out, or give nwkSKey alone"),
            (Activation::Abp(_), false) => {
                ("1.0.x", "give fNwkSIntKey, sNwkSIntKey and nwkSEncKey in the place of nwkSKey")
            }
            (Activation::Otaa(_), true) => ("1.1", "leave lorawan out, or leave nwkKey out"),
            _ => ("1.0.x", "give nwkKey too"),
        };
        if (version == LorawanVersion::V1_1) != is_1_1 {
            return Err(ImpossibleRegistration::OtherVersion { given: version, keys, remedy });
        }
        if self.f_cnt_up.is_some() && self.activation.kind() != ActivationKind::Abp {
            return Err(ImpossibleRegistration::CounterOfNoSession);
        }
        let id_bytes = self.device_id.as_ref().map(String::len);
        if let Some(bytes) = id_bytes.filter(|bytes| !(1..=DEVICE_ID_BYTES).contains(bytes)) {
            let limit = DEVICE_ID_BYTES;
            return Err(ImpossibleRegistration::DeviceId { bytes, limit });
        }
        self.check_place()?;
        self.check_texts()?;
        if self.allow_counter_reset {
            if self.activation.kind() != ActivationKind::Abp {
                return Err(ImpossibleRegistration::CounterResetOfOtaa);
            }
            if version.keeps_counters() {
                return Err(ImpossibleRegistration::CounterResetOfVersion { version });
            }
        }
        Ok(version)
    }

    /// Checks that no text that readers see and records carry holds a key.
    fn check_texts(&self) -> Result<(), ImpossibleRegistration> {
        let fields = [
            ("serialNumber", &self.serial_number),
            ("reference", &self.reference),
            ("equipment", &self.equipment),
            ("address", &self.address),
            ("offer", &self.offer),
        ];
        let fields =
            fields.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?.as_str())));
        let own = [
            ("name", Some(&self.name)),
            ("firmware", self.firmware.as_ref()),
            ("deviceId", self.device_id.as_ref()),
        ];
        let own = own.into_iter().filter_map(|(name, text)| Some((name, text?.as_str())));
        let of_firmware =
            self.firmware_decoders.keys().map(|text| ("firmwareDecoders", text.as_str()));
        if let Some((member, _)) =
            fields.chain(own).chain(of_firmware).find(|(_, text)| may_hold_key(text))
        {
            return Err(ImpossibleRegistration::KeyInText { member: member.to_owned() });
        }
        let tags = self.tags.iter().map(|(name, text)| ("tags", name, Some(text)));
        let variables = self.variables.iter().map(|(name, setting)| match setting {
            Setting::Text(text) => ("variables", name, Some(text)),
            Setting::Boolean(_) | Setting::Integer(_) | Setting::Number(_) => {
                ("variables", name, None)
            }
        });
        for (member, name, text) in tags.chain(variables) {
            if may_hold_key(name) {
                let member = format!("a name within {member}");
                return Err(ImpossibleRegistration::KeyInText { member });
            }
            if text.is_some_and(|text| may_hold_key(text)) {
                return Err(ImpossibleRegistration::KeyInText {
                    member: format!("{member}.{name}"),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn registration(more: &Json) -> Result<Registration, serde_json::Error> {
        let mut whole = json!({ "group": "water" });
        for (name, value) in more.as_object().expect("it is an object") {
            whole[name] = value.clone();
        }
        serde_json::from_value(whole)
    }

    fn said(more: Json) -> String {
        match registration(&more) {
            Err(error) => error.to_string(),
            Ok(registration) => match registration.version() {
                Ok(version) => version.to_string(),
                Err(error) => error.to_string(),
            },
        }
    }

    #[test]
    fn what_goes_together_and_what_does_not() {
        let key = "00".repeat(16);
        let one = json!({ "devAddr": "01020304", "nwkSKey": key, "appSKey": key });
        let three = json!({
            "devAddr": "01020304", "fNwkSIntKey": key, "sNwkSIntKey": key, "nwkSEncKey": key,
            "appSKey": key,
        });
        let without = |name: &str| {
            let mut fewer = three.clone();
            fewer.as_object_mut().expect("it is an object").remove(name);
            said(json!({ "activation": { "abp": fewer } }))
        };
        let abp = |keys: &Json, lorawan: Option<&str>, reset: bool| {
            said(json!({
                "activation": { "abp": keys }, "lorawan": lorawan, "allowCounterReset": reset,
            }))
        };
        assert_eq!(abp(&one, None, false), "1.0.3");
        assert_eq!(abp(&one, Some("1.0.2"), true), "1.0.2");
        assert_eq!(abp(&three, None, false), "1.1");
        assert!(abp(&three, Some("1.0.4"), false).contains("keys are those of 1.1"));
        assert!(abp(&one, Some("1.1"), false).contains("fNwkSIntKey"));
        assert!(abp(&one, Some("1.0.4"), true).contains("1.0.3"));
        assert!(abp(&three, None, true).contains("1.0.3"));
        assert!(abp(&one, Some("2"), false).contains("\"2\""));
        for name in ["fNwkSIntKey", "sNwkSIntKey", "nwkSEncKey"] {
            let said = without(name);
            assert!(said.starts_with(&format!("missing field `{name}`")), "{said}");
        }
        let mut both = three.clone();
        both["nwkSKey"] = json!(key);
        assert!(abp(&both, None, false).contains("the one or the three"));

        let otaa = |keys: Json, lorawan: Option<&str>, reset: bool| {
            said(json!({
                "activation": { "otaa": keys }, "lorawan": lorawan, "allowCounterReset": reset,
            }))
        };
        assert_eq!(otaa(json!({ "appKey": key }), None, false), "1.0.3");
        assert_eq!(otaa(json!({ "appKey": key, "nwkKey": key }), None, false), "1.1");
        assert!(otaa(json!({ "appKey": key }), Some("1.1"), false).contains("give nwkKey"));
        let more = json!({ "appKey": key, "nwkKey": key });
        assert!(otaa(more, Some("1.0.4"), false).contains("leave nwkKey out"));
        assert!(otaa(json!({ "appKey": key }), None, true).contains("joins"));
        let elsewhere = |lorawan: Option<&str>, reset: bool| {
            said(json!({
                "activation": { "otaaElsewhere": {} }, "lorawan": lorawan,
                "allowCounterReset": reset,
            }))
        };
        assert_eq!(elsewhere(None, false), "1.0.3");
        assert_eq!(elsewhere(Some("1.1"), false), "1.1");
        assert!(elsewhere(None, true).contains("joins"));
        assert!(otaa(json!({}), None, false).contains("appKey"));
        let counted =
            |activation: Json| said(json!({ "activation": activation, "fCntUp": 70_000 }));
        assert_eq!(counted(json!({ "abp": one })), "1.0.3");
        for other in [json!({ "otaa": { "appKey": key } }), json!({ "otaaElsewhere": {} })] {
            assert!(counted(other).contains("handed over"));
        }
        let named =
            |name: &str| said(json!({ "deviceId": name, "reported": true, "payload": "clear" }));
        assert_eq!(named("abp-7"), "1.0.3");
        assert!(named("").contains("deviceId") && named(&"x".repeat(65)).contains("65"));
        assert!(said(json!({ "payload": "perhaps" })).contains("perhaps"));
        let sheet = json!({
            "serialNumber": "A-1", "reference": "R", "equipment": "Meter", "address": "1, rue Haute",
            "geolocation": "MANUAL", "latitude": 48.5, "longitude": 2, "lifeCycle": "STOCK", "class": "A",
            "offer": "O",
        });
        assert_eq!(said(sheet), "1.0.3");
        let clear = "2B7E151628AED2A6ABF7158809CF4F3C";
        for (more, expected) in [
            (json!({ "name": clear }), "name holds"),
            (json!({ "address": format!("porte {clear}") }), "address holds"),
            (json!({ "firmware": clear }), "firmware holds"),
            (json!({ "tags": { "note": format!("clef {clear}") } }), "tags.note holds"),
            (json!({ "tags": { clear: "1" } }), "a name within tags holds"),
            (json!({ "variables": { "secret": clear } }), "variables.secret holds"),
        ] {
            let said = said(more);
            assert!(said.starts_with(expected) && !said.contains(&clear[..8]), "{said}");
        }
        assert!(said(json!({ "geolocation": "MANUAL" })).contains("are missing"));
        assert!(said(json!({ "latitude": 48.5 })).contains("longitude is missing"));
        assert!(said(json!({ "latitude": 90.5, "longitude": 2 })).contains("90"));
        assert!(said(json!({ "lifeCycle": "SOLD" })).contains("MAINTENANCE"));
        assert!(said(json!({ "serialNumber": "" })).contains("leave it out"));
        assert!(said(json!({ "serial": "A" })).contains("unknown field"));
        assert!(otaa(json!({ "appKey": key, "nwkSKey": key }), None, false).contains("nwkSKey"));
    }
}
