//! Attacks by quantity: commands, routes, tokens, devices, streams and tests of one group leave room for others.

use std::{
    io::Read,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use champollion_tests::{
    Answer, Asked, Client, LUMINAIRE, Outside, Sensor, Server, Setup, eventually,
};
use serde_json::{Value as Json, json};

const DECODER: &str = "nas/ul20xx@^1";

pub(crate) fn full_light() -> Json {
    json!({ "command": { "manualDimming": { "destination": [
        { "address": "dali_broadcast", "dimmingLevel": 100 },
    ]}}})
}

/// Takes every command, fifty in a second: a network server that is busy.
pub(crate) fn busily(_: &Asked) -> (u16, String) {
    thread::sleep(Duration::from_millis(20));
    (200, json!({ "id": "54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11" }).to_string())
}

/// A server with a network server that takes commands, and these quotas.
pub(crate) fn server_with(outside: &Outside, quotas: &str) -> Server {
    let settings = format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n\
         [network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\n{quotas}\n",
        outside.url()
    );
    let server = Setup::default().settings(&settings).start();
    server.publish_own(LUMINAIRE);
    server
}

/// Registers lights that live on the network server.
pub(crate) fn lights(
    server: &Server,
    numbers: std::ops::RangeInclusive<u8>,
    group: &str,
) -> Vec<Sensor> {
    let register = |number| {
        let sensor = Sensor::new(number);
        let mut registration = sensor.registration(group, Some(DECODER));
        registration["networkServer"] = json!("city");
        server.admin().put(&sensor.path(), &registration).success();
        sensor
    };
    numbers.map(register).collect()
}

pub(crate) fn downlinks(sensor: &Sensor) -> String {
    format!("{}/downlinks", sensor.path())
}

/// The words about a quota that is used up: which one, how much, and who can raise it.
#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str, quota: &str, limit: u64) {
    let detail = answer.problem(status, code);
    assert!(detail.contains(quota) && detail.contains("operator"), "{detail}");
    assert_eq!(answer.body["quota"], quota, "{}", answer.text);
    assert_eq!(answer.body["limit"], limit, "{}", answer.text);
    let setting = answer.body["setting"].as_str().expect("the setting is named");
    assert!(setting.starts_with("[quotas.groups.") && setting.ends_with(quota), "{setting}");
}

/// Does the same on several threads at once.
fn at_once(times: usize, work: impl Fn(usize) -> Answer + Sync) -> Vec<Answer> {
    thread::scope(|scope| {
        let (work, all) = (&work, 0..times);
        let threads: Vec<_> = all.map(|number| scope.spawn(move || work(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a client")).collect()
    })
}

fn taken(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| (200..300).contains(&answer.status)).count()
}

#[test]
fn a_partner_with_thousands_of_commands_delays_no_other() {
    const FLOOD: usize = 15_000;
    const LIGHTS: u8 = 200;
    let outside = Outside::start(busily);
    let server = server_with(&outside, "");
    lights(&server, 1..=LIGHTS, "flood");
    let own = lights(&server, 201..=201, "street").remove(0);
    let (flood, street) = (server.partner("flood"), server.partner("street"));
    for _ in 0..FLOOD / usize::from(LIGHTS) {
        let answer = flood.post("/v1/groups/flood/downlinks", &full_light()).success();
        assert_eq!(answer["queued"], LIGHTS, "{answer}");
    }
    // The other partner's command comes in the midst of them.
    let before = outside.wait_for(1).len();
    assert!(before < FLOOD / 2, "most of them wait: {before} do not");
    street.post(&downlinks(&own), &full_light()).success();
    let begin = Instant::now();
    let path = format!("/api/devices/{}/queue", own.dev_eui().to_lowercase());
    let place = eventually("the other partner's command is handed over", || {
        outside.asked().iter().position(|asked| asked.path == path)
    });
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(2), "it went out after {took:?}");
    // Those that are offered at once go before, and what was offered while the request was on its way: a small
    // part of those that wait.
    assert!(place < before + FLOOD / 10, "it was the {place}th, after {before}");
}

#[test]
fn commands_that_wait_are_counted_exactly_also_after_a_restart() {
    let outside = Outside::away(busily);
    let mut server = server_with(&outside, "[quotas.groups.light]\nwaiting-commands = 10");
    let own = lights(&server, 1..=4, "light");
    let other = lights(&server, 5..=5, "street").remove(0);
    let partner = server.partner("light");
    let answers = at_once(30, |number| partner.post(&downlinks(&own[number % 4]), &full_light()));
    assert_eq!(taken(&answers), 10, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 202) {
        refused(answer, 429, "quota-exceeded", "waiting-commands", 10);
        assert_eq!(answer.header("retry-after"), "1");
    }
    server.partner("street").post(&downlinks(&other), &full_light()).success();
    let to_all = partner.post("/v1/groups/light/downlinks", &full_light());
    refused(&to_all, 429, "quota-exceeded", "waiting-commands", 10);

    assert!(server.stop().success());
    server.restart();
    let partner = server.partner("light");
    let full = partner.post(&downlinks(&own[0]), &full_light());
    refused(&full, 429, "quota-exceeded", "waiting-commands", 10);
    // One that is taken back makes room for one.
    let listed = partner.get(&downlinks(&own[0])).success();
    let id = listed["downlinks"][0]["id"].as_str().expect("it has commands").to_owned();
    // While it is offered it cannot be taken back.
    eventually("it is taken back", || {
        (partner.delete(&format!("/v1/downlinks/{id}")).status == 200).then_some(())
    });
    let answers = at_once(8, |number| partner.post(&downlinks(&own[number % 4]), &full_light()));
    assert_eq!(taken(&answers), 1, "{answers:?}");
}

#[test]
fn the_same_request_once_more_takes_no_place() {
    let outside = Outside::away(busily);
    let server = server_with(&outside, "[quotas]\nwaiting-commands = 1");
    let own = lights(&server, 1..=1, "light").remove(0);
    let partner = server.partner("light").idempotency_key("one");
    let first = partner.post(&downlinks(&own), &full_light()).success();
    let again = partner.post(&downlinks(&own), &full_light()).success();
    assert_eq!(again["id"], first["id"]);
}

#[test]
fn a_group_command_is_refused_whole() {
    let outside = Outside::away(busily);
    let server = server_with(&outside, "[quotas]\nwaiting-commands = 5");
    lights(&server, 1..=6, "light");
    let partner = server.partner("light");
    let answer = partner.post("/v1/groups/light/downlinks", &full_light());
    refused(&answer, 429, "quota-exceeded", "waiting-commands", 5);
    let report = partner.get("/v1/quotas").success();
    assert_eq!(report["quotas"][0]["waitingCommands"], json!({ "used": 0, "limit": 5 }));
}

#[test]
fn urgent_commands_are_by_permission() {
    let outside = Outside::away(busily);
    let server = server_with(&outside, "[quotas.groups.alarm]\nhigh-priority = true");
    let light = lights(&server, 1..=1, "light").remove(0);
    let alarm = lights(&server, 2..=2, "alarm").remove(0);
    let mut urgent = full_light();
    urgent["priority"] = json!("high");
    let answer = server.partner("light").post(&downlinks(&light), &urgent);
    let detail = answer.problem(403, "priority-not-permitted");
    assert!(detail.contains("[quotas.groups.light]"), "{detail}");
    let to_all = server.partner("light").post("/v1/groups/light/downlinks", &urgent);
    to_all.problem(403, "priority-not-permitted");
    server.partner("light").post(&downlinks(&light), &full_light()).success();
    server.partner("alarm").post(&downlinks(&alarm), &urgent).success();
    server.admin().post(&downlinks(&light), &urgent).success();
}

#[test]
fn routes_tokens_and_devices_are_bounded_by_group() {
    let server = Setup::default()
        .settings(
            "[quotas]\nroutes = 2\ntokens = 2\ndevices = 3\n[quotas.groups.city]\nroutes = 3\n",
        )
        .start();
    let (water, city) = (server.partner("water"), server.partner("city"));
    let pull = json!({ "to": { "pull": {} } });
    let answers = at_once(8, |number| water.put(&format!("/v1/routes/r{number}"), &pull));
    assert_eq!(taken(&answers), 2, "{answers:?}");
    let last = water.put("/v1/routes/more", &pull);
    refused(&last, 409, "too-many-routes", "routes", 2);
    for name in ["a", "b", "c"] {
        city.put(&format!("/v1/routes/{name}"), &pull).success();
    }
    refused(&city.put("/v1/routes/d", &pull), 409, "too-many-routes", "routes", 3);

    let admin = server.admin();
    let wanted = json!({ "name": "more", "role": "partner", "group": "water" });
    let answers = at_once(8, |_| admin.post("/v1/tokens", &wanted));
    assert_eq!(taken(&answers), 1, "{answers:?}");
    refused(&admin.post("/v1/tokens", &wanted), 409, "quota-exceeded", "tokens", 2);

    let register = |number: usize, group: &str| {
        let sensor = Sensor::new(u8::try_from(number + 1).expect("few sensors"));
        admin.put(&sensor.path(), &sensor.registration(group, None))
    };
    let answers = at_once(12, |number| register(number, "water"));
    assert_eq!(taken(&answers), 3, "{answers:?}");
    let last = register(20, "water");
    refused(&last, 409, "quota-exceeded", "devices", 3);
    // One of them can be changed, and one that moves makes room.
    let inside = answers.iter().position(|answer| answer.status == 200).expect("some were taken");
    register(inside, "water").success();
    register(inside, "city").success();
    register(20, "water").success();
    refused(&register(21, "water"), 409, "quota-exceeded", "devices", 3);
}

/// Opens a stream of records, and reads the beginning of the answer.
pub(crate) fn stream(server: &Server, token: &str) -> (TcpStream, String) {
    use std::io::Write;
    let address = server.address().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).expect("the server takes connections");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("it has timeouts");
    let request = format!(
        "GET /v1/records/stream HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it is sent");
    let mut beginning = [0; 64];
    let read = stream.read(&mut beginning).expect("it is answered");
    (stream, String::from_utf8_lossy(&beginning[..read]).into_owned())
}

#[test]
fn streams_and_long_polls_have_places_by_token_and_by_group() {
    let quotas = "[quotas]\nopen-streams = 3\nopen-streams-of-token = 2\n";
    let server = Setup::default().settings(quotas).start();
    let token = server.new_token("partner", Some("water"));
    let client = server.anybody().token(&token);
    let (first, said) = stream(&server, &token);
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
    let _second = stream(&server, &token);
    let refused_poll = client.get("/v1/records?wait=1");
    refused(&refused_poll, 429, "too-many-followers", "open-streams-of-token", 2);
    // What is answered at once needs no place among them.
    client.get("/v1/records").success();
    let other = server.new_token("partner", Some("water"));
    let _third = stream(&server, &other);
    let full = server.anybody().token(&other).get("/v1/records/stream");
    refused(&full, 429, "too-many-followers", "open-streams", 3);
    server.partner("street").get("/v1/records?wait=1").success();
    drop(first);
    // The server sees that somebody has gone when it sends again.
    let used = |client: &Client| client.get("/v1/quotas").success()["quotas"][0].clone();
    assert_eq!(used(&client)["openStreams"]["limit"], 3);
}

#[test]
fn routes_are_tried_so_often_in_a_minute() {
    let server = Setup::default().settings("[quotas]\nroute-tests-per-minute = 2\n").start();
    let (water, street) = (server.partner("water"), server.partner("street"));
    let pull = json!({ "to": { "pull": {} } });
    water.put("/v1/routes/all", &pull).success();
    street.put("/v1/routes/all", &pull).success();
    let test = |client: &Client| client.post("/v1/routes/all/test", &json!({}));
    for _ in 0..2 {
        test(&water).problem(409, "wrong-kind-of-route");
    }
    let third = test(&water);
    refused(&third, 429, "quota-exceeded", "route-tests-per-minute", 2);
    let wait: u64 = third.header("retry-after").parse().expect("it says when");
    assert!((1..=60).contains(&wait), "{wait}");
    test(&street).problem(409, "wrong-kind-of-route");
}

#[test]
fn a_partner_sees_its_own_quotas_and_an_admin_all() {
    let server = Setup::default().settings("[quotas.groups.city]\ntokens = 7\n").start();
    let water = server.partner("water");
    server.register(&Sensor::new(1), "water", None);
    let own = water.get("/v1/quotas").success();
    assert_eq!(own["more"], false, "{own}");
    assert_eq!(own["quotas"].as_array().map(Vec::len), Some(1), "{own}");
    let quotas = &own["quotas"][0];
    assert_eq!((&quotas["group"], &quotas["devices"]["used"]), (&json!("water"), &json!(1)));
    assert_eq!((&quotas["tokens"]["used"], &quotas["highPriority"]), (&json!(1), &json!(false)));
    water.get("/v1/quotas?group=city").problem(403, "forbidden");
    server.lns().get("/v1/quotas").problem(403, "forbidden");
    let all = server.admin().get("/v1/quotas?limit=1").success();
    assert_eq!((&all["quotas"][0]["group"], &all["more"]), (&json!("city"), &json!(true)), "{all}");
    let all = server.admin_cli().json(&["quotas", "--json"]);
    assert_eq!(all["quotas"].as_array().map(Vec::len), Some(2), "{all}");
    let said = server.admin_cli().run(&["quotas", "--group", "city"]).success();
    let tokens = said.lines().find(|line| line.contains("tokens")).expect("it has tokens");
    assert!(tokens.contains("city") && tokens.contains('7'), "{said}");
}
