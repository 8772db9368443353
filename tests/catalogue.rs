//! The catalogue: open to everybody, with all versions; and devices follow it.

use champollion_tests::{AXIOMA, Answer, DECODERS, ELSYS, LUMINAIRE, Sensor, Server, thermometer};
use serde_json::{Value as Json, json};
use ureq::http::Method;

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
        for derived in ["useCases", "categories", "versions"] {
            own[derived] = shown[derived].clone();
        }
        assert_eq!(*shown, own, "the entry is what the manifest says");
        let versions = shown["versions"].as_array().expect("there are versions");
        assert_eq!(versions.len(), 1);
        let package = sources.package();
        assert_eq!(versions[0]["version"], "1.0.0");
        assert_eq!(versions[0]["digest"], json!(package.digest()));
        assert_eq!(versions[0]["bytes"], package.file().len());
        assert_eq!(versions[0]["vectors"], package.vectors().len());
        assert!(versions[0]["publishedAt"].is_string());

        let mut alone = server.anybody().get(&format!("/v1/catalogue/{}", manifest.id)).success();
        // Examples are in an entry alone.
        let examples = alone.as_object_mut().and_then(|entry| entry.remove("examples"));
        assert!(examples.is_some_and(|all| all.as_array().is_some_and(|all| !all.is_empty())));
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

/// The names of the decoders of an answer, in its order.
fn names(answer: &Json) -> Vec<&str> {
    let all = answer["decoders"].as_array().into_iter().flatten();
    all.filter_map(|decoder| decoder["id"].as_str()).collect()
}

const METER: &str = "axioma/qalcosonic-w1";
const ROOM: &str = "elsys/ers-co2";
const LAMP: &str = "nas/ul20xx";

#[test]
fn decoders_are_found_by_what_they_decode() {
    let server = Server::start();
    for decoder in DECODERS {
        server.publish_own(decoder);
    }
    let cases: [(&str, &[&str]); 20] = [
        ("quantity=water.volume", &[METER]),
        ("quantity=battery.voltage", &[ROOM]),
        ("quantity=light.illuminance", &[ROOM, LAMP]),
        ("quantity=light.illuminance,air.co2", &[ROOM]),
        ("quantity=snow.height", &[]),
        ("use=water-metering", &[METER]),
        ("use=street-lighting", &[LAMP]),
        ("use=parking", &[]),
        ("vendor=axioma", &[METER]),
        ("vendor=AXIOMA%20Metering", &[METER]),
        ("vendor=axi", &[]),
        ("unit=m3", &[METER]),
        // In `data`, where the maker has a unit of its own.
        ("unit=mV", &[ROOM]),
        ("unit=kW.h", &[LAMP]),
        ("q=co2%20LITE", &[ROOM]),
        ("q=nothing-of-the-kind", &[]),
        ("direction=up", &[METER, ROOM, LAMP]),
        ("direction=down", &[ROOM, LAMP]),
        ("direction=down&quantity=air.co2", &[ROOM]),
        ("direction=down&quantity=water.volume", &[]),
    ];
    for (query, expected) in cases {
        let found = server.anybody().get(&format!("/v1/catalogue?{query}")).success();
        assert_eq!(names(&found), expected, "{query}");
        assert_eq!(found["total"], expected.len(), "{query}");
    }

    let list = server.anybody().get("/v1/catalogue").success();
    let meter = entry(&list, METER);
    assert_eq!(meter["useCases"], json!(["leak-detection", "water-metering"]));
    assert_eq!(meter["categories"], json!(["alarm", "water"]));
    let cases = list["useCases"].as_array().expect("the use cases are listed");
    let case = cases.iter().find(|case| case["name"] == "water-metering");
    let case = case.expect("water is metered");
    let quantities = json!(["water.volume", "water.volume.delta", "water.volume.reverse"]);
    assert_eq!(case["quantities"], quantities);

    let cli = server.cli("");
    let line = cli.run(&["catalogue", "--quantity", "water.volume", "--use", "water-metering"]);
    let line = line.success();
    assert!(line.contains(METER) && !line.contains(ROOM), "{line}");
    let asked = ["catalogue", "--vendor", "elsys", "--unit", "Cel", "--q", "room", "--direction"];
    let json =
        cli.json(&[&asked[..], &["down", "--sort", "name", "--limit", "5", "--json"]].concat());
    assert_eq!(names(&json), [ROOM]);
    let none = cli.run(&["catalogue", "--use", "parking"]);
    assert!(none.stderr.contains("no decoder satisfies"), "{none:?}");
    let wrong = cli.run(&["catalogue", "--quantity", "water.volum"]);
    assert!(wrong.failure().contains("did you mean water.volume?"), "{wrong:?}");
    let both = cli.run(&["catalogue", METER, "--unit", "m3"]);
    assert!(both.failure().contains("--unit"), "{both:?}");
}

#[test]
fn each_order_is_paged_and_a_publication_between_two_pages_repeats_nothing() {
    let server = Server::start();
    for decoder in [LUMINAIRE, ELSYS, AXIOMA] {
        server.publish_own(decoder);
    }
    let followed = |sort: &str| {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = server.anybody().get(&format!("/v1/catalogue?sort={sort}&limit=1{after}"));
            let page = page.success();
            all.extend(names(&page).into_iter().map(str::to_owned));
            let next = page["next"].as_str().expect("a page says where it ends");
            after = format!("&after={}", next.replace(' ', "%20"));
            if page["more"] == false {
                return all;
            }
        }
    };
    assert_eq!(followed("id"), [METER, ROOM, LAMP]);
    assert_eq!(followed("name"), [METER, ROOM, LAMP]);
    assert_eq!(followed("published"), [METER, ROOM, LAMP]);

    let first = server.anybody().get("/v1/catalogue?sort=published&limit=1").success();
    server.publish(&thermometer("1.0.0"));
    let next = first["next"].as_str().expect("a page says where it ends");
    let rest = server.anybody().get(&format!("/v1/catalogue?sort=published&after={next}"));
    assert_eq!(names(&rest.success()), [ROOM, LAMP]);
    assert_eq!(followed("published"), ["acme/thermometer", METER, ROOM, LAMP]);
}

fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    let answer = server.anybody().attempt_with(&Method::GET, path, headers, b"");
    answer.unwrap_or_else(|error| panic!("{path} is not answered: {error}"))
}

#[test]
fn open_answers_have_tags_are_compressed_and_may_be_read_by_pages_of_other_sites() {
    let server = Server::start();
    server.publish_own(ELSYS);
    for path in [
        "/v1/catalogue",
        "/v1/catalogue?quantity=air.co2",
        "/v1/catalogue/elsys/ers-co2",
        "/v1/catalogue/elsys/ers-co2/1.0.0",
        "/openapi.json",
        "/schemas/record.json",
    ] {
        let plain = get(&server, path, &[("Origin", "https://elsewhere.example")]);
        assert_eq!(plain.status, 200, "{path}");
        assert_eq!(plain.header("access-control-allow-origin"), "*", "{path}");
        let tag = plain.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{path}: {tag:?}");

        let again = get(&server, path, &[("If-None-Match", &tag), ("Origin", "https://a.example")]);
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), tag, "{path}");
        assert_eq!(again.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(get(&server, path, &[("If-None-Match", "W/\"0\"")]).status, 200, "{path}");

        let small = get(&server, path, &[("Accept-Encoding", "gzip")]);
        assert_eq!(small.header("content-encoding"), "gzip", "{path}");
        assert_eq!(small.header("etag"), tag, "{path}");
        let bytes = |answer: &Answer| answer.header("content-length").parse::<usize>();
        assert!(bytes(&small).expect("it has a length") < bytes(&plain).expect("it has a length"));

        let headers = [
            ("Origin", "https://elsewhere.example"),
            ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "if-none-match"),
        ];
        let asked = server.anybody().attempt_with(&Method::OPTIONS, path, &headers, b"");
        let asked = asked.expect("a browser may ask before");
        assert_eq!(asked.status, 200, "{path}");
        assert_eq!(asked.header("access-control-allow-origin"), "*", "{path}");
        assert!(asked.header("access-control-allow-methods").contains("GET"), "{path}");
        assert!(!asked.header("access-control-allow-methods").contains("PUT"), "{path}");
    }
    let before = get(&server, "/v1/catalogue", &[]).header("etag").to_owned();
    server.publish_own(AXIOMA);
    let after = get(&server, "/v1/catalogue", &[("If-None-Match", &before)]);
    assert_eq!(after.status, 200, "the catalogue has changed");
    assert_ne!(after.header("etag"), before);

    // A page of another site reads why it is refused, and what needs a token is not open to it.
    let refused = get(&server, "/v1/catalogue?quantty=x", &[("Origin", "https://a.example")]);
    refused.problem(400, "invalid-query");
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    let closed = get(&server, "/v1/devices", &[("Origin", "https://a.example")]);
    closed.problem(401, "token-missing");
    assert_eq!(closed.header("access-control-allow-origin"), "");
    let asked = server.anybody().send(&Method::OPTIONS, "/v1/devices", b"");
    asked.problem(405, "method-not-allowed");
    server.anybody().send(&Method::POST, "/v1/catalogue", b"").problem(405, "method-not-allowed");
}

/// The same with one way to write each number: 60 and 60.0 are one value.
fn by_value(json: &Json) -> Json {
    match json {
        Json::Number(number) => json!(number.as_f64()),
        Json::Array(items) => items.iter().map(by_value).collect(),
        Json::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), by_value(value))).collect()
        }
        other => other.clone(),
    }
}

#[test]
fn an_entry_has_an_example_for_each_port_that_decodes_as_it_says() {
    let server = Server::start();
    for decoder in DECODERS {
        server.publish_own(decoder);
    }
    let token = server.new_token("partner", Some("office"));
    let partner = server.anybody().token(&token);
    for id in [METER, ROOM, LAMP] {
        let entry = server.anybody().get(&format!("/v1/catalogue/{id}")).success();
        let examples = entry["examples"].as_array().expect("there are examples");
        let ups = examples.iter().filter(|example| example["direction"] == "up");
        let mut ports: Vec<u64> = Vec::new();
        for example in ups {
            ports.extend(example["port"].as_u64());
            let mut uplink = json!({ "fPort": example["port"], "payload": example["payload"] });
            for name in ["receivedAt", "variables"] {
                if let Some(value) = example.get(name) {
                    uplink[name] = value.clone();
                }
            }
            let trial = json!({ "decoder": format!("{id}@=1.0.0"), "uplink": uplink });
            let tried = partner.post("/v1/decode", &trial).success();
            let [got, shown] = [&tried, example].map(|one| by_value(&one["reading"]["data"]));
            assert_eq!(got, shown, "{id}: {example}");
        }
        assert!(!ports.is_empty() && ports.is_sorted_by(|one, other| one < other), "{ports:?}");
        let list = server.anybody().get("/v1/catalogue").success();
        assert!(crate::entry(&list, id).get("examples").is_none(), "the list has none");
    }
    let room = server.anybody().get("/v1/catalogue/elsys/ers-co2").success();
    let all = room["examples"].as_array().into_iter().flatten();
    let down = all.clone().find(|example| example["direction"] == "down");
    let down = down.expect("a command is shown");
    assert_eq!(down["port"], 6);
    assert!(down["command"].is_object() && down["payload"].is_string(), "{down}");
    let up = all.clone().find(|example| example["port"] == 5).expect("an uplink is shown");
    assert_eq!(up["reading"]["data"]["temperature"], 25.2);
    let shown = server.cli("").run(&["catalogue", ROOM]).success();
    for text in ["use cases: air-quality, building-climate", "0100FC02", "\"temperature\":25.2"] {
        assert!(shown.contains(text), "{text} is missing:\n{shown}");
    }
}

#[test]
fn two_decoders_are_compared_by_quantity() {
    let server = Server::start();
    for decoder in DECODERS {
        server.publish_own(decoder);
    }
    let cli = server.cli("");
    let text = cli.run(&["catalogue", "compare", ROOM, LAMP]).success();
    for part in ["elsys/ers-co2 1.0.0", "light.illuminance", "only in nas/ul20xx 1.0.0"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    let json = cli.json(&["catalogue", "compare", ROOM, "nas/ul20xx@1.0.0", "--json"]);
    let rows = json["rows"].as_array().expect("there are rows");
    let row = |quantity: &str| {
        rows.iter().find(|row| row["quantity"] == quantity).unwrap_or_else(|| panic!("{json}"))
    };
    assert!(row("light.illuminance")["only"].is_null(), "{json}");
    assert_eq!(row("air.co2")["only"], "one");
    assert_eq!(row("lamp.dimming")["only"], "other");
    let missing = cli.run(&["catalogue", "compare", ROOM, "acme/none"]);
    assert!(missing.failure().contains("unknown-decoder"), "{missing:?}");
    let version = cli.run(&["catalogue", "compare", ROOM, "nas/ul20xx@9.0.0"]);
    assert!(version.failure().contains("no-version"), "{version:?}");
    let wrong = cli.run(&["catalogue", "compare", ROOM, "nas/ul20xx@latest"]);
    assert!(wrong.failure().contains("1.2.0"), "{wrong:?}");
    let both = cli.run(&["catalogue", "--unit", "m3", "compare", ROOM, LAMP]);
    assert!(both.failure().contains("none of the list"), "{both:?}");
}

#[test]
fn a_device_whose_decoder_is_not_published_is_marked_until_it_is() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some("axioma/qalcosonic-w1@^1"));
    let listed = || server.admin_cli().run(&["devices", "list"]).success();
    assert!(listed().contains("axioma/qalcosonic-w1@^1 (no such version)"), "{}", listed());
    server.publish_own(AXIOMA);
    assert!(!listed().contains("no such version"), "{}", listed());
}
