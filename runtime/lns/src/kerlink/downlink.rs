//! Commands through Kerlink Wanesy Management Center: by its HTTP interface. It tells nothing of them
//! later.

use data_encoding::HEXLOWER;
use serde_json::{Value as Json, json};

use super::Kerlink;
use crate::outgoing::{Commands, HttpRequest, Outgoing, OutgoingCommand, Via};

/// Its own kind of JSON, which it asks for.
const CONTENT_TYPE: &str = "application/vnd.kerlink.iot-v1+json";

impl Commands for Kerlink {
    fn ways(&self) -> &'static [Via] {
        &[Via::Http]
    }

    fn outgoing(&self, _: Via, order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
        Ok(request(order))
    }

    fn gives_tokens(&self) -> bool {
        true
    }

    fn login(&self, username: &str, password: &str) -> Option<HttpRequest> {
        Some(login(username, password))
    }

    fn token(&self, body: &[u8]) -> Option<String> {
        token(body)
    }
}

/// The request to the HTTP interface.
fn request(order: &OutgoingCommand<'_>) -> Outgoing {
    // In seconds from now on.
    let ttl = order.expires_at.duration_since(order.now).as_secs().max(1);
    let body = json!({
        "endDevice": { "devEui": order.dev_eui },
        "fPort": order.f_port,
        "confirmed": order.confirmed,
        "contentType": "HEXA",
        "payload": HEXLOWER.encode(order.payload),
        "ttl": ttl,
    });
    let mut request = HttpRequest::post("/application/dataDown".to_owned(), body);
    request.headers.push(("Content-Type", CONTENT_TYPE.to_owned()));
    Outgoing::Http(request.with_bearer("Authorization", order.token))
}

/// The request for a token. It is good for some hours.
fn login(username: &str, password: &str) -> HttpRequest {
    let body = json!({ "login": username, "password": password });
    let mut request = HttpRequest::post("/application/login".to_owned(), body);
    request.headers.push(("Content-Type", CONTENT_TYPE.to_owned()));
    request
}

/// The token in the answer.
fn token(body: &[u8]) -> Option<String> {
    let json: Json = serde_json::from_slice(body).ok()?;
    let token = json["token"].as_str()?;
    Some(token.strip_prefix("Bearer ").unwrap_or(token).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::tests::order;

    #[test]
    fn a_command_is_posted() {
        let Outgoing::Http(request) = request(&order()) else { panic!("a request") };
        assert_eq!(request.path, "/application/dataDown");
        let expected = json!({
            "endDevice": { "devEui": "02C4A3FFFE100001" },
            "fPort": 60,
            "confirmed": true,
            "contentType": "HEXA",
            "payload": "01fe64",
            "ttl": 3600,
        });
        assert_eq!(request.body, Some(expected));
    }

    #[test]
    fn who_logs_in_is_given_a_token() {
        let request = login("lights", "secret");
        assert_eq!(request.path, "/application/login");
        assert_eq!(request.body, Some(json!({ "login": "lights", "password": "secret" })));
        assert_eq!(token(br#"{"token": "abc", "tokenType": "Bearer"}"#).as_deref(), Some("abc"));
        assert_eq!(token(br#"{"token": "Bearer abc"}"#).as_deref(), Some("abc"));
        assert_eq!(token(b"{}"), None);
    }
}
