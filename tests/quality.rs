//! Figures of connectivity and gateways, as they are asked for: what frames leave in them, who sees them, and that a kill
//! changes nothing.

use champollion_tests::{Sensor, Server, Setup, eventually};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// The media type of workbooks.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn start() -> Server {
    Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start()
}

/// Hands over a frame as gateways hear it now.
fn hear(server: &Server, sensor: &Sensor, f_cnt: u32, gateways: &[&str]) {
    let mut frame = sensor.frame(f_cnt, 1, &[1]);
    let reception =
        |gateway: &&str| json!({ "gatewayId": gateway, "rssiDbm": -97.0, "snrDb": 4.5 });
    frame["gateways"] = gateways.iter().map(reception).collect();
    frame["receivedAt"] = json!(Timestamp::now());
    frame["spreadingFactor"] = json!(9);
    let receipt = server.lns().ingest(&frame).success();
    assert_eq!(receipt["status"], "accepted", "{receipt}");
}

/// The figures of a group on the present day, once so many frames are in them.
#[track_caller]
fn figures(server: &Server, group: &str, frames: u64) -> Json {
    eventually(&format!("{frames} frames of {group} are counted"), || {
        let list = server.admin().get(&format!("/v1/quality?group={group}")).success();
        let figures = list["figures"].as_array()?.last()?.clone();
        (figures["frames"] == frames).then_some(figures)
    })
}

/// Two meters in service, one in stock, one never heard, and a street light of another group.
fn fleet(server: &Server) -> Vec<Sensor> {
    let sensors: Vec<Sensor> = (1..=5).map(Sensor::new).collect();
    for (number, sensor) in (1..).zip(&sensors) {
        let group = if number == 5 { "light" } else { "water" };
        let mut registration = sensor.registration(group, None);
        registration["useCase"] = json!("water-metering");
        registration["name"] = json!(format!("=meter {number}"));
        if number == 3 {
            registration["lifeCycle"] = json!("STOCK");
        }
        server.admin().put(&sensor.path(), &registration).success();
    }
    sensors
}

#[test]
fn frames_are_counted_by_device_and_day_and_nobody_sees_those_of_others() {
    let server = start();
    let sensors = fleet(&server);
    hear(&server, &sensors[0], 1, &["east", "west"]);
    hear(&server, &sensors[0], 5, &["east"]);
    hear(&server, &sensors[1], 1, &["west"]);
    hear(&server, &sensors[2], 1, &["west"]);
    hear(&server, &sensors[4], 1, &["west"]);
    let water = figures(&server, "water", 4);
    assert_eq!((&water["inService"], &water["heard"]), (&json!(2), &json!(2)), "{water}");
    assert_eq!((&water["dailyShare"], &water["fortnightShare"]), (&json!(1.0), &json!(1.0)));
    assert_eq!(water["leftOut"]["stock"], 1, "{water}");
    assert_eq!(water["leftOut"]["neverHeard"], 1, "{water}");
    assert_eq!((&water["lost"], &water["receptions"]), (&json!(3), &json!(5)), "{water}");
    assert_eq!(water["spreadingFactors"][4], 4, "{water}");

    let partner = server.partner("water");
    let own = partner.get("/v1/quality").success();
    assert!(own["figures"].as_array().unwrap().iter().all(|of| of["group"] == "water"), "{own}");
    partner.get("/v1/quality?group=light").problem(403, "forbidden");
    partner.get("/v1/gateways").problem(403, "forbidden");
    let excluded = partner.get("/v1/quality/excluded").success();
    let reasons: Vec<&Json> =
        excluded["excluded"].as_array().unwrap().iter().map(|one| &one["reason"]).collect();
    assert_eq!(reasons, ["stock", "never-heard"], "{excluded}");
    for path in [
        "/v1/quality?from=2026-02-30",
        "/v1/quality?by=week",
        "/v1/quality?from=2026-03-02&to=2026-03-01",
    ] {
        partner.get(path).problem(400, "invalid-query");
    }
}

#[test]
fn figures_are_tables_too_and_no_cell_is_a_formula() {
    let server = start();
    let sensors = fleet(&server);
    hear(&server, &sensors[0], 1, &["east"]);
    figures(&server, "water", 1);
    let get = |path: &str, accepted: &str| {
        let headers = [("Accept", accepted)];
        server.admin().attempt_with(&Method::GET, path, &headers, b"").expect("it is answered")
    };
    let table = get("/v1/quality/excluded?group=water", "text/csv");
    assert!(table.header("content-type").starts_with("text/csv"), "{}", table.text);
    assert!(table.text.contains("'=meter 3"), "{}", table.text);
    let table = get("/v1/quality?group=water&per=use-case&by=month", "text/csv").text;
    assert!(
        table.starts_with("period,group,subGroup,useCase,") && table.contains("water-metering"),
        "{table}"
    );
    let workbook = get("/v1/quality?group=water", XLSX);
    assert_eq!((workbook.status, workbook.header("content-type")), (200, XLSX));
    get("/v1/quality", "image/png").problem(406, "not-acceptable");
    let csv = server.admin_cli().run(&["quality", "--group", "water", "--csv"]).success();
    assert!(csv.starts_with("period,group"), "the command prints the same table: {csv}");
    let shown =
        server.admin_cli().json(&["quality", "--group", "water", "--by", "month", "--json"]);
    assert_eq!(shown["figures"].as_array().map(Vec::len), Some(1), "{shown}");
}

#[test]
fn what_was_counted_outlives_a_kill_and_counts_once() {
    let mut server = start();
    let sensors = fleet(&server);
    hear(&server, &sensors[0], 1, &["east"]);
    figures(&server, "water", 1);
    // Killed before they are written: their records are kept, and are counted at the next start.
    hear(&server, &sensors[0], 2, &["east"]);
    hear(&server, &sensors[1], 7, &["east"]);
    for _ in 0..2 {
        server.kill();
        server.restart();
        let water = figures(&server, "water", 3);
        assert_eq!(water["heard"], 2, "{water}");
        // The lists say the same, though it was killed before it wrote when devices were last heard.
        let left_out = server.admin().get("/v1/quality/excluded?group=water").success();
        let left_out = left_out["excluded"].as_array().unwrap().iter();
        let left_out: Vec<Json> = left_out.map(|one| one["devEui"].clone()).collect();
        let stored_and_unheard = json!([sensors[2].dev_eui(), sensors[3].dev_eui()]);
        assert_eq!(json!(left_out), stored_and_unheard, "{water}");
    }
    hear(&server, &sensors[0], 3, &["east"]);
    server.stop();
    server.restart();
    assert_eq!(figures(&server, "water", 4)["lost"], 0);
}

#[test]
fn gateways_are_seen_through_frames_with_the_objects_that_only_they_hear() {
    let mut server = start();
    let sensors = fleet(&server);
    hear(&server, &sensors[0], 1, &["east", "west"]);
    hear(&server, &sensors[1], 1, &["west"]);
    hear(&server, &sensors[4], 1, &["east"]);
    figures(&server, "light", 1);
    let gateways = eventually("both gateways are written", || {
        // Gateways are written each ten seconds, and when the server stops.
        let list = server.admin().get("/v1/gateways").success();
        let gateways = list["gateways"].as_array()?.clone();
        (gateways.len() == 2).then_some(gateways).or_else(|| {
            server.stop();
            server.restart();
            None
        })
    });
    assert_eq!((&gateways[0]["id"], &gateways[0]["onlyHere"]), (&json!("east"), &json!(1)));
    assert!(gateways[0].get("silentSince").is_none(), "{gateways:?}");
    assert_eq!(gateways[0]["state"], "rhythm-unknown", "{gateways:?}");
    // Its frames outlive a kill also where nobody has written for a minute.
    hear(&server, &sensors[0], 2, &["south"]);
    figures(&server, "water", 3);
    server.kill();
    server.restart();
    server.admin().get("/v1/gateways/south").success();
    let west = server.admin().get("/v1/gateways/west").success();
    assert_eq!(west["objects"][0]["devEui"], json!(sensors[1].dev_eui()), "{west}");
    server.admin().get("/v1/gateways/north").problem(404, "unknown-gateway");
    let shown = server.admin_cli().json(&["gateways", "east", "--json"]);
    assert_eq!(shown["objects"][0]["group"], "light", "{shown}");
    eventually("the first minute is counted", || {
        let availability = server.admin().get("/v1/quality/availability").success();
        (availability["ingest"]["up"].as_u64()? > 0).then_some(())
    });
}
