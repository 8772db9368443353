//! Nodes that are exchanged one by one under load: those of the version before work beside new ones, in the schema and
//! the protocol of nodes that both know, no frame is lost, and none is taken twice.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use champollion_tests::{
    Answer, Client, Postgres, Sensor, Server, Setup, champollion, eventually, run,
};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use ureq::http::Method;

/// No wait for copies through other gateways.
const SETTINGS: &str =
    "[frames]\ncopies-window-ms = 0\n[connections]\ntrusted-proxies = [\"127.0.0.1\"]\n";

/// The settings that a node of the version before has besides.
const AS_BEFORE: &str = "[store]\nas-before = true\n";

/// The master key that all nodes have.
const MASTER_KEY: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

/// Sensors, each with a network server of its own that sends one frame after another.
const SENSORS: u8 = 6;

/// The sensor whose frames come by tokens that are made and revoked.
const OF_TOKENS: u8 = 100;

/// Between two frames of a sensor.
const PAUSE: Duration = Duration::from_millis(15);

/// The time in which nodes that could write a newer version of the protocol would do so.
const RAISED_WITHIN: Duration = Duration::from_secs(5);

/// Three nodes on a database of their own, and the ways to them.
struct Town {
    database: Arc<Postgres>,
    name: &'static str,
    nodes: Vec<Server>,
    doors: Arc<Vec<Mutex<Client>>>,
    admin_token: String,
    /// The last counter of the sensor of tokens.
    f_cnt: u32,
}

/// Ends the senders, also where the test fails.
struct Over<'of>(&'of AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn settings(is_as_before: bool) -> String {
    if is_as_before { format!("{SETTINGS}{AS_BEFORE}") } else { SETTINGS.to_owned() }
}

fn setup(url: &str, is_as_before: bool) -> Setup {
    Setup::default()
        .settings(&settings(is_as_before))
        .variable("CHAMPOLLION_STORE__POSTGRES", url)
        .variable("CHAMPOLLION_VAULT__KEY_FROM", "environment")
        .variable("CHAMPOLLION_MASTER_KEY", MASTER_KEY)
}

impl Town {
    /// Starts three nodes of the version before.
    fn start(name: &'static str) -> Self {
        let database = Postgres::shared();
        let url = database.database(name);
        let nodes: Vec<Server> = (0..3).map(|_| setup(&url, true).start()).collect();
        let doors = Arc::new(nodes.iter().map(|node| Mutex::new(node.anybody())).collect());
        let admin_token = nodes[0].admin_token().to_owned();
        let town = Self { database, name, nodes, doors, admin_token, f_cnt: 0 };
        town.admin("the nodes know the lead", |admin| admin.get("/v1/tokens"));
        for number in (1..=SENSORS).chain([OF_TOKENS]) {
            let sensor = Sensor::new(number);
            let registration = sensor.registration("water", None);
            town.admin("it is registered", |admin| admin.put(&sensor.path(), &registration));
        }
        town
    }

    /// Asks nodes in the role of the admin until one of them does it.
    fn admin(&self, what: &str, ask: impl Fn(&Client) -> Answer) -> Json {
        let mut node = 0;
        eventually(what, || {
            node += 1;
            let client = self.door(node % self.doors.len()).token(&self.admin_token);
            // A node that is being exchanged listens no longer, which is no fault.
            client.attempt(&Method::GET, "/healthz", b"").ok()?;
            let answer = ask(&client);
            (answer.status < 300).then_some(answer.body)
        })
    }

    fn door(&self, node: usize) -> Client {
        self.doors[node].lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a token and says its id and its secret.
    fn token(&self, role: &str) -> (String, String) {
        let group = (role == "partner").then_some("water");
        let wanted = json!({ "name": role, "role": role, "group": group });
        let made = self.admin("a token is made", |admin| admin.post("/v1/tokens", &wanted));
        let text = |member: &str| made[member].as_str().expect("a new token is shown").to_owned();
        (text("id"), text("token"))
    }

    /// The nodes as they list themselves, by their addresses: the newest version that each reads, and what it writes.
    fn protocols(&self) -> BTreeMap<String, (u64, u64)> {
        let list = self.admin("nodes are listed", |admin| admin.get("/v1/nodes"));
        let nodes = list["nodes"].as_array().expect("it is a list");
        let alive = nodes.iter().filter(|node| node["alive"] == true);
        let protocol = |node: &Json| {
            let member = |name: &str| node["protocol"][name].as_u64().expect("it is a number");
            let address = node["address"].as_str().expect("it is a text").to_owned();
            (address, (member("readsTo"), member("writes")))
        };
        alive.map(protocol).collect()
    }

    /// The newest version that a node reads, and the one that it writes; nothing where it is not listed.
    fn protocol(&self, node: usize) -> Option<(u64, u64)> {
        self.protocols().get(self.nodes[node].address()).copied()
    }

    fn schema(&self) -> String {
        self.database.sql(self.name, "SELECT max(version) FROM schema")
    }

    /// Starts a node again that has ended, as the version before or as this one.
    fn come(&mut self, node: usize, is_as_before: bool) {
        let server = &mut self.nodes[node];
        server.change_settings(&settings(is_as_before));
        server.restart();
        *self.doors[node].lock().unwrap_or_else(PoisonError::into_inner) = server.anybody();
    }

    fn stop(&mut self, node: usize) {
        let stopped = self.nodes[node].stop();
        assert!(stopped.success(), "{stopped}");
    }

    /// Checks that a change holds on each node: a token that is made lets frames in, and none once it was revoked.
    fn changes_are_followed(&mut self) {
        let (id, token) = self.token("lns");
        let sensor = Sensor::new(OF_TOKENS);
        for node in 0..self.nodes.len() {
            self.f_cnt += 1;
            let frame = sensor.frame(self.f_cnt, 5, &[1]);
            let taken = eventually(&format!("node {node} knows the token"), || {
                let answer = self.door(node).token(&token).ingest(&frame);
                (answer.status == 200).then_some(answer.body)
            });
            // Where it was kept, and the answer did not come in time, it is there already.
            let is_kept = matches!(taken["status"].as_str(), Some("accepted" | "duplicate"));
            assert!(is_kept, "node {node}: {taken}");
        }
        self.admin("it is revoked", |admin| admin.delete(&format!("/v1/tokens/{id}")));
        for node in 0..self.nodes.len() {
            let frame = sensor.frame(self.f_cnt, 5, &[1]);
            eventually("the token is refused", || {
                let answer = self.door(node).token(&token).ingest(&frame);
                (answer.status == 401).then_some(())
            });
        }
    }

    /// Waits until all nodes write a version of the protocol.
    fn wait_until_all_write(&self, version: u64) {
        eventually(&format!("all write version {version}"), || {
            self.protocols().values().all(|(_, writes)| *writes == version).then_some(())
        });
    }
}

/// Sends one frame after another, each by any node that takes it, and gives the number of frames.
fn send(doors: &[Mutex<Client>], token: &str, number: u8, over: &AtomicBool) -> u32 {
    let (sensor, mut f_cnt, mut node) = (Sensor::new(number), 0, usize::from(number));
    while !over.load(Ordering::Relaxed) {
        f_cnt += 1;
        let frame = sensor.frame(f_cnt, 5, &[number]).to_string();
        eventually("a node takes the frame", || {
            node += 1;
            let door = &doors[node % doors.len()];
            let client = door.lock().unwrap_or_else(PoisonError::into_inner).token(token);
            let answer = client.attempt(&Method::POST, "/v1/ingest/phy", frame.as_bytes()).ok()?;
            assert!(matches!(answer.status, 200 | 503), "{}: {}", answer.status, answer.text);
            (answer.status == 200).then_some(())
        });
        thread::sleep(PAUSE);
    }
    f_cnt
}

/// Exchanges the nodes for new ones, with a crash and a step back in between.
fn exchange(town: &mut Town) {
    for node in [0, 1] {
        town.stop(node);
        town.come(node, false);
        eventually("the new node is listed", || town.protocol(node));
    }
    assert_eq!(town.schema(), "2", "the first new node has made what is new");
    thread::sleep(RAISED_WITHIN);
    for node in [0, 1] {
        assert_eq!(town.protocol(node), Some((2, 1)), "an old node reads it");
    }
    town.changes_are_followed();

    // The old one crashes, and comes again on tables that are newer than it knows.
    town.nodes[2].kill();
    town.come(2, true);
    assert_eq!(town.protocol(2), Some((1, 1)));
    town.changes_are_followed();

    // It leaves, and is put back: the new ones write for it again before it looks at what they write.
    town.stop(2);
    town.wait_until_all_write(2);
    town.come(2, true);
    town.wait_until_all_write(1);
    assert_eq!(town.protocols().len(), 3);
    town.changes_are_followed();

    town.stop(2);
    town.come(2, false);
    town.wait_until_all_write(2);
    assert_eq!(town.protocols().into_values().collect::<Vec<_>>(), [(2, 2); 3]);
    town.changes_are_followed();
}

#[test]
fn of_postgres_nodes_are_exchanged_one_by_one_under_load_and_no_frame_is_lost_or_taken_twice() {
    let mut town = Town::start("rolling");
    assert_eq!(town.schema(), "1");
    assert!(town.protocols().values().all(|protocol| *protocol == (1, 1)));
    let (_, token) = town.token("lns");
    let over = AtomicBool::new(false);
    let doors = Arc::clone(&town.doors);
    let sent: BTreeMap<String, u32> = thread::scope(|scope| {
        let _over = Over(&over);
        let senders: Vec<_> = (1..=SENSORS)
            .map(|number| {
                let (doors, token, over) = (Arc::clone(&doors), &token, &over);
                scope.spawn(move || send(&doors, token, number, over))
            })
            .collect();
        exchange(&mut town);
        over.store(true, Ordering::Relaxed);
        let counted = |(sender, number): (thread::ScopedJoinHandle<'_, u32>, u8)| {
            (Sensor::new(number).dev_eui(), sender.join().expect("all is taken"))
        };
        senders.into_iter().zip(1..).map(counted).collect()
    });
    let (_, partner) = town.token("partner");
    let mut taken = BTreeMap::<String, Vec<u64>>::new();
    for pulled in town.door(0).token(&partner).pull_all() {
        let dev_eui = pulled["record"]["device"]["devEui"].as_str().unwrap_or_default().to_owned();
        taken.entry(dev_eui).or_default().extend(pulled["record"]["uplink"]["fCnt"].as_u64());
    }
    let of_tokens = (Sensor::new(OF_TOKENS).dev_eui(), town.f_cnt);
    for (dev_eui, last) in sent.iter().chain([(&of_tokens.0, &of_tokens.1)]) {
        let all: Vec<u64> = (1..=u64::from(*last)).collect();
        assert_eq!(taken.get(dev_eui), Some(&all), "each of {dev_eui} once and in order");
    }
    assert!(sent.values().all(|last| *last > 100), "there was a load: {sent:?}");
}

#[test]
fn of_postgres_a_node_that_does_not_know_what_the_schema_needs_is_refused_with_both_versions() {
    let database = Postgres::shared();
    let url = database.database("too_old");
    drop(setup(&url, false).start());
    database.sql("too_old", "UPDATE schema SET least = 2 WHERE version = 2");
    let folder = TempDir::new().expect("there is room");
    let mut command = champollion();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path().join("data"))
        .envs(setup(&url, true).variables().to_vec())
        .env("CHAMPOLLION_STORE__AS_BEFORE", "true");
    let ended = run(&mut command);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    let refused = ended.stderr.lines().last().unwrap_or_default();
    assert!(refused.contains("schema 2") && refused.contains("up to 1"), "{refused}");
}
