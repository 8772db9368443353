//! Statements of a day, out of what is registered and what has changed since.

use std::sync::Arc;

use champollion_fleet::names::{GroupId, PartnerId};
use champollion_service::statements::{Statement, StatementDay};
use champollion_store::TableError;
use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    expensive::{TooExpensive, Turn},
    kept_statements::Stated,
    nearest::nearest,
    service::Service,
};

/// The time after the begin of a day from which on its statements are kept: a change at its very begin may come from a node
/// whose clock is behind.
const SETTLED: SignedDuration = SignedDuration::from_hours(1);

/// The reason why a day is not stated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum StatementError {
    /// The day has not begun.
    #[error("{0} has not begun in the territory: ask for a day that has")]
    ToCome(Date),
    /// The settings have inhabitants of a partner that there is not.
    #[error(
        "[statements.inhabitants] names {partner}, which is no partner{}: correct the name, take the line out, or add \
         the partner, so that no subscription is left out unseen",
        meant(.nearest)
    )]
    UnknownPartner {
        /// The name as it is written.
        partner: PartnerId,
        /// The partner that was probably meant.
        nearest: Option<PartnerId>,
    },
    /// The store does not answer.
    #[error(transparent)]
    Table(#[from] TableError),
    /// It takes longer than it may.
    #[error(transparent)]
    TooExpensive(#[from] TooExpensive),
}

fn meant(nearest: &Option<PartnerId>) -> String {
    nearest.as_ref().map(|name| format!(" (did you mean {name}?)")).unwrap_or_default()
}

impl Service {
    /// Says of which partner that there is not the settings have inhabitants. It may be added later than the settings are
    /// read, so that a server starts all the same, and nothing is stated until it is there.
    ///
    /// # Errors
    /// [`StatementError::UnknownPartner`] names the first one, with the partner that was probably meant.
    pub(crate) fn check_inhabitants(&self) -> Result<(), StatementError> {
        let mut named = self.config.statements.inhabitants.keys();
        let Some(partner) = named.find(|named| self.roster.partner(named).is_none()) else {
            return Ok(());
        };
        let known = self.roster.partners(None);
        let names = known.iter().map(|known| known.partner.id.as_str());
        let nearest = nearest(partner.as_str(), names).and_then(|name| name.parse().ok());
        Err(StatementError::UnknownPartner { partner: partner.clone(), nearest })
    }

    /// States a day that has begun, or returns its statements as they were a while ago where nothing can have changed them
    /// since. All that is in service in the territory is gone through, in the place of an expensive request.
    pub(crate) async fn stated(
        self: &Arc<Self>,
        date: Date,
        turn: &Turn,
    ) -> Result<Arc<Stated>, StatementError> {
        self.check_inhabitants()?;
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
        self.check_inhabitants()?;
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
