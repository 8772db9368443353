//! The backlogs that were reported already.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::names::{GroupId, RouteName};

/// The backlogs that were reported, by how many of the warnings they had reached, so that none is reported
/// twice.
#[derive(Default)]
pub(super) struct ReportedBacklogs(pub(super) Mutex<HashMap<(GroupId, Option<RouteName>), usize>>);
