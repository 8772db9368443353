//! Faults of schedules: of their moments, and of those who are commanded.

use champollion_service::schedules::WhenError;

use super::{Sentence, Worded};
use crate::schedules::TargetError;

impl Worded for WhenError {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::NotOneRule(count) => Sentence::new("schedule-not-one-rule").with("count", *count),
            Self::WithoutSun(member) => {
                Sentence::new("schedule-without-sun").with("member", *member)
            }
            Self::Cron { cron, .. } => Sentence::new("schedule-cron").with("cron", cron.as_str()),
            Self::TooOften { seconds, least_seconds } => Sentence::new("schedule-too-often")
                .with("seconds", *seconds)
                .with("least", *least_seconds),
            Self::Zone(zone) => Sentence::new("schedule-zone").with("zone", zone.as_str()),
            Self::NoPlace => Sentence::new("schedule-no-place"),
            Self::Offset(minutes) => Sentence::new("schedule-offset")
                .with("minutes", *minutes)
                .with("most", Self::OFFSET_MINUTES),
            Self::TooManyExceptions(count) => Sentence::new("schedule-too-many-exceptions")
                .with("count", *count)
                .with("most", Self::EXCEPTIONS),
            Self::Past(at) => Sentence::new("schedule-past").with("at", at.to_string()),
            Self::Never => Sentence::new("schedule-never"),
            _ => return None,
        })
    }
}

impl Worded for TargetError {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::Name => Sentence::new("schedule-name").with("most", Self::NAME_LENGTH),
            Self::Nobody => Sentence::new("schedule-nobody"),
            Self::TagsOfDevice => Sentence::new("schedule-tags-of-device"),
            Self::OtherGroup(device) => {
                Sentence::new("schedule-other-group").with("device", device.to_string())
            }
            Self::Expiry(seconds) => Sentence::new("schedule-expiry")
                .with("seconds", *seconds)
                .with("most", Self::SECONDS),
        })
    }
}
