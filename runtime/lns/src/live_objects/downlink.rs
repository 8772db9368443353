//! Commands through Live Objects: by its REST interface, with an API key. It tells nothing of them later.

use data_encoding::HEXLOWER;
use serde_json::{Value as Json, json};

use super::{CONNECTOR, LiveObjects};
use crate::outgoing::{Answer, Commands, HttpRequest, Outgoing, OutgoingCommand, Via};

/// The header of the API key.
const API_KEY: &str = "X-API-KEY";

/// The shortest time that a command may wait, in seconds.
const SHORTEST_SECONDS: u64 = 5;

impl Commands for LiveObjects {
    fn ways(&self) -> &'static [Via] {
        &[Via::Http]
    }

    fn outgoing(&self, _: Via, order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
        Ok(Outgoing::Http(request(order)))
    }

    fn answer(&self, _: Via, _: &OutgoingCommand<'_>, body: &[u8]) -> Answer {
        let json: Json = serde_json::from_slice(body).unwrap_or_default();
        Answer::Taken { reference: json["id"].as_str().map(str::to_owned), sent: true }
    }
}

/// The request to the REST interface.
fn request(order: &OutgoingCommand<'_>) -> HttpRequest {
    let seconds = order.expires_at.duration_since(order.now).as_secs();
    let expiration = u64::try_from(seconds).unwrap_or_default().max(SHORTEST_SECONDS);
    let body = json!({
        "request": {
            "connector": CONNECTOR,
            "value": { "data": HEXLOWER.encode(order.payload), "port": order.f_port },
        },
        "policy": {
            "expirationInSeconds": expiration,
            "ackMode": if order.confirmed { "NETWORK" } else { "NONE" },
        },
    });
    let device = format!("urn:lo:nsid:{CONNECTOR}:{}", order.dev_eui);
    let mut request =
        HttpRequest::post(format!("/api/v1/deviceMgt/devices/{device}/commands"), body);
    request.headers.extend(order.token.map(|key| (API_KEY, key.to_owned())));
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::tests::order;

    #[test]
    fn a_command_is_registered_of_the_device() {
        let sent = request(&order());
        assert_eq!(
            sent.path,
            "/api/v1/deviceMgt/devices/urn:lo:nsid:lora:02C4A3FFFE100001/commands"
        );
        assert_eq!(sent.headers, [(API_KEY, "secret".to_owned())]);
        let expected = json!({
            "request": { "connector": "lora", "value": { "data": "01fe64", "port": 60 } },
            "policy": { "expirationInSeconds": 3600, "ackMode": "NETWORK" },
        });
        assert_eq!(sent.body, Some(expected));
        let late = OutgoingCommand { now: order().expires_at, confirmed: false, ..order() };
        let policy = request(&late).body.unwrap()["policy"].clone();
        assert_eq!(policy, json!({ "expirationInSeconds": 5, "ackMode": "NONE" }));
        let answer =
            LiveObjects.answer(Via::Http, &order(), br#"{"id": "ae49129f", "status": "PENDING"}"#);
        let reference = Some("ae49129f".to_owned());
        assert_eq!(answer, Answer::Taken { reference, sent: true });
    }
}
