//! The totals of statements as a table of CSV, or a workbook: the lines of each partner, and their sum.

use axum::response::Response;

use super::Shown;
use crate::api::{
    Problem,
    tables::{Rows, TableShape, or_empty},
};

/// The headings of the table.
const HEADINGS: [&str; 11] = [
    "date", "partner", "line", "useCase", "count", "tariff", "price", "amount", "currency",
    "digest", "issuedAt",
];

/// Writes statements as a table, a row for each of their lines.
pub(super) async fn answer(shape: TableShape, statements: Vec<Shown>) -> Result<Response, Problem> {
    let rows = async move { Rows::gather(statements.iter().flat_map(rows)) };
    shape.answer("Statements", &HEADINGS, rows).await
}

/// A line of a statement, without that which all lines of the statement share.
struct Line {
    /// The word for the line: `objects`, `subscription` or `total`.
    kind: &'static str,
    use_case: String,
    count: u64,
    tariff: String,
    price: String,
    amount: String,
}

/// The rows of a statement: by use case, the subscription, the sum.
fn rows(shown: &Shown) -> Vec<Vec<String>> {
    let statement = &shown.statement;
    let objects = statement.lines.iter().map(|line| Line {
        kind: "objects",
        use_case: or_empty(line.use_case.as_ref()),
        count: line.objects,
        tariff: or_empty(line.tariff.as_ref()),
        price: or_empty(line.price),
        amount: line.amount.to_string(),
    });
    let subscription = statement.subscription.iter().map(|line| Line {
        kind: "subscription",
        use_case: String::new(),
        count: line.counted,
        tariff: line.name.clone(),
        price: line.per_inhabitant.to_string(),
        amount: line.amount.to_string(),
    });
    let total = Line {
        kind: "total",
        use_case: String::new(),
        count: statement.lines.iter().map(|line| line.objects).sum(),
        tariff: String::new(),
        price: String::new(),
        amount: statement.total.to_string(),
    };
    let lines = objects.chain(subscription).chain([total]);
    lines.map(|line| row(shown, line)).collect()
}

fn row(Shown { statement, issued, .. }: &Shown, line: Line) -> Vec<String> {
    vec![
        statement.date.to_string(),
        statement.partner.to_string(),
        line.kind.to_owned(),
        line.use_case,
        line.count.to_string(),
        line.tariff,
        line.price,
        line.amount,
        statement.currency.clone(),
        statement.digest.clone(),
        or_empty(issued.as_ref().map(|issued| issued.issued_at)),
    ]
}
