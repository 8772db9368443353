//! Statements of a day, out of what is registered and what has changed since.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use champollion_fleet::names::{GroupId, PartnerId};
use champollion_service::statements::{StatedObject, Statement, StatementDay};
use champollion_store::TableError;
use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    expensive::{TooExpensive, Turn},
    kept::Kept,
    service::Service,
};

/// The time after the begin of a day from which on its statements are kept: a change at its very begin may come from a node
/// whose clock is behind.
const SETTLED: SignedDuration = SignedDuration::from_hours(1);

/// Bytes of all statements that are kept: of two days with a million objects.
const BYTES: usize = 64 << 20;

/// The time for which statements are kept.
const KEPT: Duration = Duration::from_secs(600);

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

impl Stated {
    /// About how many bytes it takes.
    fn bytes(&self) -> usize {
        let objects = self.statements.values().map(|statement| statement.objects.len());
        objects.sum::<usize>() * size_of::<StatedObject>()
    }
}

/// The statements of days that were asked for lately, so that the pages of one are not each made of all objects.
pub(crate) struct KeptStatements(Kept<Date, Stated>);

impl Default for KeptStatements {
    fn default() -> Self {
        Self(Kept::new(BYTES, KEPT))
    }
}

impl Service {
    /// States a day that has begun, or returns its statements as they were a while ago where nothing can have changed them
    /// since. All that is in service in the territory is gone through, in the place of an expensive request.
    pub(crate) async fn stated(
        self: &Arc<Self>,
        date: Date,
        turn: &Turn,
    ) -> Result<Arc<Stated>, StatementError> {
        match self.kept_statements.0.get(&date) {
            Some(known) => Ok(known),
            None => self.stated_anew(date, turn).await,
        }
    }

    /// States a day that has begun, whatever was stated of it before.
    pub(crate) async fn stated_anew(
        self: &Arc<Self>,
        date: Date,
        turn: &Turn,
    ) -> Result<Arc<Stated>, StatementError> {
        let now = Timestamp::now();
        let day = StatementDay::of(date, self.config.territory.zone());
        let day = day.filter(|day| day.begins <= now).ok_or(StatementError::ToCome(date))?;
        let own = Arc::clone(self);
        let stating = turn.see_through(async move {
            let stated = Arc::new(own.state(day).await?);
            // Each change of before and since is a row of the history, whatever is registered by now.
            let is_settled =
                day.begins + SETTLED <= now && day.begins >= own.service_history.since();
            if is_settled {
                own.kept_statements.0.put(date, &stated, stated.bytes());
            }
            Ok::<_, TableError>(stated)
        });
        Ok(stating.await??)
    }

    async fn state(&self, day: StatementDay) -> Result<Stated, TableError> {
        let now = self.devices.service_states();
        let states = self.service_history.states_at(day.begins, now).await?;
        let owners = self.roster.owners_at(&*self.store, day.begins).await?;
        let owner = |group: &GroupId| owners.get(group).cloned();
        let statements = Statement::of_all(&self.config.statements, day, states, owner);
        Ok(Stated { day, statements })
    }
}
