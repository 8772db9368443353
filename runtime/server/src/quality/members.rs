//! The objects of a group as the promise is about them.

use std::{collections::BTreeSet, iter};

use champollion_delivery::names::{GroupId, UseCase};
use champollion_frames::DevEui;
use champollion_service::quality::{
    Member, MemberState, MemberThen, MembersByDay, Registered, Standing,
};
use champollion_store::TableError;
use jiff::civil::Date;

use super::Quality;
use crate::devices::{Device, Devices};

/// Returns the standing of a device as it is now.
pub(crate) fn standing(devices: &Devices, device: &Device, has_notice: bool) -> Standing {
    let was_heard = devices.last_heard(device.dev_eui).is_some();
    Standing::of(device.object.life_cycle, was_heard, has_notice)
}

impl Quality {
    /// The objects of a group, or of all, as they are registered now. All of them are gone through.
    pub(super) fn registered(&self, group: Option<&GroupId>) -> Registered {
        let groups = group.map(|group| BTreeSet::from([group.clone()]));
        let devices = self.devices.in_order(groups.as_ref(), None);
        Registered::of(
            devices.map(|device| {
                (device.dev_eui, (&*device).into(), self.first_heard(device.dev_eui))
            }),
        )
    }

    /// The objects of a group, or of all, at the ends of the days that are open and now.
    ///
    /// # Errors
    /// [`TableError`] where the store does not answer.
    pub(super) async fn members_by_day(
        &self,
        group: Option<&GroupId>,
    ) -> Result<MembersByDay, TableError> {
        // What changes after an object was gone through is in the past, which is read after it.
        let registered = self.registered(group);
        Ok(MembersByDay::new(registered, self.past_members().await?))
    }

    /// The objects of a group at the end of a day that is open, or now on the present one.
    pub(super) fn members(
        &self,
        (group, day): (&GroupId, Date),
        by_day: &MembersByDay,
    ) -> Vec<Member> {
        by_day.of(group, day).map(|then| self.member((group, day), then)).collect()
    }

    fn member(&self, (group, day): (&GroupId, Date), then: MemberThen<'_>) -> Member {
        let MemberThen { dev_eui, state, first_heard, has_changed, elsewhere } = then;
        let MemberState { sub_group, use_case, life_cycle, .. } = state.clone();
        let first = if has_changed { self.first_heard(dev_eui) } else { first_heard };
        // One that has changed may be registered anew since, which its tallies of before outlive.
        let has_tally = || {
            let groups = iter::once(group).chain(&elsewhere);
            has_changed && self.books.was_heard_until(groups, dev_eui, day)
        };
        let was_heard = first.is_some_and(|first| first <= day) || has_tally();
        let has_notice = self.is_left_out(group, use_case.as_ref(), day);
        let standing = Standing::of(life_cycle, was_heard, has_notice);
        Member { dev_eui, sub_group, use_case, standing, elsewhere }
    }

    /// The first day on which a device was heard, since it was registered.
    fn first_heard(&self, dev_eui: DevEui) -> Option<Date> {
        let last = self.devices.last_heard(dev_eui);
        if last.is_none() && self.devices.get(dev_eui).is_some() {
            // What was heard before it was registered anew is another object's.
            return None;
        }
        let first = self.books.first_heard().of(dev_eui);
        // A first frame is not in the books for some seconds.
        first.or(last.map(|last| self.days.of(last)))
    }

    /// Whether a notice leaves objects of a group and a use case out on a day.
    fn is_left_out(&self, group: &GroupId, use_case: Option<&UseCase>, day: Date) -> bool {
        self.has_notice.get().is_some_and(|asked| asked(group, use_case, day))
    }

    /// Whether a notice about a device is in force on a day.
    pub(crate) fn has_notice(&self, device: &Device, day: Date) -> bool {
        self.is_left_out(&device.group, device.use_case.as_ref(), day)
    }
}
