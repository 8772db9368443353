//! A disk that is full, that has reached its bound, or that cannot be written.

use std::{collections::BTreeSet, fs, process::Command};

use champollion_tests::{Client, Sensor, Server, Setup, champollion, eventually, run};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// Bytes of a payload, nearly the longest: with it a record has more than a kilobyte.
const PAYLOAD: [u8; 200] = [7; 200];

/// More frames than any of the disks here takes.
const FRAMES: u32 = 20_000;

/// Hands over frames until one is not taken; says which were, and the answer of that one.
fn fill(lns: &Client, sensor: &Sensor, first: u32) -> (Vec<u32>, Option<(u16, Json)>) {
    let mut taken = Vec::new();
    for f_cnt in first..first + FRAMES {
        let frame = sensor.frame(f_cnt, 1, &PAYLOAD).to_string();
        match lns.attempt(&Method::POST, "/v1/ingest/phy", frame.as_bytes()) {
            Ok(answer) if answer.status == 200 => taken.push(f_cnt),
            Ok(answer) => return (taken, Some((answer.status, answer.body))),
            Err(_) => return (taken, None),
        }
    }
    panic!("{FRAMES} frames were taken");
}

fn f_cnts(records: &[Json]) -> BTreeSet<u64> {
    let f_cnt = |pulled: &Json| pulled["record"]["uplink"]["fCnt"].as_u64();
    records.iter().filter_map(f_cnt).collect()
}

fn acknowledge_all(partner: &Client) {
    let records = partner.pull_all();
    let last = records.last().expect("there are records");
    partner.post("/v1/records/ack", &json!({ "cursor": last["cursor"] })).success();
}

#[test]
fn what_has_reached_its_bound_takes_frames_again_once_records_are_gone() {
    let settings = "[frames]\ncopies-window-ms = 0\n[store]\nmax-bytes = 1500000\n";
    let server = Setup::default().settings(settings).start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let (lns, partner) = (server.lns(), server.partner("water"));
    let report = server.admin().get("/v1/storage").success();
    assert_eq!(report["maxBytes"], 1_500_000);
    assert_eq!(report["full"], Json::Null, "{report}");

    let (taken, refused) = fill(&lns, &sensor, 1);
    let (status, problem) = refused.expect("it is answered");
    assert_eq!((status, &problem["code"]), (507, &json!("storage-full")), "{problem}");
    let said = problem["detail"].as_str().unwrap_or_default();
    assert!(said.contains("max-bytes"), "{said}");
    server.anybody().get("/readyz").problem(507, "storage-full");
    let report = server.admin().get("/v1/storage").success();
    assert_eq!(report["full"], "max-bytes");
    let used = report["usedBytes"].as_u64().expect("it is a number");
    assert!(used >= 1_500_000, "{report}");
    let shown = server.admin_cli().run(&["storage"]).success();
    assert!(shown.contains("full: max-bytes"), "{shown}");
    partner.get("/v1/storage").problem(403, "forbidden");

    let records = partner.pull_all();
    assert_eq!(f_cnts(&records), taken.iter().copied().map(u64::from).collect());
    acknowledge_all(&partner);
    let next = taken.last().map_or(1, |last| last + 1);
    eventually("frames are taken again", || {
        let answer = lns.ingest(&sensor.frame(next, 1, &PAYLOAD));
        (answer.status == 200).then_some(())
    });
    assert_eq!(server.anybody().get("/readyz").status, 200);
    let report = server.admin().get("/v1/storage").success();
    assert!(report["usedBytes"].as_u64().is_some_and(|now| now < used / 2), "{report}");
    let metrics = server.admin().get("/metrics").text;
    assert!(metrics.contains("champollion_store_used_bytes"), "{metrics}");
}

/// The store begins a new piece of its file at each start, of so many bytes.
const PIECE: u64 = 8 << 20;

/// Bytes that the file may grow by in the piece that is begun then, before the disk is full.
const ROOM: u64 = 3 << 20;

#[test]
fn a_full_disk_loses_nothing_and_with_room_it_goes_on() {
    let mut server = Setup::default().settings("[frames]\ncopies-window-ms = 0\n").start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let lns_token = server.new_token("lns", None);
    let partner_token = server.new_token("partner", Some("water"));
    server.stop();
    // A file that may not grow is to a program what a full disk is: writing fails.
    let data = server.data().join("store/sled/db");
    let length = data.metadata().expect("there is a data file").len();
    let limit = length.next_multiple_of(PIECE) + ROOM;
    let limited = format!("trap '' XFSZ; exec prlimit --fsize={limit} \"$@\"");
    server.start_through(&["sh", "-c", &limited, "sh"]);
    server.restart();
    let (taken, refused) = fill(&server.anybody().token(&lns_token), &sensor, 1);
    if let Some((status, problem)) = refused {
        assert_eq!((status, &problem["code"]), (503, &json!("not-kept")), "{problem}");
    }
    let readiness = eventually("it says that it is not ready", || {
        let answer = server.anybody().get("/readyz");
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(readiness.status, 503);
    let code = readiness.body["code"].as_str().unwrap_or_default();
    assert!(["store-failed", "store-stalled"].contains(&code), "{}", readiness.text);
    let next = taken.last().map_or(1, |last| last + 1);
    let refused = server.anybody().token(&lns_token).ingest(&sensor.frame(next, 1, &PAYLOAD));
    refused.problem(503, "not-kept");
    assert_eq!(server.anybody().get("/healthz").status, 200);
    server.kill();

    server.start_through(&[]);
    server.restart();
    let partner = server.anybody().token(&partner_token);
    let kept = f_cnts(&partner.pull_all());
    assert!(!taken.is_empty());
    for f_cnt in &taken {
        assert!(kept.contains(&u64::from(*f_cnt)), "{f_cnt} was acknowledged and is lost");
    }
    // The one without an answer may have been kept.
    assert!(kept.len() <= taken.len() + 1, "{} of {} kept", kept.len(), taken.len());
    let again = server.anybody().token(&lns_token).ingest(&sensor.frame(next + 1, 1, &PAYLOAD));
    assert_eq!(again.success()["status"], "accepted");
}

#[test]
fn a_folder_that_cannot_be_written_is_said_at_the_start() {
    let mut server = Server::start();
    server.stop();
    let data = server.data();
    let name = data.to_str().expect("the path is text");
    let mount = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"";
    let may = run(Command::new("unshare").args(["-rm", "sh", "-c", mount, name, "true"]));
    if may.code != Some(0) {
        eprintln!("no folder can be made read-only here: the test is left out");
        return;
    }
    let own = champollion();
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", mount, name]).arg(own.get_program());
    for (variable, _) in own.get_envs().filter(|(_, value)| value.is_none()) {
        command.env_remove(variable);
    }
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir", name]);
    let refused = run(&mut command);
    let said = refused.failure();
    assert!(said.contains("is not writable"), "{said}");
    assert!(fs::read_dir(&data).is_ok_and(|mut files| files.next().is_some()));
    server.restart();
    assert_eq!(server.anybody().get("/readyz").status, 200);
}
