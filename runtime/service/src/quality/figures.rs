//! The figures of a day: counts of each part of a group.

use std::{borrow::Cow, collections::BTreeMap};

use champollion_fleet::names::{SubGroup, UseCase};
use serde::{Deserialize, Serialize};

use super::{
    member::{LeftOut, Member, Standing},
    tally::{BINS, Tally},
};

/// Counts of objects and frames. Of several days they are sums: an object counts once for each day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(as = QualityCounts)]
pub struct Counts {
    /// Objects that are in service.
    pub in_service: u64,
    /// Objects in service that were heard on the day.
    pub heard: u64,
    /// Objects in service that were heard within the 14 days that end with the day.
    pub heard_in_14_days: u64,
    /// Objects that are left out, by reason.
    pub left_out: LeftOutCounts,
    /// Frames that were heard.
    pub frames: u64,
    /// Frames that are missing by gaps in the FCnt.
    pub lost: u64,
    /// Receptions of the frames, one for each gateway that heard one.
    pub receptions: u64,
    /// Frames by spreading factor, from 5 to 12.
    pub spreading_factors: [u64; BINS],
    /// Frames by signal-to-noise ratio: below -15 dB, from there in steps of 5 dB, and from 15 dB on.
    pub snr: [u64; BINS],
}

/// Counts of objects that are left out of the shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct LeftOutCounts {
    /// Objects that lie in a store.
    pub stock: u64,
    /// Objects on their way to where they are used.
    pub delivery: u64,
    /// Objects that are being repaired or exchanged.
    pub maintenance: u64,
    /// Objects that were never heard.
    pub never_heard: u64,
    /// Objects about which a notice is in force.
    pub notice: u64,
}

/// The counts of a part of a group: the objects of one sub-group and use case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// The sub-group; absent of objects that are in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<SubGroup>,
    /// The use case; absent of objects that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// The counts of the part.
    #[serde(flatten)]
    pub counts: Counts,
}

impl LeftOutCounts {
    fn of(&mut self, reason: LeftOut) -> &mut u64 {
        match reason {
            LeftOut::Stock => &mut self.stock,
            LeftOut::Delivery => &mut self.delivery,
            LeftOut::Maintenance => &mut self.maintenance,
            LeftOut::NeverHeard => &mut self.never_heard,
            LeftOut::Notice => &mut self.notice,
        }
    }

    fn add(&mut self, other: &Self) {
        self.stock += other.stock;
        self.delivery += other.delivery;
        self.maintenance += other.maintenance;
        self.never_heard += other.never_heard;
        self.notice += other.notice;
    }
}

impl Counts {
    /// Adds the counts of another part or day.
    pub fn add(&mut self, other: &Self) {
        self.in_service += other.in_service;
        self.heard += other.heard;
        self.heard_in_14_days += other.heard_in_14_days;
        self.left_out.add(&other.left_out);
        self.frames += other.frames;
        self.lost += other.lost;
        self.receptions += other.receptions;
        sum(&mut self.spreading_factors, other.spreading_factors.into_iter());
        sum(&mut self.snr, other.snr.into_iter());
    }

    /// Returns the share of objects in service that were heard on the day, from 0 to 1, where any is in service.
    #[must_use]
    pub fn daily_share(&self) -> Option<f64> {
        share(self.heard, self.in_service)
    }

    /// Returns the share of objects in service that were heard within 14 days.
    #[must_use]
    pub fn fortnight_share(&self) -> Option<f64> {
        share(self.heard_in_14_days, self.in_service)
    }

    /// Returns the share of frames that were lost.
    #[must_use]
    pub fn loss(&self) -> Option<f64> {
        share(self.lost, self.lost + self.frames)
    }

    /// Returns the number of gateways that heard a frame, on the average.
    #[must_use]
    pub fn redundancy(&self) -> Option<f64> {
        share(self.receptions, self.frames)
    }

    fn add_member(&mut self, standing: Standing, tally: Option<&Tally>, was_heard_before: bool) {
        match standing {
            Standing::LeftOut(reason) => *self.left_out.of(reason) += 1,
            Standing::InService => {
                self.in_service += 1;
                self.heard += u64::from(tally.is_some());
                self.heard_in_14_days += u64::from(tally.is_some() || was_heard_before);
            }
        }
        if let Some(tally) = tally {
            self.frames += u64::from(tally.frames);
            self.lost += u64::from(tally.lost);
            self.receptions += u64::from(tally.receptions);
            sum(&mut self.spreading_factors, tally.spreading_factors.into_iter().map(u64::from));
            sum(&mut self.snr, tally.snrs.into_iter().map(u64::from));
        }
    }
}

/// Returns the figures of a day of a group by its parts. `tally` has what was heard of a member on the day, and
/// `was_heard_before` says whether it was heard within the 13 days before.
#[must_use]
pub(super) fn figures_of_day<'of>(
    members: &[Member],
    tally: impl Fn(&Member) -> Option<Cow<'of, Tally>>,
    was_heard_before: impl Fn(&Member) -> bool,
) -> Vec<Part> {
    let mut parts: BTreeMap<(Option<&SubGroup>, Option<&UseCase>), Counts> = BTreeMap::new();
    for member in members {
        let of = (member.sub_group.as_ref(), member.use_case.as_ref());
        let tally = tally(member);
        let heard_before = tally.is_none() && was_heard_before(member);
        parts.entry(of).or_default().add_member(member.standing, tally.as_deref(), heard_before);
    }
    let part =
        |((sub_group, use_case), counts): ((Option<&SubGroup>, Option<&UseCase>), Counts)| Part {
            sub_group: sub_group.cloned(),
            use_case: use_case.cloned(),
            counts,
        };
    parts.into_iter().map(part).collect()
}

fn sum(own: &mut [u64; BINS], others: impl Iterator<Item = u64>) {
    own.iter_mut().zip(others).for_each(|(own, other)| *own += other);
}

fn share(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use champollion_frames::DevEui;

    use super::*;

    fn member(number: u8, use_case: &str, standing: Standing) -> Member {
        let use_case = Some(use_case.parse().unwrap());
        let (dev_eui, elsewhere) = (dev_eui(number), Vec::new());
        Member { dev_eui, sub_group: None, use_case, standing, elsewhere }
    }

    fn dev_eui(number: u8) -> DevEui {
        DevEui::from_be_bytes([number; 8])
    }

    #[test]
    fn shares_are_of_objects_in_service_by_part() {
        let in_service = Standing::InService;
        let members = [
            member(1, "water-metering", in_service),
            member(2, "water-metering", in_service),
            member(3, "water-metering", in_service),
            member(4, "street-lighting", in_service),
            member(5, "water-metering", Standing::LeftOut(LeftOut::Stock)),
            member(6, "water-metering", Standing::LeftOut(LeftOut::Notice)),
        ];
        let tally = Tally { frames: 9, lost: 1, receptions: 18, ..Tally::default() };
        // One that is in stock is heard all the same, and one that nobody has registered.
        let heard: HashMap<DevEui, Tally> =
            [1, 4, 5, 9].map(|number| (dev_eui(number), tally.clone())).into();
        let tally = |member: &Member| heard.get(&member.dev_eui).map(Cow::Borrowed);
        let parts = figures_of_day(&members, tally, |member| member.dev_eui == dev_eui(2));
        assert_eq!(parts.len(), 2);
        let [light, water] = [&parts[0].counts, &parts[1].counts];
        assert_eq!((light.daily_share(), light.fortnight_share()), (Some(1.0), Some(1.0)));
        assert_eq!((water.in_service, water.heard, water.heard_in_14_days), (3, 1, 2));
        assert_eq!((water.left_out.stock, water.left_out.notice), (1, 1));
        assert_eq!((water.loss(), water.redundancy()), (Some(0.1), Some(2.0)));
        let mut both = light.clone();
        both.add(water);
        assert_eq!((both.in_service, both.frames, both.left_out.stock), (4, 27, 1));
        assert_eq!(Counts::default().daily_share(), None);
    }

    #[test]
    fn a_row_of_a_day_that_is_over_is_read_again() {
        let parts = figures_of_day(
            &[member(1, "water-metering", Standing::InService)],
            |_| None,
            |_| false,
        );
        let text = serde_json::to_string(&parts).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Part>>(&text).unwrap(), parts);
        assert!(serde_json::from_str::<Vec<Part>>(r#"[{"inService":3}]"#).is_ok());
    }
}
