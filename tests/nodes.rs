//! Several nodes on one PostgreSQL: any of them takes frames, what one changes holds on all, one of them leads, and
//! another takes over from it.

use std::{
    collections::BTreeSet,
    process::Command,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use champollion_registry::package::Package;
use champollion_tests::{
    Client, LUMINAIRE, Outside, Postgres, Sensor, Server, Setup, champollion, eventually, run,
    thermometer,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// Recipients on this machine, over HTTP, no long pauses, and no wait for copies through other gateways.
const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n\
    [delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n\
    first-pause-ms = 20\nlongest-pause-seconds = 1\n\
    [connections]\ntrusted-proxies = [\"127.0.0.1\"]\n";

/// The master key that all nodes have.
const MASTER_KEY: &str = "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5";

/// The time within which what is revoked anywhere is refused everywhere.
const REVOKED_WITHIN: Duration = Duration::from_secs(1);

/// The time within which nodes know each other, of whom each writes its row every two seconds.
const KNOWN_WITHIN: Duration = Duration::from_secs(5);

/// Nodes on a database of their own. The first one leads at the beginning.
struct Nodes {
    nodes: Vec<Server>,
    admin_token: String,
    setup: Setup,
    _database: Arc<Postgres>,
}

impl Nodes {
    fn start(name: &str, count: usize) -> Self {
        Self::start_as(name, count, Setup::default())
    }

    fn start_as(name: &str, count: usize, setup: Setup) -> Self {
        Self::start_with(name, count, setup, "")
    }

    /// The same with more settings.
    fn start_with(name: &str, count: usize, setup: Setup, more: &str) -> Self {
        let database = Postgres::shared();
        let setup = setup
            .settings(&format!("{SETTINGS}{more}"))
            .variable("CHAMPOLLION_STORE__POSTGRES", &database.database(name))
            .variable("CHAMPOLLION_VAULT__KEY_FROM", "environment")
            .variable("CHAMPOLLION_MASTER_KEY", MASTER_KEY);
        let nodes: Vec<Server> = (0..count).map(|_| setup.clone().start()).collect();
        let admin_token = nodes[0].admin_token().to_owned();
        let started = Self { nodes, admin_token, setup, _database: database };
        eventually("all nodes know the lead", || started.all_answer().then_some(()));
        started
    }

    fn all_answer(&self) -> bool {
        let answers = |node: &Server| self.admin(node).get("/v1/tokens").status == 200;
        self.nodes.iter().all(answers)
    }

    fn admin(&self, node: &Server) -> Client {
        node.anybody().token(&self.admin_token)
    }

    /// Makes a token on a node: the answer, with the secret.
    fn made_token(&self, node: &Server, wanted: &Json) -> Json {
        self.admin(node).post("/v1/tokens", wanted).success()
    }

    fn lns(&self, node: &Server) -> String {
        let made = self.made_token(node, &json!({ "name": "city", "role": "lns" }));
        made["token"].as_str().expect("a new token is shown").to_owned()
    }

    /// The secret of a new token of a partner.
    fn partner(&self, group: &str) -> String {
        let wanted = json!({ "name": group, "role": "partner", "group": group });
        let made = self.made_token(&self.nodes[0], &wanted);
        made["token"].as_str().expect("a new token is shown").to_owned()
    }

    fn register(&self, node: &Server, sensor: &Sensor) {
        self.admin(node).put(&sensor.path(), &sensor.registration("water", None)).success();
    }

    /// The nodes as one of them lists them.
    fn listed(&self, node: &Server) -> Vec<Json> {
        let list = self.admin(node).get("/v1/nodes").success();
        list["nodes"].as_array().expect("it is a list").clone()
    }
}

fn status(answer: &Json) -> &str {
    answer["status"].as_str().unwrap_or_default()
}

fn leads(node: &Json) -> bool {
    node["leases"].as_array().is_some_and(|leases| leases.contains(&json!("lead")))
}

fn ids(records: &[Json]) -> Vec<String> {
    records.iter().filter_map(|record| record["id"].as_str().map(str::to_owned)).collect()
}

#[test]
fn of_postgres_a_frame_by_two_nodes_is_one_record_and_devices_are_known_at_once() {
    let nodes = Nodes::start("frames", 3);
    let [first, second, third] = &nodes.nodes[..] else { panic!("three nodes were started") };
    let lns = nodes.lns(second);
    let sensor = Sensor::new(1);
    nodes.register(first, &sensor);
    let by = |node: &Server| node.anybody().token(&lns);
    let frame = sensor.frame(1, 5, &[1, 2, 3]);
    assert_eq!(status(&by(second).ingest(&frame).success()), "accepted");
    assert_eq!(status(&by(first).ingest(&frame).success()), "duplicate");
    assert_eq!(status(&by(third).ingest(&frame).success()), "duplicate");
    for f_cnt in 2..32 {
        let node = &nodes.nodes[f_cnt as usize % 3];
        let taken = by(node).ingest(&sensor.frame(f_cnt, 5, &[1])).success();
        assert_eq!(status(&taken), "accepted", "{f_cnt}: {taken}");
    }
    let partner = json!({ "name": "water", "role": "partner", "group": "water" });
    let partner =
        nodes.made_token(third, &partner)["token"].as_str().expect("it is shown").to_owned();
    let records = third.anybody().token(&partner).pull_all();
    let f_cnts: Vec<u64> =
        records.iter().filter_map(|record| record["record"]["uplink"]["fCnt"].as_u64()).collect();
    assert_eq!(f_cnts, (1..32).collect::<Vec<u64>>(), "each once and in order");
}

#[test]
fn of_postgres_a_frame_that_comes_by_two_nodes_at_the_same_moment_is_one_record() {
    let nodes = Nodes::start("rivals", 2);
    let lns = nodes.lns(&nodes.nodes[0]);
    let sensor = Sensor::new(2);
    nodes.register(&nodes.nodes[0], &sensor);
    for f_cnt in 1..20 {
        let frame = sensor.frame(f_cnt, 5, &[1]);
        let answers: Vec<Json> = thread::scope(|scope| {
            let send = |node: &Server| {
                let (client, frame) = (node.anybody().token(&lns), frame.clone());
                scope.spawn(move || client.ingest(&frame).success())
            };
            let sent: Vec<_> = nodes.nodes.iter().map(send).collect();
            sent.into_iter().map(|answer| answer.join().expect("it is answered")).collect()
        });
        let accepted = answers.iter().filter(|answer| status(answer) == "accepted").count();
        assert_eq!(accepted, 1, "{answers:?}");
    }
}

#[test]
fn of_postgres_copies_through_two_gateways_by_two_nodes_become_one_record_with_both() {
    let setup = Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "800");
    let nodes = Nodes::start_as("copies", 2, setup);
    let lns = nodes.lns(&nodes.nodes[0]);
    let sensor = Sensor::new(5);
    nodes.register(&nodes.nodes[0], &sensor);
    // Until then a node may take itself for the only one, and gathers alone.
    thread::sleep(KNOWN_WITHIN);
    let gateways = ["gw-north", "gw-south"];
    let answers: Vec<Json> = thread::scope(|scope| {
        let send = |(node, gateway): (&Server, &str)| {
            let client = node.anybody().token(&lns);
            let frame = sensor.frame_through(1, &[1, 2], gateway, 5.0);
            scope.spawn(move || client.ingest(&frame).success())
        };
        let sent: Vec<_> = nodes.nodes.iter().zip(gateways).map(send).collect();
        sent.into_iter().map(|answer| answer.join().expect("it is answered")).collect()
    });
    let mut told: Vec<&str> = answers.iter().map(status).collect();
    told.sort_unstable();
    assert_eq!(told, ["accepted", "merged"]);
    let partner = json!({ "name": "water", "role": "partner", "group": "water" });
    let partner = nodes.made_token(&nodes.nodes[0], &partner)["token"].clone();
    let partner = nodes.nodes[0].anybody().token(partner.as_str().expect("it is shown"));
    let records = partner.pull_all();
    let text = records[0]["record"].to_string();
    assert!(records.len() == 1 && gateways.iter().all(|gateway| text.contains(gateway)), "{text}");
}

#[test]
fn of_postgres_a_token_that_is_revoked_on_one_node_is_refused_on_the_others_within_a_second() {
    let nodes = Nodes::start("tokens", 3);
    let [first, second, third] = &nodes.nodes[..] else { panic!("three nodes were started") };
    let made = nodes.made_token(first, &json!({ "name": "city", "role": "lns" }));
    let (id, secret) = (made["id"].as_str().expect("it has an id"), made["token"].as_str());
    let lns = |node: &Server| node.anybody().token(secret.expect("it is shown"));
    let sensor = Sensor::new(3);
    nodes.register(first, &sensor);
    // Known where it was not made, from the first request on.
    lns(second).ingest(&sensor.frame(1, 5, &[1])).success();
    lns(third).ingest(&sensor.frame(2, 5, &[1])).success();
    nodes.admin(third).delete(&format!("/v1/tokens/{id}")).success();
    let revoked = Instant::now();
    for node in [first, second, third] {
        eventually("the token is refused", || {
            let answer = lns(node).ingest(&sensor.frame(2, 5, &[1]));
            (answer.status == 401).then_some(())
        });
    }
    assert!(revoked.elapsed() < REVOKED_WITHIN, "{:?}", revoked.elapsed());
}

#[test]
fn of_postgres_another_node_takes_the_lead_over_and_delivers_what_came_meanwhile() {
    let mut nodes = Nodes::start("lead", 3);
    let outside = Outside::start(|_| (204, String::new()));
    let lns = nodes.lns(&nodes.nodes[0]);
    let sensor = Sensor::new(4);
    nodes.register(&nodes.nodes[1], &sensor);
    let partner = json!({ "name": "water", "role": "partner", "group": "water" });
    let partner = nodes.made_token(&nodes.nodes[0], &partner);
    let partner = partner["token"].as_str().expect("it is shown").to_owned();
    let route = json!({ "to": { "http": { "url": outside.url() } } });
    // Made on a node that does not hand over.
    nodes.nodes[2].anybody().token(&partner).put("/v1/routes/all", &route).success();
    let send = |node: &Server, f_cnt| {
        let taken = node.anybody().token(&lns).ingest(&sensor.frame(f_cnt, 5, &[1])).success();
        assert_eq!(status(&taken), "accepted", "{taken}");
    };
    (1..6).for_each(|f_cnt| send(&nodes.nodes[f_cnt as usize % 3], f_cnt));
    outside.wait_for(5);
    let delivered: BTreeSet<String> = handed_over(&outside).into_iter().collect();
    assert_eq!((delivered.len(), outside.asked().len()), (5, 5), "each once");

    let before = nodes.listed(&nodes.nodes[1]);
    assert_eq!(before.iter().filter(|node| leads(node)).count(), 1, "{before:?}");
    nodes.nodes[0].kill();
    (6..11).for_each(|f_cnt| send(&nodes.nodes[1 + f_cnt as usize % 2], f_cnt));
    eventually("another node leads", || {
        let listed = nodes.listed(&nodes.nodes[1]);
        let old = before.iter().find(|node| leads(node)).map(|node| node["id"].clone());
        listed.iter().any(|node| leads(node) && Some(&node["id"]) != old.as_ref()).then_some(())
    });
    eventually("what came meanwhile is handed over", || {
        let delivered: BTreeSet<String> = handed_over(&outside).into_iter().collect();
        (delivered.len() == 10).then_some(())
    });
    eventually("the lead answers by the other node", || {
        let answer = nodes.nodes[2].anybody().token(&partner).get("/v1/routes/all");
        (answer.status == 200).then_some(())
    });

    // A node that comes again follows, with all that there is.
    nodes.nodes[0].restart();
    send(&nodes.nodes[0], 11);
    eventually("its frame is handed over", || {
        let delivered: BTreeSet<String> = handed_over(&outside).into_iter().collect();
        (delivered.len() == 11).then_some(())
    });
}

/// The ids of the records that a recipient was handed, in their order.
fn handed_over(outside: &Outside) -> Vec<String> {
    let records: Vec<Json> =
        outside.asked().iter().map(|asked| asked.body["data"].clone()).collect();
    ids(&records)
}

#[test]
fn of_postgres_a_lead_that_stops_gives_the_lead_away_at_once() {
    let mut nodes = Nodes::start("handover", 2);
    let stopped = nodes.nodes[0].stop();
    assert!(stopped.success(), "{stopped}");
    let since = Instant::now();
    eventually("the other node leads", || {
        let answer = nodes.admin(&nodes.nodes[1]).get("/v1/tokens");
        (answer.status == 200).then_some(())
    });
    assert!(since.elapsed() < Duration::from_secs(8), "{:?}", since.elapsed());
    let listed = nodes.listed(&nodes.nodes[1]);
    assert_eq!(listed.len(), 1, "the other one has left: {listed:?}");
}

#[test]
fn of_postgres_a_node_whose_settings_differ_is_refused_with_both_values() {
    let nodes = Nodes::start("settings", 1);
    let variables: Vec<(String, String)> = nodes.setup.variables().to_vec();
    let folder = TempDir::new().expect("there is room");
    let mut command: Command = champollion();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path().join("data"));
    command.envs(variables).env("CHAMPOLLION_RETENTION__HOURS", "24");
    let ended = run(&mut command);
    assert_eq!(ended.code, Some(1), "{ended:#?}");
    // What the log tells stands before it.
    let refused = ended.stderr.lines().last().unwrap_or_default();
    assert!(refused.starts_with("error: ") && refused.contains("[retention] hours"), "{refused}");
    assert!(refused.contains("\"24\"") && refused.contains("\"48\""), "{refused}");
}

#[test]
fn of_postgres_the_nodes_are_listed_on_the_command_line() {
    let nodes = Nodes::start("listed", 2);
    let cli = nodes.nodes[1].cli(&nodes.admin_token);
    let json = cli.json(&["nodes", "--json"]);
    let listed = json["nodes"].as_array().expect("it is a list");
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|node| node["alive"] == true && node["version"].is_string()));
    let printed = cli.run(&["nodes"]).success();
    assert!(printed.contains("leads") && printed.contains("follows"), "{printed}");
    let ready = nodes.admin(&nodes.nodes[1]).get("/readyz");
    assert!(ready.text.contains("follows the lead at http://127.0.0.1:"), "{}", ready.text);
}

/// A derived decoder: an alarm where it is warmer than 22 degrees.
fn warm() -> Package {
    let manifest = "id = \"acme/warm\"\nversion = \"1.0.0\"\nname = \"Warm\"\n\
        description = \"Derives it.\"\nlicence = \"MIT\"\nmaintainer = \"Acme\"\n\n\
        [[derived.inputs]]\nname = \"own\"\nquantity = \"air.temperature\"\n\n\
        [[derived.values]]\nquantity = \"alarm.temperature\"\nexpression = \"own > 22\"\n\
        meaning = \"It\"\n";
    let vectors = json!([{
        "name": "one",
        "reading": { "measurements": [{ "quantity": "air.temperature", "value": 23.0 }] },
        "expect": { "reading": {
            "measurements": [{ "quantity": "alarm.temperature", "value": true }],
        } },
    }]);
    Package::assemble_derived(manifest, &vectors.to_string()).expect("it is a package")
}

#[test]
fn of_postgres_a_rule_and_a_derived_decoder_of_one_node_judge_the_frames_of_the_other_once() {
    let nodes = Nodes::start("judged", 2);
    let [lead, other] = &nodes.nodes[..] else { panic!("two nodes were started") };
    lead.publish(&thermometer("1.0.0"));
    lead.publish(&warm());
    let sensor = Sensor::new(6);
    let registration = sensor.registration("office", Some("acme/thermometer@^1"));
    nodes.admin(lead).put(&sensor.path(), &registration).success();
    let (lns, partner) = (nodes.lns(lead), nodes.partner("office"));
    // Known to the other node before there is anything to judge or derive by.
    let frame = |f_cnt| sensor.frame(f_cnt, 2, &[0, 235, 40, 36]);
    other.anybody().token(&lns).ingest(&frame(1)).success();
    let derive = ["devices", "derive", "--group", "office", "--decoder", "acme/warm@^1"];
    drop(other.cli(&nodes.admin_token).run(&derive).success());
    let rule = json!({ "when": { "alarm": {} } });
    other.anybody().token(&partner).put("/v1/alerts/rules/warm", &rule).success();
    let alerts = |node: &Server| {
        let listed = node.anybody().token(&partner).get("/v1/alerts?state=all").success();
        listed["alerts"].as_array().expect("alerts are a list").clone()
    };
    let mut last = 1;
    eventually("the other node judges by the rule", || {
        last += 1;
        other.anybody().token(&lns).ingest(&frame(last)).success();
        (!alerts(lead).is_empty()).then_some(())
    });
    for node in [lead, other, lead] {
        last += 1;
        node.anybody().token(&lns).ingest(&frame(last)).success();
    }
    let raised = alerts(other);
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert!(raised[0].to_string().contains(&sensor.dev_eui()), "{raised:?}");
    let last = lead.anybody().token(&partner).pull_all().pop().expect("there is a record");
    let derived = &last["record"]["decoded"]["derived"][0]["decoder"];
    assert_eq!(derived["id"], "acme/warm", "{last}");
}

/// Waits until so many frames of a group are in the figures of the present day.
fn wait_for_figures(nodes: &Nodes, node: &Server, frames: u64) {
    eventually(&format!("{frames} frames are counted"), || {
        let answer = nodes.admin(node).get("/v1/quality?group=water");
        let list: Json = serde_json::from_str(&answer.text).ok()?;
        let figures = list["figures"].as_array()?.last()?;
        (figures["frames"] == frames).then_some(())
    });
}

#[test]
fn of_postgres_the_frames_of_all_nodes_are_counted_once_also_where_they_are_delivered_at_once() {
    let mut nodes = Nodes::start("counted", 2);
    let outside = Outside::start(|_| (204, String::new()));
    let (lns, partner) = (nodes.lns(&nodes.nodes[0]), nodes.partner("water"));
    let sensor = Sensor::new(7);
    nodes.register(&nodes.nodes[0], &sensor);
    let route = json!({ "to": { "http": { "url": outside.url() } } });
    nodes.nodes[1].anybody().token(&partner).put("/v1/routes/all", &route).success();
    let send = |node: &Server, f_cnt, gateway| {
        let mut frame = sensor.frame_through(f_cnt, &[1], gateway, 5.0);
        frame["receivedAt"] = json!(Timestamp::now());
        let taken = node.anybody().token(&lns).ingest(&frame).success();
        assert_eq!(status(&taken), "accepted", "{taken}");
    };
    (1..=6).for_each(|f_cnt| send(&nodes.nodes[f_cnt as usize % 2], f_cnt, "gw-north"));
    outside.wait_for(6);
    wait_for_figures(&nodes, &nodes.nodes[0], 6);
    // Some that the lead has not counted yet when it is killed, and some while nobody leads.
    (7..=8).for_each(|f_cnt| send(&nodes.nodes[0], f_cnt, "gw-north"));
    nodes.nodes[0].kill();
    (9..=10).for_each(|f_cnt| send(&nodes.nodes[1], f_cnt, "gw-south"));
    wait_for_figures(&nodes, &nodes.nodes[1], 10);
    eventually("the gateway is known that the other node has heard", || {
        let gateways = nodes.admin(&nodes.nodes[1]).get("/v1/gateways").text;
        gateways.contains("gw-south").then_some(())
    });
    nodes.nodes[0].restart();
    send(&nodes.nodes[0], 11, "gw-north");
    wait_for_figures(&nodes, &nodes.nodes[0], 11);
}

#[test]
fn of_postgres_a_schedule_is_carried_out_once_where_the_lead_is_killed() {
    let outside = Outside::away(|_| (503, String::new()));
    let city = format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n\
         [network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\n",
        outside.url()
    );
    let mut nodes = Nodes::start_with("scheduled", 2, Setup::default(), &city);
    nodes.nodes[0].publish_own(LUMINAIRE);
    let light = Sensor::new(8);
    let mut registration = light.registration("light", Some("nas/ul20xx@^1"));
    registration["networkServer"] = json!("city");
    nodes.admin(&nodes.nodes[0]).put(&light.path(), &registration).success();
    let partner = nodes.partner("light");
    let plan = json!({
        "name": "Evening",
        "when": { "at": Timestamp::now() + SignedDuration::from_secs(2) },
        "device": light.dev_eui(),
        "command": { "manualDimming": { "destination": [
            { "address": "dali_broadcast", "dimmingLevel": 100 },
        ]}},
    });
    let asked = |node: &Server| node.anybody().token(&partner);
    let made = asked(&nodes.nodes[1]).post("/v1/schedules", &plan).success();
    let path = format!("/v1/schedules/{}", made["id"].as_str().expect("it has an id"));
    // Made after the other node has read the schedules for the first time, and carried out by it.
    nodes.nodes[0].kill();
    let run = eventually("the schedule is carried out", || {
        let answer = asked(&nodes.nodes[1]).get(&path);
        let shown: Json = serde_json::from_str(&answer.text).ok()?;
        let run = shown["runs"][0].clone();
        (run.is_object() && run["state"] != "running").then_some(run)
    });
    assert_eq!((&run["state"], &run["queued"]), (&json!("sent"), &json!(1)), "{run}");
    nodes.nodes[0].restart();
    thread::sleep(Duration::from_millis(1_500));
    let listed = asked(&nodes.nodes[0]).get(&format!("{}/downlinks", light.path())).success();
    assert_eq!(listed["downlinks"].as_array().map(Vec::len), Some(1), "{listed}");
}
