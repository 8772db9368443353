//! Frames out of records that are kept, for trials of rules.

use champollion_delivery::names::{GroupId, SubGroup, UseCase};
use champollion_fleet::points::PointId;
use champollion_frames::DevEui;
use champollion_service::alerts::{Frame, Measured, Place, Value};
use jiff::Timestamp;
use serde::Deserialize;

/// A record that is kept, as far as rules look at it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KeptFrame {
    group: GroupId,
    device: KeptDevice,
    #[serde(default)]
    object: Option<KeptObject>,
    received_at: Timestamp,
    #[serde(default)]
    decoder: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    decoded: Option<KeptReading>,
    #[serde(default)]
    replaces: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptDevice {
    dev_eui: DevEui,
    #[serde(default)]
    name: String,
    #[serde(default)]
    sub_group: Option<SubGroup>,
    #[serde(default)]
    use_case: Option<UseCase>,
}

#[derive(Deserialize)]
struct KeptObject {
    #[serde(default)]
    point: Option<KeptPoint>,
}

#[derive(Deserialize)]
struct KeptPoint {
    id: PointId,
}

#[derive(Deserialize)]
struct KeptReading {
    #[serde(default)]
    measurements: Vec<KeptMeasurement>,
    #[serde(default)]
    derived: Vec<KeptDerived>,
}

#[derive(Deserialize)]
struct KeptDerived {
    #[serde(default)]
    measurements: Vec<KeptMeasurement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeptMeasurement {
    quantity: String,
    #[serde(default)]
    channel: u16,
    value: Value,
    #[serde(default)]
    measured_at: Option<Timestamp>,
}

impl KeptFrame {
    /// Reads a record; nothing of one that stands in the place of another, whose frame is judged already.
    pub(crate) fn read(json: &str) -> Option<Self> {
        let kept: Self = serde_json::from_str(json).ok()?;
        kept.replaces.is_none().then_some(kept)
    }

    /// The place of the device.
    pub(crate) fn place(&self) -> Place {
        let KeptDevice { dev_eui, name, sub_group, use_case } = &self.device;
        let point = self.object.as_ref().and_then(|object| object.point.as_ref());
        Place {
            group: self.group.clone(),
            sub_group: sub_group.clone(),
            use_case: use_case.clone(),
            device: Some(*dev_eui),
            route: None,
            name: name.clone(),
            point: point.map(|point| point.id.clone()),
            address: None,
        }
        .bounded()
    }

    /// The frame as rules have it.
    pub(crate) fn frame(&self) -> Frame<'_> {
        let reading = self.decoded.as_ref();
        let own = reading.into_iter().flat_map(|reading| &reading.measurements);
        let derived = reading.into_iter().flat_map(|reading| &reading.derived);
        let derived = derived.flat_map(|derived| &derived.measurements);
        let received_at = self.received_at;
        let measurements = own.chain(derived).map(|kept| {
            let at = kept.measured_at.map_or(received_at, |at| at.min(received_at));
            let (quantity, value) = (kept.quantity.as_str(), kept.value.clone());
            Measured { quantity, channel: kept.channel, value, at }
        });
        let is_decoded = match (reading, &self.decoder) {
            (Some(_), _) => Some(true),
            (None, Some(_)) => Some(false),
            (None, None) => None,
        };
        Frame { received_at, measurements: measurements.collect(), is_decoded }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_read_as_its_frame_was_judged() {
        let record = json!({
            "id": "a", "group": "water", "receivedAt": "2026-11-25T08:00:00Z",
            "device": { "devEui": "70B3D5499A000001", "name": "School" },
            "object": { "point": { "id": "PDS 1" } },
            "uplink": { "fCnt": 1 }, "decoder": { "id": "acme/meter" },
            "decoded": {
                "measurements": [{
                    "quantity": "water.volume", "value": 7, "measuredAt": "2026-11-25T09:00:00Z",
                }],
                "derived": [{ "measurements": [{ "quantity": "alarm.leak", "value": true }] }],
            },
        });
        let kept = KeptFrame::read(&record.to_string()).unwrap();
        assert_eq!(kept.place().point.unwrap().as_str(), "PDS 1");
        let frame = kept.frame();
        assert_eq!(frame.measurements.len(), 2);
        assert_eq!(frame.measurements[0].at, frame.received_at, "its clock is ahead");
        assert_eq!(frame.measurements[1].value, Value::Boolean(true));
        let mut corrected = record;
        corrected["replaces"] = json!({ "id": "a" });
        assert!(KeptFrame::read(&corrected.to_string()).is_none());
    }
}
