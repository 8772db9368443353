//! SFTP: files over SSH, to a server whose host key is pinned.

use std::{borrow::Cow, sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use russh::{
    Disconnect, Preferred,
    client::{self, AuthResult, Handle, KeyboardInteractiveAuthResponse},
    keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKey, decode_secret_key},
};
use russh_sftp::{
    client::{Config as SftpConfig, SftpSession, error::Error as SftpError},
    protocol::StatusCode,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{
    definition::SftpPlace,
    error::{PlaceError, UnusablePlace},
    interface::{Place, in_folder, unfinished},
    text::{host_text, plain, said},
};
use crate::destinations::{ConnectError, Connector, Limited, Secret};

/// The beginning of a fingerprint, and the length of the rest: SHA-256 in Base64 without padding.
const FINGERPRINT: (&str, usize) = ("SHA256:", 43);

/// Kinds of host keys that are asked for, one after another, before another key than the pinned one is
/// taken for another server: Ed25519, ECDSA and RSA.
const KINDS_OF_KEYS: usize = 3;

/// Where a server says nothing for so long, it is gone.
const SILENCE: Duration = Duration::from_secs(30);

/// Most bytes that a server says in a session, in which a file is written: some for each part of it.
const SAID_BYTES: u64 = 8 << 20;

/// Most bytes of one answer of SFTP. None of those that are asked for holds more than a sentence.
const PACKET_BYTES: u32 = 64 << 10;

/// Most answers to questions of a server that logs in by asking.
const QUESTIONS: usize = 3;

pub(super) struct Sftp {
    place: SftpPlace,
    key: Option<Arc<russh::keys::PrivateKey>>,
    connector: Connector,
}

/// Looks at the key that a server shows.
struct HostKeyCheck {
    pinned: String,
    shown: Arc<Mutex<Option<Shown>>>,
}

#[derive(Clone)]
struct Shown {
    fingerprint: String,
    algorithm: Algorithm,
}

impl SftpPlace {
    pub(super) fn open(&self, connector: Connector) -> Result<Sftp, UnusablePlace> {
        host_text("host", &self.host)?;
        connector.check(&self.host, self.port)?;
        said("user", &self.user)?;
        plain("folder", &self.folder)?;
        let (prefix, length) = FINGERPRINT;
        let is_fingerprint = self.host_key.strip_prefix(prefix).is_some_and(|rest| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+/".contains(&byte);
            rest.len() == length && rest.bytes().all(allowed)
        });
        if !is_fingerprint {
            return Err(UnusablePlace::Fingerprint);
        }
        if self.password.is_none() && self.private_key.is_none() {
            let reason = "it must be said, or privateKey";
            return Err(UnusablePlace::Text { member: "password", reason });
        }
        let passphrase = self.passphrase.as_ref().map(Secret::reveal);
        let key = self.private_key.as_ref().map(|key| decode_secret_key(key.reveal(), passphrase));
        let key = key.transpose().map_err(|error| UnusablePlace::Key(error.to_string()))?;
        Ok(Sftp { place: self.clone(), key: key.map(Arc::new), connector })
    }
}

impl client::Handler for HostKeyCheck {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        key: &russh::keys::PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let russh::keys::PublicKeyOrCertificate::PublicKey { key, .. } = key else {
            return Ok(false);
        };
        let shown = Shown { fingerprint: fingerprint(key), algorithm: key.algorithm() };
        let is_pinned = shown.fingerprint == self.pinned;
        *self.shown.lock() = Some(shown);
        Ok(is_pinned)
    }
}

fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

impl Sftp {
    /// A connection to the server that is meant. A server has keys of several kinds, of which it shows
    /// the one that is asked for first: the others are asked for where that one is not pinned.
    async fn connect(&self) -> Result<Handle<HostKeyCheck>, PlaceError> {
        let host = &self.place.host;
        let mut first_shown = None;
        let mut algorithms = Preferred::DEFAULT.key;
        for _ in 0..KINDS_OF_KEYS {
            let shown = Arc::new(Mutex::new(None));
            let check =
                HostKeyCheck { pinned: self.place.host_key.clone(), shown: Arc::clone(&shown) };
            let config = client::Config {
                inactivity_timeout: Some(SILENCE),
                preferred: Preferred { key: algorithms.clone(), ..Preferred::DEFAULT },
                nodelay: true,
                ..client::Config::default()
            };
            let stream = self.reach().await?;
            match client::connect_stream(Arc::new(config), stream, check).await {
                Ok(session) => return Ok(session),
                Err(error) => {
                    let shown = shown.lock().clone();
                    let is_known = |shown: &Shown| shown.fingerprint == self.place.host_key;
                    let Some(shown) = shown.filter(|shown| !is_known(shown)) else {
                        if first_shown.is_some() {
                            // It has no key of another kind.
                            break;
                        }
                        let reason = error.to_string();
                        return Err(PlaceError::Unreachable { host: host.clone(), reason });
                    };
                    let is_other = |other: &&Algorithm| !is_same_kind(other, &shown.algorithm);
                    algorithms = Cow::Owned(algorithms.iter().filter(is_other).cloned().collect());
                    first_shown.get_or_insert(shown.fingerprint);
                }
            }
        }
        let shown = first_shown.unwrap_or_default();
        Err(PlaceError::HostKey { host: host.clone(), shown, pinned: self.place.host_key.clone() })
    }

    async fn reach(&self) -> Result<Limited<TcpStream>, PlaceError> {
        let SftpPlace { host, port, .. } = &self.place;
        match self.connector.connect(host, *port).await {
            Ok(stream) => Ok(Limited::new(stream, SAID_BYTES)),
            Err(ConnectError::Address(error)) => Err(PlaceError::Address(error)),
            Err(error) => {
                let (host, reason) = (host.clone(), error.to_string());
                Err(PlaceError::Unreachable { host, reason })
            }
        }
    }

    async fn log_in(&self, session: &mut Handle<HostKeyCheck>) -> Result<(), PlaceError> {
        let user = &self.place.user;
        let lost = |error: russh::Error| PlaceError::Lost { reason: error.to_string() };
        let mut refused = String::new();
        if let Some(key) = &self.key {
            let hash = session.best_supported_rsa_hash().await.map_err(lost)?.flatten();
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
            match session.authenticate_publickey(user, key).await.map_err(lost)? {
                AuthResult::Success => return Ok(()),
                AuthResult::Failure { .. } => refused.push_str("the key is not accepted"),
            }
        }
        if let Some(password) = &self.place.password {
            let password = password.reveal();
            match session.authenticate_password(user, password).await.map_err(lost)? {
                AuthResult::Success => return Ok(()),
                AuthResult::Failure { .. } if answer(session, user, password).await? => {
                    return Ok(());
                }
                AuthResult::Failure { .. } => {
                    let and = if refused.is_empty() { "" } else { ", and " };
                    refused.push_str(and);
                    refused.push_str("the password is not accepted");
                }
            }
        }
        Err(PlaceError::Login { user: user.clone(), reason: refused })
    }

    /// Does something on the server, and leaves.
    async fn there<T>(
        &self,
        work: impl AsyncFnOnce(&SftpSession) -> Result<T, PlaceError>,
    ) -> Result<T, PlaceError> {
        let mut session = self.connect().await?;
        self.log_in(&mut session).await?;
        let done = async {
            let refused = |error: russh::Error| PlaceError::Refused {
                what: "a session of SFTP",
                reason: error.to_string(),
            };
            let channel = session.channel_open_session().await.map_err(refused)?;
            channel.request_subsystem(true, "sftp").await.map_err(refused)?;
            let config = SftpConfig {
                request_timeout_secs: SILENCE.as_secs(),
                max_packet_len: PACKET_BYTES,
                ..SftpConfig::default()
            };
            let sftp = SftpSession::new_with_config(channel.into_stream(), config).await;
            work(&sftp.map_err(|error| self.meaning(error, "a session of SFTP"))?).await
        };
        let done = done.await;
        // Whoever has gone already needs no farewell.
        drop(session.disconnect(Disconnect::ByApplication, "", "en").await);
        done
    }

    fn path(&self, name: &str) -> String {
        in_folder(&self.place.folder, name)
    }

    fn meaning(&self, error: SftpError, what: &'static str) -> PlaceError {
        let reason = error.to_string();
        let folder = || match &*self.place.folder {
            "" => "the folder after the login".to_owned(),
            folder => format!("the folder {folder}"),
        };
        match error {
            SftpError::Status(status) => match status.status_code {
                StatusCode::PermissionDenied => PlaceError::Denied { what: folder(), reason },
                StatusCode::NoSuchFile => PlaceError::Missing { what: folder(), reason },
                StatusCode::NoConnection | StatusCode::ConnectionLost => {
                    PlaceError::Lost { reason }
                }
                // The protocol's third version, which servers speak, has no word for a disk that is full.
                _ => PlaceError::Refused { what, reason },
            },
            SftpError::IO(_) | SftpError::Timeout | SftpError::UnexpectedBehavior(_) => {
                PlaceError::Lost { reason }
            }
            _ => PlaceError::Refused { what, reason },
        }
    }
}

#[async_trait]
impl Place for Sftp {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), PlaceError> {
        let whole = self.path(name);
        if self.place.in_place {
            return self.there(async |sftp| self.write(sftp, &whole, bytes).await).await;
        }
        let part_name = unfinished(name);
        let part = self.path(&part_name);
        self.there(async |sftp| {
            self.write(sftp, &part, bytes).await?;
            if sftp.rename(&part, &whole).await.is_ok() {
                return Ok(());
            }
            // Where the name is taken it cannot be renamed to: what is there is of an earlier try.
            drop(sftp.remove_file(&whole).await);
            let Err(error) = sftp.rename(&part, &whole).await else { return Ok(()) };
            match self.meaning(error, "giving the file its name") {
                error @ PlaceError::Lost { .. } => Err(error),
                error => {
                    // Its name it would not get with the next try: what was written is not left.
                    let removed = sftp.remove_file(&part).await;
                    Err(PlaceError::not_renamed(part_name, &error, removed.is_ok()))
                }
            }
        })
        .await
    }

    async fn remove(&self, name: &str) -> Result<(), PlaceError> {
        let path = self.path(name);
        self.there(async |sftp| {
            let removed = sftp.remove_file(&path).await;
            removed.map_err(|error| self.meaning(error, "taking the file away"))
        })
        .await
    }
}

impl Sftp {
    /// Writes a file under a name, whole and to the disk.
    async fn write(&self, sftp: &SftpSession, path: &str, bytes: &[u8]) -> Result<(), PlaceError> {
        let writing = "writing the file";
        let mut file = sftp.create(path).await.map_err(|error| self.meaning(error, writing))?;
        let written = async {
            file.write_all(bytes).await?;
            file.flush().await
        };
        written.await.map_err(|error| self.of_writing(error))?;
        // Where the server does not know how to, it says that it did.
        file.sync_all().await.map_err(|error| self.meaning(error, writing))?;
        file.shutdown().await.map_err(|error| self.of_writing(error))
    }

    /// Reads an error that came while bytes were written: it is the server's in a wrapper.
    fn of_writing(&self, error: std::io::Error) -> PlaceError {
        let reason = error.to_string();
        match error.into_inner().and_then(|inner| inner.downcast::<SftpError>().ok()) {
            Some(error) => self.meaning(*error, "writing the file"),
            None => PlaceError::Lost { reason },
        }
    }
}

fn is_same_kind(one: &Algorithm, other: &Algorithm) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// Logs in where a server asks questions in place of taking a password: each is answered with it.
async fn answer(
    session: &mut Handle<HostKeyCheck>,
    user: &str,
    password: &str,
) -> Result<bool, PlaceError> {
    let lost = |error: russh::Error| PlaceError::Lost { reason: error.to_string() };
    let asked = session.authenticate_keyboard_interactive_start(user, None);
    let mut response = asked.await.map_err(lost)?;
    for _ in 0..QUESTIONS {
        let answers = match response {
            KeyboardInteractiveAuthResponse::Success => return Ok(true),
            KeyboardInteractiveAuthResponse::Failure { .. } => return Ok(false),
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                prompts.iter().map(|_| password.to_owned()).collect()
            }
        };
        let answered = session.authenticate_keyboard_interactive_respond(answers);
        response = answered.await.map_err(lost)?;
    }
    Ok(matches!(response, KeyboardInteractiveAuthResponse::Success))
}
