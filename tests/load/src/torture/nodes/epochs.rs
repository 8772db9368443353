//! The epochs of leases, read from the database again and again: they never fall, whatever becomes of nodes and primary.

use std::{collections::BTreeMap, sync::atomic::Ordering, thread, time::Duration};

use super::{super::lock, World, database::Database};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(700);

/// Watches until everything is over, and gives the number of times that a lease passed on.
pub(super) fn watch(database: &Database, world: &World) -> u64 {
    let (mut known, mut passed) = (BTreeMap::<String, u64>::new(), 0);
    while !world.over.load(Ordering::Relaxed) {
        for (name, epoch) in database.epochs().unwrap_or_default() {
            let before = known.insert(name.clone(), epoch).unwrap_or(epoch);
            passed += epoch.saturating_sub(before);
            if epoch < before {
                let fallen = format!("the lease {name} has the epoch {epoch} after {before}");
                lock(&world.ledger).violate(fallen);
            }
        }
        thread::sleep(PAUSE);
    }
    passed
}
