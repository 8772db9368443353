//! `XmitDataAns`, the answer to `XmitDataReq`.

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::Refusal;

/// Longest value of the request that the answer repeats, in bytes.
const REPEATED_BYTES: usize = 256;

/// The result of a request, in the words of TS002.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum ResultCode {
    /// It is durable, or was before.
    Success,
    /// No session's keys make the MIC.
    MICFailed,
    /// The device is not registered.
    UnknownDevEUI,
    /// No session has the address.
    UnknownDevAddr,
    /// The request is not what it should be.
    MalformedRequest,
    /// Anything else; the description says what.
    Other,
}

impl ResultCode {
    /// The nearest word for why a request is refused.
    pub(super) fn of(refusal: &Refusal<'_>) -> Self {
        match refusal.code {
            "unknown-dev-eui" | "unknown-device" => Self::UnknownDevEUI,
            "unknown-dev-addr" => Self::UnknownDevAddr,
            "mic-mismatch" => Self::MICFailed,
            _ if refusal.is_malformed => Self::MalformedRequest,
            _ => Self::Other,
        }
    }
}

/// The members of the answer to a request, as far as it could be read.
pub(super) fn to(request: &[u8], result: ResultCode, description: &str) -> Map<String, Json> {
    let request: Json = serde_json::from_slice(request).unwrap_or_default();
    let mut answer = Map::new();
    // Who receives a request sends its answer.
    for (name, of_the_request) in [
        ("ProtocolVersion", "ProtocolVersion"),
        ("SenderID", "ReceiverID"),
        ("ReceiverID", "SenderID"),
        ("TransactionID", "TransactionID"),
        ("ReceiverToken", "SenderToken"),
    ] {
        let value = &request[of_the_request];
        let is_short = value.as_str().is_some_and(|text| text.len() <= REPEATED_BYTES);
        if value.is_u64() || is_short {
            answer.insert(name.to_owned(), value.clone());
        }
    }
    answer.insert("MessageType".to_owned(), json!("XmitDataAns"));
    let mut told = json!({ "ResultCode": result });
    if !description.is_empty() {
        told["Description"] = json!(description);
    }
    answer.insert("Result".to_owned(), told);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_repeats_what_belongs_to_the_request() {
        let request = json!({
            "ProtocolVersion": "1.0", "SenderID": "000001", "ReceiverID": "0200000000000002",
            "TransactionID": 4_294_967_295_u32, "MessageType": "XmitDataReq", "SenderToken": "0a",
            "PHYPayload": "40",
        });
        let answer = to(request.to_string().as_bytes(), ResultCode::MICFailed, "the MIC is wrong");
        let expected = json!({
            "ProtocolVersion": "1.0", "SenderID": "0200000000000002", "ReceiverID": "000001",
            "TransactionID": 4_294_967_295_u32, "MessageType": "XmitDataAns", "ReceiverToken": "0a",
            "Result": { "ResultCode": "MICFailed", "Description": "the MIC is wrong" },
        });
        assert_eq!(Json::Object(answer), expected);
    }

    #[test]
    fn of_a_request_that_cannot_be_read_little_is_repeated() {
        let huge = json!({ "SenderID": "0".repeat(1 << 20), "TransactionID": [1] }).to_string();
        for request in ["", "[]", "{", &huge] {
            let answer = to(request.as_bytes(), ResultCode::Success, "");
            let expected =
                json!({ "MessageType": "XmitDataAns", "Result": { "ResultCode": "Success" } });
            assert_eq!(Json::Object(answer), expected);
        }
    }
}
