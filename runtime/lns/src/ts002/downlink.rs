//! Commands through the LoRaWAN Backend Interfaces (TS002): XmitDataReq to the network server.
//!
//! The key of the payload is the application server's alone, so the payload goes out encrypted. The
//! transaction is named by the command, so a repeat has the number of the first. The answer comes with
//! the response, or later as a message of its own.

use data_encoding::HEXUPPER;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::Ts002;
use crate::{
    command::{Event, Feedback, Priority, Which},
    outgoing::{Answer, Commands, HttpRequest, Outgoing, OutgoingCommand, Via},
};

/// The version of the protocol.
const PROTOCOL_VERSION: &str = "1.1";

impl Commands for Ts002 {
    fn ways(&self) -> &'static [Via] {
        &[Via::Http]
    }

    fn outgoing(&self, _: Via, order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
        request(order)
    }

    fn answer(&self, _: Via, order: &OutgoingCommand<'_>, body: &[u8]) -> Answer {
        answer(order, body)
    }

    fn takes_encrypted(&self) -> bool {
        true
    }

    fn needs_names(&self) -> bool {
        true
    }
}

/// The request to the network server.
///
/// # Errors
/// The session of the device is not known.
fn request(order: &OutgoingCommand<'_>) -> Result<Outgoing, String> {
    let encrypted = order.encrypted.ok_or(
        "the session of the device is not known here, and the payload cannot be encrypted",
    )?;
    let body = json!({
        "ProtocolVersion": PROTOCOL_VERSION,
        "SenderID": order.sender_id,
        "ReceiverID": order.receiver_id,
        "TransactionID": transaction(order.id),
        "MessageType": "XmitDataReq",
        "SenderToken": "",
        "FRMPayload": HEXUPPER.encode(&encrypted.payload),
        "DLMetaData": {
            "DevEUI": order.dev_eui,
            "FPort": order.f_port,
            "FCntDown": encrypted.f_cnt_down,
            "Confirmed": order.confirmed,
            "HiPriorityFlag": order.priority == Priority::High,
        },
    });
    let request = HttpRequest::post(String::new(), body);
    Ok(Outgoing::Http(request.with_bearer("Authorization", order.token)))
}

/// Reads an answer with a status of success.
fn answer(order: &OutgoingCommand<'_>, body: &[u8]) -> Answer {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    match outcome(&json) {
        None => {
            let reference = Some(transaction(order.id).to_string());
            Answer::Taken { reference, sent: false }
        }
        Some(Ok(())) => Answer::Taken { reference: None, sent: true },
        Some(Err(why)) => Answer::Refused(why),
    }
}

/// Reads the feedback on a command in an answer that comes by itself.
pub(super) fn feedback(json: &Json) -> Option<Feedback> {
    let event = match outcome(json)? {
        Ok(()) => Event::Sent,
        Err(why) => Event::Failed(why),
    };
    let which = Which::Reference(json["TransactionID"].as_u64()?.to_string());
    Some(Feedback { which, event })
}

/// The result of an answer; nothing where it is none.
fn outcome(json: &Json) -> Option<Result<(), String>> {
    if json["MessageType"] != "XmitDataAns" {
        return None;
    }
    let result = &json["Result"];
    // Before version 1.1 the result is its code.
    let code = result["ResultCode"].as_str().or(result.as_str()).unwrap_or("none");
    Some(match (code, result["Description"].as_str()) {
        ("Success", _) => Ok(()),
        (code, Some(description)) if !description.is_empty() => {
            Err(format!("{code}: {description}"))
        }
        (code, _) => Err(code.to_owned()),
    })
}

/// The end of our name of the command, of which all is random: a transaction has 32 bits.
fn transaction(id: Uuid) -> u32 {
    let [.., a, b, c, d] = *id.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::{Encrypted, tests::order};

    #[test]
    fn a_command_is_a_transaction() {
        let encrypted = Encrypted { payload: vec![0xAB, 0xCD, 0xEF], f_cnt_down: 7 };
        let order = OutgoingCommand {
            encrypted: Some(&encrypted),
            sender_id: Some("000001"),
            receiver_id: Some("000002"),
            ..order()
        };
        let Ok(Outgoing::Http(request)) = request(&order) else { panic!("a request") };
        let body = request.body.unwrap();
        assert_eq!((&body["TransactionID"], &body["FRMPayload"]), (&json!(1), &json!("ABCDEF")));
        let metadata = json!({
            "DevEUI": "02C4A3FFFE100001",
            "FPort": 60,
            "FCntDown": 7,
            "Confirmed": true,
            "HiPriorityFlag": true,
        });
        assert_eq!(body["DLMetaData"], metadata);
        let unknown = super::request(&OutgoingCommand { encrypted: None, ..order }).unwrap_err();
        assert!(unknown.contains("session"), "{unknown}");
    }

    #[test]
    fn the_answer_comes_at_once_or_later() {
        let said = |result: Json| json!({ "MessageType": "XmitDataAns", "TransactionID": 1, "Result": result });
        let answer = |json: &Json| super::answer(&order(), json.to_string().as_bytes());
        let success = said(json!({ "ResultCode": "Success" }));
        assert_eq!(answer(&success), Answer::Taken { reference: None, sent: true });
        let refused = said(json!({ "ResultCode": "UnknownDevEUI", "Description": "nobody" }));
        assert_eq!(answer(&refused), Answer::Refused("UnknownDevEUI: nobody".to_owned()));
        let reference = Some("1".to_owned());
        assert_eq!(super::answer(&order(), b""), Answer::Taken { reference, sent: false });
        let which = Which::Reference("1".to_owned());
        assert_eq!(feedback(&success), Some(Feedback { which, event: Event::Sent }));
        let old = feedback(&said(json!("XmitFailed"))).unwrap();
        assert_eq!(old.event, Event::Failed("XmitFailed".to_owned()));
        assert_eq!(feedback(&json!({ "MessageType": "XmitDataReq" })), None);
    }
}
