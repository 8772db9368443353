//! Faults of notices, as values.

use champollion_service::notices::NoticeFault;

use super::{Sentence, Worded};

impl Worded for NoticeFault {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::EndBeforeBegin { begin, end } => Sentence::new("notice-end-before-begin")
                .with("begin", begin.to_string())
                .with("end", end.to_string()),
            Self::PlannedWithoutEnd => Sentence::new("notice-planned-without-end"),
            Self::PlannedWithoutBegin => Sentence::new("notice-planned-without-begin"),
            Self::PlannedInThePast(begin) => {
                Sentence::new("notice-planned-in-the-past").with("begin", begin.to_string())
            }
            Self::IncidentToCome(begin) => {
                Sentence::new("notice-incident-to-come").with("begin", begin.to_string())
            }
            Self::TooLong { begin, end } => Sentence::new("notice-too-long")
                .with("days", Self::DAYS)
                .with("begin", begin.to_string())
                .with("end", end.to_string()),
            Self::UnknownGroup(group) => {
                Sentence::new("notice-unknown-group").with("group", group.to_string())
            }
            Self::Gateway(name) => Sentence::new("notice-gateway").with("name", name.as_str()),
            Self::TooManyNames { count, limit, .. } => {
                Sentence::new("notice-too-many-names").with("count", *count).with("limit", *limit)
            }
            Self::NothingToLeaveOut => Sentence::new("notice-nothing-to-leave-out"),
            Self::TooLarge(bytes) => {
                Sentence::new("notice-too-large").with("bytes", *bytes).with("limit", Self::BYTES)
            }
            Self::NoChange => Sentence::new("notice-no-change"),
            _ => return None,
        })
    }
}
