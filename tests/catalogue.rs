//! The catalogue: open to everybody, with all versions; and devices follow it.

use champollion_tests::{AXIOMA, DECODERS, Sensor, Server};
use serde_json::{Value as Json, json};

fn entry<'json>(list: &'json Json, id: &str) -> &'json Json {
    let decoders = list["decoders"].as_array().expect("the catalogue has decoders");
    decoders
        .iter()
        .find(|decoder| decoder["id"] == id)
        .unwrap_or_else(|| panic!("{id} is not in the catalogue: {list}"))
}

#[test]
fn everybody_sees_what_is_decoded_into_what() {
    let server = Server::start();
    let published = DECODERS.map(|decoder| server.publish_own(decoder));
    // No token, on purpose.
    let list = server.anybody().get("/v1/catalogue").success();
    assert_eq!(list["decoders"].as_array().map(Vec::len), Some(published.len()));

    let quantities = list["quantities"].as_array().expect("the vocabulary is there");
    let unit_of = |name: &str| {
        let quantity = quantities.iter().find(|quantity| quantity["name"] == name);
        quantity.unwrap_or_else(|| panic!("the vocabulary lacks {name}"))["unit"].clone()
    };
    assert_eq!(unit_of("water.volume"), "m3");
    assert_eq!(unit_of("air.temperature"), "Cel");

    for sources in &published {
        let manifest = sources.manifest();
        let shown = entry(&list, &manifest.id.to_string());
        let mut own = json!(manifest);
        own["versions"] = shown["versions"].clone();
        assert_eq!(*shown, own, "the entry is what the manifest says");
        let versions = shown["versions"].as_array().expect("there are versions");
        assert_eq!(versions.len(), 1);
        let package = sources.package();
        assert_eq!(versions[0]["version"], "1.0.0");
        assert_eq!(versions[0]["digest"], json!(package.digest()));
        assert_eq!(versions[0]["bytes"], package.file().len());
        assert_eq!(versions[0]["vectors"], package.vectors().len());
        assert!(versions[0]["publishedAt"].is_string());

        let alone = server.anybody().get(&format!("/v1/catalogue/{}", manifest.id)).success();
        assert_eq!(alone, *shown);
        for field in shown["fields"].as_array().into_iter().flatten() {
            if let Some(quantity) = field["quantity"].as_str() {
                let unit = field["unit"].as_str().unwrap_or_default();
                assert_eq!(unit_of(quantity).as_str().unwrap_or_default(), unit, "{field}");
            }
        }
    }

    let meter = entry(&list, "axioma/qalcosonic-w1");
    assert_eq!(meter["devices"][0]["vendor"], "Axioma Metering");
    assert_eq!(meter["devices"][0]["model"], "Qalcosonic W1");
    let port =
        json!({ "port": 100, "direction": "up", "meaning": "Telegram with values and history" });
    assert!(meter["ports"].as_array().is_some_and(|ports| ports.contains(&port)), "{meter}");
    let volume = meter["fields"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|field| field["name"] == "currentVolume");
    let volume = volume.expect("the meter has a volume");
    assert_eq!(
        (&volume["type"], &volume["quantity"], &volume["unit"]),
        (&json!("number"), &json!("water.volume"), &json!("m3"))
    );
}

#[test]
fn a_new_version_is_taken_at_once_by_those_that_want_it() {
    let mut server = Server::start();
    let first = server.publish_own(AXIOMA);
    let (uplink, _) = first.readings().swap_remove(0);
    let wishes = ["=1.0.0", "^1", "~1.0", "*", "^2", "=1.1.0"];
    let sensors: Vec<Sensor> = (1..).take(wishes.len()).map(Sensor::new).collect();
    for (sensor, wish) in sensors.iter().zip(wishes) {
        server.register(sensor, "water", Some(&format!("axioma/qalcosonic-w1@{wish}")));
    }
    let versions = |server: &Server, f_cnt: u32| -> Vec<String> {
        let lns = server.lns();
        for sensor in &sensors {
            lns.ingest(&sensor.frame(f_cnt, uplink.f_port, &uplink.payload.0)).success();
        }
        let records = server.partner("water").pull_all();
        let of = |sensor: &Sensor| {
            let record = records.iter().map(|entry| &entry["record"]).find(|record| {
                record["device"]["devEui"] == sensor.dev_eui() && record["uplink"]["fCnt"] == f_cnt
            });
            let decoder = &record.expect("every frame has a record")["decoder"];
            decoder["version"].as_str().unwrap_or("none").to_owned()
        };
        sensors.iter().map(of).collect()
    };
    assert_eq!(versions(&server, 1), ["1.0.0", "1.0.0", "1.0.0", "1.0.0", "none", "none"]);

    let second = first.version("1.1.0").manifest_with("Decodes the index", "Reads the index");
    server.publish(&second.package());
    assert_eq!(versions(&server, 2), ["1.0.0", "1.1.0", "1.0.0", "1.1.0", "none", "1.1.0"]);
    server.publish(&first.version("2.0.0").package());
    // An older version that comes late, and one that is not finished.
    server.publish(&first.version("1.0.1").package());
    server.publish(&first.version("3.0.0-beta.1").package());
    let all = ["1.0.0", "1.1.0", "1.0.1", "2.0.0", "2.0.0", "1.1.0"];
    assert_eq!(versions(&server, 3), all);
    server.kill();
    server.restart();
    assert_eq!(versions(&server, 4), all);

    let entry = server.anybody().get("/v1/catalogue/axioma/qalcosonic-w1").success();
    let listed: Vec<&str> = entry["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|version| version["version"].as_str())
        .collect();
    assert_eq!(listed, ["3.0.0-beta.1", "2.0.0", "1.1.0", "1.0.1", "1.0.0"]);
    // What devices without a wish get; a preview is listed, and not put forward.
    assert_eq!(entry["version"], "2.0.0");

    let old = server.anybody().get("/v1/catalogue/axioma/qalcosonic-w1/1.1.0").success();
    assert_eq!(old["version"], "1.1.0");
    assert!(old["description"].as_str().is_some_and(|text| text.starts_with("Reads the index")));
    let missing = server.anybody().get("/v1/catalogue/axioma/qalcosonic-w1/9.0.0");
    assert!(missing.problem(404, "no-version").contains("1.0.0, 1.0.1, 1.1.0, 2.0.0"));

    // Every file is still the one that was published.
    for sources in [&first, &second] {
        let digest = sources.package().digest().hex();
        let file = server.data().join("packages").join(format!("{digest}.wasm"));
        assert_eq!(std::fs::read(file).expect("the package is kept"), sources.package().file());
    }
}
