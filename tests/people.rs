//! Partners, people and their grants: each administers its own, sees its own, and gives nobody more than it has.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use champollion_tests::{Client, Sensor, Server, Table, digits};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

/// The longest that anything of a person goes on after the person was suspended.
const SECOND: Duration = Duration::from_secs(1);

fn add_partner(server: &Server, id: &str, groups: &[&str]) {
    let wanted = json!({ "id": id, "name": format!("The {id}"), "groups": groups });
    server.admin().post("/v1/partners", &wanted).success();
}

fn wanted(email: &str, grants: &[(&str, &str)]) -> Json {
    let grants: Vec<Json> =
        grants.iter().map(|(role, scope)| json!({ "role": role, "scope": scope })).collect();
    json!({ "name": "Lovelace", "firstName": "Ada", "email": email, "grants": grants })
}

/// Adds a person, and gives the id and a client with a token of the person.
fn add_person(server: &Server, email: &str, grants: &[(&str, &str)]) -> (String, Client) {
    let person = server.admin().post("/v1/people", &wanted(email, grants)).success();
    let id = text(&person, "id");
    (id.clone(), server.anybody().token(&person_token(server, &id)))
}

fn person_token(server: &Server, id: &str) -> String {
    let wanted = json!({ "name": "a token of a person", "role": "person", "person": id });
    text(&server.admin().post("/v1/tokens", &wanted).success(), "token")
}

fn text(json: &Json, member: &str) -> String {
    json[member].as_str().unwrap_or_else(|| panic!("{member} is no text: {json}")).to_owned()
}

fn ids(list: &Json, member: &str) -> Vec<String> {
    let items = list[member].as_array().expect("it is a list");
    items.iter().map(|item| text(item, "id")).collect()
}

#[test]
fn an_owner_manages_the_groups_of_the_partner_and_no_others() {
    let mut server = Server::start();
    add_partner(&server, "city", &["water", "light"]);
    add_partner(&server, "valley", &["waste"]);
    let (own_id, owner) = add_person(&server, "owner@city.example", &[("owner", "partner:city")]);
    let (other_id, _) = add_person(&server, "owner@valley.example", &[("owner", "partner:valley")]);

    // Objects.
    let [own, other] = [1, 2].map(Sensor::new);
    owner.put(&own.path(), &own.registration("water", None)).success();
    owner.put(&other.path(), &other.registration("waste", None)).problem(403, "forbidden");
    server.register(&other, "waste", None);
    owner.delete(&other.path()).problem(404, "unknown-device");
    owner.put(&format!("{}/decoder", other.path()), &json!({})).problem(404, "unknown-device");
    // Moved between its own groups, and never to another's.
    owner.put(&own.path(), &own.registration("light", None)).success();
    owner.put(&own.path(), &own.registration("waste", None)).problem(403, "forbidden");
    let devices = owner.get("/v1/devices").success();
    assert_eq!(devices["devices"].as_array().map(Vec::len), Some(1), "{devices}");

    // Records, routes and tokens of either group, by its name.
    server.lns().ingest(&json!({ "phyPayload": digits(&own.phy(1, 1, &[1])) })).success();
    let pulled = owner.get("/v1/records?group=light").success();
    assert_eq!(pulled["records"].as_array().map(Vec::len), Some(1), "{pulled}");
    let unnamed = owner.get("/v1/records");
    assert!(unnamed.problem(400, "group-missing").contains("several groups"));
    owner.get("/v1/records?group=waste").problem(403, "forbidden");
    let pull = json!({ "to": { "pull": {} } });
    for group in ["water", "light"] {
        owner.put(&format!("/v1/routes/all?group={group}"), &pull).success();
    }
    server.admin().put("/v1/routes/theirs?group=waste", &pull).success();
    let routes = owner.get("/v1/routes").success();
    assert_eq!(routes["routes"].as_array().map(Vec::len), Some(2), "{routes}");
    let made = json!({ "name": "a machine", "role": "operator", "scope": "group:water" });
    let made = owner.post("/v1/tokens", &made).success();
    let theirs = json!({ "name": "x", "role": "partner", "group": "waste" });
    let theirs = text(&server.admin().post("/v1/tokens", &theirs).success(), "id");
    let listed = ids(&owner.get("/v1/tokens").success(), "tokens");
    assert!(listed.contains(&text(&made, "id")) && !listed.contains(&theirs), "{listed:?}");
    owner.delete(&format!("/v1/tokens/{theirs}")).problem(404, "unknown-token");

    // People: its own, and no others.
    let reader = wanted("reader@city.example", &[("reader", "group:water")]);
    let reader = text(&owner.post("/v1/people", &reader).success(), "id");
    let listed = ids(&owner.get("/v1/people").success(), "people");
    assert_eq!(listed, [own_id.clone(), reader.clone()]);
    owner.get(&format!("/v1/people/{other_id}")).problem(404, "unknown-person");
    owner
        .post(&format!("/v1/people/{other_id}/suspend"), &json!({}))
        .problem(404, "unknown-person");
    let partners = ids(&owner.get("/v1/partners").success(), "partners");
    assert_eq!(partners, ["city"]);
    owner.get("/v1/partners/valley").problem(404, "unknown-partner");
    let wanted_group = json!({ "addGroups": ["parking"] });
    owner.patch("/v1/partners/city", &wanted_group).problem(403, "forbidden");

    // All of it is there again after a restart, and in the audit.
    server.kill();
    server.restart();
    assert_eq!(ids(&server.admin().get("/v1/people").success(), "people").len(), 3);
    let audit = server.admin().get("/v1/audit").text;
    for act in ["partner-add", "person-add", "token-create"] {
        assert!(audit.contains(act), "{act} is not in the audit");
    }
}

#[test]
fn a_reader_reads_and_an_operator_works() {
    let server = Server::start();
    add_partner(&server, "city", &["water"]);
    let (_, reader) = add_person(&server, "reader@city.example", &[("reader", "group:water")]);
    let (_, operator) = add_person(&server, "op@city.example", &[("operator", "group:water")]);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    server.admin().put("/v1/routes/all?group=water", &json!({ "to": { "pull": {} } })).success();
    for (client, is_operator) in [(&reader, false), (&operator, true)] {
        client.get(&sensor.path()).success();
        client.get("/v1/records").success();
        client.get("/v1/routes").success();
        client.get("/v1/routes/all").success();
        client.get(&format!("{}/downlinks", sensor.path())).success();
        let cursor = json!({ "cursor": "0", "route": "all" });
        let acknowledged = client.post("/v1/records/ack", &cursor);
        let paused = client.post("/v1/routes/all/pause", &json!({}));
        for answer in [acknowledged, paused] {
            match is_operator {
                true => drop(answer.success()),
                false => assert!(answer.problem(403, "forbidden").contains("operator")),
            }
        }
        client.delete(&sensor.path()).problem(403, "forbidden");
        client.get("/v1/people").problem(403, "forbidden");
        client.get("/v1/tokens").problem(403, "forbidden");
    }
    let me = reader.get("/v1/me").success();
    assert_eq!((&me["role"], &me["name"]), (&json!("person"), &json!("Ada Lovelace")), "{me}");
    assert_eq!(me["groups"], json!(["water"]), "{me}");
    assert_eq!(me["grants"], json!([{ "role": "reader", "scope": "group:water" }]), "{me}");
    assert_eq!(me["person"]["email"], "reader@city.example", "{me}");
}

#[test]
fn a_grant_for_a_sub_group_reaches_its_objects_alone() {
    let server = Server::start();
    let [north, south] = [1, 2].map(Sensor::new);
    for (sensor, part) in [(&north, "north"), (&south, "south")] {
        let mut registration = sensor.registration("water", None);
        registration["subGroup"] = json!(part);
        server.admin().put(&sensor.path(), &registration).success();
        server.lns().ingest(&json!({ "phyPayload": digits(&sensor.phy(1, 1, &[1])) })).success();
    }
    let (_, client) =
        add_person(&server, "north@city.example", &[("operator", "sub-group:water/north")]);
    let devices = client.get("/v1/devices").success();
    assert_eq!(devices["devices"][0]["devEui"], north.dev_eui(), "{devices}");
    assert_eq!(devices["devices"].as_array().map(Vec::len), Some(1), "{devices}");
    client.get(&south.path()).problem(404, "unknown-device");
    let page = client.get("/v1/records").success();
    assert_eq!(page["records"].as_array().map(Vec::len), Some(1), "{page}");
    assert!(page.to_string().contains(&north.dev_eui()), "{page}");
    client.get("/v1/records?subGroup=south").problem(403, "forbidden");
    // What is of the whole group is not for it: another part would lose its records.
    client
        .post("/v1/records/ack", &json!({ "cursor": "0", "group": "water" }))
        .problem(403, "forbidden");
    client.get("/v1/routes?group=water").problem(403, "forbidden");
    client
        .post("/v1/groups/water/downlinks", &json!({ "command": {} }))
        .problem(404, "unknown-group");
}

#[test]
fn nobody_grants_more_than_they_have() {
    let server = Server::start();
    add_partner(&server, "city", &["water", "light"]);
    let (_, owner) = add_person(&server, "owner@city.example", &[("owner", "partner:city")]);
    let (_, of_group) = add_person(&server, "of-group@city.example", &[("owner", "group:water")]);
    let narrowed = json!({ "name": "narrow", "role": "admin", "scopes": ["people", "tokens"] });
    let narrowed = server.admin().post("/v1/tokens", &narrowed).success();
    let narrowed = server.anybody().token(&text(&narrowed, "token"));
    let mut table = Table::default();
    for (who, client, role, scope) in [
        ("owner", &owner, "admin", "territory"),
        ("owner", &owner, "auditor", "territory"),
        ("owner", &owner, "owner", "territory"),
        ("owner", &owner, "reader", "partner:valley"),
        ("owner", &owner, "reader", "group:waste"),
        ("owner of a group", &of_group, "owner", "partner:city"),
        ("owner of a group", &of_group, "reader", "group:light"),
        ("narrowed admin", &narrowed, "admin", "territory"),
        ("narrowed admin", &narrowed, "reader", "group:water"),
    ] {
        let person = client.post("/v1/people", &wanted("x@y.example", &[(role, scope)]));
        table.expect(&format!("{who} grants {role}@{scope}"), &person, (403, "forbidden"), &[]);
        if role != "admin" && role != "auditor" {
            let token = json!({ "name": "x", "role": role, "scope": scope });
            let token = client.post("/v1/tokens", &token);
            table.expect(&format!("{who} makes {role}@{scope}"), &token, (403, "forbidden"), &[]);
        }
    }
    for role in ["lns", "publisher", "admin", "auditor"] {
        let token = owner.post("/v1/tokens", &json!({ "name": "x", "role": role }));
        table.expect(&format!("owner makes {role}"), &token, (403, "forbidden"), &[]);
    }
    table.finish();
    // An admin's person is not one whose token a narrowed admin could make for itself.
    let (chief, _) = add_person(&server, "chief@x.example", &[("admin", "territory")]);
    let token = json!({ "name": "x", "role": "person", "person": chief });
    narrowed.post("/v1/tokens", &token).problem(403, "forbidden");
    let scoped = json!({ "name": "x", "role": "person", "person": chief, "scopes": ["devices"] });
    narrowed.post("/v1/tokens", &scoped).problem(403, "forbidden");
    let grants = owner.post("/v1/people", &wanted("ok@y.example", &[("owner", "group:light")]));
    grants.success();
}

#[test]
fn the_last_owner_and_the_last_admin_stay() {
    let server = Server::start();
    add_partner(&server, "city", &["water"]);
    let (ada, owner) = add_person(&server, "ada@city.example", &[("owner", "partner:city")]);
    let grants = owner.get(&format!("/v1/people/{ada}")).success();
    let grant = text(&grants["grants"][0], "id");
    let revoke = format!("/v1/people/{ada}/grants/{grant}");
    for client in [&owner, &server.admin()] {
        assert!(client.delete(&revoke).problem(409, "last-owner").contains("partner:city"));
        client.post(&format!("/v1/people/{ada}/suspend"), &json!({})).problem(409, "last-owner");
    }
    add_person(&server, "bob@city.example", &[("owner", "partner:city")]);
    assert_eq!(owner.delete(&revoke).status, 204);
    // The grant is gone at once, and with it the right.
    owner.get("/v1/people").problem(403, "forbidden");

    // A person administers where one has a token; the first token is the last one otherwise.
    let admin = server.admin();
    let (chief, of_chief) = add_person(&server, "chief@x.example", &[("admin", "territory")]);
    let first = ids(&admin.get("/v1/tokens").success(), "tokens");
    let first = first.first().expect("there is the first one");
    assert_eq!(of_chief.delete(&format!("/v1/tokens/{first}")).status, 204);
    let own = ids(&of_chief.get("/v1/tokens").success(), "tokens");
    let last = own.last().expect("there is the chief's");
    of_chief.delete(&format!("/v1/tokens/{last}")).problem(409, "last-admin");
    of_chief.post(&format!("/v1/people/{chief}/suspend"), &json!({})).problem(409, "last-admin");
    let shown = of_chief.get(&format!("/v1/people/{chief}")).success();
    let grant = text(&shown["grants"][0], "id");
    of_chief.delete(&format!("/v1/people/{chief}/grants/{grant}")).problem(409, "last-admin");
}

#[test]
fn of_two_owners_who_revoke_each_other_at_once_one_stays() {
    let server = Server::start();
    add_partner(&server, "city", &["water"]);
    for round in 0..5 {
        let scope = if round % 2 == 0 { "partner:city" } else { "group:waste" };
        let people = ["ada", "bob"].map(|name| {
            let email = format!("{name}-{round}@city.example");
            let (id, client) = add_person(&server, &email, &[("owner", scope)]);
            let shown = server.admin().get(&format!("/v1/people/{id}")).success();
            (format!("/v1/people/{id}/grants/{}", text(&shown["grants"][0], "id")), client)
        });
        let [(of_ada, ada), (of_bob, bob)] = &people;
        let statuses = thread::scope(|scope| {
            let both = [(ada, of_bob), (bob, of_ada)]
                .map(|(client, path)| scope.spawn(move || client.delete(path).status));
            both.map(|revoking| revoking.join().expect("a client"))
        });
        let owners =
            |json: &Json| json.to_string().matches(&format!("\"scope\":\"{scope}\"")).count();
        let left = owners(&server.admin().get("/v1/people").success());
        assert!(left >= 1, "nobody owns {scope} any more: {statuses:?}");
        assert!(statuses.contains(&204), "{statuses:?}");
    }
}

/// Follows records, and gives the moment at which the stream has ended.
fn followed(server: &Server, token: &str) -> mpsc::Receiver<Instant> {
    let host = server.address().trim_start_matches("http://").to_owned();
    let head = format!(
        "GET /v1/records/stream HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    let (ended, end) = mpsc::channel();
    let (began, begin) = mpsc::channel();
    thread::spawn(move || {
        let mut stream = TcpStream::connect(host).expect("the server takes a connection");
        stream.set_read_timeout(Some(Duration::from_secs(40))).expect("it has timeouts");
        stream.write_all(head.as_bytes()).expect("the server takes the request");
        let mut first = [0; 1];
        stream.read_exact(&mut first).expect("the stream begins");
        began.send(()).expect("the test waits");
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
        ended.send(Instant::now()).expect("the test waits");
    });
    begin.recv_timeout(Duration::from_secs(20)).expect("the stream begins");
    end
}

#[test]
fn whoever_is_suspended_is_out_within_a_second_and_streams_end() {
    let mut server = Server::start();
    let (id, client) = add_person(&server, "ada@city.example", &[("reader", "group:water")]);
    add_person(&server, "bob@city.example", &[("owner", "group:water")]);
    client.get("/v1/records").success();
    let end = followed(&server, &person_token(&server, &id));
    let began = Instant::now();
    let suspended = server.admin_cli().run(&["people", "suspend", "ada@city.example"]).success();
    assert!(suspended.contains("suspended"), "{suspended}");
    assert!(suspended.contains("own tokens and sessions have ended"), "{suspended}");
    client.get("/v1/records").problem(401, "token-unknown");
    let ended = end.recv_timeout(Duration::from_secs(20)).expect("the stream ends");
    let took = ended.saturating_duration_since(began);
    assert!(took < SECOND + Duration::from_millis(500), "the stream went on for {took:?}");
    server.kill();
    server.restart();
    client.get("/v1/records").problem(401, "token-unknown");
    // Nothing is made that would let the person in after the suspension.
    let admin = server.admin();
    let token = json!({ "name": "x", "role": "person", "person": id });
    let refused = admin.post("/v1/tokens", &token);
    let said = refused.problem(409, "person-suspended");
    assert!(said.contains("resume it first"), "{said}");
    admin.post(&format!("/v1/people/{id}/invitation"), &json!({})).problem(409, "person-suspended");
    admin.post(&format!("/v1/people/{id}/suspend"), &json!({})).problem(409, "already-so");
    admin.post(&format!("/v1/people/{id}/resume"), &json!({})).success();
    // The tokens of before stay ended: the person makes new ones, and the grants are there.
    client.get("/v1/records").problem(401, "token-unknown");
    server.anybody().token(&person_token(&server, &id)).get("/v1/records").success();

    // A grant that ends is as good as a suspension.
    let end = followed(&server, &person_token(&server, &id));
    let shown = server.admin().get(&format!("/v1/people/{id}")).success();
    let grant = text(&shown["grants"][0], "id");
    let began = Instant::now();
    assert_eq!(server.admin().delete(&format!("/v1/people/{id}/grants/{grant}")).status, 204);
    let ended = end.recv_timeout(Duration::from_secs(20)).expect("the stream ends");
    let took = ended.saturating_duration_since(began);
    assert!(took < SECOND + Duration::from_millis(500), "the stream went on for {took:?}");
}

#[test]
fn uses_are_told_of_tokens_and_grants_and_kept_over_a_stop() {
    let mut server = Server::start();
    let (id, client) = add_person(&server, "ada@city.example", &[("reader", "group:water")]);
    let path = format!("/v1/people/{id}");
    let before = server.admin().get(&path).success();
    assert!(before["grants"][0]["lastUsedAt"].is_null(), "{before}");
    client.get("/v1/records").success();
    let after = server.admin().get(&path).success();
    let used = text(&after["grants"][0], "lastUsedAt");
    let tokens = server.admin().get("/v1/tokens").success();
    let of_person = |tokens: &Json| {
        let all = tokens["tokens"].as_array().expect("it is a list").clone();
        all.into_iter().find(|token| token["person"] == json!(id)).expect("it is listed")
    };
    assert!(of_person(&tokens)["lastUsedAt"].is_string(), "{tokens}");
    server.stop();
    server.restart();
    let kept = server.admin().get(&path).success();
    assert_eq!(kept["grants"][0]["lastUsedAt"], json!(used), "{kept}");
    let confirm = format!("{path}/grants/{}/confirm", text(&kept["grants"][0], "id"));
    let confirmed = server.admin().post(&confirm, &json!({})).success();
    assert!(confirmed["confirmedAt"].is_string(), "{confirmed}");
}

#[test]
fn a_grant_is_used_where_its_place_lets_a_request_through() {
    let server = Server::start();
    let grants = [("reader", "group:water"), ("reader", "group:light"), ("operator", "group:gas")];
    let (id, client) = add_person(&server, "ada@city.example", &grants);
    let used = || {
        let shown = server.admin().get(&format!("/v1/people/{id}")).success();
        let grants = shown["grants"].as_array().expect("it has grants").clone();
        let used = grants.into_iter().filter(|grant| grant["lastUsedAt"].is_string());
        let mut scopes: Vec<String> = used.map(|grant| text(&grant, "scope")).collect();
        scopes.sort();
        scopes
    };
    client.get("/v1/records?group=waste").problem(403, "forbidden");
    client.get("/v1/me").success();
    assert_eq!(used(), Vec::<String>::new());
    client.get("/v1/records?group=water").success();
    assert_eq!(used(), ["group:water"]);
    server.register(&Sensor::new(1), "gas", None);
    client.get(&Sensor::new(1).path()).success();
    assert_eq!(used(), ["group:gas", "group:water"]);
}

#[test]
fn what_cannot_be_is_refused_with_the_fault() {
    let server = Server::start();
    add_partner(&server, "city", &["water"]);
    let admin = server.admin();
    let mut table = Table::default();
    let mut line = |what: &str, path: &str, body: Json, problem: (u16, &str), names: &[&str]| {
        table.expect(what, &admin.post(path, &body), problem, names);
    };
    let person = |email: &str, role: &str, scope: &str| wanted(email, &[(role, scope)]);
    let people = "/v1/people";
    line(
        "no address",
        people,
        person("ada", "reader", "group:water"),
        (400, "invalid-body"),
        &["email"],
    );
    line(
        "no scope",
        people,
        person("a@b.example", "reader", "water"),
        (400, "invalid-body"),
        &["scope"],
    );
    line(
        "no role",
        people,
        person("a@b.example", "chief", "territory"),
        (400, "invalid-body"),
        &["role"],
    );
    line(
        "an admin of a group",
        people,
        person("a@b.example", "admin", "group:water"),
        (400, "invalid-role"),
        &["admin", "territory"],
    );
    line(
        "a partner that is none",
        people,
        person("a@b.example", "reader", "partner:nobody"),
        (404, "unknown-partner"),
        &["nobody"],
    );
    let long = json!({ "name": "x".repeat(1_000), "firstName": "A", "email": "a@b.example" });
    line("a long name", people, long, (400, "invalid-body"), &["name"]);
    let huge = json!({ "name": "x", "firstName": "A", "email": "a".repeat(1_000_000) });
    line("an address of 1 MB", people, huge, (400, "invalid-body"), &["email"]);
    let twice = wanted("a@b.example", &[("reader", "group:water"), ("reader", "group:water")]);
    line("a grant twice", people, twice, (409, "already-granted"), &["group:water"]);
    let mut outside = person("a@b.example", "reader", "group:waste");
    outside["home"] = json!("partner:city");
    line(
        "outside of the home",
        people,
        outside,
        (409, "outside-home"),
        &["partner:city", "group:waste"],
    );
    let partners = "/v1/partners";
    line(
        "a partner twice",
        partners,
        json!({ "id": "city", "name": "x" }),
        (409, "partner-exists"),
        &["city"],
    );
    line(
        "no name",
        partners,
        json!({ "id": "valley", "name": " " }),
        (400, "invalid-name"),
        &["characters"],
    );
    line(
        "no short name",
        partners,
        json!({ "id": "A b", "name": "x" }),
        (400, "invalid-body"),
        &["id"],
    );
    let taken = json!({ "id": "valley", "name": "x", "groups": ["water"] });
    line("another's group", partners, taken, (409, "group-owned"), &["water", "city"]);
    let token = |member: &str, value: Json| json!({ "name": "x", "role": "owner", member: value });
    line(
        "an owner of nothing",
        "/v1/tokens",
        json!({ "name": "x", "role": "owner" }),
        (400, "invalid-role"),
        &["scope"],
    );
    line(
        "an owner with a group",
        "/v1/tokens",
        token("group", json!("water")),
        (400, "invalid-role"),
        &["group"],
    );
    line(
        "an owner of no partner",
        "/v1/tokens",
        token("scope", json!("partner:none")),
        (404, "unknown-partner"),
        &["none"],
    );
    let nobody =
        json!({ "name": "x", "role": "person", "person": "00000000-0000-0000-0000-000000000000" });
    line("a token of nobody", "/v1/tokens", nobody, (404, "unknown-person"), &["00000000"]);
    table.finish();
    assert_eq!(ids(&admin.get("/v1/people").success(), "people"), Vec::<String>::new());
    assert_eq!(ids(&admin.get("/v1/partners").success(), "partners"), ["city"]);
}

#[test]
fn a_person_makes_tokens_that_do_what_the_grants_say() {
    let server = Server::start();
    let (id, reader) = add_person(&server, "ada@city.example", &[("reader", "group:water")]);
    add_person(&server, "bob@city.example", &[("owner", "group:water")]);
    reader.get("/v1/tokens").problem(403, "forbidden");
    let made = reader.post("/v1/me/tokens", &json!({ "name": "notebook" })).success();
    assert_eq!((&made["role"], &made["person"]), (&json!("person"), &json!(id)), "{made}");
    let notebook = server.anybody().token(&text(&made, "token"));
    notebook.get("/v1/records").success();
    let narrow = json!({ "name": "narrow", "scopes": ["records:read"] });
    let narrow = notebook.post("/v1/me/tokens", &narrow).success();
    let narrowed = server.anybody().token(&text(&narrow, "token"));
    narrowed.get("/v1/records").success();
    narrowed.get("/v1/routes").problem(403, "forbidden");
    // It makes no wider one than it is itself.
    narrowed.post("/v1/me/tokens", &json!({ "name": "wide" })).problem(403, "forbidden");
    let listed = ids(&narrowed.get("/v1/me/tokens").success(), "tokens");
    assert_eq!(listed.len(), 3, "{listed:?}");
    let others = ids(&server.admin().get("/v1/tokens").success(), "tokens");
    let other = others.iter().find(|id| !listed.contains(id)).expect("there are others");
    reader.delete(&format!("/v1/me/tokens/{other}")).problem(404, "unknown-token");
    let own = text(&narrow, "id");
    assert_eq!(reader.delete(&format!("/v1/me/tokens/{own}")).status, 204);
    narrowed.get("/v1/records").problem(401, "token-unknown");
    server.admin().get("/v1/me/tokens").problem(403, "forbidden");

    let cli = server.cli(&text(&made, "token"));
    let shown = cli.run(&["tokens", "create-own", "--name", "again"]).success();
    assert!(shown.starts_with("chmp_person_"), "{shown}");
    assert!(cli.run(&["tokens", "list", "--own"]).success().contains("again"));
    let revoked = cli.run(&["tokens", "revoke", "--own", &text(&made, "id")]).success();
    assert!(revoked.contains("revoked"), "{revoked}");
}

#[test]
fn a_narrowed_or_expiring_token_does_not_take_its_account_over() {
    let server = Server::start();
    let (person, full) = add_person(&server, "ada@city.example", &[("owner", "group:water")]);
    let full_id = text(&full.get("/v1/me").success(), "token");
    let narrow = json!({ "name": "narrow", "scopes": ["records:read"] });
    let narrow = full.post("/v1/me/tokens", &narrow).success();
    let narrowed = server.anybody().token(&text(&narrow, "token"));
    let again = json!({ "name": "again", "scopes": ["records:read"] });
    narrowed.post("/v1/me/tokens", &again).problem(403, "forbidden");
    narrowed.delete(&format!("/v1/me/tokens/{full_id}")).problem(403, "forbidden");
    narrowed.post("/v1/me/second-factor", &json!({})).problem(409, "no-session");
    full.get("/v1/devices").success();

    let hour = |hours: i64| (Timestamp::now() + SignedDuration::from_hours(hours)).to_string();
    let end = hour(1);
    let ending = json!({
        "name": "ending", "role": "person", "person": person, "expiresAt": end,
    });
    let ending = server.admin().post("/v1/tokens", &ending).success();
    let expiring = server.anybody().token(&text(&ending, "token"));
    let later = json!({ "name": "later", "expiresAt": hour(2) });
    let refused = expiring.post("/v1/me/tokens", &later);
    let said = refused.problem(403, "forbidden");
    assert!(said.contains("no later"), "{said}");
    let child = expiring.post("/v1/me/tokens", &json!({ "name": "child" })).success();
    assert_eq!(child["expiresAt"], ending["expiresAt"], "{child}");

    // The same of machines: a token to make tokens makes none that outlives it.
    let keeper = json!({
        "name": "keeper", "role": "admin", "scopes": ["tokens"], "expiresAt": end,
    });
    let keeper = server.admin().post("/v1/tokens", &keeper).success();
    let keeper = server.anybody().token(&text(&keeper, "token"));
    let made = json!({ "name": "made", "role": "admin", "scopes": ["tokens"] });
    let made = keeper.post("/v1/tokens", &made).success();
    assert_eq!(made["expiresAt"], ending["expiresAt"], "{made}");
}

#[test]
fn partners_and_people_are_managed_on_the_command_line() {
    let server = Server::start();
    let cli = server.admin_cli();
    let added = cli.run(&["partners", "add", "city", "--name", "The city", "--group", "water"]);
    assert!(added.success().contains("The city"));
    let changed = cli.json(&["partners", "change", "city", "--add-group", "light", "--json"]);
    assert_eq!(changed["groups"], json!(["light", "water"]), "{changed}");
    assert!(cli.run(&["partners", "list"]).success().contains("light water"));

    let ada = cli.json(&[
        "people",
        "add",
        "--name",
        "Lovelace",
        "--first-name",
        "Ada",
        "--email",
        "Ada@City.example",
        "--grant",
        "owner@partner:city",
        "--json",
    ]);
    assert_eq!((&ada["home"], &ada["email"]), (&json!("partner:city"), &json!("ada@city.example")));
    let granted = cli.run(&["people", "grant", "ada@city.example", "reader@group:water"]).success();
    assert!(granted.contains("reader@group:water"), "{granted}");
    let shown = cli.run(&["people", "show", "ada@city.example"]).success();
    assert!(shown.contains("owner@partner:city") && shown.contains("Ada Lovelace"), "{shown}");
    let listed = cli.run(&["people", "list"]).success();
    assert!(listed.contains("owner@partner:city reader@group:water"), "{listed}");
    let revoked = cli.run(&["people", "revoke", "ada@city.example", "reader@group:water"]);
    assert!(revoked.success().contains("revoked"));
    let corrected = cli.json(&["people", "change", "ada@city.example", "--name", "King", "--json"]);
    assert_eq!((&corrected["name"], &corrected["firstName"]), (&json!("King"), &json!("Ada")));
    let back = cli.json(&["people", "change", "ada@city.example", "--name", "Lovelace", "--json"]);
    assert_eq!(back["name"], "Lovelace");
    let last = cli.run(&["people", "revoke", "ada@city.example", "owner@partner:city"]);
    assert!(last.sentence().contains("last-owner"), "{}", last.sentence());
    let wrong = cli.run(&["people", "show", "nobody@city.example"]);
    assert!(wrong.sentence().contains("nobody@city.example"), "{}", wrong.sentence());
    let id = text(&ada, "id");
    let token =
        cli.run(&["tokens", "create", "--name", "Ada's", "--role", "person", "--person", &id]);
    let token = token.success().trim().to_owned();
    assert!(token.starts_with("chmp_person_"), "{token}");
    let me = server.cli(&token).run(&["tokens", "me"]).success();
    assert!(me.contains("Ada Lovelace") && me.contains("owner@partner:city"), "{me}");
    let machine = ["tokens", "create", "--name", "m", "--role", "reader", "--in", "group:water"];
    assert!(server.cli(&token).run(&machine).success().starts_with("chmp_reader_"));
}

#[test]
fn a_review_confirms_each_grant_or_ends_it() {
    let server = Server::start();
    let cli = server.admin_cli();
    for (email, scope) in
        [("ada@city.example", "group:water"), ("=eve@city.example", "group:light")]
    {
        add_person(&server, email, &[("owner", scope), ("reader", scope)]);
    }
    let file = |name: &str| server.folder().join(name).to_str().expect("it is text").to_owned();
    assert_eq!(cli.run(&["people", "review", "--out", &file("rights.xlsx")]).success(), "");
    let workbook = std::fs::read(file("rights.xlsx")).expect("it is written");
    assert!(workbook.starts_with(b"PK"));
    assert_eq!(cli.run(&["people", "review", "--out", &file("rights.csv")]).success(), "");
    let list = std::fs::read_to_string(file("rights.csv")).expect("it is written");
    let (grants, machines): (Vec<&str>, Vec<&str>) =
        list.lines().skip(1).partition(|line| line.contains("city.example"));
    assert_eq!(grants.len(), 4, "{list}");
    assert!(machines.iter().any(|line| line.contains("\"admin\"")), "{list}");
    assert!(list.contains("'=eve@city.example"), "no cell is a formula: {list}");
    // The readers are kept, one owner is to end, the other one is forgotten.
    let decided: String = list
        .lines()
        .map(|line| match line {
            _ if machines.contains(&line) => format!("{line}\"keep\"\r\n"),
            _ if line.contains("reader") => format!("{line}\"keep\"\r\n"),
            _ if line.contains("ada@") => format!("{line}\"end\"\r\n"),
            _ => format!("{line}\r\n"),
        })
        .collect();
    std::fs::write(file("decided.csv"), decided).expect("it is written");
    let undecided = ["people", "review", "--decided", &file("decided.csv")];
    let refused = cli.run(&undecided);
    // The last owner stays, and all the rest is done.
    assert!(refused.failure().contains("1 decision was refused"), "{}", refused.failure());
    assert!(refused.stdout.contains("last-owner"), "{}", refused.stdout);
    let kept = 2 + machines.len();
    let told = format!("{kept} confirmed, 1 refused, 1 undecided");
    assert!(refused.stdout.contains(&told), "{}", refused.stdout);
    let tokens = server.admin().get("/v1/tokens").success();
    assert_eq!(tokens.to_string().matches("confirmedAt").count(), machines.len(), "{tokens}");
    // A workbook that nobody has filled in decides nothing.
    let empty = cli.run(&["people", "review", "--decided", &file("rights.xlsx")]).success();
    assert_eq!(empty, format!("{} undecided\n", grants.len() + machines.len()));
    let people = server.admin().get("/v1/people").success();
    let confirmed = people.to_string().matches("confirmedAt").count();
    assert_eq!(confirmed, 2, "{people}");
    add_person(&server, "bob@city.example", &[("owner", "group:water"), ("owner", "group:light")]);
    let ended = ["people", "review", "--decided", &file("decided.csv"), "--end-undecided"];
    let done = cli.run(&ended).success();
    assert!(done.contains(&format!("{kept} confirmed, 2 ended")), "{done}");
    std::fs::write(file("wrong.csv"), "person,grant\n").expect("it is written");
    let wrong = cli.run(&["people", "review", "--decided", &file("wrong.csv")]);
    assert!(wrong.sentence().contains("decision"), "{}", wrong.sentence());
}

#[test]
fn tokens_of_machines_are_told_of_with_their_maker() {
    let server = Server::start();
    let (id, ada) = add_person(&server, "ada@city.example", &[("owner", "group:water")]);
    add_person(&server, "bob@city.example", &[("owner", "group:water")]);
    let wanted = json!({ "name": "gateway", "role": "owner", "scope": "group:water" });
    let made = ada.post("/v1/tokens", &wanted).success();
    assert_eq!(made["createdBy"], json!({ "name": "Ada Lovelace", "person": id }), "{made}");
    let gateway = server.anybody().token(&text(&made, "token"));
    // What that token makes is of the same person.
    let wanted = json!({ "name": "pump", "role": "reader", "scope": "group:water" });
    let pump = gateway.post("/v1/tokens", &wanted).success();
    assert_eq!(pump["createdBy"], json!({ "name": "gateway", "person": id }), "{pump}");
    server.anybody().post("/v1/tokens", &wanted).problem(401, "token-missing");
    let path = format!("/v1/tokens/{}/confirm", text(&pump, "id"));
    assert!(server.admin().post(&path, &json!({})).success()["confirmedAt"].is_string());
    server.admin().post("/v1/tokens/none/confirm", &json!({})).problem(404, "unknown-token");

    let cli = server.admin_cli();
    let told = cli.run(&["people", "suspend", "ada@city.example"]).success();
    for token in [&made, &pump] {
        let line = format!("token {}, {}", text(token, "id"), text(token, "name"));
        assert!(told.contains(&line) && told.contains("goes on"), "{told}");
    }
    gateway.get("/v1/me").success();
    server.admin().post(&format!("/v1/people/{id}/resume"), &json!({})).success();
    let told = cli.run(&["people", "suspend", "ada@city.example", "--with-tokens"]).success();
    assert_eq!(told.matches(": ended").count(), 2, "{told}");
    gateway.get("/v1/me").problem(401, "token-unknown");
}

#[test]
fn an_account_is_of_one_home_and_the_same_address_elsewhere_tells_nothing() {
    let server = Server::start();
    add_partner(&server, "city", &["water"]);
    add_partner(&server, "valley", &["waste"]);
    let (_, city) = add_person(&server, "owner@city.example", &[("owner", "partner:city")]);
    let (_, valley) = add_person(&server, "owner@valley.example", &[("owner", "partner:valley")]);
    let made = [(&city, "water"), (&valley, "waste")].map(|(client, group)| {
        let scope = format!("group:{group}");
        client.post("/v1/people", &wanted("eve@firm.example", &[("reader", &scope)])).success()
    });
    assert_ne!(made[0]["id"], made[1]["id"]);
    for (client, own, other) in [(&city, &made[0], &made[1]), (&valley, &made[1], &made[0])] {
        client.get(&format!("/v1/people/{}", text(own, "id"))).success();
        client.get(&format!("/v1/people/{}", text(other, "id"))).problem(404, "unknown-person");
        client.get("/v1/people").success();
    }
    let again = wanted("eve@firm.example", &[("reader", "group:water")]);
    city.post("/v1/people", &again).problem(409, "email-taken");
    // A group that changes hands takes the rights of the partner's people with it.
    let eve = text(&made[0], "id");
    let eves = server.anybody().token(&person_token(&server, &eve));
    eves.get("/v1/records?group=water").success();
    server.admin().patch("/v1/partners/city", &json!({ "removeGroups": ["water"] })).success();
    server.admin().patch("/v1/partners/valley", &json!({ "addGroups": ["water"] })).success();
    eves.get("/v1/records?group=water").problem(403, "forbidden");
    city.get("/v1/records?group=water").problem(403, "forbidden");
    valley.get("/v1/records?group=water").success();
}
