//! Commands through ChirpStack 4: by its command topic, or by its REST interface.
//!
//! The command topic takes our own name of the command, and ChirpStack takes a name only once, so one
//! that is offered again is not sent again. The REST interface gives a name of its own.

use data_encoding::BASE64;
use serde_json::{Map, Value as Json, json};

use super::Chirpstack;
use crate::{
    command::{Event, Feedback, Which, is_own_name},
    outgoing::{Answer, Commands, HttpRequest, Outgoing, OutgoingCommand, Via},
};

/// The header of ChirpStack's REST interface that holds the token.
const AUTHORIZATION: &str = "Grpc-Metadata-Authorization";

/// The code of a log event about a queue item whose time was over.
const EXPIRED: &str = "EXPIRED";

impl Commands for Chirpstack {
    fn ways(&self) -> &'static [Via] {
        &[Via::Mqtt, Via::Http]
    }

    fn outgoing(&self, via: Via, order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
        match via {
            Via::Mqtt => message(order),
            Via::Http => Ok(request(order)),
        }
    }

    fn answer(&self, _: &OutgoingCommand<'_>, body: &[u8]) -> Answer {
        answer(body)
    }
}

/// The message for the command topic.
///
/// # Errors
/// The application is not known.
fn message(order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
    let application = order.application.ok_or(
        "the application of the device is not known: nothing was heard of it yet, and the settings \
         name no application",
    )?;
    let mut command = item(order);
    command.insert("id".to_owned(), json!(order.id));
    let topic = format!("application/{application}/device/{}/command/down", dev_eui(order));
    Ok(Outgoing::Mqtt { topic, payload: Json::Object(command).to_string().into_bytes() })
}

/// The request to the REST interface.
fn request(order: &OutgoingCommand<'_>) -> Outgoing {
    let path = format!("/api/devices/{}/queue", dev_eui(order));
    let request = HttpRequest::post(path, json!({ "queueItem": item(order) }));
    Outgoing::Http(request.with_bearer(AUTHORIZATION, order.token))
}

/// Reads the answer of the REST interface to a command that it has taken.
fn answer(body: &[u8]) -> Answer {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    Answer::Taken { reference: json["id"].as_str().map(str::to_owned), sent: false }
}

/// Reads the feedback on a command in an event; nothing where the event is about none.
pub(super) fn feedback(event: &str, json: &Json) -> Option<Feedback> {
    let (item, event) = match event {
        "txack" => (&json["queueItemId"], Event::Sent),
        // What is false is left out.
        "ack" if json["acknowledged"] == Json::Bool(true) => {
            (&json["queueItemId"], Event::Acknowledged)
        }
        "ack" => {
            let why = "the device has not acknowledged it in time";
            (&json["queueItemId"], Event::Failed(why.to_owned()))
        }
        "log" => {
            let context = &json["context"];
            let item = ["queue_item_id", "queueItemId"]
                .iter()
                .map(|name| &context[*name])
                .find(|item| item.is_string())?;
            let code = json["code"].as_str().unwrap_or_default();
            let event = match (code, json["level"].as_str()) {
                (EXPIRED, _) => Event::Expired,
                (_, Some("ERROR")) => {
                    let description = json["description"].as_str().unwrap_or_default();
                    Event::Failed(format!("{code}: {description}"))
                }
                _ => return None,
            };
            (item, event)
        }
        _ => return None,
    };
    Some(Feedback { which: which(item.as_str()?), event })
}

/// A name that is ours, or ChirpStack's of a command that came by the REST interface: both are UUIDs.
fn which(item: &str) -> Which {
    match item.parse() {
        Ok(id) if is_own_name(id) => Which::Own(id),
        _ => Which::Reference(item.to_owned()),
    }
}

fn item(order: &OutgoingCommand<'_>) -> Map<String, Json> {
    let item = json!({
        "devEui": dev_eui(order),
        "confirmed": order.confirmed,
        "fPort": order.f_port,
        "data": BASE64.encode(order.payload),
        "expiresAt": order.expires_at,
    });
    match item {
        Json::Object(item) => item,
        _ => Map::new(),
    }
}

/// ChirpStack writes DevEUIs small, in topics too.
fn dev_eui(order: &OutgoingCommand<'_>) -> String {
    order.dev_eui.to_string().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::tests::order;

    #[test]
    fn a_command_goes_to_the_topic_of_the_device() {
        let order = OutgoingCommand { application: Some("a-1"), ..order() };
        let Outgoing::Mqtt { topic, payload } = message(&order).unwrap() else {
            panic!("a message")
        };
        assert_eq!(topic, "application/a-1/device/02c4a3fffe100001/command/down");
        let said: Json = serde_json::from_slice(&payload).unwrap();
        let expected = json!({
            "id": "01900000-0000-7000-8000-000000000001",
            "devEui": "02c4a3fffe100001",
            "confirmed": true,
            "fPort": 60,
            "data": "Af5k",
            "expiresAt": "2026-01-31T13:00:00Z",
        });
        assert_eq!(said, expected);
        let unknown = message(&OutgoingCommand { application: None, ..order }).unwrap_err();
        assert!(unknown.contains("application"), "{unknown}");
    }

    #[test]
    fn a_command_goes_to_the_queue_of_the_device() {
        let Outgoing::Http(request) = request(&order()) else { panic!("a request") };
        assert_eq!(request.path, "/api/devices/02c4a3fffe100001/queue");
        assert_eq!(request.headers, [(AUTHORIZATION, "Bearer secret".to_owned())]);
        assert_eq!(request.body.unwrap()["queueItem"]["data"], "Af5k");
        let taken = answer(br#"{"id": "54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11"}"#);
        let reference = Some("54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11".to_owned());
        assert_eq!(taken, Answer::Taken { reference, sent: false });
    }

    #[test]
    fn events_tell_what_became_of_it() {
        let own = "01900000-0000-7000-8000-000000000001";
        let theirs = "54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11";
        let heard = |event: &str, json: Json| feedback(event, &json);
        let sent = heard("txack", json!({ "queueItemId": own })).unwrap();
        assert_eq!(sent, Feedback { which: Which::Own(own.parse().unwrap()), event: Event::Sent });
        let acknowledged = json!({ "queueItemId": theirs, "acknowledged": true });
        let acknowledged = heard("ack", acknowledged).unwrap();
        assert_eq!(acknowledged.which, Which::Reference(theirs.to_owned()));
        assert_eq!(acknowledged.event, Event::Acknowledged);
        let silent = heard("ack", json!({ "queueItemId": own })).unwrap();
        assert!(matches!(silent.event, Event::Failed(_)));
        let log = |level: &str, code: &str| {
            let context = json!({ "queue_item_id": own });
            let said = json!({
                "level": level, "code": code, "description": "too long", "context": context,
            });
            heard("log", said).map(|feedback| feedback.event)
        };
        assert_eq!(log("WARNING", "EXPIRED"), Some(Event::Expired));
        let failed = Event::Failed("DOWNLINK_PAYLOAD_SIZE: too long".to_owned());
        assert_eq!(log("ERROR", "DOWNLINK_PAYLOAD_SIZE"), Some(failed));
        assert_eq!(log("INFO", "OTAA"), None);
        assert_eq!(heard("log", json!({ "level": "ERROR", "code": "OTAA" })), None);
        assert_eq!(heard("up", json!({})), None);
    }
}
