//! Blobs in a table, for nodes that share no disk.

use async_trait::async_trait;

use super::PostgresStore;
use super::fault::Fault;
use super::pool;
use crate::blobs::check_blob_name;
use crate::error::StoreError;
use crate::port::Blobs;

/// Blobs of one kind in the database of a store.
#[derive(Clone, Debug)]
pub struct PostgresBlobs {
    store: PostgresStore,
    place: String,
}

impl PostgresStore {
    /// The blobs of one kind, such as packages: their names are apart from those of other kinds.
    #[must_use]
    pub fn blobs(&self, place: impl Into<String>) -> PostgresBlobs {
        PostgresBlobs { store: self.clone(), place: place.into() }
    }
}

impl PostgresBlobs {
    async fn query(
        &self,
        statement: &str,
        parameters: &[pool::Parameter<'_>],
    ) -> Result<Vec<tokio_postgres::Row>, StoreError> {
        self.store.query(statement, parameters).await
    }
}

#[async_trait]
impl Blobs for PostgresBlobs {
    async fn put(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        check_blob_name(name)?;
        let put = "INSERT INTO blobs (place, name, bytes) VALUES ($1, $2, $3)
                   ON CONFLICT (place, name) DO UPDATE SET bytes = excluded.bytes";
        self.query(put, &[&self.place, &name, &bytes]).await.map(drop)
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        check_blob_name(name)?;
        let get = "SELECT bytes FROM blobs WHERE place = $1 AND name = $2";
        let rows = self.query(get, &[&self.place, &name]).await?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    async fn exists(&self, name: &str) -> Result<bool, StoreError> {
        check_blob_name(name)?;
        let exists = "SELECT 1 FROM blobs WHERE place = $1 AND name = $2";
        Ok(!self.query(exists, &[&self.place, &name]).await?.is_empty())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let list = "SELECT name FROM blobs WHERE place = $1 AND left(name, char_length($2)) = $2
                    ORDER BY name";
        let rows = self.query(list, &[&self.place, &prefix]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    async fn remove(&self, name: &str) -> Result<bool, StoreError> {
        check_blob_name(name)?;
        // Not run twice: the second time would say that nothing was there.
        let client = self.store.connection().await?;
        let remove = "DELETE FROM blobs WHERE place = $1 AND name = $2";
        let removed = client.execute(remove, &[&self.place, &name]).await;
        removed.map(|rows| rows > 0).map_err(|error| self.store.refusal(&Fault::from(error)))
    }
}
