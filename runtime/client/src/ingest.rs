//! Frames, as network servers hand them over.

use champollion_frames::{DevAddr, DevEui, Mic, RadioMetadata};
use champollion_sdk::vectors::Hex;
use jiff::Timestamp;
use reqwest::{
    RequestBuilder,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{
    Answer, Client, ClientError, Problem,
    client::{ask, text},
};

/// The media type of lines of JSON.
const LINES: HeaderValue = HeaderValue::from_static("application/x-ndjson");

/// The media type of protobuf, as ChirpStack names it.
const PROTOBUF: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// A frame in our own format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhyFrame {
    /// The PHYPayload, in hexadecimal digits.
    pub phy_payload: Hex,
    /// The device; needed where the network server has checked the MIC, and of use to a join-accept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_eui: Option<DevEui>,
    /// The frame counter, all 32 bits, where the network server knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f_cnt: Option<u32>,
    /// Whether the network server has checked the MIC.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mic_checked: bool,
    /// The moment at which the network received it; now where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// The metadata of the network.
    #[serde(flatten)]
    pub metadata: RadioMetadata,
}

/// An uplink in our own format, with its payload in clear.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlainUplink {
    /// The device that sent it.
    pub dev_eui: DevEui,
    /// The frame counter, all 32 bits where they are known.
    pub f_cnt: u32,
    /// The port; 0 of a frame of MAC commands alone.
    pub f_port: u8,
    /// The payload in clear.
    pub payload: Hex,
    /// The moment at which the network received it; now where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// The address that the device sent from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_addr: Option<DevAddr>,
    /// The MIC that the frame ended with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mic: Option<Mic>,
    /// Whether the device asked for an acknowledgement.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirmed: bool,
    /// The metadata of the network.
    #[serde(flatten)]
    pub metadata: RadioMetadata,
}

/// The receipt of a frame or a message that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Receipt {
    /// Its record is durable.
    Accepted {
        /// The id of the record.
        record: String,
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits.
        f_cnt: u32,
        /// Whether a decoder read it.
        decoded: bool,
        /// The reason why no decoder did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decode_error: Option<DecodeProblem>,
    },
    /// It holds MAC commands only: counted, and nothing to hand out.
    MacOnly {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits.
        f_cnt: u32,
    },
    /// It is another gateway's copy, and came in time: the record has its reception too.
    Merged {
        /// The id of the record.
        record: String,
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits.
        f_cnt: u32,
    },
    /// It was taken before.
    Duplicate {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The frame counter, all 32 bits; a message of the join procedure has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        f_cnt: Option<u32>,
    },
    /// A device asks to join; its number is used up.
    JoinRequested {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The number of the request.
        dev_nonce: u16,
    },
    /// A device was let in, and has a new session from its next frame on.
    Joined {
        /// The DevEUI of the device.
        dev_eui: DevEui,
        /// The address of the session, where it is told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dev_addr: Option<DevAddr>,
    },
    /// The message is of a kind that hands nothing over.
    Ignored {
        /// The kind, in the network server's word.
        what: String,
    },
}

impl Receipt {
    /// Returns the word for what became of it: the member `status`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::MacOnly { .. } => "mac-only",
            Self::Merged { .. } => "merged",
            Self::Duplicate { .. } => "duplicate",
            Self::JoinRequested { .. } => "join-requested",
            Self::Joined { .. } => "joined",
            Self::Ignored { .. } => "ignored",
        }
    }
}

/// A reason why no decoder read a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodeProblem {
    /// The reason, for programs.
    pub code: String,
    /// The reason, for people.
    pub message: String,
}

/// The answer to one of many frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineAnswer {
    /// The line of the frame, from 1.
    pub line: usize,
    /// The outcome of the line.
    #[serde(flatten)]
    pub outcome: LineOutcome,
}

/// The outcome of one of many frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineOutcome {
    /// The frame was taken.
    Receipt(Receipt),
    /// The frame was refused, and why.
    Problem(Problem),
}

/// An event of ChirpStack's, in one of the two ways in which it writes them.
#[derive(Clone, Debug, PartialEq)]
pub enum ChirpstackEvent {
    /// The event as JSON.
    Json(Json),
    /// The event as protobuf.
    Protobuf(Vec<u8>),
}

/// An `XmitDataAns`, with what became of the frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ts002Answer {
    /// The receipt of the frame.
    pub receipt: Receipt,
    /// The members that TS002 has.
    #[serde(flatten)]
    pub answer: Map<String, Json>,
}

impl Client {
    /// Hands over a frame: `POST /v1/ingest/phy`.
    pub async fn ingest_phy(&self, frame: &PhyFrame) -> Result<Answer<Receipt>, ClientError> {
        ask(self.post("v1/ingest/phy").json(frame)).await
    }

    /// Hands over many frames, a line of JSON each: `POST /v1/ingest/phy`. Each has an answer of its own, in
    /// the same order.
    pub async fn ingest_phy_lines(
        &self,
        frames: &[PhyFrame],
    ) -> Result<Vec<Answer<LineAnswer>>, ClientError> {
        self.lines("phy", frames).await
    }

    /// Hands over an uplink with its payload in clear: `POST /v1/ingest/plain`.
    pub async fn ingest_plain(&self, uplink: &PlainUplink) -> Result<Answer<Receipt>, ClientError> {
        ask(self.post("v1/ingest/plain").json(uplink)).await
    }

    /// Hands over many uplinks, a line of JSON each: `POST /v1/ingest/plain`. Each has an answer of its own, in
    /// the same order.
    pub async fn ingest_plain_lines(
        &self,
        uplinks: &[PlainUplink],
    ) -> Result<Vec<Answer<LineAnswer>>, ClientError> {
        self.lines("plain", uplinks).await
    }

    async fn lines(
        &self,
        kind: &str,
        messages: &[impl Serialize],
    ) -> Result<Vec<Answer<LineAnswer>>, ClientError> {
        let mut body = Vec::new();
        for message in messages {
            serde_json::to_writer(&mut body, message).map_err(ClientError::Unwritable)?;
            body.push(b'\n');
        }
        let request =
            self.post(format_args!("v1/ingest/{kind}")).header(CONTENT_TYPE, LINES).body(body);
        text(request).await?.lines().map(|line| Answer::read(line.to_owned())).collect()
    }

    /// Hands over an event of ChirpStack 4, such as `up`: `POST /v1/ingest/chirpstack`.
    pub async fn ingest_chirpstack(
        &self,
        event: &str,
        message: ChirpstackEvent,
    ) -> Result<Answer<Receipt>, ClientError> {
        let request = self.post("v1/ingest/chirpstack").query(&[("event", event)]);
        ask(match message {
            ChirpstackEvent::Json(json) => request.json(&json),
            ChirpstackEvent::Protobuf(bytes) => request.header(CONTENT_TYPE, PROTOBUF).body(bytes),
        })
        .await
    }

    /// Hands over an `XmitDataReq` of the LoRaWAN Backend Interfaces: `POST /v1/ingest/ts002`.
    pub async fn ingest_ts002(&self, message: &Json) -> Result<Answer<Ts002Answer>, ClientError> {
        ask(self.message("ts002", message)).await
    }

    /// Hands over a message of The Things Stack 3: `POST /v1/ingest/tts`.
    pub async fn ingest_tts(&self, message: &Json) -> Result<Answer<Receipt>, ClientError> {
        ask(self.message("tts", message)).await
    }

    /// Hands over a message of Actility ThingPark: `POST /v1/ingest/actility`.
    pub async fn ingest_actility(&self, message: &Json) -> Result<Answer<Receipt>, ClientError> {
        ask(self.message("actility", message)).await
    }

    /// Hands over a message of the Kerlink Wanesy Management Center: `POST /v1/ingest/kerlink`.
    pub async fn ingest_kerlink(&self, message: &Json) -> Result<Answer<Receipt>, ClientError> {
        ask(self.message("kerlink", message)).await
    }

    /// Hands over a message of Loriot: `POST /v1/ingest/loriot`.
    pub async fn ingest_loriot(&self, message: &Json) -> Result<Answer<Receipt>, ClientError> {
        ask(self.message("loriot", message)).await
    }

    /// Hands over a message of AWS IoT Core for LoRaWAN: `POST /v1/ingest/aws`.
    pub async fn ingest_aws(&self, message: &Json) -> Result<Answer<Receipt>, ClientError> {
        ask(self.message("aws", message)).await
    }

    /// Hands over a message of Orange Live Objects: `POST /v1/ingest/live-objects`.
    pub async fn ingest_live_objects(
        &self,
        message: &Json,
    ) -> Result<Answer<Receipt>, ClientError> {
        ask(self.message("live-objects", message)).await
    }

    /// Hands over a message of Everynet: `POST /v1/ingest/everynet`.
    pub async fn ingest_everynet(&self, message: &Json) -> Result<Answer<Receipt>, ClientError> {
        ask(self.message("everynet", message)).await
    }

    /// Hands over a message of Netmore, or a list of one: `POST /v1/ingest/netmore`.
    pub async fn ingest_netmore(&self, message: &Json) -> Result<Answer<Receipt>, ClientError> {
        ask(self.message("netmore", message)).await
    }

    /// Hands over a packet of a MultiTech Conduit, or a list of one: `POST /v1/ingest/multitech`.
    pub async fn ingest_multitech(&self, message: &Json) -> Result<Answer<Receipt>, ClientError> {
        ask(self.message("multitech", message)).await
    }

    /// Hands over a message of a Milesight gateway: `POST /v1/ingest/milesight`.
    pub async fn ingest_milesight(&self, message: &Json) -> Result<Answer<Receipt>, ClientError> {
        ask(self.message("milesight", message)).await
    }

    fn message(&self, kind: &str, message: &Json) -> RequestBuilder {
        self.post(format_args!("v1/ingest/{kind}")).json(message)
    }
}
