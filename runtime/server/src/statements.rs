//! Statements of a day, out of what is registered and what has changed since.

use std::collections::BTreeMap;

use champollion_fleet::names::PartnerId;
use champollion_service::statements::{Statement, StatementDay};
use champollion_store::TableError;
use jiff::{Timestamp, civil::Date};

use crate::{
    expensive::{TooExpensive, Turn},
    service::Service,
};

/// The reason why a day is not stated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StatementError {
    /// The day has not begun.
    #[error("{0} has not begun in the territory: ask for a day that has")]
    ToCome(Date),
    /// The store does not answer.
    #[error(transparent)]
    Table(#[from] TableError),
    /// It takes longer than it may.
    #[error(transparent)]
    TooExpensive(#[from] TooExpensive),
}

/// The statements of a day.
pub(crate) struct Stated {
    /// The day that is stated.
    pub(crate) day: StatementDay,
    /// The statements of all partners that have objects in service.
    pub(crate) statements: BTreeMap<PartnerId, Statement>,
}

impl Service {
    /// States a day that has begun. All that is in service in the territory is gone through, in the place of an
    /// expensive request.
    pub(crate) async fn stated(&self, date: Date, turn: &Turn) -> Result<Stated, StatementError> {
        let settings = self.config.statements.clone();
        let day = StatementDay::of(date, self.config.territory.zone());
        let day = day.filter(|day| day.begins <= Timestamp::now());
        let day = day.ok_or(StatementError::ToCome(date))?;
        let now = self.devices.service_states();
        let states = self.service_history.states_at(day.begins, now).await?;
        let owners = self.roster.owners_at(&*self.store, day.begins).await?;
        let stating = turn.run(move || {
            Statement::of_all(&settings, day, states, |group| owners.get(group).cloned())
        });
        Ok(Stated { day, statements: stating.await? })
    }
}
