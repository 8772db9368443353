//! A point with the devices that are and were on it.

use champollion_frames::DevEui;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{IndexOffset, Link, steady};

/// Most links that a point keeps: a device in each of them for a year makes two centuries.
const LINKS: usize = 200;

/// A point: its links, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Point {
    /// The links of its devices.
    pub links: Vec<Link>,
}

/// The index of a device that leaves a point, and of the one that takes its place, at the same moment.
#[derive(Clone, Debug, PartialEq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexReading {
    /// The quantity of the index, a term of the vocabulary such as `water.volume`.
    pub quantity: String,
    /// The channel of the index; 0 where there is one.
    #[serde(default)]
    pub channel: u16,
    /// The last index of the device that leaves.
    pub last: f64,
    /// The first index of the device that comes; 0 where it is left out.
    #[serde(default)]
    pub first: f64,
}

/// Why a point cannot have a device, or lose one.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PointError {
    /// The device is there already.
    #[error("the device {0} is on the point already")]
    AlreadyThere(DevEui),
    /// Another device is there with no end.
    #[error(
        "the device {0} is on the point, which has one device at a time: have the other one take its place (champollion devices replace), or take it from there first"
    )]
    Occupied(DevEui),
    /// Another device was there at the moment.
    #[error(
        "the device {dev_eui} was on the point until {until}, which has one device at a time: say from which moment the other one is there (--from)"
    )]
    OccupiedUntil {
        /// The device that was there.
        dev_eui: DevEui,
        /// The moment at which it left.
        until: Timestamp,
    },
    /// The device is not there.
    #[error("the device {0} is not on the point")]
    NotThere(DevEui),
    /// A device cannot take its own place.
    #[error("the device {0} cannot take its own place")]
    Itself(DevEui),
    /// The moment is before the device came.
    #[error("the device {dev_eui} is there from {from}, and cannot leave at {at}")]
    BeforeItCame {
        /// The device that would leave.
        dev_eui: DevEui,
        /// The moment since which it is there.
        from: Timestamp,
        /// The moment at which it would leave.
        at: Timestamp,
    },
    /// The device was there at the moment already, and has left since.
    #[error("the device {dev_eui} was there until {until}, and cannot come at {at}")]
    BeforeItLeft {
        /// The device that would come.
        dev_eui: DevEui,
        /// The moment at which it left.
        until: Timestamp,
        /// The moment at which it would come.
        at: Timestamp,
    },
    /// An index is said twice.
    #[error("the index {quantity} of the channel {channel} is said twice")]
    IndexTwice {
        /// The quantity of the index.
        quantity: String,
        /// The channel of the index.
        channel: u16,
    },
    /// An index is no number.
    #[error("the index {0} is no number")]
    NoNumber(String),
    /// There are too many links.
    #[error("the point has {LINKS} links, and may have no more")]
    TooManyLinks,
}

impl Point {
    /// The link of a device at a moment.
    #[must_use]
    pub fn link_at(&self, dev_eui: DevEui, moment: Timestamp) -> Option<&Link> {
        self.links.iter().find(|link| link.dev_eui == dev_eui && link.holds_at(moment))
    }

    /// Whether a device is on the point with no end.
    #[must_use]
    pub fn has(&self, dev_eui: DevEui) -> bool {
        self.links.iter().any(|link| link.dev_eui == dev_eui && link.is_open())
    }

    /// Puts a device on the point from a moment.
    ///
    /// # Errors
    /// It is there, or was there at that moment, or another one is or was.
    pub fn link(
        &mut self,
        dev_eui: DevEui,
        from: Option<Timestamp>,
        offsets: Vec<IndexOffset>,
    ) -> Result<(), PointError> {
        for link in self.links.iter().filter(|link| link.dev_eui == dev_eui) {
            let Some(until) = link.until else { return Err(PointError::AlreadyThere(dev_eui)) };
            let at = from.unwrap_or(Timestamp::MIN);
            if at < until {
                return Err(PointError::BeforeItLeft { dev_eui, until, at });
            }
        }
        let at = from.unwrap_or(Timestamp::MIN);
        for other in self.links.iter().filter(|link| link.dev_eui != dev_eui) {
            match other.until {
                None => return Err(PointError::Occupied(other.dev_eui)),
                Some(until) if at < until => {
                    let dev_eui = other.dev_eui;
                    return Err(PointError::OccupiedUntil { dev_eui, until });
                }
                Some(_) => {}
            }
        }
        if self.links.len() >= LINKS {
            return Err(PointError::TooManyLinks);
        }
        self.links.push(Link { dev_eui, from, until: None, offsets });
        Ok(())
    }

    /// Takes a device from the point at a moment; returns the link that ends.
    ///
    /// # Errors
    /// It is not there, or came later.
    pub fn end(&mut self, dev_eui: DevEui, at: Timestamp) -> Result<&Link, PointError> {
        let open = self.links.iter_mut().find(|link| link.dev_eui == dev_eui && link.is_open());
        let link = open.ok_or(PointError::NotThere(dev_eui))?;
        if let Some(from) = link.from.filter(|from| *from >= at) {
            return Err(PointError::BeforeItCame { dev_eui, from, at });
        }
        link.until = Some(at);
        Ok(link)
    }

    /// Has a device take the place of another one, so that the series of its indexes goes on.
    ///
    /// # Errors
    /// The one is not there, or the other cannot come; nothing is changed.
    pub fn replace(
        &mut self,
        old: DevEui,
        new: DevEui,
        at: Timestamp,
        indexes: &[IndexReading],
    ) -> Result<(), PointError> {
        if old == new {
            return Err(PointError::Itself(old));
        }
        let mut replaced = self.clone();
        let before = replaced.end(old, at)?;
        let mut offsets: Vec<IndexOffset> = Vec::new();
        for IndexReading { quantity, channel, last, first } in indexes {
            let (quantity, channel) = (quantity.clone(), *channel);
            if offsets.iter().any(|other| other.quantity == quantity && other.channel == channel) {
                return Err(PointError::IndexTwice { quantity, channel });
            }
            let offset = steady(before.offset(&quantity, channel) + last - first);
            if !offset.is_finite() {
                return Err(PointError::NoNumber(quantity));
            }
            offsets.push(IndexOffset { quantity, channel, offset });
        }
        replaced.link(new, Some(at), offsets)?;
        *self = replaced;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(number: u8) -> DevEui {
        DevEui::from_be_bytes([0x70, 0xB3, 0xD5, 0x49, 0x9A, 0, 0, number])
    }

    fn at(day: u8) -> Timestamp {
        format!("2026-11-{day:02}T00:00:00Z").parse().unwrap()
    }

    fn index(last: f64, first: f64) -> IndexReading {
        IndexReading { quantity: "water.volume".into(), channel: 0, last, first }
    }

    #[test]
    fn a_series_goes_on_over_several_meters() {
        let mut point = Point::default();
        point.link(device(1), None, Vec::new()).unwrap();
        point.replace(device(1), device(2), at(10), &[index(1234.5, 0.2)]).unwrap();
        point.replace(device(2), device(3), at(20), &[index(100.1, 0.0)]).unwrap();
        let offset = |number, day| {
            point.link_at(device(number), at(day)).map(|link| link.offset("water.volume", 0))
        };
        assert_eq!(offset(1, 9), Some(0.0));
        assert_eq!(offset(1, 10), None, "it left");
        assert_eq!(offset(2, 10), Some(1234.3));
        assert_eq!(offset(3, 25), Some(1334.4));
        assert_eq!(offset(3, 19), None, "it was not there yet");
        assert!(point.has(device(3)) && !point.has(device(1)));
        // The first one comes back after it was repaired.
        point.replace(device(3), device(1), at(25), &[]).unwrap();
        assert_eq!(point.links.len(), 4);
    }

    #[test]
    fn what_cannot_be_leaves_the_point_as_it_is() {
        let mut point = Point::default();
        point.link(device(1), Some(at(5)), Vec::new()).unwrap();
        let before = point.clone();
        let refused = |error: Result<(), PointError>| error.unwrap_err().to_string();
        let cases = [
            (refused(point.replace(device(1), device(1), at(6), &[])), "its own place"),
            (refused(point.replace(device(2), device(3), at(6), &[])), "is not on the point"),
            (refused(point.replace(device(1), device(2), at(5), &[])), "cannot leave at"),
            (
                refused(point.replace(
                    device(1),
                    device(2),
                    at(6),
                    &[index(1.0, 0.0), index(2.0, 0.0)],
                )),
                "said twice",
            ),
            (
                refused(point.replace(device(1), device(2), at(6), &[index(f64::MAX, -f64::MAX)])),
                "is no number",
            ),
            (refused(point.link(device(1), Some(at(7)), Vec::new())), "already"),
        ];
        for (said, expected) in cases {
            assert!(said.contains(expected), "{said}");
        }
        assert_eq!(point, before);
        point.end(device(1), at(8)).unwrap();
        let said = refused(point.link(device(1), Some(at(7)), Vec::new()));
        assert!(said.contains("cannot come at"), "{said}");
        point.link(device(1), Some(at(8)), Vec::new()).unwrap();
    }

    #[test]
    fn a_point_has_one_device_at_a_time() {
        let mut point = Point::default();
        point.link(device(1), Some(at(5)), Vec::new()).unwrap();
        for from in [None, Some(at(1)), Some(at(9))] {
            let refused = point.link(device(2), from, Vec::new()).unwrap_err();
            assert_eq!(refused, PointError::Occupied(device(1)));
            assert!(refused.to_string().contains("champollion devices replace"), "{refused}");
        }
        point.end(device(1), at(8)).unwrap();
        for from in [None, Some(at(7))] {
            let refused = point.link(device(2), from, Vec::new()).unwrap_err();
            let expected = PointError::OccupiedUntil { dev_eui: device(1), until: at(8) };
            assert_eq!(refused, expected);
        }
        point.link(device(2), Some(at(8)), Vec::new()).unwrap();
    }

    #[test]
    fn sums_are_without_dust() {
        assert_eq!(steady(0.1 + 0.2), 0.3);
        assert_eq!(steady(1234.5 - 0.2), 1234.3);
        assert!(steady(f64::MAX) == f64::MAX);
    }
}
