//! The statements of days that were asked for lately.

use std::{collections::BTreeMap, time::Duration};

use champollion_fleet::names::PartnerId;
use champollion_service::statements::{StatedObject, Statement, StatementDay};
use jiff::civil::Date;

use crate::kept::Kept;

/// Bytes of all statements that are kept: of two days with a million objects.
const BYTES: usize = 64 << 20;

/// The time for which statements are kept.
const KEPT: Duration = Duration::from_secs(600);

/// The statements of a day.
pub(crate) struct Stated {
    /// The day that is stated.
    pub(crate) day: StatementDay,
    /// The statements of all partners that have objects in service.
    pub(crate) statements: BTreeMap<PartnerId, Statement>,
}

impl Stated {
    /// About how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let objects = self.statements.values().map(|statement| statement.objects.len());
        objects.sum::<usize>() * size_of::<StatedObject>()
    }
}

/// The statements of days that were asked for lately, so that the pages of one are not each made of all objects.
pub(crate) struct KeptStatements(pub(crate) Kept<Date, Stated>);

impl Default for KeptStatements {
    fn default() -> Self {
        Self(Kept::new(BYTES, KEPT))
    }
}
