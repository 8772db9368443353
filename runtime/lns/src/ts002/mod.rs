//! The LoRaWAN Backend Interfaces (TS002): a network server hands over `XmitDataReq` and is answered
//! `XmitDataAns`.

mod answer;
mod downlink;
#[cfg(test)]
mod tests;
mod uplink;

use serde_json::{Map, Value as Json};

use answer::ResultCode;

#[cfg(test)]
use crate::tests::Sample;
use crate::{
    Heard, Incoming, Kind, Refusal, Unreadable, adapter::Adapter, json, outgoing::Commands,
    unread::Unread,
};

/// The adapter for the LoRaWAN Backend Interfaces.
pub(crate) struct Ts002;

impl Adapter for Ts002 {
    fn name(&self) -> &'static str {
        "ts002"
    }

    fn product(&self) -> &'static str {
        "the LoRaWAN Backend Interfaces (TS002)"
    }

    fn other_names(&self) -> &'static [&'static str] {
        &["Backend Interfaces", "LoRa Alliance"]
    }

    fn recognizes(&self, json: &Json) -> bool {
        json.get("MessageType").is_some() && json.get("SenderID").is_some()
    }

    fn read(&self, incoming: &Incoming<'_>) -> Result<Heard, Unreadable> {
        let unread = Unread::default();
        let json = json::parse_forgivingly(Kind::of(&Ts002), incoming.body, &unread)?;
        let heard = Heard::from(uplink::read(&json, &unread)?).with_unread(unread);
        Ok(heard.with_feedback(|| downlink::feedback(&json)))
    }

    fn http_answer(
        &self,
        request: &[u8],
        refusal: Option<&Refusal<'_>>,
    ) -> Option<Map<String, Json>> {
        Some(match refusal {
            None => answer::to(request, ResultCode::Success, ""),
            Some(refusal) => answer::to(request, ResultCode::of(refusal), refusal.detail),
        })
    }

    fn commands(&self) -> Option<&'static dyn Commands> {
        Some(&Ts002)
    }

    #[cfg(test)]
    fn sample(&self) -> Option<Sample> {
        Some(Sample {
            body: include_str!("../../../../tests/network-servers/ts002.json"),
            needed: &[
                "/MessageType",
                "/FRMPayload",
                "/ULMetaData",
                "/ULMetaData/DevEUI",
                "/ULMetaData/FCntUp",
            ],
            essentials: &[
                "/MessageType",
                "/FRMPayload",
                "/ULMetaData/DevEUI",
                "/ULMetaData/FCntUp",
                "/ULMetaData/FPort",
            ],
            differs: |uplink, metadata| {
                uplink.is_encrypted = true;
                uplink.adr = false;
                metadata.spreading_factor = None;
                metadata.bandwidth_hz = None;
                metadata.coding_rate = None;
                metadata.data_rate_index = Some(3);
                metadata.gateways[0].gateway_id = "7276ff0039030436".to_owned();
                metadata.gateways[1].gateway_id = "unnamed-2".to_owned();
            },
        })
    }
}
