//! The faults of a run, chosen by its seed: each kind comes once before any comes again, and several last at once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use champollion_databases::AfterCrash;

use super::{
    super::{chance::Chance, lock},
    World,
    database::Database,
    routes::Routes,
    tokens::Revoked,
};
use crate::say;

/// Before the next fault.
const SHORTEST_PAUSE_MS: u64 = 300;
const LONGEST_PAUSE_MS: u64 = 2_500;

/// The interval at which faults are ended that are over.
const STEP: Duration = Duration::from_millis(50);

/// The time for which the database is left alone after one fault of it, so that nodes get something done.
const REST: Duration = Duration::from_secs(6);

/// The time that passes between a piece of the database's answers and the node that waits for it.
const DELAY: Duration = Duration::from_millis(150);

/// The time within which a database answers again that is to have room again.
const EMPTIED_WITHIN: Duration = Duration::from_secs(120);

/// A run of this time has room for each kind.
const LONG: Duration = Duration::from_secs(120);

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A node is killed with -9, and started again.
    KillNode,
    /// A node is stopped where it is, and goes on after five to fifteen seconds.
    PauseNode,
    /// A node does not reach the database.
    CutNode,
    /// A node waits for each answer of the database.
    SlowNode,
    /// The postmaster of the primary is killed with -9.
    KillPrimary,
    /// Primary and standby exchange their places.
    SwitchOver,
    /// The database has no room for more entries.
    FullDisk,
    /// No node reaches another one; all reach the database.
    PartNodes,
    /// The postmaster of the further database is killed with -9.
    KillFurther,
    RevokeToken,
    ChangeRoute,
}

/// The kinds that there are.
const KINDS: [Kind; 11] = [
    Kind::KillPrimary,
    Kind::PauseNode,
    Kind::RevokeToken,
    Kind::KillNode,
    Kind::SwitchOver,
    Kind::CutNode,
    Kind::PartNodes,
    Kind::KillFurther,
    Kind::FullDisk,
    Kind::ChangeRoute,
    Kind::SlowNode,
];

/// Where the primary may be killed, that comes before anything else once in so many times: it is possible least often.
const PRIMARY_FIRST: u64 = 3;

impl Kind {
    /// Whether one node alone has it.
    const fn is_of_node(self) -> bool {
        matches!(self, Self::KillNode | Self::PauseNode | Self::CutNode | Self::SlowNode)
    }
}

/// The end of a fault that lasts.
struct Lasting {
    until: Instant,
    kind: Kind,
    node: usize,
}

/// The faults of a run.
pub(super) struct Faults {
    pub(super) world: Arc<World>,
    pub(super) database: Arc<Database>,
    pub(super) routes: Arc<Routes>,
    pub(super) revoked: Arc<Revoked>,
    pub(super) chance: Chance,
    /// The number of faults of each kind.
    counts: Arc<Mutex<BTreeMap<Kind, u32>>>,
    lasting: Vec<Lasting>,
    /// The moment until which no node reaches another one.
    parted_until: Option<Instant>,
    /// The conduct of Patroni after the next crash of the primary, as far as it has heard.
    conduct: AfterCrash,
    errands: Vec<JoinHandle<()>>,
    /// The moment until which the database is left alone.
    rests_until: Instant,
    started: Instant,
    /// The time for which faults are made.
    time: Duration,
}

impl Faults {
    pub(super) fn of(
        world: Arc<World>,
        database: Arc<Database>,
        (routes, revoked): (Arc<Routes>, Arc<Revoked>),
        chance: Chance,
    ) -> Self {
        let (counts, lasting, errands) = (Arc::default(), Vec::new(), Vec::new());
        let now = Instant::now();
        Self {
            world,
            database,
            routes,
            revoked,
            chance,
            counts,
            lasting,
            parted_until: None,
            conduct: AfterCrash::Restart,
            errands,
            rests_until: now,
            started: now,
            time: Duration::ZERO,
        }
    }

    /// The number of faults, and of their kinds.
    pub(super) fn count(&self) -> (u32, usize) {
        let counts = self.counts();
        (counts.values().sum(), counts.values().filter(|count| **count > 0).count())
    }

    /// The names of the kinds that never came, though there was room for each.
    pub(super) fn missing(&self) -> Vec<String> {
        if self.time < LONG {
            return Vec::new();
        }
        let counts = self.counts();
        let never_came = |kind: Kind| counts.get(&kind).is_none_or(|count| *count == 0);
        let missing = KINDS.into_iter().filter(|kind| self.has_means_for(*kind));
        missing.filter(|kind| never_came(*kind)).map(|kind| format!("{kind:?}")).collect()
    }

    /// Whether a kind can come at all.
    fn has_means_for(&self, kind: Kind) -> bool {
        match kind {
            Kind::SwitchOver => self.database.has_standby(),
            Kind::KillFurther => self.database.has_further(),
            kind => !(kind.is_of_node() || kind == Kind::PartNodes) || self.world.nodes.len() > 1,
        }
    }

    /// Makes faults for a time, and ends them all.
    pub(super) fn make(&mut self, time: Duration) {
        self.time = time;
        let mut first = self.shuffled();
        while self.started.elapsed() < time {
            let pause = self.chance.milliseconds(SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS);
            self.wait(pause);
            if let Some(kind) = self.choose(&first)
                && self.begin(kind)
            {
                first.retain(|other| *other != kind);
                self.tell(kind);
            }
        }
        self.lasting.iter_mut().for_each(|lasting| lasting.until = self.started);
        self.parted_until = self.parted_until.map(|_| self.started);
        self.end_those_due();
    }

    /// The next fault: of those that did not come yet where one is possible.
    fn choose(&mut self, first: &[Kind]) -> Option<Kind> {
        if let Some(kind) = first.iter().find(|kind| self.is_possible(**kind)) {
            return Some(*kind);
        }
        let possible: Vec<Kind> =
            KINDS.into_iter().filter(|kind| self.is_possible(*kind)).collect();
        if possible.contains(&Kind::KillPrimary) && self.chance.below(PRIMARY_FIRST) == 0 {
            return Some(Kind::KillPrimary);
        }
        let index = self.chance.below(possible.len().max(1) as u64) as usize;
        possible.get(index).copied()
    }

    /// Counts a fault that began, and says so.
    fn tell(&self, kind: Kind) {
        *self.counts().entry(kind).or_default() += 1;
        let at = self.started.elapsed().as_secs_f64();
        let node = self.lasting.last().filter(|_| kind.is_of_node());
        let node = node.map(|lasting| {
            let time = lasting.until.saturating_duration_since(Instant::now());
            format!(" {} for {time:.1?}", self.world.nodes[lasting.node].number)
        });
        let acknowledged = lock(&self.world.ledger).acknowledged();
        say(format_args!(
            "{at:6.1} s, {acknowledged:6} acknowledged: {kind:?}{}",
            node.unwrap_or_default()
        ));
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<Kind, u32>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for errands that are under way.
    pub(super) fn finish(&mut self) {
        for errand in self.errands.drain(..) {
            if errand.join().is_err() {
                lock(&self.world.ledger).violate("an errand panicked".to_owned());
            }
        }
    }

    fn shuffled(&mut self) -> Vec<Kind> {
        let possible = KINDS.into_iter().filter(|kind| self.has_means_for(*kind));
        let (mut kinds, mut shuffled): (Vec<Kind>, Vec<Kind>) = (possible.collect(), Vec::new());
        while !kinds.is_empty() {
            let index = self.chance.below(kinds.len() as u64) as usize;
            shuffled.push(kinds.remove(index));
        }
        shuffled
    }

    fn wait(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.end_those_due();
            thread::sleep(STEP);
        }
    }

    fn is_possible(&self, kind: Kind) -> bool {
        let rests = Instant::now() < self.rests_until;
        match kind {
            Kind::SwitchOver | Kind::KillFurther if !self.has_means_for(kind) => false,
            Kind::KillFurther => !rests,
            Kind::KillPrimary | Kind::SwitchOver | Kind::FullDisk => {
                !rests && self.database.is_whole()
            }
            Kind::PartNodes => self.parted_until.is_none() && self.world.nodes.len() > 1,
            Kind::RevokeToken | Kind::ChangeRoute => {
                // One errand at a time, so that the last one that was acknowledged is the one that holds.
                self.errands.iter().all(JoinHandle::is_finished)
            }
            // One node is left as it is, so that something can be taken.
            _ => self.lasting.len() + 1 < self.world.nodes.len(),
        }
    }

    fn begin(&mut self, kind: Kind) -> bool {
        let seconds = match kind {
            Kind::PauseNode => self.chance.milliseconds(5_000, 15_000),
            Kind::CutNode | Kind::PartNodes => self.chance.milliseconds(1_000, 10_000),
            _ => self.chance.milliseconds(100, 3_000),
        };
        match kind {
            kind if kind.is_of_node() => self.disturb_node(kind, seconds),
            Kind::KillPrimary => self.kill_primary(seconds),
            Kind::SwitchOver => self.switch_over(),
            Kind::KillFurther => self.kill_further(seconds),
            Kind::FullDisk => self.fill_disk(seconds),
            Kind::PartNodes => self.part_nodes(seconds),
            _ => self.send_errand(kind),
        }
    }

    fn disturb_node(&mut self, kind: Kind, time: Duration) -> bool {
        let node = self.world.any_node(&mut self.chance);
        if self.lasting.iter().any(|lasting| lasting.node == node) {
            return false;
        }
        let disturbed = &self.world.nodes[node];
        match kind {
            Kind::KillNode => disturbed.kill(time),
            Kind::PauseNode if !disturbed.pause(true) => return false,
            Kind::CutNode => disturbed.way.cut(true),
            Kind::SlowNode => disturbed.way.delay(DELAY),
            _ => {}
        }
        self.lasting.push(Lasting { until: Instant::now() + time, kind, node });
        true
    }

    fn part_nodes(&mut self, time: Duration) -> bool {
        self.parted_until = Some(Instant::now() + time);
        self.world.nodes.iter().for_each(|node| node.door.cut(true));
        true
    }

    fn end_those_due(&mut self) {
        let now = Instant::now();
        if self.parted_until.is_some_and(|until| until <= now) {
            self.parted_until = None;
            self.world.nodes.iter().for_each(|node| node.door.cut(false));
        }
        let (due, lasting): (Vec<Lasting>, _) =
            std::mem::take(&mut self.lasting).into_iter().partition(|lasting| lasting.until <= now);
        self.lasting = lasting;
        for Lasting { kind, node, .. } in due {
            let disturbed = &self.world.nodes[node];
            match kind {
                Kind::PauseNode => _ = disturbed.pause(false),
                Kind::CutNode => disturbed.way.cut(false),
                Kind::SlowNode => disturbed.way.delay(Duration::ZERO),
                _ => {}
            }
        }
    }

    fn kill_primary(&mut self, down: Duration) -> bool {
        let database = Arc::clone(&self.database);
        if !database.has_standby() {
            self.errands.push(thread::spawn(move || _ = database.kill(down)));
        } else if !database.kill(down) {
            return false;
        }
        self.world.waits.lost_primary(self.conduct);
        self.rests_until = Instant::now() + REST;
        // Of the next crash Patroni hears long before it comes.
        let conduct =
            if self.chance.below(3) == 0 { AfterCrash::Restart } else { AfterCrash::Promote };
        if self.database.has_standby() {
            self.conduct = conduct;
        }
        let database = Arc::clone(&self.database);
        self.errands.push(thread::spawn(move || _ = database.prefer(conduct)));
        true
    }

    fn kill_further(&mut self, down: Duration) -> bool {
        let database = Arc::clone(&self.database);
        self.rests_until = Instant::now() + REST;
        self.errands.push(thread::spawn(move || database.kill_further(down)));
        true
    }

    fn switch_over(&mut self) -> bool {
        let (database, counts) = (Arc::clone(&self.database), Arc::clone(&self.counts));
        self.rests_until = Instant::now() + REST;
        self.errands.push(thread::spawn(move || {
            if let Err(error) = database.switch_over() {
                say(format_args!("They did not exchange their places: {}", error.trim()));
                take_back(&counts, Kind::SwitchOver);
            }
        }));
        true
    }

    fn fill_disk(&mut self, time: Duration) -> bool {
        let (database, counts) = (Arc::clone(&self.database), Arc::clone(&self.counts));
        self.rests_until = Instant::now() + time + REST;
        self.errands.push(thread::spawn(move || {
            if !database.fill(true) {
                take_back(&counts, Kind::FullDisk);
            }
            thread::sleep(time);
            // Where the primary is away meanwhile, the next one has it too. The verdict tells of one that stays full.
            let deadline = Instant::now() + EMPTIED_WITHIN;
            while !database.fill(false) && Instant::now() < deadline {
                thread::sleep(STEP);
            }
        }));
        true
    }

    fn send_errand(&mut self, kind: Kind) -> bool {
        let world = Arc::clone(&self.world);
        let (routes, revoked) = (Arc::clone(&self.routes), Arc::clone(&self.revoked));
        let mut chance = Chance::of(self.chance.below(u64::MAX), 1);
        self.errands.push(thread::spawn(move || {
            let done = match kind {
                Kind::RevokeToken => revoked.revoke_one(&world, &mut chance),
                _ => routes.change_one(&world, &mut chance),
            };
            if let Err(error) = done {
                lock(&world.ledger).violate(format!("{kind:?}: {error:#}"));
            }
        }));
        true
    }
}

/// Counts a fault no more that did not come about.
fn take_back(counts: &Mutex<BTreeMap<Kind, u32>>, kind: Kind) {
    let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
    counts.entry(kind).and_modify(|count| *count = count.saturating_sub(1));
}
