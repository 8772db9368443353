//! The pages of the service: their commands are run, and print what the pages show.

use std::fs;

use champollion_tests::{ELSYS, LUMINAIRE, Server, Setup, eventually, follow, workspace};
use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

fn page(name: &str) -> String {
    let file = workspace().join("docs").join(format!("{name}.md"));
    fs::read_to_string(file).expect("the page is there")
}

/// An office with two room sensors, one of which was above a limit twice, and a lamp that nobody has heard; with the tariffs
/// that the page of statements shows.
fn office() -> Server {
    let statements = page("statements");
    let (_, rest) = statements.split_once("```toml\n").expect("the page has tariffs");
    let (tariffs, _) = rest.split_once("```").expect("the block ends");
    let server = Setup::default()
        .settings(&format!(
            "{tariffs}\n[frames]\ncopies-window-ms = 0\n[network-servers.city]\nkind = \"chirpstack\"\n\
             [network-servers.city.downlink]\nvia = \"http\"\nurl = \"http://127.0.0.1:9\"\n"
        ))
        .start();
    let city = json!({ "id": "city", "name": "City", "groups": [] });
    server.admin().post("/v1/partners", &city).success();
    server.publish_own(ELSYS);
    server.publish_own(LUMINAIRE);
    for (number, name, decoder) in [
        (1, "Room 12", "elsys/ers-co2@^1"),
        (2, "Room 14", "elsys/ers-co2@^1"),
        (3, "Lamp 1", "nas/ul20xx@^1"),
    ] {
        let device = json!({
            "group": "office", "name": name, "decoder": decoder, "networkServer": "city",
            "activation": { "networkServer": {} },
        });
        server.admin().put(&format!("/v1/devices/70B3D5499A00000{number}"), &device).success();
    }
    let (network_server, begun) = (server.lns_named("city"), Timestamp::now());
    for (number, (room, f_cnt, co2)) in
        (1..).zip([(1, 7, 600_u16), (1, 8, 1_200), (1, 10, 800), (1, 11, 1_200), (2, 1, 600)])
    {
        let mut payload = vec![0x01, 0x00, 0xFC, 0x02, 0x25, 0x06];
        payload.extend(co2.to_be_bytes());
        let up = json!({
            "time": (begun + SignedDuration::from_millis(number)).to_string(),
            "deviceInfo": { "devEui": format!("70b3d5499a00000{room}") }, "devAddr": "01020304",
            "fCnt": f_cnt, "fPort": 5, "data": BASE64.encode(&payload),
            "rxInfo": [{ "gatewayId": "7276ff0039030436", "rssi": -97, "snr": 4.5 }],
        });
        network_server.post("/v1/ingest/chirpstack?event=up", &up).success();
    }
    eventually("all frames are counted", || {
        let list = server.admin().get("/v1/quality?group=office").success();
        (list["figures"][0]["frames"] == 5).then_some(())
    });
    server
}

#[test]
fn of_jq_the_pages_of_the_service_show_what_is_printed() {
    let server = office();
    for name in ["quality", "alerts", "schedules", "statements"] {
        follow(&page(name), server.folder(), server.address(), server.admin_token());
    }
}
