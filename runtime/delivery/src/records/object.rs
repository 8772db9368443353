//! The object that sent the frame of a record, and its point.

use champollion_sandbox::{Value, vocabulary::Nature};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Parts of a unit that sums of indexes are told in: a billionth, which no meter counts.
const PARTS: f64 = 1e9;

/// The object that sent a frame, as its partner's sheet has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecordObject)]
pub struct ObjectInfo {
    /// Its name for people; empty where it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The serial number that its maker gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<String>,
    /// The partner's own number of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The point that it was on when the frame was received; absent where it is its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<PointInfo>,
    /// The latitude of its place, in degrees of WGS 84.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// The longitude of its place, in degrees of WGS 84.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// The stage of its life: `SERVICE`, `STOCK`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life_cycle: Option<String>,
    /// The mark of a frame that tells nothing of the object's place: `false` while it is delivered or stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_service: Option<bool>,
}

/// The place that is measured or lit, which outlives the devices on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RecordPoint)]
pub struct PointInfo {
    /// The name of the point within the group.
    pub id: String,
    /// The first moment of the device there; absent where it was there from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The offsets of the device's indexes in the series of the point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offsets: Vec<PointOffset>,
}

/// An offset that is added to an index of a device to have the series of its point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PointOffset {
    /// The quantity of the index.
    pub quantity: String,
    /// The channel of the index; 0 where there is one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub channel: u16,
    /// The offset in the unit of the quantity.
    pub offset: f64,
}

impl PointInfo {
    /// The value of an index in the series of the point; none of what has no offset, or was measured elsewhere.
    pub(super) fn value(
        &self,
        (quantity, channel, kind): (&str, u16, Nature),
        moment: Timestamp,
        value: &Value,
    ) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "no meter counts beyond 2^53")]
        let value = match value {
            Value::Number(value) => *value,
            Value::Integer(value) => *value as f64,
            Value::Boolean(_) | Value::Text(_) => return None,
        };
        if kind != Nature::Index || self.since.is_some_and(|since| moment < since) {
            return None;
        }
        let of_index = |own: &&PointOffset| own.quantity == quantity && own.channel == channel;
        let offset = self.offsets.iter().find(of_index)?.offset;
        // Without the dust of binary fractions: 0.1 and 0.2 are 0.3.
        let sum = ((value + offset) * PARTS).round() / PARTS;
        sum.is_finite().then_some(sum)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(channel: &u16) -> bool {
    *channel == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_goes_on_where_the_one_before_ended() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let offset = PointOffset { quantity: "water.volume".into(), channel: 0, offset: 0.2 };
        let since = at("2026-11-10T00:00:00Z");
        let point = PointInfo { id: "PDS-7".into(), since: Some(since), offsets: vec![offset] };
        let value = |quantity, channel, kind, moment: &str, value| {
            point.value((quantity, channel, kind), at(moment), &value)
        };
        let later = "2026-11-10T00:00:00Z";
        let index = |value_of| value("water.volume", 0, Nature::Index, later, value_of);
        assert_eq!(index(Value::Number(0.1)), Some(0.3));
        assert_eq!(index(Value::Integer(7)), Some(7.2));
        assert_eq!(index(Value::Boolean(true)), None);
        let earlier = "2026-11-09T23:59:59Z";
        assert_eq!(value("water.volume", 0, Nature::Index, earlier, Value::Number(0.1)), None);
        assert_eq!(value("water.volume", 1, Nature::Index, later, Value::Number(0.1)), None);
        assert_eq!(value("water.volume", 0, Nature::Increment, later, Value::Number(0.1)), None);
        assert_eq!(value("energy.active", 0, Nature::Index, later, Value::Number(0.1)), None);
    }
}
