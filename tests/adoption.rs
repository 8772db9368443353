//! Groups that were there before their partners become partners, once; later ones are the operator's own, or are refused.

use champollion_store::{Batch, SledOptions, SledStore, Store, tables};
use champollion_tests::{Answer, Client, Sensor, Server, Setup};
use serde_json::{Value as Json, json};

fn register(client: &Client, number: u8, group: &str) -> Answer {
    let sensor = Sensor::new(number);
    client.put(&sensor.path(), &sensor.registration(group, None))
}

/// Makes the folder of a server that has stopped one of before there were partners.
fn forget_adoption(server: &Server) {
    let runtime = tokio::runtime::Runtime::new().expect("there are threads");
    let options = SledOptions::new(server.data().join("store"));
    runtime.block_on(async {
        let store = SledStore::open(&options).unwrap_or_else(|error| panic!("{error}"));
        let table = tables::GROUPS_ADOPTED.as_str();
        let rows = store.scan(table, b"", None, usize::MAX).await.expect("it can be read");
        assert_eq!(rows.len(), 1, "the first start has noted that there was nothing to do");
        let mut batch = Batch::new();
        for row in rows {
            batch.delete(table, row.key);
        }
        store.commit(batch).await.expect("it is written");
        store.close().await.expect("it is closed");
    });
}

/// The short names of all partners with their groups.
fn partners(server: &Server) -> Vec<(String, Json)> {
    let listed = server.admin().get("/v1/partners").success();
    let all = listed["partners"].as_array().expect("it is a list").iter();
    all.map(|one| (one["id"].as_str().unwrap_or_default().to_owned(), one["groups"].clone()))
        .collect()
}

#[test]
fn groups_that_were_there_become_partners_with_an_approval_that_says_so() {
    let mut server = Server::start();
    let city = json!({ "id": "city", "name": "The city", "groups": ["light"] });
    server.admin().post("/v1/partners", &city).success();
    for (number, group) in [(1, "light"), (2, "water"), (3, "city")] {
        register(&server.admin(), number, group).success();
    }
    let token = json!({ "name": "a machine", "role": "partner", "group": "waste" });
    server.admin().post("/v1/tokens", &token).success();
    let own = [("city".to_owned(), json!(["light"]))];

    // A start changes nothing of a folder that has begun with partners.
    server.stop();
    server.restart();
    assert_eq!(partners(&server), own);

    server.stop();
    forget_adoption(&server);
    server.restart();
    let adopted = [
        ("city".to_owned(), json!(["light"])),
        // The name of the group is that of another partner.
        ("city-2".to_owned(), json!(["city"])),
        ("waste".to_owned(), json!(["waste"])),
        ("water".to_owned(), json!(["water"])),
    ];
    assert_eq!(partners(&server), adopted);
    let approval = server.admin().get("/v1/partners/water/approval").success();
    assert_eq!(approval["approval"]["ofExistingGroup"], true, "{approval}");
    assert_eq!((&approval["state"], &approval["objects"]), (&json!("in-force"), &json!(1)));
    assert!(approval["most"].is_null(), "nothing bounds it: {approval}");
    let added = server.admin().get("/v1/partners/city/approval").success();
    assert!(added["approval"]["ofExistingGroup"].is_null(), "{added}");
    assert!(server.admin().get("/v1/audit").text.contains("groups-adopt"));
    register(&server.admin(), 4, "water").success();

    // Once is enough.
    register(&server.admin(), 5, "later").success();
    server.stop();
    server.restart();
    assert_eq!(partners(&server), adopted);
}

#[test]
fn settings_may_refuse_devices_of_groups_without_a_partner() {
    let mut server = Server::start();
    register(&server.admin(), 1, "water").success();
    server.change_settings("[approvals]\nunowned-groups = false\n");
    server.stop();
    server.restart();
    let refused = register(&server.admin(), 2, "water");
    assert!(refused.problem(409, "unowned-group").contains("water"), "{}", refused.text);
    // What is there stays, and can be changed.
    register(&server.admin(), 1, "water").success();
    let sheet = "DevEUI,Name,Group\n70B3D5499A0000F1,One,water\n";
    let headers = [("Content-Type", "text/csv")];
    let answer = server.admin().post_with("/v1/devices/import", &headers, sheet.as_bytes());
    assert!(answer.text.contains("no partner owns the group water"), "{}", answer.text);

    let partner = json!({ "id": "valley", "name": "The valley", "groups": ["water"] });
    server.admin().post("/v1/partners", &partner).success();
    register(&server.admin(), 2, "water").success();
}

#[test]
fn a_start_without_groups_makes_no_partner() {
    let server = Setup::default().start();
    assert!(partners(&server).is_empty());
}
