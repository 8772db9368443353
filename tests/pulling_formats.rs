//! Records are fetched in every format.

use champollion_tests::{Answer, Client, LUMINAIRE, Sensor, Setup};
use serde_json::Value as Json;
use ureq::http::Method;

const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n";

fn f_cnts(page: &Json) -> Vec<u64> {
    let records = page["records"].as_array().into_iter().flatten();
    records.filter_map(|pulled| pulled["record"]["uplink"]["fCnt"].as_u64()).collect()
}

fn accept(client: &Client, path: &str, kind: &str) -> Answer {
    client.attempt_with(&Method::GET, path, &[("Accept", kind)], b"").expect("it is answered")
}

#[test]
fn records_come_in_the_format_that_is_asked_for() {
    let server = Setup::default().settings(SETTINGS).start();
    server.publish_own(LUMINAIRE);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some("nas/ul20xx@^1"));
    for f_cnt in 1..=3 {
        server.lns().ingest(&sensor.frame(f_cnt, 1, &[1, 2])).success();
    }
    let partner = server.partner("water");
    let page = partner.get("/v1/records?limit=2");
    assert_eq!(f_cnts(&page.body), [1, 2]);
    assert_eq!(page.header("next-cursor"), page.body["next"].as_str().unwrap_or_default());
    assert_eq!(page.header("more-records"), "true");

    let lines = accept(&partner, "/v1/records?limit=2", "application/x-ndjson");
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    assert_eq!(lines.text.lines().count(), 2);
    let next = lines.header("next-cursor");
    let rest = partner.get(&format!("/v1/records?format=ndjson&after={next}"));
    assert_eq!((rest.text.lines().count(), rest.header("more-records")), (1, "false"));
    let rows = accept(&partner, "/v1/records", "text/csv, */*;q=0.1");
    assert!(rows.header("content-type").starts_with("text/csv"), "{}", rows.text);
    assert!(rows.text.starts_with("record,group,device,"), "{}", rows.text);
    let columns = partner.get("/v1/records?format=csv-columns");
    assert_eq!(columns.text.lines().count(), 4, "{}", columns.text);
    let senml = accept(&partner, "/v1/records", "application/senml+json");
    assert!(senml.body[0]["bn"].as_str().is_some_and(|name| name.starts_with("urn:dev:mac:")));
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let workbook = accept(&partner, "/v1/records", kind);
    assert_eq!(workbook.header("content-type"), kind);
    accept(&partner, "/v1/records", "image/png").problem(406, "not-acceptable");
    partner.get("/v1/records?format=xml").problem(400, "invalid-query");

    let cli = server.cli(&server.new_token("partner", Some("water")));
    let printed = cli.run(&["records", "pull", "--format", "csv-columns"]).success();
    assert_eq!(printed, columns.text);
}
