//! The tables of bounds: each quota of the settings is met by a request, and each operation of the interface stands
//! in the table of docs/hardening.md with bounds that are settings.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use champollion_tests::{Answer, Client, Outside, Sensor, Server, workspace};
use serde_json::{Value as Json, json};

use crate::quotas::{busily, downlinks, full_light, lights, server_with};

/// A quota, the status and the code of the request that is beyond it, and the request of its group.
type Row = (&'static str, u16, &'static str, fn(&Server, &Sensor, &str) -> Answer);

/// A quota of 0 in a group of its own name, and a request that needs one place.
const ROWS: [Row; 12] = [
    ("waiting-commands", 429, "quota-exceeded", command),
    ("open-commands", 429, "quota-exceeded", command),
    ("routes", 409, "too-many-routes", |server, _, group| put_route(server, group)),
    ("tokens", 409, "quota-exceeded", |server, _, group| {
        let wanted = json!({ "name": "x", "role": "partner", "group": group });
        server.admin().post("/v1/tokens", &wanted)
    }),
    ("devices", 409, "quota-exceeded", |server, _, group| {
        let sensor = Sensor::new(250);
        server.admin().put(&sensor.path(), &sensor.registration(group, None))
    }),
    ("alert-rules", 409, "too-many-alert-rules", |server, _, group| {
        let rule = json!({ "when": { "silent": { "seconds": 3_600 } } });
        server.admin().put(&format!("/v1/alerts/rules/any?group={group}"), &rule)
    }),
    ("open-streams", 429, "too-many-followers", follow),
    ("open-streams-of-token", 429, "too-many-followers", |server, _, group| {
        server.admin().get(&format!("/v1/records?wait=1&group={group}"))
    }),
    ("open-answers", 429, "quota-exceeded", pull),
    ("open-answers-of-token", 429, "quota-exceeded", pull),
    ("route-tests-per-minute", 429, "quota-exceeded", |server, _, group| {
        server.admin().post(&format!("/v1/routes/any/test?group={group}"), &json!({}))
    }),
    ("route-changes-per-minute", 429, "quota-exceeded", |server, _, group| {
        for word in ["pause", "resume"] {
            let path = format!("/v1/routes/any/{word}?group={group}");
            server.admin().post(&path, &json!({})).problem(429, "quota-exceeded");
        }
        put_route(server, group)
    }),
];

/// The quota that is a permission, which [`urgent_commands_are_by_permission`](crate::quotas) meets.
const PERMISSION: &str = "high-priority";

/// The quotas that refuse no request, since alerts come of frames: what is beyond is folded, makes room or waits, which
/// [`alerts`](crate::alerts) has.
const OF_ALERTS: [&str; 4] = ["waiting-messages", "kept-alerts", "mails-per-hour", "mails-per-day"];

fn command(server: &Server, light: &Sensor, _: &str) -> Answer {
    server.admin().post(&downlinks(light), &full_light())
}

fn put_route(server: &Server, group: &str) -> Answer {
    let pull = json!({ "to": { "pull": {} } });
    server.admin().put(&format!("/v1/routes/any?group={group}"), &pull)
}

fn follow(server: &Server, _: &Sensor, group: &str) -> Answer {
    server.admin().get(&format!("/v1/records/stream?group={group}"))
}

fn pull(server: &Server, _: &Sensor, group: &str) -> Answer {
    server.admin().get(&format!("/v1/records?group={group}"))
}

/// The settings of the server, each as `[section] name`.
fn settings() -> BTreeSet<String> {
    let path = workspace().join("runtime/server/champollion.toml");
    let text = fs::read_to_string(path).expect("the settings are there");
    let (mut section, mut all) = (String::new(), BTreeSet::new());
    for line in text.lines() {
        if line.starts_with('[') {
            line.clone_into(&mut section);
        } else if let Some((name, _)) = line.split_once(" = ")
            && !line.starts_with('#')
        {
            all.insert(format!("{section} {name}"));
        }
    }
    all
}

#[test]
fn each_quota_of_the_settings_is_met() {
    let of_settings: BTreeSet<String> = settings()
        .iter()
        .filter_map(|setting| setting.strip_prefix("[quotas] "))
        .map(str::to_owned)
        .collect();
    let others = OF_ALERTS.into_iter().chain([PERMISSION]);
    let met: BTreeSet<String> =
        ROWS.iter().map(|(quota, ..)| *quota).chain(others).map(str::to_owned).collect();
    assert_eq!(met, of_settings);

    let outside = Outside::away(busily);
    let groups: String =
        ROWS.iter().map(|(quota, ..)| format!("[quotas.groups.{quota}]\n{quota} = 0\n")).collect();
    let server = server_with(&outside, &groups);
    for (number, (quota, status, code, request)) in (1..).zip(ROWS) {
        // Those of devices are refused before there is one.
        let light = match quota {
            "devices" => Sensor::new(number),
            _ => lights(&server, number..=number, quota).remove(0),
        };
        let answer = request(&server, &light, quota);
        let said = answer.problem(status, code);
        assert!(said.contains(&format!("[quotas.groups.{quota}]")), "{quota}: {said}");
        assert_eq!(answer.body["quota"], quota, "{}", answer.text);
        assert_eq!(answer.body["limit"], 0, "{}", answer.text);
        if status == 429 {
            assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{quota}");
        }
    }
}

/// The words in backquotes of a cell.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The rows of the table under a heading: the requests, and their bounds.
fn table(page: &str, heading: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let (_, section) = page.split_once(heading).expect("the page has the heading");
    let section = section.split("\n## ").next().unwrap_or_default();
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        assert_eq!(cells.len(), 2, "{row}");
        (owned(quoted(cells[0])), owned(quoted(cells[1])))
    })
    .collect()
}

/// All operations, each as its method and its path.
fn operations(anybody: &Client) -> BTreeMap<String, Json> {
    let document = anybody.get("/openapi.json").success();
    let paths = document["paths"].as_object().expect("a document has paths");
    let of_path = |(path, item): (&String, &Json)| {
        let operations = item.as_object().expect("a path has operations").clone();
        let path = path.clone();
        operations
            .into_iter()
            .map(move |(method, json)| (format!("{} {path}", method.to_uppercase()), json))
    };
    paths.iter().flat_map(of_path).collect()
}

#[test]
fn each_operation_stands_in_the_table_with_bounds_that_are_settings() {
    let page = fs::read_to_string(workspace().join("docs/hardening.md")).expect("it is there");
    let rows = table(&page, "\n## The bounds of each request\n");
    let (server, settings) = (Server::start(), settings());
    let operations = operations(&server.anybody());
    let mut left: BTreeSet<&str> = operations.keys().map(String::as_str).collect();
    for (requests, bounds) in &rows {
        assert!(!bounds.is_empty(), "{requests:?} have no bound");
        for bound in bounds {
            assert!(settings.contains(bound), "{bound} is no setting");
        }
        for request in requests {
            let is_it = |operation: &&str| match request.strip_suffix('*') {
                Some(beginning) => operation.starts_with(beginning),
                None => *operation == request,
            };
            let meant: Vec<&str> = left.iter().copied().filter(|one| is_it(one)).collect();
            assert!(!meant.is_empty(), "{request} is nothing, or stands in the table twice");
            left.retain(|operation| !meant.contains(operation));
        }
    }
    assert!(left.is_empty(), "the table lacks {left:?}");
}
