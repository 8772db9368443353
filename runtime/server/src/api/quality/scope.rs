//! The part of a request about figures that says what it is about.

use std::collections::BTreeSet;

use champollion_delivery::names::{GroupId, SubGroup, UseCase};
use champollion_service::quality::{Stretch, StretchFault};
use champollion_store::TableError;
use jiff::{Timestamp, civil::Date};

use crate::{
    api::Problem,
    auth::{GroupRefused, Reach},
    quality::Scope,
    service::Service,
};

/// Returns what is asked about within the reach of the sender.
///
/// # Errors
/// [`GroupRefused`] where it is not within reach.
pub(super) fn scope(
    reach: &Reach,
    group: Option<GroupId>,
    sub_group: Option<SubGroup>,
    use_case: Option<UseCase>,
) -> Result<Scope, GroupRefused> {
    let sub_groups: Vec<SubGroup> = sub_group.into_iter().collect();
    match reach.groups(group.clone()) {
        Ok(groups) => Ok(Scope { groups, sub_groups, use_case }),
        Err(GroupRefused::PartOnly) => {
            let (group, sub_groups) = reach.group_or_parts(group, sub_groups)?;
            Ok(Scope { groups: Some(BTreeSet::from([group])), sub_groups, use_case })
        }
        Err(refused) => Err(refused),
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
