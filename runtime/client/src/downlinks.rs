//! Commands to devices: sent to one or to a group, followed, cancelled.

use std::{collections::BTreeMap, fmt, fmt::Display};

use champollion_frames::DevEui;
use champollion_sdk::vectors::Hex;
use jiff::Timestamp;
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::{Answer, Client, ClientError, DecoderName, client::ask, pages::all};

/// The header by which a client names a request, so that the same once more is the same command.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// A command as it is asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DownlinkRequest {
    /// The command, in the words of the device's decoder.
    pub command: Map<String, Json>,
    /// Whether the device is asked to acknowledge it.
    pub confirmed: bool,
    /// The moment from which on nobody wants it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The same from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in_seconds: Option<u32>,
    /// `high`, `normal` or `low`: the order among several commands. Normal where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
}

/// A command to the devices of a group, as it is asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupDownlinkRequest {
    /// The command to each of them.
    #[serde(flatten)]
    pub each: DownlinkRequest,
    /// Tags that all of the devices must have.
    pub tags: BTreeMap<String, String>,
}

/// A command on its way to a device: what was asked for, what became of it, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Downlink {
    /// Its name. Names of later commands are greater.
    pub id: Uuid,
    /// The device that the command is for.
    pub dev_eui: DevEui,
    /// The group of the device.
    pub group: String,
    /// The network server that the device is reached through.
    pub network_server: String,
    /// The state that it is in.
    pub state: DownlinkState,
    /// The command, in the words of the device's decoder.
    pub command: Map<String, Json>,
    /// Whether the device is asked to acknowledge it.
    pub confirmed: bool,
    /// Its order among several commands.
    pub priority: String,
    /// The decoder that encoded it.
    pub decoder: DecoderName,
    /// FPort, 1 to 223.
    pub f_port: u8,
    /// The FRMPayload in clear.
    pub payload: Hex,
    /// Warnings to the sender though the command could be encoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The name of the token that it was sent with.
    pub requested_by: String,
    /// The command to the whole group that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_command: Option<Uuid>,
    /// The moment at which it was taken.
    pub queued_at: Timestamp,
    /// The moment from which on nobody wants it any more.
    pub expires_at: Timestamp,
    /// The moment at which it was offered to the network server last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered_at: Option<Timestamp>,
    /// The moment at which the network server took it, as far as it has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over_at: Option<Timestamp>,
    /// The moment at which it was transmitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// The moment at which the device acknowledged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<Timestamp>,
    /// The moment at which it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// The moment at which it was given up, since nobody wanted it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<Timestamp>,
    /// The moment at which it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Timestamp>,
    /// The number of times that it was offered to the network server; one that it cannot have heard does not
    /// count.
    pub attempts: u32,
    /// The number of times that the broker of the network server took it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub broker_offers: u32,
    /// Whether an offer was not answered, so that the network server may have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unanswered: bool,
    /// The reason why the last offer was not taken, or why the command failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The kind of the problem, such as `refused` or `unreachable`; servers of before told none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The network server's name of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The event that it waits for at this moment, or the reason for which it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The state of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DownlinkState {
    /// It waits, here or with the network server.
    Queued,
    /// It was offered, and the network server has not told whether it has it, or has sent it.
    Unknown,
    /// It was transmitted; of a network server that does not say so: it was taken by it.
    Sent,
    /// The device has acknowledged it.
    Acknowledged,
    /// The decoder, the network server or the device did not take it.
    Failed,
    /// Its time was over before it was transmitted.
    Expired,
    /// It was taken back.
    Cancelled,
}

impl Display for DownlinkState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Queued => "queued",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        })
    }
}

/// The outcome of a command to a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupAnswer {
    /// The name of the command to the group.
    pub id: Uuid,
    /// The group whose devices are commanded.
    pub group: String,
    /// The number of devices for which it waits to be handed over.
    pub queued: u64,
    /// The number of devices for which it could not be taken.
    pub refused: u64,
    /// The outcome for each, in the order of their DevEUIs.
    pub results: Vec<GroupResult>,
}

/// The outcome of a command for one device of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupResult {
    /// The device that the command is for.
    pub dev_eui: DevEui,
    /// The name of its command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downlink: Option<Uuid>,
    /// The reason why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Refused>,
}

/// A reason why a device is not commanded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The reason, for programs.
    pub code: String,
    /// The reason, for people.
    pub detail: String,
}

/// The part of a device's commands that is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DownlinkListing {
    /// The command that all of them came before.
    pub before: Option<Uuid>,
    /// Their number at most.
    pub limit: Option<usize>,
}

/// Commands of a device, the latest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DownlinkList {
    /// The commands, the latest first.
    pub downlinks: Vec<Downlink>,
}

impl Client {
    /// Commands a device: `POST /v1/devices/{devEui}/downlinks`. The same request with the same key once
    /// more is the same command.
    pub async fn send_downlink(
        &self,
        dev_eui: DevEui,
        wish: &DownlinkRequest,
        idempotency_key: Option<&str>,
    ) -> Result<Answer<Downlink>, ClientError> {
        let request = self.post(format_args!("v1/devices/{dev_eui}/downlinks")).json(wish);
        ask(named(request, idempotency_key)).await
    }

    /// Commands the devices of a group: `POST /v1/groups/{group}/downlinks`.
    pub async fn send_downlink_to_group(
        &self,
        group: impl Display,
        wish: &GroupDownlinkRequest,
        idempotency_key: Option<&str>,
    ) -> Result<Answer<GroupAnswer>, ClientError> {
        let request = self.post(format_args!("v1/groups/{group}/downlinks")).json(wish);
        ask(named(request, idempotency_key)).await
    }

    /// Lists the commands of a device: `GET /v1/devices/{devEui}/downlinks`.
    pub async fn downlinks_of_device(
        &self,
        dev_eui: DevEui,
        listing: &DownlinkListing,
    ) -> Result<Answer<DownlinkList>, ClientError> {
        let request = || {
            let request = self.get(format_args!("v1/devices/{dev_eui}/downlinks"));
            request.query(&[("before", listing.before)])
        };
        all("downlinks", listing.limit, request).await
    }

    /// Shows a command: `GET /v1/downlinks/{id}`.
    pub async fn downlink(&self, id: Uuid) -> Result<Answer<Downlink>, ClientError> {
        ask(self.get(format_args!("v1/downlinks/{id}"))).await
    }

    /// Takes a command back that the network server has not yet: `DELETE /v1/downlinks/{id}`.
    pub async fn cancel_downlink(&self, id: Uuid) -> Result<Answer<Downlink>, ClientError> {
        ask(self.delete(format_args!("v1/downlinks/{id}"))).await
    }
}

fn named(request: RequestBuilder, idempotency_key: Option<&str>) -> RequestBuilder {
    match idempotency_key {
        Some(key) => request.header(IDEMPOTENCY_KEY, key),
        None => request,
    }
}
