//! Statements: what is in service is counted, priced and issued, so that both parties hold the same number.

use champollion_store::{Batch, SledOptions, SledStore, Store, tables};
use champollion_tests::{Client, Sensor, Server, Setup, run};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

const SETTINGS: &str = r#"
[territory]
time-zone = "UTC"
[[statements.tariffs]]
name = "water metering"
use-cases = ["water-metering"]
from = "2026-01-01"
price = "4.20"
[[statements.tariffs]]
name = "other uses"
from = "2026-01-01"
price = "4.80"
[[statements.subscriptions]]
name = "yearly subscription"
from = "2026-01-01"
per-inhabitant = "0.0525"
most-inhabitants = 100
[statements.inhabitants]
city = 200
"#;

/// Starts a town with two water meters and a lamp, and a neighbour with one lamp.
fn server() -> Server {
    let server = Setup::default().settings(SETTINGS).start();
    let admin = server.admin();
    for (partner, groups) in [("city", json!(["water", "light"])), ("valley", json!(["lamps"]))] {
        let wanted = json!({ "id": partner, "name": partner, "groups": groups });
        admin.post("/v1/partners", &wanted).success();
    }
    register(&server, 1, "water", json!({ "useCase": "water-metering", "lifeCycle": "SERVICE" }));
    register(&server, 2, "water", json!({ "useCase": "water-metering", "lifeCycle": "STOCK" }));
    register(&server, 3, "light", json!({ "useCase": "street-lighting" }));
    register(&server, 4, "lamps", json!({ "useCase": "street-lighting" }));
    server
}

fn register(server: &Server, number: u8, group: &str, more: Json) {
    let sensor = Sensor::new(number);
    let mut registration = sensor.registration(group, None);
    for (name, value) in more.as_object().expect("it is an object") {
        registration[name] = value.clone();
    }
    server.admin().put(&sensor.path(), &registration).success();
}

fn today() -> String {
    Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

fn owner(server: &Server, partner: &str) -> Client {
    let grants = [json!({ "role": "owner", "scope": format!("partner:{partner}") })];
    let email = format!("owner@{partner}.example");
    let person =
        json!({ "name": "Lovelace", "firstName": "Ada", "email": email, "grants": grants });
    let person = server.admin().post("/v1/people", &person).success();
    let wanted = json!({ "name": "of a test", "role": "person", "person": person["id"] });
    let made = server.admin().post("/v1/tokens", &wanted).success();
    server.anybody().token(made["token"].as_str().expect("it is shown"))
}

#[test]
fn a_day_is_stated_as_it_was_and_seen_by_its_partner_alone() {
    let server = server();
    // Of the morning, before anything was registered, the subscription alone is stated.
    let found = server.admin().get(&format!("/v1/statements?date={}", today())).success();
    assert_eq!((&found["statements"][0]["lines"], &found["isExact"]), (&json!([]), &json!(false)));
    let tomorrow = server.admin().get("/v1/statements?date=2999-01-01");
    assert!(tomorrow.problem(400, "day-to-come").contains("has not begun"));
    server.admin().get("/v1/statements?date=2027-02-29").problem(400, "invalid-query");

    let city = owner(&server, "city");
    let path = format!("/v1/statements/{}/city", today());
    let stated = city.get(&path).success();
    assert_eq!(stated["subscription"]["counted"], 100);
    assert_eq!(stated["total"], "5.25");
    let other = city.get(&format!("/v1/statements/{}/valley", today()));
    other.problem(404, "unknown-partner");
    server.partner("water").get(&path).problem(403, "forbidden");
    for (form, media_type) in [
        ("csv", "text/csv; charset=utf-8"),
        ("text", "text/plain; charset=utf-8"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ] {
        let file = city.get(&format!("{path}/objects?format={form}"));
        assert_eq!((file.status, file.header("content-type")), (200, media_type));
    }
    let text = city.get(&format!("{path}/objects?format=text")).text;
    assert!(text.ends_with("total 5.25\n"), "{text}");
    for (query, what) in [
        ("format=xlsx&layout=french", "format=csv"),
        ("layout=french", "format=csv"),
        ("format=csv&layout=database", "tables of records"),
    ] {
        let refused =
            city.get(&format!("{path}/objects?{query}")).problem(400, "invalid-query").to_owned();
        assert!(refused.contains(what), "{refused}");
    }
}

/// Makes the folder of a server that has stopped one of a release that kept no changes yet: what is registered, and who
/// owns it, is taken to have been so before this day.
fn forget_changes(server: &Server) {
    let runtime = tokio::runtime::Runtime::new().expect("there are threads");
    let options = SledOptions::new(server.data().join("store"));
    runtime.block_on(async {
        let store = SledStore::open(&options).unwrap_or_else(|error| panic!("{error}"));
        let mut batch = Batch::new();
        let kept =
            [tables::SERVICE_CHANGES, tables::SERVICE_CHANGES_SINCE, tables::GROUP_OWNER_CHANGES];
        for table in kept {
            let rows = store.scan(table.as_str(), b"", None, usize::MAX).await;
            let rows = rows.expect("it can be read");
            assert!(!rows.is_empty(), "registrations and partners are changes");
            for row in rows {
                batch.delete(table.as_str(), row.key);
            }
        }
        store.commit(batch).await.expect("it is written");
        store.close().await.expect("it is closed");
    });
}

#[test]
fn objects_are_stated_with_their_tariffs_and_issued_with_their_list() {
    let mut server = server();
    server.stop();
    forget_changes(&server);
    server.restart();
    let path = format!("/v1/statements/{}", today());
    let stated = server.admin().get(&format!("{path}/city")).success();
    let line = |use_case: &str, tariff: &str, price: &str| {
        json!({
            "useCase": use_case, "objects": 1, "tariff": tariff, "price": price, "amount": price,
        })
    };
    let lines = json!([
        line("street-lighting", "other uses", "4.80"),
        line("water-metering", "water metering", "4.20"),
    ]);
    assert_eq!(stated["lines"], lines, "what is stored is not counted");
    assert_eq!((&stated["total"], &stated["partnerName"]), (&json!("14.25"), &json!("city")));
    let text = server.admin().get(&format!("{path}/city/objects?format=text")).text;
    assert_eq!(text.matches("\nobject ").count(), 2, "{text}");
    assert!(text.ends_with("total 14.25\n"), "{text}");
    for (layout, begins, ends) in [
        ("international", "devEui,group,useCase\r\n", ",\"water-metering\"\r\n"),
        ("french", "\u{feff}devEui;group;useCase\r\n", ";\"water-metering\"\r\n"),
    ] {
        let path = format!("{path}/city/objects?format=csv&layout={layout}");
        let table = server.admin().get(&path).text;
        assert!(table.starts_with(begins) && table.contains(ends), "{table:?}");
        assert_eq!(table.lines().count(), 3, "{table:?}");
    }
    let valley = server.admin().get(&format!("{path}/valley")).success();
    assert_eq!(valley["total"], "4.80");
    let issued = server.admin().post(&path, &json!({})).success();
    assert_eq!(issued["statements"][0]["agrees"], true, "{issued}");
    // An object that is put away later changes nothing of a day that has begun before.
    register(&server, 1, "water", json!({ "useCase": "water-metering", "lifeCycle": "STOCK" }));
    let later = server.admin().get(&format!("{path}/city")).success();
    assert_eq!((&later["total"], &later["agrees"]), (&json!("14.25"), &json!(true)));
}

#[test]
fn inhabitants_of_nobody_are_refused_with_the_partner_that_was_meant() {
    let mut server = server();
    server.change_settings(&SETTINGS.replace("city = 200", "citty = 200"));
    server.stop();
    server.restart();
    let path = format!("/v1/statements/{}", today());
    for refused in [
        server.admin().get(&format!("/v1/statements?date={}", today())),
        server.admin().get(&format!("{path}/valley")),
        server.admin().post(&path, &json!({})),
    ] {
        let said = refused.problem(409, "unknown-inhabitants");
        assert!(said.contains("citty") && said.contains("did you mean city?"), "{said}");
    }
    let said = owner(&server, "valley").get(&format!("{path}/valley"));
    let said = said.problem(409, "unknown-inhabitants");
    assert!(!said.contains("city") && said.contains("the operator"), "{said}");
    // Once the partner is there, all is stated.
    let citty = json!({ "id": "citty", "name": "Citty", "groups": [] });
    server.admin().post("/v1/partners", &citty).success();
    let stated = server.admin().get(&format!("{path}/citty")).success();
    assert_eq!((&stated["total"], &stated["partnerName"]), (&json!("5.25"), &json!("Citty")));
}

#[test]
fn what_is_issued_stays_and_a_later_ask_says_whether_it_agrees() {
    let mut server = server();
    let path = format!("/v1/statements/{}", today());
    owner(&server, "city").post(&path, &json!({})).problem(403, "forbidden");
    let issued = server.admin().post(&path, &json!({})).success();
    assert_eq!(issued["statements"][0]["agrees"], true, "{issued}");
    let digest = issued["statements"][0]["digest"].as_str().expect("it has a digest").to_owned();
    let again = server.admin().post(&path, &json!({})).success();
    assert_eq!(issued["statements"], again["statements"], "to issue twice changes nothing");
    assert!(server.admin().get("/v1/audit").text.contains(&digest), "it is in the audit");

    // The number that was issued stands first in a list by now: it counts until the next one begins.
    let dated =
        "city = [{ number = 200, until = \"2998-12-31\" }, { from = \"2999-01-01\", number = 90 }]";
    server.change_settings(&SETTINGS.replace("city = 200", dated));
    server.stop();
    server.restart();
    let later = server.admin().get(&format!("{path}/city")).success();
    assert_eq!((&later["agrees"], &later["total"]), (&json!(true), &json!("5.25")), "{later}");
    let counted = later["subscription"].as_object().expect("it is in force");
    assert!(!counted.contains_key("inhabitantsFrom"), "{later}");

    // Another price for a day that was issued: what was issued stays, and is told apart.
    server.change_settings(&SETTINGS.replace("0.0525", "0.0600"));
    server.stop();
    server.restart();
    let later = server.admin().get(&format!("{path}/city")).success();
    assert_eq!((&later["agrees"], &later["total"]), (&json!(false), &json!("6.00")));
    assert_eq!(later["issued"]["digest"], digest.as_str());
    let refused = server.admin().post(&path, &json!({}));
    assert!(refused.problem(409, "statement-differs").contains("city"), "{}", refused.text);
}

#[test]
fn tariffs_that_overlap_are_refused_with_both_names() {
    let overlapping = SETTINGS.replace("[[statements.subscriptions]]", "[[statements.tariffs]]\nname = \"rise\"\n\
        use-cases = [\"water-metering\"]\nfrom = \"2026-01-01\"\nprice = \"4.30\"\n[[statements.subscriptions]]");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("champollion.toml");
    std::fs::write(&file, overlapping).unwrap();
    let mut command = champollion_tests::champollion();
    let refused = run(command.args(["serve", "--config"]).arg(&file)).failure().to_owned();
    assert!(refused.contains("water metering") && refused.contains("rise"), "{refused}");
}

#[test]
fn inhabitants_that_count_twice_are_refused_with_both_numbers() {
    let twice =
        "city = [{ from = \"2028-01-01\", number = 200 }, { from = \"2028-01-01\", number = 210 }]";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("champollion.toml");
    std::fs::write(&file, SETTINGS.replace("city = 200", twice)).unwrap();
    let mut command = champollion_tests::champollion();
    let refused = run(command.args(["serve", "--config"]).arg(&file)).failure().to_owned();
    assert!(
        refused.contains("200 inhabitants of city") && refused.contains("2028-01-01"),
        "{refused}"
    );
}

#[test]
fn statements_are_shown_on_the_command_line() {
    let mut server = server();
    let since = "city = [{ from = \"2026-01-01\", number = 200 }]";
    server.change_settings(&SETTINGS.replace("city = 200", since));
    server.stop();
    server.restart();
    let cli = server.admin_cli();
    let day = today();
    let all = cli.json(&["statements", &day, "--json"]);
    assert_eq!(all["date"], day.as_str());
    let one = cli.run(&["statements", &day, "--partner", "city"]).success();
    assert!(one.contains("yearly subscription") && one.contains("5.25"), "{one}");
    assert!(one.contains("100 inhabitants (since 2026-01-01)"), "{one}");
    let file = server.folder().join("list.csv");
    let name = file.to_str().expect("it is a text");
    drop(cli.run(&["statements", &day, "--partner", "city", "--list", name]).success());
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("devEui,group,useCase\r\n"));
    let french = ["statements", &day, "--partner", "city", "--list", name, "--layout", "french"];
    drop(cli.run(&french).success());
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.starts_with("\u{feff}devEui;group;useCase\r\n"), "{written:?}");
    let refused =
        cli.run(&[french.as_slice(), &["--format", "xlsx"]].concat()).failure().to_owned();
    assert!(refused.contains("has no layout"), "{refused}");
    assert!(!cli.run(&["statements", "2027-02-29"]).failure().is_empty());
}
