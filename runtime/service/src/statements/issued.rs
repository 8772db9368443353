//! Statements that were issued: the digest that both parties hold.

use champollion_fleet::names::PartnerId;
use champollion_store::{
    Batch, Store, Table, TableError,
    codec::{Json, Pair},
    tables,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{Cents, Statement};

const STATEMENTS: Table<(Date, PartnerId), IssuedStatement, Pair, Json> =
    Table::new(tables::STATEMENTS);

/// The mark that an issued statement leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedStatement {
    /// The SHA-256 of the canonical text, in hexadecimal digits.
    pub digest: String,
    /// The sum of all amounts.
    pub total: Cents,
    /// The moment at which it was issued.
    pub issued_at: Timestamp,
}

impl IssuedStatement {
    /// The mark of a statement that is issued now.
    #[must_use]
    pub fn of(statement: &Statement, now: Timestamp) -> Self {
        Self { digest: statement.digest.clone(), total: statement.total, issued_at: now }
    }

    /// Reads the mark of a partner's statement of a day.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn read(
        store: &dyn Store,
        date: Date,
        partner: &PartnerId,
    ) -> Result<Option<Self>, TableError> {
        STATEMENTS.get(store, &(date, partner.clone())).await
    }

    /// Puts the mark into a batch, which is refused where there is one already.
    ///
    /// # Errors
    /// The row cannot be written.
    pub fn put(
        &self,
        batch: &mut Batch,
        date: Date,
        partner: &PartnerId,
    ) -> Result<(), TableError> {
        STATEMENTS.insert(batch, &(date, partner.clone()), self)
    }
}
