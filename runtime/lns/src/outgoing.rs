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

use crate::{Encoding, Kind, Priority};

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
    /// To its gRPC interface.
    Grpc,
}

impl Via {
    /// The word that stands in the settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Http => "http",
            Self::Grpc => "grpc",
        }
    }
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
    /// The network server's name of the command, where it has told one.
    pub reference: Option<&'order str>,
    /// The way to write a message to its broker.
    pub manner: Manner<'order>,
}

/// The way to write messages to the broker of a network server.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner<'order> {
    /// The topic of commands, where the settings name it: `{application}`, `{devEui}` and `{device}` stand
    /// for those of the device.
    pub topic: Option<&'order str>,
    /// The beginning of all topics; the usual one where nothing is known.
    pub topic_prefix: Option<&'order str>,
    /// The encoding of the message.
    pub encoding: Encoding,
}

impl OutgoingCommand<'_> {
    /// Returns the topic of the command: the one of the settings, or `rest` behind the beginning of all
    /// topics, which is `usual` where none was heard.
    pub(crate) fn topic(&self, application: &str, device: &str, usual: &str, rest: &str) -> String {
        match self.manner.topic {
            Some(pattern) => pattern
                .replace("{application}", application)
                .replace("{devEui}", &self.dev_eui.to_string().to_lowercase())
                .replace("{device}", device),
            None => format!("{}{rest}", self.manner.topic_prefix.unwrap_or(usual)),
        }
    }

    /// Returns the application of the device.
    ///
    /// # Errors
    /// The application is not known.
    pub(crate) fn known_application(&self) -> Result<&str, String> {
        self.application.ok_or_else(|| {
            "the application of the device is not known: nothing was heard of it yet, and the \
             settings name no application"
                .to_owned()
        })
    }
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
    /// A call to its gRPC interface.
    Grpc(GrpcCall),
    /// A message through its broker.
    Mqtt {
        /// The topic of the message.
        topic: String,
        /// The payload of the message.
        payload: Vec<u8>,
    },
}

/// A call to the gRPC interface of a network server.
#[derive(Clone, PartialEq, Eq)]
pub struct GrpcCall {
    /// The path of the method.
    pub path: &'static str,
    /// The message, as protobuf.
    pub message: Vec<u8>,
    /// The token that goes along.
    pub token: Option<String>,
}

impl std::fmt::Debug for GrpcCall {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = &mut formatter.debug_struct("GrpcCall");
        shown.field("path", &self.path).field("message", &self.message).finish_non_exhaustive()
    }
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
    /// It does not take this command now: others it may take.
    Fault(String),
    /// It takes no command now.
    Busy(String),
    /// It may have taken it: somebody between gave up waiting for its answer.
    Unsure(String),
}

/// The place of a command in a network server's queue of the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// The command is not there.
    Not,
    /// The command waits there.
    Here {
        /// The network server's name of the command, where it gives one.
        reference: Option<String>,
        /// Whether the command was sent already, and waits to be acknowledged.
        sent: bool,
        /// The number of other commands that wait for the device.
        others: usize,
    },
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
    fn answer(&self, _via: Via, _order: &OutgoingCommand<'_>, _body: &[u8]) -> Answer {
        Answer::Taken { reference: None, sent: true }
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

    /// The question which commands wait for the device at the network server; `None` where it cannot be
    /// asked.
    fn inquiry(&self, _via: Via, _order: &OutgoingCommand<'_>) -> Option<Outgoing> {
        None
    }

    /// Whether the command is among those that wait, by the answer to the inquiry.
    fn waiting(&self, _via: Via, _order: &OutgoingCommand<'_>, _body: &[u8]) -> Waiting {
        Waiting::Not
    }

    /// The request that takes a waiting command back, made of the answer to the inquiry.
    ///
    /// # Errors
    /// A sentence says why the network server cannot.
    fn withdrawal(
        &self,
        _via: Via,
        _order: &OutgoingCommand<'_>,
        _body: &[u8],
    ) -> Result<Outgoing, String> {
        Err("it takes no command back".to_owned())
    }

    /// The event by which the network server tells that it has a command that came through its broker.
    fn told_by(&self) -> Option<&'static str> {
        None
    }

    /// Whether a command that comes once more under its name, while the first one waits, is dropped.
    fn knows_repeats(&self, _via: Via) -> bool {
        false
    }

    /// Whether messages to its broker may be protobuf.
    fn takes_protobuf(&self) -> bool {
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
                Via::Grpc => "over gRPC",
            };
            NoSuchWay { product: self.product(), way }
        })
    }
}

impl dyn Commands {
    /// Reads the answer of a network server to a command.
    #[must_use]
    pub fn answered(
        &self,
        via: Via,
        order: &OutgoingCommand<'_>,
        status: StatusCode,
        body: &[u8],
    ) -> Answer {
        by_status(status, body).unwrap_or_else(|| self.answer(via, order, body))
    }
}

/// Whether a network server takes nothing for a while, whatever it is asked.
#[must_use]
pub fn is_busy(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
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
    Some(match status {
        status if is_busy(status) => Answer::Busy(said),
        // A proxy has passed the command on, perhaps.
        StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT => Answer::Unsure(said),
        // Of a device of somebody else, or of all: a key can be changed, and the command waits for it.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Answer::Fault(format!("{said}: our token is not accepted for this device"))
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY => Answer::Fault(said),
        status if status.is_client_error() => Answer::Refused(said),
        _ => Answer::Fault(said),
    })
}

/// Returns the status of HTTP that says the same as a status of gRPC.
#[must_use]
pub fn status_of_grpc(code: i32) -> StatusCode {
    match code {
        0 => StatusCode::OK,
        3 | 9 | 11 => StatusCode::BAD_REQUEST,
        4 => StatusCode::GATEWAY_TIMEOUT,
        5 => StatusCode::NOT_FOUND,
        6 | 10 => StatusCode::CONFLICT,
        7 => StatusCode::FORBIDDEN,
        8 => StatusCode::TOO_MANY_REQUESTS,
        12 => StatusCode::NOT_IMPLEMENTED,
        14 => StatusCode::SERVICE_UNAVAILABLE,
        16 => StatusCode::UNAUTHORIZED,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Returns the words of a network server: the message of a JSON object, or the text.
pub(crate) fn words(body: &[u8]) -> String {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let message = ["message", "detail", "error", "description"]
        .iter()
        .find_map(|name| json[*name].as_str().map(str::to_owned));
    let text = message.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned());
    // An empty object says nothing to people.
    if text == "{}" { String::new() } else { text.chars().take(WORDS).collect() }
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
            reference: None,
            manner: Manner::default(),
        }
    }

    #[test]
    fn a_status_says_whom_it_concerns() {
        let answer = |status: u16, body: &str| {
            let tts = Kind::named("tts").unwrap().commands_by(Via::Http).unwrap();
            let status = StatusCode::from_u16(status).unwrap();
            tts.answered(Via::Http, &order(), status, body.as_bytes())
        };
        assert_eq!(
            answer(404, r#"{"code": 5, "message": "no such device"}"#),
            Answer::Refused("404 Not Found: no such device".to_owned())
        );
        assert_eq!(
            answer(503, " down \n"),
            Answer::Busy("503 Service Unavailable: down".to_owned())
        );
        assert!(matches!(answer(429, ""), Answer::Busy(_)));
        for status in [301, 401, 403, 408, 425, 500, 501, 507] {
            assert!(matches!(answer(status, ""), Answer::Fault(_)), "{status}");
        }
        for status in [502, 504] {
            assert!(matches!(answer(status, ""), Answer::Unsure(_)), "{status}");
        }
        for status in [400, 404, 409, 410, 413, 422] {
            assert!(matches!(answer(status, ""), Answer::Refused(_)), "{status}");
        }
        assert!(matches!(answer(200, "{}"), Answer::Taken { .. }));
    }

    #[test]
    fn every_status_of_grpc_says_something() {
        assert_eq!(status_of_grpc(0), StatusCode::OK);
        for code in 1..=20 {
            assert!(by_status(status_of_grpc(code), b"").is_some(), "{code}");
        }
        let internal = by_status(status_of_grpc(13), b"foreign key");
        assert!(matches!(internal, Some(Answer::Fault(why)) if why.contains("foreign key")));
        assert!(matches!(by_status(status_of_grpc(14), b""), Some(Answer::Busy(_))));
    }

    #[test]
    fn topics_are_those_of_the_settings_or_begin_as_those_that_were_heard() {
        let topic = |manner: Manner<'_>| {
            OutgoingCommand { manner, ..order() }.topic("a-1", "lamp", "v3/", "a-1/x")
        };
        assert_eq!(topic(Manner::default()), "v3/a-1/x");
        let heard = Manner { topic_prefix: Some("town/v3/"), ..Manner::default() };
        assert_eq!(topic(heard), "town/v3/a-1/x");
        let named = Manner { topic: Some("t/{application}/{devEui}/{device}/down"), ..heard };
        assert_eq!(topic(named), "t/a-1/02c4a3fffe100001/lamp/down");
    }
}
