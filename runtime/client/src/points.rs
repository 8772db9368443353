//! Points: the places of devices, which outlive them.

use std::fmt::Display;

use champollion_frames::DevEui;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, Client, ClientError,
    client::{OfGroup, ask},
    pages::all,
};

/// The points that the token sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointList {
    /// The points, by group and name.
    pub points: Vec<Point>,
}

/// A point with the devices that are and were on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The group whose point it is.
    pub group: String,
    /// The name of the point within the group.
    pub point: String,
    /// The links of its devices, in the order in which they were made.
    pub links: Vec<PointLink>,
}

/// The time that a device is on a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PointLink {
    /// The device on the point.
    pub dev_eui: DevEui,
    /// The first moment of it; absent where it was there from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The moment from which it was there no more; absent where it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The offsets of its indexes in the series of the point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offsets: Vec<IndexOffset>,
}

/// An offset that is added to an index of a device to have the series of its point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexOffset {
    /// The quantity of the index, a term of the vocabulary.
    pub quantity: String,
    /// The channel of the index; 0 where there is one.
    #[serde(default)]
    pub channel: u16,
    /// The offset in the unit of the quantity.
    pub offset: f64,
}

/// A request that puts a device on a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PointRequest {
    /// The point of the device's group; it is made where there is none.
    pub point: String,
    /// The first moment of the device there; from the beginning where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
}

/// A request that has a device take the place of another one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplacementRequest {
    /// The device that takes the place.
    pub by: DevEui,
    /// The moment of the exchange; now where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The indexes of both devices at that moment.
    pub indexes: Vec<IndexReading>,
}

/// The index of a device that leaves a point, and of the one that takes its place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IndexReading {
    /// The quantity of the index, a term of the vocabulary.
    pub quantity: String,
    /// The channel of the index; 0 where there is one.
    pub channel: u16,
    /// The last index of the device that leaves.
    pub last: f64,
    /// The first index of the device that comes.
    pub first: f64,
}

impl Client {
    /// Lists points: `GET /v1/points`.
    pub async fn points(&self) -> Result<Answer<PointList>, ClientError> {
        all("points", None, || self.get("v1/points")).await
    }

    /// Shows a point: `GET /v1/points/{point}`.
    pub async fn point(
        &self,
        point: impl Display,
        group: Option<&str>,
    ) -> Result<Answer<Point>, ClientError> {
        ask(self.get(format_args!("v1/points/{point}")).query(&OfGroup { group })).await
    }

    /// Puts a device on a point: `PUT /v1/devices/{devEui}/point`.
    pub async fn put_on_point(
        &self,
        dev_eui: DevEui,
        request: &PointRequest,
    ) -> Result<Answer<Point>, ClientError> {
        ask(self.put(format_args!("v1/devices/{dev_eui}/point")).json(request)).await
    }

    /// Takes a device from its point: `DELETE /v1/devices/{devEui}/point`.
    pub async fn take_from_point(&self, dev_eui: DevEui) -> Result<Answer<Point>, ClientError> {
        ask(self.delete(format_args!("v1/devices/{dev_eui}/point"))).await
    }

    /// Has a device take the place of another one: `POST /v1/devices/{devEui}/replacement`.
    pub async fn replace_device(
        &self,
        dev_eui: DevEui,
        request: &ReplacementRequest,
    ) -> Result<Answer<Point>, ClientError> {
        ask(self.post(format_args!("v1/devices/{dev_eui}/replacement")).json(request)).await
    }
}
