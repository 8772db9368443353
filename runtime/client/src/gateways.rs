//! Gateways: when each was last heard, and what fails if it fails.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Answer, Client, ClientError, client::ask, pages::all};

/// The gateways that were heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GatewayList {
    /// The gateways, in the order of their names.
    pub gateways: Vec<Gateway>,
}

/// A gateway as frames and status messages show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Gateway {
    /// The name that network servers have for it.
    pub id: String,
    /// Whether it is `heard` or `silent`, or its rhythm is not known yet: `rhythm-unknown`.
    pub state: String,
    /// When it was heard for the first time.
    pub first_heard_at: Timestamp,
    /// When it was heard last.
    pub last_heard_at: Timestamp,
    /// When its last status message came.
    pub last_status_at: Option<Timestamp>,
    /// Frames an hour over the last 24 hours.
    pub frames_an_hour: f64,
    /// The median of the minutes between two in which it is heard.
    pub usual_gap_minutes: Option<i64>,
    /// Since when it is silent, where it is.
    pub silent_since: Option<Timestamp>,
    /// The number of objects that it alone has heard over 7 days.
    pub only_here: u64,
}

/// A gateway with what fails if it fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GatewayDetails {
    /// The gateway as lists have it.
    #[serde(flatten)]
    pub gateway: Gateway,
    /// The last turns, the oldest first.
    pub events: Vec<GatewayEvent>,
    /// The objects that it alone has heard.
    pub objects: Vec<ObjectOfGateway>,
}

/// The turn of a gateway from heard to silent, or back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayEvent {
    /// When it was found.
    pub at: Timestamp,
    /// The state that it has come into: `silent` or `back`.
    pub turn: String,
}

/// An object that one gateway alone has heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectOfGateway {
    /// The DevEUI of the object.
    pub dev_eui: String,
    /// Its name for people.
    #[serde(default)]
    pub name: String,
    /// Its group, where it is registered.
    pub group: Option<String>,
}

impl Client {
    /// Lists the gateways: `GET /v1/gateways`.
    pub async fn gateways(&self) -> Result<Answer<GatewayList>, ClientError> {
        all("gateways", None, || self.get("v1/gateways")).await
    }

    /// Shows a gateway: `GET /v1/gateways/{id}`.
    pub async fn gateway(&self, id: &str) -> Result<Answer<GatewayDetails>, ClientError> {
        ask(self.get(format_args!("v1/gateways/{id}"))).await
    }
}
