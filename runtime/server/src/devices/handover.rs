//! Sessions that a network server hands over, of devices that join through a join server elsewhere.
//! The keys come in clear, or wrapped as the LoRaWAN Backend Interfaces (TS002) say.

use std::{collections::BTreeMap, sync::Arc};

use champollion_frames::{
    AppSKey, DevAddr, DevEui, FNwkSIntKey, Kek, NetworkKeys, NwkSEncKey, NwkSKey, SNwkSIntKey,
    Session, SessionState,
    wrapped::{WrongKek, unwrap},
};
use champollion_lns::HandedKey;
use champollion_registry::ledger::AuditEntry;
use champollion_store::Batch;
use data_encoding::HEXLOWER_PERMISSIVE;
use serde::Deserialize;
use serde_json::json;

use super::{
    Abp, Device, Devices, DevicesError, ImpossibleRegistration, JOINED, JoinedSession,
    JoinedSessions, Overtaken, SESSIONS, activation::AbpFields, joining::Moved,
};
use crate::authors::Author;

/// The bytes of a wrapped key: eight more than the key has.
const WRAPPED_KEY_BYTES: usize = 24;

/// The keys that keys are wrapped with, by their labels.
pub type Keks = BTreeMap<String, Kek>;

/// A session as a network server hands it over. Without the network keys it says that it checks every
/// MIC itself.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HandedSession {
    dev_addr: DevAddr,
    nwk_s_key: Option<HandedKey>,
    f_nwk_s_int_key: Option<HandedKey>,
    s_nwk_s_int_key: Option<HandedKey>,
    nwk_s_enc_key: Option<HandedKey>,
    app_s_key: HandedKey,
    /// The FCnt of the last uplink of the session, where it has sent already.
    #[serde(default, alias = "fCnt")]
    f_cnt_up: Option<u32>,
}

/// Why a session that is handed over cannot be used. It never repeats a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandoverError {
    /// The device does not join elsewhere.
    #[error(
        "{0} is registered with keys, fixed keys or those that it joins with: sessions are handed over only of devices that join elsewhere, which are registered without keys (otaaElsewhere)"
    )]
    FixedKeys(DevEui),
    /// A key is no key.
    #[error("{key}: {reason}")]
    NoKey {
        /// The key in question.
        key: &'static str,
        /// The fault of the key.
        reason: String,
    },
    /// A key is wrapped with what is not known here.
    #[error(
        "{key} is wrapped with the KEK {label:?}, and [keks] in the settings has none of this label"
    )]
    UnknownKek {
        /// The key in question.
        key: &'static str,
        /// The label of the KEK.
        label: String,
    },
    /// A key cannot be unwrapped.
    #[error("{key}: {error}")]
    WrongKek {
        /// The key in question.
        key: &'static str,
        /// The reason of the refusal.
        error: WrongKek,
    },
    /// The session is known, but for its AppSKey.
    #[error("the session of {0} is known with another appSKey: one of the two is wrong")]
    OtherAppSKey(DevEui),
    /// The keys do not go together.
    #[error(transparent)]
    Impossible(#[from] ImpossibleRegistration),
}

impl HandedSession {
    /// A session of which the network server keeps the network keys to itself.
    #[must_use]
    pub fn of_app_s_key(dev_addr: DevAddr, app_s_key: HandedKey) -> Self {
        Self {
            dev_addr,
            nwk_s_key: None,
            f_nwk_s_int_key: None,
            s_nwk_s_int_key: None,
            nwk_s_enc_key: None,
            app_s_key,
            f_cnt_up: None,
        }
    }
}

/// The key in its envelope, unwrapped.
fn open(handed: &HandedKey, key: &'static str, keks: &Keks) -> Result<[u8; 16], HandoverError> {
    let (label, digits) = (handed.kek_label(), handed.reveal_digits());
    if label.is_empty() {
        return bytes(key, digits);
    }
    let label = label.to_owned();
    let kek = keks.get(&label).ok_or(HandoverError::UnknownKek { key, label })?;
    let wrapped: [u8; WRAPPED_KEY_BYTES] = bytes(key, digits)?;
    unwrap(kek, &wrapped).map_err(|error| HandoverError::WrongKek { key, error })
}

fn bytes<const N: usize>(key: &'static str, digits: &str) -> Result<[u8; N], HandoverError> {
    let no_key = |reason: String| HandoverError::NoKey { key, reason };
    let expected = 2 * N;
    let decoded = HEXLOWER_PERMISSIVE
        .decode(digits.as_bytes())
        .map_err(|_| no_key(format!("it is written with {expected} hexadecimal digits")))?;
    let got = digits.len();
    decoded
        .try_into()
        .map_err(|_| no_key(format!("it is written with {expected} hexadecimal digits, got {got}")))
}

impl HandedSession {
    /// The session where it is, its keys unwrapped.
    fn open(&self, dev_eui: DevEui, keks: &Keks) -> Result<Session, HandoverError> {
        let last_f_cnt = self.f_cnt_up;
        let state = SessionState { last_f_cnt, ..SessionState::default() };
        Ok(self.open_fresh(dev_eui, keks)?.with_state(state))
    }

    fn open_fresh(&self, dev_eui: DevEui, keks: &Keks) -> Result<Session, HandoverError> {
        let network_keys =
            [&self.nwk_s_key, &self.f_nwk_s_int_key, &self.s_nwk_s_int_key, &self.nwk_s_enc_key];
        if network_keys.into_iter().all(Option::is_none) {
            let app_s_key = AppSKey::from_bytes(open(&self.app_s_key, "appSKey", keks)?);
            return Ok(Session::new(dev_eui, self.dev_addr, NetworkKeys::Withheld, app_s_key));
        }
        let open_each = |key: &'static str, handed: &Option<HandedKey>| {
            handed.as_ref().map(|handed| open(handed, key, keks)).transpose()
        };
        let fields = AbpFields {
            dev_addr: self.dev_addr,
            nwk_s_key: open_each("nwkSKey", &self.nwk_s_key)?.map(NwkSKey::from_bytes),
            f_nwk_s_int_key: open_each("fNwkSIntKey", &self.f_nwk_s_int_key)?
                .map(FNwkSIntKey::from_bytes),
            s_nwk_s_int_key: open_each("sNwkSIntKey", &self.s_nwk_s_int_key)?
                .map(SNwkSIntKey::from_bytes),
            nwk_s_enc_key: open_each("nwkSEncKey", &self.nwk_s_enc_key)?
                .map(NwkSEncKey::from_bytes),
            app_s_key: AppSKey::from_bytes(open(&self.app_s_key, "appSKey", keks)?),
        };
        let Abp { dev_addr, network_keys, app_s_key } = Abp::try_from(fields)?;
        Ok(Session::new(dev_eui, dev_addr, network_keys, app_s_key))
    }
}

impl Devices {
    /// Takes a session over that a network server hands over. The device has it from its next frame
    /// on. The same session once more changes nothing, so that its counter goes on.
    pub async fn hand_over(
        &self,
        dev_eui: DevEui,
        handed: &HandedSession,
        keks: &Keks,
        author: &dyn Author,
    ) -> Result<Arc<Device>, DevicesError> {
        let _turn = self.turns.of(dev_eui).await;
        let device = self.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))?;
        if device.activation.has_keys() {
            return Err(HandoverError::FixedKeys(dev_eui).into());
        }
        let session = handed.open(dev_eui, keks)?;
        // Some network servers hand the key over with every message.
        if self.has(&session) && !self.is_behind(&session) {
            return Ok(self.know(Device::clone(&device)));
        }
        let mut overtaken = Overtaken::default();
        loop {
            match self.hand_over_in_turn(&session, author).await {
                Err(error) if overtaken.is_again(&error) => {}
                done => return done,
            }
        }
    }

    /// Whether a device has a session already, or is offered it. Without network keys no frame says which
    /// of two sessions it is of, so there it must be the one that the device has.
    fn has(&self, session: &Session) -> bool {
        let is_it = |known: Session| {
            known.dev_addr() == session.dev_addr()
                && known.network_keys() == session.network_keys()
                && known.app_s_key() == session.app_s_key()
        };
        let dev_eui = session.dev_eui();
        self.sessions.get(dev_eui).is_some_and(is_it)
            || (*session.network_keys() != NetworkKeys::Withheld
                && self.sessions.get_offered(dev_eui).is_some_and(is_it))
    }

    /// Whether the session that a device has is behind the FCnt that is told with the same session.
    fn is_behind(&self, told: &Session) -> bool {
        let current = self.sessions.get(told.dev_eui());
        current.is_some_and(|current| {
            current.dev_addr() == told.dev_addr()
                && current.network_keys() == told.network_keys()
                && current.state().last_f_cnt < told.state().last_f_cnt
        })
    }

    async fn hand_over_in_turn(
        &self,
        session: &Session,
        author: &dyn Author,
    ) -> Result<Arc<Device>, DevicesError> {
        let dev_eui = session.dev_eui();
        let unknown = || DevicesError::Unknown(dev_eui);
        let rows = self.reread_in_turn(dev_eui).await?.ok_or_else(unknown)?;
        let device = self.get(dev_eui).ok_or_else(unknown)?;
        if device.activation.has_keys() {
            return Err(HandoverError::FixedKeys(dev_eui).into());
        }
        let mut batch = Batch::new();
        rows.expect_unchanged(&mut batch);
        let before = self.sessions.get(dev_eui).map(|before| before.dev_addr());
        let moved = Moved { dev_addr_before: before, dev_addr: Some(session.dev_addr()) };
        let act = AuditEntry::of_act("session-hand-over", dev_eui).with(json!(moved)).in_any_case();
        if self.has(session) {
            let behind = rows.progress.session.as_ref().filter(|_| self.is_behind(session));
            let Some(row) = behind else { return Ok(device) };
            SESSIONS.replace(&mut batch, &row.seen, &session.state())?;
            author.commit(batch, act).await?;
            self.reread_in_turn(dev_eui).await?;
            return Ok(device);
        }
        if *session.network_keys() == NetworkKeys::Withheld {
            // The network server knows which of two sessions a frame is of: it hands a session over with
            // its first frame, so it is the one from now on.
            let current = Some(JoinedSession::of(session));
            JOINED.put(&mut batch, &dev_eui, &JoinedSessions { current, offered: None })?;
            SESSIONS.delete(&mut batch, &dev_eui);
            author.commit(batch, act).await?;
            self.sessions.restore(dev_eui, Some(session.clone()), None);
        } else {
            let known = [self.sessions.get(dev_eui), self.sessions.get_offered(dev_eui)];
            if known.into_iter().flatten().any(|known| {
                known.dev_addr() == session.dev_addr()
                    && known.network_keys() == session.network_keys()
            }) {
                return Err(HandoverError::OtherAppSKey(dev_eui).into());
            }
            self.put_offered(&mut batch, session)?;
            author.commit(batch, act).await?;
            self.sessions.offer(session.clone());
        }
        Ok(self.know(Device::clone(&device)))
    }
}
