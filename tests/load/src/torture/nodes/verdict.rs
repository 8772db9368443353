//! The end of a run: what is there compared with what was promised, and a line that says so.

use std::{path::Path, sync::atomic::Ordering, thread, time::Duration};

use anyhow::{Result, bail, ensure};

use super::{
    super::{chance::Chance, ledger::Ledger, lock, rules::ToldOutcome},
    Threads, World, clients,
    faults::Faults,
    log,
    routes::{GROUPS, Routes},
};

/// A node answers a command within so many attempts, one second apart, once nothing is disturbed any more.
const ATTEMPTS: u32 = 20;

/// The outcome of the checks.
pub(super) struct Checked {
    are_counts_whole: bool,
    /// The number of records in the logs.
    records: usize,
    /// The number of times that a lease passed on.
    passed: u64,
}

/// Compares what is there with what was promised; then all threads end.
pub(super) fn check(
    world: &World,
    threads: Threads,
    routes: &Routes,
    champollion: &Path,
) -> Result<Checked> {
    let (mut are_counts_whole, mut records) = (true, 0);
    for ((group, follower), mut scanner) in
        GROUPS.into_iter().zip(threads.followers).zip(threads.scanners)
    {
        let Ok(followed) = follower.join() else { bail!("the follower of {group} panicked") };
        let all = scanner.scan(world)?;
        records += all.len();
        let found = log::check(group, &all, &followed);
        are_counts_whole &= found.counts.is_empty();
        let mut ledger = lock(&world.ledger);
        let violations = found.repeated.into_iter().chain(found.counts).chain(found.followed);
        violations.for_each(|violation| ledger.violate(violation));
    }
    let forgotten = routes.forgotten(world, &mut Chance::of(1, 5_000))?;
    forgotten.into_iter().for_each(|forgotten| lock(&world.ledger).violate(forgotten));
    verify_registry(world, champollion);
    world.over.store(true, Ordering::Relaxed);
    for thread in threads.senders.into_iter().chain(threads.partners) {
        if thread.join().is_err() {
            lock(&world.ledger).violate("a sender or a partner panicked".to_owned());
        }
    }
    let Ok(passed) = threads.rising.join() else {
        bail!("the one who reads the database panicked")
    };
    Ok(Checked { are_counts_whole, records, passed })
}

/// Has `champollion registry verify` read the registry from its first line on.
fn verify_registry(world: &World, champollion: &Path) {
    let mut refused = "no node listens".to_owned();
    for attempt in 0..ATTEMPTS {
        let node = &world.nodes[attempt as usize % world.nodes.len()];
        if let Some(address) = node.address() {
            let place = (address.as_str(), world.admin_token.as_str());
            match clients::command(champollion, place, &["registry", "verify"]) {
                Ok(()) => return,
                Err(error) => refused = format!("{error:#}"),
            }
        }
        thread::sleep(Duration::from_secs(1));
    }
    lock(&world.ledger).violate(refused);
}

/// Says what was not as it was promised, a line each: `cargo xtask torture --bug` looks for them.
pub(super) fn say_violations(ledger: &Ledger) {
    for violation in &ledger.violations {
        crate::say(format_args!("violation: {violation}"));
    }
}

/// Says what came of it all; fails where something promised was not kept.
pub(super) fn say(
    world: &World,
    faults: &Faults,
    (checked, alerts): (&Checked, &ToldOutcome),
    seed: u64,
) -> Result<()> {
    let mut ledger = lock(&world.ledger);
    ledger.close();
    let (lost, disordered) = (ledger.missing(), ledger.disordered);
    say_violations(&ledger);
    let ended: u32 = world.nodes.iter().map(|node| node.ended.load(Ordering::Relaxed)).sum();
    let joins = world.joins.load(Ordering::Relaxed);
    let (replays, records) = (world.replays.load(Ordering::Relaxed), checked.records);
    crate::say(format_args!(
        "{records} records in the logs, {replays} frames played again, {joins} joins, revoked tokens refused {} times, \
         the lead passed on {} times, nodes ended {ended} times on their own",
        faults.revoked.refusals(),
        checked.passed
    ));
    crate::say(alerts.line());
    crate::say(world.waits.report());
    let (count, kinds) = faults.count();
    let counters = if checked.are_counts_whole { "counters whole" } else { "counters broken" };
    crate::say(format_args!(
        "torture: {count} faults ({kinds} kinds), {} acknowledged, {} delivered, {} repeated, {lost} lost, {disordered} \
         out of order, {counters}",
        ledger.acknowledged(),
        ledger.delivered,
        ledger.repeated,
    ));
    ensure!(
        ledger.violations.is_empty() && lost == 0,
        "the nodes did not keep what they promised; once more with --seed {seed}"
    );
    ensure!(ledger.acknowledged() > 0, "nothing was acknowledged, so nothing was tried");
    alerts.check()?;
    ensure!(joins > 0, "no device joined, so nothing is known of joins");
    ensure!(!faults.revoked.was_never_refused(), "no token that was revoked was ever refused");
    let missing = faults.missing().join(", ");
    ensure!(missing.is_empty(), "these faults never came, so nothing is known of them: {missing}");
    Ok(())
}
