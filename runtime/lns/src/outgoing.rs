//! Commands to devices, as they go out to network servers.
//!
//! Handing a command over is a pure function, for each kind of network server one: it gives what
//! is to be sent ([`Outgoing`]), and reads what comes back ([`Answer`]). Sending it is the caller's.

use champollion_frames::DevEui;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::{Kind, Priority};

/// Most characters of a network server's own words that are kept.
const WORDS: usize = 500;

/// By which way commands are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// Through the broker of the same network server's frames.
    Mqtt,
    /// To its HTTP interface.
    Http,
}

/// A kind of network server takes no commands by a way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{product} takes no commands {way}")]
pub struct NoSuchWay {
    product: &'static str,
    way: &'static str,
}

/// A command that is to be handed over.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingCommand<'order> {
    /// Our name of it.
    pub id: Uuid,
    /// The device that is commanded.
    pub dev_eui: DevEui,
    /// FPort, 1 to 223.
    pub f_port: u8,
    /// The FRMPayload in clear.
    pub payload: &'order [u8],
    /// Whether the device is asked to acknowledge it.
    pub confirmed: bool,
    /// The place among several commands.
    pub priority: Priority,
    /// From when on nobody wants it any more.
    pub expires_at: Timestamp,
    /// The present moment, since there is no clock here.
    pub now: Timestamp,
    /// The application that the device is in, where that is known.
    pub application: Option<&'order str>,
    /// The network server's name of the device, where that is not the DevEUI.
    pub device: Option<&'order str>,
    /// The token that the network server asks for.
    pub token: Option<&'order str>,
    /// Our name at the network server: the AS_ID of ThingPark, the SenderID of TS002.
    pub sender_id: Option<&'order str>,
    /// The network server's name of itself: the ReceiverID of TS002.
    pub receiver_id: Option<&'order str>,
    /// The payload as it is on the air, where the network server leaves it to us to encrypt it.
    pub encrypted: Option<&'order Encrypted>,
}

/// A payload as it is on the air.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted {
    /// The FRMPayload as it is on the air.
    pub payload: Vec<u8>,
    /// The counter that it is encrypted with.
    pub f_cnt_down: u32,
}

/// A message or a request to a network server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A request to its HTTP interface.
    Http(HttpRequest),
    /// A message through its broker.
    Mqtt {
        /// The topic of the message.
        topic: String,
        /// The payload of the message.
        payload: Vec<u8>,
    },
}

/// A request to the HTTP interface of a network server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method of the request.
    pub method: Method,
    /// The path and query behind the beginning of all addresses.
    pub path: String,
    /// The headers of the request.
    pub headers: Vec<(&'static str, String)>,
    /// The body of the request.
    pub body: Option<Json>,
}

/// An answer of a network server to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The network server has the command.
    Taken {
        /// The network server's name of the command.
        reference: Option<String>,
        /// Whether it says no more, or has sent it already.
        sent: bool,
    },
    /// It will not take it.
    Refused(String),
    /// It cannot take it now.
    Later(String),
}

impl HttpRequest {
    pub(crate) fn post(path: String, body: Json) -> Self {
        Self { method: Method::POST, path, headers: Vec::new(), body: Some(body) }
    }

    /// The same with a token, where there is one.
    pub(crate) fn with_bearer(mut self, header: &'static str, token: Option<&str>) -> Self {
        self.headers.extend(token.map(|token| (header, format!("Bearer {token}"))));
        self
    }
}

/// The way in which commands are handed over to one kind of network server.
pub trait Commands: Sync {
    /// The ways by which commands are taken.
    fn ways(&self) -> &'static [Via];

    /// Returns the message or request that hands a command over by one of these ways.
    ///
    /// # Errors
    /// A sentence says what is missing.
    fn outgoing(&self, via: Via, order: &OutgoingCommand<'_>) -> Result<Outgoing, String>;

    /// Reads an answer with a status of success.
    fn answer(&self, _order: &OutgoingCommand<'_>, _body: &[u8]) -> Answer {
        Answer::Taken { reference: None, sent: true }
    }

    /// Whether the network server tells later what becomes of a command that was published to its broker.
    fn tells_of_published(&self) -> bool {
        true
    }

    /// Whether a token is given to a client that logs in.
    fn gives_tokens(&self) -> bool {
        false
    }

    /// The request by which a client logs in; `None` where no tokens are given.
    fn login(&self, _username: &str, _password: &str) -> Option<HttpRequest> {
        None
    }

    /// The token in the answer to it.
    fn token(&self, _body: &[u8]) -> Option<String> {
        None
    }

    /// The question whether the network server has a command that it was offered and did not answer;
    /// `None` where it cannot be asked.
    fn inquiry(&self, _via: Via, _order: &OutgoingCommand<'_>) -> Option<HttpRequest> {
        None
    }

    /// Whether the network server has the command, by its answer to the inquiry.
    fn has(&self, _order: &OutgoingCommand<'_>, _body: &[u8]) -> bool {
        false
    }

    /// Whether the payload is to be encrypted here.
    fn takes_encrypted(&self) -> bool {
        false
    }

    /// Whether both sides are named in every command.
    fn needs_names(&self) -> bool {
        false
    }
}

impl Kind {
    /// Returns the commands that are handed over by a way.
    ///
    /// # Errors
    /// They are not.
    pub fn commands_by(self, via: Via) -> Result<&'static dyn Commands, NoSuchWay> {
        let commands = self.commands().filter(|commands| commands.ways().contains(&via));
        commands.ok_or_else(|| {
            let way = match via {
                Via::Mqtt => "over MQTT",
                Via::Http => "over HTTP",
            };
            NoSuchWay { product: self.product(), way }
        })
    }
}

impl dyn Commands {
    /// Reads the answer of a network server to a command over HTTP.
    #[must_use]
    pub fn answered(&self, order: &OutgoingCommand<'_>, status: StatusCode, body: &[u8]) -> Answer {
        by_status(status, body).unwrap_or_else(|| self.answer(order, body))
    }
}

/// Returns the meaning of a status that is no success, as all network servers use it.
fn by_status(status: StatusCode, body: &[u8]) -> Option<Answer> {
    if status.is_success() {
        return None;
    }
    let said = match words(body) {
        words if words.is_empty() => status.to_string(),
        words => format!("{status}: {words}"),
    };
    let passes = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
    );
    Some(if status.is_client_error() && !passes {
        Answer::Refused(said)
    } else {
        Answer::Later(said)
    })
}

/// Returns the words of a network server: the message of a JSON object, or the text.
pub(crate) fn words(body: &[u8]) -> String {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let message = ["message", "detail", "error", "description"]
        .iter()
        .find_map(|name| json[*name].as_str().map(str::to_owned));
    let text = message.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned());
    text.chars().take(WORDS).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn order() -> OutgoingCommand<'static> {
        OutgoingCommand {
            id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001),
            dev_eui: "02C4A3FFFE100001".parse().unwrap(),
            f_port: 60,
            payload: &[0x01, 0xFE, 0x64],
            confirmed: true,
            priority: Priority::High,
            expires_at: "2026-01-31T13:00:00Z".parse().unwrap(),
            now: "2026-01-31T12:00:00Z".parse().unwrap(),
            application: None,
            device: None,
            token: Some("secret"),
            sender_id: None,
            receiver_id: None,
            encrypted: None,
        }
    }

    #[test]
    fn who_refuses_is_believed_and_who_is_busy_is_asked_again() {
        let answer = |status: u16, body: &str| {
            let tts = Kind::named("tts").unwrap().commands_by(Via::Http).unwrap();
            tts.answered(&order(), StatusCode::from_u16(status).unwrap(), body.as_bytes())
        };
        assert_eq!(
            answer(404, r#"{"code": 5, "message": "no such device"}"#),
            Answer::Refused("404 Not Found: no such device".to_owned())
        );
        assert_eq!(answer(403, ""), Answer::Refused("403 Forbidden".to_owned()));
        assert_eq!(
            answer(503, " down \n"),
            Answer::Later("503 Service Unavailable: down".to_owned())
        );
        assert!(matches!(answer(429, ""), Answer::Later(_)));
        assert!(matches!(answer(301, ""), Answer::Later(_)));
        assert!(matches!(answer(200, "{}"), Answer::Taken { .. }));
    }
}
