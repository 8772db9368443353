//! Numbers in the database that only grow, read again and again: the epochs of leases, and the progress of routes, which
//! falls where a lead that was paused commits what it knew before another one led. Since the next one soon writes over
//! that, the database notes each fall of the progress itself.

use std::{collections::BTreeMap, sync::atomic::Ordering, thread, time::Duration};

use super::{
    super::lock,
    World,
    database::{Database, EPOCH},
};

/// The pause between two looks at the database.
const PAUSE: Duration = Duration::from_millis(700);

/// Attempts at asking what has fallen, once nothing is disturbed any more.
const LAST_TRIES: u32 = 30;

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
    let fallen = (0..LAST_TRIES).find_map(|_| {
        let fallen = database.fallen();
        if fallen.is_none() {
            thread::sleep(PAUSE);
        }
        fallen
    });
    match fallen {
        Some(fallen) => fallen.into_iter().for_each(|fall| lock(&world.ledger).violate(fall)),
        None => lock(&world.ledger).violate("the database does not say what has fallen".to_owned()),
    }
    passed
}
