//! The objects of a group as the promise is about them.

use std::collections::BTreeSet;

use champollion_delivery::names::{GroupId, UseCase};
use champollion_frames::DevEui;
use champollion_service::quality::{Member, MemberState, PastMembers, Standing};
use jiff::civil::Date;

use super::Quality;
use crate::devices::{Device, Devices};

/// Returns the standing of a device as it is now.
pub(crate) fn standing(devices: &Devices, device: &Device, has_notice: bool) -> Standing {
    let was_heard = devices.last_heard(device.dev_eui).is_some();
    Standing::of(device.object.life_cycle, was_heard, has_notice)
}

impl Quality {
    /// The objects of a group as they were at the end of a day, or are now on the present one.
    pub(super) fn members(
        &self,
        (group, day): (&GroupId, Date),
        past: &PastMembers,
    ) -> Vec<Member> {
        let changed = past.of(day);
        let of_group = BTreeSet::from([group.clone()]);
        let unchanged = self.devices.in_order(Some(&of_group), None);
        let unchanged = unchanged
            .filter(|device| changed.is_none_or(|changed| !changed.contains_key(&device.dev_eui)))
            .map(|device| {
                let was_heard = self.was_heard_until(device.dev_eui, day);
                self.member((device.dev_eui, day), (&*device).into(), was_heard)
            });
        let changed = changed.into_iter().flatten();
        let changed = changed.filter_map(|(dev_eui, state)| {
            let state = state.as_ref().filter(|state| state.group == *group)?;
            // It may be registered anew since, which its tallies of before outlive.
            let was_heard = self.was_heard_until(*dev_eui, day)
                || self.books.was_heard_until(group, *dev_eui, day);
            Some(self.member((*dev_eui, day), state.clone(), was_heard))
        });
        unchanged.chain(changed).collect()
    }

    fn member(
        &self,
        (dev_eui, day): (DevEui, Date),
        state: MemberState,
        was_heard: bool,
    ) -> Member {
        let MemberState { group, sub_group, use_case, life_cycle } = state;
        let has_notice = self.is_left_out(&group, use_case.as_ref(), day);
        let standing = Standing::of(life_cycle, was_heard, has_notice);
        Member { dev_eui, sub_group, use_case, standing }
    }

    /// Whether a device was heard until the end of a day, since it was registered.
    fn was_heard_until(&self, dev_eui: DevEui, day: Date) -> bool {
        let last = self.devices.last_heard(dev_eui);
        if last.is_none() && self.devices.get(dev_eui).is_some() {
            // What was heard before it was registered anew is another object's.
            return false;
        }
        let first = self.books.first_heard().of(dev_eui);
        // A first frame is not in the books for some seconds.
        first.or(last.map(|last| self.days.of(last))).is_some_and(|first| first <= day)
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
