//! The pages of a partner, used as people use them: forms are sent, and what the interface then has is looked at.

use champollion_tests::{Answer, LUMINAIRE, PASSWORD, Sensor, Visitor};
use serde_json::{Value as Json, json};
use ureq::http::Method;

use crate::list::Town;

/// A text that would be a script, or the end of an attribute.
const HOSTILE: &str = "\"><script>alert(1)</script>";

/// Texts for the headings of a declaration.
const DECLARATION: [(&str, &str); 9] = [
    ("mission", "Light the streets"),
    ("periodFrom", "2026-01-01"),
    ("coverage", "outdoor"),
    ("stage0-from", "2026-01-01"),
    ("stage0-number", "1000"),
    ("stage0-places", "the old town"),
    ("direction", "up"),
    ("upMessages", "24"),
    ("upPer", "day"),
];

/// Checks that an answer leads to another page.
#[track_caller]
fn leads_to(answer: &Answer, path: &str) {
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert_eq!(answer.header("location"), path);
}

/// The text that stands as a secret on a page.
#[track_caller]
fn secret(page: &Answer) -> String {
    let after = page.text.split("<code class=\"secret\">").nth(1);
    let after = after.unwrap_or_else(|| panic!("no secret is shown: {}", page.text));
    after.split('<').next().unwrap_or_default().to_owned()
}

fn device(number: u8) -> String {
    Sensor::new(number).dev_eui().to_string()
}

#[test]
fn a_person_signs_in_by_a_form_and_out_again() {
    let town = Town::start();
    let nobody = Visitor::nobody();
    let ways = ("/sign-in", "/sign-in");
    let sign_in = |password: &str, next: &str| {
        let fields = [("email", "owner@city.example"), ("password", password), ("next", next)];
        nobody.send(&town.server, ways, &fields)
    };
    let wrong = sign_in("wrong", "");
    assert_eq!(wrong.status, 401);
    assert!(wrong.text.contains("id=\"fault-password\""), "{}", wrong.text);
    assert!(wrong.text.contains("value=\"owner@city.example\""), "{}", wrong.text);
    assert!(!wrong.text.contains("value=\"wrong\""), "a password is not shown again");
    let right = sign_in(PASSWORD, "/partner/routes");
    leads_to(&right, "/partner/routes");
    assert!(right.header("set-cookie").contains("SameSite=Strict"));
    leads_to(&sign_in(PASSWORD, "//evil.example"), "/partner");

    let owner = town.visitor("owner");
    let out = owner.send(&town.server, ("/account", "/sign-out"), &[]);
    leads_to(&out, "/?done=signed-out");
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{}", out.header("set-cookie"));
    assert_eq!(owner.open(&town.server, "/account").status, 401);
}

#[test]
fn a_person_ends_a_session_and_makes_a_token() {
    let town = Town::start();
    let owner = town.visitor("owner");
    let other = town
        .server
        .anybody()
        .post("/v1/session", &json!({ "email": "owner@city.example", "password": PASSWORD }));
    let other = other.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let account = owner.open(&town.server, "/account");
    let ending = account.text.split("action=\"/account/sessions/").nth(1);
    let id = ending.and_then(|rest| rest.split('/').next()).expect("the other session is listed");
    let action = format!("/account/sessions/{id}/end");
    let ended = owner.send(&town.server, ("/account", &action), &[]);
    leads_to(&ended, "/account?done=session-ended");
    let headers = [("Cookie", other.as_str())];
    let gone = town.server.anybody().attempt_with(&Method::GET, "/v1/me", &headers, b"");
    assert_eq!(gone.expect("the server answers").status, 401);
    let unknown = owner.send(&town.server, ("/account", &action), &[]);
    assert_eq!(unknown.status, 404);

    let made = owner.send(&town.server, ("/account", "/account/tokens"), &[("name", "a notebook")]);
    let token = secret(&made);
    town.server.anybody().token(&token).get("/v1/devices").success();
    let account = owner.open(&town.server, "/account").text;
    assert!(account.contains("a notebook") && !account.contains(&token));
}

#[test]
fn an_object_is_registered_changed_and_removed_by_forms() {
    let town = Town::start();
    let owner = town.visitor("owner");
    let new = ("/partner/objects/new", "/partner/objects/new");
    let key = "2B7E151628AED2A6ABF7158809CF4F3C";
    let fields = [
        ("devEui", "70-B3-D5-49-9A-00-00-01"),
        ("name", "Meter 7"),
        ("group", "water"),
        ("latitude", "48,85"),
        ("activation", "OTAA"),
        ("joinEui", "0000000000000000"),
        ("appKey", key),
    ];
    let refused = owner.send(&town.server, new, &fields);
    assert_eq!(refused.status, 422, "a latitude alone is no place");
    assert!(refused.text.contains("id=\"fault-longitude\""), "{}", refused.text);
    assert!(refused.text.contains("value=\"Meter 7\""), "what was typed is there");
    assert!(!refused.text.contains(key), "a key is not shown again");
    let whole: Vec<(&str, &str)> = fields.into_iter().chain([("longitude", "-2.35")]).collect();
    let made = owner.send(&town.server, new, &whole);
    leads_to(&made, "/partner/objects/70B3D5499A000001?done=object-created");
    let again = owner.send(&town.server, new, &whole);
    assert_eq!(again.status, 409, "it is there already: {}", again.text);

    let edit = "/partner/objects/70B3D5499A000001/edit";
    let saved =
        owner.send(&town.server, (edit, edit), &[("name", "Meter 8"), ("lifeCycle", "STOCK")]);
    leads_to(&saved, "/partner/objects/70B3D5499A000001?done=object-saved");
    let shown = town.server.admin().get("/v1/devices/70B3D5499A000001").success();
    assert_eq!((&shown["name"], &shown["lifeCycle"]), (&json!("Meter 8"), &json!("STOCK")));
    assert_eq!((&shown["activation"], &shown["longitude"]), (&json!("otaa"), &json!(-2.35)));
    let map = owner.open(&town.server, "/partner/objects/map").text;
    assert!(map.contains("href=\"/partner/objects/70B3D5499A000001\""), "{map}");

    let removed = owner.send(
        &town.server,
        (edit, "/partner/objects/70B3D5499A000001/remove"),
        &[("sure", "yes")],
    );
    leads_to(&removed, "/partner/objects?done=object-removed");
    town.server.admin().get("/v1/devices/70B3D5499A000001").problem(404, "unknown-device");
}

/// Sends a file by the form of a page.
#[track_caller]
fn upload(town: &Town, visitor: &Visitor, sheet: &str) -> Answer {
    let page = visitor.open(&town.server, "/partner/import").text;
    let token = page.split("name=\"form-token\" value=\"").nth(1).expect("a form has a token");
    let token = token.split('"').next().unwrap_or_default();
    let body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"form-token\"\r\n\r\n{token}\r\n--edge\r\n\
         Content-Disposition: form-data; name=\"group\"\r\n\r\nwater\r\n--edge\r\n\
         Content-Disposition: form-data; name=\"sheet\"; filename=\"fleet.csv\"\r\n\
         Content-Type: text/csv\r\n\r\n{sheet}\r\n--edge--\r\n"
    );
    let headers = [
        ("Cookie", visitor.cookie()),
        ("Accept", "text/html"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Content-Type", "multipart/form-data; boundary=edge"),
    ];
    town.server.anybody().post_with("/partner/import", &headers, body.as_bytes())
}

#[test]
fn a_sheet_is_judged_first_and_taken_when_its_sender_says_so() {
    let town = Town::start();
    let owner = town.visitor("owner");
    let sheet =
        "DevEUI,Name,Latitude,Longitude\n70B3D5499A000001,a,48.5,2\n70B3D5499A000002,b,488,2\n";
    let judged = upload(&town, &owner, sheet);
    assert_eq!(judged.status, 200, "{}", judged.text);
    assert!(judged.text.contains("<strong>C3 Latitude</strong>"), "{}", judged.text);
    town.server.admin().get("/v1/devices/70B3D5499A000001").problem(404, "unknown-device");
    let good = [("sure", "yes")];
    let taken = owner.send(&town.server, ("/partner/import", "/partner/import/take"), &good);
    assert_eq!(taken.status, 200, "{}", taken.text);
    town.server.admin().get("/v1/devices/70B3D5499A000001").success();
    town.server.admin().get("/v1/devices/70B3D5499A000002").problem(404, "unknown-device");
    let gone = owner.send(&town.server, ("/partner/import", "/partner/import/take"), &good);
    assert_eq!(gone.status, 409, "a sheet is taken once: {}", gone.text);
    let no_sheet = upload(&town, &owner, "Name\na\n");
    assert_eq!(no_sheet.status, 400);
    assert!(no_sheet.text.contains("id=\"fault-sheet\""), "{}", no_sheet.text);

    let export = owner.open(&town.server, "/partner/objects/export.csv");
    assert_eq!(export.header("content-disposition"), "attachment; filename=\"objects.csv\"");
    assert!(export.text.contains("70B3D5499A000001") && !export.text.contains("AppKey"));
    for template in ["/partner/import/template.csv", "/partner/import/template.xlsx"] {
        assert_eq!(owner.open(&town.server, template).status, 200, "{template}");
    }
}

#[test]
fn filters_are_folded_with_the_number_of_those_in_force() {
    let town = Town::start();
    let owner = town.visitor("owner");
    for (path, said) in [
        ("/partner/objects", "<summary>Filters</summary>"),
        ("/partner/objects?q=meter", "<summary>Filters</summary>"),
        ("/partner/objects?silent=24&group=water&sort=heard", ">2 in force</span></summary>"),
        ("/partner/objects/map?group=water", ">one in force</span></summary>"),
    ] {
        let page = owner.open(&town.server, path).text;
        assert!(
            page.contains("<details class=\"folds\">") && page.contains(said),
            "{path}: {page}"
        );
    }
    let map = owner.open(&town.server, "/partner/objects/map?group=water").text;
    assert!(map.contains("action=\"/partner/objects/map\""), "{map}");
    let files = |path: &str| owner.open(&town.server, path).text.contains("export.xlsx");
    assert!(files("/partner/objects") && !files("/partner/objects?q=nothing-is-called-so"));
}

#[test]
fn what_is_refused_leads_to_where_the_work_of_a_person_begins() {
    let town = Town::start();
    for (role, path, home) in
        [("reader", "/operator/tokens", "/partner"), ("admin", "/nowhere", "/operator")]
    {
        let page = town.visitor(role).open(&town.server, path).text;
        assert!(page.contains(&format!("<a class=\"button\" href=\"{home}\">")), "{page}");
    }
    let page = Visitor::nobody().open(&town.server, "/nowhere").text;
    assert!(!page.contains("<a class=\"button\""), "{page}");
}

#[test]
fn a_route_is_made_tried_paused_changed_and_removed() {
    let town = Town::start();
    let owner = town.visitor("owner");
    let new = ("/partner/routes/new", "/partner/routes/new");
    let wanted = |url: &str| {
        let fields = [("kind", "http"), ("name", "push"), ("group", "water"), ("url", url)];
        owner.send(&town.server, new, &fields)
    };
    let refused = wanted("nowhere");
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("id=\"fault-url\""), "{}", refused.text);
    let made = wanted("https://recipient.example/records");
    assert!(secret(&made).starts_with("whsec_"), "{}", made.text);
    assert_eq!(wanted("https://other.example").status, 409, "it is not written over");

    let own = "/partner/routes/water/push";
    let page = owner.open(&town.server, own).text;
    assert!(!page.contains("whsec_"), "a secret is shown once");
    let send = |below: &str, fields: &[(&str, &str)]| {
        owner.send(&town.server, (own, &format!("{own}{below}")), fields)
    };
    leads_to(&send("/pause", &[]), "/partner/routes/water/push?done=route-paused");
    let route = || town.server.admin().get("/v1/routes/push?group=water").success();
    assert_eq!(route()["status"]["state"], "paused");
    leads_to(&send("/resume", &[]), "/partner/routes/water/push?done=route-resumed");
    let tested = send("/test", &[]);
    assert_eq!(tested.status, 200, "{}", tested.text);
    assert!(
        tested.text.contains("It did not work."),
        "there is no such recipient: {}",
        tested.text
    );
    let change = [
        ("url", "https://recipient.example/records"),
        ("description", "all of it"),
        ("shape", "decoded"),
        ("subGroups", "north, south"),
    ];
    leads_to(&send("", &change), "/partner/routes/water/push?done=route-changed");
    let changed = route();
    assert_eq!(changed["filter"]["subGroups"], json!(["north", "south"]), "{changed}");
    assert_eq!(
        (&changed["shape"], &changed["description"]),
        (&json!("decoded"), &json!("all of it"))
    );
    let rotated = send("/rotate", &[]);
    assert!(secret(&rotated).starts_with("whsec_"), "{}", rotated.text);
    leads_to(&send("/remove", &[("sure", "yes")]), "/partner/routes?done=route-removed");
    town.server.admin().get("/v1/routes/push?group=water").problem(404, "no-such-route");
}

#[test]
fn routes_to_a_broker_and_to_a_database_are_made_and_changed_by_forms() {
    let town = Town::start();
    let owner = town.visitor("owner");
    let make = |fields: &[(&str, &str)]| {
        let whole = [&[("group", "water"), ("user", "ada"), ("password", "a secret")][..], fields];
        owner.send(&town.server, ("/partner/routes/new", "/partner/routes/new"), &whole.concat())
    };
    for (kind, name, wrong, right, own) in [
        ("mqtt", "broker", "https://broker.example", "mqtts://broker.example", "topic"),
        (
            "postgres",
            "history",
            "mysql://db.example/town",
            "postgres://db.example:443/town",
            "schema",
        ),
    ] {
        let refused = make(&[("kind", kind), ("name", name), ("url", wrong)]);
        assert_eq!(refused.status, 422, "{}", refused.text);
        assert!(refused.text.contains("id=\"fault-url\""), "{}", refused.text);
        assert!(!refused.text.contains("a secret"), "a password is not shown again");
        let made = make(&[("kind", kind), ("name", name), ("url", right), (own, "sensors")]);
        let page = format!("/partner/routes/water/{name}");
        leads_to(&made, &format!("{page}?done=route-made"));
        let change = [("kind", kind), ("url", right), ("user", "grace"), ("description", "moved")];
        let changed = owner.send(&town.server, (&page, &page), &change);
        leads_to(&changed, &format!("{page}?done=route-changed"));
        let route = town.server.admin().get(&format!("/v1/routes/{name}?group=water")).success();
        let to = &route["to"][kind];
        assert_eq!(
            (&to["user"], &to["password"]),
            (&json!("grace"), &json!("(hidden)")),
            "{route}"
        );
        assert_ne!(to[own], json!("sensors"), "what is left empty is the usual one: {route}");
        assert_eq!(route["description"], "moved", "{route}");
    }
}

#[test]
fn commands_are_those_that_the_decoder_declares() {
    let town = Town::start();
    town.server.publish_own(LUMINAIRE);
    let lamp = Sensor::new(2);
    let decoder = town.server.anybody().get("/v1/catalogue").success();
    let decoders = decoder["decoders"].as_array().expect("it is a list");
    let commanded = decoders.iter().find(|entry| entry["commands"][0]["name"].is_string());
    let commanded = commanded.expect("the luminaire declares commands");
    let id = commanded["id"].as_str().expect("a decoder has an id");
    let command = commanded["commands"][0]["name"].as_str().expect("a command has a name");
    town.server.register(&lamp, "water", Some(&format!("{id}@^1")));
    let owner = town.visitor("owner");
    let path = format!("/partner/objects/{}/commands", lamp.dev_eui());
    let page = owner.open(&town.server, &format!("{path}?command={command}")).text;
    assert!(page.contains(&format!("name=\"command\" value=\"{command}\"")), "{page}");
    let wrong = owner.send(&town.server, (&path, &path), &[("written", "{"), ("command", "")]);
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("id=\"fault-written\""), "{}", wrong.text);
    let to_group = owner.open(&town.server, "/partner/commands?group=water").text;
    assert!(to_group.contains(&format!("<option value=\"{command}\"")), "{to_group}");
    assert_eq!(
        town.visitor("reader").send(&town.server, (&path, &path), &[("written", "{}")]).status,
        403
    );
}

#[test]
fn a_person_is_invited_chooses_a_password_and_is_suspended() {
    let town = Town::start();
    let owner = town.visitor("owner");
    let people = ("/partner/people", "/partner/people");
    let fields = [
        ("firstName", "Grace"),
        ("name", "Hopper"),
        ("email", "grace@city.example"),
        ("role", "reader"),
        ("scope", "group:water"),
    ];
    let invited = owner.send(&town.server, people, &fields);
    let link = secret(&invited);
    let taken = owner.send(&town.server, people, &fields);
    assert_eq!(taken.status, 409);
    assert!(taken.text.contains("id=\"fault-email\""), "{}", taken.text);

    let nobody = Visitor::nobody();
    let choose = ("/password/choose", "/password/choose");
    let weak = [("link", &*link), ("password", "short"), ("again", "short")];
    assert_eq!(nobody.send(&town.server, choose, &weak).status, 400);
    let chosen = [("link", &*link), ("password", PASSWORD), ("again", PASSWORD)];
    leads_to(&nobody.send(&town.server, choose, &chosen), "/sign-in?done=password-chosen");

    let found = town.server.admin().get("/v1/people").success();
    let found = found["people"].as_array().expect("it is a list").iter();
    let grace = found.clone().find(|person| person["email"] == "grace@city.example");
    let id = grace.and_then(|person| person["id"].as_str()).expect("she was added");
    let own = format!("/partner/people/{id}");
    let send = |below: &str, fields: &[(&str, &str)]| {
        owner.send(&town.server, (&own, &format!("{own}{below}")), fields)
    };
    let granted = send("/grant", &[("role", "operator"), ("scope", "group:water")]);
    leads_to(&granted, &format!("{own}?done=role-granted"));
    let beyond = send("/grant", &[("role", "owner"), ("scope", "group:light")]);
    assert_eq!(beyond.status, 403, "nobody grants more than they have");
    leads_to(&send("/suspend", &[("sure", "yes")]), &format!("{own}?done=person-suspended"));
    let fields = [("email", "grace@city.example"), ("password", PASSWORD)];
    assert_eq!(nobody.send(&town.server, ("/sign-in", "/sign-in"), &fields).status, 401);
}

#[test]
fn who_wants_to_be_a_partner_asks_and_follows_the_request_without_an_account() {
    let town = Town::start();
    let nobody = Visitor::nobody();
    let who = [
        ("partner", "The valley"),
        ("firstName", "Ada"),
        ("name", "Lovelace"),
        ("email", "ada@valley.example"),
        ("groups", "waste"),
    ];
    let ways = ("/approval", "/approval");
    let without = nobody.send(&town.server, ways, &who);
    assert_eq!(without.status, 400, "nothing is declared");
    let all: Vec<(&str, &str)> = who.into_iter().chain(DECLARATION).collect();
    let asked = nobody.send(&town.server, ways, &all);
    let secret = secret(&asked);
    let requests = town.server.admin().get("/v1/approvals").success();
    let id = requests["requests"][0]["id"].as_str().expect("it was asked").to_owned();
    let key = [("request", id.as_str()), ("secret", secret.as_str())];
    let own = nobody.send(&town.server, ("/approval/own", "/approval/own"), &key);
    assert!(own.text.contains("<h1>The valley</h1>"), "{}", own.text);
    let wrong = [("request", id.as_str()), ("secret", "wrong")];
    assert_eq!(nobody.send(&town.server, ("/approval/own", "/approval/own"), &wrong).status, 404);
    let withdrawn = nobody.send(&town.server, ("/approval/own", "/approval/own/withdraw"), &key);
    leads_to(&withdrawn, "/approval/own?done=request-withdrawn");
}

#[test]
fn nothing_of_another_partner_is_seen_and_nothing_is_done_without_a_right() {
    let town = Town::start();
    let stranger = town.server.visitor("owner@valley.example", "owner", "group:waste");
    let object = format!("/partner/objects/{}", device(1));
    assert_eq!(stranger.open(&town.server, &object).status, 404);
    for path in ["/partner/objects", "/partner/objects/export.csv", "/partner/objects/map"] {
        let page = stranger.open(&town.server, path);
        assert!(page.status == 200 && !page.text.contains(&device(1)), "{path}: {}", page.text);
    }
    let reader = town.visitor("reader");
    let removed =
        reader.send(&town.server, (&object, &format!("{object}/remove")), &[("sure", "yes")]);
    assert_eq!(removed.status, 403);
    // A form of another site, and one of another session.
    let headers = [
        ("Cookie", town.visitor("owner").cookie().to_owned()),
        ("Sec-Fetch-Site", "cross-site".to_owned()),
        ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
    ];
    let forged = |site: &str| {
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, if *name == "Sec-Fetch-Site" { site } else { value }))
            .collect();
        town.server.anybody().post_with(&format!("{object}/remove"), &headers, b"sure=yes").status
    };
    assert_eq!((forged("cross-site"), forged("same-origin")), (403, 403));
    town.server.admin().get(&format!("/v1/devices/{}", device(1))).success();
}

#[test]
fn hostile_names_are_text_on_each_page_of_a_partner() {
    let town = Town::start();
    let sensor = Sensor::new(3);
    let mut registration = sensor.registration("water", None);
    for member in ["name", "serialNumber", "reference", "equipment", "address", "offer"] {
        registration[member] = json!(HOSTILE);
    }
    registration["tags"] = json!({ HOSTILE: HOSTILE });
    registration["latitude"] = json!(48.5);
    registration["longitude"] = json!(2.0);
    town.server.admin().put(&sensor.path(), &registration).success();
    town.server.lns().ingest(&sensor.frame(1, 1, &[1])).success();
    let route = json!({ "description": HOSTILE, "to": { "pull": {} } });
    town.server.admin().put("/v1/routes/all?group=water", &route).success();
    let owner = town.visitor("owner");
    let object = format!("/partner/objects/{}", sensor.dev_eui());
    let query = "/partner/objects?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    for path in [
        "/partner",
        "/partner/objects",
        query,
        "/partner/objects/map",
        &object,
        &format!("{object}/edit"),
        &format!("{object}/place"),
        &format!("{object}/commands"),
        "/partner/routes/water/all",
        "/sign-in?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    ] {
        let page = owner.open(&town.server, path);
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        assert!(!page.text.contains("<script>alert"), "{path}: {}", page.text);
    }
}

#[test]
fn ten_thousand_objects_are_listed_page_by_page() {
    let town = Town::start();
    let mut sheet = "DevEUI,Name,Group,Latitude,Longitude\n".to_owned();
    for number in 0..10_000 {
        sheet.push_str(&format!(
            "70B3D5499A{number:06X},Meter {number:05},water,48.{number:05},2\n"
        ));
    }
    let path = "/v1/devices/import";
    town.server.admin().send(&Method::POST, path, sheet.as_bytes()).success();
    let owner = town.visitor("owner");
    let first = owner.open(&town.server, "/partner/objects");
    assert!(first.text.contains("10,001 objects"), "{}", first.text);
    assert!(
        first.text.contains("rel=\"next\"") && first.text.len() < 200_000,
        "{}",
        first.text.len()
    );
    let last = owner.open(&town.server, "/partner/objects?page=999999").text;
    assert!(last.contains("rel=\"prev\"") && !last.contains("rel=\"next\""), "{last}");
    let found = owner.open(&town.server, "/partner/objects?q=09999+meter").text;
    assert!(found.contains("One object") && found.contains("70B3D5499A00270F"), "{found}");
    let map = owner.open(&town.server, "/partner/objects/map").text;
    assert!(map.contains("10,000 of 10,001 objects") && map.len() < 200_000, "{}", map.len());
    // Objects that share a dot are seen one by one closer by.
    let area = map.split("href=\"/partner/objects/map?area=").nth(1).expect("dots are shared");
    let area = area.split('"').next().unwrap_or_default();
    for path in ["/partner/objects/map", "/partner/objects"] {
        let closer = owner.open(&town.server, &format!("{path}?area={area}")).text;
        assert!(closer.contains(">one in force<"), "{path}: {closer}");
        assert!(
            closer.contains(" objects") && !closer.contains("10,001 objects"),
            "{path}: {closer}"
        );
    }
}

#[test]
fn what_a_page_shows_is_what_the_interface_has() {
    let town = Town::start();
    let owner = town.visitor("owner");
    let shown = owner.open(&town.server, &format!("/partner/objects/{}", device(1))).text;
    let kept = town.server.admin().get("/v1/records?group=water").success();
    let last = kept["records"].as_array().and_then(|all| all.last()).expect("there are records");
    let payload = last["record"]["uplink"]["payload"].as_str().expect("a record has its payload");
    assert!(shown.contains(payload), "{shown}");
    assert!(shown.contains("\"/workbench?decoder="), "it can be tried on the workbench: {shown}");
    let measured: &Json = &last["record"]["decoded"]["measurements"][0]["quantity"];
    let measured = measured.as_str().expect("a measurement has a quantity");
    assert!(shown.contains(&format!("<code>{measured}</code>")), "{shown}");
}
