//! Partners, people and their grants: each administers its own, sees its own, and gives nobody more than it has.

mod command_line;
mod suspension;
mod tokens;

use std::thread;

use champollion_tests::{Client, Sensor, Server, Table, digits};
use serde_json::{Value as Json, json};

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
