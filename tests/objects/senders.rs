//! Sheets of several senders: each takes its own objects, and holds up nobody else.

use std::thread;

use champollion_tests::{Client, Sensor, Server, eventually};
use serde_json::json;
use ureq::http::Method;

use super::{import, verdicts};

/// A client of a person with a role somewhere.
fn person(server: &Server, role: &str, scope: &str) -> Client {
    let wanted = json!({
        "name": "Lovelace", "firstName": "Ada", "email": format!("{role}@{}.example", scope.replace([':', '/'], "-")),
        "grants": [{ "role": role, "scope": scope }],
    });
    let person = server.admin().post("/v1/people", &wanted).success();
    let wanted = json!({ "name": "a token", "role": "person", "person": person["id"] });
    let made = server.admin().post("/v1/tokens", &wanted).success();
    server.anybody().token(made["token"].as_str().expect("it is shown"))
}

#[test]
fn two_sheets_at_once_come_one_after_the_other() {
    let server = Server::start();
    let rows = |name: &str| {
        let rows: String =
            (0..300).map(|number| format!("70B3D5499A00{number:04X},{name},water\n")).collect();
        format!("DevEUI,Name,Group\n{rows}")
    };
    thread::scope(|scope| {
        for name in ["one", "two"] {
            let (server, sheet) = (&server, rows(name));
            scope.spawn(move || {
                let done = import(server, "", &sheet).success();
                assert_eq!((&done["applied"], &done["refused"]), (&json!(true), &json!(0)));
            });
        }
    });
    let list = server.admin().get("/v1/devices").success();
    let devices = list["devices"].as_array().expect("it is a list");
    let first = &devices[0]["name"];
    assert!(
        devices.len() == 300 && devices.iter().all(|device| device["name"] == *first),
        "{first}"
    );
}

#[test]
fn an_owner_imports_its_own_objects_and_learns_nothing_of_others() {
    let server = Server::start();
    for (id, groups) in [("city", ["water", "light"]), ("valley", ["waste", "parking"])] {
        let added = json!({ "id": id, "name": id, "groups": groups });
        server.admin().post("/v1/partners", &added).success();
    }
    let theirs = Sensor::new(9);
    server.register(&theirs, "waste", None);
    let owner = person(&server, "owner", "partner:city");
    let import = |client: &Client, query: &str, sheet: &str| {
        let path = format!("/v1/devices/import{query}");
        client.send(&Method::POST, &path, sheet.as_bytes())
    };
    let sheet = format!(
        "DevEUI,Name,Group\n70B3D5499A000001,a,water\n70B3D5499A000002,b,light\n70B3D5499A000003,c,waste\n\
         70B3D5499A000004,d,nowhere\n{},e,water\n",
        theirs.dev_eui()
    );
    for query in ["?goodRows=true&dryRun=true", "?goodRows=true"] {
        let done = import(&owner, query, &sheet).success();
        let words = ["created", "created", "refused", "refused", "refused"];
        assert_eq!(verdicts(&done).iter().map(|(_, word)| *word).collect::<Vec<_>>(), words);
        let reason = |row: usize| {
            let refused = &done["verdicts"][row]["refusals"];
            assert_eq!(refused.as_array().map(Vec::len), Some(1), "{refused}");
            refused[0]["reason"].as_str().expect("it is told").to_owned()
        };
        // A group of others is answered as one that does not exist.
        assert_eq!(reason(2).replace("waste", "nowhere"), reason(3));
        let elsewhere = reason(4);
        assert!(elsewhere.contains("your groups") && !elsewhere.contains("waste"), "{elsewhere}");
        assert!(!done.to_string().contains("valley"), "{done}");
    }
    let kept = server.admin().get(&theirs.path()).success();
    assert_eq!(kept["group"], "waste", "{kept}");
    // The group of the whole sheet is asked for like those of rows.
    let unnamed = "DevEUI,Name\n70B3D5499A000005,f\n";
    import(&owner, "?group=waste", unnamed).problem(422, "rows-refused");
    import(&owner, "?group=water", unnamed).success();

    // An owner of a part registers in that part.
    let of_part = person(&server, "owner", "sub-group:water/north");
    let parts = "DevEUI,Name,Group,Sub-group\n70B3D5499A000006,g,water,north\n70B3D5499A000007,h,water,south\n\
                 70B3D5499A000008,i,water,\n70B3D5499A000001,a,water,north\n";
    let done = import(&of_part, "?goodRows=true", parts).success();
    let words = verdicts(&done).iter().map(|(_, word)| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(words, ["created", "refused", "refused", "refused"], "{done}");
    let reason = done["verdicts"][1]["refusals"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("south"), "{reason}");
    for role in ["reader", "operator"] {
        let other = person(&server, role, "partner:city");
        import(&other, "", &sheet).problem(403, "forbidden");
    }

    // Points and exchanges of its own devices, and of no others.
    let own = "/v1/devices/70B3D5499A000001";
    owner.put(&format!("{own}/point"), &json!({ "point": "cellar" })).success();
    let by = |dev_eui: &str| json!({ "by": dev_eui });
    let replaced = owner.post(&format!("{own}/replacement"), &by("70B3D5499A000005")).success();
    assert_eq!(replaced["point"], "cellar", "{replaced}");
    let (other, none) = (theirs.dev_eui(), "70B3D5499A00FFFF");
    let answers = [&other[..], none].map(|dev_eui| {
        let path = format!("/v1/devices/{dev_eui}");
        let put = owner.put(&format!("{path}/point"), &json!({ "point": "cellar" }));
        let taken = owner.delete(&format!("{path}/point"));
        let replaced = owner.post(&format!("{own}/replacement"), &by(dev_eui));
        [put, taken, replaced].map(|answer| {
            let said = answer.problem(404, "unknown-device").replace(dev_eui, "…");
            (answer.status, said)
        })
    });
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_slow_sheet_of_one_sender_holds_up_nobody_else() {
    let server = Server::start();
    let owner = person(&server, "owner", "group:water");
    let token = owner.post("/v1/me/tokens", &json!({ "name": "slow" })).success();
    let head = format!(
        "POST /v1/devices/import HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\nContent-Length: 100\r\n\r\nDev",
        token["token"].as_str().expect("it is shown")
    );
    let _slow = [(); 2].map(|()| {
        let mut slow = server.connect();
        slow.send(head.as_bytes());
        slow
    });
    let slow = server.anybody().token(token["token"].as_str().expect("it is shown"));
    let sheet = "DevEUI,Name,Group\n70B3D5499A000001,a,water\n";
    eventually("two sheets of the token are under way", || {
        let answer = slow.send(&Method::POST, "/v1/devices/import?dryRun=true", sheet.as_bytes());
        (answer.status == 429).then(|| answer.problem(429, "too-many-at-once").to_owned())
    });
    import(&server, "", sheet).success();
    // Its sender alone is told of it.
    let told = slow.get("/v1/devices/import").success();
    assert_eq!((&told["underWay"], &told["rows"]), (&json!(true), &json!(0)), "{told}");
    let nothing = json!({ "underWay": false, "rows": 0, "judged": 0, "taken": 0 });
    assert_eq!(server.admin().get("/v1/devices/import").success(), nothing);
}
