//! Hands commands over to one network server.

use std::time::Duration;

use champollion_delivery::destinations::mqtt::{NotPublished, Publisher};
use champollion_lns::{
    Kind, NetworkServerName, Whereabouts,
    outgoing::{Answer, Commands, Encrypted, HttpRequest, Outgoing, OutgoingCommand},
};
use jiff::Timestamp;
use reqwest::{Certificate, Client, StatusCode, redirect};
use tokio::sync::Mutex;

use super::{Downlink, DownlinkSettings, DownlinkSettingsError};
use crate::text_file::read;

/// The time that a network server has to answer. It only has to put the command into its queue.
const PATIENCE: Duration = Duration::from_secs(10);

/// Most bytes that are read of an answer: its words, or the queue of one device.
const ANSWER_BYTES: usize = 256 << 10;

/// A carrier, which hands commands over to one network server.
pub struct Carrier {
    /// The network server that gets the commands.
    pub(super) server: NetworkServerName,
    commands: &'static dyn Commands,
    settings: DownlinkSettings,
    token: Option<String>,
    password: Option<String>,
    /// The token that we were given when we logged in last.
    given: Mutex<Option<String>>,
    http: Client,
    publisher: Option<Publisher>,
}

/// The outcome of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Offered {
    /// The network server has the command.
    Taken { reference: Option<String>, sent: bool },
    /// It will not take it.
    Refused(String),
    /// It has it not: it cannot be reached, or cannot take it now.
    Later(String),
    /// It did not answer, so it may have it.
    Unanswered(String),
}

impl Carrier {
    /// Makes the carrier that the settings describe.
    ///
    /// # Errors
    /// Says what is missing in the settings, or which file cannot be used.
    pub fn new(
        server: &NetworkServerName,
        kind: Kind,
        downlink: &DownlinkSettings,
        publisher: Option<Publisher>,
    ) -> Result<Self, DownlinkSettingsError> {
        downlink.check(kind, publisher.is_some())?;
        let unusable = DownlinkSettingsError::Unusable;
        let token = downlink.token_file.as_deref().map(read).transpose().map_err(unusable)?;
        let password = downlink.password_file.as_deref().map(read).transpose().map_err(unusable)?;
        let mut http = Client::builder()
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE)
            // A command goes to nobody else than who stands in the settings.
            .redirect(redirect::Policy::none());
        if let Some(file) = &downlink.ca_file {
            let unusable = |error: reqwest::Error| unusable(format!("{}: {error}", file.display()));
            let pem = read(file).map_err(DownlinkSettingsError::Unusable)?;
            let certificates = Certificate::from_pem_bundle(pem.as_bytes()).map_err(unusable)?;
            http = http.tls_certs_only(certificates);
        }
        Ok(Self {
            server: server.clone(),
            commands: kind.commands_by(downlink.via)?,
            settings: downlink.clone(),
            token,
            password,
            given: Mutex::default(),
            http: http
                .build()
                .map_err(|error| DownlinkSettingsError::Unusable(error.to_string()))?,
            publisher,
        })
    }

    /// Whether the payload is to be encrypted here.
    pub(super) fn takes_encrypted(&self) -> bool {
        self.commands.takes_encrypted()
    }

    /// Offers a command to the network server.
    pub(super) async fn offer(
        &self,
        downlink: &Downlink,
        whereabouts: Option<&Whereabouts>,
        encrypted: Option<&Encrypted>,
        unanswered_before: bool,
    ) -> Offered {
        let token = match self.token(false).await {
            Ok(token) => token,
            Err(why) => return Offered::Later(why),
        };
        // What another network server calls the device is of no use here.
        let here = whereabouts.filter(|known| known.network_server == self.server);
        let order = OutgoingCommand {
            id: downlink.id,
            dev_eui: downlink.dev_eui,
            f_port: downlink.f_port,
            payload: &downlink.payload.0,
            confirmed: downlink.confirmed,
            priority: downlink.priority,
            expires_at: downlink.expires_at,
            now: Timestamp::now(),
            application: here
                .and_then(|here| here.application.as_deref())
                .or(self.settings.application.as_deref()),
            device: here.and_then(|here| here.device.as_deref()),
            token: token.as_deref(),
            sender_id: self.settings.sender_id.as_deref(),
            receiver_id: self.settings.receiver_id.as_deref(),
            encrypted,
        };
        match self.offer_order(&order, unanswered_before).await {
            // The token that we were given may be too old.
            Err(Unauthorized) if self.password.is_some() => match self.token(true).await {
                Ok(token) => {
                    let order = OutgoingCommand { token: token.as_deref(), ..order };
                    let again = self.offer_order(&order, false).await;
                    again.unwrap_or_else(|Unauthorized| unauthorized())
                }
                Err(why) => Offered::Later(why),
            },
            result => result.unwrap_or_else(|Unauthorized| unauthorized()),
        }
    }

    async fn offer_order(
        &self,
        order: &OutgoingCommand<'_>,
        unanswered_before: bool,
    ) -> Result<Offered, Unauthorized> {
        let via = self.settings.via;
        if unanswered_before && let Some(inquiry) = self.commands.inquiry(via, order) {
            match self.send(inquiry).await {
                Ok((status, body)) if status.is_success() && self.commands.has(order, &body) => {
                    return Ok(Offered::Taken { reference: None, sent: false });
                }
                Ok(_) => {}
                Err(Failed::NotSent(why) | Failed::Unanswered(why)) => {
                    return Ok(Offered::Unanswered(why));
                }
            }
        }
        Ok(match self.commands.outgoing(via, order) {
            Err(why) => Offered::Refused(why),
            Ok(Outgoing::Http(request)) => match self.send(request).await {
                Ok((StatusCode::UNAUTHORIZED, _)) if self.password.is_some() => {
                    return Err(Unauthorized);
                }
                Ok((status, body)) => self.commands.answered(order, status, &body).into(),
                Err(Failed::NotSent(why)) => Offered::Later(why),
                Err(Failed::Unanswered(why)) => Offered::Unanswered(why),
            },
            Ok(Outgoing::Mqtt { topic, payload }) => self.publish(topic, payload).await,
        })
    }

    /// Returns the token that the network server asks for: that of the settings, or the one that it gives
    /// after a login, asked for `anew` where the last one is not good any more.
    async fn token(&self, anew: bool) -> Result<Option<String>, String> {
        let (Some(username), Some(password)) = (&self.settings.username, &self.password) else {
            return Ok(self.token.clone());
        };
        let mut given = self.given.lock().await;
        if given.is_none() || anew {
            let Some(login) = self.commands.login(username, password) else { return Ok(None) };
            let (status, body) = self.send(login).await.map_err(|failed| match failed {
                Failed::NotSent(why) | Failed::Unanswered(why) => why,
            })?;
            let token = self.commands.token(&body).filter(|_| status.is_success());
            *given = Some(token.ok_or_else(|| format!("it does not let us log in: {status}"))?);
        }
        Ok(given.clone())
    }

    async fn publish(&self, topic: String, payload: Vec<u8>) -> Offered {
        let Some(publisher) = &self.publisher else {
            return Offered::Refused("the settings name no broker".to_owned());
        };
        match publisher.publish(topic, payload).await {
            Ok(()) => Offered::Taken { reference: None, sent: !self.commands.tells_of_published() },
            Err(NotPublished::NotConnected) => {
                Offered::Later(NotPublished::NotConnected.to_string())
            }
            Err(error @ NotPublished::Unanswered) => Offered::Unanswered(error.to_string()),
        }
    }

    async fn send(&self, request: HttpRequest) -> Result<(StatusCode, Vec<u8>), Failed> {
        let base = self.settings.url.as_deref().unwrap_or_default().trim_end_matches('/');
        let mut sending = self.http.request(request.method, format!("{base}{}", request.path));
        for (name, value) in request.headers {
            sending = sending.header(name, value);
        }
        if let Some(body) = &request.body {
            sending = sending.json(body);
        }
        let mut response = sending.send().await.map_err(|error| {
            let said = sentence(&error);
            if error.is_connect() || error.is_builder() {
                Failed::NotSent(said)
            } else {
                Failed::Unanswered(said)
            }
        })?;
        let status = response.status();
        let mut body = Vec::new();
        // The status says it all where the body breaks off.
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES - body.len())]);
            if body.len() == ANSWER_BYTES {
                break;
            }
        }
        Ok((status, body))
    }
}

/// The network server does not know us, or not any more.
struct Unauthorized;

fn unauthorized() -> Offered {
    Offered::Refused(format!("{}: it does not accept our token", StatusCode::UNAUTHORIZED))
}

/// Why there is no answer.
enum Failed {
    /// The request never left.
    NotSent(String),
    /// It may have arrived.
    Unanswered(String),
}

impl From<Answer> for Offered {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Taken { reference, sent } => Self::Taken { reference, sent },
            Answer::Refused(why) => Self::Refused(why),
            Answer::Later(why) => Self::Later(why),
        }
    }
}

/// An error with what caused it, without the address: its query may hold a signature.
fn sentence(error: &reqwest::Error) -> String {
    let mut said = if error.is_timeout() {
        format!("no answer within {} s", PATIENCE.as_secs())
    } else if error.is_connect() {
        "it cannot be reached".to_owned()
    } else {
        "the request failed".to_owned()
    };
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        source = cause.source();
        if source.is_none() {
            said.push_str(&format!(": {cause}"));
        }
    }
    said
}
