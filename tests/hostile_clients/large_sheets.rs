//! Attacks by large sheets: those of one partner hold up no small one of another, and take no place of it.

use std::{fmt::Write as _, thread};

use champollion_tests::{Client, Server, eventually};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// The rows of a sheet that is judged for seconds.
const MANY: u64 = 12_000;

/// The rows of a sheet that is no small one any more, and is judged soon.
const SOME: u64 = 5_500;

/// A token of an owner of a group.
fn owner(server: &Server, name: &str, group: &str) -> String {
    let text = |thing: &Json, member: &str| thing[member].as_str().expect("a text").to_owned();
    let person = json!({
        "name": name, "firstName": "Ada", "email": format!("{name}@{group}.example"),
        "grants": [{ "role": "owner", "scope": format!("group:{group}") }],
    });
    let person = text(&server.admin().post("/v1/people", &person).success(), "id");
    let token = json!({ "name": name, "role": "person", "person": person });
    text(&server.admin().post("/v1/tokens", &token).success(), "token")
}

/// A sheet of devices that their network server reports.
fn sheet(rows: u64, group: &str) -> Vec<u8> {
    let mut sheet = "DevEUI,Name,Group,Activation\n".to_owned();
    for row in 0..rows {
        let _ = writeln!(sheet, "70B3D5{row:010X},object {row},{group},network server");
    }
    sheet.into_bytes()
}

fn judge(client: &Client, sheet: &[u8]) -> champollion_tests::Answer {
    client.send(&Method::POST, "/v1/devices/import?dryRun=true", sheet)
}

#[test]
fn a_large_sheet_of_one_partner_holds_up_no_small_one_of_another() {
    let server = Server::start();
    let [large, small] =
        ["water", "street"].map(|group| server.anybody().token(&owner(&server, "Ada", group)));
    let many = sheet(MANY, "water");
    thread::scope(|scope| {
        let judging = scope.spawn(|| judge(&large, &many));
        eventually("the large sheet is judged", || {
            let told = large.get("/v1/devices/import").success();
            (told["judged"].as_u64() > Some(0)).then_some(())
        });
        let path = "/v1/devices/import";
        let taken = small.send(&Method::POST, path, &sheet(5, "street")).success();
        assert_eq!((&taken["applied"], &taken["created"]), (&json!(true), &json!(5)), "{taken}");
        let told = large.get(path).success();
        assert_eq!(told["underWay"], true, "the small one was taken first: {told}");
        assert!(told["judged"].as_u64() < Some(MANY), "{told}");
        let judged = judging.join().expect("a client").success();
        assert_eq!(judged["created"], MANY);
    });
}

#[test]
fn a_sheet_is_taken_no_further_once_the_right_of_its_sender_has_ended() {
    let server = Server::start();
    let token = owner(&server, "Ada", "water");
    let client = server.anybody().token(&token);
    let id = client.get("/v1/me").success()["token"].as_str().expect("an id").to_owned();
    let many = sheet(MANY, "water");
    let device = |row: u64| server.admin().get(&format!("/v1/devices/70B3D5{row:010X}"));
    thread::scope(|scope| {
        let importing = scope.spawn(|| client.send(&Method::POST, "/v1/devices/import", &many));
        eventually("the first rows are taken", || (device(0).status == 200).then_some(()));
        assert_eq!(server.admin().delete(&format!("/v1/tokens/{id}")).status, 204);
        let ended = importing.join().expect("a client");
        assert!(ended.problem(403, "forbidden").contains("has ended"), "{}", ended.text);
    });
    device(0).success();
    device(MANY - 1).problem(404, "unknown-device");
}

#[test]
fn large_sheets_of_one_group_leave_places_to_others() {
    let server = Server::start();
    let head = format!(
        "POST /v1/devices/import?dryRun=true HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\nContent-Length: \
         1000000\r\n\r\nDev",
        owner(&server, "Ada", "water")
    );
    let _slow = [(); 2].map(|()| {
        let mut slow = server.connect();
        slow.send(head.as_bytes());
        slow
    });
    let other_person = server.anybody().token(&owner(&server, "Bob", "water"));
    let some = sheet(SOME, "water");
    assert!(some.len() > 256 << 10, "it is no small one");
    eventually("two large sheets of the group are under way", || {
        let answer = judge(&other_person, &some);
        if answer.status == 200 {
            return None;
        }
        let said = answer.problem(429, "too-many-at-once");
        assert!(said.contains("the group water"), "{said}");
        Some(())
    });
    judge(&other_person, &sheet(5, "water")).success();
    let another = server.anybody().token(&owner(&server, "Eve", "street"));
    assert_eq!(judge(&another, &sheet(SOME, "street")).success()["created"], SOME);
    // As small as a file may be that is no small sheet: it is judged among the large ones.
    let mut empty = sheet(1, "street");
    empty.extend(b",,,\n".repeat(6_000));
    assert_eq!(judge(&another, &empty).success()["created"], 1);
}
