//! The points of each group, in the order of their names: a list of some groups' points never looks at those of others.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ops::Bound,
};

use champollion_delivery::names::GroupId;
use champollion_fleet::points::{Point, PointId};

/// The key of a point: its group, and its id within it.
pub(super) type PointKey = (GroupId, PointId);

/// The points of all groups. A group without points takes no memory.
#[derive(Debug, Default)]
pub(super) struct PointsOfGroups(BTreeMap<GroupId, BTreeMap<PointId, Point>>);

impl PointsOfGroups {
    pub(super) fn get(&self, (group, point): &PointKey) -> Option<&Point> {
        self.0.get(group)?.get(point)
    }

    pub(super) fn insert(&mut self, (group, id): PointKey, point: Point) {
        self.0.entry(group).or_default().insert(id, point);
    }

    pub(super) fn remove(&mut self, (group, id): &PointKey) -> Option<Point> {
        let Entry::Occupied(mut of_group) = self.0.entry(group.clone()) else { return None };
        let removed = of_group.get_mut().remove(id);
        if of_group.get().is_empty() {
            of_group.remove();
        }
        removed
    }

    /// The points after one, of the groups that a filter lets through. It is asked once for each group.
    pub(super) fn after(
        &self,
        after: Option<&PointKey>,
        sees: impl Fn(&GroupId) -> bool,
    ) -> impl Iterator<Item = (&GroupId, &PointId, &Point)> {
        let first = after.map_or(Bound::Unbounded, |(group, _)| Bound::Included(group));
        let groups = self.0.range::<GroupId, _>((first, Bound::Unbounded));
        let seen = groups.filter(move |(group, _)| sees(group));
        seen.flat_map(move |(group, points)| {
            let begin = after.filter(|(of, _)| of == group);
            let begin = begin.map_or(Bound::Unbounded, |(_, id)| Bound::Excluded(id));
            let points = points.range::<PointId, _>((begin, Bound::Unbounded));
            points.map(move |(id, point)| (group, id, point))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn key(group: &str, id: &str) -> PointKey {
        (group.parse().unwrap(), id.parse().unwrap())
    }

    #[test]
    fn points_are_listed_by_groups_and_others_are_not_looked_at() {
        let mut points = PointsOfGroups::default();
        for (group, id) in
            [("water", "b"), ("light", "a"), ("water", "a"), ("light", "b"), ("waste", "a")]
        {
            points.insert(key(group, id), Point::default());
        }
        let asked = Cell::new(0);
        let listed = |points: &PointsOfGroups, after: Option<&PointKey>, seen: &[&str]| {
            let sees = |group: &GroupId| {
                asked.set(asked.get() + 1);
                seen.contains(&group.as_str())
            };
            let points = points.after(after, sees);
            points.map(|(group, id, _)| format!("{group}/{id}")).collect::<Vec<_>>()
        };
        let two = ["water", "light"];
        assert_eq!(listed(&points, None, &two), ["light/a", "light/b", "water/a", "water/b"]);
        assert_eq!(asked.take(), 3, "once for each group");
        let after = key("light", "a");
        assert_eq!(listed(&points, Some(&after), &two), ["light/b", "water/a", "water/b"]);
        assert!(listed(&points, Some(&key("water", "b")), &two).is_empty());
        let last = key("waste", "a");
        assert_eq!(listed(&points, None, &["waste"]), ["waste/a"]);
        assert!(points.get(&last).is_some());
        assert!(points.remove(&last).is_some() && points.remove(&last).is_none());
        assert!(listed(&points, None, &["waste"]).is_empty());
    }
}
