//! Commands through ChirpStack 4: by its command topic, by its REST interface, or by its gRPC interface.
//!
//! The command topic takes our own name of the command, and ChirpStack drops one of a name that waits
//! already. Nothing is answered: the transmission is the first that it tells of. The REST and gRPC
//! interfaces answer with a name of their own, and can be asked what waits for a device.

use data_encoding::BASE64;
use http::Method;
use serde_json::{Map, Value as Json, json};

use super::{Chirpstack, protobuf_api, protobuf_states, queue};
use crate::{
    Encoding,
    command::{Event, Feedback, Which, is_own_name},
    outgoing::{Answer, Commands, GrpcCall, HttpRequest, Outgoing, OutgoingCommand, Via, Waiting},
};

/// The header of ChirpStack's REST interface that holds the token.
const AUTHORIZATION: &str = "Grpc-Metadata-Authorization";

/// The methods of ChirpStack's gRPC interface.
const ENQUEUE: &str = "/api.DeviceService/Enqueue";
const GET_QUEUE: &str = "/api.DeviceService/GetQueue";
const FLUSH_QUEUE: &str = "/api.DeviceService/FlushQueue";

/// The code of a log event about a queue item whose time was over.
const EXPIRED: &str = "EXPIRED";

impl Commands for Chirpstack {
    fn ways(&self) -> &'static [Via] {
        &[Via::Mqtt, Via::Http, Via::Grpc]
    }

    fn outgoing(&self, via: Via, order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
        match via {
            Via::Mqtt => message(order),
            Via::Http => Ok(request(order)),
            Via::Grpc => Ok(call(order, ENQUEUE, protobuf_api::enqueue(order, dev_eui(order)))),
        }
    }

    fn answer(&self, via: Via, _: &OutgoingCommand<'_>, body: &[u8]) -> Answer {
        let json = read(via, body, protobuf_api::enqueued);
        Answer::Taken { reference: json["id"].as_str().map(str::to_owned), sent: false }
    }

    fn inquiry(&self, via: Via, order: &OutgoingCommand<'_>) -> Option<Outgoing> {
        queue_request(via, order, Method::GET, GET_QUEUE)
    }

    fn waiting(&self, via: Via, order: &OutgoingCommand<'_>, body: &[u8]) -> Waiting {
        queue::waiting(&read(via, body, protobuf_api::queue), order)
    }

    fn withdrawal(
        &self,
        via: Via,
        order: &OutgoingCommand<'_>,
        body: &[u8],
    ) -> Result<Outgoing, String> {
        match self.waiting(via, order, body) {
            Waiting::Here { others: 0, .. } => {
                queue_request(via, order, Method::DELETE, FLUSH_QUEUE).ok_or_else(|| {
                    "it takes no command back that came through its broker".to_owned()
                })
            }
            // It drops all that waits for a device, or nothing.
            _ => Err("other commands wait for the device too, and it drops all or none".to_owned()),
        }
    }

    fn told_by(&self) -> Option<&'static str> {
        Some("txack")
    }

    fn knows_repeats(&self, via: Via) -> bool {
        via == Via::Mqtt
    }

    fn takes_protobuf(&self) -> bool {
        true
    }
}

/// The message for the command topic.
///
/// # Errors
/// The application is not known.
fn message(order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
    let (application, device) = (order.known_application()?, dev_eui(order));
    let rest = format!("application/{application}/device/{device}/command/down");
    let topic = order.topic(application, &device, "", &rest);
    let payload = match order.manner.encoding {
        Encoding::Protobuf => protobuf_api::command(order, device),
        Encoding::Json => {
            let mut command = item(order);
            command.insert("id".to_owned(), json!(order.id));
            Json::Object(command).to_string().into_bytes()
        }
    };
    Ok(Outgoing::Mqtt { topic, payload })
}

/// The request to the REST interface.
fn request(order: &OutgoingCommand<'_>) -> Outgoing {
    let request = HttpRequest::post(queue_path(order), json!({ "queueItem": item(order) }));
    Outgoing::Http(request.with_bearer(AUTHORIZATION, order.token))
}

/// A request that concerns the whole queue of the device; nothing through a broker.
fn queue_request(
    via: Via,
    order: &OutgoingCommand<'_>,
    method: Method,
    grpc_method: &'static str,
) -> Option<Outgoing> {
    match via {
        Via::Mqtt => None,
        Via::Http => {
            let path = queue_path(order);
            let request = HttpRequest { method, path, headers: Vec::new(), body: None };
            Some(Outgoing::Http(request.with_bearer(AUTHORIZATION, order.token)))
        }
        Via::Grpc => {
            let request = protobuf_api::QueueRequest { dev_eui: dev_eui(order) };
            Some(call(order, grpc_method, prost::Message::encode_to_vec(&request)))
        }
    }
}

fn queue_path(order: &OutgoingCommand<'_>) -> String {
    format!("/api/devices/{}/queue", dev_eui(order))
}

fn call(order: &OutgoingCommand<'_>, path: &'static str, message: Vec<u8>) -> Outgoing {
    Outgoing::Grpc(GrpcCall { path, message, token: order.token.map(str::to_owned) })
}

/// Reads an answer as JSON.
fn read(via: Via, body: &[u8], turn: fn(&[u8]) -> Json) -> Json {
    match via {
        Via::Grpc => turn(body),
        Via::Mqtt | Via::Http => serde_json::from_slice(body).unwrap_or_default(),
    }
}

/// Reads the feedback on a command in an event of some encoding; nothing where it tells of none.
pub(super) fn told(event: &str, encoding: Encoding, body: &[u8]) -> Option<Feedback> {
    let json = match encoding {
        Encoding::Json => serde_json::from_slice(body).ok()?,
        Encoding::Protobuf => protobuf_states::state(event, body)?,
    };
    feedback(event, &json)
}

/// Reads the feedback on a command in an event; nothing where the event is about none.
fn feedback(event: &str, json: &Json) -> Option<Feedback> {
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
    // A transmission of MAC commands alone is of no item.
    let item = item.as_str().filter(|item| !item.is_empty())?;
    Some(Feedback { which: which(item), event })
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
    use prost::Message as _;

    use super::*;
    use crate::outgoing::{Manner, tests::order};

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
    fn a_command_is_written_as_the_events_are() {
        let heard = Manner {
            topic_prefix: Some("town/"),
            encoding: Encoding::Protobuf,
            ..Manner::default()
        };
        let order = OutgoingCommand { application: Some("a-1"), manner: heard, ..order() };
        let Outgoing::Mqtt { topic, payload } = message(&order).unwrap() else {
            panic!("a message")
        };
        assert_eq!(topic, "town/application/a-1/device/02c4a3fffe100001/command/down");
        let said = protobuf_api::DownlinkCommand::decode(&*payload).unwrap();
        assert_eq!(said.id, "01900000-0000-7000-8000-000000000001");
        assert_eq!((said.dev_eui.as_str(), said.f_port), ("02c4a3fffe100001", 60));
        assert_eq!((said.confirmed, &*said.data), (true, &[0x01, 0xFE, 0x64][..]));
        assert_eq!(said.expires_at.map(|time| time.seconds), Some(1_769_864_400));
    }

    #[test]
    fn the_grpc_interface_says_the_same_as_the_rest_interface() {
        let chirpstack = &Chirpstack;
        let Ok(Outgoing::Grpc(enqueue)) = chirpstack.outgoing(Via::Grpc, &order()) else {
            panic!("a call")
        };
        assert_eq!((enqueue.path, enqueue.token.as_deref()), (ENQUEUE, Some("secret")));
        assert!(!format!("{enqueue:?}").contains("secret"), "the token is shown");
        let sent = protobuf_api::EnqueueRequest::decode(&*enqueue.message).unwrap();
        let item = sent.queue_item.unwrap();
        assert_eq!((item.dev_eui.as_str(), item.f_port), ("02c4a3fffe100001", 60));
        let taken = protobuf_api::EnqueueResponse { id: "theirs".to_owned() }.encode_to_vec();
        let reference = Some("theirs".to_owned());
        let expected = Answer::Taken { reference, sent: false };
        assert_eq!(chirpstack.answer(Via::Grpc, &order(), &taken), expected);

        let waits = protobuf_api::DeviceQueueItem { id: "theirs".to_owned(), ..item };
        let queue = protobuf_api::QueueResponse { result: vec![waits] }.encode_to_vec();
        let here = Waiting::Here { reference: Some("theirs".to_owned()), sent: false, others: 0 };
        assert_eq!(chirpstack.waiting(Via::Grpc, &order(), &queue), here);
        let rest = json!({ "result": [
            { "id": "theirs", "fPort": 60, "data": "Af5k", "expiresAt": "2026-01-31T13:00:00Z" },
        ]});
        let rest = rest.to_string().into_bytes();
        assert_eq!(chirpstack.waiting(Via::Http, &order(), &rest), here);
        let Ok(Outgoing::Grpc(flush)) = chirpstack.withdrawal(Via::Grpc, &order(), &queue) else {
            panic!("a call")
        };
        assert_eq!(flush.path, FLUSH_QUEUE);
        let Ok(Outgoing::Http(flush)) = chirpstack.withdrawal(Via::Http, &order(), &rest) else {
            panic!("a request")
        };
        assert_eq!(flush.method, Method::DELETE);
        let two = json!({ "result": [{ "id": "a" }, { "id": "b" }] }).to_string();
        let named = OutgoingCommand { reference: Some("a"), ..order() };
        assert!(chirpstack.withdrawal(Via::Http, &named, two.as_bytes()).is_err());
        assert!(chirpstack.inquiry(Via::Mqtt, &order()).is_none());
    }

    #[test]
    fn protobuf_events_tell_the_same_as_json() {
        let own = "01900000-0000-7000-8000-000000000001";
        let heard = |event: &str, body: Vec<u8>| {
            told(event, Encoding::Protobuf, &body).map(|feedback| feedback.event)
        };
        let queue_item_id = own.to_owned();
        let sent = protobuf_states::TxAckEvent { queue_item_id: queue_item_id.clone() };
        assert_eq!(heard("txack", sent.encode_to_vec()), Some(Event::Sent));
        let told_of = told("txack", Encoding::Protobuf, &sent.encode_to_vec());
        assert_eq!(told_of.map(|told| told.which), Some(Which::Own(own.parse().unwrap())));
        let ack = |acknowledged| {
            let queue_item_id = queue_item_id.clone();
            protobuf_states::AckEvent { queue_item_id, acknowledged }.encode_to_vec()
        };
        assert_eq!(heard("ack", ack(true)), Some(Event::Acknowledged));
        assert!(matches!(heard("ack", ack(false)), Some(Event::Failed(_))));
        let log = |code: protobuf_states::LogCode, context: &[(&str, &str)]| {
            let context = context.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
            let event = protobuf_states::LogEvent {
                level: protobuf_states::LogLevel::Error.into(),
                code: code.into(),
                description: "too long".to_owned(),
                context: context.collect(),
            };
            heard("log", event.encode_to_vec())
        };
        let item = [("queue_item_id", own)];
        assert_eq!(log(protobuf_states::LogCode::Expired, &item), Some(Event::Expired));
        let failed = Event::Failed("DOWNLINK_PAYLOAD_SIZE: too long".to_owned());
        assert_eq!(log(protobuf_states::LogCode::DownlinkPayloadSize, &item), Some(failed));
        assert_eq!(log(protobuf_states::LogCode::Otaa, &[]), None);
        // A damaged one tells nothing, and neither does one without a name.
        assert_eq!(heard("txack", vec![0xFF]), None);
        assert_eq!(heard("txack", Vec::new()), None);
        assert_eq!(heard("status", sent.encode_to_vec()), None);
    }

    #[test]
    fn a_command_goes_to_the_queue_of_the_device() {
        let Outgoing::Http(request) = request(&order()) else { panic!("a request") };
        assert_eq!(request.path, "/api/devices/02c4a3fffe100001/queue");
        assert_eq!(request.headers, [(AUTHORIZATION, "Bearer secret".to_owned())]);
        assert_eq!(request.body.unwrap()["queueItem"]["data"], "Af5k");
        let body = br#"{"id": "54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11"}"#;
        let taken = Chirpstack.answer(Via::Http, &order(), body);
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
