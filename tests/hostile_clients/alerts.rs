//! Attacks by alerts: what recipients do not take, alerts without end, and mails to anybody are bounded, and no frame is
//! refused for it.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use champollion_tests::{
    Asked, Client, MailServer, Outside, SIGN_IN_SETTINGS, Sensor, Server, Setup, eventually,
};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// Recipients on this machine are let through, and pauses are those that a test can wait for.
const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n\
    [delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n\
    [outbox]\nfirst-pause-seconds = 1\nlongest-pause-seconds = 1\ngathering-seconds = 0\n";

/// The address that links in mails begin with: there are no mails without.
const ADDRESS: &str = "public-address = \"https://champollion.city.example\"\n";

/// The secret of all webhooks, so that those to one address go one way.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Rules that watch the device of a group.
const RULES: usize = 20;

fn taken(_: &Asked) -> (u16, String) {
    (204, String::new())
}

fn hear(server: &Server, sensor: &Sensor, f_cnt: u32) {
    let mut frame = sensor.frame(f_cnt, 1, &[1]);
    frame["receivedAt"] = json!(Timestamp::now());
    server.lns().ingest(&frame).success();
}

/// Puts rules on a device that is silent for a second: each frame ends what all of them have raised.
fn silences(partner: &Client, count: usize, tell: &Json) {
    for number in 0..count {
        let rule = json!({ "when": { "silent": { "seconds": 1 } }, "tell": tell });
        partner.put(&format!("/v1/alerts/rules/silence-{number}"), &rule).success();
    }
}

/// Waits until all rules have raised their alerts.
fn all_raised(partner: &Client, count: usize) {
    eventually("all are raised", || {
        let open = partner.get("/v1/alerts?limit=1000").success();
        (open["alerts"].as_array()?.len() == count).then_some(())
    });
}

fn quotas(partner: &Client) -> Json {
    partner.get("/v1/quotas").success()["quotas"][0].clone()
}

/// The bodies that a system was sent, each once however often it came.
fn bodies(outside: &Outside) -> Vec<Json> {
    let id = |asked: &Asked| asked.headers["webhook-id"].to_str().expect("it is text").to_owned();
    let by_id: BTreeMap<String, Json> =
        outside.asked().into_iter().map(|asked| (id(&asked), asked.body)).collect();
    by_id.into_values().collect()
}

#[test]
fn a_recipient_that_takes_nothing_fills_no_more_than_the_quota_and_is_told_the_number_of_the_rest()
{
    let settings = format!("{SETTINGS}[quotas]\nwaiting-messages = 10\n");
    let mut server = Setup::default().settings(&settings).start();
    let (own, other) = (Sensor::new(1), Sensor::new(2));
    server.register(&own, "water", None);
    server.register(&other, "light", None);
    let (mut away, there) = (Outside::away(taken), Outside::start(taken));
    let to = |url: String| json!({ "webhook": { "url": url, "secret": SECRET } });
    let partner = server.partner("water");
    silences(&partner, RULES, &to(away.url()));
    silences(&server.partner("light"), 1, &to(there.url()));
    for f_cnt in [1, 2] {
        hear(&server, &own, f_cnt);
        all_raised(&partner, RULES);
    }
    hear(&server, &own, 3);
    // Raised and ended twice, by each rule.
    let told = 4 * RULES;
    eventually("the rest is folded", || {
        let metrics = server.admin().get("/metrics").text;
        let name = "champollion_outbox_folded_total{channel=\"webhook\"} ";
        let folded = metrics.lines().find_map(|line| line.strip_prefix(name))?;
        (folded.parse::<usize>().ok()? >= told - 10).then_some(())
    });
    // It may be looked at between the next alerts and the round that folds them.
    eventually("no more than the quota waits", || {
        (quotas(&partner)["waitingMessages"] == json!({ "used": 10, "limit": 10 })).then_some(())
    });
    // What waits is durable, and the others of the server have theirs at once.
    server.kill();
    server.restart();
    hear(&server, &other, 1);
    eventually("another group is told", || there.asked().pop());

    away.come();
    let bodies = eventually("all is told, one by one or as a number", || {
        let bodies = bodies(&away);
        let alone = bodies.iter().filter(|body| body["type"] != "messages.folded").count();
        let folded = bodies.iter().filter(|body| body["type"] == "messages.folded");
        let counted: u64 = folded.filter_map(|body| body["data"]["count"].as_u64()).sum();
        // The device falls silent once more at last, which may be told as well.
        (alone + usize::try_from(counted).ok()? >= told).then_some(bodies)
    });
    let folded: Vec<&Json> =
        bodies.iter().filter(|body| body["type"] == "messages.folded").collect();
    assert!(!folded.is_empty() && folded.len() < RULES, "{folded:?}");
    for body in folded {
        assert_eq!(body["data"]["group"], "water", "{body}");
        assert!(body["data"]["since"].is_string(), "{body}");
    }
    let raised = |body: &&Json| body["type"] == "alert.raised";
    assert!(bodies.iter().filter(raised).count() >= 10, "the oldest are told one by one");
}

#[test]
fn recipients_that_hang_hold_up_no_other_group() {
    let server = Setup::default().settings(SETTINGS).start();
    let (own, other) = (Sensor::new(1), Sensor::new(2));
    server.register(&own, "water", None);
    server.register(&other, "light", None);
    // It listens and says nothing: each request to it takes as long as an answer may.
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let address = silent.local_addr().expect("it has one");
    let water = server.partner("water");
    for number in 0..RULES {
        let tell = json!({ "webhook": { "url": format!("http://{address}/{number}") } });
        let rule = json!({ "when": { "silent": { "seconds": 1 } }, "tell": tell });
        water.put(&format!("/v1/alerts/rules/silence-{number}"), &rule).success();
    }
    hear(&server, &own, 1);
    all_raised(&water, RULES);
    thread::sleep(Duration::from_secs(2));
    let there = Outside::start(taken);
    silences(&server.partner("light"), 1, &json!({ "webhook": { "url": there.url() } }));
    hear(&server, &other, 1);
    all_raised(&server.partner("light"), 1);
    let raised = Instant::now();
    eventually("another group is told", || there.asked().pop());
    assert!(raised.elapsed() < Duration::from_secs(8), "{:?}", raised.elapsed());
}

#[test]
fn a_group_keeps_so_many_alerts_and_none_that_is_open_is_lost() {
    let settings = format!("{SETTINGS}[quotas.groups.water]\nkept-alerts = 5\n");
    let server = Setup::default().settings(&settings).start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    silences(&partner, RULES, &json!({}));
    for f_cnt in 1..=3 {
        hear(&server, &sensor, f_cnt);
        all_raised(&partner, RULES);
    }
    // Sixty were raised; the twenty that are open stay, though a group has five.
    eventually("those that are over make room", || {
        let kept = partner.get("/v1/alerts?state=all&limit=1000").success();
        let kept = kept["alerts"].as_array()?;
        let open = kept.iter().filter(|alert| alert["endedAt"].is_null()).count();
        (kept.len() == RULES && open == RULES).then_some(())
    });
    eventually("they are counted", || {
        (quotas(&partner)["keptAlerts"] == json!({ "used": RULES, "limit": 5 })).then_some(())
    });
    hear(&server, &sensor, 4);
    let all = partner.get("/v1/alerts?state=all&limit=1000").success();
    let ended = all["alerts"].as_array().into_iter().flatten();
    assert!(ended.filter(|alert| alert["endedAt"].is_string()).count() >= RULES, "{all}");
}

#[test]
fn of_pypi_a_group_mails_so_often_and_the_rest_waits() {
    let mail = MailServer::start();
    let settings = format!(
        "{SETTINGS}[quotas.groups.water]\nmails-per-day = 2\n[sign-in]\n{ADDRESS}{}",
        mail.settings()
    );
    let mut server = Setup::default().settings(&settings).start();
    let (own, other) = (Sensor::new(1), Sensor::new(2));
    server.register(&own, "water", None);
    server.register(&other, "light", None);
    let (water, light) = (server.partner("water"), server.partner("light"));
    let to = |names: &[&str]| {
        let mail: Vec<String> = names.iter().map(|name| format!("{name}@city.example")).collect();
        json!({ "mail": mail })
    };
    silences(&water, 4, &to(&["ada", "joe", "kim"]));
    silences(&light, 1, &to(&["zoe"]));
    hear(&server, &own, 1);
    let of_water = |mails: &[String]| mails.iter().filter(|mail| !mail.contains("zoe@")).count();
    eventually("two are sent", || (of_water(&mail.mails()) == 2).then_some(()));
    let group = quotas(&water);
    assert_eq!(group["mailsPerDay"], json!({ "used": 2, "limit": 2 }), "{group}");
    eventually("it is noted", || {
        let metrics = server.admin().get("/metrics").text;
        metrics.contains("champollion_outbox_sent_total{channel=\"mail\"} 2").then_some(())
    });
    // How many were sent is known after a kill, and another group has its own number.
    server.kill();
    server.restart();
    hear(&server, &own, 2);
    hear(&server, &other, 1);
    eventually("another group is mailed", || {
        mail.mails().iter().any(|mail| mail.contains("zoe@")).then_some(())
    });
    thread::sleep(Duration::from_secs(3));
    assert_eq!(of_water(&mail.mails()), 2);
    let group = quotas(&server.partner("water"));
    assert_eq!(group["mailsPerDay"]["used"], 2, "{group}");
    assert!(group["waitingMessages"]["used"].as_u64() > Some(0), "they wait: {group}");
}

#[test]
fn of_pypi_rules_mail_nobody_but_those_whom_the_operator_permits() {
    let mail = MailServer::start();
    let settings = format!(
        "{}{SIGN_IN_SETTINGS}{ADDRESS}{}",
        SETTINGS.replace("[outbox]\n", "[outbox]\nmail-to = [\"city.example\", \"people\"]\n"),
        mail.settings()
    );
    let server = Setup::default().settings(&settings).start();
    // They need not have signed in ever: their invitations are mailed.
    for (email, scope) in [("ada@else.example", "group:water"), ("eve@else.example", "group:light")]
    {
        let person = json!({
            "name": "Lovelace", "firstName": "Ada", "email": email,
            "grants": [{ "role": "reader", "scope": scope }],
        });
        server.admin().post("/v1/people", &person).success();
    }
    let partner = server.partner("water");
    let put = |to: &str| {
        let tell = json!({ "mail": [to] });
        let rule = json!({ "when": { "silent": { "seconds": 1 } }, "tell": tell });
        partner.put("/v1/alerts/rules/silence", &rule)
    };
    for own in ["joe@city.example", "ada@else.example"] {
        put(own).success();
    }
    for stranger in ["victim@elsewhere.example", "eve@else.example", "joe@sub.city.example"] {
        let refused = put(stranger);
        let said = refused.problem(422, "invalid-alert-rule");
        assert!(said.contains("[outbox] mail-to"), "{said}");
        assert_eq!(refused.body["path"], "tell.mail", "{}", refused.text);
    }
}

#[test]
fn what_a_recipient_does_not_take_for_so_many_days_is_given_up_with_a_line_of_the_audit() {
    let settings = SETTINGS.replace("[outbox]\n", "[outbox]\ngive-up-days = 0\n");
    let server = Setup::default().settings(&settings).start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let away = Outside::away(taken);
    let partner = server.partner("water");
    silences(&partner, 1, &json!({ "webhook": { "url": away.url(), "secret": SECRET } }));
    hear(&server, &sensor, 1);
    all_raised(&partner, 1);
    // It is looked at each minute.
    let mut tries = 0;
    let line = loop {
        let audit = server.admin_cli().json(&["registry", "audit", "--json"]);
        let entries = audit["entries"].as_array().cloned().unwrap_or_default();
        if let Some(line) = entries.into_iter().find(|line| line["action"] == "messages-give-up") {
            break line;
        }
        tries += 1;
        assert!(tries < 100, "nothing is given up: {}", server.log());
        thread::sleep(Duration::from_secs(1));
    };
    assert_eq!(line["subject"], "water", "{line}");
    assert!(line.to_string().contains("webhook"), "{line}");
    assert_eq!(quotas(&partner)["waitingMessages"]["used"], 0);
    let metrics = server.admin().get("/metrics").text;
    assert!(
        metrics.contains("champollion_outbox_given_up_total{channel=\"webhook\"}"),
        "{metrics}"
    );
    assert!(away.asked().is_empty());
}
