//! `cargo xtask torture`: the real server under load, killed again and again, with recipients that
//! misbehave. In the end everything that it acknowledged must have come to everybody it is for, in the
//! order of its device, under one name, and nothing else. Every command that it acknowledged must have come
//! to its network server, and be in the state that was told. Every alert must be there once, and be told; and every
//! moment of a schedule must have been carried out once.

mod chance;
mod commands;
mod ledger;
mod network_server;
pub(crate) mod nodes;
mod partner;
mod recipient;
mod rules;
mod sender;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Result, anyhow, ensure};
use champollion_client::{Blocking, Downlink, Role};
use serde_json::json;

use self::{
    chance::Chance,
    ledger::Ledger,
    network_server::NetworkServer,
    recipient::Recipient,
    rules::{Armed, Levels, Rules},
};
use crate::{
    client::{Following, admin, create_token, put_route},
    meters::{self, Meters},
    say,
    server::{Server, Setup},
};

/// Recipients on this machine, over HTTP, and no long pauses.
const SETTINGS: &str = "[delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n\
    first-pause-ms = 20\nlongest-pause-seconds = 1\n";

/// Groups whose records go along routes: to one that gets each alone, one that gets many at once, and
/// one that fetches them.
const ROUTED: [&str; 3] = ["water", "waste", "parking"];

/// A group without routes, whose records are fetched from its inbox.
const FETCHED: &str = "lighting";

/// Most records in one request of those who get many.
const BATCH: usize = 20;

/// Network servers that hand over frames at the same time.
const SENDERS: usize = 8;

/// Meters of each of them.
const METERS: usize = 20;

/// The longest that a server lives, from when it listens.
const LONGEST_LIFE_MS: u64 = 2_500;

/// One start in so many is ended before it is done, within this.
const ENDED_STARTS: u64 = 6;
const START_MS: u64 = 400;

/// A run has at least so many kills, however slow the machine …
const KILLS_AT_LEAST: u32 = 30;

/// … unless it takes this many times longer than asked for.
const OVERTIME: u32 = 3;

/// The time that everything may take to be delivered once nobody misbehaves any more.
const PATIENCE: Duration = Duration::from_secs(120);

/// The time in which records may come that should not.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// The world that all threads share.
struct World {
    /// Where the server listens, while it does.
    address: RwLock<Option<String>>,
    ledger: Arc<Mutex<Ledger>>,
    /// The levels that meters of rules tell.
    levels: Levels,
    /// Whether no more frames are sent.
    enough: AtomicBool,
    /// Whether all threads end.
    over: AtomicBool,
}

/// Tortures the server, and says what came of it.
pub(crate) fn run(setup: &Setup, minutes: u32, seed: Option<u64>) -> Result<()> {
    let seed = chosen(seed);
    let calm = Arc::new(AtomicBool::new(false));
    let network_server = NetworkServer::listen(Chance::of(seed, 4_000).below(u64::MAX), &calm)?;
    let rules = Rules::listen(seed, &calm)?;
    let settings = format!("{SETTINGS}{}{}", commands::settings(&network_server), rules.settings());
    let mut server = Server::start_with(setup, &settings)?;
    say(format_args!("The seed is {seed}; the server's log is {}", server.log.display()));
    let admin = admin(&server)?;
    meters::publish(&server, setup)?;
    let [of_lamps, of_their_network_server] = commands::prepare(&server, setup, &admin)?;

    let world = Arc::new(World {
        address: RwLock::new(Some(server.address.clone())),
        ledger: Arc::default(),
        levels: rules.levels(),
        enough: AtomicBool::new(false),
        over: AtomicBool::new(false),
    });
    for (group, number) in ROUTED.iter().zip(0_u64..) {
        for (kind, batch) in [("one", 1), ("many", BATCH)] {
            let name = format!("{group}/{kind}");
            let seed = Chance::of(seed, 1_000 + 2 * number + batch as u64).below(u64::MAX);
            let url = Recipient::listen(&name, group, seed, &world.ledger, &calm)?;
            let route = json!({ "to": { "http": {
                "url": url, "batch": batch, "timeoutSeconds": 1,
            } } });
            put_route(&admin, group, kind, &route)?;
        }
        let route = json!({ "to": { "pull": {} } });
        put_route(&admin, group, "fetch", &route)?;
    }

    let groups: Vec<&str> = ROUTED.into_iter().chain([FETCHED]).collect();
    let mut meters = Meters::register_in(&admin, SENDERS * METERS, &groups)?;
    let meters = meters.take(SENDERS, METERS);
    for meter in meters.iter().flatten() {
        lock(&world.ledger).add_device(&meter.dev_eui, &meter.group);
    }
    let armed = rules.arm(&admin, &lock(&world.ledger), minutes)?;
    let mut threads = Vec::new();
    let token = create_token(&admin, "torture", Role::Lns, None)?;
    for (meters, number) in meters.into_iter().zip(0..) {
        let (lns, world) = (Following::new(token.clone()), Arc::clone(&world));
        let chance = Chance::of(seed, 2_000 + number);
        threads.push(thread::spawn(move || sender::send(meters, lns, &world, chance)));
    }
    for (group, number) in groups.iter().zip(0..) {
        let token = create_token(&admin, group, Role::Partner, Some(group))?;
        let route = ROUTED.contains(group).then_some("fetch");
        let name = format!("{group}/fetch");
        lock(&world.ledger).add_recipient(&name, group);
        let partner = partner::Partner {
            name,
            group: (*group).to_owned(),
            route,
            client: Following::new(token),
            chance: Chance::of(seed, 3_000 + number),
        };
        let world = Arc::clone(&world);
        threads.push(thread::spawn(move || partner.fetch(&world)));
    }

    let (teller, there) = (Arc::clone(&network_server), Arc::clone(&world));
    let lns = Following::new(of_their_network_server);
    threads.push(thread::spawn(move || teller.tell(lns, &there)));
    let (partner, there) = (Following::new(of_lamps), Arc::clone(&world));
    let chance = Chance::of(seed, 4_001);
    let commander = thread::spawn(move || commands::send(partner, &there, chance));

    let kills = kill_again_and_again(&mut server, &world, minutes, Chance::of(seed, 1))?;
    world.enough.store(true, Ordering::Relaxed);
    calm.store(true, Ordering::Relaxed);
    let deadline = Instant::now() + PATIENCE;
    let senders_are_done =
        |threads: &[thread::JoinHandle<()>]| threads[..SENDERS].iter().all(|t| t.is_finished());
    while Instant::now() < deadline
        && !(senders_are_done(&threads) && lock(&world.ledger).missing() == 0)
    {
        thread::sleep(Duration::from_millis(50));
    }
    let commanded = commander.join().map_err(|_| anyhow!("the partner of the lamps panicked"))?;
    ensure!(!commanded.is_empty(), "no command was acknowledged, so none was tried");
    let commanded = settle_commands(commanded, (&armed, &world), &network_server, &server)?;
    thread::sleep(AFTERWARDS);
    world.over.store(true, Ordering::Relaxed);
    for thread in threads {
        if thread.join().is_err() {
            lock(&world.ledger).violate("a sender or a partner panicked".to_owned());
        }
    }
    hold_to_account(&commanded, (&armed, &world), &network_server, &server)?;
    server.stop()?;
    verdict(&mut lock(&world.ledger), kills, seed)
}

/// The seed of a run: the one that was asked for, or one of this moment.
pub(crate) fn chosen(seed: Option<u64>) -> u64 {
    seed.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(1, |now| now.as_micros() as u64)
    })
}

/// Waits until alerts and schedules have commanded, and the network server has all of that with the commands that were
/// acknowledged, and has told all that it tells. Gives all commands.
fn settle_commands(
    mut commanded: Vec<Downlink>,
    (armed, world): (&Armed, &World),
    network_server: &NetworkServer,
    server: &Server,
) -> Result<Vec<Downlink>> {
    let admin = crate::client::admin(server)?;
    let deadline = Instant::now() + PATIENCE;
    commanded.extend(armed.settle(&admin, &world.ledger, deadline)?.commands);
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let is_told =
            commands::missing(&commanded, network_server) == 0 && network_server.has_told_all();
        if is_told && commands::verdict(&commanded, network_server, &admin)?.0.is_empty() {
            break;
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(commanded)
}

/// Says what came of commands and of alerts, and notes what is wrong with them.
fn hold_to_account(
    commanded: &[Downlink],
    (armed, world): (&Armed, &World),
    network_server: &NetworkServer,
    server: &Server,
) -> Result<()> {
    let admin = crate::client::admin(server)?;
    let alerted = armed.judge(&admin, &world.ledger)?;
    let (mut violations, repeated) = commands::verdict(commanded, network_server, &admin)?;
    say(format_args!(
        "commands: {} acknowledged, {repeated} taken twice, {} lost, {} in a false state",
        commanded.len(),
        commands::missing(commanded, network_server),
        violations.len(),
    ));
    alerted.say()?;
    violations.extend(alerted.violations);
    violations.into_iter().for_each(|violation| lock(&world.ledger).violate(violation));
    Ok(())
}

fn kill_again_and_again(
    server: &mut Server,
    world: &World,
    minutes: u32,
    mut chance: Chance,
) -> Result<u32> {
    let wanted = Duration::from_secs(60) * minutes;
    let started = Instant::now();
    let mut kills = 0;
    while started.elapsed() < wanted
        || kills < KILLS_AT_LEAST && started.elapsed() < wanted * OVERTIME
    {
        thread::sleep(chance.milliseconds(50, LONGEST_LIFE_MS));
        server.stop()?;
        kills += 1;
        world.set_address(None);
        while chance.below(ENDED_STARTS) == 0 {
            server.restart_for(chance.milliseconds(1, START_MS))?;
            kills += 1;
        }
        server.restart()?;
        world.set_address(Some(server.address.clone()));
    }
    Ok(kills)
}

fn verdict(ledger: &mut Ledger, kills: u32, seed: u64) -> Result<()> {
    ledger.close();
    let lost = ledger.missing();
    for violation in &ledger.violations {
        say(format_args!("violation: {violation}"));
    }
    say(format_args!(
        "torture: {kills} kills, {} acknowledged, {} delivered, {} repeated, {lost} lost",
        ledger.acknowledged(),
        ledger.delivered,
        ledger.repeated,
    ));
    ensure!(
        ledger.violations.is_empty() && lost == 0,
        "the server did not keep what it promised; once more with --seed {seed}"
    );
    ensure!(ledger.acknowledged() > 0, "nothing was acknowledged, so nothing was tried");
    Ok(())
}

impl World {
    fn set_address(&self, address: Option<String>) {
        *self.address.write().unwrap_or_else(PoisonError::into_inner) = address;
    }

    /// A client of the server where it is now, if it is there.
    fn reach<'client>(&self, client: &'client mut Following) -> Option<&'client Blocking> {
        let address = self.address.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        client.at(&address).ok()
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
