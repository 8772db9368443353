//! Attacks on the audit: its size is bounded, and every change is in it.

use std::fs;

use champollion_tests::{Sensor, Server, Setup, champollion, eventually, run};
use serde_json::{Value as Json, json};

fn lines(server: &Server) -> Vec<Json> {
    let text = server.admin().get("/v1/audit").text;
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

fn line_of(server: &Server, action: &str) -> Json {
    let all = lines(server);
    let line = all.iter().rev().find(|line| line["action"] == action);
    line.unwrap_or_else(|| panic!("{action} is not in the audit: {all:?}")).clone()
}

#[test]
fn a_change_with_long_texts_leaves_a_short_line() {
    let server = Server::start();
    let devices: Vec<String> = (0..2_000).map(|number| format!("02C4A3FFFE{number:06}")).collect();
    let route = json!({ "to": { "pull": {} }, "filter": { "devices": devices } });
    server.admin().put("/v1/routes/long?group=water", &route).success();
    let line = line_of(&server, "route-put");
    assert!(line.to_string().len() < 4_096, "{} bytes", line.to_string().len());
    assert!(line.to_string().contains("sha256:"), "{line}");
    assert_eq!(line["subject"], "water/long");
    assert_eq!(line["by"]["name"], "first admin");
    let tokens = server.admin().get("/v1/tokens").success();
    assert_eq!(line["by"]["token"], tokens["tokens"][0]["id"], "{line}");
}

#[test]
fn a_full_audit_refuses_changes_kindly_and_frames_go_on() {
    let settings =
        "[frames]\ncopies-window-ms = 0\n[audit]\nlive-bytes = 1000000\nmax-bytes = 20000\n";
    let server = Setup::default().settings(settings).start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let (admin, lns, partner) = (server.admin(), server.lns(), server.partner("water"));
    let wanted = json!({ "name": "x", "role": "publisher" });
    let first = admin.post("/v1/tokens", &wanted).success();
    let refused = (0..200).find_map(|_| {
        let answer = admin.post("/v1/tokens", &wanted);
        (answer.status != 201).then_some(answer)
    });
    let refused = refused.expect("the audit is full at last");
    let said = refused.problem(507, "audit-full");
    assert!(said.contains("max-bytes") && said.contains("archives"), "{said}");
    // Their last uses go on.
    let tokens = || {
        let listed = admin.get("/v1/tokens").success();
        let each = listed["tokens"].as_array().expect("they are listed");
        each.iter().map(|token| token["id"].clone()).collect::<Vec<_>>()
    };
    let before = tokens();
    server
        .admin()
        .put(&sensor.path(), &sensor.registration("waste", None))
        .problem(507, "audit-full");
    admin
        .put("/v1/routes/a?group=water", &json!({ "to": { "pull": {} } }))
        .problem(507, "audit-full");
    assert_eq!(tokens(), before, "nothing was changed");

    // Frames, and what the partner does with them.
    assert_eq!(lns.ingest(&sensor.frame(1, 1, &[1])).success()["status"], "accepted");
    assert_eq!(partner.pull_all().len(), 1);
    partner.post("/v1/records/ack", &json!({ "cursor": "1" })).success();
    assert_eq!(server.anybody().get("/readyz").status, 200);
    assert!(admin.get("/readyz").text.contains("the audit has"), "admins are told");
    // A token can be ended at any time.
    let id = first["id"].as_str().expect("it has an id");
    assert_eq!(admin.delete(&format!("/v1/tokens/{id}")).status, 204);
    assert_eq!(line_of(&server, "token-revoke")["subject"], id);

    // Archived and carried away, there is room again.
    let archived = admin.post("/v1/audit/archive", &Json::Null).success();
    let file = archived["archived"][0]["file"].as_str().expect("there is a file").to_owned();
    admin.post("/v1/tokens", &wanted).problem(507, "audit-full");
    let (place, elsewhere) = (server.data().join("audit"), server.folder().join(&file));
    fs::rename(place.join(&file), &elsewhere).expect("it can be carried away");
    let archived = admin.post("/v1/audit/archive", &Json::Null).success();
    assert!(archived["archived"][0]["first"].as_u64() > Some(1), "{archived}");
    admin.post("/v1/tokens", &wanted).success();
    let checked = run(champollion()
        .args(["registry", "check-archive"])
        .arg(&elsewhere)
        .arg(place.join(archived["archived"][0]["file"].as_str().expect("there is a file"))));
    assert!(checked.success().contains("2 files are whole"));
}

#[test]
fn an_archived_audit_is_checked_from_its_checkpoint() {
    let settings = "[audit]\nlive-bytes = 8000\n";
    let mut server = Setup::default().settings(settings).start();
    let wanted = json!({ "name": "x", "role": "publisher" });
    for _ in 0..60 {
        server.admin().post("/v1/tokens", &wanted).success();
    }
    let head = eventually("older lines are archived", || {
        let head = server.admin().get("/v1/audit/head").success();
        (!head["archives"].as_array().is_some_and(Vec::is_empty)).then_some(head)
    });
    let through = head["archives"][0]["checkpoint"]["head"]["sequence"].as_u64().expect("a number");
    assert!(lines(&server).first().is_some_and(|line| line["sequence"].as_u64() > Some(through)));
    for _ in 0..2 {
        let verified = server.admin().get("/v1/registry/verify").success();
        assert_eq!(verified["problems"], json!([]), "{verified}");
        assert!(verified["auditArchived"].as_u64() >= Some(through), "{verified}");
        let shown = server.admin_cli().run(&["registry", "audit"]).success();
        assert!(shown.contains("signed by") && shown.contains("are archived"), "{shown}");
        let json = server.admin_cli().json(&["registry", "audit", "--json"]);
        assert!(json["head"]["signature"].is_string(), "{json}");
        server.stop();
        server.restart();
    }
    let place = server.data().join("audit");
    let mut files: Vec<_> = fs::read_dir(&place)
        .expect("the folder is there")
        .flatten()
        .map(|file| file.path())
        .collect();
    files.sort_unstable();
    let check = || run(champollion().args(["registry", "check-archive"]).args(&files));
    assert!(check().success().contains("are whole"));
    let first = files.first().expect("there is a file");
    let text = fs::read_to_string(first).expect("it can be read");
    fs::write(first, text.replacen("token-create", "token-revoke", 1)).expect("it can be written");
    let changed = check();
    assert!(changed.failure().contains("not as it was written"), "{}", changed.failure());
}

#[test]
fn acknowledgements_are_summed_up_in_the_audit() {
    let mut server = Setup::default().settings("[frames]\ncopies-window-ms = 0\n").start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let (lns, partner) = (server.lns(), server.partner("water"));
    for f_cnt in 1..=5 {
        lns.ingest(&sensor.frame(f_cnt, 1, &[1])).success();
    }
    for cursor in 1..=5 {
        partner.post("/v1/records/ack", &json!({ "cursor": cursor.to_string() })).success();
    }
    server.stop();
    server.restart();
    let acknowledged: Vec<Json> =
        lines(&server).into_iter().filter(|line| line["action"] == "acknowledge").collect();
    let [line] = acknowledged.as_slice() else { panic!("one line, not {acknowledged:?}") };
    assert_eq!(line["subject"], "water");
    assert_eq!(line["details"]["times"], 5, "{line}");
    assert_eq!(line["details"]["removed"], 5, "{line}");
    let verified = server.admin().get("/v1/registry/verify").success();
    assert_eq!(verified["problems"], json!([]), "{verified}");
}
