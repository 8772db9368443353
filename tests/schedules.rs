//! Schedules of commands: each moment is carried out once, whatever is killed when, and what was missed is told.

use std::{thread, time::Duration};

use champollion_tests::{Client, LUMINAIRE, Outside, Sensor, Server, Setup, eventually};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

const DECODER: &str = "nas/ul20xx@^1";

/// The payload of full light.
const PAYLOAD: &str = "01FE64";

/// A server whose commands wait for a network server that is away.
fn server_with(outside: &Outside, more: &str) -> Server {
    let settings = format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n\
         [network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\n{more}\n",
        outside.url()
    );
    let server = Setup::default().settings(&settings).start();
    server.publish_own(LUMINAIRE);
    server
}

fn register(server: &Server, number: u8, group: &str, more: &Json) -> Sensor {
    let sensor = Sensor::new(number);
    let mut registration = sensor.registration(group, Some(DECODER));
    registration["networkServer"] = json!("city");
    for (name, value) in more.as_object().expect("it is an object") {
        registration[name] = value.clone();
    }
    server.admin().put(&sensor.path(), &registration).success();
    sensor
}

fn full_light() -> Json {
    json!({ "manualDimming": { "destination": [
        { "address": "dali_broadcast", "dimmingLevel": 100 },
    ]}})
}

fn plan(when: &Json, more: &Json) -> Json {
    let mut plan = json!({ "name": "Evening", "when": when, "command": full_light() });
    for (name, value) in more.as_object().expect("it is an object") {
        plan[name] = value.clone();
    }
    plan
}

fn soon(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

fn path(schedule: &Json) -> String {
    format!("/v1/schedules/{}", schedule["id"].as_str().expect("it has an id"))
}

fn commands(client: &Client, sensor: &Sensor) -> Vec<Json> {
    let listed = client.get(&format!("{}/downlinks", sensor.path())).success();
    listed["downlinks"].as_array().expect("there is a list").clone()
}

/// Returns the last run of a schedule once it is over.
#[track_caller]
fn run_of(client: &Client, schedule: &str) -> Json {
    eventually("the schedule is carried out", || {
        let run = client.get(schedule).success()["runs"][0].clone();
        (run.is_object() && run["state"] != "running").then_some(run)
    })
}

#[test]
fn a_moment_is_carried_out_once_whatever_is_killed_when() {
    let outside = Outside::away(|_| (503, String::new()));
    let mut server = server_with(&outside, "");
    let lights: Vec<Sensor> =
        (1..=3).map(|number| register(&server, number, "light", &json!({}))).collect();
    let token = server.new_token("partner", Some("light"));
    let partner = |server: &Server| server.anybody().token(&token);
    let at = soon(5);
    let when = json!({ "at": at });
    let group = partner(&server).post("/v1/schedules", &plan(&when, &json!({ "group": "light" })));
    assert_eq!(group.status, 201, "{}", group.text);
    let group = path(&group.success());
    let device = plan(&when, &json!({ "device": lights[0].dev_eui() }));
    let device = path(&partner(&server).post("/v1/schedules", &device).success());
    // Killed before the moment, around it, and while what is due is being taken.
    for milliseconds in [0, 300, 700, 20, 60, 150] {
        thread::sleep(Duration::from_millis(milliseconds));
        server.kill();
        server.restart();
    }
    let partner = partner(&server);
    let of_group = run_of(&partner, &group);
    assert_eq!((&of_group["state"], &of_group["queued"]), (&json!("sent"), &json!(3)));
    assert_eq!(run_of(&partner, &device)["queued"], 1);
    for (index, light) in lights.iter().enumerate() {
        let sent = commands(&partner, light);
        assert_eq!(sent.len(), if index == 0 { 2 } else { 1 }, "{sent:?}");
        assert!(sent.iter().all(|command| command["payload"] == PAYLOAD), "{sent:?}");
        assert!(sent[0]["requestedBy"].as_str().is_some_and(|by| by == "schedule Evening"));
    }
    server.kill();
    server.restart();
    thread::sleep(Duration::from_millis(1_500));
    let partner = server.anybody().token(&token);
    assert_eq!(commands(&partner, &lights[1]).len(), 1, "it was carried out once more");
    assert_eq!(partner.get(&group).success()["next"], Json::Null);
}

#[test]
fn what_was_missed_is_told_and_made_up_for_where_the_schedule_says_so() {
    let outside = Outside::away(|_| (503, String::new()));
    let mut server = server_with(&outside, "[schedules]\nlate-seconds = 1\n");
    let (told, made_up) =
        (register(&server, 1, "light", &json!({})), register(&server, 2, "light", &json!({})));
    let when = json!({ "at": soon(8) });
    let add =
        |more: &Json| path(&server.admin().post("/v1/schedules", &plan(&when, more)).success());
    let first = add(&json!({ "device": told.dev_eui() }));
    let second = add(&json!({ "device": made_up.dev_eui(), "missed": "make-up" }));
    server.kill();
    thread::sleep(Duration::from_secs(12));
    server.restart();
    let admin = server.admin();
    let run = run_of(&admin, &first);
    assert_eq!((&run["state"], &run["moments"]), (&json!("missed"), &json!(1)));
    let run = run_of(&admin, &second);
    assert_eq!((&run["state"], &run["madeUp"]), (&json!("sent"), &json!(true)));
    assert_eq!(commands(&admin, &told).len(), 0);
    assert_eq!(commands(&admin, &made_up).len(), 1);
    let events = admin.get("/v1/events?group=light").success();
    let events = events["events"].as_array().expect("there is a list");
    let missed: Vec<&Json> =
        events.iter().filter(|event| event["type"] == "schedule-missed").collect();
    assert_eq!(missed.len(), 1, "{events:?}");
    assert!(missed[0]["message"].as_str().is_some_and(|words| words.contains("Evening")));
    assert!(server.log().contains("was not carried out"));
}

#[test]
fn a_dry_run_shows_moments_and_payloads_and_sends_nothing() {
    let outside = Outside::away(|_| (503, String::new()));
    let server = server_with(&outside, "[territory]\ntime-zone = \"Europe/Paris\"\n");
    let place = json!({ "latitude": 48.8566, "longitude": 2.3522, "tags": { "street": "Rue X" } });
    let light = register(&server, 1, "light", &place);
    register(&server, 2, "light", &json!({ "tags": { "street": "Rue X" } }));
    register(&server, 3, "light", &json!({}));
    let partner = server.partner("light");
    let street = json!({ "group": "light", "tags": { "street": "Rue X" } });
    let nightly = json!({ "cron": "0 22 * * *", "exceptions": ["2999-12-31"] });
    let nightly = partner.post("/v1/schedules", &plan(&nightly, &street)).success();
    let planned = partner.get(&format!("{}/next", path(&nightly))).success();
    assert_eq!(planned["timeZone"], "Europe/Paris");
    let moments = planned["moments"].as_array().expect("there is a list");
    assert_eq!(moments.len(), 10);
    for moment in moments {
        assert!(moment["local"].as_str().is_some_and(|local| local.contains("T22:00:00+")));
        let payload = &moment["payloads"][0];
        assert_eq!((&payload["payload"], &payload["fPort"]), (&json!(PAYLOAD), &json!(60)));
        assert_eq!(payload["devices"], 2);
    }
    // The sun of the device's own place; a group has none.
    let sunset = json!({ "sun": "sunset", "offsetMinutes": -10 });
    let evening = plan(&sunset, &json!({ "device": light.dev_eui() }));
    let evening = partner.post("/v1/schedules", &evening).success();
    assert!(evening["next"].is_string(), "{evening}");
    let refused = partner.post("/v1/schedules", &plan(&sunset, &street));
    assert!(refused.problem(400, "invalid-schedule").contains("latitude"));
    assert_eq!(commands(&partner, &light).len(), 0);

    let cli = server.admin_cli();
    let id = nightly["id"].as_str().expect("it has an id");
    let shown = cli.run(&["schedules", "next", id]).success();
    assert!(shown.contains(PAYLOAD) && shown.contains("T22:00:00"), "{shown}");
    let json = cli.json(&["schedules", "edit", id, "--pause", "--json"]);
    assert_eq!((&json["plan"]["paused"], &json["next"]), (&json!(true), &Json::Null));
    assert_eq!(json["plan"]["tags"], json!({ "street": "Rue X" }));
    let dev_eui = light.dev_eui();
    let command = full_light().to_string();
    let adding = [
        "schedules",
        "add",
        "Morning",
        "--device",
        &dev_eui,
        "--sun",
        "sunrise",
        "--command",
        &command,
        "--json",
    ];
    let morning = cli.json(&adding);
    let listed = cli.run(&["schedules", "list"]).success();
    assert!(listed.contains("Morning") && listed.contains("paused"), "{listed}");
    let id = morning["id"].as_str().expect("it has an id");
    let _ = cli.run(&["schedules", "remove", id]).success();
    partner.get(&format!("/v1/schedules/{id}")).problem(404, "unknown-schedule");
}

#[test]
fn what_makes_no_sense_is_refused_with_what_to_write() {
    let outside = Outside::away(|_| (503, String::new()));
    let server = server_with(&outside, "[schedules]\nleast-seconds = 300\nof-group = 1\n");
    let light = register(&server, 1, "light", &json!({}));
    let partner = server.partner("light");
    let device = json!({ "device": light.dev_eui() });
    let add = |when: Json, more: &Json| partner.post("/v1/schedules", &plan(&when, more));
    for (when, words) in [
        (json!({}), "give one of cron, sun and at"),
        (json!({ "cron": "0 0 30 2 *" }), "no such day exists"),
        (json!({ "cron": "* * * * *" }), "300 s are the least"),
        (json!({ "cron": "0 1 * * *", "timeZone": "Paris" }), "Europe/Paris"),
        (json!({ "sun": "sunset" }), "latitude"),
        (json!({ "at": "2020-01-01T00:00:00Z" }), "past"),
    ] {
        let refused = add(when, &device);
        let said = refused.problem(400, "invalid-schedule");
        assert!(said.contains(words), "{said}");
    }
    let nightly = || json!({ "cron": "0 22 * * *" });
    let nobody = add(nightly(), &json!({}));
    assert!(nobody.problem(400, "invalid-schedule").contains("nobody is commanded"));
    add(nightly(), &json!({ "device": light.dev_eui(), "nightly": true }))
        .problem(400, "invalid-body");
    add(nightly(), &json!({ "group": "light", "tags": { "a": "b" } })).problem(404, "no-devices");
    // What the decoder does not take is told at once.
    let too_bright = json!({ "manualDimming": { "destination": [
        { "address": "dali_broadcast", "dimmingLevel": 101 },
    ]}});
    let refused = add(nightly(), &json!({ "device": light.dev_eui(), "command": too_bright }));
    assert_eq!(refused.body["failure"]["kind"], "invalid-command", "{}", refused.text);
    let urgent = json!({ "device": light.dev_eui(), "priority": "high" });
    add(nightly(), &urgent).problem(403, "priority-not-permitted");
    add(nightly(), &device).success();
    add(nightly(), &device).problem(409, "too-many-schedules");
}

#[test]
fn a_partner_has_its_own_schedules_alone() {
    let outside = Outside::away(|_| (503, String::new()));
    let server = server_with(&outside, "");
    let light = register(&server, 1, "light", &json!({}));
    register(&server, 2, "water", &json!({}));
    let (partner, other) = (server.partner("light"), server.partner("water"));
    let nightly = json!({ "cron": "0 22 * * *" });
    let of_device = plan(&nightly, &json!({ "device": light.dev_eui() }));
    let own = path(&partner.post("/v1/schedules", &of_device).success());
    other.post("/v1/schedules", &of_device).problem(404, "unknown-device");
    let of_group = plan(&nightly, &json!({ "group": "light" }));
    other.post("/v1/schedules", &of_group).problem(404, "unknown-group");
    other.get(&own).problem(404, "unknown-schedule");
    other.get(&format!("{own}/next")).problem(404, "unknown-schedule");
    other.put(&own, &of_device).problem(404, "unknown-schedule");
    other.delete(&own).problem(404, "unknown-schedule");
    assert_eq!(other.get("/v1/schedules").success()["schedules"], json!([]));
    // A device that has gone to another group is commanded no more.
    let soon = plan(&json!({ "at": soon(3) }), &json!({ "device": light.dev_eui() }));
    let gone = path(&partner.post("/v1/schedules", &soon).success());
    register(&server, 1, "water", &json!({}));
    let run = eventually("the schedule is refused", || {
        let found = server.admin().get(&gone).success()["runs"][0].clone();
        (found["state"] == "refused").then_some(found)
    });
    assert!(run["problem"].as_str().is_some_and(|words| words.contains("no device of the group")));
    assert_eq!(commands(&server.admin(), &light).len(), 0);
    // The schedule stays its partner's, to be removed.
    assert_eq!(partner.delete(&own).status, 204);
}
