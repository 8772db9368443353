//! The way between nodes, where somebody listens, changes what passes and plays it again: nothing of a client's request
//! or of its answer is seen there, and nothing is taken that no node has sealed.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, OnceLock},
    thread,
    time::Duration,
};

use champollion_tests::{Client, Postgres, Sensor, Server, Setup, eventually};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// The beginning of a request between nodes.
const REQUEST: &[u8] = b"POST /between-nodes HTTP/1.1\r\n";

/// Bytes of the length before a sealed piece.
const LENGTH_BYTES: usize = 4;

/// No answer takes that long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A wire to a node on which somebody listens.
struct Wire {
    port: u16,
    heard: Arc<Heard>,
}

#[derive(Default)]
struct Heard {
    /// The address of the node at the end of the wire.
    node: OnceLock<String>,
    asked: Mutex<Vec<u8>>,
    answered: Mutex<Vec<u8>>,
}

impl Wire {
    fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let heard = Arc::<Heard>::default();
        let listening = Arc::clone(&heard);
        thread::spawn(move || listener.incoming().flatten().for_each(|one| listening.take(&one)));
        Self { port, heard }
    }

    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn leads_to(&self, node: &Server) {
        let node = node.address().trim_start_matches("http://").to_owned();
        self.heard.node.set(node).expect("a wire has one end");
    }

    /// The last request that passed, as it was sent.
    fn last_request(&self) -> Vec<u8> {
        let asked = self.heard.asked.lock().expect("nobody panics");
        let at = asked.windows(REQUEST.len()).rposition(|bytes| bytes == REQUEST);
        asked[at.expect("a node has asked")..].to_vec()
    }

    fn has_heard(&self, text: &str) -> bool {
        [&self.heard.asked, &self.heard.answered].into_iter().any(|way| {
            let heard = way.lock().expect("nobody panics");
            heard.windows(text.len()).any(|bytes| bytes == text.as_bytes())
        })
    }
}

impl Heard {
    fn take(self: &Arc<Self>, client: &TcpStream) {
        let Some(node) = self.node.get() else { return };
        let node = TcpStream::connect(node).expect("the node listens");
        let both = |from: &TcpStream, to: &TcpStream| {
            let ends = (from.try_clone(), to.try_clone());
            (ends.0.expect("it has another end"), ends.1.expect("it has another end"))
        };
        let (there, back) = (both(client, &node), both(&node, client));
        let (asked, answered) = (Arc::clone(self), Arc::clone(self));
        thread::spawn(move || pass(there, &asked.asked));
        thread::spawn(move || pass(back, &answered.answered));
    }
}

fn pass((mut from, mut to): (TcpStream, TcpStream), heard: &Mutex<Vec<u8>>) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        heard.lock().expect("nobody panics").extend_from_slice(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // The other side may be gone already.
    drop(to.shutdown(Shutdown::Write));
}

/// A lead and another node, which reaches it by a wire.
struct Pair {
    lead: Server,
    other: Server,
    wire: Wire,
    _database: Arc<Postgres>,
}

impl Pair {
    fn start(name: &str) -> Self {
        let database = Postgres::shared();
        let setup = Setup::default()
            .settings("[frames]\ncopies-window-ms = 0\n")
            .variable("CHAMPOLLION_STORE__POSTGRES", &database.database(name))
            .variable("CHAMPOLLION_VAULT__KEY_FROM", "environment")
            .variable("CHAMPOLLION_MASTER_KEY", &"5a".repeat(32));
        let wire = Wire::start();
        let lead = setup.clone().variable("CHAMPOLLION_CLUSTER__ADDRESS", &wire.address()).start();
        wire.leads_to(&lead);
        let other = setup.start();
        let pair = Self { lead, other, wire, _database: database };
        eventually("the other node knows the lead", || {
            (pair.admin(&pair.other).get("/v1/tokens").status == 200).then_some(())
        });
        pair
    }

    fn admin(&self, node: &Server) -> Client {
        node.anybody().token(self.lead.admin_token())
    }

    /// The status that the lead gives to bytes.
    fn status_of(&self, bytes: &[u8]) -> String {
        let address = self.lead.address().trim_start_matches("http://").to_owned();
        let mut stream = TcpStream::connect(address).expect("the lead listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a connection has timeouts");
        stream.write_all(bytes).expect("the lead takes it");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("the lead answers");
        String::from_utf8_lossy(&answer[9..]).into_owned()
    }

    /// A request that the other node has handed on just now: it is taken for ten seconds alone.
    fn fresh_request(&self) -> Vec<u8> {
        self.admin(&self.other).get("/v1/tokens").success();
        self.wire.last_request()
    }

    /// The requests that the lead has refused for a reason.
    fn refused(&self, reason: &str) -> u64 {
        let metrics = self.admin(&self.lead).get("/metrics").text;
        let line = format!("champollion_node_requests_refused_total{{reason=\"{reason}\"}} ");
        let count = metrics.lines().find_map(|metric| metric.strip_prefix(&line));
        count.map_or(0, |count| count.parse().expect("it is a count"))
    }
}

/// The stamp of a request.
fn stamp_of(request: &[u8]) -> String {
    let text = String::from_utf8_lossy(request);
    let stamp = text.lines().find_map(|line| line.strip_prefix("champollion-node: "));
    stamp.expect("it has a stamp").to_owned()
}

/// The place of the first sealed byte in a request: after its head, and the lengths of its first chunk and piece.
fn sealed_head(request: &[u8]) -> usize {
    let after = |text: &[u8], from: usize| {
        let at = request[from..].windows(text.len()).position(|bytes| bytes == text);
        from + at.expect("it is there") + text.len()
    };
    after(b"\r\n", after(b"\r\n\r\n", 0)) + LENGTH_BYTES
}

#[test]
fn of_postgres_nothing_of_a_request_or_an_answer_is_seen_between_nodes() {
    let pair = Pair::start("sealed");
    let admin = pair.admin(&pair.other);
    let wanted = json!({ "name": "a name to look for", "role": "lns" });
    let made = admin.post("/v1/tokens", &wanted).success();
    let secret = made["token"].as_str().expect("a new token is shown");
    assert!(pair.wire.has_heard("champollion-node"), "the request went by the wire");
    for hidden in [pair.lead.admin_token(), secret, "/v1/tokens", "a name to look for"] {
        assert!(!pair.wire.has_heard(hidden), "{hidden} is seen");
    }

    // Large bodies go as they are, both ways, and so do problems.
    let sensors: Vec<Sensor> = (1..=3).map(Sensor::new).collect();
    for sensor in &sensors {
        let registration = sensor.registration("water", None);
        admin.put(&sensor.path(), &registration).success();
    }
    let listed = admin.get("/v1/devices").success();
    assert_eq!(listed["devices"].as_array().map(Vec::len), Some(3), "{listed}");
    let large = admin.post("/v1/tokens", &json!({ "name": "x".repeat(300_000), "role": "lns" }));
    let here = pair.admin(&pair.lead);
    let same = here.post("/v1/tokens", &json!({ "name": "x".repeat(300_000), "role": "lns" }));
    assert_eq!((large.status, &large.body["code"]), (same.status, &same.body["code"]));
    let unknown = admin.get(&Sensor::new(9).path());
    unknown.problem(404, "unknown-device");
    assert_eq!(unknown.body["requestId"], unknown.header("x-request-id"), "it is one request");
    let document = [&pair.other, &pair.lead].map(|node| node.anybody().get("/openapi.json").body);
    assert_eq!(document[0], document[1]);
    let heads = [&admin, &here].map(|admin| admin.send(&Method::HEAD, "/v1/tokens", b""));
    assert_eq!((heads[0].status, &heads[0].text), (heads[1].status, &heads[1].text));

    // What nodes say in headers counts where it is sealed alone: no client says it for them.
    for admin in [&admin, &here] {
        let later = [("champollion-protocol", "99")];
        let answer = admin.attempt_with(&Method::GET, "/v1/tokens", &later, b"");
        let answer = answer.expect("it is answered");
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

#[test]
fn of_postgres_what_no_node_has_sealed_or_what_comes_again_is_refused_and_counted() {
    let pair = Pair::start("unsealed");
    let tokens = |pair: &Pair| -> Json { pair.admin(&pair.lead).get("/v1/tokens").success() };
    let wanted = json!({ "name": "city", "role": "lns" });
    pair.admin(&pair.other).post("/v1/tokens", &wanted).success();
    let (sent, before) = (pair.wire.last_request(), tokens(&pair));
    assert_eq!(pair.status_of(&sent), "401", "the same bytes once more");
    assert_eq!(pair.refused("replayed"), 1);

    let sent = pair.fresh_request();
    let mut changed = sent.clone();
    changed[sealed_head(&sent)] ^= 1;
    assert_eq!(pair.status_of(&changed), "401", "a byte of the sealed path was changed");
    assert_eq!(pair.refused("seal"), 1);
    let stamp = stamp_of(&pair.fresh_request());
    let words: Vec<&str> = stamp.split(' ').collect();
    let [language, from, moment, nonce] = words[..] else { panic!("{words:?}") };
    let with = |stamp: &str| {
        let headers = [("champollion-node", stamp)];
        let path = "/between-nodes";
        let answer = pair.lead.anybody().attempt_with(&Method::POST, path, &headers, b"it");
        let answer = answer.expect("it is answered");
        answer.problem(401, "node-not-recognized");
    };
    with(&stamp);
    assert_eq!(pair.refused("cut"), 1);
    with(from);
    assert_eq!(pair.refused("stamp"), 1);
    let old: i64 = moment.parse().expect("it is a moment");
    with(&format!("{language} {from} {} {nonce}", old - 60_000));
    assert_eq!(pair.refused("moment"), 1);
    let sealed_by_nobody = [&16_u32.to_be_bytes()[..], &[7; 16]].concat();
    let stamp = stamp_of(&pair.fresh_request());
    let headers = [("champollion-node", stamp.as_str())];
    let answer = pair.lead.anybody().post_with("/v1/tokens", &headers, &sealed_by_nobody);
    answer.problem(401, "node-not-recognized");
    assert_eq!(pair.refused("seal"), 2);

    assert_eq!(tokens(&pair)["tokens"].as_array().map(Vec::len), {
        before["tokens"].as_array().map(Vec::len)
    });
    let later = json!({ "name": "later", "role": "lns" });
    pair.admin(&pair.other).post("/v1/tokens", &later).success();
}

#[test]
fn of_postgres_the_clock_of_each_node_is_compared_with_that_of_the_database() {
    let pair = Pair::start("clocks");
    let listed = pair.admin(&pair.other).get("/v1/nodes").success();
    let nodes = listed["nodes"].as_array().expect("it is a list");
    assert_eq!(nodes.len(), 2, "{listed}");
    for node in nodes {
        let ahead = node["clockAheadSeconds"].as_f64().expect("it is told");
        assert!(ahead.abs() < 1.0, "they are on one machine: {node}");
    }
    let printed = pair.other.cli(pair.lead.admin_token()).run(&["nodes"]).success();
    assert!(printed.contains("clock") && !printed.contains("wrong"), "{printed}");
    let metrics = pair.admin(&pair.other).get("/metrics").text;
    assert!(metrics.contains("champollion_node_clock_ahead_seconds"), "{metrics}");
}
