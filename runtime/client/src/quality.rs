//! The figures of connectivity: shares, silent objects, objects that are left out, and availability.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Answer, Client, ClientError,
    client::{OfGroup, ask},
    pages::all,
};

/// The figures that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QualityQuery {
    /// The group; all that the token sees where it is left out.
    pub group: Option<String>,
    /// The sub-group; all where it is left out.
    pub sub_group: Option<String>,
    /// The use case; all where it is left out.
    pub use_case: Option<String>,
    /// The first day: `2026-11-01`.
    pub from: Option<String>,
    /// The last day; today where it is left out.
    pub to: Option<String>,
    /// The length of the periods: `day` or `month`.
    pub by: Option<String>,
    /// The things that figures are of: `group`, `sub-group`, `use-case`, or `whole` for all groups together.
    pub per: Option<String>,
}

/// The silent or left out objects that are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SilentQuery {
    /// The group; all that the token sees where it is left out.
    pub group: Option<String>,
    /// The sub-group; all where it is left out.
    pub sub_group: Option<String>,
    /// The use case; all where it is left out.
    pub use_case: Option<String>,
    /// The least hours of silence; of silent objects alone.
    pub hours: Option<u32>,
}

/// A list of figures of connectivity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QualityFiguresList {
    /// The time zone whose days are counted.
    pub time_zone: String,
    /// The first day that is counted.
    pub counted_since: String,
    /// The share that is promised to be heard each day, in percent.
    pub promised_daily_percent: u8,
    /// The share that is promised to be heard within 14 days, in percent.
    pub promised_fortnight_percent: u8,
    /// The figures, in the order of time.
    pub figures: Vec<QualityFigures>,
}

/// The figures of a group, or of a part of it, in a period. Counts are summed up over the days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QualityFigures {
    /// The day or the month.
    pub period: String,
    /// The group in question; empty of figures of all groups together.
    #[serde(default)]
    pub group: String,
    /// The sub-group, where figures are of sub-groups.
    pub sub_group: Option<String>,
    /// The use case, where figures are of use cases.
    pub use_case: Option<String>,
    /// The days that are counted.
    pub days: u32,
    /// Objects that are in service.
    pub in_service: u64,
    /// Objects in service that were heard on the day.
    pub heard: u64,
    /// Objects in service that were heard within 14 days.
    pub heard_in_14_days: u64,
    /// Objects that are left out, by reason.
    pub left_out: LeftOutCounts,
    /// Frames that were heard.
    pub frames: u64,
    /// Frames that are missing.
    pub lost: u64,
    /// Receptions of the frames.
    pub receptions: u64,
    /// Frames by spreading factor, from 5 to 12.
    pub spreading_factors: Vec<u64>,
    /// Frames by signal-to-noise ratio, in steps of 5 dB from -15 dB on.
    pub snr: Vec<u64>,
    /// The share of objects in service that were heard on each day.
    pub daily_share: Option<f64>,
    /// The share of objects in service that were heard within 14 days.
    pub fortnight_share: Option<f64>,
    /// The share of frames that were lost.
    pub loss: Option<f64>,
    /// The number of gateways that heard a frame, on the average.
    pub redundancy: Option<f64>,
}

/// Objects that are left out, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeftOutCounts {
    /// Objects that lie in a store.
    pub stock: u64,
    /// Objects on their way to where they are used.
    pub delivery: u64,
    /// Objects that are being repaired or exchanged.
    pub maintenance: u64,
    /// Objects that were never heard.
    pub never_heard: u64,
    /// Objects about which a notice is in force.
    pub notice: u64,
}

impl LeftOutCounts {
    /// Returns the number of all objects that are left out.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.stock + self.delivery + self.maintenance + self.never_heard + self.notice
    }
}

/// Objects that are silent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SilentObjectList {
    /// The objects, the longest silent first.
    pub silent: Vec<SilentObject>,
}

/// An object in service that is silent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SilentObject {
    /// The DevEUI of the object.
    pub dev_eui: String,
    /// Its name for people.
    #[serde(default)]
    pub name: String,
    /// The group of the object.
    pub group: String,
    /// When it was last heard.
    pub last_heard_at: Timestamp,
    /// The reception of its last frame, where it is kept.
    pub last_reception: Option<LastReception>,
}

/// The last reception of an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastReception {
    /// The gateway that heard it best.
    pub gateway: Option<String>,
    /// The signal strength there, in dBm.
    pub rssi_dbm: Option<i16>,
    /// The signal-to-noise ratio there, in dB.
    pub snr_db: Option<f32>,
    /// The spreading factor of the frame.
    pub spreading_factor: Option<u8>,
}

/// Objects that are left out of the shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcludedObjectList {
    /// The objects, in the order of their DevEUIs.
    pub excluded: Vec<ExcludedObject>,
}

/// An object that is left out of the shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExcludedObject {
    /// The DevEUI of the object.
    pub dev_eui: String,
    /// Its name for people.
    #[serde(default)]
    pub name: String,
    /// The group of the object.
    pub group: String,
    /// The reason, in a word.
    pub reason: String,
}

/// The availability of the server and of routes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Availability {
    /// The taking of frames.
    pub ingest: IngestAvailability,
    /// The routes that the token sees.
    pub routes: Vec<RouteAvailability>,
}

/// The availability of the taking of frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IngestAvailability {
    /// Minutes that are counted.
    pub minutes: u64,
    /// Minutes in which the server was up and ready.
    pub up: u64,
    /// The share of them, from 0 to 1.
    pub share: Option<f64>,
}

/// The availability of a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouteAvailability {
    /// The group of the route.
    pub group: String,
    /// The name of the route.
    pub route: String,
    /// Minutes in which it was to deliver.
    pub minutes: u64,
    /// Minutes in which its recipient did not fail.
    pub well: u64,
    /// The share of them, from 0 to 1.
    pub share: Option<f64>,
}

impl Client {
    /// Lists figures of connectivity: `GET /v1/quality`.
    pub async fn quality(
        &self,
        query: &QualityQuery,
    ) -> Result<Answer<QualityFiguresList>, ClientError> {
        all("figures", None, || self.get("v1/quality").query(query)).await
    }

    /// Lists silent objects: `GET /v1/quality/silent`.
    pub async fn silent_objects(
        &self,
        query: &SilentQuery,
    ) -> Result<Answer<SilentObjectList>, ClientError> {
        all("silent", None, || self.get("v1/quality/silent").query(query)).await
    }

    /// Lists objects that are left out of the shares: `GET /v1/quality/excluded`.
    pub async fn excluded_objects(
        &self,
        query: &SilentQuery,
    ) -> Result<Answer<ExcludedObjectList>, ClientError> {
        all("excluded", None, || self.get("v1/quality/excluded").query(query)).await
    }

    /// Shows the availability of the server and of routes: `GET /v1/quality/availability`.
    pub async fn availability(
        &self,
        group: Option<&str>,
    ) -> Result<Answer<Availability>, ClientError> {
        ask(self.get("v1/quality/availability").query(&OfGroup { group })).await
    }
}
