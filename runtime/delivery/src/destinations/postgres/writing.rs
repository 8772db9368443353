//! Rows are written: partitions for their months, and one statement for all of them.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use tokio_postgres::{Client, error::SqlState};

use super::{
    fault::PostgresFault,
    rows::{ReplacedRecord, Row},
};

/// Months back for which there are partitions: what devices tell of their past.
const MONTHS_BACK: i32 = 13;

/// Most rows of a month that are moved into its partition: a statement moves them in some seconds.
const MOVED_ROWS: i64 = 100_000;

/// All columns of the table with their types, as a row of JSON is read.
const COLUMNS: &str = include_str!("schema/columns.txt");

/// Makes the partitions for the months of some rows, and for the month to come.
pub(super) async fn make_partitions(
    client: &mut Client,
    schema: &str,
    rows: &[Row],
    now: Timestamp,
) -> Result<(), PostgresFault> {
    for month in months(rows, now) {
        let Ok(next) = month.checked_add(1.month()) else { continue };
        let partition = Partition { schema, month, next };
        let statement = format!(
            "CREATE TABLE IF NOT EXISTS {} PARTITION OF {schema}.measurements {}",
            partition.name(),
            partition.bounds()
        );
        match client.batch_execute(&statement).await {
            // A clock that was ahead has told of this month when it had no partition yet.
            Err(error) if error.code() == Some(&SqlState::CHECK_VIOLATION) => {
                partition.take_out(client).await?;
            }
            // Another route has made it at the same moment.
            Err(error) if is_made(&error) => {}
            made => made?,
        }
    }
    Ok(())
}

/// The partition of a month.
struct Partition<'of> {
    schema: &'of str,
    month: Date,
    next: Date,
}

impl Partition<'_> {
    fn name(&self) -> String {
        let Self { schema, month, .. } = self;
        format!("{schema}.measurements_{:04}_{:02}", month.year(), month.month())
    }

    fn bounds(&self) -> String {
        let Self { month, next, .. } = self;
        format!("FOR VALUES FROM ('{month} 00:00:00+00') TO ('{next} 00:00:00+00')")
    }

    /// Makes the partition of rows that are among those without a month, and moves them there. Nobody adds to them
    /// meanwhile. Where they are too many, they stay, and later ones come to them, as all do that have no month.
    async fn take_out(&self, client: &mut Client) -> Result<(), PostgresFault> {
        if self.has_many_rows(client).await? {
            return Ok(());
        }
        let (Self { schema, .. }, name, bounds) = (self, self.name(), self.bounds());
        let of_month = self.of_month();
        // The tables are locked in the order in which another one locks them that makes a partition.
        let statements = format!(
            "LOCK TABLE ONLY {schema}.measurements IN SHARE UPDATE EXCLUSIVE MODE;
             LOCK TABLE {schema}.measurements_other IN ACCESS EXCLUSIVE MODE;
             CREATE TABLE {name} (LIKE {schema}.measurements INCLUDING DEFAULTS);
             WITH moved AS (
                 DELETE FROM {schema}.measurements_other WHERE {of_month} RETURNING *
             ) INSERT INTO {name} SELECT * FROM moved;
             ALTER TABLE {schema}.measurements ATTACH PARTITION {name} {bounds}"
        );
        let change = client.transaction().await?;
        match change.batch_execute(&statements).await {
            // Another route has moved them at the same moment, or it takes too long beside all that stay.
            Err(error) if is_made(&error) || error.code() == Some(&SqlState::QUERY_CANCELED) => {
                change.rollback().await?;
            }
            moved => {
                moved?;
                change.commit().await?;
            }
        }
        Ok(())
    }

    /// Whether there are more rows of the month among those without a month than are moved.
    async fn has_many_rows(&self, client: &Client) -> Result<bool, PostgresFault> {
        let (schema, of_month) = (self.schema, self.of_month());
        let statement = format!(
            "SELECT count(*) > {MOVED_ROWS} FROM (SELECT 1 FROM {schema}.measurements_other WHERE {of_month} \
             LIMIT {MOVED_ROWS} + 1) AS counted"
        );
        Ok(client.query_one(&statement, &[]).await?.get(0))
    }

    /// The condition of rows of the month.
    fn of_month(&self) -> String {
        let Self { month, next, .. } = self;
        format!("measured_at >= '{month} 00:00:00+00' AND measured_at < '{next} 00:00:00+00'")
    }
}

fn is_made(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        *code == SqlState::DUPLICATE_TABLE || *code == SqlState::UNIQUE_VIOLATION
    })
}

/// The first days of the months of rows, and of this month and the next. Rows of clocks that are wrong by years have
/// none.
fn months(rows: &[Row], now: Timestamp) -> BTreeSet<Date> {
    let first = |moment: Timestamp| TimeZone::UTC.to_datetime(moment).date().first_of_month();
    let this = first(now);
    let next = this.checked_add(1.month()).unwrap_or(this);
    let oldest = this.checked_sub(MONTHS_BACK.months()).unwrap_or(this);
    let of_rows = rows.iter().map(|row| first(row.measured_at));
    let within = of_rows.filter(|month| (oldest..=next).contains(month));
    within.chain([this, next]).collect()
}

/// Writes rows in one transaction, and notes in those of records that others stand for which these are; what is there already
/// changes nothing. A test leaves nothing behind.
pub(super) async fn write(
    client: &mut Client,
    schema: &str,
    (rows, replaced): (&[Row], &[ReplacedRecord]),
    is_test: bool,
) -> Result<(), PostgresFault> {
    let json = serde_json::to_string(rows)?;
    let names: Vec<&str> = COLUMNS.lines().filter_map(|line| line.split(' ').next()).collect();
    let (names, typed) = (names.join(", "), COLUMNS.trim_end().replace('\n', ", "));
    let statement = format!(
        "INSERT INTO {schema}.measurements ({names}) \
         SELECT {names} FROM jsonb_to_recordset($1::text::jsonb) AS told({typed}) \
         ON CONFLICT DO NOTHING"
    );
    let change = client.transaction().await?;
    change.execute(&statement, &[&json]).await?;
    if !replaced.is_empty() {
        let json = serde_json::to_string(replaced)?;
        let statement = format!(
            "UPDATE {schema}.measurements AS kept SET replaced_by = told.replaced_by \
             FROM jsonb_to_recordset($1::text::jsonb) \
             AS told(record_id text, replaced_by text) \
             WHERE kept.record_id = told.record_id AND kept.replaced_by IS NULL"
        );
        change.execute(&statement, &[&json]).await?;
    }
    if is_test {
        change.rollback().await?
    } else {
        change.commit().await?
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_those_of_the_table_and_of_the_rows() {
        let table = include_str!("schema/1.sql");
        let (_, table) = table.split_once(".measurements (\n").unwrap();
        let (table, _) = table.split_once("    PRIMARY KEY").unwrap();
        let name = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
        let of_table: BTreeSet<String> = table.lines().map(name).collect();
        let of_rows: BTreeSet<String> = COLUMNS.lines().map(name).collect();
        assert_eq!(of_table, of_rows);
        let record = r#"{"id":"x","group":"g","device":{"devEui":"d"},"receivedAt":"2026-11-25T08:00:00Z",
            "decoded":{"measurements":[{"id":"A","quantity":"q","value":1}]}}"#;
        let rows = super::super::rows::rows_of(record).unwrap().rows;
        let json = serde_json::to_value(&rows[0]).unwrap();
        let of_json: BTreeSet<String> = json.as_object().unwrap().keys().cloned().collect();
        assert_eq!(of_json, of_rows);
        let now: Timestamp = "2026-12-31T23:59:59Z".parse().unwrap();
        let months: Vec<String> = months(&rows, now).iter().map(ToString::to_string).collect();
        assert_eq!(months, ["2026-11-01", "2026-12-01", "2027-01-01"]);
    }
}
