//! The activation of a device as it is registered, with its keys.

use std::fmt;

use champollion_frames::{
    AppKey, AppSKey, DevAddr, FNwkSIntKey, JoinEui, LorawanVersion, NetworkKeys, NetworkKeysV1_1,
    NwkKey, NwkSEncKey, NwkSKey, RootKeys, SNwkSIntKey,
};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::impossible::ImpossibleRegistration;

/// The activation of a device, with its keys.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Activation {
    /// By personalization: address and keys are written into the device.
    Abp(Abp),
    /// Over the air: it joins, and has a new session each time.
    Otaa(Otaa),
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

/// The kind of an activation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActivationKind {
    /// Activation by personalization, with a fixed session.
    #[default]
    Abp,
    /// Activation over the air.
    Otaa,
    /// Over the air, and only the network server knows its root keys.
    OtaaElsewhere,
    /// Only the network server knows.
    NetworkServer,
}

impl ActivationKind {
    /// Whether keys are registered here by which its frames are verified.
    #[must_use]
    pub fn has_keys(self) -> bool {
        matches!(self, Self::Abp | Self::Otaa)
    }
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

/// Address and keys of a device activated by personalization.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "AbpFields")]
pub struct Abp {
    /// The address that it sends from.
    pub dev_addr: DevAddr,
    /// The keys of the MIC and of MAC commands.
    pub network_keys: NetworkKeys,
    /// The key of the payload.
    pub app_s_key: AppSKey,
}

/// The root keys of a device that joins over the air.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Otaa {
    /// The join server that it names; where it is left out, any.
    #[serde(default)]
    pub join_eui: Option<JoinEui>,
    /// The root key of LoRaWAN 1.0.x, and the application's of 1.1.
    pub app_key: AppKey,
    /// The network's root key of LoRaWAN 1.1.
    #[serde(default)]
    pub nwk_key: Option<NwkKey>,
}

/// The members of a registration; not every choice of them makes sense.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AbpFields {
    pub(super) dev_addr: DevAddr,
    pub(super) nwk_s_key: Option<NwkSKey>,
    pub(super) f_nwk_s_int_key: Option<FNwkSIntKey>,
    pub(super) s_nwk_s_int_key: Option<SNwkSIntKey>,
    pub(super) nwk_s_enc_key: Option<NwkSEncKey>,
    pub(super) app_s_key: AppSKey,
}

// The members that stand in JSON.
impl PartialSchema for Abp {
    fn schema() -> RefOr<Schema> {
        AbpFields::schema()
    }
}

impl ToSchema for Abp {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        AbpFields::schemas(schemas);
    }
}

impl TryFrom<AbpFields> for Abp {
    type Error = ImpossibleRegistration;

    fn try_from(fields: AbpFields) -> Result<Self, ImpossibleRegistration> {
        let AbpFields {
            dev_addr,
            nwk_s_key,
            f_nwk_s_int_key,
            s_nwk_s_int_key,
            nwk_s_enc_key,
            app_s_key,
        } = fields;
        let missing = |missing| {
            let why = "LoRaWAN 1.0.x has nwkSKey, 1.1 has fNwkSIntKey, sNwkSIntKey and nwkSEncKey";
            ImpossibleRegistration::MissingKey { missing, why }
        };
        let network_keys = match (nwk_s_key, f_nwk_s_int_key, s_nwk_s_int_key, nwk_s_enc_key) {
            (Some(nwk_s_key), None, None, None) => NetworkKeys::V1_0(nwk_s_key),
            (Some(_), ..) => return Err(ImpossibleRegistration::KeysOfBothVersions),
            (None, None, None, None) => return Err(missing("nwkSKey")),
            (None, Some(f_nwk_s_int_key), Some(s_nwk_s_int_key), Some(nwk_s_enc_key)) => {
                NetworkKeys::V1_1(Box::new(NetworkKeysV1_1 {
                    f_nwk_s_int_key,
                    s_nwk_s_int_key,
                    nwk_s_enc_key,
                }))
            }
            (None, None, ..) => return Err(missing("fNwkSIntKey")),
            (None, _, None, _) => return Err(missing("sNwkSIntKey")),
            (None, _, _, None) => return Err(missing("nwkSEncKey")),
        };
        Ok(Self { dev_addr, network_keys, app_s_key })
    }
}

impl Otaa {
    /// Returns the root keys, from which the device's sessions are derived.
    #[must_use]
    pub fn root_keys(&self) -> RootKeys {
        match &self.nwk_key {
            None => RootKeys::V1_0(self.app_key.clone()),
            Some(nwk_key) => {
                RootKeys::V1_1 { nwk_key: nwk_key.clone(), app_key: self.app_key.clone() }
            }
        }
    }
}

impl Activation {
    /// Returns the kind of the activation.
    #[must_use]
    pub fn kind(&self) -> ActivationKind {
        match self {
            Self::Abp(_) => ActivationKind::Abp,
            Self::Otaa(_) => ActivationKind::Otaa,
            Self::OtaaElsewhere {} => ActivationKind::OtaaElsewhere,
            Self::NetworkServer {} => ActivationKind::NetworkServer,
        }
    }

    /// Whether its keys can be those of a device of a version.
    pub(super) fn is_of(&self, version: LorawanVersion) -> bool {
        self.has_keys_of_1_1().is_none_or(|is_1_1| is_1_1 == (version == LorawanVersion::V1_1))
    }

    /// Whether its keys are those of LoRaWAN 1.1, where there are any.
    pub(super) fn has_keys_of_1_1(&self) -> Option<bool> {
        match self {
            Self::Abp(abp) => Some(matches!(abp.network_keys, NetworkKeys::V1_1(_))),
            Self::Otaa(otaa) => Some(otaa.nwk_key.is_some()),
            Self::OtaaElsewhere {} | Self::NetworkServer {} => None,
        }
    }
}
