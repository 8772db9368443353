//! The reach of a sender: the groups, and the parts of groups, in which it may do what it asks for.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use champollion_fleet::{
    grants::Place,
    names::{GroupId, SubGroup},
    roster::Roster,
};
use uuid::Uuid;

/// The places in which a sender may do one thing.
#[derive(Clone)]
pub struct Reach {
    places: Vec<Place>,
    roster: Arc<Roster>,
    uses: Option<Arc<Uses>>,
}

/// The grants that places come of, each of which is noted once where it lets the sender do what it asks for.
struct Uses {
    /// The grant of each place; none of a machine.
    grants: Vec<Option<Uuid>>,
    are_noted: Vec<AtomicBool>,
    note: Box<dyn Fn(Uuid) + Send + Sync>,
}

/// Why a sender is refused the records of a group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GroupRefused {
    /// The sender sees every group and does not say which one is meant.
    #[error("an admin sees every group: name one with ?group=")]
    Unnamed,
    /// The sender sees several groups and does not say which one is meant.
    #[error("you have several groups: name one with ?group=")]
    Several,
    /// The group that is named is not the sender's own.
    #[error("the group {0} is another partner's, or you have none")]
    OfAnother(GroupId),
    /// The sender has no group.
    #[error("this token has no group")]
    NoGroup,
    /// The sender has parts of groups alone.
    #[error("this is about a whole group, and you have a sub-group of one")]
    PartOnly,
    /// The place that is named is not within what the sender manages.
    #[error("the scope {0} is not within what you manage, or there is none")]
    OtherPlace(Place),
    /// The sub-group that is named is not the sender's own.
    #[error("the sub-group {0} is not yours, or there is none")]
    OtherPart(SubGroup),
}

impl Reach {
    /// The reach of these places.
    #[must_use]
    pub fn of(places: Vec<Place>, roster: Arc<Roster>) -> Self {
        Self { places, roster, uses: None }
    }

    /// The same, telling of each grant that it is used, once it lets the sender do what it asks for. The grants are those
    /// of the places, in their order.
    #[must_use]
    pub fn noting(
        self,
        grants: Vec<Option<Uuid>>,
        note: impl Fn(Uuid) + Send + Sync + 'static,
    ) -> Self {
        let are_noted = grants.iter().map(|_| AtomicBool::default()).collect();
        let uses = Uses { grants, are_noted, note: Box::new(note) };
        Self { uses: Some(Arc::new(uses)), ..self }
    }

    /// Whether one of the places gives a right; each that does is used.
    fn is_given(&self, gives: impl Fn(&Place) -> bool) -> bool {
        let mut is_given = false;
        for (at, place) in self.places.iter().enumerate() {
            if is_given && !self.is_to_be_noted(at) {
                continue;
            }
            if gives(place) {
                self.note(at);
                is_given = true;
            }
        }
        is_given
    }

    fn is_to_be_noted(&self, at: usize) -> bool {
        self.uses.as_ref().is_some_and(|uses| {
            let has_grant = uses.grants.get(at).is_some_and(Option::is_some);
            has_grant && !uses.are_noted[at].load(Ordering::Relaxed)
        })
    }

    fn note(&self, at: usize) {
        let Some(uses) = &self.uses else { return };
        if let Some(Some(grant)) = uses.grants.get(at)
            && !uses.are_noted[at].swap(true, Ordering::Relaxed)
        {
            (uses.note)(*grant);
        }
    }

    /// The places that it is made of.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Whether it is all of the territory.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.places.contains(&Place::Territory)
    }

    /// Whether a whole group is within reach.
    #[must_use]
    pub fn sees(&self, group: &GroupId) -> bool {
        self.covers(&Place::Group(group.clone()))
    }

    /// Whether an object of a group, and of a part of it, is within reach.
    #[must_use]
    pub fn sees_object(&self, group: &GroupId, part: Option<&SubGroup>) -> bool {
        self.is_given(|place| self.roster.has_object(place, group, part))
    }

    /// Whether a group, or a part of it, is within reach.
    #[must_use]
    pub fn touches(&self, group: &GroupId) -> bool {
        self.sees(group) || self.is_given(|place| place.group() == Some(group))
    }

    /// Whether a group is within reach, or else each of the parts of it that are named.
    #[must_use]
    pub fn has_all(&self, group: &GroupId, parts: &[SubGroup]) -> bool {
        let own = || self.parts_of(group);
        self.sees(group) || (!parts.is_empty() && parts.iter().all(|part| own().contains(part)))
    }

    /// Whether a place is within reach as a whole.
    #[must_use]
    pub fn covers(&self, place: &Place) -> bool {
        self.is_given(|own| self.roster.covers(own, place))
    }

    /// The whole groups within reach that are known by their places; `None` is all.
    #[must_use]
    pub fn own_groups(&self) -> Option<BTreeSet<GroupId>> {
        if self.is_everything() {
            return None;
        }
        Some(self.places.iter().flat_map(|place| self.roster.groups_within(place)).collect())
    }

    /// The groups that are within reach, whole or in part; `None` is all.
    #[must_use]
    pub fn touched_groups(&self) -> Option<BTreeSet<GroupId>> {
        let mut groups = self.own_groups()?;
        groups.extend(self.places.iter().filter_map(Place::group).cloned());
        Some(groups)
    }

    /// The only group that is within reach, whole or in part.
    fn only_group(&self) -> Option<GroupId> {
        let mut groups = self.touched_groups()?;
        let only = groups.pop_first();
        only.filter(|_| groups.is_empty())
    }

    /// The group that requests count for: the first one within reach, so that a sender of several has no more than one of
    /// one. None of whoever sees all.
    #[must_use]
    pub fn counted_group(&self) -> Option<GroupId> {
        self.touched_groups()?.pop_first()
    }

    /// The group that is asked about: the one that is named, or the only one within reach.
    ///
    /// # Errors
    /// [`GroupRefused`] where it is not within reach, or none is named and there is not one alone.
    pub fn group(&self, named: Option<GroupId>) -> Result<GroupId, GroupRefused> {
        if let Some(named) = named {
            return match (self.sees(&named), self.parts_of(&named).is_empty()) {
                (true, _) => Ok(named),
                (false, false) => Err(GroupRefused::PartOnly),
                (false, true) => Err(GroupRefused::OfAnother(named)),
            };
        }
        let mut own = self.own_groups().ok_or(GroupRefused::Unnamed)?;
        let has_parts = self.places.iter().any(|place| matches!(place, Place::SubGroup(..)));
        match (own.pop_first(), own.is_empty()) {
            (Some(only), true) => {
                let whole = Place::Group(only.clone());
                self.is_given(|own| self.roster.covers(own, &whole));
                Ok(only)
            }
            (Some(_), false) => Err(GroupRefused::Several),
            (None, _) if has_parts => Err(GroupRefused::PartOnly),
            (None, _) => Err(GroupRefused::NoGroup),
        }
    }

    /// The groups that are asked about: the one that is named, or all within reach; `None` is every group.
    ///
    /// # Errors
    /// [`GroupRefused`] where the one that is named is not within reach, or there is none.
    pub fn groups(
        &self,
        named: Option<GroupId>,
    ) -> Result<Option<BTreeSet<GroupId>>, GroupRefused> {
        if named.is_none() {
            match self.own_groups() {
                Some(own) if own.is_empty() => {}
                own => {
                    // Each gives its part of them.
                    self.is_given(|_| true);
                    return Ok(own);
                }
            }
        }
        self.group(named).map(|group| Some(BTreeSet::from([group])))
    }

    /// The group that is asked about, and the parts of it that are within reach where the whole is not. Parts that
    /// are named must be among them.
    ///
    /// # Errors
    /// [`GroupRefused`] where neither the group nor a part of it is within reach.
    pub fn group_or_parts(
        &self,
        named: Option<GroupId>,
        parts: Vec<SubGroup>,
    ) -> Result<(GroupId, Vec<SubGroup>), GroupRefused> {
        let group = match (self.group(named.clone()), named.or_else(|| self.only_group())) {
            (Ok(group), _) => return Ok((group, parts)),
            (Err(GroupRefused::PartOnly), Some(group)) => group,
            (Err(GroupRefused::PartOnly), None) => return Err(GroupRefused::Several),
            (Err(refused), _) => return Err(refused),
        };
        let own = self.parts_of(&group);
        if let Some(other) = parts.iter().find(|part| !own.contains(part)) {
            return Err(GroupRefused::OtherPart(other.clone()));
        }
        let parts = if parts.is_empty() { own } else { parts };
        self.is_given(|place| match place {
            Place::SubGroup(of, part) => *of == group && parts.contains(part),
            _ => false,
        });
        Ok((group, parts))
    }

    /// The parts of a group that are within reach by themselves.
    fn parts_of(&self, group: &GroupId) -> Vec<SubGroup> {
        let part = |place: &Place| match place {
            Place::SubGroup(own, part) if own == group => Some(part.clone()),
            _ => None,
        };
        self.places.iter().filter_map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use champollion_fleet::people::PeopleLimits;
    use champollion_store::{SledOptions, SledStore};
    use jiff::Timestamp;

    use super::*;

    async fn roster() -> (tempfile::TempDir, Arc<Roster>) {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let limits = PeopleLimits { accounts: 1, grants: 1, tokens: 1 };
        let roster = Roster::open(Arc::new(store), limits).await.unwrap();
        let turn = roster.turn().await;
        let groups = ["light", "water"].map(|name| name.parse().unwrap()).into();
        let city =
            turn.add_partner("city".parse().unwrap(), "The city", groups, Timestamp::UNIX_EPOCH);
        turn.apply(city.unwrap().effects);
        drop(turn);
        (folder, Arc::new(roster))
    }

    fn reach(roster: &Arc<Roster>, places: &[&str]) -> Reach {
        let places = places.iter().map(|place| place.parse().unwrap()).collect();
        Reach::of(places, Arc::clone(roster))
    }

    #[tokio::test]
    async fn a_group_is_the_one_that_is_named_or_the_only_one() {
        let (_folder, roster) = roster().await;
        let (water, waste): (GroupId, GroupId) =
            ("water".parse().unwrap(), "waste".parse().unwrap());
        let of = |places: &[&str]| reach(&roster, places);
        assert_eq!(of(&["territory"]).group(None), Err(GroupRefused::Unnamed));
        assert_eq!(of(&["territory"]).group(Some(waste.clone())), Ok(waste.clone()));
        assert_eq!(of(&["group:water"]).group(None), Ok(water.clone()));
        assert_eq!(of(&["partner:city"]).group(None), Err(GroupRefused::Several));
        assert_eq!(of(&["partner:city"]).group(Some(water.clone())), Ok(water.clone()));
        let other = of(&["partner:city"]).group(Some(waste.clone()));
        assert_eq!(other, Err(GroupRefused::OfAnother(waste.clone())));
        assert_eq!(of(&[]).group(None), Err(GroupRefused::NoGroup));
        assert_eq!(of(&["group:water", "group:water"]).group(None), Ok(water.clone()));

        assert_eq!(of(&["territory"]).groups(None), Ok(None));
        assert_eq!(of(&["partner:city"]).groups(None).unwrap().unwrap().len(), 2);
        assert_eq!(of(&[]).groups(None), Err(GroupRefused::NoGroup));
        assert!(of(&["partner:city"]).groups(Some(waste)).is_err());
        assert_eq!(of(&["partner:city"]).only_group(), None);
        assert_eq!(of(&["sub-group:water/north"]).only_group(), Some(water));
        let light: GroupId = "light".parse().unwrap();
        for several in [&["partner:city"][..], &["group:water", "sub-group:light/north"]] {
            assert_eq!(of(several).counted_group(), Some(light.clone()), "{several:?}");
        }
        assert_eq!(of(&["territory"]).counted_group(), None);
        assert_eq!(of(&[]).counted_group(), None);
    }

    #[tokio::test]
    async fn the_grants_that_give_a_right_are_noted_once_and_no_others() {
        let (_folder, roster) = roster().await;
        let noted = Arc::new(std::sync::Mutex::new(Vec::new()));
        let grants = [1, 2, 3].map(Uuid::from_u128);
        let noting = |places: &[&str]| {
            let noted = Arc::clone(&noted);
            let note = move |grant: Uuid| noted.lock().unwrap().push(grant);
            reach(&roster, places).noting(grants.map(Some).to_vec(), note)
        };
        let taken = || std::mem::take(&mut *noted.lock().unwrap());
        let (water, light): (GroupId, GroupId) =
            ("water".parse().unwrap(), "light".parse().unwrap());
        let places = ["group:light", "partner:city", "sub-group:water/north"];
        let own = noting(&places);
        assert!(own.only_group().is_none() && own.own_groups().is_some());
        assert_eq!(taken(), Vec::<Uuid>::new(), "nothing was asked for");
        assert!(own.sees(&water) && own.sees(&water));
        assert_eq!(taken(), [grants[1]]);
        assert!(own.clone().sees(&light));
        assert_eq!(taken(), [grants[0]], "the other one is noted already");
        assert!(!own.sees(&"waste".parse().unwrap()));
        assert_eq!(taken(), Vec::<Uuid>::new());
        let part = noting(&["sub-group:water/north"]);
        assert!(part.group_or_parts(None, Vec::new()).is_ok());
        assert_eq!(taken(), [grants[0]]);
        assert!(noting(&["group:light"]).group(None).is_ok());
        assert_eq!(taken(), [grants[0]]);
        assert!(noting(&places).groups(None).is_ok());
        assert_eq!(taken(), grants);
    }

    #[tokio::test]
    async fn a_part_of_a_group_reaches_its_objects_alone() {
        let (_folder, roster) = roster().await;
        let north = reach(&roster, &["sub-group:water/north"]);
        let water: GroupId = "water".parse().unwrap();
        let [own, other]: [SubGroup; 2] = ["north", "south"].map(|part| part.parse().unwrap());
        assert!(north.sees_object(&water, Some(&own)));
        assert!(!north.sees_object(&water, Some(&other)) && !north.sees_object(&water, None));
        assert!(!north.sees_object(&"light".parse().unwrap(), Some(&own)));
        assert!(!north.sees(&water));
        assert_eq!(north.group(None), Err(GroupRefused::PartOnly));
        assert_eq!(north.group(Some(water.clone())), Err(GroupRefused::PartOnly));
        let parts = vec![own.clone()];
        assert_eq!(north.group_or_parts(None, Vec::new()), Ok((water.clone(), parts.clone())));
        assert_eq!(
            north.group_or_parts(Some(water.clone()), parts.clone()),
            Ok((water.clone(), parts))
        );
        let refused = north.group_or_parts(None, vec![other.clone()]);
        assert_eq!(refused, Err(GroupRefused::OtherPart(other.clone())));
        assert!(north.has_all(&water, std::slice::from_ref(&own)));
        for beyond in [&[][..], std::slice::from_ref(&other), &[own.clone(), other.clone()]] {
            assert!(!north.has_all(&water, beyond), "{beyond:?}");
        }
        let whole = reach(&roster, &["group:water"]);
        assert!(whole.has_all(&water, &[]) && whole.has_all(&water, std::slice::from_ref(&other)));
        assert!(whole.sees_object(&water, None));
        assert_eq!(whole.group_or_parts(None, vec![other.clone()]), Ok((water, vec![other])));
    }
}
