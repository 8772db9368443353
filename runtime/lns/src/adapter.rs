//! The messages of any network server.

use serde_json::Value as Json;

use crate::{
    Fault, Feedback, Kind, Message, NetworkServerName, Unreadable, Whereabouts, actility, aws,
    chirpstack::{self, uplink::Encoding},
    kerlink, loriot,
    phy::PhyFrame,
    ts002, tts,
};

/// Reads a message. `event` says what has happened, where the network server says that beside.
///
/// # Errors
/// [`Unreadable`] names the field that is not what it should be.
pub fn read(kind: Kind, event: &str, body: &[u8]) -> Result<Message, Unreadable> {
    match kind {
        Kind::Chirpstack => chirpstack::uplink::read(event, encoding(body), body),
        Kind::Tts => tts::uplink::read(body),
        Kind::Actility => actility::uplink::read(body),
        Kind::Ts002 => ts002::uplink::read(body),
        Kind::Kerlink => kerlink::uplink::read(body),
        Kind::Loriot => loriot::read(body),
        Kind::Aws => aws::read(body),
        Kind::Phy => {
            PhyFrame::refuse_others(body)?;
            let frame: PhyFrame = serde_json::from_slice(body).map_err(|error| {
                let (said, is_data) = (error.to_string(), error.is_data());
                let fault = if is_data { Fault::Invalid(said) } else { Fault::NotJson(said) };
                Unreadable::new("", fault)
            })?;
            frame.read().map(Message::frame)
        }
    }
}

/// What a message tells of a command; nothing where it is about none.
#[must_use]
pub fn feedback(kind: Kind, event: &str, body: &[u8]) -> Option<Feedback> {
    let json: Json = serde_json::from_slice(body).ok()?;
    match kind {
        Kind::Chirpstack => chirpstack::downlink::feedback(event, &json),
        Kind::Tts => tts::downlink::feedback(&json),
        Kind::Actility => actility::downlink::feedback(&json),
        Kind::Ts002 => ts002::downlink::feedback(&json),
        Kind::Kerlink | Kind::Loriot | Kind::Aws | Kind::Phy => None,
    }
}

/// Where the device of a frame lives, as the message says it.
#[must_use]
pub fn whereabouts(kind: Kind, server: &NetworkServerName, body: &[u8]) -> Whereabouts {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let text = |json: &Json| json.as_str().map(str::to_owned);
    let (application, device) = match kind {
        Kind::Chirpstack => (text(&json["deviceInfo"]["applicationId"]), None),
        Kind::Tts => {
            let ids = &json["end_device_ids"];
            (text(&ids["application_ids"]["application_id"]), text(&ids["device_id"]))
        }
        _ => (None, None),
    };
    Whereabouts { network_server: server.clone(), application, device }
}

/// How a message of ChirpStack is written; no message as protobuf starts as an object does.
fn encoding(body: &[u8]) -> Encoding {
    if body.trim_ascii_start().first() == Some(&b'{') { Encoding::Json } else { Encoding::Protobuf }
}
