//! Commands through a Milesight gateway: by the topic of the device, or by its HTTP interface. Of a command over
//! HTTP it tells whether the device has acknowledged it, by the reference that it was given.

use data_encoding::BASE64;
use serde_json::{Value as Json, json};

use super::Milesight;
use crate::{
    command::{Event, Feedback, Which, is_own_name},
    outgoing::{Answer, Commands, HttpRequest, Outgoing, OutgoingCommand, Via, words},
};

impl Commands for Milesight {
    fn ways(&self) -> &'static [Via] {
        &[Via::Mqtt, Via::Http]
    }

    fn outgoing(&self, via: Via, order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
        match via {
            Via::Mqtt => message(order),
            Via::Http | Via::Grpc => Ok(Outgoing::Http(request(order))),
        }
    }

    fn answer(&self, _: Via, _: &OutgoingCommand<'_>, body: &[u8]) -> Answer {
        answer(body)
    }

    fn gives_tokens(&self) -> bool {
        true
    }

    fn login(&self, username: &str, password: &str) -> Option<HttpRequest> {
        let body = json!({ "username": username, "password": password });
        Some(HttpRequest::post("/api/internal/login".to_owned(), body))
    }

    fn token(&self, body: &[u8]) -> Option<String> {
        let json: Json = serde_json::from_slice(body).ok()?;
        json["jwt"].as_str().map(str::to_owned)
    }
}

/// The message for the topic that the settings name, or that counts where the gateway's settings name none.
///
/// # Errors
/// The application is not known, and the topic holds it.
fn message(order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
    let is_needed = order.manner.topic.is_none_or(|topic| topic.contains("{application}"));
    let application = if is_needed { order.known_application()? } else { "" };
    let device = dev_eui(order);
    let rest = format!("application/{application}/device/{device}/tx");
    let topic = order.topic(application, &device, "", &rest);
    let payload = json!({
        "confirmed": order.confirmed,
        "fPort": order.f_port,
        "data": BASE64.encode(order.payload),
    });
    Ok(Outgoing::Mqtt { topic, payload: payload.to_string().into_bytes() })
}

/// The request to the HTTP interface.
fn request(order: &OutgoingCommand<'_>) -> HttpRequest {
    let dev_eui = dev_eui(order);
    let body = json!({
        "devEUI": dev_eui,
        "confirmed": order.confirmed,
        "fPort": order.f_port,
        "data": BASE64.encode(order.payload),
        "reference": order.id,
    });
    HttpRequest::post(format!("/api/devices/{dev_eui}/queue"), body)
        .with_bearer("Authorization", order.token)
}

/// Reads the answer of the HTTP interface, whose errors may have a status of success.
fn answer(body: &[u8]) -> Answer {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    if json.get("error").is_some_and(|error| !error.is_null()) {
        return Answer::Refused(words(body));
    }
    Answer::Taken { reference: None, sent: true }
}

/// Reads the feedback on a command in a notification; nothing where the notification is about none of ours.
pub(super) fn feedback(json: &Json) -> Option<Feedback> {
    let acknowledged = json["acknowledged"].as_bool()?;
    let id = json["reference"].as_str()?.parse().ok().filter(|&id| is_own_name(id))?;
    let event = if acknowledged {
        Event::Acknowledged
    } else {
        Event::Failed("the device has not acknowledged it in time".to_owned())
    };
    Some(Feedback { which: Which::Own(id), event })
}

/// Milesight writes DevEUIs small, in topics too.
fn dev_eui(order: &OutgoingCommand<'_>) -> String {
    order.dev_eui.to_string().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::{Manner, tests::order};

    #[test]
    fn a_command_goes_to_the_topic_of_the_device() {
        let known = OutgoingCommand { application: Some("1"), ..order() };
        let Outgoing::Mqtt { topic, payload } = message(&known).unwrap() else {
            panic!("a message")
        };
        assert_eq!(topic, "application/1/device/02c4a3fffe100001/tx");
        let said: Json = serde_json::from_slice(&payload).unwrap();
        assert_eq!(said, json!({ "confirmed": true, "fPort": 60, "data": "Af5k" }));
        assert!(message(&order()).unwrap_err().contains("application"));
        let manner = Manner { topic: Some("town/down/{devEui}"), ..Manner::default() };
        let Ok(Outgoing::Mqtt { topic, .. }) = message(&OutgoingCommand { manner, ..order() })
        else {
            panic!("a message")
        };
        assert_eq!(topic, "town/down/02c4a3fffe100001");
    }

    #[test]
    fn a_command_goes_to_the_queue_of_the_device() {
        let sent = request(&order());
        assert_eq!(sent.path, "/api/devices/02c4a3fffe100001/queue");
        assert_eq!(sent.headers, [("Authorization", "Bearer secret".to_owned())]);
        let expected = json!({
            "devEUI": "02c4a3fffe100001", "confirmed": true, "fPort": 60, "data": "Af5k",
            "reference": "01900000-0000-7000-8000-000000000001",
        });
        assert_eq!(sent.body, Some(expected));
        assert_eq!(answer(b"{}"), Answer::Taken { reference: None, sent: true });
        let refused = answer(br#"{"error": "object does not exist", "code": 13}"#);
        assert_eq!(refused, Answer::Refused("object does not exist".to_owned()));
    }

    #[test]
    fn a_client_that_logs_in_is_given_a_token() {
        let login = Milesight.login("apiuser", "secret").unwrap();
        assert_eq!(login.path, "/api/internal/login");
        assert_eq!(login.body, Some(json!({ "username": "apiuser", "password": "secret" })));
        assert_eq!(Milesight.token(br#"{"jwt": "eyJ"}"#).as_deref(), Some("eyJ"));
        assert_eq!(Milesight.token(b"{}"), None);
    }

    #[test]
    fn an_acknowledgement_names_its_command() {
        let own = "01900000-0000-7000-8000-000000000001";
        let heard = |json: Json| feedback(&json);
        let acknowledged = heard(json!({ "reference": own, "acknowledged": true })).unwrap();
        assert_eq!(acknowledged.which, Which::Own(own.parse().unwrap()));
        assert_eq!(acknowledged.event, Event::Acknowledged);
        let silent = heard(json!({ "reference": own, "acknowledged": false })).unwrap();
        assert!(matches!(silent.event, Event::Failed(_)));
        assert_eq!(heard(json!({ "reference": "", "acknowledged": true })), None);
        assert_eq!(heard(json!({ "devEUI": "02c4a3fffe100001" })), None);
    }
}
