//! Several databases behind real nodes: groups are placed in them, one database is killed, frames of the groups in the
//! other one are taken all the while, and in the end each record is there once.

use champollion_tests::{
    Answer, Client, Postgres, PostgresSetup, Sensor, Server, Setup, eventually,
};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// The master key that all nodes have.
const MASTER_KEY: &str = "b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6";

/// A group in the database that is killed, and one in the other.
const AWAY: &str = "water";
const HERE: &str = "light";

/// Two nodes on two databases, `home` and `east`, each of which has a server of its own.
struct Town {
    nodes: [Server; 2],
    admin_token: String,
    lns: String,
    databases: [Postgres; 2],
}

impl Town {
    fn start() -> Self {
        let databases =
            [(); 2].map(|()| PostgresSetup::default().set("max_prepared_transactions=64").start());
        let [home, east] = [0, 1].map(|at| databases[at].url());
        let settings = format!(
            "[frames]\ncopies-window-ms = 0\n[connections]\ntrusted-proxies = [\"127.0.0.1\"]\n\
             [store]\nnew-groups = \"home\"\npostgres = [\n  {{ name = \"home\", address = \"{home}\" }},\n  \
             {{ name = \"east\", address = \"{east}\" }},\n]\n"
        );
        let setup = Setup::default()
            .settings(&settings)
            .variable("CHAMPOLLION_VAULT__KEY_FROM", "environment")
            .variable("CHAMPOLLION_MASTER_KEY", MASTER_KEY);
        let nodes = [(); 2].map(|()| setup.clone().start());
        let admin_token = nodes[0].admin_token().to_owned();
        let mut town = Self { nodes, admin_token, lns: String::new(), databases };
        eventually("all nodes know the lead", || {
            let answers = |at| town.admin(at).get("/v1/tokens").status == 200;
            (answers(0) && answers(1)).then_some(())
        });
        town.lns = town.token(&json!({ "name": "city", "role": "lns" }));
        town
    }

    fn admin(&self, at: usize) -> Client {
        self.nodes[at].anybody().token(&self.admin_token)
    }

    fn token(&self, wanted: &Json) -> String {
        let made = self.admin(0).post("/v1/tokens", wanted).success();
        made["token"].as_str().expect("a new token is shown").to_owned()
    }

    fn place(&self, group: &str, database: &str) -> Answer {
        let path = format!("/v1/groups/{group}/place");
        self.admin(0).put(&path, &json!({ "database": database }))
    }

    fn register(&self, sensor: &Sensor, group: &str) {
        self.admin(0).put(&sensor.path(), &sensor.registration(group, None)).success();
    }

    /// Hands a frame over to a node, once.
    fn hand_over(&self, at: usize, sensor: &Sensor, f_cnt: u32) -> Answer {
        let frame = sensor.frame(f_cnt, 5, &[1, 2, 3]).to_string();
        let lns = self.nodes[at].anybody().token(&self.lns);
        let answer = lns.attempt(&Method::POST, "/v1/ingest/phy", frame.as_bytes());
        answer.expect("the node answers")
    }

    /// Hands a frame over until it is taken, as a network server does.
    #[track_caller]
    fn send(&self, at: usize, sensor: &Sensor, f_cnt: u32) {
        eventually("a frame is taken", || {
            let answer = self.hand_over(at, sensor, f_cnt);
            assert!(matches!(answer.status, 200 | 503), "{}", answer.text);
            (answer.status == 200).then_some(())
        });
    }

    /// The counters of the records of a group, in their order.
    fn counters(&self, group: &str) -> Vec<u64> {
        let wanted = json!({ "name": group, "role": "partner", "group": group });
        let partner = self.nodes[1].anybody().token(&self.token(&wanted));
        let counter = |pulled: &Json| pulled["record"]["uplink"]["fCnt"].as_u64();
        partner.pull_all().iter().filter_map(counter).collect()
    }
}

#[test]
fn of_postgres_a_database_that_is_killed_refuses_frames_of_its_groups_alone() {
    let mut town = Town::start();
    let placed = town.place(AWAY, "east").success();
    assert_eq!(placed, json!({ "group": AWAY, "database": "east" }));
    let [away, here] = [Sensor::new(1), Sensor::new(2)];
    town.register(&away, AWAY);
    town.register(&here, HERE);
    for at in [0, 1] {
        for sensor in [&away, &here] {
            town.send(at, sensor, 1 + at as u32);
        }
    }

    town.databases[1].kill();
    for at in [0, 1] {
        let refused = town.hand_over(at, &away, 3);
        assert_eq!(refused.status, 503, "{}", refused.text);
    }
    // Not one of these frames is refused, by any node, also while others are.
    for f_cnt in 3..23 {
        let at = f_cnt as usize % 2;
        let taken = town.hand_over(at, &here, f_cnt);
        assert_eq!(taken.success()["status"], "accepted", "{f_cnt}");
        let refused = town.hand_over(at, &away, 3);
        assert_eq!(refused.status, 503, "{}", refused.text);
    }
    for at in [0, 1] {
        let ready = town.admin(at).get("/readyz");
        assert_eq!(ready.status, 200, "{}", ready.text);
        let line = ready.text.lines().find(|line| line.starts_with("database east:"));
        let line = line.expect("an operator is told of the database");
        assert!(
            line.contains("1 groups and 1 devices lie in it, whose frames are refused"),
            "{line}"
        );
        let home = ready.text.lines().find(|line| line.starts_with("database home:"));
        assert!(home.is_some_and(|line| !line.contains("refused")), "{}", ready.text);
    }
    let is_away = "champollion_database_ready{database=\"east\"} 0";
    eventually("the metrics tell of it too", || {
        town.admin(0).get("/metrics").text.contains(is_away).then_some(())
    });

    town.databases[1].come();
    for f_cnt in 3..6 {
        town.send(f_cnt as usize % 2, &away, f_cnt);
    }
    assert_eq!(town.counters(AWAY), [1, 2, 3, 4, 5]);
    assert_eq!(town.counters(HERE), (1..23).collect::<Vec<u64>>());
    eventually("nothing is refused any more", || {
        let text = town.admin(1).get("/readyz").text;
        (!text.contains("refused")).then_some(())
    });
}

#[test]
fn of_postgres_a_group_is_placed_before_anything_is_written_of_it_and_then_stays() {
    let town = Town::start();
    let cli = town.nodes[0].cli(&town.admin_token);
    let said = cli.run(&["groups", "place", AWAY, "--in", "east"]).success();
    assert!(said.contains("water lies in east"), "{said}");
    let unknown = town.place(HERE, "west");
    let detail = unknown.problem(404, "unknown-database");
    assert!(detail.contains("home, east"), "{detail}");

    town.register(&Sensor::new(1), AWAY);
    town.register(&Sensor::new(2), HERE);
    let kept = town.place(HERE, "east");
    let detail = kept.problem(409, "group-placed");
    assert!(detail.contains("lies in the database home already"), "{detail}");
    assert_eq!(kept.body["database"], "home");
    town.place(HERE, "home").success();
    town.place(AWAY, "east").success();

    let places = town.admin(1).get("/v1/groups/places").success();
    let names: Vec<&Json> = places["databases"].as_array().expect("a list").iter().collect();
    let shown = names.iter().map(|one| (&one["name"], &one["ready"], &one["devices"]));
    let expected = ["home", "east"].map(|name| (json!(name), json!(true), json!(1)));
    assert!(
        shown.eq(expected.iter().map(|(name, ready, devices)| (name, ready, devices))),
        "{places}"
    );
    let lies = [(HERE, "home"), (AWAY, "east")]
        .map(|(group, database)| json!({ "group": group, "database": database }));
    assert_eq!(places["groups"], json!(lies));
    let listed = cli.run(&["groups", "list"]).success();
    assert!(listed.contains("light") && listed.contains("east"), "{listed}");

    let audit = town.admin(0).get("/v1/audit").text;
    let acts = audit.lines().filter(|line| line.contains("\"group-place\"")).count();
    assert_eq!(acts, 1, "what changes nothing is no act: {audit}");
    let partner = json!({ "name": AWAY, "role": "partner", "group": AWAY });
    let partner = town.nodes[0].anybody().token(&town.token(&partner));
    partner.put("/v1/groups/water/place", &json!({ "database": "home" })).problem(403, "forbidden");
    partner.get("/v1/groups/places").problem(403, "forbidden");
}
