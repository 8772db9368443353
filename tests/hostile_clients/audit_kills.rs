//! The server is killed in the midst of changes of every kind: what is there afterwards has its line of the audit,
//! and each line has its change.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::Duration,
};

use champollion_tests::{Client, LUMINAIRE, Outside, Sensor, Server, Setup};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// The number of times that the server is killed.
const ROUNDS: u32 = 4;

/// The time between a start and a kill.
const ROUND: Duration = Duration::from_millis(500);

/// All lines of the audit.
fn lines(server: &Server) -> Vec<Json> {
    let (mut all, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let page = server.admin().get(&format!("/v1/audit?limit=1000&after={after}"));
        all.extend(page.text.lines().map(|line| -> Json {
            serde_json::from_str(line).expect("a line of the audit is JSON")
        }));
        page.header("next-cursor").clone_into(&mut after);
        if page.header("more-records") == "false" {
            return all;
        }
    }
}

/// The subjects of all lines of an action.
fn subjects(lines: &[Json], action: &str) -> BTreeSet<String> {
    let of = lines.iter().filter(|line| line["action"] == action);
    of.map(|line| line["subject"].as_str().expect("a line has a subject").to_owned()).collect()
}

/// All items of a list, by one of their members.
fn listed(client: &Client, path: &str, list: &str, member: &str) -> BTreeMap<String, Json> {
    let page = client.get(path).success();
    assert_eq!(page["more"], false, "{path} has more than a page");
    let items = page[list].as_array().expect("it is a list").iter();
    items
        .map(|item| (item[member].as_str().expect("it has one").to_owned(), item.clone()))
        .collect()
}

/// Changes something again and again, until the server does not answer any more.
fn until_killed(mut change: impl FnMut(u32) -> Option<()>) {
    (0..).find_map(|number| change(number).is_none().then_some(()));
}

/// Sends a request, and gives the body of the answer where there is one.
fn asked(client: &Client, method: Method, path: &str, body: &Json) -> Option<Json> {
    client.attempt(&method, path, body.to_string().as_bytes()).ok().map(|answer| answer.body)
}

#[test]
fn a_kill_leaves_no_change_without_its_line_and_no_line_without_its_change() {
    let outside = Outside::away(|_| (200, String::new()));
    let settings = format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n\
         [network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\n",
        outside.url()
    );
    let mut server = Setup::default().settings(&settings).start();
    server.publish_own(LUMINAIRE);
    let (light, meter) = (Sensor::new(1), Sensor::new(2));
    let mut registration = light.registration("street", Some("nas/ul20xx@^1"));
    registration["networkServer"] = json!("city");
    server.admin().put(&light.path(), &registration).success();
    let elsewhere = json!({ "group": "water", "activation": { "otaaElsewhere": {} } });
    server.admin().put(&meter.path(), &elsewhere).success();
    for round in 0..ROUNDS {
        let admin = server.admin();
        thread::scope(|scope| {
            scope.spawn(|| {
                until_killed(|_| {
                    let wanted = json!({ "name": "x", "role": "publisher" });
                    let made = asked(&admin, Method::POST, "/v1/tokens", &wanted)?;
                    let path = format!("/v1/tokens/{}", made["id"].as_str()?);
                    asked(&admin, Method::DELETE, &path, &Json::Null)?;
                    asked(&admin, Method::POST, "/v1/tokens", &wanted).map(drop)
                });
            });
            scope.spawn(|| {
                until_killed(|number| {
                    let path = format!("/v1/devices/70B3D54990{round:02X}{number:04X}");
                    asked(&admin, Method::PUT, &path, &elsewhere)?;
                    if number % 3 == 0 {
                        asked(&admin, Method::DELETE, &path, &Json::Null)?;
                    }
                    Some(())
                });
            });
            scope.spawn(|| {
                until_killed(|number| {
                    let address = format!("02{round:02X}{number:04X}");
                    let session = json!({ "devAddr": address, "appSKey": meter.app_s_key() });
                    let path = format!("{}/session", meter.path());
                    asked(&admin, Method::PUT, &path, &session).map(drop)
                });
            });
            scope.spawn(|| {
                until_killed(|_| {
                    let command = json!({ "command": { "manualDimming": { "destination": [
                        { "address": "dali_broadcast", "dimmingLevel": 100 },
                    ]}}});
                    let path = format!("{}/downlinks", light.path());
                    asked(&admin, Method::POST, &path, &command).map(drop)
                });
            });
            thread::sleep(ROUND);
            server.kill();
        });
        server.restart();
    }

    let (admin, lines) = (server.admin(), lines(&server));
    let mut tokens = subjects(&lines, "token-create");
    tokens.retain(|id| !subjects(&lines, "token-revoke").contains(id));
    let there = listed(&admin, "/v1/tokens?limit=1000", "tokens", "id");
    assert!(there.len() > 1, "{there:?}");
    assert_eq!(there.into_keys().collect::<BTreeSet<_>>(), tokens);

    let mut devices = subjects(&lines, "device-register");
    devices.retain(|dev_eui| !subjects(&lines, "device-remove").contains(dev_eui));
    let there = listed(&admin, "/v1/devices?limit=1000", "devices", "devEui");
    assert!(there.len() > 2, "{there:?}");
    let mut handovers = lines.iter().filter(|line| line["action"] == "session-hand-over");
    let last = handovers.next_back().expect("sessions were handed over");
    assert_eq!(there[&meter.dev_eui()]["devAddr"], last["details"]["devAddr"], "{last}");
    assert_eq!(there.into_keys().collect::<BTreeSet<_>>(), devices);

    let sent = lines.iter().filter(|line| line["action"] == "command-send");
    let sent: BTreeSet<String> = sent
        .map(|line| line["details"]["id"].as_str().expect("a command has an id").to_owned())
        .collect();
    let path = format!("{}/downlinks?limit=1000", light.path());
    let there = listed(&admin, &path, "downlinks", "id");
    assert!(!there.is_empty());
    assert_eq!(there.into_keys().collect::<BTreeSet<_>>(), sent);
    let verified = admin.get("/v1/registry/verify").success();
    assert_eq!(verified["problems"], json!([]), "{verified}");
}
