//! Approvals of partners: who wants to be one asks, the operator checks and decides, and objects are accepted as the
//! approval says.

use std::fs;

use champollion_tests::{
    Answer, Client, MailServer, Sensor, Server, Setup, Table, digits, eventually,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// Bounds that the many requests of a test do not meet, and approvals that end at once.
const MANY: &str = "[sign-in]\ntries = 1000\ntries-per-minute = 1000\n[approvals]\nnotice-days = 0\n\
                    checks = [\"Is it public?\", \"Is it covered?\"]\n";

fn server() -> Server {
    Setup::default().settings(MANY).start()
}

fn text(json: &Json, member: &str) -> String {
    json[member].as_str().unwrap_or_else(|| panic!("{member} is no text: {json}")).to_owned()
}

fn declaration(number: u32) -> Json {
    json!({
        "mission": "Read the water meters of the valley",
        "period": { "from": "2026-01-01", "until": "2099-12-31" },
        "coverage": ["outdoor", "deep-indoor"],
        "objects": [{ "from": "2026-01-01", "number": number, "places": "the town" }],
        "direction": "up",
        "frequency": { "up": { "messages": 24, "per": "day" } },
    })
}

fn wanted(number: u32) -> Json {
    json!({
        "name": "The valley",
        "applicant": { "name": "Lovelace", "firstName": "Ada", "email": "ada@valley.example" },
        "groups": ["water"],
        "declaration": declaration(number),
    })
}

/// Asks without a token; gives the id and the secret.
fn ask(server: &Server, wanted: &Json) -> (String, String) {
    let asked = server.anybody().post("/v1/approvals", wanted).success();
    (text(&asked["request"], "id"), text(&asked, "secret"))
}

fn pass_all(server: &Server, id: &str) {
    for number in [1, 2] {
        let path = format!("/v1/approvals/{id}/checks/{number}");
        server.admin().put(&path, &json!({ "passed": true })).success();
    }
}

fn decide(server: &Server, id: &str, decision: &Json) -> Answer {
    let mut decision = decision.clone();
    decision["letter"] = json!("Dear Ada,\nhere is our decision.");
    server.admin().post(&format!("/v1/approvals/{id}/decision"), &decision)
}

/// Makes the partner `valley` of a request; gives what came of it, and a token of its owner.
fn found(server: &Server, wanted: &Json, decision: &Json) -> (Json, String) {
    let (id, _) = ask(server, wanted);
    pass_all(server, &id);
    let mut decision = decision.clone();
    decision["accepted"] = json!(true);
    decision["partner"] = json!("valley");
    let decided = decide(server, &id, &decision).success();
    let people = server.admin().get("/v1/people").success();
    let people = people["people"].as_array().expect("it is a list").clone();
    let owner = people.into_iter().find(|person| person["home"] == "partner:valley");
    let owner = text(&owner.expect("the partner has an owner"), "id");
    let token = json!({ "name": "the owner's", "role": "person", "person": owner });
    let token = text(&server.admin().post("/v1/tokens", &token).success(), "token");
    (decided, token)
}

fn requests(client: &Client, about: &str) -> Vec<Json> {
    let list = client.get("/v1/approvals?state=waiting").success();
    let all = list["requests"].as_array().expect("it is a list").clone();
    all.into_iter().filter(|request| request["matter"]["about"] == about).collect()
}

fn register(client: &Client, number: u8, group: &str) -> Answer {
    let sensor = Sensor::new(number);
    client.put(&sensor.path(), &sensor.registration(group, None))
}

#[test]
fn who_wants_to_be_a_partner_asks_answers_and_becomes_one() {
    let mut server = server();
    let (id, secret) = ask(&server, &wanted(100));
    let own = json!({ "request": id, "secret": secret });
    let seen = server.anybody().post("/v1/approvals/own", &own).success();
    assert_eq!((&seen["state"], &seen["waitsFor"]), (&json!("waiting"), &json!("operator")));
    assert!(seen["checks"].is_null() && seen["askedBy"].is_null(), "{seen}");
    let asked_at: Timestamp = text(&seen, "askedAt").parse().expect("it is a moment");
    let due_at: Timestamp = text(&seen, "dueAt").parse().expect("it is a moment");
    let days = due_at.duration_since(asked_at).as_hours() / 24;
    assert!((28..=31).contains(&days), "{days} days");

    // The operator asks; the clock stands until the answer.
    let path = format!("/v1/approvals/{id}");
    let question = json!({ "text": "In which towns?", "question": true });
    let questioned = server.admin().post(&format!("{path}/remarks"), &question).success();
    assert_eq!(questioned["waitsFor"], "partner");
    assert_eq!(questioned["checks"].as_array().map(Vec::len), Some(2), "{questioned}");
    let answer = json!({
        "request": id, "secret": secret, "text": "In all nine.", "declaration": declaration(90),
    });
    let answered = server.anybody().post("/v1/approvals/own/answer", &answer).success();
    assert_eq!(answered["waitsFor"], "operator");
    assert_eq!(answered["remarks"].as_array().map(Vec::len), Some(2), "{answered}");
    assert!(answered["remarks"][0]["by"].is_null(), "names of the operator stay: {answered}");
    let later: Timestamp = text(&answered, "dueAt").parse().expect("it is a moment");
    assert!(later > due_at, "the clock stood");

    // Nothing comes of it before the checks, and all of it after.
    let accepted = json!({ "accepted": true, "partner": "valley", "quota": 95 });
    let early = decide(&server, &id, &accepted);
    assert!(early.problem(409, "checks-left").contains("Is it covered?"));
    pass_all(&server, &id);
    server.kill();
    server.restart();
    let decided = decide(&server, &id, &accepted).success();
    assert_eq!(decided["partner"]["groups"], json!(["water"]), "{decided}");
    let link = text(&decided["invitation"], "secret");
    let approval = server.admin().get("/v1/partners/valley/approval").success();
    assert_eq!(
        (&approval["state"], &approval["declared"], &approval["most"]),
        (&json!("in-force"), &json!(90), &json!(95)),
        "{approval}"
    );
    let seen = server.anybody().post("/v1/approvals/own", &own).success();
    assert_eq!(seen["decision"]["letter"], "Dear Ada,\nhere is our decision.", "{seen}");
    let late = server.anybody().post("/v1/approvals/own/answer", &answer);
    late.problem(409, "request-decided");

    // The first owner chooses a password, signs in, and owns the partner.
    let password = "seven lichens of a trombone";
    let chosen = json!({ "link": link, "password": password });
    assert_eq!(server.anybody().post("/v1/password", &chosen).status, 204);
    let sign_in = json!({ "email": "ada@valley.example", "password": password });
    server.anybody().post("/v1/session", &sign_in).success();
    let people = server.admin().get("/v1/people").success();
    assert_eq!(people["people"][0]["grants"][0]["scope"], "partner:valley", "{people}");

    let audit = server.admin().get("/v1/audit").text;
    for act in
        ["approval-ask", "approval-remark", "approval-declare", "approval-answer", "approval-check"]
    {
        assert!(audit.contains(act), "{act} is not in the audit");
    }
    assert!(audit.contains("approval-decide") && !audit.contains(&secret), "{audit}");
    assert!(!server.log().contains(&secret));
}

#[test]
fn a_request_is_known_by_its_secret_alone_and_can_be_taken_back() {
    let server = server();
    let (id, secret) = ask(&server, &wanted(1));
    let (other, _) = ask(&server, &wanted(1));
    let anybody = server.anybody();
    let nowhere = "00000000-0000-0000-0000-000000000000";
    for (request, secret) in
        [(&other[..], &secret[..]), (&id, "chmp_request_x"), (nowhere, &secret)]
    {
        let own = json!({ "request": request, "secret": secret });
        anybody.post("/v1/approvals/own", &own).problem(404, "unknown-request");
        anybody.post("/v1/approvals/own/withdraw", &own).problem(404, "unknown-request");
    }
    let own = json!({ "request": id, "secret": secret });
    assert_eq!(anybody.post("/v1/approvals/own/withdraw", &own).status, 204);
    anybody.post("/v1/approvals/own", &own).problem(404, "unknown-request");
    server.admin().get(&format!("/v1/approvals/{id}")).problem(404, "unknown-request");
    assert_eq!(requests(&server.admin(), "approval").len(), 1);
}

#[test]
fn a_refusal_says_why_and_makes_nothing() {
    let server = server();
    let (id, secret) = ask(&server, &wanted(10));
    let refused = decide(&server, &id, &json!({ "accepted": false })).success();
    assert!(refused["partner"].is_null() && refused["invitation"].is_null(), "{refused}");
    let own = json!({ "request": id, "secret": secret });
    let seen = server.anybody().post("/v1/approvals/own", &own).success();
    assert_eq!((&seen["state"], &seen["waitsFor"]), (&json!("refused"), &json!("nobody")));
    let list = |path: &str, member: &str| {
        server.admin().get(path).success()[member].as_array().map(Vec::len)
    };
    assert_eq!(list("/v1/partners", "partners"), Some(0));
    assert_eq!(list("/v1/people", "people"), Some(0));
    let again = decide(&server, &id, &json!({ "accepted": false }));
    again.problem(409, "request-decided");
}

#[test]
fn a_decision_is_durable_with_all_that_comes_of_it_or_not_at_all() {
    let server = server();
    let taken = json!({ "id": "city", "name": "The city", "groups": ["water"] });
    server.admin().post("/v1/partners", &taken).success();
    let (id, _) = ask(&server, &wanted(10));
    pass_all(&server, &id);
    for (decision, status, code, member) in [
        (json!({ "accepted": true }), 400, "invalid-decision", "partner"),
        (json!({ "accepted": true, "partner": "city" }), 409, "partner-exists", "city"),
        (json!({ "accepted": true, "partner": "valley" }), 409, "group-owned", "water"),
        (json!({ "accepted": false, "quota": 1 }), 400, "invalid-decision", "quota"),
        (
            json!({ "accepted": true, "partner": "v", "number": 1 }),
            400,
            "invalid-decision",
            "number",
        ),
    ] {
        let refused = decide(&server, &id, &decision);
        let said = refused.problem(status, code);
        assert!(said.contains(member), "{decision}: {said}");
    }
    let people = server.admin().get("/v1/people").success();
    assert_eq!(people["people"].as_array().map(Vec::len), Some(0), "{people}");
    let shown = server.admin().get(&format!("/v1/approvals/{id}")).success();
    assert_eq!(shown["state"], "waiting", "{shown}");
    let other = json!({ "accepted": true, "partner": "valley", "groups": ["valley-water"] });
    let decided = decide(&server, &id, &other).success();
    assert_eq!(decided["partner"]["groups"], json!(["valley-water"]), "{decided}");
}

#[test]
fn objects_are_accepted_while_the_approval_is_in_force() {
    let server = server();
    let mut over = wanted(10);
    over["declaration"]["period"] = json!({ "from": "2026-01-01", "until": "2026-01-02" });
    let (_, owner) = found(&server, &over, &json!({}));
    let owner = server.anybody().token(&owner);
    for client in [&owner, &server.admin()] {
        let refused = register(client, 1, "water");
        assert!(refused.problem(409, "approval-not-in-force").contains("valley"));
    }
    let sheet = format!(
        "DevEUI,Name,Group\n{},a,water\n70B3D5499A00FFFF,b,street\n",
        Sensor::new(1).dev_eui()
    );
    let import = |client: &Client, query: &str| {
        client.send(&Method::POST, &format!("/v1/devices/import{query}"), sheet.as_bytes())
    };
    let refused = import(&server.admin(), "");
    refused.problem(422, "rows-refused");
    let reason = text(&refused.body["verdicts"][0]["refusals"][0], "reason");
    assert!(reason.contains("valley") && reason.contains("ended"), "{reason}");
    // Groups without a partner go on as they were.
    let taken = import(&server.admin(), "?goodRows=true").success();
    assert_eq!((&taken["created"], &taken["refused"]), (&json!(1), &json!(1)), "{taken}");
    register(&server.admin(), 2, "nobodys").success();

    // The owner asks anew, and the operator grants it.
    let again = json!({ "declaration": declaration(10) });
    let asked = owner.post("/v1/partners/valley/approval", &again).success();
    assert_eq!(asked["partner"], "valley", "{asked}");
    let twice = owner.post("/v1/partners/valley/approval", &again);
    twice.problem(409, "asks-already");
    let id = text(&asked, "id");
    let answered = json!({ "text": "It is urgent." });
    owner.post(&format!("/v1/approvals/{id}/remarks"), &answered).success();
    let question = json!({ "text": "When?", "question": true });
    owner.post(&format!("/v1/approvals/{id}/remarks"), &question).problem(403, "forbidden");
    pass_all(&server, &id);
    decide(&server, &id, &json!({ "accepted": true })).success();
    register(&owner, 1, "water").success();

    // It ends with notice; what is registered stays, and is heard.
    let end = |at: Timestamp| {
        let notice = json!({ "endsAt": at, "letter": "We part." });
        server.admin().post("/v1/partners/valley/approval/end", &notice)
    };
    end(Timestamp::now() - SignedDuration::from_hours(1)).problem(400, "notice-too-short");
    end(Timestamp::now() + SignedDuration::from_secs(1)).success();
    eventually("the approval ends", || {
        let shown = owner.get("/v1/partners/valley/approval").success();
        (shown["state"] == "ended").then_some(())
    });
    register(&owner, 3, "water").problem(409, "approval-not-in-force");
    // Changes of what is registered are no further objects.
    register(&owner, 1, "water").success();
    let frame = json!({ "phyPayload": digits(&Sensor::new(1).phy(1, 1, &[1])) });
    server.lns().ingest(&frame).success();
    end(Timestamp::now() + SignedDuration::from_hours(1)).problem(409, "approval-not-in-force");
}

#[test]
fn a_partner_of_the_operator_has_an_approval_that_says_so() {
    let server = server();
    let added = json!({ "id": "city", "name": "The city", "groups": ["water"] });
    server.admin().post("/v1/partners", &added).success();
    let approval = server.admin().get("/v1/partners/city/approval").success();
    assert_eq!(approval["state"], "in-force", "{approval}");
    assert!(approval["declared"].is_null() && approval["most"].is_null(), "{approval}");
    assert!(approval["approval"]["request"].is_null(), "{approval}");
    for number in 1..5 {
        register(&server.admin(), number, "water").success();
    }
    assert!(requests(&server.admin(), "more-objects").is_empty());
}

#[test]
fn more_objects_than_declared_ask_for_consent_and_lose_no_frame() {
    let mut server = server();
    let (_, token) = found(&server, &wanted(2), &json!({ "quota": 3 }));
    let owner = server.anybody().token(&token);
    for number in [1, 2] {
        register(&owner, number, "water").success();
    }
    assert!(requests(&owner, "more-objects").is_empty());
    register(&owner, 3, "water").success();
    let asked = requests(&owner, "more-objects");
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0]["matter"], json!({ "about": "more-objects", "declared": 2, "number": 3 }));
    for number in 1..=3 {
        let frame = json!({ "phyPayload": digits(&Sensor::new(number).phy(1, 1, &[1])) });
        server.lns().ingest(&frame).success();
    }
    let pulled = owner.get("/v1/records").success();
    assert_eq!(pulled["records"].as_array().map(Vec::len), Some(3), "{pulled}");
    let beyond = register(&owner, 4, "water");
    assert!(beyond.problem(409, "beyond-approval").contains("the 3 of its approval"));
    assert_eq!((&beyond.body["used"], &beyond.body["limit"]), (&json!(3), &json!(3)));
    let sheet = format!("DevEUI,Name,Group\n{},a,water\n", Sensor::new(4).dev_eui());
    let import = || owner.send(&Method::POST, "/v1/devices/import", sheet.as_bytes());
    let refused = import();
    refused.problem(422, "rows-refused");
    let reason = text(&refused.body["verdicts"][0]["refusals"][0], "reason");
    assert!(reason.contains("the 3 of its approval"), "{reason}");

    // Without consent those that there are go on, and no further one comes.
    let id = text(&asked[0], "id");
    decide(&server, &id, &json!({ "accepted": false })).success();
    server.kill();
    server.restart();
    let owner = server.anybody().token(&token);
    let closed = owner.get("/v1/partners/valley/approval").success();
    assert_eq!((&closed["objects"], &closed["most"]), (&json!(3), &json!(2)), "{closed}");
    register(&owner, 4, "water").problem(409, "beyond-approval");
    let frame = json!({ "phyPayload": digits(&Sensor::new(3).phy(2, 1, &[2])) });
    server.lns().ingest(&frame).success();
    assert!(requests(&owner, "more-objects").is_empty(), "it was answered");

    // Another declaration opens the door again, and a consent raises the number.
    let again = json!({ "declaration": declaration(3) });
    let asked = text(&owner.post("/v1/partners/valley/approval", &again).success(), "id");
    pass_all(&server, &asked);
    decide(&server, &asked, &json!({ "accepted": true })).success();
    register(&owner, 4, "water").success();
    let id = text(&requests(&owner, "more-objects")[0], "id");
    let few = decide(&server, &id, &json!({ "accepted": true, "number": 3 }));
    assert!(few.problem(400, "invalid-decision").contains('4'));
    decide(&server, &id, &json!({ "accepted": true })).success();
    let raised = owner.get("/v1/partners/valley/approval").success();
    assert_eq!((&raised["declared"], &raised["most"]), (&json!(4), &json!(8)), "{raised}");
}

#[test]
fn of_many_registrations_at_once_no_more_are_taken_than_the_approval_allows() {
    let server = server();
    let decision = json!({ "quota": 5, "groups": ["water", "light"] });
    let (_, owner) = found(&server, &wanted(5), &decision);
    let owner = server.anybody().token(&owner);
    let taken = std::thread::scope(|scope| {
        let (owner, registering) = (&owner, 1..=12_u8);
        let all: Vec<_> = registering
            .map(|number| {
                let group = if number % 2 == 0 { "water" } else { "light" };
                scope.spawn(move || register(owner, number, group).status)
            })
            .collect();
        all.into_iter()
            .map(|one| one.join().expect("a client"))
            .filter(|status| *status == 200)
            .count()
    });
    assert_eq!(taken, 5);
    // From one of its groups to another the partner has no more than before.
    let shown = owner.get("/v1/devices").success();
    let device = &shown["devices"][0];
    let other = if device["group"] == "water" { "light" } else { "water" };
    let moved = json!({ "group": other, "activation": { "networkServer": {} } });
    owner.put(&format!("/v1/devices/{}", text(device, "devEui")), &moved).success();
}

#[test]
fn what_makes_no_sense_is_refused_with_the_fault() {
    let server = Setup::default().settings("[approvals]\nwaiting = 1\n").start();
    let mut table = Table::default();
    let anybody = server.anybody();
    for (pointer, value, code, names) in [
        ("/name", json!(" "), "invalid-name", "name"),
        ("/applicant/email", json!("ada"), "invalid-body", "email"),
        ("/declaration/coverage", json!([]), "invalid-declaration", "coverage"),
        ("/declaration/coverage", json!(["under water"]), "invalid-body", "coverage"),
        ("/declaration/mission", json!(""), "invalid-body", "mission"),
        ("/declaration/mission", json!("x".repeat(9_000)), "invalid-body", "mission"),
        ("/declaration/objects", json!([]), "invalid-declaration", "objects"),
        ("/declaration/objects/0/number", json!(0), "invalid-declaration", "objects"),
        ("/declaration/direction", json!("both"), "invalid-declaration", "down"),
        ("/declaration/period/until", json!("2020-01-01"), "invalid-declaration", "period"),
        ("/declaration/period/from", json!("soon"), "invalid-body", "from"),
    ] {
        let mut wanted = wanted(1);
        *wanted.pointer_mut(pointer).expect("it has the member") = value.clone();
        let line =
            format!("{pointer} = {}", value.to_string().chars().take(30).collect::<String>());
        // Attempts are bounded, so each comes from another applicant.
        let address = format!("a{}@valley.example", line.len());
        if pointer != "/applicant/email" {
            wanted["applicant"]["email"] = json!(address);
        }
        table.expect(&line, &anybody.post("/v1/approvals", &wanted), (400, code), &[names]);
    }
    table.finish();
}

#[test]
fn those_who_ask_without_a_token_are_bounded() {
    let settings = "[approvals]\nwaiting = 2\n[sign-in]\ntries = 4\ntries-per-minute = 1\n";
    let server = Setup::default().settings(settings).start();
    let (id, _) = ask(&server, &wanted(1));
    ask(&server, &wanted(1));
    let full = server.anybody().post("/v1/approvals", &wanted(1));
    assert!(full.problem(429, "too-many-waiting").contains("[approvals] waiting"));
    decide(&server, &id, &json!({ "accepted": false })).success();
    ask(&server, &wanted(1));
    server.anybody().post("/v1/approvals", &wanted(1)).problem(429, "too-many-sign-ins");
}

#[test]
fn of_pypi_the_letter_and_the_invitation_are_mailed() {
    let mail = MailServer::start();
    let settings = format!("{MANY}{}", mail.settings());
    let settings = settings.replacen(
        "[sign-in]\n",
        "[sign-in]\npublic-address = \"https://champollion.example\"\n",
        1,
    );
    let server = Setup::default().settings(&settings).start();
    let (decided, _) = found(&server, &wanted(1), &json!({}));
    assert_eq!(decided["invitation"]["mailedTo"], "ada@valley.example", "{decided}");
    assert!(decided["invitation"]["link"].is_null(), "{decided}");
    eventually("both mails come", || {
        let mails = mail.mails();
        let has = |words: &str| mails.iter().any(|mail| mail.contains(words));
        (has("here is our decision") && has("https://champollion.example/choose-password"))
            .then_some(())
    });
}

#[test]
fn requests_are_asked_and_decided_on_the_command_line() {
    let server = server();
    let (cli, anybody) = (server.admin_cli(), server.cli(""));
    let path = |name: &str| server.folder().join(name).display().to_string();
    let template = anybody.run(&["partners", "ask", "--template"]).success();
    assert!(template.contains("[declaration.period]"), "{template}");
    fs::write(path("request.toml"), &template).expect("there is room");
    fs::write(path("letter.txt"), "Dear Ada,\nwelcome.\n").expect("there is room");
    let (request, secret) = (path("request.toml"), path("secret"));
    let asked = anybody.json(&["partners", "ask", &request, "--secret-file", &secret, "--json"]);
    let id = text(&asked["request"], "id");
    let shown = anybody.run(&["partners", "own", &id, "--secret-file", &secret]).success();
    assert!(shown.contains("waiting") && shown.contains("operator"), "{shown}");
    let listed = cli.run(&["partners", "requests", "--state", "waiting"]).success();
    assert!(listed.contains(&id), "{listed}");
    let question = cli.run(&["partners", "remark", &id, "Where?", "--question"]).success();
    assert!(question.contains("partner") && question.contains("Where?"), "{question}");
    let answer = ["partners", "own", &id, "--secret-file", &secret, "--answer", "There."];
    assert!(anybody.run(&answer).success().contains("There."));
    let letter = path("letter.txt");
    let accept =
        ["partners", "decide", &id, "--accept", "--letter", &letter, "--partner", "valley"];
    assert!(cli.run(&accept).sentence().contains("checks-left"));
    for number in ["1", "2"] {
        drop(cli.run(&["partners", "check", &id, number, "--passed", "--note", "seen"]).success());
    }
    let decided = cli.run(&accept).success();
    assert!(decided.contains("partner valley with the groups valley-water"), "{decided}");
    assert!(decided.contains("invitation /choose-password#"), "{decided}");
    let approval = cli.run(&["partners", "approval", "valley"]).success();
    assert!(approval.contains("not-begun") || approval.contains("in-force"), "{approval}");

    let declaration = toml_of(&template);
    fs::write(path("declaration.toml"), declaration).expect("there is room");
    let again = ["partners", "ask-again", "valley", &path("declaration.toml"), "--json"];
    assert_eq!(cli.json(&again)["partner"], "valley");
    let end = ["partners", "end", "valley", "--at", "2099-01-01T00:00:00Z", "--letter", &letter];
    assert!(cli.run(&end).success().contains("2099-01-01"));

    fs::write(path("wrong.toml"), template.replace("mission", "misson")).expect("there is room");
    let wrong = anybody.run(&["partners", "ask", &path("wrong.toml")]);
    assert!(wrong.sentence().contains("misson"), "{}", wrong.sentence());
    let other = server.folder().join("other");
    fs::write(&other, "chmp_request_wrong\n").expect("there is room");
    let other = other.display().to_string();
    let unknown = anybody.run(&["partners", "own", &id, "--secret-file", &other]);
    assert!(unknown.sentence().contains("unknown-request"), "{}", unknown.sentence());
}

/// The declaration of a file with a whole request, as `ask-again` takes it.
fn toml_of(request: &str) -> String {
    let (_, declaration) = request.split_once("[declaration]\n").expect("it has a declaration");
    declaration.replace("[[declaration.", "[[").replace("[declaration.", "[")
}
