//! The objects that a request about figures is about.

use std::{collections::BTreeSet, sync::Arc};

use champollion_delivery::names::{GroupId, SubGroup, UseCase};
use champollion_service::quality::{Stretch, StretchFault};
use champollion_store::TableError;
use jiff::{Timestamp, civil::Date};

use crate::{
    api::Problem,
    auth::{GroupRefused, Reach},
    devices::Device,
    service::Service,
};

/// The groups that are asked about, and the parts of one of them that count.
pub(super) struct Scope {
    /// The groups; all of them where there is none.
    pub(super) groups: Option<BTreeSet<GroupId>>,
    /// The only sub-groups that count; all where it is empty.
    pub(super) sub_groups: Vec<SubGroup>,
    /// The only use case that counts.
    pub(super) use_case: Option<UseCase>,
}

impl Scope {
    /// Returns what is asked about within the reach of the sender.
    ///
    /// # Errors
    /// [`GroupRefused`] where it is not within reach.
    pub(super) fn of(
        reach: &Reach,
        group: Option<GroupId>,
        sub_group: Option<SubGroup>,
        use_case: Option<UseCase>,
    ) -> Result<Self, GroupRefused> {
        let sub_groups: Vec<SubGroup> = sub_group.into_iter().collect();
        match reach.groups(group.clone()) {
            Ok(groups) => Ok(Self { groups, sub_groups, use_case }),
            Err(GroupRefused::PartOnly) => {
                let (group, sub_groups) = reach.group_or_parts(group, sub_groups)?;
                Ok(Self { groups: Some(BTreeSet::from([group])), sub_groups, use_case })
            }
            Err(refused) => Err(refused),
        }
    }

    /// The groups one by one, in the order of their names.
    pub(super) fn groups(&self, service: &Service) -> Vec<GroupId> {
        match &self.groups {
            Some(groups) => groups.iter().cloned().collect(),
            None => service.quality.groups(),
        }
    }

    /// The devices that are asked about, in the order of their DevEUIs.
    pub(super) fn devices(&self, service: &Service) -> Vec<Arc<Device>> {
        let takes = |device: &Device| self.takes(device);
        match &self.groups {
            Some(groups) => service.devices.page_of(groups, takes, None, usize::MAX),
            None => service.devices.list(takes),
        }
    }

    fn takes(&self, device: &Device) -> bool {
        let has_part = self.sub_groups.is_empty()
            || device.sub_group.as_ref().is_some_and(|own| self.sub_groups.contains(own));
        has_part && (self.use_case.is_none() || device.use_case == self.use_case)
    }
}

/// Returns the days that are asked about.
pub(super) fn stretch(
    service: &Service,
    from: Option<Date>,
    to: Option<Date>,
) -> Result<Stretch, Problem> {
    let today = service.quality.days().of(Timestamp::now());
    Stretch::of(from, to, today)
        .map_err(|fault: StretchFault| Problem::bad_request("invalid-query", fault.to_string()))
}

/// The answer where figures cannot be read.
pub(super) fn unreadable(error: TableError) -> Problem {
    Problem::internal(&error)
}
