//! Commands through Actility ThingPark: by the HTTP interface of its LRC.
//!
//! Everything stands in the query. Where the network server asks for it, the query is signed: the time
//! and a hash of it with a key that both know are appended. The correlation id comes again in the
//! report of the transmission (`DevEUI_downlink_Sent`).

use http::Method;
use jiff::tz::TimeZone;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Actility;
use crate::{
    command::{Event, Feedback, Which},
    outgoing::{Answer, Commands, HttpRequest, Outgoing, OutgoingCommand, Via, words},
};

impl Commands for Actility {
    fn ways(&self) -> &'static [Via] {
        &[Via::Http]
    }

    fn outgoing(&self, _: Via, order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
        Ok(request(order))
    }

    fn answer(&self, _: Via, order: &OutgoingCommand<'_>, body: &[u8]) -> Answer {
        answer(order, body)
    }
}

/// The request to the HTTP interface.
fn request(order: &OutgoingCommand<'_>) -> Outgoing {
    let mut query = format!(
        "DevEUI={}&FPort={}&Payload={}&Confirmed={}&ValidityTime={}&CorrelationID={}",
        order.dev_eui,
        order.f_port,
        data_encoding::HEXLOWER.encode(order.payload),
        u8::from(order.confirmed),
        time(order.expires_at),
        correlation_id(order.id),
    );
    if let Some(as_id) = order.sender_id {
        query.push_str(&format!("&AS_ID={as_id}&Time={}", time(order.now)));
        if let Some(key) = order.token {
            let hash = Sha256::digest(format!("{query}{}", key.to_lowercase()));
            query.push_str(&format!("&Token={}", data_encoding::HEXLOWER.encode(&hash)));
        }
    }
    Outgoing::Http(HttpRequest {
        method: Method::POST,
        // What is signed is what stands there before it is escaped.
        path: format!("?{}", query.replace('+', "%2B")),
        headers: Vec::new(),
        body: None,
    })
}

/// Reads the words of an answer with a status of success: some of ThingPark's errors are among them.
fn answer(order: &OutgoingCommand<'_>, body: &[u8]) -> Answer {
    let said = words(body);
    if said.to_lowercase().contains("error") {
        return Answer::Refused(said);
    }
    Answer::Taken { reference: Some(correlation_id(order.id)), sent: false }
}

/// Reads the feedback on a command in a report of a transmission; nothing where the report is about none of
/// ours.
pub(super) fn feedback(json: &Json) -> Option<Feedback> {
    let report = &json["DevEUI_downlink_Sent"];
    let text = |name: &str| match &report[name] {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let which = Which::Reference(text("CorrelationID")?.to_uppercase());
    let event = match text("DeliveryStatus")?.as_str() {
        "1" => Event::Sent,
        _ => {
            let causes: Vec<String> = (1..=3)
                .filter_map(|slot| text(&format!("DeliveryFailedCause{slot}")))
                .filter(|cause| !cause.is_empty() && cause != "00")
                .collect();
            Event::Failed(format!("it was not transmitted, causes: {}", causes.join(", ")))
        }
    };
    Some(Feedback { which, event })
}

/// The end of our name of the command, of which all is random: ThingPark takes 64 bits.
fn correlation_id(id: Uuid) -> String {
    let (_, low) = id.as_u64_pair();
    format!("{low:016X}")
}

fn time(moment: jiff::Timestamp) -> String {
    moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%3f+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::outgoing::tests::order;

    #[test]
    fn all_stands_in_the_query_and_is_signed() {
        let order = OutgoingCommand { sender_id: Some("app1"), token: Some("46AB"), ..order() };
        let Outgoing::Http(request) = request(&order) else { panic!("a request") };
        let (signed, token) = request.path.split_once("&Token=").unwrap();
        assert_eq!(
            signed,
            "?DevEUI=02C4A3FFFE100001&FPort=60&Payload=01fe64&Confirmed=1\
             &ValidityTime=2026-01-31T13:00:00.000%2B00:00&CorrelationID=8000000000000001\
             &AS_ID=app1&Time=2026-01-31T12:00:00.000%2B00:00"
        );
        let plain = signed.trim_start_matches('?').replace("%2B", "+");
        let hash = Sha256::digest(format!("{plain}46ab"));
        assert_eq!(token, data_encoding::HEXLOWER.encode(&hash));
        let Outgoing::Http(unsigned) =
            super::request(&OutgoingCommand { sender_id: None, ..order })
        else {
            panic!("a request")
        };
        assert!(!unsigned.path.contains("Token"), "{}", unsigned.path);
    }

    #[test]
    fn reports_tell_what_became_of_it() {
        let Answer::Taken { reference, .. } =
            answer(&order(), b"<html>Request queued by LRC</html>")
        else {
            panic!("it is taken")
        };
        let report = |status: Json| {
            feedback(&json!({ "DevEUI_downlink_Sent": {
                "CorrelationID": "8000000000000001",
                "DeliveryStatus": status,
                "DeliveryFailedCause1": "E3",
                "DeliveryFailedCause2": "00",
            }}))
        };
        let sent = report(json!(1)).unwrap();
        assert_eq!((Some(sent.which), sent.event), (reference.map(Which::Reference), Event::Sent));
        let failed = Event::Failed("it was not transmitted, causes: E3".to_owned());
        assert_eq!(report(json!("0")).unwrap().event, failed);
        assert_eq!(feedback(&json!({ "DevEUI_uplink": {} })), None);
        assert!(matches!(answer(&order(), b"Error: unknown device"), Answer::Refused(_)));
    }
}
