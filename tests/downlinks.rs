//! Commands to devices: a street light is commanded through each kind of network server.

use std::time::Duration;

use champollion_tests::{
    Asked, Broker, Client, LUMINAIRE, Outside, Sensor, Server, Setup, eventually,
};
use serde_json::{Value as Json, json};
use ureq::http::Method;

const DECODER: &str = "nas/ul20xx@^1";

/// Full light, and what the controller is told.
const PAYLOAD: &str = "01FE64";

fn full_light() -> Json {
    json!({ "manualDimming": { "destination": [
        { "address": "dali_broadcast", "dimmingLevel": 100 },
    ]}})
}

fn light() -> Json {
    json!({ "command": full_light() })
}

/// A server with a network server of a kind, whose commands go out over HTTP.
fn server_with(kind: &str, outside: &Outside, more: &str) -> Server {
    let settings = format!(
        "[network-servers.city]\nkind = \"{kind}\"\n\
         [network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\n{more}\n",
        outside.url()
    );
    let server = Setup::default().settings(&settings).start();
    server.publish_own(LUMINAIRE);
    server
}

/// Registers a light that lives on the network server.
fn register(server: &Server, number: u8, group: &str, tags: &Json) -> Sensor {
    let sensor = Sensor::new(number);
    let mut registration = sensor.registration(group, Some(DECODER));
    (registration["networkServer"], registration["tags"]) = (json!("city"), tags.clone());
    server.admin().put(&sensor.path(), &registration).success();
    sensor
}

fn path(sensor: &Sensor) -> String {
    format!("{}/downlinks", sensor.path())
}

fn id(downlink: &Json) -> String {
    downlink["id"].as_str().unwrap_or_else(|| panic!("it has no id: {downlink}")).to_owned()
}

/// Returns a command once it is in some state.
#[track_caller]
fn once(client: &Client, id: &str, state: &str) -> Json {
    eventually(&format!("the command is {state}"), || {
        let downlink = client.get(&format!("/v1/downlinks/{id}")).success();
        (downlink["state"] == state).then_some(downlink)
    })
}

/// Returns a command once the network server has it.
#[track_caller]
fn once_handed_over(client: &Client, id: &str) -> Json {
    eventually("the command is handed over", || {
        let downlink = client.get(&format!("/v1/downlinks/{id}")).success();
        downlink["handedOverAt"].is_string().then_some(downlink)
    })
}

/// The number of commands that the network server was offered; what it is asked beside is not among them.
fn offers(outside: &Outside) -> usize {
    outside.asked().iter().filter(|asked| asked.method == Method::POST).count()
}

fn queued_by_chirpstack(_: &Asked) -> (u16, String) {
    (200, json!({ "id": "54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11" }).to_string())
}

#[test]
fn a_light_is_commanded_through_chirpstack() {
    let outside = Outside::start(queued_by_chirpstack);
    let server = server_with("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light", &json!({}));
    let partner = server.partner("light");
    let answer = partner.post(&path(&sensor), &light());
    assert_eq!(answer.status, 202);
    let location = answer.header("location").to_owned();
    let queued = answer.success();
    assert_eq!((&queued["state"], &queued["payload"]), (&json!("queued"), &json!(PAYLOAD)));
    assert_eq!((&queued["fPort"], &queued["networkServer"]), (&json!(60), &json!("city")));
    assert_eq!(queued["decoder"]["id"], "nas/ul20xx");
    assert_eq!(location, format!("/v1/downlinks/{}", id(&queued)));

    let asked = outside.wait_for(1);
    let dev_eui = sensor.dev_eui().to_lowercase();
    assert_eq!(asked[0].path, format!("/api/devices/{dev_eui}/queue"));
    let item = &asked[0].body["queueItem"];
    assert_eq!((&item["data"], &item["fPort"]), (&json!("Af5k"), &json!(60)));
    let handed_over = once_handed_over(&partner, &id(&queued));
    assert_eq!(handed_over["state"], "queued");
    let cancel = partner.delete(&location);
    assert!(cancel.problem(409, "handed-over").contains("city"));
    let listed = partner.get(&path(&sensor)).success();
    assert_eq!(listed["downlinks"][0]["id"], queued["id"]);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(offers(&outside), 1, "it is handed over twice");
}

#[test]
fn what_a_decoder_or_a_device_does_not_take_is_told_at_once() {
    let outside = Outside::start(queued_by_chirpstack);
    let server = server_with("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light", &json!({}));
    let partner = server.partner("light");
    let send = |body: &Json| partner.post(&path(&sensor), body);
    let command = |command: Json| json!({ "command": command });
    let too_bright = json!({ "manualDimming": { "destination": [
        { "address": "dali_broadcast", "dimmingLevel": 101 },
    ]}});
    let refused = send(&command(too_bright));
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert_eq!(refused.body["failure"]["kind"], "invalid-command");
    send(&json!({})).problem(400, "invalid-body");
    send(&json!({ "command": "on" })).problem(400, "invalid-body");
    send(&json!({ "command": {}, "kommando": 1 })).problem(400, "invalid-body");
    let mut past = light();
    past["expiresAt"] = json!("2020-01-01T00:00:00Z");
    send(&past).problem(400, "invalid-expiry");
    let long = command(json!({ "x": "y".repeat(20_000) }));
    send(&long).problem(400, "command-too-large");

    let bare = Sensor::new(2);
    let mut registration = bare.registration("light", None);
    registration["networkServer"] = json!("city");
    server.admin().put(&bare.path(), &registration).success();
    partner.post(&path(&bare), &light()).problem(422, "no-decoder");
    let lost = Sensor::new(3);
    server.register(&lost, "light", Some(DECODER));
    let answer = partner.post(&path(&lost), &light());
    assert!(answer.problem(422, "no-network-server").contains(&lost.dev_eui()));
    let mut registration = Sensor::new(4).registration("light", Some(DECODER));
    registration["networkServer"] = json!("nowhere");
    let refused = server.admin().put(&Sensor::new(4).path(), &registration);
    let said = refused.problem(400, "unknown-network-server");
    assert!(said.contains("nowhere") && said.contains("those that they have are city"), "{said}");
    assert_eq!(outside.asked().len(), 0);
}

#[test]
fn a_partner_commands_its_own_devices_alone() {
    let outside = Outside::start(queued_by_chirpstack);
    let server = server_with("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light", &json!({}));
    let (partner, other) = (server.partner("light"), server.partner("water"));
    let sent = id(&partner.post(&path(&sensor), &light()).success());
    other.post(&path(&sensor), &light()).problem(404, "unknown-device");
    other.get(&path(&sensor)).problem(404, "unknown-device");
    other.get(&format!("/v1/downlinks/{sent}")).problem(404, "unknown-downlink");
    other.delete(&format!("/v1/downlinks/{sent}")).problem(404, "unknown-downlink");
    other.post("/v1/groups/light/downlinks", &light()).problem(404, "unknown-group");
    server.lns().post(&path(&sensor), &light()).problem(403, "forbidden");
    server.anybody().post(&path(&sensor), &light()).problem(401, "token-missing");
    let nobodys = "01900000-0000-7000-8000-000000000001";
    partner.get(&format!("/v1/downlinks/{nobodys}")).problem(404, "unknown-downlink");
    partner.get("/v1/downlinks/1").problem(400, "invalid-path");
}

#[test]
fn a_request_that_comes_again_is_one_command() {
    let outside = Outside::start(queued_by_chirpstack);
    let mut server = server_with("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light", &json!({}));
    let token = server.new_token("partner", Some("light"));
    let named = |server: &Server, key: &str| server.anybody().token(&token).idempotency_key(key);
    let first = id(&named(&server, "a").post(&path(&sensor), &light()).success());
    assert_eq!(id(&named(&server, "a").post(&path(&sensor), &light()).success()), first);
    let mut other = light();
    other["confirmed"] = json!(true);
    let refused = named(&server, "a").post(&path(&sensor), &other);
    assert!(refused.problem(422, "other-request").contains("Idempotency-Key"));
    outside.wait_for(1);
    server.kill();
    server.restart();
    assert_eq!(id(&named(&server, "a").post(&path(&sensor), &light()).success()), first);
    assert_ne!(id(&named(&server, "b").post(&path(&sensor), &light()).success()), first);
    // The same word of somebody else is another's.
    let admin = server.admin().idempotency_key("a");
    assert_ne!(id(&admin.post(&path(&sensor), &light()).success()), first);
    named(&server, &"x".repeat(256))
        .post(&path(&sensor), &light())
        .problem(400, "invalid-idempotency-key");

    // Many at once are one as well.
    let answers: Vec<_> = std::thread::scope(|scope| {
        let sending: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| named(&server, "c").post(&path(&sensor), &light())))
            .collect();
        sending.into_iter().map(|one| one.join().expect("it is answered")).collect()
    });
    let taken: std::collections::BTreeSet<String> = answers
        .into_iter()
        .filter(|answer| answer.status != 409)
        .map(|answer| id(&answer.success()))
        .collect();
    assert_eq!(taken.len(), 1);
}

#[test]
fn all_lights_of_a_street_are_commanded_in_one_call() {
    let outside = Outside::start(queued_by_chirpstack);
    let server = server_with("chirpstack", &outside, "");
    let street = |name: &str| json!({ "street": name });
    for number in 1..=3 {
        register(&server, number, "light", &street("Rue X"));
    }
    register(&server, 4, "light", &street("Rue Y"));
    let bare = Sensor::new(5);
    let mut registration = bare.registration("light", None);
    (registration["networkServer"], registration["tags"]) = (json!("city"), street("Rue X"));
    server.admin().put(&bare.path(), &registration).success();
    register(&server, 6, "water", &street("Rue X"));

    let partner = server.partner("light");
    let mut wish = light();
    wish["tags"] = street("Rue X");
    let named = partner.idempotency_key("evening");
    let answer = named.post("/v1/groups/light/downlinks", &wish);
    assert_eq!(answer.status, 202);
    let answer = answer.success();
    assert_eq!((&answer["queued"], &answer["refused"]), (&json!(3), &json!(1)));
    let results = answer["results"].as_array().expect("there is one for each").clone();
    assert_eq!(results.len(), 4);
    for (result, number) in results.iter().zip([1, 2, 3, 5]) {
        assert_eq!(result["devEui"], json!(Sensor::new(number).dev_eui()));
    }
    assert_eq!(results[3]["problem"]["code"], "no-decoder");
    let asked = outside.wait_for(3);
    let mut paths: Vec<String> = asked.iter().map(|asked| asked.path.clone()).collect();
    paths.sort();
    let expected: Vec<String> = (1..=3)
        .map(|number| Sensor::new(number).dev_eui().to_lowercase())
        .map(|dev_eui| format!("/api/devices/{dev_eui}/queue"))
        .collect();
    assert_eq!(paths, expected);
    assert_eq!(named.post("/v1/groups/light/downlinks", &wish).success(), answer);
    assert_eq!(outside.asked().len(), 3);
    wish["tags"] = street("Rue Z");
    partner.post("/v1/groups/light/downlinks", &wish).problem(404, "no-devices");
    partner.post("/v1/groups/nobody/downlinks", &wish).problem(404, "unknown-group");
}

/// A group is commanded in several batches. Wherever the server is killed, the same request goes on there,
/// and commands no device twice.
#[test]
fn a_group_that_was_half_commanded_is_commanded_once() {
    const DEVICES: u8 = 250;
    let outside = Outside::away(queued_by_chirpstack);
    let mut server = server_with("chirpstack", &outside, "");
    for number in 1..=DEVICES {
        register(&server, number, "light", &json!({}));
    }
    let token = server.new_token("admin", None);
    for (round, wait) in [(1_usize, 0), (2, 10), (3, 30), (4, 60)] {
        let key = format!("round {round}");
        let named = server.anybody().token(&token).idempotency_key(&key);
        let body = light().to_string();
        let sending = std::thread::spawn(move || {
            // Whether it is answered depends on when the server is killed.
            named.attempt(&Method::POST, "/v1/groups/light/downlinks", body.as_bytes()).is_ok()
        });
        std::thread::sleep(Duration::from_millis(wait));
        server.kill();
        sending.join().expect("it ends");
        server.restart();
        let named = server.anybody().token(&token).idempotency_key(&key);
        let answer = named.post("/v1/groups/light/downlinks", &light()).success();
        assert_eq!((&answer["queued"], &answer["refused"]), (&json!(DEVICES), &json!(0)));
        for number in [1, 125, 199, 200, 201, DEVICES] {
            let list = server.admin().get(&path(&Sensor::new(number))).success();
            let commands = list["downlinks"].as_array().map(Vec::len);
            assert_eq!(commands, Some(round), "device {number}, killed after {wait} ms");
        }
    }
}

#[test]
fn what_waits_for_a_network_server_that_is_away_survives_and_is_handed_over_once() {
    let mut outside = Outside::away(queued_by_chirpstack);
    let mut server = server_with("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light", &json!({}));
    let waiting = id(&server.admin().post(&path(&sensor), &light()).success());
    let tried = eventually("it was tried", || {
        let downlink = server.admin().get(&format!("/v1/downlinks/{waiting}")).success();
        downlink["problem"].is_string().then_some(downlink)
    });
    assert_eq!(tried["attempts"], 0, "nobody has heard of it: {tried}");
    let log = server.log();
    assert!(log.contains("it does not take commands"), "{log}");
    server.kill();
    server.restart();
    let downlink = server.admin().get(&format!("/v1/downlinks/{waiting}")).success();
    assert_eq!(downlink["state"], "queued");
    outside.come();
    once_handed_over(&server.admin(), &waiting);
    // It goes away and comes back: what it has is not offered again.
    outside.go();
    server.kill();
    server.restart();
    outside.come();
    let second = id(&server.admin().post(&path(&sensor), &light()).success());
    once_handed_over(&server.admin(), &second);
    assert_eq!(offers(&outside), 2);
    assert!(!server.log().contains("panicked"));
}

#[test]
fn commands_of_one_device_go_in_their_order_and_urgent_ones_first() {
    let mut outside = Outside::away(|_| (503, String::new()));
    outside.come();
    let server = server_with("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light", &json!({}));
    let level = |level: u8, priority: &str| {
        let command = json!({ "manualDimming": { "destination": [
            { "address": "dali_broadcast", "dimmingLevel": level },
        ]}});
        json!({ "command": command, "priority": priority })
    };
    let sent: Vec<String> = [(10, "low"), (20, "normal"), (30, "normal"), (40, "high")]
        .into_iter()
        .map(|(percent, priority)| {
            id(&server.admin().post(&path(&sensor), &level(percent, priority)).success())
        })
        .collect();
    let levels = || -> Vec<Json> {
        outside.asked().iter().map(|asked| asked.body["queueItem"]["data"].clone()).collect()
    };
    // One that was under way when the urgent one came is offered before it; what is offered after that is known here.
    let refused = eventually("the urgent one is offered", || {
        let levels = levels();
        (levels.last() == Some(&json!("Af4o"))).then_some(levels.len())
    });
    outside.answer(queued_by_chirpstack);
    for one in &sent {
        once_handed_over(&server.admin(), one);
    }
    let mut levels = levels().split_off(refused);
    levels.dedup();
    // 01 FE and the level.
    assert_eq!(levels, [json!("Af4o"), json!("Af4U"), json!("Af4e"), json!("Af4K")]);
}

#[test]
fn what_expires_or_is_cancelled_is_not_handed_over() {
    let mut outside = Outside::away(queued_by_chirpstack);
    let server = server_with("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light", &json!({}));
    let admin = server.admin();
    let mut short = light();
    short["expiresInSeconds"] = json!(1);
    let expiring = id(&admin.post(&path(&sensor), &short).success());
    let other = register(&server, 2, "light", &json!({}));
    let cancelled = id(&admin.post(&path(&other), &light()).success());
    let cancelled_path = format!("/v1/downlinks/{cancelled}");
    // While it is being offered it cannot be taken back.
    let taken_back = eventually("it can be cancelled", || {
        let answer = admin.delete(&cancelled_path);
        (answer.status != 409).then_some(answer)
    });
    assert_eq!(taken_back.success()["state"], "cancelled");
    assert_eq!(admin.delete(&cancelled_path).success()["state"], "cancelled");
    let expired = once(&admin, &expiring, "expired");
    assert!(expired["expiredAt"].is_string() && expired["problem"].is_string());
    let late = admin.delete(&format!("/v1/downlinks/{expiring}"));
    late.problem(409, "at-its-end");
    outside.come();
    let last = id(&admin.post(&path(&sensor), &light()).success());
    once_handed_over(&admin, &last);
    assert_eq!(offers(&outside), 1);
}

#[test]
fn what_the_network_server_refuses_has_failed_with_its_words() {
    let outside =
        Outside::start(|_| (404, json!({ "message": "object does not exist" }).to_string()));
    let server = server_with("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light", &json!({}));
    let sent = id(&server.admin().post(&path(&sensor), &light()).success());
    let failed = once(&server.admin(), &sent, "failed");
    assert_eq!(failed["problem"], "404 Not Found: object does not exist");
    assert!(failed["failedAt"].is_string());
    outside.answer(|_| (503, "overloaded".to_owned()));
    let second = id(&server.admin().post(&path(&sensor), &light()).success());
    outside.wait_for(3);
    outside.answer(queued_by_chirpstack);
    once_handed_over(&server.admin(), &second);
}

#[test]
fn a_light_is_commanded_through_the_things_stack_over_http() {
    let outside = Outside::start(|_| (200, "{}".to_owned()));
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let token = folder.path().join("token");
    std::fs::write(&token, "NNSXS.SECRET\n").expect("it is written");
    let more = format!("application = \"lights@town\"\ntoken-file = \"{}\"", token.display());
    let server = server_with("tts", &outside, &more);
    let sensor = register(&server, 1, "light", &json!({}));
    let mut wish = light();
    (wish["confirmed"], wish["priority"]) = (json!(true), json!("high"));
    let sent = id(&server.admin().post(&path(&sensor), &wish).success());
    let asked = outside.wait_for(1);
    let device = format!("eui-{}", sensor.dev_eui().to_lowercase());
    let expected = format!("/api/v3/as/applications/lights/devices/{device}/down/push");
    assert_eq!(asked[0].path, expected);
    assert_eq!(asked[0].headers["authorization"], "Bearer NNSXS.SECRET");
    let downlink = &asked[0].body["downlinks"][0];
    assert_eq!((&downlink["frm_payload"], &downlink["priority"]), (&json!("Af5k"), &json!("HIGH")));
    assert_eq!(downlink["correlation_ids"], json!([format!("champollion:{sent}")]));
    once_handed_over(&server.admin(), &sent);
    assert!(!server.log().contains("NNSXS"), "the token is logged");
}

/// The Things Stack can be asked whether it has a command: so it is, where it did not answer.
#[test]
fn a_command_that_was_not_answered_is_asked_for_before_it_is_offered_again() {
    let outside = Outside::start(|_| (200, "{}".to_owned()));
    let server = server_with("tts", &outside, "application = \"lights\"");
    let sensor = register(&server, 1, "light", &json!({}));
    // It takes the command, and the answer is too late.
    let taken = std::sync::Arc::new(std::sync::Mutex::new(Json::Null));
    let queue = std::sync::Arc::clone(&taken);
    outside.answer(move |asked| {
        let mut queue = queue.lock().expect("nobody panicked");
        if asked.method == Method::GET {
            return (200, queue.to_string());
        }
        *queue = asked.body.clone();
        std::thread::sleep(Duration::from_secs(11));
        (200, "{}".to_owned())
    });
    let sent = id(&server.admin().post(&path(&sensor), &light()).success());
    let handed_over = once_handed_over(&server.admin(), &sent);
    assert_eq!(handed_over["attempts"], 2);
    let methods: Vec<Method> = outside.asked().into_iter().map(|asked| asked.method).collect();
    assert_eq!(methods, [Method::POST, Method::GET]);
}

#[test]
fn a_light_is_commanded_through_thingpark() {
    let outside = Outside::start(|_| (200, "<html>Request queued by LRC</html>".to_owned()));
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let key = folder.path().join("key");
    std::fs::write(&key, "46AB678CD45DF4A4E4B375EACD096ACC").expect("it is written");
    let more = format!("sender-id = \"app1\"\ntoken-file = \"{}\"", key.display());
    let server = server_with("actility", &outside, &more);
    let sensor = register(&server, 1, "light", &json!({}));
    let sent = id(&server.admin().post(&path(&sensor), &light()).success());
    let asked = outside.wait_for(1);
    let query = &asked[0].path;
    let start = format!("/?DevEUI={}&FPort=60&Payload=01fe64&Confirmed=0", sensor.dev_eui());
    assert!(query.starts_with(&start), "{query}");
    assert!(query.contains("&AS_ID=app1&Time=") && query.contains("&Token="), "{query}");
    let handed_over = once_handed_over(&server.admin(), &sent);
    let correlation = handed_over["reference"].as_str().expect("it is named");
    assert!(query.contains(&format!("CorrelationID={correlation}")), "{query}");
}

#[test]
fn a_light_is_commanded_through_kerlink() {
    let outside = Outside::start(|_| (201, String::new()));
    let server = server_with("kerlink", &outside, "");
    let sensor = register(&server, 1, "light", &json!({}));
    let sent = id(&server.admin().post(&path(&sensor), &light()).success());
    let asked = outside.wait_for(1);
    assert_eq!(asked[0].path, "/application/dataDown");
    assert_eq!(asked[0].body["payload"], "01fe64");
    assert_eq!(asked[0].body["endDevice"]["devEui"], json!(sensor.dev_eui()));
    assert_eq!(asked[0].headers["content-type"], "application/vnd.kerlink.iot-v1+json");
    // It says no more of it.
    let sent = once(&server.admin(), &sent, "sent");
    assert!(sent["sentAt"].is_string());
}

/// It gives a token to who logs in, which is good for a while.
#[test]
fn kerlink_is_logged_in_to_and_again_when_its_token_is_too_old() {
    let outside = Outside::start(|asked| {
        if asked.path == "/application/login" {
            return (200, json!({ "token": "first", "tokenType": "Bearer" }).to_string());
        }
        (201, String::new())
    });
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let password = folder.path().join("password");
    std::fs::write(&password, "correct horse").expect("it is written");
    let more = format!("username = \"lights\"\npassword-file = \"{}\"", password.display());
    let server = server_with("kerlink", &outside, &more);
    let sensor = register(&server, 1, "light", &json!({}));
    let send = || {
        let sent = id(&server.admin().post(&path(&sensor), &light()).success());
        once(&server.admin(), &sent, "sent");
    };
    send();
    send();
    outside.answer(|asked| {
        if asked.path == "/application/login" {
            return (200, json!({ "token": "second" }).to_string());
        }
        let is_new = asked.headers["authorization"] == "Bearer second";
        if is_new { (201, String::new()) } else { (401, String::new()) }
    });
    send();
    let asked: Vec<(String, Option<String>)> = outside
        .asked()
        .iter()
        .map(|asked| {
            let token = asked.headers.get("authorization");
            (asked.path.clone(), token.and_then(|token| token.to_str().ok()).map(str::to_owned))
        })
        .collect();
    let login = ("/application/login".to_owned(), None);
    let down = |token: &str| ("/application/dataDown".to_owned(), Some(format!("Bearer {token}")));
    let expected =
        [login.clone(), down("first"), down("first"), down("first"), login, down("second")];
    assert_eq!(asked, expected);
    assert!(!server.log().contains("correct horse"), "the password is logged");
}

#[test]
fn a_light_is_commanded_through_the_backend_interfaces() {
    let success = json!({ "MessageType": "XmitDataAns", "Result": { "ResultCode": "Success" } });
    let outside = Outside::start(move |_| (200, success.to_string()));
    let more = "sender-id = \"000001\"\nreceiver-id = \"000002\"";
    let mut server = server_with("ts002", &outside, more);
    let sensor = register(&server, 1, "light", &json!({}));
    let first = id(&server.admin().post(&path(&sensor), &light()).success());
    once(&server.admin(), &first, "sent");
    server.kill();
    server.restart();
    let second = id(&server.admin().post(&path(&sensor), &light()).success());
    once(&server.admin(), &second, "sent");
    let asked = outside.wait_for(2);
    let counters: Vec<Json> =
        asked.iter().map(|asked| asked.body["DLMetaData"]["FCntDown"].clone()).collect();
    assert_eq!(counters, [0, 1]);
    let payloads: Vec<&Json> = asked.iter().map(|asked| &asked.body["FRMPayload"]).collect();
    assert!(payloads[0] != payloads[1] && payloads[0] != PAYLOAD, "it is not encrypted");
    assert_ne!(asked[0].body["TransactionID"], asked[1].body["TransactionID"]);
    let refusing = json!({
        "MessageType": "XmitDataAns",
        "Result": { "ResultCode": "UnknownDevEUI", "Description": "nobody" },
    });
    outside.answer(move |_| (200, refusing.to_string()));
    let third = id(&server.admin().post(&path(&sensor), &light()).success());
    assert_eq!(once(&server.admin(), &third, "failed")["problem"], "UnknownDevEUI: nobody");
}

/// ChirpStack's broker takes the command, and tells by events what becomes of it.
#[test]
fn of_mosquitto_a_light_is_commanded_through_a_broker() {
    let broker = Broker::start();
    let settings = format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n[network-servers.city.mqtt]\n{}\
         [network-servers.city.downlink]\nvia = \"mqtt\"\napplication = \"a-1\"\n",
        broker.settings()
    );
    let mut server = Setup::default().settings(&settings).start();
    server.publish_own(LUMINAIRE);
    let sensor = register(&server, 1, "light", &json!({}));
    let mut chirpstack = broker.connect("chirpstack");
    chirpstack.subscribe("application/+/device/+/command/+");
    let mut wish = light();
    wish["confirmed"] = json!(true);
    let sent = id(&server.admin().post(&path(&sensor), &wish).success());
    let command = chirpstack.receive();
    let dev_eui = sensor.dev_eui().to_lowercase();
    assert_eq!(command.topic, format!("application/a-1/device/{dev_eui}/command/down"));
    let command: Json = serde_json::from_slice(&command.payload).expect("it is JSON");
    assert_eq!((&command["id"], &command["data"]), (&json!(sent), &json!("Af5k")));
    // Its broker has it; of ChirpStack nobody knows.
    let unknown = once(&server.admin(), &sent, "unknown");
    assert_eq!(unknown["handedOverAt"], Json::Null);

    let event = |name: &str| format!("application/a-1/device/{dev_eui}/event/{name}");
    let device = json!({ "devEui": dev_eui, "applicationId": "a-1" });
    let transmitted = json!({ "deviceInfo": device, "queueItemId": sent, "fCntDown": 3 });
    chirpstack.publish(&[(event("txack"), transmitted.to_string().into_bytes())]);
    once(&server.admin(), &sent, "sent");
    server.kill();
    server.restart();
    let acknowledged = json!({ "deviceInfo": device, "queueItemId": sent, "acknowledged": true });
    chirpstack.publish(&[(event("ack"), acknowledged.to_string().into_bytes())]);
    let done = once(&server.admin(), &sent, "acknowledged");
    assert!(done["sentAt"].is_string() && done["acknowledgedAt"].is_string());
    assert!(chirpstack.is_silent(Duration::from_millis(500)), "it is handed over twice");
}

#[test]
fn of_mosquitto_a_light_is_commanded_through_the_broker_of_the_things_stack() {
    let broker = Broker::start();
    let settings = format!(
        "[network-servers.city]\nkind = \"tts\"\n[network-servers.city.mqtt]\n{}\
         [network-servers.city.downlink]\nvia = \"mqtt\"\napplication = \"lights@town\"\n",
        broker.settings()
    );
    let server = Setup::default().settings(&settings).start();
    server.publish_own(LUMINAIRE);
    let sensor = register(&server, 1, "light", &json!({}));
    let mut tts = broker.connect("tts");
    tts.subscribe("v3/+/devices/+/down/push");
    let send = |confirmed: bool| {
        let mut wish = light();
        wish["confirmed"] = json!(confirmed);
        id(&server.admin().post(&path(&sensor), &wish).success())
    };
    let device = format!("eui-{}", sensor.dev_eui().to_lowercase());
    let topic = |event: &str| format!("v3/lights@town/devices/{device}/down/{event}");
    let ids = json!({
        "device_id": device, "application_ids": { "application_id": "lights" },
        "dev_eui": sensor.dev_eui(),
    });
    let (first, second) = (send(true), send(false));
    let mut names = Vec::new();
    for _ in 0..2 {
        let pushed = tts.receive();
        assert_eq!(pushed.topic, topic("push"));
        let pushed: Json = serde_json::from_slice(&pushed.payload).expect("it is JSON");
        let downlink = &pushed["downlinks"][0];
        assert_eq!((&downlink["f_port"], &downlink["frm_payload"]), (&json!(60), &json!("Af5k")));
        names.push(downlink["correlation_ids"][0].clone());
    }
    let expected = [&first, &second].map(|id| json!(format!("champollion:{id}")));
    assert_eq!(names, expected);
    let told = |kind: &str, name: &Json| {
        let told = json!({ "f_port": 60, "correlation_ids": ["as:downlink:x", name] });
        json!({ "end_device_ids": ids, kind: told }).to_string().into_bytes()
    };
    tts.publish(&[(topic("sent"), told("downlink_sent", &names[0]))]);
    once(&server.admin(), &first, "sent");
    tts.publish(&[(topic("ack"), told("downlink_ack", &names[0]))]);
    once(&server.admin(), &first, "acknowledged");
    let failed = json!({
        "end_device_ids": ids,
        "downlink_failed": {
            "downlink": { "correlation_ids": [names[1]] },
            "error": {
                "namespace": "pkg/networkserver",
                "name": "application_downlink_too_long",
                "message_format": "application downlink payload length `{length}` exceeds maximum `{max}`",
                "attributes": { "length": 300, "max": 242 },
            },
        },
    });
    tts.publish(&[(topic("failed"), failed.to_string().into_bytes())]);
    let failed = once(&server.admin(), &second, "failed");
    let why = "application downlink payload length `300` exceeds maximum `242`";
    assert_eq!(failed["problem"], why);
    assert_eq!(server.admin().get("/v1/parked").success()["parked"], json!([]));
}

#[test]
fn people_command_lights_from_the_command_line() {
    let outside = Outside::start(queued_by_chirpstack);
    let server = server_with("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light", &json!({ "street": "Rue X" }));
    let cli = server.cli(&server.new_token("partner", Some("light")));
    let command = full_light().to_string();
    let dev_eui = sensor.dev_eui();
    let send = ["downlinks", "send", &dev_eui, "--command", &command];
    let said = cli.run(&send).success();
    assert!(said.contains(PAYLOAD) && said.contains("city"), "{said}");
    let named = [&send[..], &["--idempotency-key", "k", "--json"]].concat();
    let first = cli.json(&named);
    assert_eq!(cli.json(&named)["id"], first["id"]);
    let street = ["--group", "light", "--tag", "street=Rue X", "--command", &command];
    let all = cli.run(&[&["downlinks", "send"], &street[..]].concat()).success();
    assert!(all.contains("queued 1, refused 0"), "{all}");
    let list = cli.run(&["downlinks", "list", &dev_eui]).success();
    assert_eq!(list.matches("manualDimming").count(), 3, "{list}");
    let shown = cli.json(&["downlinks", "show", &id(&first), "--json"]);
    assert_eq!(shown["payload"], PAYLOAD);
    once_handed_over(&server.admin(), &id(&first));
    let cancelled = cli.run(&["downlinks", "cancel", &id(&first)]);
    assert!(cancelled.sentence().contains("handed-over"));
    let wrong = cli.run(&["downlinks", "send", &dev_eui, "--command", "on"]);
    assert!(wrong.failure().contains("JSON object"));
    let nobody = cli.run(&["downlinks", "send", "--command", &command]);
    assert!(nobody.failure().contains("--group"));
}

/// Where a device lives its frames tell, and what became of a command the network server's events, also
/// by HTTP.
#[test]
fn frames_tell_where_a_device_lives_and_events_what_became_of_its_commands() {
    let outside = Outside::start(queued_by_chirpstack);
    let mut server = server_with("chirpstack", &outside, "");
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "light", Some(DECODER));
    let chirpstack = server.lns_named("city");
    let dev_eui = sensor.dev_eui().to_lowercase();
    let device = json!({ "devEui": dev_eui, "applicationId": "a-1" });
    let up = json!({
        "deviceInfo": device, "devAddr": sensor.dev_addr(), "fCnt": 1, "fPort": 60, "data": "AA==",
    });
    server.admin().post(&path(&sensor), &light()).problem(422, "no-network-server");
    chirpstack.post("/v1/ingest/chirpstack?event=up", &up).success();
    let mut wish = light();
    wish["confirmed"] = json!(true);
    let sent = id(&server.admin().post(&path(&sensor), &wish).success());
    once_handed_over(&server.admin(), &sent);
    let item = "54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11";
    let transmitted = json!({ "deviceInfo": device, "queueItemId": item, "fCntDown": 3 });
    // Somebody else's network server has no say in it.
    server.lns().post("/v1/ingest/chirpstack?event=txack", &transmitted).success();
    let unheard = server.admin().get(&format!("/v1/downlinks/{sent}")).success();
    assert_eq!(unheard["state"], "queued");
    chirpstack.post("/v1/ingest/chirpstack?event=txack", &transmitted).success();
    once(&server.admin(), &sent, "sent");
    let silent = json!({ "deviceInfo": device, "queueItemId": item, "acknowledged": false });
    chirpstack.post("/v1/ingest/chirpstack?event=ack", &silent).success();
    let failed = once(&server.admin(), &sent, "failed");
    assert!(failed["problem"].as_str().is_some_and(|why| why.contains("acknowledged")));

    // Known also after a restart.
    server.kill();
    server.restart();
    let again = server.admin().post(&path(&sensor), &light()).success();
    assert_eq!(again["networkServer"], "city");
}
