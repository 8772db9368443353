//! Lines of devices as they are read from the store. They are written with the parts of a device laid into the line, and
//! read with all members side by side: parts that serde has to pick out of a line cost a copy of each member for each
//! part, and a million lines are read at every start.

use std::collections::BTreeMap;

use champollion_delivery::names::{GroupId, SubGroup, UseCase};
use champollion_fleet::{
    ShortText,
    objects::{DeviceClass, FieldText, Geolocation, Latitude, LifeCycle, Longitude, ObjectFields},
};
use champollion_frames::{DevAddr, DevEui, JoinEui, LorawanVersion};
use champollion_lns::NetworkServerName;
use champollion_registry::package::DecoderRef;
use champollion_sdk::vectors::Setting;
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};

use super::{
    ActivationKind, Assignment, Device, PayloadState,
    line::{Line, SessionKeys},
};

/// All members of a line. A member that is added to [`Device`] is missed by the compiler where it is not read here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredLine {
    dev_eui: DevEui,
    dev_addr: Option<DevAddr>,
    #[serde(default)]
    activation: ActivationKind,
    #[serde(default = "oldest_registered_version")]
    lorawan: LorawanVersion,
    join_eui: Option<JoinEui>,
    #[serde(default)]
    allow_counter_reset: bool,
    name: ShortText,
    group: GroupId,
    sub_group: Option<SubGroup>,
    use_case: Option<UseCase>,
    decoder: Option<DecoderRef>,
    firmware: Option<String>,
    #[serde(default)]
    firmware_decoders: BTreeMap<String, DecoderRef>,
    #[serde(default)]
    variables: IndexMap<String, Setting>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    network_server: Option<NetworkServerName>,
    device_id: Option<Box<str>>,
    #[serde(default)]
    reported: bool,
    payload: Option<PayloadState>,
    serial_number: Option<FieldText>,
    reference: Option<FieldText>,
    equipment: Option<FieldText>,
    address: Option<FieldText>,
    geolocation: Option<Geolocation>,
    latitude: Option<Latitude>,
    longitude: Option<Longitude>,
    life_cycle: Option<LifeCycle>,
    class: Option<DeviceClass>,
    offer: Option<FieldText>,
    nwk_s_key: Option<String>,
    f_nwk_s_int_key: Option<String>,
    s_nwk_s_int_key: Option<String>,
    nwk_s_enc_key: Option<String>,
    app_s_key: Option<String>,
    app_key: Option<String>,
    nwk_key: Option<String>,
}

/// Returns the version of a device that was registered before its version could be said.
fn oldest_registered_version() -> LorawanVersion {
    LorawanVersion::V1_0_3
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StoredLine::deserialize(deserializer).map(Self::from)
    }
}

impl From<StoredLine> for Line {
    fn from(stored: StoredLine) -> Self {
        let StoredLine { dev_eui, name, group, lorawan, .. } = stored;
        let object = ObjectFields {
            serial_number: stored.serial_number,
            reference: stored.reference,
            equipment: stored.equipment,
            address: stored.address,
            geolocation: stored.geolocation,
            latitude: stored.latitude,
            longitude: stored.longitude,
            life_cycle: stored.life_cycle,
            class: stored.class,
            offer: stored.offer,
        };
        let assignment = Assignment {
            decoder: stored.decoder,
            firmware: stored.firmware,
            firmware_decoders: stored.firmware_decoders,
        };
        let device = Device {
            dev_eui,
            dev_addr: stored.dev_addr,
            activation: stored.activation,
            lorawan,
            join_eui: stored.join_eui,
            allow_counter_reset: stored.allow_counter_reset,
            name,
            group,
            sub_group: stored.sub_group,
            use_case: stored.use_case,
            assignment: assignment.into(),
            variables: stored.variables.into(),
            tags: stored.tags.into(),
            network_server: stored.network_server,
            device_id: stored.device_id,
            reported: stored.reported,
            payload: stored.payload,
            object,
        };
        let session_keys = SessionKeys {
            nwk_s_key: stored.nwk_s_key,
            f_nwk_s_int_key: stored.f_nwk_s_int_key,
            s_nwk_s_int_key: stored.s_nwk_s_int_key,
            nwk_s_enc_key: stored.nwk_s_enc_key,
            app_s_key: stored.app_s_key,
        };
        Self { device, session_keys, app_key: stored.app_key, nwk_key: stored.nwk_key }
    }
}

#[cfg(test)]
impl Device {
    /// A device as its stored line says it.
    pub(crate) fn of_stored(line: serde_json::Value) -> serde_json::Result<Self> {
        serde_json::from_value::<Line>(line).map(|line| line.device)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let key = "000102030405060708090A0B0C0D0E0F";
        let whole = json!({
            "devEui": "70B3D5499A000001", "devAddr": "01020304", "activation": "abp", "lorawan": "1.0.2",
            "joinEui": "0000000000000001", "allowCounterReset": true, "name": "Meter", "group": "water",
            "subGroup": "north", "useCase": "water-metering", "decoder": "acme/meter@^1.2",
            "firmware": "1.4", "firmwareDecoders": { "1.4": "acme/meter@=1.0.0" },
            "variables": { "factor": 10, "kind": "cellar", "wide": 0.5, "on": true },
            "tags": { "street": "rue Haute" }, "networkServer": "city", "deviceId": "meter-1",
            "reported": true, "payload": "encrypted", "serialNumber": "SN-1", "reference": "R-1",
            "equipment": "Kind", "address": "1, rue Haute", "geolocation": "MANUAL", "latitude": 48.5,
            "longitude": 2.0, "lifeCycle": "SERVICE", "class": "A", "offer": "O", "nwkSKey": key,
            "fNwkSIntKey": key, "sNwkSIntKey": key, "nwkSEncKey": key, "appSKey": key, "appKey": key,
            "nwkKey": key,
        });
        let line: Line = serde_json::from_value(whole.clone()).unwrap();
        assert_eq!(serde_json::to_value(&line).unwrap(), whole);
        let written = serde_json::to_vec(&line).unwrap();
        let again: Line = serde_json::from_slice(&written).unwrap();
        assert_eq!(serde_json::to_vec(&again).unwrap(), written);
    }

    #[test]
    fn a_line_of_the_first_release_is_read() {
        let line = json!({ "devEui": "70B3D5499A000001", "name": "", "group": "water" });
        let device = Device::of_stored(line).unwrap();
        assert_eq!(device.activation, ActivationKind::Abp);
        assert_eq!(device.lorawan, LorawanVersion::V1_0_3);
        let nameless = json!({ "devEui": "70B3D5499A000001", "group": "water" });
        let said = Device::of_stored(nameless).unwrap_err().to_string();
        assert!(said.contains("missing field `name`"), "{said}");
        let empty =
            json!({ "devEui": "70B3D5499A000001", "name": "", "group": "water", "later": 1 });
        assert!(Device::of_stored(empty).is_ok(), "a member of a later release is passed over");
    }
}
