//! Records: pulled by their partner, and removed once acknowledged.

use std::collections::BTreeMap;

use champollion_frames::{DevAddr, DevEui, RadioMetadata};
use champollion_sdk::vectors::Hex;
use jiff::Timestamp;
use reqwest::Response;
use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    Answer, Client, ClientError, IndexOffset, MappingInForce, Measurement,
    client::{ask, send},
};

/// The header that says where to go on, also in formats that have no place for it.
const NEXT: &str = "next-cursor";

/// The header that says whether there are more records than were asked for.
const MORE: &str = "more-records";

/// The records that are asked for. Where a parameter takes several values, they are separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordsQuery {
    /// The cursor to go on after.
    pub after: Option<String>,
    /// The number of records at most.
    pub limit: Option<usize>,
    /// The group, where the token is an admin's.
    pub group: Option<String>,
    /// The route that is fetched from.
    pub route: Option<String>,
    /// Seconds to wait for a record where there is none.
    pub wait: Option<u64>,
    /// The devices that the records are of.
    pub device: Option<String>,
    /// The parts of the group that the devices are in.
    pub sub_group: Option<String>,
    /// The uses that the devices are there for.
    pub use_case: Option<String>,
    /// The decoders: `vendor/model`, or `vendor/*`.
    pub decoder: Option<String>,
    /// The ports of the frames.
    pub port: Option<String>,
    /// Only those that are decoded, or only those that are not.
    pub decoded: Option<bool>,
    /// An expression that is true of them.
    pub expression: Option<String>,
    /// `raw`, `decoded` or `both`.
    pub shape: Option<String>,
    /// The zone in which local moments stand beside those in UTC.
    pub time_zone: Option<String>,
    /// The layout of tables of CSV: `international`, `french` or `database`.
    pub layout: Option<String>,
    /// The quantities that are in a table.
    pub quantities: Option<String>,
    /// The tags of devices that have columns of their own in a table.
    pub tags: Option<String>,
    /// Details that a table has only where they are asked for: `data`, `payload`, `digest`.
    pub details: Option<String>,
    /// Columns of one's own, separated by semicolons.
    pub columns: Option<String>,
}

/// Some records of a group, the oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The records of the page.
    pub records: Vec<PulledRecord>,
    /// The cursor to go on after, and to acknowledge once these are processed.
    pub next: String,
    /// Whether there are more records than were asked for.
    pub more: bool,
}

/// A record with its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PulledRecord {
    /// The place of the record.
    pub cursor: String,
    /// The record at that place.
    pub record: Record,
}

/// The record of one frame, as a partner gets it. A shape that leaves something out has members less.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Its type: `record`, `correction` or `test`; empty of a record of an earlier version.
    #[serde(default, rename = "type", skip_serializing_if = "String::is_empty")]
    pub record_type: String,
    /// The version of its format; empty of a record of an earlier version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub format_version: String,
    /// Its name: that of a record that comes twice is the same.
    pub id: String,
    /// The group whose it is.
    pub group: String,
    /// The device that sent the frame.
    pub device: DeviceInfo,
    /// The object as its partner's sheet has it, where a field of the sheet is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectInfo>,
    /// The moment at which the network received the frame.
    pub received_at: Timestamp,
    /// The moment at which the record was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Timestamp>,
    /// The verifier of the frame: a word for it.
    pub verified_by: String,
    /// The network server that handed it over.
    pub network_server: String,
    /// The frame that the device sent.
    pub uplink: Uplink,
    /// The metadata of the network.
    pub radio: Radio,
    /// The record that this one replaces, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Replaced>,
    /// The version that decoded it, or failed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder: Option<DecoderName>,
    /// The reading of the decoder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoded: Option<Decoded>,
    /// The reason why no decoder read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decode_error: Option<DecodeError>,
}

/// The operator's description of the device that sent a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceInfo {
    /// The device that sent the frame.
    pub dev_eui: DevEui,
    /// Its name for people; empty where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The part of the group that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<String>,
    /// The use that it is there for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<String>,
    /// Words of the operator's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// The object that sent a frame, as its partner's sheet has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectInfo {
    /// Its name for people; empty where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The serial number that its maker gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<String>,
    /// The partner's own number of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The point that it was on; absent where it is its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<PointInfo>,
    /// The latitude of its place, in degrees of WGS 84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// The longitude of its place, in degrees of WGS 84.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// The stage of its life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_cycle: Option<String>,
    /// The mark of a frame that tells nothing of its place: `false` while it is delivered or stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_service: Option<bool>,
}

/// The place that is measured or lit, which outlives the devices on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointInfo {
    /// The name of the point within the group.
    pub id: String,
    /// The first moment of the device there; absent where it was there from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The offsets of the device's indexes in the series of the point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offsets: Vec<IndexOffset>,
}

/// A frame as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Uplink {
    /// The address that it was sent from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev_addr: Option<DevAddr>,
    /// The frame counter, all 32 bits.
    pub f_cnt: u32,
    /// The FPort of the frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub f_port: Option<u8>,
    /// Whether the device asked for an acknowledgement.
    pub confirmed: bool,
    /// The number of frames that were sent since the one before, and not received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed_frames: Option<u32>,
    /// FRMPayload in clear; the shape `decoded` has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Hex>,
    /// Warnings about the frame's origin.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// A warning to the reader: a word for programs and a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The reason, for programs.
    pub code: String,
    /// The reason, for people.
    pub message: String,
}

/// The metadata of the network, and what partners ask for most, taken out of the list of gateways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Radio {
    /// The best reception, with its gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_reception: Option<BestReception>,
    /// The best received signal strength, in dBm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rssi_dbm: Option<f32>,
    /// The signal-to-noise ratio there, in dB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snr_db: Option<f32>,
    /// The number of gateways that received it.
    pub redundancy: u64,
    /// The rest of the radio metadata.
    #[serde(flatten)]
    pub metadata: RadioMetadata,
}

/// The best reception of a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BestReception {
    /// The gateway, as the network server names it.
    pub gateway: String,
    /// The received signal strength, in dBm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rssi_dbm: Option<f32>,
    /// The signal-to-noise ratio, in dB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snr_db: Option<f32>,
}

/// The clock of a device, as far as a frame tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeviceClock {
    /// The latest moment that the frame tells.
    pub latest: Timestamp,
    /// The seconds by which that moment is ahead of the reception; below 0 where it is behind.
    pub offset_seconds: i64,
}

/// A record that another one replaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// The name of the record that is replaced.
    pub record: String,
    /// The decoder that decoded it, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder: Option<String>,
    /// The version of that decoder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
}

/// A version of a decoder that was run, and what that took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecoderName {
    /// The decoder's name, `vendor/model`.
    pub id: String,
    /// The version that was run.
    pub version: Version,
    /// The SHA-256 of its package.
    pub digest: String,
    /// The mapping by which its fields were measured, where one was in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<MappingInForce>,
    /// The fuel that the call took.
    pub fuel: u64,
}

/// The reading of a decoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decoded {
    /// A JSON object, in the maker's own words.
    pub data: Json,
    /// The same in the shared vocabulary.
    pub measurements: Vec<Measurement>,
    /// The clock of the device, where the frame tells a moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_clock: Option<DeviceClock>,
    /// The values that derived decoders have made of the reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub derived: Vec<DerivedValues>,
    /// Warnings to the reader though the frame could be read.
    pub warnings: Vec<String>,
}

/// The values that a derived decoder has made of a reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DerivedValues {
    /// The derived decoder that made them.
    pub decoder: DecoderName,
    /// The values that it has made.
    pub measurements: Vec<Measurement>,
}

/// A reason why no decoder read a frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecodeError {
    /// The reason, for programs.
    pub code: String,
    /// The reason, for people.
    pub message: String,
    /// The failure that the decoder itself reported, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Json>,
}

/// Records in a format other than a page of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// The records, byte by byte as the server wrote them.
    pub body: Vec<u8>,
    /// The cursor to go on after.
    pub next: Option<String>,
    /// Whether there are more records than were asked for.
    pub more: bool,
}

/// Records that were processed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Acknowledgement {
    /// The cursor of the last one: `next` of a page, or a record's own.
    pub cursor: String,
    /// The group, where the token is an admin's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The route that they were fetched from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
}

/// The outcome of an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// The number of records that were removed from the inbox, or that the route is done with now.
    pub removed: u64,
    /// The number of records that were deleted with that.
    #[serde(default)]
    pub deleted: u64,
    /// The routes that still hold some of the records up to the cursor.
    #[serde(default, rename = "heldBy")]
    pub held_by: Vec<Holder>,
}

/// A route that is not done with records that were acknowledged elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The name of the route.
    pub route: String,
    /// The number of records that it is not done with.
    pub records: u64,
}

impl Client {
    /// Pulls records: `GET /v1/records`. They stay until they are acknowledged.
    pub async fn pull_records(&self, query: &RecordsQuery) -> Result<Answer<Page>, ClientError> {
        ask(self.get("v1/records").query(query)).await
    }

    /// Pulls records in a format, `ndjson` or `csv-rows` for instance: `GET /v1/records?format=…`.
    pub async fn pull_records_as(
        &self,
        format: &str,
        query: &RecordsQuery,
    ) -> Result<Formatted, ClientError> {
        let request = self.get("v1/records").query(query).query(&[("format", format)]);
        let response = send(request).await?;
        let (next, more) = (header(&response, NEXT), header(&response, MORE));
        let body = response.bytes().await.map_err(ClientError::BrokenOff)?.to_vec();
        Ok(Formatted { body, next, more: more.as_deref() == Some("true") })
    }

    /// Removes records that were processed: `POST /v1/records/ack`.
    pub async fn acknowledge_records(
        &self,
        acknowledgement: &Acknowledgement,
    ) -> Result<Answer<Acknowledged>, ClientError> {
        ask(self.post("v1/records/ack").json(acknowledgement)).await
    }
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}
