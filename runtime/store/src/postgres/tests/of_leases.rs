//! Leases of two nodes on one database.

use std::time::Duration;

use uuid::Uuid;

use super::{Database, store};
use crate::conformance::block_on;
use crate::{Batch, Leases, Store, StoreError};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn of_postgres_a_lease_has_one_holder_and_passes_on_with_a_higher_epoch() {
    let database = Database::new();
    block_on(async {
        let (one, other) = (store(&database.url).await, store(&database.url).await);
        let (here, there) = (Uuid::now_v7(), Uuid::now_v7());
        assert!(one.is_shared());
        let short = Duration::from_secs(2);
        let first = one.take("expiry", here, short).await.unwrap().unwrap();
        assert!(first.is_current());
        assert!(other.take("expiry", there, LONG).await.unwrap().is_none());
        let held = other.held().await.unwrap();
        assert_eq!((held[0].name.as_str(), held[0].owner, held[0].epoch), ("expiry", here, 1));
        assert!(held[0].left <= short);
        let mut batch = Batch::new();
        first.expect_held(&mut batch);
        batch.append("log", "in time");
        one.commit(batch).await.unwrap();

        // The holder is paused until the lease is over, and another node takes it.
        tokio::time::sleep(short * 2).await;
        assert!(!first.is_current());
        let second = other.take("expiry", there, LONG).await.unwrap().unwrap();
        assert!(second.epoch() > first.epoch());
        let mut late = Batch::new();
        first.expect_held(&mut late);
        late.append("log", "late");
        let refused = one.commit(late).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict { .. }), "{refused}");
        assert!(one.renew(&first).await.unwrap().is_none());
        one.release(&first).await.unwrap();
        let second =
            other.renew(&second).await.unwrap().expect("a release of before changes nothing");

        other.release(&second).await.unwrap();
        let third = one.take("expiry", here, LONG).await.unwrap().unwrap();
        assert!(third.epoch() > second.epoch());
        assert_eq!(one.extent("log").await.unwrap().last.get(), 1);
    });
}
