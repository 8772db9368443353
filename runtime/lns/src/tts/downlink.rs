//! Commands through The Things Stack 3: by its MQTT topic, or by its HTTP interface.
//!
//! It keeps what it is given as `correlation_ids` and tells it again with every event, so the command's
//! name goes there. The queue of a device can be read over HTTP: so it is, before a command is offered
//! again that was not answered.

use data_encoding::BASE64;
use http::Method;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Tts;
use crate::{
    command::{Event, Feedback, Priority, Which},
    outgoing::{Answer, Commands, HttpRequest, Outgoing, OutgoingCommand, Via, Waiting},
};

/// Starts our names among the correlation ids of others.
const PREFIX: &str = "champollion:";

impl Commands for Tts {
    fn ways(&self) -> &'static [Via] {
        &[Via::Mqtt, Via::Http]
    }

    fn outgoing(&self, via: Via, order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
        match via {
            Via::Mqtt => message(order),
            Via::Http | Via::Grpc => request(order),
        }
    }

    fn answer(&self, _: Via, _: &OutgoingCommand<'_>, _: &[u8]) -> Answer {
        Answer::Taken { reference: None, sent: false }
    }

    fn inquiry(&self, via: Via, order: &OutgoingCommand<'_>) -> Option<Outgoing> {
        (via == Via::Http).then(|| inquiry(order)).flatten().map(Outgoing::Http)
    }

    fn waiting(&self, _: Via, order: &OutgoingCommand<'_>, body: &[u8]) -> Waiting {
        waiting(order, body)
    }

    fn withdrawal(
        &self,
        _: Via,
        order: &OutgoingCommand<'_>,
        body: &[u8],
    ) -> Result<Outgoing, String> {
        withdrawal(order, body)
    }

    fn told_by(&self) -> Option<&'static str> {
        Some("queued")
    }
}

/// The message for the topic of the device's queue.
///
/// # Errors
/// The application is not known.
fn message(order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
    let (application, device) = (order.known_application()?, device(order));
    let rest = format!("{application}/devices/{device}/down/push");
    let topic = order.topic(application, &device, "v3/", &rest);
    Ok(Outgoing::Mqtt { topic, payload: body(order).to_string().into_bytes() })
}

/// The request to the HTTP interface.
///
/// # Errors
/// The application is not known.
fn request(order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
    let request = HttpRequest::post(format!("{}/push", queue(order)?), body(order));
    Ok(Outgoing::Http(request.with_bearer("Authorization", order.token)))
}

/// The question what waits for the device.
fn inquiry(order: &OutgoingCommand<'_>) -> Option<HttpRequest> {
    let request = HttpRequest {
        method: Method::GET,
        path: queue(order).ok()?,
        headers: Vec::new(),
        body: None,
    };
    Some(request.with_bearer("Authorization", order.token))
}

/// Whether the command is among what waits for the device.
fn waiting(order: &OutgoingCommand<'_>, body: &[u8]) -> Waiting {
    let all = queued(body);
    if all.iter().any(|downlink| own_name(downlink) == Some(order.id)) {
        Waiting::Here { reference: None, sent: false, others: all.len() - 1 }
    } else {
        Waiting::Not
    }
}

/// The request that puts all that waits in the place of the queue, without the command.
///
/// # Errors
/// The application is not known.
fn withdrawal(order: &OutgoingCommand<'_>, body: &[u8]) -> Result<Outgoing, String> {
    let mut rest = queued(body);
    rest.retain(|downlink| own_name(downlink) != Some(order.id));
    let path = format!("{}/replace", queue(order)?);
    let request = HttpRequest::post(path, json!({ "downlinks": rest }));
    Ok(Outgoing::Http(request.with_bearer("Authorization", order.token)))
}

/// All that waits for the device.
fn queued(body: &[u8]) -> Vec<Json> {
    let mut json: Json = serde_json::from_slice(body).unwrap_or_default();
    match json["downlinks"].take() {
        Json::Array(downlinks) => downlinks,
        _ => Vec::new(),
    }
}

/// Reads the feedback on a command in an event; nothing where the event is about none of ours.
pub(super) fn feedback(json: &Json) -> Option<Feedback> {
    let kinds = [
        ("downlink_queued", Event::Queued),
        ("downlink_sent", Event::Sent),
        ("downlink_ack", Event::Acknowledged),
        ("downlink_nack", Event::Failed("the device has not acknowledged it".to_owned())),
        ("downlink_failed", Event::Failed(reason(&json["downlink_failed"]["error"]))),
    ];
    let (kind, event) = kinds.into_iter().find(|(kind, _)| json[*kind].is_object())?;
    let told = &json[kind];
    let id = [told, &told["downlink"], json].into_iter().find_map(own_name)?;
    Some(Feedback { which: Which::Own(id), event })
}

fn own_name(json: &Json) -> Option<Uuid> {
    let ids = json["correlation_ids"].as_array()?;
    ids.iter().find_map(|id| id.as_str()?.strip_prefix(PREFIX)?.parse().ok())
}

/// Its errors are sentences with gaps, and what belongs into the gaps beside them.
fn reason(error: &Json) -> String {
    let mut said = error["message_format"].as_str().unwrap_or("no reason is given").to_owned();
    for (name, value) in error["attributes"].as_object().into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        said = said.replace(&format!("{{{name}}}"), &value);
    }
    said
}

fn body(order: &OutgoingCommand<'_>) -> Json {
    let priority = match order.priority {
        Priority::High => "HIGH",
        Priority::Normal => "NORMAL",
        Priority::Low => "LOW",
    };
    json!({
        "downlinks": [{
            "f_port": order.f_port,
            "frm_payload": BASE64.encode(order.payload),
            "confirmed": order.confirmed,
            "priority": priority,
            "correlation_ids": [format!("{PREFIX}{}", order.id)],
        }]
    })
}

fn queue(order: &OutgoingCommand<'_>) -> Result<String, String> {
    // The tenant is part of the host's name here, and part of the topic there.
    let application = order.known_application()?;
    let application = application.split('@').next().unwrap_or(application);
    Ok(format!("/api/v3/as/applications/{application}/devices/{}/down", device(order)))
}

/// The name that the device has there; the one that it gives to devices of which it is told none.
fn device(order: &OutgoingCommand<'_>) -> String {
    order
        .device
        .map_or_else(|| format!("eui-{}", order.dev_eui.to_string().to_lowercase()), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::tests::order;

    const OWN: &str = "champollion:01900000-0000-7000-8000-000000000001";

    fn known() -> OutgoingCommand<'static> {
        OutgoingCommand { application: Some("lights@town"), device: Some("lamp-1"), ..order() }
    }

    #[test]
    fn a_command_goes_to_the_topic_of_the_device() {
        let Outgoing::Mqtt { topic, payload } = message(&known()).unwrap() else {
            panic!("a message")
        };
        assert_eq!(topic, "v3/lights@town/devices/lamp-1/down/push");
        let said: Json = serde_json::from_slice(&payload).unwrap();
        let downlink = &said["downlinks"][0];
        assert_eq!(
            (&downlink["frm_payload"], &downlink["priority"]),
            (&json!("Af5k"), &json!("HIGH"))
        );
        assert_eq!(downlink["correlation_ids"], json!([OWN]));
        assert!(message(&order()).unwrap_err().contains("application"));
    }

    #[test]
    fn a_command_goes_to_the_queue_of_the_device() {
        let Ok(Outgoing::Http(request)) = request(&known()) else { panic!("a request") };
        assert_eq!(request.path, "/api/v3/as/applications/lights/devices/lamp-1/down/push");
        assert_eq!(request.headers, [("Authorization", "Bearer secret".to_owned())]);
        let unnamed = OutgoingCommand { device: None, ..known() };
        let inquiry = inquiry(&unnamed).unwrap();
        assert_eq!(
            inquiry.path,
            "/api/v3/as/applications/lights/devices/eui-02c4a3fffe100001/down"
        );
        let queue = json!({ "downlinks": [
            { "correlation_ids": ["as:x", OWN] },
            { "correlation_ids": ["as:y"], "f_port": 2 },
        ]});
        let queue = queue.to_string();
        let here = Waiting::Here { reference: None, sent: false, others: 1 };
        assert_eq!(waiting(&known(), queue.as_bytes()), here);
        let other = OutgoingCommand { id: Uuid::nil(), ..known() };
        assert_eq!(waiting(&other, queue.as_bytes()), Waiting::Not);
        assert_eq!(waiting(&known(), b"{}"), Waiting::Not);
        let Ok(Outgoing::Http(replace)) = withdrawal(&known(), queue.as_bytes()) else {
            panic!("a request")
        };
        assert_eq!(replace.path, "/api/v3/as/applications/lights/devices/lamp-1/down/replace");
        let rest = json!({ "downlinks": [{ "correlation_ids": ["as:y"], "f_port": 2 }] });
        assert_eq!(replace.body, Some(rest));
    }

    #[test]
    fn events_tell_what_became_of_it() {
        let heard = |json: Json| feedback(&json).map(|feedback| feedback.event);
        let ids = json!({ "correlation_ids": ["as:downlink:x", OWN] });
        assert_eq!(heard(json!({ "downlink_queued": ids })), Some(Event::Queued));
        assert_eq!(heard(json!({ "downlink_sent": ids })), Some(Event::Sent));
        assert_eq!(heard(json!({ "downlink_ack": ids })), Some(Event::Acknowledged));
        assert!(matches!(heard(json!({ "downlink_nack": ids })), Some(Event::Failed(_))));
        let failed = json!({
            "correlation_ids": ["as:x"],
            "downlink_failed": {
                "downlink": ids,
                "error": {
                    "message_format": "payload of {size} bytes is too long",
                    "attributes": { "size": 300 },
                },
            },
        });
        let why = "payload of 300 bytes is too long".to_owned();
        assert_eq!(heard(failed), Some(Event::Failed(why)));
        let nobodys = json!({ "downlink_sent": { "correlation_ids": ["as:x"] } });
        assert_eq!(heard(nobodys), None);
        assert_eq!(heard(json!({ "uplink_message": ids })), None);
    }
}
