//! Points: the places of devices, which outlive them. All of them are in memory; a change is one batch with its line of
//! the audit.

use std::collections::{BTreeSet, HashMap, hash_map::Entry};

use champollion_delivery::names::GroupId;
use champollion_fleet::{
    may_hold_key,
    points::{IndexReading, Link, Point, PointError, PointId},
};
use champollion_frames::DevEui;
use champollion_registry::ledger::AuditEntry;
use champollion_sandbox::vocabulary::{Nature, quantity};
use champollion_store::{Batch, Seen, Store, Table, TableError, codec::Pair, tables};
use jiff::Timestamp;
use parking_lot::RwLock;
use serde::Serialize;
use serde_json::json;

use super::{
    Device, Devices, DevicesError,
    points_of_groups::{PointKey, PointsOfGroups},
};
use crate::authors::Author;

const POINTS: Table<PointKey, Point, Pair> = Table::new(tables::POINTS);

/// The points in memory.
#[derive(Default)]
pub(super) struct Points {
    /// Held while a point is changed, across the commit: changes of points are rare.
    changes: tokio::sync::Mutex<()>,
    /// Held for a look or a change, never across an await.
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    points: PointsOfGroups,
    /// The points that a device is or was on.
    of_devices: HashMap<DevEui, Vec<PointKey>>,
}

/// A point, whose it is, and the devices on it.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct PlacedPoint {
    /// The group whose point it is.
    pub group: GroupId,
    /// The name of the point within the group.
    pub point: PointId,
    /// The links of its devices, in the order in which they were made.
    pub links: Vec<Link>,
}

/// Why a point is not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// The devices, or the store.
    #[error(transparent)]
    Devices(#[from] DevicesError),
    /// The point cannot have a device, or lose one.
    #[error(transparent)]
    Point(#[from] PointError),
    /// The device is on another point.
    #[error("the device {dev_eui} is on the point {point}: take it from there first")]
    OnAnotherPoint {
        /// The device that would come.
        dev_eui: DevEui,
        /// The point that it is on.
        point: PointId,
    },
    /// The devices belong to two groups.
    #[error("the device {old} is of the group {old_group}, and {new} of the group {new_group}")]
    TwoGroups {
        /// The device that would leave.
        old: DevEui,
        /// The group of that device.
        old_group: GroupId,
        /// The device that would come.
        new: DevEui,
        /// The group of that device.
        new_group: GroupId,
    },
    /// A quantity is no index.
    #[error("{0:?} is no index of the vocabulary: only what grows goes on, such as water.volume")]
    NoIndex(String),
    /// The name of the point, which records carry, holds what may be a key.
    #[error("the name of the point holds what may be a key, and is not shown: name it otherwise")]
    KeyInName,
    /// The device is on no point.
    #[error("the device {0} is on no point but its own")]
    OnNoPoint(DevEui),
}

impl From<TableError> for PlaceError {
    fn from(error: TableError) -> Self {
        Self::Devices(error.into())
    }
}

impl Points {
    /// Reads the points of all groups.
    pub(super) async fn read(store: &dyn Store) -> Result<Self, TableError> {
        let points = Self::default();
        let mut pages = POINTS.pages(store);
        while let Some(page) = pages.next().await? {
            for (key, point) in page {
                points.know(key, point);
            }
        }
        Ok(points)
    }

    /// Reads again the points of these keys, which another node has changed.
    async fn refresh(&self, store: &dyn Store, keys: &BTreeSet<Vec<u8>>) -> Result<(), TableError> {
        let _alone = self.changes.lock().await;
        for key in keys {
            let key = POINTS.key_of(key)?;
            match POINTS.get(store, &key).await? {
                Some(point) => self.know(key, point),
                None => self.forget(&key),
            }
        }
        Ok(())
    }

    fn forget(&self, key: &PointKey) {
        let mut known = self.known.write();
        let Some(point) = known.points.remove(key) else { return };
        for link in point.links {
            if let Entry::Occupied(mut of_device) = known.of_devices.entry(link.dev_eui) {
                of_device.get_mut().retain(|own| own != key);
                if of_device.get().is_empty() {
                    of_device.remove();
                }
            }
        }
    }

    fn know(&self, key: PointKey, point: Point) {
        let mut known = self.known.write();
        for link in &point.links {
            let of_device = known.of_devices.entry(link.dev_eui).or_default();
            if !of_device.contains(&key) {
                of_device.push(key.clone());
            }
        }
        known.points.insert(key, point);
    }

    /// The points that some devices are or were on, each once.
    fn of_any(&self, devices: &[DevEui]) -> BTreeSet<PointKey> {
        let known = self.known.read();
        let keys = devices.iter().filter_map(|dev_eui| known.of_devices.get(dev_eui));
        keys.flatten().cloned().collect()
    }

    /// The point that a device is on with no end, and whose group it is of.
    fn of(&self, dev_eui: DevEui, group: &GroupId) -> Option<PointKey> {
        let known = self.known.read();
        let keys = known.of_devices.get(&dev_eui)?;
        let is_on = |key: &&PointKey| {
            key.0 == *group && known.points.get(key).is_some_and(|point| point.has(dev_eui))
        };
        keys.iter().find(is_on).cloned()
    }
}

/// A point as it was read, which a change can be based on.
struct Read {
    key: PointKey,
    point: Point,
    seen: Seen,
}

impl Devices {
    /// Reads again the points of these keys, which another node has changed.
    pub(crate) async fn refresh_points(
        &self,
        keys: &BTreeSet<Vec<u8>>,
    ) -> Result<(), DevicesError> {
        Ok(self.points.refresh(&*self.store, keys).await?)
    }

    /// The point that a device is on at a moment, and its link there.
    pub(crate) fn point_at(&self, device: &Device, moment: Timestamp) -> Option<(PointId, Link)> {
        let known = self.points.known.read();
        let mut keys = known.of_devices.get(&device.dev_eui)?.iter();
        keys.find_map(|key| {
            let point = known.points.get(key).filter(|_| key.0 == device.group)?;
            Some((key.1.clone(), point.link_at(device.dev_eui, moment)?.clone()))
        })
    }

    /// Returns a point by its name.
    #[must_use]
    pub fn point(&self, group: &GroupId, point: &PointId) -> Option<PlacedPoint> {
        let key = (group.clone(), point.clone());
        let found = self.points.known.read().points.get(&key).cloned()?;
        Some(placed(key, found))
    }

    /// Returns the points that a device is or was on, by group and name.
    #[must_use]
    pub fn points_of(&self, dev_eui: DevEui) -> Vec<PlacedPoint> {
        let known = self.points.known.read();
        let keys: BTreeSet<&PointKey> =
            known.of_devices.get(&dev_eui).into_iter().flatten().collect();
        let point = |key: &PointKey| Some(placed(key.clone(), known.points.get(key)?.clone()));
        keys.into_iter().filter_map(point).collect()
    }

    /// Points of groups that a filter lets through, by group and name: those after a place, at most `limit`.
    #[must_use]
    pub fn points(
        &self,
        sees: impl Fn(&GroupId) -> bool,
        after: Option<PointKey>,
        limit: usize,
    ) -> Vec<PlacedPoint> {
        let known = self.points.known.read();
        let points = known.points.after(after.as_ref(), sees).take(limit);
        let placed =
            points.map(|(group, id, point)| placed((group.clone(), id.clone()), point.clone()));
        placed.collect()
    }

    /// Puts a device on a point, from a moment or from the beginning.
    pub async fn put_on_point(
        &self,
        dev_eui: DevEui,
        point: PointId,
        from: Option<Timestamp>,
        author: &dyn Author,
    ) -> Result<PlacedPoint, PlaceError> {
        if may_hold_key(&point.to_string()) {
            return Err(PlaceError::KeyInName);
        }
        let _change = self.points.changes.lock().await;
        let group = self.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))?.group.clone();
        if let Some((_, point)) = self.points.of(dev_eui, &group) {
            return Err(PlaceError::OnAnotherPoint { dev_eui, point });
        }
        let mut read = self.read_point((group, point)).await?;
        read.point.link(dev_eui, from, Vec::new())?;
        let act = AuditEntry::of_act("device-on-point", dev_eui);
        self.keep_point(read, act, author).await
    }

    /// Takes a device from its point at a moment.
    pub async fn take_from_point(
        &self,
        dev_eui: DevEui,
        at: Timestamp,
        author: &dyn Author,
    ) -> Result<PlacedPoint, PlaceError> {
        let _change = self.points.changes.lock().await;
        let group = self.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))?.group.clone();
        let key = self.points.of(dev_eui, &group).ok_or(PlaceError::OnNoPoint(dev_eui))?;
        let mut read = self.read_point(key).await?;
        read.point.end(dev_eui, at)?;
        let act = AuditEntry::of_act("device-off-point", dev_eui);
        self.keep_point(read, act, author).await
    }

    /// Has a device take the place of another one. A device that is on no point is its own, which becomes one.
    pub async fn replace(
        &self,
        old: DevEui,
        new: DevEui,
        at: Timestamp,
        indexes: &[IndexReading],
        author: &dyn Author,
    ) -> Result<PlacedPoint, PlaceError> {
        for index in indexes {
            let known = quantity(&index.quantity);
            if known.is_none_or(|known| known.nature != Nature::Index) {
                return Err(PlaceError::NoIndex(index.quantity.clone()));
            }
        }
        let _change = self.points.changes.lock().await;
        let group_of = |dev_eui: DevEui| -> Result<GroupId, DevicesError> {
            Ok(self.get(dev_eui).ok_or(DevicesError::Unknown(dev_eui))?.group.clone())
        };
        let (old_group, new_group) = (group_of(old)?, group_of(new)?);
        if old_group != new_group {
            return Err(PlaceError::TwoGroups { old, old_group, new, new_group });
        }
        if let Some((_, point)) = self.points.of(new, &new_group).filter(|_| old != new) {
            return Err(PlaceError::OnAnotherPoint { dev_eui: new, point });
        }
        let own = self.points.of(old, &old_group);
        let key = own.unwrap_or_else(|| (old_group, PointId::of_device(old)));
        let mut read = self.read_point(key).await?;
        if !read.point.has(old) {
            // It was its own point until now, since it left this one where it was there before.
            let left = read.point.links.iter().filter(|link| link.dev_eui == old);
            let from = left.filter_map(|link| link.until).max();
            read.point.link(old, from, Vec::new())?;
        }
        read.point.replace(old, new, at, indexes)?;
        let act = AuditEntry::of_act("device-replace", old).with(json!({
            "by": new, "at": at, "point": read.key.1,
        }));
        self.keep_point(read, act, author).await
    }

    async fn read_point(&self, key: PointKey) -> Result<Read, TableError> {
        let (point, seen) = POINTS.get_seen(&*self.store, &key).await?;
        Ok(Read { key, point: point.unwrap_or_default(), seen })
    }

    async fn keep_point(
        &self,
        read: Read,
        act: AuditEntry,
        author: &dyn Author,
    ) -> Result<PlacedPoint, PlaceError> {
        let Read { key, point, seen } = read;
        let mut batch = Batch::new();
        POINTS.replace(&mut batch, &seen, &point)?;
        author.commit(batch, act).await.map_err(DevicesError::from)?;
        self.points.know(key.clone(), point.clone());
        Ok(placed(key, point))
    }

    /// Ends the links of devices that are forgotten, or leave their group, in the batch of that; what is to be known once
    /// it is durable.
    pub(super) async fn end_links(
        &self,
        batch: &mut Batch,
        devices: &[DevEui],
    ) -> Result<Vec<EndedLink>, TableError> {
        let at = Timestamp::now();
        let mut ended = Vec::new();
        for key in self.points.of_any(devices) {
            let Read { key, mut point, seen } = self.read_point(key).await?;
            let before = point.clone();
            for dev_eui in devices {
                // A link that begins later than now goes as well.
                if point.end(*dev_eui, at).is_err() {
                    point.links.retain(|link| link.dev_eui != *dev_eui || !link.is_open());
                }
            }
            if point == before {
                continue;
            }
            POINTS.replace(batch, &seen, &point)?;
            ended.push(EndedLink { key, point });
        }
        Ok(ended)
    }

    /// Knows that links have ended.
    pub(super) fn know_ended(&self, ended: Vec<EndedLink>) {
        for EndedLink { key, point } in ended {
            self.points.know(key, point);
        }
    }
}

/// A point of which a link has ended.
pub(super) struct EndedLink {
    key: PointKey,
    point: Point,
}

fn placed((group, point): PointKey, found: Point) -> PlacedPoint {
    PlacedPoint { group, point, links: found.links }
}
