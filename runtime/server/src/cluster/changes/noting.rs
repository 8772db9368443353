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
