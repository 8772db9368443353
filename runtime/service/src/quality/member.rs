//! An object as far as the promise is about it.

use champollion_fleet::{
    names::{GroupId, SubGroup, UseCase},
    objects::LifeCycle,
};
use champollion_frames::DevEui;
use serde::{Deserialize, Serialize};

/// An object of a group on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The DevEUI of the object.
    pub dev_eui: DevEui,
    /// The part of the group that it is in.
    pub sub_group: Option<SubGroup>,
    /// The purpose of the object.
    pub use_case: Option<UseCase>,
    /// Whether the promise is about it.
    pub standing: Standing,
    /// The other groups that it was in since the days are open: frames of the day may have been counted there.
    pub elsewhere: Vec<GroupId>,
}

/// Whether the promise is about an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The object should be heard.
    InService,
    /// The object is left out of the shares.
    LeftOut(LeftOut),
}

/// The reason why an object is left out.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOut {
    /// The object lies in a store.
    Stock,
    /// The object is on its way to where it is used.
    Delivery,
    /// The object is being repaired or exchanged.
    Maintenance,
    /// The object was never heard: nobody knows that it was installed.
    NeverHeard,
    /// A notice about its network or its place is in force.
    Notice,
}

impl LeftOut {
    /// The word for the reason.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Delivery => "delivery",
            Self::Maintenance => "maintenance",
            Self::NeverHeard => "never-heard",
            Self::Notice => "notice",
        }
    }
}

impl Standing {
    /// Returns the standing of an object by the stage of its life, whether it was ever heard, and whether a notice about it
    /// is in force.
    #[must_use]
    pub fn of(life_cycle: Option<LifeCycle>, was_heard: bool, has_notice: bool) -> Self {
        match life_cycle {
            Some(LifeCycle::Stock) => Self::LeftOut(LeftOut::Stock),
            Some(LifeCycle::Delivery) => Self::LeftOut(LeftOut::Delivery),
            Some(LifeCycle::Maintenance) => Self::LeftOut(LeftOut::Maintenance),
            _ if !was_heard => Self::LeftOut(LeftOut::NeverHeard),
            _ if has_notice => Self::LeftOut(LeftOut::Notice),
            _ => Self::InService,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_left_out_for_one_reason() {
        let of = |life_cycle, was_heard, has_notice| match Standing::of(
            life_cycle, was_heard, has_notice,
        ) {
            Standing::InService => "in service",
            Standing::LeftOut(reason) => reason.as_str(),
        };
        assert_eq!(of(None, true, false), "in service");
        assert_eq!(of(Some(LifeCycle::None), true, false), "in service");
        assert_eq!(of(Some(LifeCycle::Stock), true, true), "stock");
        assert_eq!(of(Some(LifeCycle::Maintenance), false, false), "maintenance");
        assert_eq!(of(Some(LifeCycle::Service), false, true), "never-heard");
        assert_eq!(of(Some(LifeCycle::Service), true, true), "notice");
    }
}
