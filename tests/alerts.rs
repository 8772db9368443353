//! Alerts: rules are checked, judged in the batch of a frame, told by mail, and acknowledged.

use std::{thread, time::Duration};

use champollion_tests::{
    AXIOMA, Client, LUMINAIRE, MailServer, Outside, Sensor, Server, Setup, eventually,
};
use data_encoding::HEXUPPER;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

/// Pauses that a test can wait for.
const QUICK: &str =
    "[outbox]\nfirst-pause-seconds = 1\nlongest-pause-seconds = 1\ngathering-seconds = 0\n";

/// The address that mails lead to.
const ADDRESS: &str = "[sign-in]\npublic-address = \"https://champollion.city.example\"\n";

/// The time by which telegrams of two moments differ.
const SECOND: Duration = Duration::from_millis(1_100);

/// The short telegram of a water meter: its clock, its index in litres, and the index of eleven hours before.
fn telegram(at: Timestamp, litres: u32) -> Vec<u8> {
    let clock = |moment: Timestamp| u32::try_from(moment.as_second()).expect("it is our century");
    let mut bytes = clock(at).to_le_bytes().to_vec();
    bytes.push(0);
    bytes.extend(litres.to_le_bytes());
    bytes.extend(clock(at - SignedDuration::from_hours(11)).to_le_bytes());
    bytes.extend((litres - 10).to_le_bytes());
    bytes
}

/// Has a meter be heard at a minute of the last hour.
fn hear(lns: &Client, sensor: &Sensor, f_cnt: u32, litres: u32) {
    let minutes = SignedDuration::from_mins(60 - i64::from(f_cnt));
    let at = Timestamp::now() - minutes;
    let mut frame = sensor.frame(f_cnt, 100, &telegram(at, litres));
    frame["receivedAt"] = json!(at);
    lns.ingest(&frame).success();
}

fn with_meters(server: &Server, count: u8) -> Vec<Sensor> {
    server.publish_own(AXIOMA);
    let sensors: Vec<Sensor> = (1..=count).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register(sensor, "water", Some("axioma/qalcosonic-w1@^1"));
    }
    sensors
}

/// A rule on an index above 100 m3, with a way back at 90 m3, written in litres.
fn above() -> Json {
    let limit =
        json!({ "quantity": "water.volume", "limit": 100_000, "back": 90_000, "unit": "L" });
    json!({ "when": { "above": limit } })
}

fn alerts(partner: &Client, state: &str) -> Vec<Json> {
    let listed = partner.get(&format!("/v1/alerts?state={state}")).success();
    listed["alerts"].as_array().expect("alerts are a list").clone()
}

/// The Message-ID of a mail.
fn id_of(mail: &str) -> String {
    let line = mail.lines().find(|line| line.to_lowercase().starts_with("message-id:"));
    line.expect("a mail has an id").to_owned()
}

#[test]
fn of_pypi_an_alert_is_mailed_once_whatever_is_killed() {
    let mail = MailServer::start();
    let settings = format!("{QUICK}{ADDRESS}{}", mail.settings());
    let mut server = Setup::default().settings(&settings).start();
    let meter = with_meters(&server, 1).remove(0);
    let mut rule = above();
    rule["tell"] = json!({ "mail": ["ada@city.example"], "language": "en" });
    let partner = server.partner("water");
    let made = partner.put("/v1/alerts/rules/high", &rule).success();
    assert_eq!(made["when"]["above"]["limit"], 100.0, "in the unit of the vocabulary: {made}");
    assert_eq!(made["when"]["above"]["unit"], "m3", "{made}");
    hear(&server.lns(), &meter, 1, 80_000);
    hear(&server.lns(), &meter, 2, 100_500);
    server.kill();
    server.restart();
    hear(&server.lns(), &meter, 3, 100_600);
    let partner = server.partner("water");
    let open = alerts(&partner, "open");
    assert_eq!((open.len(), &open[0]["value"]), (1, &json!(100.5)), "{open:?}");
    eventually("the mail comes", || mail.mails().pop());
    let said = mail.mails().remove(0);
    assert!(said.contains("Subject: Alert: high: Water index 100.5"), "{said}");
    assert!(said.contains("https://champollion.city.example/partner/alerts"), "{said}");
    assert!(said.contains(&meter.dev_eui()) && said.contains("Limit: above 100 m=C2=B3"), "{said}");
    // Between the two limits nothing changes, and at the way back the alert is over.
    hear(&server.lns(), &meter, 4, 95_000);
    assert_eq!(alerts(&partner, "open").len(), 1);
    hear(&server.lns(), &meter, 5, 90_000);
    server.kill();
    server.restart();
    let partner = server.partner("water");
    assert!(alerts(&partner, "open").is_empty());
    let all = alerts(&partner, "all");
    assert!(all.len() == 1 && all[0]["endedAt"].is_string(), "{all:?}");
    eventually("its end is mailed", || {
        mail.mails().into_iter().find(|mail| mail.contains("Subject: Alert over: high"))
    });
    // A mail may come twice where its sender was killed; its Message-ID tells.
    let mut ids: Vec<String> = mail.mails().iter().map(|mail| id_of(mail)).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 2, "{ids:?}");
}

#[test]
fn of_pypi_mails_wait_for_their_server_and_many_become_one() {
    let down = "[mail]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\nfrom = \"champollion@city.example\"\n";
    // After the first failure all other mails wait as they are.
    let patient = QUICK.replace("seconds = 1", "seconds = 60");
    let mut server = Setup::default().settings(&format!("{patient}{ADDRESS}{down}")).start();
    let meters = with_meters(&server, 6);
    let mut rule = above();
    rule["tell"] = json!({ "mail": ["ada@city.example"], "language": "en" });
    server.partner("water").put("/v1/alerts/rules/high", &rule).success();
    for meter in &meters {
        hear(&server.lns(), meter, 1, 100_500);
    }
    let metrics = |server: &Server| server.admin().get("/metrics").text;
    eventually("the mail server is missed", || {
        let failures = "champollion_outbox_failures_total{channel=\"mail\"} 1";
        metrics(&server).contains(failures).then_some(())
    });
    assert_eq!(alerts(&server.partner("water"), "open").len(), meters.len());
    let mail = MailServer::start();
    server.change_settings(&format!("{QUICK}{ADDRESS}{}", mail.settings()));
    server.stop();
    server.restart();
    let told = || {
        let mails = mail.mails();
        let is_told = |meter: &Sensor| mails.iter().any(|mail| mail.contains(&meter.dev_eui()));
        meters.iter().all(is_told).then_some(mails)
    };
    let mails = eventually("every alert is mailed", told);
    assert!(mails.len() < meters.len(), "many are told in one: {mails:?}");
    assert!(mails.iter().any(|mail| mail.contains("messages")), "{mails:?}");
    eventually("nothing waits", || {
        metrics(&server).contains("champollion_outbox_waiting 0").then_some(())
    });
}

#[test]
fn a_rule_is_tried_before_it_is_armed_and_an_alert_is_acknowledged_once() {
    let server = Server::start();
    let meter = with_meters(&server, 1).remove(0);
    let lns = server.lns();
    for (f_cnt, litres) in [(1, 80_000), (2, 100_500), (3, 85_000), (4, 100_700)] {
        hear(&lns, &meter, f_cnt, litres);
    }
    let file = server.folder().join("rule.json");
    std::fs::write(&file, above().to_string()).expect("there is room");
    let (partner, path) = (server.partner("water"), file.display().to_string());
    let cli = server.admin_cli();
    let said = cli.run(&["alerts", "try", &path, "--group", "water"]).success();
    assert!(
        said.starts_with(
            "the rule would have been raised 2 times (1 over by now), in 4 frames of 1 device\n"
        ),
        "{said}"
    );
    assert!(alerts(&partner, "all").is_empty(), "a trial raises nothing");
    let said = cli.run(&["alerts", "put", "high", &path, "--group", "water"]).success();
    assert_eq!(said, "the rule high is armed\n");
    hear(&lns, &meter, 5, 101_000);
    let open = alerts(&partner, "unacknowledged");
    assert_eq!(open.len(), 1, "{open:?}");
    let id = open[0]["id"].as_str().expect("an alert has an id").to_owned();
    let other = server.partner("light");
    let acknowledge = format!("/v1/alerts/{id}/acknowledge");
    other.get(&format!("/v1/alerts/{id}")).problem(404, "no-such-alert");
    other.post(&acknowledge, &json!({})).problem(404, "no-such-alert");
    let seen = partner.post(&acknowledge, &json!({ "note": "a leak" })).success();
    assert_eq!(seen["acknowledged"]["note"], "a leak", "{seen}");
    partner.post(&acknowledge, &json!({})).problem(409, "already-acknowledged");
    assert!(alerts(&partner, "unacknowledged").is_empty() && alerts(&partner, "open").len() == 1);
    let table = cli.run(&["alerts", "list", "--group", "water"]).success();
    assert!(table.contains("Water index 101 m³") && table.contains("above 100 m³"), "{table}");
    // What a removed rule has raised does not hang.
    drop(cli.run(&["alerts", "remove", "high", "--group", "water"]).success());
    eventually("it is over", || alerts(&partner, "open").is_empty().then_some(()));
    assert_eq!(alerts(&partner, "all")[0]["dropped"], true);
}

#[test]
fn what_cannot_work_is_refused_with_what_to_write_instead() {
    let server = Server::start();
    with_meters(&server, 1);
    let partner = server.partner("water");
    let put = |rule: Json| partner.put("/v1/alerts/rules/high", &rule);
    let on = |quantity: &str, more: Json| {
        let mut limit = json!({ "quantity": quantity, "limit": 100 });
        let members = more.as_object().expect("it is an object").clone();
        limit.as_object_mut().expect("it is an object").extend(members);
        json!({ "when": { "above": limit } })
    };
    let long = format!("https://city.example/{}", "x".repeat(1_000));
    for (rule, says) in [
        (on("water.volum", json!({})), "did you mean water.volume?"),
        (on("air.co2", json!({})), "no decoder"),
        (on("water.volume", json!({ "unit": "Cel" })), "write m3"),
        (on("water.volume", json!({ "back": 110 })), "above.back"),
        (
            json!({ "when": { "alarm": {} }, "tell": { "webhook": { "url": "http://10.0.0.1/" } } }),
            "tell.webhook",
        ),
        (
            json!({ "when": { "alarm": {} }, "tell": { "webhook": { "url": "https://127.0.0.1:8443/" } } }),
            "allow-networks",
        ),
        (
            json!({ "when": { "alarm": {} }, "tell": { "mqtt": { "url": "mqtts://169.254.169.254", "topic": "a" } } }),
            "allow-networks",
        ),
        (
            json!({ "when": { "alarm": {} }, "tell": { "mail": ["ada@city.example"] } }),
            "host under [mail]",
        ),
        (
            json!({ "when": { "alarm": {} }, "tell": { "webhook": { "url": long } } }),
            "tell.webhook.url",
        ),
        (
            json!({ "when": { "route": { "seconds": 60 } }, "scope": { "subGroup": "north" } }),
            "scope",
        ),
    ] {
        let answer = put(rule.clone());
        let said = answer.problem(422, "invalid-alert-rule");
        assert!(said.contains(says), "{rule}: {said}");
    }
    let mails = json!({ "when": { "alarm": {} }, "tell": { "mail": ["ada"] } });
    assert!(put(mails).problem(400, "invalid-body").contains("tell.mail"));
    let unknown = json!({ "when": { "alarms": {} } });
    put(unknown).problem(400, "invalid-body");
    // It is the name of the trial.
    partner.put("/v1/alerts/rules/try", &above()).problem(405, "method-not-allowed");
    partner.get("/v1/alerts/rules/none").problem(404, "no-such-alert-rule");
    let rules = server.partner("light").get("/v1/alerts/rules").success();
    assert_eq!(rules, json!({ "rules": [] }));
}

#[test]
fn rules_are_listed_page_by_page() {
    let server = Setup::default().start();
    server.register(&Sensor::new(1), "water", None);
    let partner = server.partner("water");
    let names = ["a", "a-b", "b", "b2"];
    for name in names {
        partner.put(&format!("/v1/alerts/rules/{name}"), &above()).success();
    }
    let (mut listed, mut after) = (Vec::new(), String::new());
    loop {
        let page = partner.get(&format!("/v1/alerts/rules?limit=3{after}")).success();
        let rules = page["rules"].as_array().expect("there is a list").clone();
        listed.extend(rules.iter().map(|rule| rule["name"].clone()));
        if page["more"] != true {
            break;
        }
        assert_eq!(rules.len(), 3);
        after = format!("&after={}", page["next"].as_str().expect("it says where to go on"));
    }
    assert_eq!(listed, names);
    let whole = partner.get("/v1/alerts/rules").success();
    assert_eq!(whole["rules"].as_array().map(Vec::len), Some(names.len()));
    assert!(whole.get("next").is_none(), "a short list is what it always was: {whole}");
}

/// The status of a street light whose metering does not answer, which is an alarm.
const FAULT: &str = "018EB28266200047071A000201DEFE210000";

/// A server whose commands wait for a network server that is away, with a street light of a number.
fn with_light(outside: &Outside) -> (Server, Sensor) {
    let settings = format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n\
         [network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\n",
        outside.url()
    );
    let server = Setup::default().settings(&settings).start();
    server.publish_own(LUMINAIRE);
    let light = Sensor::new(1);
    let mut registration = light.registration("light", Some("nas/ul20xx@^1"));
    registration["networkServer"] = json!("city");
    server.admin().put(&light.path(), &registration).success();
    (server, light)
}

/// A rule that sets a light to full where anything of it is an alarm.
fn full_light(command: Json) -> Json {
    let mut wish = json!({
        "command": {
            "manualDimming": { "destination": [{ "address": "dali_broadcast", "dimmingLevel": 100 }] },
        },
    });
    let members = command.as_object().expect("it is an object").clone();
    wish.as_object_mut().expect("it is an object").extend(members);
    json!({ "when": { "alarm": {} }, "command": wish })
}

#[test]
fn an_alert_commands_once_whatever_is_killed() {
    let outside = Outside::away(|_| (503, String::new()));
    let (mut server, light) = with_light(&outside);
    let token = server.new_token("partner", Some("light"));
    let partner = |server: &Server| server.anybody().token(&token);
    let rule = full_light(json!({}));
    partner(&server).put("/v1/alerts/rules/lamp", &rule).success();
    let payload = HEXUPPER.decode(FAULT.as_bytes()).expect("these are digits");
    for f_cnt in 1..=3 {
        let mut frame = light.frame(f_cnt, 23, &payload);
        frame["receivedAt"] = json!(Timestamp::now());
        server.admin().ingest(&frame).success();
        server.kill();
        server.restart();
    }
    let alert = eventually("the command is sent", || {
        let open = alerts(&partner(&server), "open");
        let alert = open.into_iter().find(|alert| alert["rule"] == "lamp")?;
        alert["commanded"].is_object().then_some(alert)
    });
    assert_eq!(alert["commanded"]["device"], light.dev_eui(), "{alert}");
    let sent = partner(&server).get(&format!("{}/downlinks", light.path())).success();
    let sent = sent["downlinks"].as_array().expect("there is a list");
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(
        (&sent[0]["payload"], &sent[0]["requestedBy"]),
        (&json!("01FE64"), &json!("alert lamp"))
    );
    assert_eq!(sent[0]["id"], alert["commanded"]["command"], "{alert}");
}

#[test]
fn a_command_that_no_device_knows_or_the_sender_may_not_send_is_refused() {
    let outside = Outside::away(|_| (503, String::new()));
    let (server, _) = with_light(&outside);
    server.register(&Sensor::new(2), "water", None);
    let partner = server.partner("light");
    let put = |rule: &Json| partner.put("/v1/alerts/rules/lamp", rule);
    let unknown = json!({ "when": { "alarm": {} }, "command": { "command": { "sing": true } } });
    let refused = put(&unknown);
    assert_eq!(refused.status, 422, "{}", refused.text);
    let of_another = full_light(json!({ "device": Sensor::new(2).dev_eui() }));
    let of_nobody = full_light(json!({ "device": Sensor::new(9).dev_eui() }));
    for (rule, number) in [(of_another, 2), (of_nobody, 9)] {
        let answer = put(&rule);
        let said = answer.problem(422, "invalid-alert-rule");
        let dev_eui = Sensor::new(number).dev_eui();
        let words = format!("command.device: {dev_eui} is no device of the group light: name one");
        assert_eq!(said, words);
    }
    let hasty = full_light(json!({ "expiresInSeconds": 1 }));
    put(&hasty).problem(422, "invalid-alert-rule");
    let wish = json!({ "name": "routes alone", "role": "partner", "group": "light", "scopes": ["routes"] });
    let made = server.admin().post("/v1/tokens", &wish).success();
    let narrow = made["token"].as_str().expect("a token is shown once");
    let narrow = server.anybody().token(narrow);
    narrow.put("/v1/alerts/rules/lamp", &full_light(json!({}))).problem(403, "forbidden");
    narrow.put("/v1/alerts/rules/lamp", &json!({ "when": { "alarm": {} } })).success();
}

#[test]
fn planned_work_leaves_its_day_out_and_mutes_what_it_is_about() {
    let server = Server::start();
    let meter = with_meters(&server, 1).remove(0);
    let (partner, admin, lns) = (server.partner("water"), server.admin(), server.lns());
    partner.put("/v1/alerts/rules/high", &above()).success();
    let hear_now = |f_cnt: u32, litres: u32| {
        let now = Timestamp::now();
        let mut frame = meter.frame(f_cnt, 100, &telegram(now, litres));
        frame["receivedAt"] = json!(now);
        lns.ingest(&frame).success();
    };
    hear_now(1, 80_000);
    let now = Timestamp::now();
    let (begin, end) = (now - SignedDuration::from_mins(1), now + SignedDuration::from_hours(1));
    let work = json!({
        "kind": "planned", "title": "Mast", "text": "Painted.", "begin": begin, "end": end,
        "scope": { "groups": ["water"] },
    });
    let notice = admin.post("/v1/notices", &work).success();
    // Telegrams tell whole seconds, and each must be later than the one before.
    thread::sleep(SECOND);
    hear_now(2, 100_500);
    assert!(alerts(&partner, "all").is_empty(), "people are at work");
    let excluded = partner.get("/v1/quality/excluded").success();
    assert_eq!(excluded["excluded"][0]["reason"], "notice", "{excluded}");
    let id = notice["id"].as_str().expect("a notice has an id");
    admin.post(&format!("/v1/notices/{id}/cancel"), &json!({})).success();
    thread::sleep(SECOND);
    hear_now(3, 100_600);
    assert_eq!(alerts(&partner, "open").len(), 1, "the work is over");
}

#[test]
fn a_device_that_is_silent_is_told_once_and_its_next_frame_ends_it() {
    let server = Server::start();
    let meter = with_meters(&server, 1).remove(0);
    let lns = server.lns();
    hear(&lns, &meter, 1, 1_000);
    let partner = server.partner("water");
    let rule = json!({ "when": { "silent": { "seconds": 1 } } });
    partner.put("/v1/alerts/rules/silence", &rule).success();
    eventually("the silence is seen", || (alerts(&partner, "open").len() == 1).then_some(()));
    let now = Timestamp::now();
    let mut frame = meter.frame(2, 100, &telegram(now, 1_010));
    frame["receivedAt"] = json!(now);
    lns.ingest(&frame).success();
    eventually("it is over", || {
        let all = alerts(&partner, "all");
        all.iter().any(|alert| alert["endedAt"].is_string()).then_some(())
    });
}

#[test]
fn the_alert_of_a_route_ends_when_the_route_is_removed() {
    let delivery = "[delivery]\nallow-networks = [\"127.0.0.0/8\"]\nplain-http = true\n";
    let server = Setup::default().settings(delivery).start();
    let meter = with_meters(&server, 1).remove(0);
    let (partner, away) = (server.partner("water"), Outside::away(|_| (204, String::new())));
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let route = json!({ "to": { "http": { "url": away.url(), "secrets": [secret] } } });
    partner.put("/v1/routes/away", &route).success();
    let rule = json!({ "when": { "route": { "seconds": 1 } } });
    partner.put("/v1/alerts/rules/dark", &rule).success();
    hear(&server.lns(), &meter, 1, 1_000);
    let open = eventually("the route is missed", || alerts(&partner, "open").pop());
    assert_eq!(open["route"], "away", "{open}");
    partner.delete("/v1/routes/away").success();
    eventually("its alert is over", || alerts(&partner, "open").is_empty().then_some(()));
    let all = alerts(&partner, "all");
    assert!(all.len() == 1 && all[0]["dropped"] == true, "{all:?}");
}
