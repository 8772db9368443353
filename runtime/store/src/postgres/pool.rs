//! Connections for reading, and for what is no frame.

use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::Address;
use super::fault::Fault;
use super::session::SETTINGS;
use crate::error::{StoreError, in_one_line};

/// The time that a reader waits for a connection: within two seconds a node says that its database is away.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// A parameter of a statement.
pub(super) type Parameter<'a> = &'a (dyn ToSql + Sync);

/// A pool of connections to an address; none is made yet.
pub(super) fn open(
    address: &Address,
    tls: MakeRustlsConnect,
    size: usize,
) -> Result<Pool, StoreError> {
    let settings = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(address.config.clone(), tls, settings);
    Pool::builder(manager)
        .max_size(size.max(1))
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(PATIENCE))
        .create_timeout(Some(PATIENCE))
        .post_create(Hook::async_fn(|client, _| {
            Box::pin(
                async move { client.batch_execute(SETTINGS).await.map_err(HookError::Backend) },
            )
        }))
        .build()
        .map_err(|error| StoreError::BadAddress { reason: in_one_line(&error) })
}

/// Returns a connection of the pool.
pub(super) async fn connection(pool: &Pool) -> Result<Object, Fault> {
    pool.get().await.map_err(|error| match error {
        PoolError::Backend(error) => error.into(),
        other => Fault::Lost(in_one_line(&other)),
    })
}

/// Runs a statement that may be run twice: once more where the connection broke while it lay in the pool.
pub(super) async fn query(
    pool: &Pool,
    statement: &str,
    parameters: &[Parameter<'_>],
) -> Result<Vec<Row>, Fault> {
    match query_once(pool, statement, parameters).await {
        Err(Fault::Lost(_)) => query_once(pool, statement, parameters).await,
        outcome => outcome,
    }
}

async fn query_once(
    pool: &Pool,
    statement: &str,
    parameters: &[Parameter<'_>],
) -> Result<Vec<Row>, Fault> {
    let client = connection(pool).await?;
    let statement = client.prepare_cached(statement).await?;
    Ok(client.query(&statement, parameters).await?)
}
