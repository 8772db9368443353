//! A store that notes in the log of changes what it changes.

use std::sync::Arc;

use champollion_store::{Batch, Store, StoreError};
use uuid::Uuid;

use super::{
    super::{
        prepared_store::{Preparation, PreparedStore},
        protocol::Protocol,
    },
    change::append_changes,
};

/// Notes the rows of each batch that other nodes have in memory, in the same batch.
struct Noting {
    node: Uuid,
    protocol: Arc<Protocol>,
}

impl Preparation for Noting {
    fn prepare(&self, batch: &mut Batch) -> Result<(), StoreError> {
        append_changes(batch, self.node, self.protocol.written());
        Ok(())
    }
}

/// The same store, which notes for other nodes what this one changes.
pub(crate) fn noting(store: Arc<dyn Store>, node: Uuid, protocol: Arc<Protocol>) -> Arc<dyn Store> {
    Arc::new(PreparedStore::new(store, Noting { node, protocol }))
}

#[cfg(test)]
mod tests {
    use champollion_store::{Sequence, SledOptions, SledStore, tables};

    use super::*;

    #[tokio::test]
    async fn a_caller_gets_the_places_of_its_own_entries_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&SledOptions::new(folder.path().join("store"))).unwrap();
        let noting = noting(Arc::new(store), Uuid::now_v7(), Arc::new(Protocol::of(false)));
        for place in [1, 2] {
            let mut batch = Batch::new();
            batch.put(tables::JOINED.as_str(), "0102030405060708", "a session");
            batch.append("records/water", "the first record of the session");
            let committed = noting.commit(batch).await.unwrap();
            assert_eq!(committed.appended, [Sequence::new(place)]);
        }
        let noted = noting.extent(tables::CHANGES.as_str()).await.unwrap();
        assert_eq!(noted.last, Sequence::new(2));
    }
}
