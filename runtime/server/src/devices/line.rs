//! Lines in which the store keeps devices and sessions, keys included.

use champollion_frames::{
    DevAddr, DevEui, Joiner, NetworkKeys, NetworkKeysV1_1, RootKeys, Session, SessionState,
};
use serde::{Deserialize, Serialize};

use super::{
    Abp, Activation, ActivationKind, Assignment, Device, ImpossibleRegistration, Otaa, Registration,
};

/// The line that the store keeps of a device. It is read with all members side by side, in `stored_line`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    #[serde(flatten)]
    pub(super) device: Device,
    #[serde(flatten)]
    pub(super) session_keys: SessionKeys,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) app_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nwk_key: Option<String>,
}

/// The line that the store keeps of the sessions of a device that joined.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JoinedSessions {
    /// The one that it has.
    pub(super) current: Option<JoinedSession>,
    /// The one that it was offered and has not used yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) offered: Option<JoinedSession>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JoinedSession {
    dev_addr: DevAddr,
    #[serde(flatten)]
    session_keys: SessionKeys,
    /// The FCnt that the session goes on from, as long as no uplink of it was taken here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_f_cnt: Option<u32>,
}

/// The keys of a session, each as hexadecimal digits.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionKeys {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nwk_s_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) f_nwk_s_int_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) s_nwk_s_int_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nwk_s_enc_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) app_s_key: Option<String>,
}

/// The credentials that a device is verified with.
pub(super) enum Credentials {
    /// A session for its life.
    Session(Session),
    /// The root keys that its sessions come of.
    Joiner(Joiner),
    /// Sessions that are handed over.
    Elsewhere,
}

impl Line {
    /// The line of a device as it is registered.
    pub(super) fn of_registration(
        dev_eui: DevEui,
        registration: Registration,
    ) -> Result<Self, ImpossibleRegistration> {
        let lorawan = registration.version()?;
        let object = registration.object();
        let Registration { name, group, activation, variables, tags, .. } = registration;
        let Registration { decoder, firmware, firmware_decoders, .. } = registration;
        let Registration { sub_group, use_case, .. } = registration;
        let assignment = Assignment { decoder, firmware, firmware_decoders };
        let (dev_addr, join_eui) = match &activation {
            Activation::Abp(abp) => (Some(abp.dev_addr), None),
            Activation::Otaa(otaa) => (None, otaa.join_eui),
            Activation::OtaaElsewhere {} | Activation::NetworkServer {} => (None, None),
        };
        let device = Device {
            dev_eui,
            dev_addr,
            activation: activation.kind(),
            lorawan,
            join_eui,
            allow_counter_reset: registration.allow_counter_reset,
            name: name.into(),
            group,
            sub_group,
            use_case,
            assignment: assignment.into(),
            variables: variables.into(),
            tags: tags.into(),
            network_server: registration.network_server,
            device_id: registration.device_id.map(String::into_boxed_str),
            reported: registration.reported,
            payload: registration.payload,
            object,
        };
        Ok(Self::new(device, &activation))
    }

    pub(super) fn new(device: Device, activation: &Activation) -> Self {
        let mut line =
            Self { device, session_keys: SessionKeys::default(), app_key: None, nwk_key: None };
        match activation {
            Activation::Abp(abp) => {
                line.session_keys = SessionKeys::of(&abp.network_keys, abp.app_s_key.reveal_hex());
            }
            Activation::Otaa(otaa) => {
                line.app_key = Some(otaa.app_key.reveal_hex());
                line.nwk_key = otaa.nwk_key.as_ref().map(champollion_frames::NwkKey::reveal_hex);
            }
            Activation::OtaaElsewhere {} | Activation::NetworkServer {} => {}
        }
        line
    }

    /// Returns the activation of the device with its keys; the fault of the line where it has none.
    pub(super) fn activation(&self) -> Result<Activation, String> {
        Ok(match self.credentials()? {
            Credentials::Session(session) => Activation::Abp(Abp {
                dev_addr: session.dev_addr(),
                network_keys: session.network_keys().clone(),
                app_s_key: session.app_s_key().clone(),
            }),
            Credentials::Joiner(Joiner { join_eui, root_keys, .. }) => {
                let (app_key, nwk_key) = match root_keys {
                    RootKeys::V1_0(app_key) => (app_key, None),
                    RootKeys::V1_1 { nwk_key, app_key } => (app_key, Some(nwk_key)),
                };
                Activation::Otaa(Otaa { join_eui, app_key, nwk_key })
            }
            Credentials::Elsewhere if self.device.activation == ActivationKind::OtaaElsewhere => {
                Activation::OtaaElsewhere {}
            }
            Credentials::Elsewhere => Activation::NetworkServer {},
        })
    }

    /// Returns the credentials of the device; the fault of the line where it has none.
    pub(super) fn credentials(&self) -> Result<Credentials, String> {
        let Device { dev_eui, dev_addr, activation, lorawan, join_eui, .. } = self.device;
        match activation {
            ActivationKind::Abp => {
                let dev_addr = dev_addr.ok_or("it has no DevAddr")?;
                let session = self.session_keys.session(dev_eui, dev_addr)?;
                if *session.network_keys() == NetworkKeys::Withheld {
                    return Err("it has neither NwkSKey nor FNwkSIntKey".to_owned());
                }
                let allowed = self.device.allow_counter_reset;
                Ok(Credentials::Session(session.with_counter_reset(allowed)))
            }
            ActivationKind::Otaa => {
                let app_key = key("AppKey", self.app_key.as_deref())?.ok_or("it has no AppKey")?;
                let root_keys = match key("NwkKey", self.nwk_key.as_deref())? {
                    None => RootKeys::V1_0(app_key),
                    Some(nwk_key) => RootKeys::V1_1 { nwk_key, app_key },
                };
                let version = lorawan;
                Ok(Credentials::Joiner(Joiner { dev_eui, join_eui, root_keys, version }))
            }
            ActivationKind::OtaaElsewhere | ActivationKind::NetworkServer => {
                Ok(Credentials::Elsewhere)
            }
        }
    }
}

impl Credentials {
    /// Whether a device that had other credentials goes on where it is: it has the keys that it had.
    pub(super) fn go_on_from(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::Session(session), Self::Session(before)) => {
                before.dev_addr() == session.dev_addr()
                    && before.network_keys() == session.network_keys()
            }
            (Self::Joiner(joiner), Self::Joiner(before)) => before.root_keys == joiner.root_keys,
            (Self::Elsewhere, Self::Elsewhere) => true,
            _ => false,
        }
    }
}

impl JoinedSession {
    pub(super) fn of(session: &Session) -> Self {
        let app_s_key = session.app_s_key().reveal_hex();
        Self {
            dev_addr: session.dev_addr(),
            session_keys: SessionKeys::of(session.network_keys(), app_s_key),
            last_f_cnt: session.state().last_f_cnt,
        }
    }

    pub(super) fn session(&self, dev_eui: DevEui) -> Result<Session, String> {
        let session = self.session_keys.session(dev_eui, self.dev_addr)?;
        let last_f_cnt = self.last_f_cnt;
        Ok(session.with_state(SessionState { last_f_cnt, ..SessionState::default() }))
    }
}

impl SessionKeys {
    fn of(network_keys: &NetworkKeys, app_s_key: String) -> Self {
        let mut keys = Self { app_s_key: Some(app_s_key), ..Self::default() };
        match network_keys {
            NetworkKeys::V1_0(nwk_s_key) => keys.nwk_s_key = Some(nwk_s_key.reveal_hex()),
            NetworkKeys::Withheld => {}
            NetworkKeys::V1_1(three) => {
                keys.f_nwk_s_int_key = Some(three.f_nwk_s_int_key.reveal_hex());
                keys.s_nwk_s_int_key = Some(three.s_nwk_s_int_key.reveal_hex());
                keys.nwk_s_enc_key = Some(three.nwk_s_enc_key.reveal_hex());
            }
        }
        keys
    }

    fn session(&self, dev_eui: DevEui, dev_addr: DevAddr) -> Result<Session, String> {
        let app_s_key = key("AppSKey", self.app_s_key.as_deref())?.ok_or("it has no AppSKey")?;
        if let Some(nwk_s_key) = key("NwkSKey", self.nwk_s_key.as_deref())? {
            return Ok(Session::lorawan_1_0(dev_eui, dev_addr, nwk_s_key, app_s_key));
        }
        if self.f_nwk_s_int_key.is_none() {
            return Ok(Session::new(dev_eui, dev_addr, NetworkKeys::Withheld, app_s_key));
        }
        let three = NetworkKeysV1_1 {
            f_nwk_s_int_key: key("FNwkSIntKey", self.f_nwk_s_int_key.as_deref())?
                .ok_or("it has no FNwkSIntKey")?,
            s_nwk_s_int_key: key("SNwkSIntKey", self.s_nwk_s_int_key.as_deref())?
                .ok_or("it has no SNwkSIntKey")?,
            nwk_s_enc_key: key("NwkSEncKey", self.nwk_s_enc_key.as_deref())?
                .ok_or("it has no NwkSEncKey")?,
        };
        Ok(Session::lorawan_1_1(dev_eui, dev_addr, three, app_s_key))
    }
}

fn key<K: std::str::FromStr>(name: &str, digits: Option<&str>) -> Result<Option<K>, String> {
    digits.map(|digits| digits.parse().map_err(|_| format!("its {name} is no key"))).transpose()
}
