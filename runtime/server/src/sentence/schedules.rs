//! Faults of schedules: of their moments, and of those who are commanded.

use champollion_service::schedules::{CronFault, WhenError};

use super::{Sentence, Worded};
use crate::schedules::TargetError;

impl Worded for WhenError {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::NotOneRule(count) => Sentence::new("schedule-not-one-rule").with("count", *count),
            Self::WithoutSun(member) => {
                Sentence::new("schedule-without-sun").with("member", *member)
            }
            Self::Cron { fault: CronFault::Part { part, said, range }, .. } => {
                Sentence::new("schedule-cron-part")
                    .with("part", part.word())
                    .with("said", said.as_str())
                    .with("range", *range)
            }
            Self::Cron { cron, .. } => Sentence::new("schedule-cron").with("cron", cron.as_str()),
            Self::TooOften { seconds, least_seconds, instead } => {
                Sentence::new("schedule-too-often")
                    .with("seconds", *seconds)
                    .with("least", *least_seconds)
                    .with("instead", instead.as_str())
            }
            Self::Zone(zone) => Sentence::new("schedule-zone").with("zone", zone.as_str()),
            Self::NoPlace => Sentence::new("schedule-no-place"),
            Self::Offset(minutes) => Sentence::new("schedule-offset")
                .with("minutes", *minutes)
                .with("most", Self::OFFSET_MINUTES),
            Self::TooManyExceptions(count) => Sentence::new("schedule-too-many-exceptions")
                .with("count", *count)
                .with("most", Self::EXCEPTIONS),
            Self::Past(at) => Sentence::new("schedule-past").with("at", at.to_string()),
            Self::NoSuchDay(cron) => {
                Sentence::new("schedule-no-such-day").with("cron", cron.as_str())
            }
            Self::AllLeftOut => Sentence::new("schedule-all-left-out"),
            Self::NoSun => Sentence::new("schedule-no-sun"),
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
