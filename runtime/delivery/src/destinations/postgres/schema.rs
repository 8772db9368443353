//! The tables of a history: made and brought up to date by us, a step for each version.

use tokio_postgres::Client;

use super::fault::PostgresFault;

/// The number by which makers of tables take turns, whatever route they work for.
const TURN: i64 = 0x4348_414d_504f_4c31;

/// The steps to each version. One that was released is never changed.
const STEPS: &[&str] = &[include_str!("schema/1.sql"), include_str!("schema/2.sql")];

/// The name that stands for the schema in the steps.
const SCHEMA: &str = "{schema}";

/// Makes the tables, or brings them up to date.
///
/// # Errors
/// A later version has made them, or the user may not make them.
pub(super) async fn bring_up_to_date(
    client: &mut Client,
    schema: &str,
) -> Result<(), PostgresFault> {
    let known = i32::try_from(STEPS.len()).unwrap_or(i32::MAX);
    if version(client, schema).await? == Some(known) {
        return Ok(());
    }
    let change = client.transaction().await?;
    // Another route may do the same at the same moment.
    change.execute("SELECT pg_advisory_xact_lock($1)", &[&TURN]).await?;
    let found = version(&change, schema).await?.unwrap_or_default();
    if found > known {
        return Err(PostgresFault::SchemaNewer { found, known });
    }
    for (index, step) in STEPS.iter().enumerate().skip(usize::try_from(found).unwrap_or_default()) {
        change.batch_execute(&step.replace(SCHEMA, schema)).await?;
        let version = i32::try_from(index + 1).unwrap_or(i32::MAX);
        let note = format!("INSERT INTO {schema}.schema_version (version) VALUES ($1)");
        change.execute(&note, &[&version]).await?;
    }
    change.commit().await?;
    Ok(())
}

/// The version of the tables; none where there are none.
async fn version(
    client: &impl tokio_postgres::GenericClient,
    schema: &str,
) -> Result<Option<i32>, PostgresFault> {
    let table = format!("{schema}.schema_version");
    let there = client.query_one("SELECT to_regclass($1::text) IS NOT NULL", &[&table]).await?;
    if !there.get::<_, bool>(0) {
        return Ok(None);
    }
    let row = client.query_one(&format!("SELECT max(version) FROM {table}"), &[]).await?;
    Ok(row.get(0))
}
