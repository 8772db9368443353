//! Links of devices to points, and the offsets of their indexes.

use champollion_frames::DevEui;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Parts of a unit that sums of indexes are told in: a billionth, which no meter counts.
const PARTS: f64 = 1e9;

/// The time that a device is on a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PointLink)]
pub struct Link {
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IndexOffset {
    /// The quantity of the index, a term of the vocabulary.
    pub quantity: String,
    /// The channel of the index; 0 where there is one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub channel: u16,
    /// The offset in the unit of the quantity.
    pub offset: f64,
}

impl Link {
    /// Whether the device is on the point at a moment.
    #[must_use]
    pub fn holds_at(&self, moment: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= moment) && self.until.is_none_or(|until| moment < until)
    }

    /// Whether the device is on the point with no end.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.until.is_none()
    }

    /// The offset of an index; 0 where nothing is said of it.
    #[must_use]
    pub fn offset(&self, quantity: &str, channel: u16) -> f64 {
        let of_index =
            |offset: &&IndexOffset| offset.quantity == quantity && offset.channel == channel;
        self.offsets.iter().find(of_index).map_or(0.0, |offset| offset.offset)
    }
}

/// A sum of indexes without the dust of binary fractions: 0.1 and 0.2 are 0.3.
#[must_use]
pub fn steady(sum: f64) -> f64 {
    let rounded = (sum * PARTS).round() / PARTS;
    if rounded.is_finite() { rounded } else { sum }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(channel: &u16) -> bool {
    *channel == 0
}
