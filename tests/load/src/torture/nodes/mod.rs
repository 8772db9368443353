//! Torture of several nodes on one PostgreSQL: nodes are killed, paused and cut off, the primary is killed and its
//! standby promoted, tokens are revoked and routes changed, while network servers hand frames to any node that answers.
//!
//! The decoder of the meters counts: its state is the number of frames before, so that any compare-and-set that was
//! lost shows as a count that is missing or comes twice. A rule watches the meters of one group, which go past its limit
//! and back: each alert is raised once and ends once, by the frames that say so.

mod clients;
mod database;
mod faults;
mod joining;
mod log;
mod node;
mod partner;
mod rising;
mod routes;
mod sender;
mod tokens;
mod verdict;
mod waits;

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use champollion_client::{Blocking, Role};
use champollion_databases::Proxy;

use self::{
    clients::Clients,
    database::Database,
    faults::Faults,
    joining::JoiningMeter,
    node::Node,
    partner::Partner,
    routes::{GROUPS, Routes},
    tokens::Revoked,
    waits::Waits,
};
use super::{
    SETTINGS,
    chance::Chance,
    ledger::Ledger,
    lock,
    rules::{self, Levels, Rules, ToldAlerts, ToldOutcome},
};
use crate::{
    client::{self, create_token},
    meters::{Meter, Meters},
    say,
    server::{Server, Setup},
};

/// Network servers that hand over frames at the same time.
const SENDERS: usize = 12;

/// Meters of each of them.
const METERS: usize = 10;

/// Devices that join, and join again.
const JOINING: u32 = 6;

/// The time for which copies through other gateways are waited for: with one, copies are gathered by one node.
const COPIES_WINDOW_MS: u32 = 40;

/// The port of a node that does not listen yet.
const NOWHERE: u16 = 0;

/// Other nodes that are looked at where one did not answer before.
const OTHERS: usize = 3;

/// The folder of the decoder that counts, in the folder of this crate.
const COUNTER: &str = "counter";

/// The package that it is built into.
const PACKAGE: &str = "torture-counter-1.0.0.wasm";

/// The versions of the decoder that meters get.
const ASSIGNED: &str = "torture/counter@^1";

/// The group that lies in the further database, where there is one.
const IN_FURTHER: &str = GROUPS[1];

/// The group of the meter whose frames come by tokens that were revoked.
const REFUSED: &str = "refused";

/// The time that everything may take to be delivered once nothing is disturbed any more.
const PATIENCE: Duration = Duration::from_secs(180);

/// The time in which records may come that should not.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// The setup of a run.
pub(crate) struct Run<'setup> {
    pub(crate) setup: &'setup Setup,
    pub(crate) minutes: u32,
    pub(crate) seed: u64,
    /// The number of nodes.
    pub(crate) nodes: usize,
    /// Whether Patroni keeps a standby, or one database is alone.
    pub(crate) has_standby: bool,
    /// Whether some of the groups lie in a further database.
    pub(crate) has_further: bool,
    /// The binary of the version before, where nodes are exchanged between the two.
    pub(crate) before: Option<&'setup Path>,
}

/// The world that all threads share.
struct World {
    nodes: Vec<Arc<Node>>,
    ledger: Arc<Mutex<Ledger>>,
    /// The levels that meters tell.
    levels: Levels,
    admin_token: String,
    /// Old frames that were played again.
    replays: AtomicU64,
    /// Sessions that devices got by joining.
    joins: AtomicU64,
    /// The waits of senders.
    waits: Waits,
    /// Whether no more frames are sent.
    enough: AtomicBool,
    /// Whether all that was sent is delivered, or never will be.
    settled: AtomicBool,
    /// Whether all threads end.
    over: AtomicBool,
}

impl World {
    /// The index of a node that is left to chance.
    fn any_node(&self, chance: &mut Chance) -> usize {
        chance.below(self.nodes.len() as u64) as usize
    }

    /// The same, mostly of those that answered before.
    fn likely_node(&self, chance: &mut Chance) -> usize {
        let mut node = self.any_node(chance);
        for _ in 0..OTHERS {
            if self.nodes[node].is_avoided() {
                node = self.any_node(chance);
            }
        }
        node
    }
}

/// Threads of a run, by what is waited for.
struct Threads {
    senders: Vec<JoinHandle<()>>,
    partners: Vec<JoinHandle<()>>,
    followers: Vec<JoinHandle<Vec<String>>>,
    /// Partners that read everything in the end.
    scanners: Vec<Partner>,
    rising: JoinHandle<u64>,
}

/// Starts nodes, tortures them, and says what came of it.
pub(crate) fn run(run: &Run) -> Result<()> {
    say(format_args!("The seed is {}", run.seed));
    let calm = Arc::new(AtomicBool::new(false));
    let rules = Rules::listen(run.seed, &calm)?;
    let (nodes, supervisors, database, first) = start(run, &rules.settings())?;
    let outcome = torture(run, (&nodes[..], &database, &first), rules, &calm);
    nodes.iter().for_each(|node| node.end());
    for supervisor in supervisors {
        drop(supervisor.join());
    }
    if outcome.is_err() {
        let folder = &run.setup.folder;
        std::fs::write(folder.join("database.log"), database.log())?;
        say(format_args!("The logs are in {}", folder.display()));
    }
    outcome
}

fn torture(
    run: &Run,
    (nodes, database, (address, admin_token)): (&[Arc<Node>], &Arc<Database>, &First),
    rules: Rules,
    calm: &Arc<AtomicBool>,
) -> Result<()> {
    let &Run { setup, minutes, seed, .. } = run;
    let ledger = Arc::<Mutex<Ledger>>::default();
    let admin = client::at(address, admin_token)?;
    if database.has_further() {
        admin.ask(|server| server.place_group(IN_FURTHER, database::FURTHER))?;
    }
    let routes = Arc::new(Routes::make(&admin, seed, &ledger, calm)?);
    let levels = rules.levels();
    let told = rules.arm_told(&admin)?;
    let world = Arc::new(World {
        nodes: nodes.to_vec(),
        ledger,
        levels,
        admin_token: admin_token.clone(),
        replays: AtomicU64::new(0),
        joins: AtomicU64::new(0),
        waits: Waits::default(),
        enough: AtomicBool::new(false),
        settled: AtomicBool::new(false),
        over: AtomicBool::new(false),
    });
    let revoked = Arc::<Revoked>::default();
    let meters = register(&admin, &world)?;
    let threads = spawn(&admin, (&world, database, &revoked), meters, seed)?;
    let both = (Arc::clone(&routes), revoked);
    let (there, disturbed) = (Arc::clone(&world), Arc::clone(database));
    let mut faults = Faults::of(there, disturbed, both, Chance::of(seed, 1));
    faults.make(Duration::from_secs(60) * minutes);
    calm.store(true, Ordering::Relaxed);
    settle(&world, &threads, &mut faults);
    // What was found until then is told, also where the run comes to no verdict.
    let say_violations = |_: &anyhow::Error| verdict::say_violations(&lock(&world.ledger));
    let alerts = settle_alerts(&world, &told).inspect_err(say_violations)?;
    let checked = verdict::check(&world, threads, &routes, &setup.champollion);
    let checked = checked.inspect_err(say_violations)?;
    verdict::say(&world, &faults, (&checked, &alerts), seed)
}

/// The address of the first node and the first admin's token.
type First = (String, String);

type Started = (Vec<Arc<Node>>, Vec<JoinHandle<()>>, Arc<Database>, First);

/// Starts the database, and the nodes on it, with the decoder that counts.
fn start(run: &Run, settings_of_rules: &str) -> Result<Started> {
    let folder = &run.setup.folder;
    if folder.exists() {
        std::fs::remove_dir_all(folder).context("the old data cannot be removed")?;
    }
    let database = Arc::new(Database::start(run.has_standby, run.has_further));
    let key = folder.join("node-1/master.key");
    let mut servers: Vec<((database::Way, Proxy), Server)> = Vec::new();
    for number in 1..=run.nodes {
        let ((way, postgres), door) = (database.way(), Proxy::to(NOWHERE));
        let settings = format!(
            "{SETTINGS}[store]\npostgres = {postgres}\n[vault]\nkey-file = {:?}\n[connections]\n\
             trusted-proxies = [\"127.0.0.1\"]\n[frames]\ncopies-window-ms = {COPIES_WINDOW_MS}\n[cluster]\n\
             address = \"http://127.0.0.1:{}\"\n{settings_of_rules}",
            key.display().to_string(),
            door.port()
        );
        let (champollion, other) = versions(run, number);
        let setup = Setup {
            champollion: champollion.to_owned(),
            packages: run.setup.packages.clone(),
            folder: folder.join(format!("node-{number}")),
        };
        let mut server = match servers.first() {
            None => Server::start_with(&setup, &settings)?,
            Some((_, first)) => first.start_beside(&setup, &settings)?,
        };
        server.exchanged_for(other);
        say(format_args!(
            "node {number} listens on {}; its log is {}",
            server.address,
            server.log.display()
        ));
        node::lead_to(&door, &server);
        servers.push(((way, door), server));
    }
    let (_, server) = servers.first().context("at least one node is needed")?;
    ensure!(database.watch_progress(), "the database cannot watch the progress of routes");
    publish_counter(run.setup, server)?;
    let first = (server.address.clone(), server.admin_token.clone());
    let looked_after = servers.into_iter().zip(1..);
    let looked_after =
        looked_after.map(|((ways, server), number)| Node::look_after(number, ways, server));
    let (nodes, supervisors) = looked_after.unzip();
    Ok((nodes, supervisors, database, first))
}

/// The binary that a node is started with, and the one that it is exchanged for. The version before has the even
/// numbers, and so makes the schema of the database in no run: it comes to tables that are newer than it knows.
fn versions<'run>(run: &Run<'run>, number: usize) -> (&'run Path, Option<&'run Path>) {
    let newer = run.setup.champollion.as_path();
    match run.before {
        Some(before) if number.is_multiple_of(2) => (before, Some(newer)),
        before => (newer, before),
    }
}

/// Builds the decoder that counts, and publishes it.
fn publish_counter(setup: &Setup, server: &Server) -> Result<()> {
    let (sources, out) =
        (Path::new(env!("CARGO_MANIFEST_DIR")).join(COUNTER), setup.folder.join("packages"));
    let mut build = Command::new(&setup.champollion);
    build.arg("build").arg(sources).arg("--out").arg(&out).stdin(Stdio::null());
    let built = build.status().context("the decoder that counts cannot be built")?;
    ensure!(built.success(), "the decoder that counts cannot be built: {built}");
    server.publish(&server.admin_token, &[out.join(PACKAGE)])
}

/// Registers the meters of the senders, and one whose frames are refused.
fn register(admin: &Blocking, world: &World) -> Result<(Vec<Vec<Meter>>, Meter)> {
    let count = SENDERS * METERS;
    let groups = GROUPS.into_iter().cycle().take(count).chain([REFUSED]);
    let mut all = Meters::register_with(admin, count + 1, &groups.collect::<Vec<_>>(), ASSIGNED)?;
    let meters = all.take(SENDERS, METERS);
    for meter in meters.iter().flatten() {
        lock(&world.ledger).add_device(&meter.dev_eui, &meter.group);
    }
    let refused = all.take(1, 1).pop().and_then(|mut last| last.pop());
    Ok((meters, refused.context("a meter was registered")?))
}

/// Registers the devices that join.
fn register_joining(admin: &Blocking, world: &World) -> Result<Vec<JoiningMeter>> {
    let register = |(number, group): (u32, &str)| -> Result<JoiningMeter> {
        let device = JoiningMeter::register(admin, number, (group, ASSIGNED))?;
        lock(&world.ledger).add_device(&device.dev_eui(), group);
        Ok(device)
    };
    (0..JOINING).zip(GROUPS.into_iter().cycle()).map(register).collect()
}

/// Sets senders, partners and watchers going.
fn spawn(
    admin: &Blocking,
    (world, database, revoked): (&Arc<World>, &Arc<Database>, &Arc<Revoked>),
    (meters, refused): (Vec<Vec<Meter>>, Meter),
    seed: u64,
) -> Result<Threads> {
    let mut senders = Vec::new();
    let token = create_token(admin, "torture", Role::Lns, None)?;
    for (meters, number) in meters.into_iter().zip(0..) {
        let (clients, world) = (Clients::of(world, &token)?, Arc::clone(world));
        let chance = Chance::of(seed, 2_000 + number);
        senders.push(thread::spawn(move || sender::send(meters, &clients, &world, chance)));
    }
    let joining = register_joining(admin, world)?;
    let (clients, there, chance) =
        (Clients::of(world, &token)?, Arc::clone(world), Chance::of(seed, 2_900));
    senders.push(thread::spawn(move || joining::send(joining, &clients, &there, chance)));
    let (mut partners, mut followers, mut scanners) = (Vec::new(), Vec::new(), Vec::new());
    for (group, number) in GROUPS.into_iter().zip(0..) {
        let fetching = partner_of(admin, group, world, Chance::of(seed, 3_000 + number))?;
        let following = partner_of(admin, group, world, Chance::of(seed, 3_100 + number))?;
        scanners.push(partner_of(admin, group, world, Chance::of(seed, 3_200 + number))?);
        let (there, here) = (Arc::clone(world), Arc::clone(world));
        partners.push(thread::spawn(move || fetching.fetch(&there)));
        followers.push(thread::spawn(move || following.follow(&here)));
    }
    let (revoked, there, chance) =
        (Arc::clone(revoked), Arc::clone(world), Chance::of(seed, 4_000));
    partners.push(thread::spawn(move || revoked.try_again_and_again(refused, &there, chance)));
    let (database, there) = (Arc::clone(database), Arc::clone(world));
    let rising = thread::spawn(move || rising::watch(&database, &there));
    Ok(Threads { senders, partners, followers, scanners, rising })
}

fn partner_of(
    admin: &Blocking,
    group: &'static str,
    world: &World,
    chance: Chance,
) -> Result<Partner> {
    let token = create_token(admin, group, Role::Partner, Some(group))?;
    Ok(Partner { group, clients: Clients::of(world, &token)?, chance })
}

/// Waits until all that was acknowledged is delivered.
fn settle(world: &World, threads: &Threads, faults: &mut Faults) {
    world.enough.store(true, Ordering::Relaxed);
    faults.finish();
    let deadline = Instant::now() + PATIENCE;
    let are_done = || threads.senders.iter().all(JoinHandle::is_finished);
    while Instant::now() < deadline && !(are_done() && lock(&world.ledger).missing() == 0) {
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(AFTERWARDS);
    world.settled.store(true, Ordering::Relaxed);
}

/// Waits until all alerts fit the frames and are told, and notes what is wrong with them.
fn settle_alerts(world: &World, told: &ToldAlerts) -> Result<ToldOutcome> {
    let admin = Clients::of(world, &world.admin_token)?;
    let list = || {
        let mut chance = Chance::of(1, 5_100);
        admin.insist(world, &mut chance, |client| async move { rules::listed(&client).await })
    };
    let mut outcome = told.settle(list, &world.ledger, Instant::now() + PATIENCE)?;
    let violations = std::mem::take(&mut outcome.violations);
    violations.into_iter().for_each(|violation| lock(&world.ledger).violate(violation));
    Ok(outcome)
}
