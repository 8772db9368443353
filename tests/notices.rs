//! Notices: told by the operator, seen by those whom they concern and by nobody else.

use champollion_tests::{Client, SIGN_IN_SETTINGS, Sensor, Server, Setup, eventually};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

fn text(json: &Json, member: &str) -> String {
    json[member].as_str().unwrap_or_else(|| panic!("{member} is no text: {json}")).to_owned()
}

fn titles(client: &Client, path: &str) -> Vec<String> {
    let list = client.get(path).success();
    let notices = list["notices"].as_array().expect("it is a list");
    notices.iter().map(|notice| text(notice, "title")).collect()
}

fn incident(title: &str, groups: &[&str]) -> Json {
    json!({ "kind": "incident", "title": title, "text": "We look after it.", "scope": { "groups": groups } })
}

fn in_hours(hours: i64) -> String {
    (Timestamp::now() + SignedDuration::from_hours(hours)).to_string()
}

/// Starts a server on which two groups have a device each.
fn server() -> Server {
    let server = Setup::default().settings(SIGN_IN_SETTINGS).start();
    for (number, group) in (1..).zip(["water", "light"]) {
        server.register(&Sensor::new(number), group, None);
    }
    server
}

#[test]
fn a_notice_is_seen_where_it_is_about_and_survives_a_kill() {
    let mut server = server();
    let admin = server.admin();
    admin.post("/v1/notices", &incident("Everywhere", &[])).success();
    let both = admin.post("/v1/notices", &incident("Both", &["water", "light"])).success();
    let other = admin.post("/v1/notices", &incident("Light", &["light"])).success();
    let water = server.partner("water");
    assert_eq!(titles(&water, "/v1/notices"), ["Both", "Everywhere"]);
    assert_eq!(titles(&admin, "/v1/notices"), ["Light", "Both", "Everywhere"]);
    // Of the other group neither the notice nor the name is told.
    let seen = water.get(&format!("/v1/notices/{}", text(&both, "id"))).success();
    assert_eq!(seen["scope"]["groups"], json!(["water"]));
    let hidden = water.get(&format!("/v1/notices/{}", text(&other, "id")));
    hidden.problem(404, "unknown-notice");
    water.post("/v1/notices", &incident("Mine", &[])).problem(403, "forbidden");

    let path = format!("/v1/notices/{}", text(&both, "id"));
    let word = json!({ "text": "It is repaired.", "end": in_hours(0) });
    let over = admin.post(&format!("{path}/follow-ups"), &word).success();
    assert_eq!(over["followUps"][0]["text"], "It is repaired.");
    assert_eq!(over["state"], "over");
    let everywhere = titles(&water, "/v1/notices?state=in-force");
    assert_eq!(everywhere, ["Everywhere"]);
    server.kill();
    server.restart();
    let kept = server.admin().get(&path).success();
    assert_eq!(kept["followUps"], over["followUps"]);
    let cancelled = server.admin().post(&format!("{path}/cancel"), &json!({})).success();
    assert_eq!(cancelled["state"], "cancelled");
    server.admin().post(&format!("{path}/cancel"), &json!({})).problem(409, "notice-cancelled");
}

#[test]
fn what_makes_no_sense_is_refused_with_the_place() {
    let server = server();
    let admin = server.admin();
    let planned = |begin: String, end: String| json!({ "kind": "planned", "title": "Mast", "text": "Painted.", "begin": begin, "end": end });
    for (wish, path, says) in [
        (planned(in_hours(5), in_hours(4)), "end", "later end"),
        (planned(in_hours(-5), in_hours(4)), "begin", "incident"),
        (incident("Typo", &["watre"]), "scope.groups", "watre"),
    ] {
        let refused = admin.post("/v1/notices", &wish);
        assert!(refused.problem(400, "invalid-notice").contains(says), "{}", refused.text);
        assert_eq!(refused.body["path"], path, "{}", refused.text);
    }
    let long = json!({ "kind": "incident", "title": "a\nb", "text": "x" });
    admin.post("/v1/notices", &long).problem(400, "invalid-body");
    admin.get("/v1/notices/00000000-0000-0000-0000-000000000000").problem(404, "unknown-notice");
}

#[test]
fn programs_subscribe_to_a_feed_and_a_calendar() {
    let server = server();
    server.admin().post("/v1/notices", &incident("Mast <3> & more", &["water"])).success();
    server.admin().post("/v1/notices", &incident("Light alone", &["light"])).success();
    let water = server.partner("water");
    let feed = water.get("/v1/notices/feed");
    assert_eq!(feed.header("content-type"), "application/atom+xml; charset=utf-8");
    assert!(feed.text.contains("<title>Mast &lt;3&gt; &amp; more</title>"), "{}", feed.text);
    let own = format!("<link rel=\"self\" href=\"{}/v1/notices/feed\"/>", server.address());
    assert!(feed.text.contains(&own), "{}", feed.text);
    assert!(!feed.text.contains("Light alone"), "{}", feed.text);
    let calendar = water.get("/v1/notices/calendar");
    assert_eq!(calendar.header("content-type"), "text/calendar; charset=utf-8");
    assert!(calendar.text.contains("SUMMARY:Mast <3> & more\r\n"), "{}", calendar.text);
    assert_eq!(calendar.text.matches("BEGIN:VEVENT").count(), 1);
}

#[test]
fn people_see_a_banner_and_a_page() {
    let server = server();
    let reader = server.visitor("reader@city.example", "reader", "group:water");
    let admin = server.visitor("admin@city.example", "admin", "territory");
    assert!(!reader.open(&server, "/account").text.contains("Gateway is dark"));
    let sent = [
        ("kind", "incident"),
        ("title", "Gateway is dark"),
        ("text", "Lightning."),
        ("groups", "water"),
    ];
    let answer = admin.send(&server, ("/operator/notices", "/operator/notices"), &sent);
    assert_eq!(answer.status, 303, "{}", answer.text);
    for path in ["/account", "/status", "/catalogue"] {
        let page = reader.open(&server, path);
        assert!(page.text.contains("Gateway is dark"), "{path}: {}", page.text);
    }
    let other = server.visitor("reader@valley.example", "reader", "group:light");
    assert!(!other.open(&server, "/status").text.contains("Gateway is dark"));
    assert!(!server.anybody().get("/catalogue").text.contains("Gateway is dark"));
}

#[test]
fn people_wish_for_mails_on_their_account_and_see_their_figures_beside_the_notices() {
    let server = server();
    let owner = server.visitor("owner@city.example", "owner", "group:water");
    let account = owner.open(&server, "/account").text;
    assert!(account.contains("Mails about notices") && !account.contains("checked"), "{account}");
    let wish = [("mail", "yes"), ("language", "fr")];
    let kept = owner.send(&server, ("/account", "/account/notices"), &wish);
    assert_eq!(kept.status, 303, "{}", kept.text);
    let account = owner.open(&server, "/account").text;
    assert!(account.contains("checked"), "{account}");
    assert!(account.contains("<option value=\"fr\" selected>"), "{account}");

    let shares = "Heard within 14 days";
    assert!(!owner.open(&server, "/status").text.contains(shares), "nothing is in service");
    let mut frame = Sensor::new(1).frame(1, 1, &[1]);
    frame["receivedAt"] = json!(Timestamp::now());
    server.lns().ingest(&frame).success();
    eventually("the share of the group is shown", || {
        owner.open(&server, "/status").text.contains(shares).then_some(())
    });
    let other = server.visitor("owner@valley.example", "owner", "group:light");
    assert!(!other.open(&server, "/status").text.contains(shares), "it is of another group");
}

#[test]
fn the_wishes_to_be_told_are_kept() {
    let server = server();
    let water = server.partner("water");
    water.get("/v1/groups/water/notice-hook").problem(404, "no-notice-hook");
    let hook = json!({ "url": "https://city.example/notices" });
    let made = water.put("/v1/groups/water/notice-hook", &hook).success();
    assert!(text(&made, "secret").starts_with("whsec_"));
    let shown = water.get("/v1/groups/water/notice-hook").success();
    assert_eq!(shown, hook, "the secret is shown once");
    let plain = json!({ "url": "ftp://city.example/" });
    water.put("/v1/groups/water/notice-hook", &plain).problem(400, "invalid-notice-hook");
    let inside = json!({ "url": "https://127.0.0.1:8443/" });
    let refused = water.put("/v1/groups/water/notice-hook", &inside);
    assert!(refused.problem(400, "invalid-notice-hook").contains("allow-networks"));
    water.get("/v1/groups/light/notice-hook").problem(404, "unknown-group");
    water.get("/v1/me/notices").problem(403, "forbidden");
    assert_eq!(water.delete("/v1/groups/water/notice-hook").status, 204);
}

#[test]
fn notices_are_told_on_the_command_line() {
    let server = server();
    let cli = server.admin_cli();
    let begin = in_hours(24);
    let end = in_hours(30);
    let made = cli.json(&[
        "notices",
        "add",
        "planned",
        "Mast is painted",
        "--text",
        "No frames.",
        "--begin",
        &begin,
        "--end",
        &end,
        "--group",
        "water",
        "--json",
    ]);
    assert_eq!(
        (text(&made, "state"), made["leavesOut"].clone()),
        ("planned".to_owned(), json!(true))
    );
    let id = text(&made, "id");
    let listed = cli.run(&["notices", "list", "--state", "planned"]).success();
    assert!(listed.contains("Mast is painted") && listed.contains(&id), "{listed}");
    drop(cli.run(&["notices", "follow-up", &id, "It rains."]).success());
    let shown = cli.run(&["notices", "show", &id]).success();
    assert!(shown.contains("It rains.") && shown.contains("groups water"), "{shown}");
    drop(cli.run(&["notices", "cancel", &id]).success());
    let refused = cli.run(&["notices", "cancel", &id]);
    assert!(refused.failure().contains("make another one"), "{}", refused.failure());
}
