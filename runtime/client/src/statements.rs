//! Statements: the objects that partners have in service on a day, and what they cost.

use std::fmt::Display;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    Answer, Client, ClientError, TableLayout,
    client::{ask, bytes},
};

/// Most bytes of a list of objects: those of a million.
const LIST_BYTES: usize = 256 << 20;

/// The statements of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementList {
    /// The day in question.
    pub date: Date,
    /// The moment at which the day begins in the territory.
    pub counted_at: Timestamp,
    /// The moment from which on changes are kept.
    pub exact_since: Timestamp,
    /// Whether the day begins after that moment.
    pub is_exact: bool,
    /// The statements that the sender may see.
    pub statements: Vec<Statement>,
}

/// The statement of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// The partner that owns the objects.
    pub partner: String,
    /// The name of the partner for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_name: Option<String>,
    /// The currency of all amounts.
    pub currency: String,
    /// The objects by use case.
    pub lines: Vec<StatementLine>,
    /// The yearly subscription, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<StatedSubscription>,
    /// The sum of all amounts, as a decimal number.
    pub total: String,
    /// The SHA-256 of the canonical text.
    pub digest: String,
    /// Whether it still has the digest that was issued; absent where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees: Option<bool>,
}

/// The objects of a use case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementLine {
    /// The use case; absent of objects that say none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<String>,
    /// The number of objects.
    pub objects: u64,
    /// The name of the tariff in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tariff: Option<String>,
    /// The price of one object and year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// The number times the price.
    pub amount: String,
}

/// The yearly subscription of a partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatedSubscription {
    /// The name of the subscription.
    pub name: String,
    /// The inhabitants of the partner on the day.
    pub inhabitants: u64,
    /// The first day on which their number counts; absent of one that counts from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inhabitants_from: Option<Date>,
    /// The inhabitants that count, up to the limit.
    pub counted: u64,
    /// The price of one inhabitant and year.
    pub per_inhabitant: String,
    /// The amount of the subscription.
    pub amount: String,
}

impl Client {
    /// Lists the statements of a day: `GET /v1/statements`.
    pub async fn statements(&self, date: Date) -> Result<Answer<StatementList>, ClientError> {
        ask(self.get("v1/statements").query(&[("date", date)])).await
    }

    /// Gets the statement of a partner: `GET /v1/statements/{date}/{partner}`.
    pub async fn statement(
        &self,
        date: Date,
        partner: impl Display,
    ) -> Result<Answer<Statement>, ClientError> {
        ask(self.get(format_args!("v1/statements/{date}/{partner}"))).await
    }

    /// Issues the statements of a day: `POST /v1/statements/{date}`.
    pub async fn issue_statements(&self, date: Date) -> Result<Answer<StatementList>, ClientError> {
        ask(self.post(format_args!("v1/statements/{date}"))).await
    }

    /// Gets the objects behind a statement as a file of a form, `csv`, `xlsx` or `text`, of CSV in a layout:
    /// `GET /v1/statements/{date}/{partner}/objects`.
    pub async fn stated_objects(
        &self,
        date: Date,
        partner: impl Display,
        (form, layout): (&str, Option<TableLayout>),
    ) -> Result<Vec<u8>, ClientError> {
        let request = self.get(format_args!("v1/statements/{date}/{partner}/objects"));
        let layout = layout.map(|layout| ("layout", layout));
        bytes(request.query(&[("format", form)]).query(layout.as_slice()), LIST_BYTES).await
    }
}
