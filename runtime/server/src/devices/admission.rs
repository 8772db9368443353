//! Admission of devices to groups: the quota of the group, and the approval of the partner that owns it.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use champollion_fleet::{
    names::{GroupId, PartnerId},
    partners::PartnerWithGroups,
    requests::{Approval, ApprovalRefused},
    roster::Roster,
};
use champollion_frames::DevEui;
use jiff::Timestamp;

use super::Devices;
use crate::quotas::{Quota, QuotaExceeded, Quotas, Reservation, Reservations};

/// The bounds of the devices of groups and partners, and the places that are reserved.
#[derive(Default)]
pub(super) struct Admission {
    quotas: OnceLock<Arc<Quotas>>,
    roster: OnceLock<Arc<Roster>>,
    refuses_unowned: AtomicBool,
    of_groups: Reservations<GroupId>,
    of_partners: Reservations<PartnerId>,
}

/// Places that are reserved until what they are for is kept.
#[derive(Default)]
pub(super) struct Places {
    of_groups: Vec<Reservation<GroupId>>,
    of_partners: Vec<Reservation<PartnerId>>,
}

/// The reason why a device is not admitted to a group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAdmitted {
    /// The group has as many as it may have.
    #[error(transparent)]
    Quota(#[from] QuotaExceeded),
    /// The approval of the partner does not allow it.
    #[error(transparent)]
    Approval(#[from] ApprovalRefused),
    /// No partner owns the group, and the settings ask for one.
    #[error(
        "no partner owns the group {0}: add one (champollion partners add), or give the group to one \
         (champollion partners change)"
    )]
    Unowned(GroupId),
}

/// A partner that bounds the devices of some groups.
struct Bounding {
    found: PartnerWithGroups,
    approval: Approval,
}

/// The places that the rows of a sheet need, counted row by row.
pub(super) struct WantedPlaces<'of> {
    devices: &'of Devices,
    now: Timestamp,
    groups: HashMap<GroupId, usize>,
    partners: HashMap<PartnerId, usize>,
    /// The partners of groups that were looked up, and the devices that these have.
    looked_up: HashMap<GroupId, Option<Arc<(Bounding, usize)>>>,
}

impl Devices {
    /// Bounds the devices of each group from now on. Devices that there are stay.
    pub fn limit_by(&self, quotas: Arc<Quotas>) {
        // The first ones stay.
        drop(self.admission.quotas.set(quotas));
    }

    /// Has partners admit devices as their approvals say, from now on; devices come into groups that no partner owns
    /// where that is allowed. Devices that there are stay.
    pub fn approve_by(&self, roster: Arc<Roster>, unowned_groups: bool) {
        drop(self.admission.roster.set(roster));
        self.admission.refuses_unowned.store(!unowned_groups, Ordering::Relaxed);
    }

    /// Returns the partner that owns a group, where one does.
    #[must_use]
    pub fn partner_of(&self, group: &GroupId) -> Option<PartnerId> {
        self.admission.roster.get()?.partner_of(group)
    }

    /// Reserves a place in a group for a device that is not in it yet.
    pub(super) async fn reserve(
        &self,
        dev_eui: DevEui,
        group: &GroupId,
    ) -> Result<Places, NotAdmitted> {
        let before = self.get(dev_eui).map(|before| before.group.clone());
        let mut wanted = WantedPlaces::new(self);
        if before.as_ref() != Some(group) {
            wanted.add(group, before.as_ref())?;
        }
        wanted.reserve().await
    }

    /// The partner that owns a group, with its approval.
    fn bounding(&self, group: &GroupId) -> Option<Bounding> {
        let (found, approval) = self.admission.roster.get()?.approval_for(group)?;
        Some(Bounding { found, approval })
    }

    fn quota_of(&self, group: &GroupId) -> usize {
        self.admission.quotas.get().map_or(usize::MAX, |quotas| quotas.of(group).devices)
    }
}

impl Bounding {
    fn id(&self) -> &PartnerId {
        &self.found.partner.id
    }

    /// The most devices that the partner may have.
    fn most(&self, now: Timestamp) -> usize {
        let most = self.approval.most(now).and_then(|most| usize::try_from(most).ok());
        most.unwrap_or(usize::MAX)
    }

    fn beyond(&self, used: usize, wanted: usize, now: Timestamp) -> ApprovalRefused {
        ApprovalRefused::Beyond { partner: self.id().clone(), used, wanted, limit: self.most(now) }
    }
}

impl<'of> WantedPlaces<'of> {
    pub(super) fn new(devices: &'of Devices) -> Self {
        let (groups, partners) = (HashMap::new(), HashMap::new());
        let (now, looked_up) = (Timestamp::now(), HashMap::new());
        Self { devices, now, groups, partners, looked_up }
    }

    /// Counts a device that comes into a group, from another one where it was in one.
    pub(super) fn add(
        &mut self,
        group: &GroupId,
        from: Option<&GroupId>,
    ) -> Result<(), NotAdmitted> {
        // From one group of a partner to another of the same, the partner has no more than before.
        let comes_from_others = |found: &Arc<(Bounding, usize)>| {
            from.is_none_or(|from| !found.0.found.groups.contains(from))
        };
        let owner = self.look_up(group);
        if owner.is_none() && self.devices.admission.refuses_unowned.load(Ordering::Relaxed) {
            return Err(NotAdmitted::Unowned(group.clone()));
        }
        let partner = owner.filter(comes_from_others);
        if let Some(found) = &partner {
            let (bounding, used) = &**found;
            bounding.approval.check_in_force(bounding.id(), self.now)?;
            let wanted = self.partners.get(bounding.id()).copied().unwrap_or_default() + 1;
            if used.saturating_add(wanted) > bounding.most(self.now) {
                return Err(bounding.beyond(*used, wanted, self.now).into());
            }
        }
        let (used, limit) = (self.devices.count_of(group), self.devices.quota_of(group));
        let wanted = self.groups.get(group).copied().unwrap_or_default() + 1;
        if used.saturating_add(wanted) > limit {
            let (group, quota) = (group.clone(), Quota::Devices);
            return Err(QuotaExceeded { group, quota, used, wanted, limit }.into());
        }
        self.groups.insert(group.clone(), wanted);
        if let Some(found) = partner {
            *self.partners.entry(found.0.id().clone()).or_default() += 1;
        }
        Ok(())
    }

    fn look_up(&mut self, group: &GroupId) -> Option<Arc<(Bounding, usize)>> {
        if let Some(known) = self.looked_up.get(group) {
            return known.clone();
        }
        let bounding = self.devices.bounding(group);
        let found = bounding.map(|bounding| {
            let used = self.devices.count_in(&bounding.found.groups);
            Arc::new((bounding, used))
        });
        // The groups of one partner have one answer.
        let groups = found.as_ref().map(|found| found.0.found.groups.clone()).unwrap_or_default();
        for other in groups {
            self.looked_up.insert(other, found.clone());
        }
        self.looked_up.insert(group.clone(), found.clone());
        found
    }

    /// Reserves what was counted, each group and each partner at once.
    pub(super) async fn reserve(self) -> Result<Places, NotAdmitted> {
        let Self { devices, now, groups, partners, looked_up } = self;
        let mut places = Places::default();
        let of_partners: HashMap<&PartnerId, &Bounding> =
            looked_up.values().flatten().map(|found| (found.0.id(), &found.0)).collect();
        for (partner, wanted) in partners {
            let Some(bounding) = of_partners.get(&partner).copied() else { continue };
            let used = || devices.count_in(&bounding.found.groups);
            let reserving = &devices.admission.of_partners;
            let place = reserving.reserve(&partner, wanted, bounding.most(now), used).await;
            let place = place.map_err(|used| bounding.beyond(used, wanted, now))?;
            places.of_partners.push(place);
        }
        for (group, wanted) in groups {
            let (limit, quota) = (devices.quota_of(&group), Quota::Devices);
            let reserving = &devices.admission.of_groups;
            let place = reserving.reserve(&group, wanted, limit, || devices.count_of(&group)).await;
            let exceeded =
                |used| QuotaExceeded { group: group.clone(), quota, used, wanted, limit };
            places.of_groups.push(place.map_err(exceeded)?);
        }
        Ok(places)
    }
}
