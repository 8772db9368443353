//! Numbers in the database that only grow, read again and again: the epochs of leases, and the progress of routes, which
//! falls where a lead that was paused commits what it knew before another one led.

use std::{collections::BTreeMap, sync::atomic::Ordering, thread, time::Duration};

use super::{
    super::lock,
    World,
    database::{Database, EPOCH},
};

/// The pause between two looks at the database.
const PAUSE: Duration = Duration::from_millis(700);

/// Watches until everything is over, and gives the number of times that a lease passed on.
pub(super) fn watch(database: &Database, world: &World) -> u64 {
    let (mut known, mut passed) = (BTreeMap::<String, u64>::new(), 0);
    while !world.over.load(Ordering::Relaxed) {
        for (name, number) in database.rising().unwrap_or_default() {
            let before = known.insert(name.clone(), number).unwrap_or(number);
            if number < before {
                lock(&world.ledger).violate(format!("{name} falls from {before} to {number}"));
            } else if name.starts_with(EPOCH) {
                passed += number - before;
            }
        }
        thread::sleep(PAUSE);
    }
    passed
}
