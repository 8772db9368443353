//! The settings that describe how a network server writes its messages.

use serde::Deserialize;

use super::pointer::Pointer;

/// A description of how a network server that has no adapter of its own writes its messages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Settings")]
pub struct Description {
    pub(super) dev_eui: Pointer,
    pub(super) dev_addr: Option<Pointer>,
    pub(super) f_cnt: Pointer,
    pub(super) f_port: Pointer,
    pub(super) payload: Pointer,
    pub(super) payload_digits: Digits,
    pub(super) encrypted: Encrypted,
    pub(super) confirmed: Option<Pointer>,
    pub(super) time: Option<(Pointer, TimeUnit)>,
    pub(super) frequency: Option<(Pointer, FrequencyUnit)>,
    pub(super) spreading_factor: Option<Pointer>,
    pub(super) gateways: Gateways,
    pub(super) messages: Option<Messages>,
}

/// The encoding of the bytes of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    Hex,
    Base64,
}

/// Whether payloads are encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Encrypted {
    Always,
    Never,
    /// Each message says it.
    AsToldAt(Pointer),
}

/// The unit in which a moment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeUnit {
    Rfc3339,
    Seconds,
    Milliseconds,
}

/// The unit in which a frequency is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrequencyUnit {
    Hertz,
    Megahertz,
}

/// Where the gateways stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gateways {
    /// Their list; without one the others are relative to the message, which names one gateway.
    pub(super) list: Option<Pointer>,
    pub(super) id: Option<Pointer>,
    pub(super) rssi: Option<Pointer>,
    pub(super) snr: Option<Pointer>,
}

/// The rules by which messages of different kinds are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Messages {
    pub(super) kind: Pointer,
    pub(super) uplinks: Vec<String>,
    pub(super) joins: Vec<String>,
}

/// A description that cannot be used: which setting, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// A setting is no JSON pointer.
    #[error(
        "{setting}: {text:?} is no JSON pointer, which begins with a slash as in /device/eui (RFC 6901)"
    )]
    NoPointer {
        /// The setting at fault.
        setting: &'static str,
        /// The text that stands in it.
        text: String,
    },
    /// A setting is missing without which there is no record.
    #[error("{0} is missing: the JSON pointer to where it stands in a message, as in /device/eui")]
    Missing(&'static str),
    /// Settings are given of which there can be one only.
    #[error("{0} and {1} are both given: keep the one that says how it is written")]
    Both(&'static str, &'static str),
    /// A setting is empty.
    #[error("{0} is empty: name the values that mean this kind of message")]
    Empty(&'static str),
    /// A value means two kinds of messages.
    #[error("messages.uplinks and messages.joins both have {0:?}, and a message is one of the two")]
    Ambiguous(String),
}

/// The settings as they are written.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    dev_eui: Option<String>,
    dev_addr: Option<String>,
    f_cnt: Option<String>,
    f_port: Option<String>,
    payload_hex: Option<String>,
    payload_base64: Option<String>,
    encrypted: Option<EncryptedSetting>,
    confirmed: Option<String>,
    time: Option<String>,
    time_seconds: Option<String>,
    time_milliseconds: Option<String>,
    frequency_hz: Option<String>,
    frequency_mhz: Option<String>,
    spreading_factor: Option<String>,
    gateways: Option<GatewaysSettings>,
    messages: Option<MessagesSettings>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum EncryptedSetting {
    Always(bool),
    At(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct GatewaysSettings {
    list: Option<String>,
    id: Option<String>,
    rssi: Option<String>,
    snr: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct MessagesSettings {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    uplinks: Vec<String>,
    #[serde(default)]
    joins: Vec<String>,
}

type Result<T> = std::result::Result<T, DescriptionError>;

impl TryFrom<Settings> for Description {
    type Error = DescriptionError;

    fn try_from(settings: Settings) -> Result<Self> {
        let payload = one_of([
            ("payload-hex", settings.payload_hex, Digits::Hex),
            ("payload-base64", settings.payload_base64, Digits::Base64),
        ])?;
        let (payload, payload_digits) =
            payload.ok_or(DescriptionError::Missing("payload-hex or payload-base64"))?;
        Ok(Self {
            dev_eui: needed("dev-eui", settings.dev_eui)?,
            dev_addr: optional("dev-addr", settings.dev_addr)?,
            f_cnt: needed("f-cnt", settings.f_cnt)?,
            f_port: needed("f-port", settings.f_port)?,
            payload,
            payload_digits,
            encrypted: match settings.encrypted {
                None | Some(EncryptedSetting::Always(false)) => Encrypted::Never,
                Some(EncryptedSetting::Always(true)) => Encrypted::Always,
                Some(EncryptedSetting::At(text)) => {
                    Encrypted::AsToldAt(Pointer::new("encrypted", text)?)
                }
            },
            confirmed: optional("confirmed", settings.confirmed)?,
            time: one_of([
                ("time", settings.time, TimeUnit::Rfc3339),
                ("time-seconds", settings.time_seconds, TimeUnit::Seconds),
                ("time-milliseconds", settings.time_milliseconds, TimeUnit::Milliseconds),
            ])?,
            frequency: one_of([
                ("frequency-hz", settings.frequency_hz, FrequencyUnit::Hertz),
                ("frequency-mhz", settings.frequency_mhz, FrequencyUnit::Megahertz),
            ])?,
            spreading_factor: optional("spreading-factor", settings.spreading_factor)?,
            gateways: settings.gateways.map(Gateways::try_from).transpose()?.unwrap_or_default(),
            messages: settings.messages.map(Messages::try_from).transpose()?,
        })
    }
}

impl TryFrom<GatewaysSettings> for Gateways {
    type Error = DescriptionError;

    fn try_from(settings: GatewaysSettings) -> Result<Self> {
        Ok(Self {
            list: optional("gateways.list", settings.list)?,
            id: optional("gateways.id", settings.id)?,
            rssi: optional("gateways.rssi", settings.rssi)?,
            snr: optional("gateways.snr", settings.snr)?,
        })
    }
}

impl TryFrom<MessagesSettings> for Messages {
    type Error = DescriptionError;

    fn try_from(settings: MessagesSettings) -> Result<Self> {
        let MessagesSettings { kind, uplinks, joins } = settings;
        let kind = needed("messages.type", kind)?;
        if uplinks.is_empty() {
            return Err(DescriptionError::Empty("messages.uplinks"));
        }
        if let Some(both) = uplinks.iter().find(|&word| joins.contains(word)) {
            return Err(DescriptionError::Ambiguous(both.clone()));
        }
        Ok(Self { kind, uplinks, joins })
    }
}

fn needed(setting: &'static str, text: Option<String>) -> Result<Pointer> {
    Pointer::new(setting, text.ok_or(DescriptionError::Missing(setting))?)
}

fn optional(setting: &'static str, text: Option<String>) -> Result<Option<Pointer>> {
    text.map(|text| Pointer::new(setting, text)).transpose()
}

/// The setting that is given of several that exclude each other, and how the value is written there.
fn one_of<T, const N: usize>(
    settings: [(&'static str, Option<String>, T); N],
) -> Result<Option<(Pointer, T)>> {
    let given = settings.into_iter().filter_map(|(name, text, unit)| Some((name, text?, unit)));
    let mut given = given.collect::<Vec<_>>().into_iter();
    match (given.next(), given.next()) {
        (Some((one, ..)), Some((other, ..))) => Err(DescriptionError::Both(one, other)),
        (Some((name, text, unit)), None) => Ok(Some((Pointer::new(name, text)?, unit))),
        (None, _) => Ok(None),
    }
}
