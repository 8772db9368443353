//! The lists of the operator's service as tables: over HTTP by the `Accept` header, and as files of the command line.

use champollion_tests::{Answer, Client, LUMINAIRE, Outside, Sensor, Server, Setup};
use jiff::Timestamp;
use serde_json::json;
use ureq::http::Method;

/// The media type of workbooks.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The lists, each with the begin of its headings.
const LISTS: [(&str, &str); 5] = [
    ("/v1/quality/availability", "of,group,route,minutes,available,share\r\n"),
    ("/v1/gateways", "id,firstHeardAt,lastHeardAt,"),
    ("/v1/notices", "id,kind,state,title,"),
    ("/v1/schedules", "id,name,group,device,tags,when,command,"),
    ("/v1/alerts?group=water&state=all", "id,rule,group,subGroup,useCase,device,"),
];

fn accepting(client: &Client, path: &str, accepted: &str) -> Answer {
    client
        .attempt_with(&Method::GET, path, &[("Accept", accepted)], b"")
        .expect("the server answers")
}

fn csv(client: &Client, path: &str) -> String {
    let table = accepting(client, path, "text/csv");
    assert_eq!((table.status, table.header("content-type")), (200, "text/csv; charset=utf-8"));
    table.text
}

/// Starts a server with a light of the group `light` that is commanded each evening, and a notice.
fn server(outside: &Outside) -> Server {
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
    let command = json!({ "manualDimming": { "destination": [
        { "address": "dali_broadcast", "dimmingLevel": 100 },
    ]}});
    let plan = json!({
        "name": "=Evening; =1+1", "device": light.dev_eui(), "command": command,
        "when": { "cron": "0 22 * * *" },
    });
    server.partner("light").post("/v1/schedules", &plan).success();
    let notice = json!({
        "kind": "incident", "title": "Dark", "text": "We look after it.", "scope": { "groups": ["light"] },
    });
    server.admin().post("/v1/notices", &notice).success();
    server
}

#[test]
fn lists_are_tables_too_and_nobody_sees_the_rows_of_others() {
    let outside = Outside::away(|_| (503, String::new()));
    let server = server(&outside);
    let admin = server.admin();
    for (path, headings) in LISTS {
        let table = csv(&admin, path);
        assert!(table.starts_with(headings), "{path}: {table}");
        let workbook = accepting(&admin, path, XLSX);
        assert_eq!((workbook.status, workbook.header("content-type")), (200, XLSX), "{path}");
        accepting(&admin, path, "image/png").problem(406, "not-acceptable");
        assert!(admin.get(path).success().is_object(), "{path} stays JSON where nothing is said");
    }
    let schedules = csv(&admin, "/v1/schedules");
    let name = ",\"'=Evening; '=1+1\",\"light\",";
    assert!(schedules.contains(name), "no cell is a formula, however it is split: {schedules}");
    let notices = csv(&admin, "/v1/notices");
    let notice = ",\"incident\",\"in-force\",\"Dark\",\"We look after it.\",";
    assert!(notices.contains(notice), "{notices}");
    let (own, other) = (server.partner("light"), server.partner("water"));
    for path in ["/v1/schedules", "/v1/notices"] {
        assert_eq!(csv(&own, path).lines().count(), 2, "{path}");
        assert_eq!(csv(&other, path).lines().count(), 1, "{path}");
    }
    let day = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let totals = csv(&admin, &format!("/v1/statements?date={day}"));
    assert!(totals.starts_with("date,partner,line,useCase,count,tariff,price,"), "{totals}");
}

#[test]
fn tables_are_files_of_the_command_line() {
    let outside = Outside::away(|_| (503, String::new()));
    let server = server(&outside);
    let cli = server.admin_cli();
    let day = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let file = |name: &str| server.folder().join(name).display().to_string();
    for (number, command) in (1..).zip([
        &["quality", "availability"][..],
        &["quality", "--group", "light"],
        &["quality", "silent"],
        &["quality", "excluded"],
        &["gateways"],
        &["notices", "list"],
        &["schedules", "list"],
        &["alerts", "list", "--group", "light"],
        &["statements", &day],
    ]) {
        let (sheet, text) = (file(&format!("{number}.xlsx")), file(&format!("{number}.csv")));
        let said = cli.run(&[command, &["--out", &sheet]].concat()).success();
        assert_eq!(said, format!("wrote {sheet}\n"));
        assert!(std::fs::read(&sheet).expect("it is there").starts_with(b"PK"), "{command:?}");
        let told = cli.json(&[command, &["--out", &text, "--json"]].concat());
        let bytes = std::fs::read(&text).expect("it is there").len();
        assert_eq!(told["bytes"], bytes, "{command:?}: {told}");
    }
    let refused = cli.run(&["schedules", "list", "--out", "schedules.ods"]);
    assert!(refused.failure().contains(".csv or .xlsx"), "{}", refused.failure());
}
