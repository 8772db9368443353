//! Records are put as files on real servers: whole, at their rhythm, each record in one file.

use std::{collections::BTreeMap, fs, thread, time::Duration};

use champollion_tests::{
    Asked, Authority, Client, FileServer, LUMINAIRE, Outside, Sensor, Server, Setup, Wire,
    eventually,
};
use serde_json::{Value as Json, json};

/// Places on this machine, no long pauses, and a folder for files.
const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n\
    [delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\nfolders = \"files\"\n\
    first-pause-ms = 20\nlongest-pause-seconds = 1\n";

/// The rhythm of every second.
const OFTEN: &str = "* * * * * *";

/// Records of so many frames are more than what is on its way at once.
const MANY: u32 = 300;

fn server() -> Server {
    Setup::default().settings(SETTINGS).start()
}

/// A route to a place, with more of what may stand in it.
fn route(place: &Json, more: &Json) -> Json {
    let mut files = json!({ "place": place, "format": "ndjson", "rhythm": { "cron": OFTEN } });
    for (name, value) in more.as_object().expect("it is an object") {
        files[name] = value.clone();
    }
    json!({ "to": { "files": files } })
}

fn send(server: &Server, sensor: &Sensor, f_cnts: impl IntoIterator<Item = u32>) {
    let lns = server.lns();
    for f_cnt in f_cnts {
        lns.ingest(&sensor.frame(f_cnt, 1, &[1, 2])).success();
    }
}

fn status(client: &Client, name: &str) -> Json {
    client.get(&format!("/v1/routes/{name}")).success()["status"].clone()
}

/// The counters of the records in files of lines, in the order of the files.
fn f_cnts(files: &[(String, String)]) -> Vec<u64> {
    let lines = files.iter().flat_map(|(_, text)| text.lines());
    lines
        .map(|line| {
            let record: Json = serde_json::from_str(line).expect("a line is a record");
            record["uplink"]["fCnt"].as_u64().expect("a record has a counter")
        })
        .collect()
}

fn delivered(partner: &Client, count: u64) {
    eventually("all are delivered", || {
        (status(partner, "files")["delivered"] == count).then_some(())
    });
}

/// Returns the words about the last attempt that failed.
fn failure(partner: &Client) -> String {
    eventually("an attempt failed", || {
        let status = status(partner, "files");
        status["lastFailure"]["message"].as_str().map(str::to_owned)
    })
}

/// Each record is in one file, in order, and nothing unfinished is left.
#[track_caller]
fn each_is_there_once(place: &FileServer, count: u32) {
    let files = place.files();
    assert!(files.iter().all(|(name, _)| name.ends_with(".ndjson")), "{:?}", names(&files));
    assert_eq!(f_cnts(&files), (1..=u64::from(count)).collect::<Vec<_>>());
}

fn names(files: &[(String, String)]) -> Vec<&str> {
    files.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_table_says_what_was_measured_and_how_it_was_received() {
    let server = server();
    server.publish_own(LUMINAIRE);
    let sensors = [Sensor::new(1), Sensor::new(2)];
    let mut registration = sensors[0].registration("water", Some("nas/ul20xx@^1"));
    registration["name"] = json!("=HYPERLINK(\"x\")");
    server.admin().put(&sensors[0].path(), &registration).success();
    server.register(&sensors[1], "water", None);
    let partner = server.partner("water");
    let place = json!({ "folder": { "path": "tables" } });
    for (name, format) in [("rows", "csv-rows"), ("columns", "csv-columns")] {
        let more = json!({
            "format": format,
            "name": format!("{name}-{{sequence}}.{{extension}}"),
            "table": { "details": ["data", "payload", "digest"] },
        });
        partner.put(&format!("/v1/routes/{name}"), &route(&place, &more)).success();
    }
    let lns = server.lns();
    lns.ingest(&sensors[0].frame_through(7, &[1, 2], "gw", 5.5)).success();
    lns.ingest(&sensors[1].frame_through(8, &[3, 4], "gw", 5.5)).success();
    eventually("nothing is left to deliver", || {
        let is_done = |name| status(&partner, name)["delivered"] == 2;
        (is_done("rows") && is_done("columns")).then_some(())
    });
    eventually("what is in a file is removed", || partner.pull_all().is_empty().then_some(()));
    let folder = server.folder().join("files/water/tables");
    let mut tables = BTreeMap::from([("rows", String::new()), ("columns", String::new())]);
    for entry in fs::read_dir(&folder).expect("the folder is there").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (kind, rest) = name.split_once('-').expect("it is called as it was said");
        assert!(rest.starts_with("00000") && rest.ends_with(".csv"), "{name}");
        let text = fs::read_to_string(entry.path()).expect("it is UTF-8");
        tables.get_mut(kind).expect("it is one of the two").push_str(&text);
    }
    for (kind, table) in &tables {
        assert!(table.contains("\r\n"), "{kind}: {table}");
        assert!(table.starts_with("record,group,device,name,"), "{kind}: {table}");
        assert!(table.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{kind}: {table}");
        assert!(
            table.contains(",\"0102\",7,1,") && table.contains(",\"0304\",8,1,"),
            "{kind}: {table}"
        );
        assert!(table.contains("rssi [dBm]") && table.contains("frequency [Hz]"), "{kind}");
        assert!(table.contains("\"nas/ul20xx\",") && table.contains("sha256:"), "{kind}: {table}");
        assert!(table.contains("no-decoder"), "what is not decoded is there too: {table}");
    }
}

/// To a place that records go to and come again after it was away.
#[track_caller]
fn records_come_to(mut place: FileServer) {
    let mut server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("partner", Some("water"));
    let partner = server.anybody().token(&token);
    partner.put("/v1/routes/files", &route(&place.place(), &json!({}))).success();
    let tried = partner.post("/v1/routes/files/test", &json!({})).success();
    assert_eq!(tried["outcome"], "taken", "{tried}");
    assert_eq!(place.files(), [], "what it was tried with is taken away");

    // Over some seconds, so that there are several files.
    for start in [1, 4, 7] {
        send(&server, &sensor, start..start + 3);
        thread::sleep(Duration::from_millis(1_200));
    }
    delivered(&partner, 9);
    assert!(place.files().len() >= 2, "{:?}", names(&place.files()));
    each_is_there_once(&place, 9);

    // A file is made while the place is away, and the server is killed: the same file comes later.
    place.go();
    send(&server, &sensor, [10, 11]);
    let pending = eventually("a file waits", || {
        let status = status(&partner, "files");
        status["lastFailure"]["message"].as_str()?;
        status["pendingFile"].as_str().map(str::to_owned)
    });
    server.kill();
    server.restart();
    let partner = server.anybody().token(&token);
    eventually("it still waits", || {
        (status(&partner, "files")["pendingFile"] == pending.as_str()).then_some(())
    });
    place.come();
    eventually("the file is there", || {
        names(&place.files()).contains(&pending.as_str()).then_some(())
    });
    send(&server, &sensor, [12]);
    delivered(&partner, 12);
    each_is_there_once(&place, 12);
    eventually("what is in a file is removed", || partner.pull_all().is_empty().then_some(()));
    let attempts = partner.get("/v1/routes/files/attempts").success();
    assert_eq!(attempts["attempts"][0]["outcome"], "taken", "{attempts}");
    let shown = partner.get("/v1/routes/files").text;
    assert!(!shown.contains("PRIVATE KEY") && !shown.contains("correct horse"), "{shown}");
}

#[test]
fn of_sshd_records_come_to_openssh() {
    records_come_to(FileServer::sftp());
}

#[test]
fn of_vsftpd_records_come_to_vsftpd() {
    let authority = Authority::new("the test's");
    records_come_to(FileServer::ftps(false, &authority, &authority.server()));
}

#[test]
fn of_vsftpd_records_come_to_vsftpd_where_tls_is_implicit() {
    let authority = Authority::new("the test's");
    records_come_to(FileServer::ftps(true, &authority, &authority.server()));
}

#[test]
fn of_nginx_records_come_to_nginx() {
    let authority = Authority::new("the test's");
    records_come_to(FileServer::webdav(&authority, &authority.server()));
}

/// A transfer that breaks again and again in the middle.
#[track_caller]
fn a_broken_transfer_is_made_again(place: &FileServer) {
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    let wire = Wire::to(place.port(), 60_000);
    let to = place.place_through(wire.port());
    let mut paused = route(&to, &json!({ "timeoutSeconds": 20 }));
    paused["paused"] = json!(true);
    partner.put("/v1/routes/files", &paused).success();
    send(&server, &sensor, 1..=MANY);
    partner.post("/v1/routes/files/resume", &json!({})).success();
    eventually("it was cut", || (wire.cuts() >= 2).then_some(()));
    let said = failure(&partner);
    assert!(said.contains("lost") || said.contains("reached"), "{said}");
    let whole = |files: &[(String, String)]| {
        files.iter().filter(|(name, _)| !name.ends_with(".part")).count()
    };
    assert_eq!(whole(&place.files()), 0, "what is not whole has no name");
    let pending = status(&partner, "files")["pendingFile"].clone();
    wire.mend();
    delivered(&partner, u64::from(MANY));
    each_is_there_once(place, MANY);
    let files = place.files();
    assert_eq!(json!(files[0].0), pending, "it is the file that was begun with");
}

#[test]
fn of_sshd_a_transfer_to_openssh_that_breaks_is_made_again() {
    a_broken_transfer_is_made_again(&FileServer::sftp());
}

#[test]
fn of_nginx_a_transfer_to_nginx_that_breaks_is_made_again() {
    let authority = Authority::new("the test's");
    a_broken_transfer_is_made_again(&FileServer::webdav(&authority, &authority.server()));
}

#[test]
fn of_pypi_of_curl_records_come_to_an_s3_server() {
    let authority = Authority::new("the test's");
    let place = FileServer::s3(&authority, &authority.server());
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    partner.put("/v1/routes/files", &route(&place.place(), &json!({}))).success();
    let tried = partner.post("/v1/routes/files/test", &json!({})).success();
    assert_eq!(tried["outcome"], "taken", "{tried}");
    assert_eq!(place.files(), [], "what it was tried with is taken away");
    for start in [1, 4] {
        send(&server, &sensor, start..start + 3);
        thread::sleep(Duration::from_millis(1_200));
    }
    delivered(&partner, 6);
    each_is_there_once(&place, 6);

    let mut nowhere = place.place();
    nowhere["s3"]["bucket"] = json!("nobodys");
    partner.put("/v1/routes/files", &route(&nowhere, &json!({}))).success();
    let tried = partner.post("/v1/routes/files/test", &json!({})).success();
    let said = tried["message"].as_str().unwrap_or_default();
    assert!(said.contains("the bucket nobodys is not there"), "{tried}");
}

/// Returns the words about a route to a place when it is tried.
fn said_of(partner: &Client, place: &Json) -> String {
    partner
        .put("/v1/routes/tried", &route(place, &json!({ "rhythm": { "cron": "0 0 * * *" } })))
        .success();
    let tried = partner.post("/v1/routes/tried/test", &json!({})).success();
    assert_eq!(tried["outcome"], "failed", "{tried}");
    tried["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn of_sshd_of_vsftpd_of_nginx_a_server_that_is_not_the_one_that_was_meant_gets_no_file() {
    let server = server();
    let partner = server.partner("water");
    let sftp = FileServer::sftp();
    let (mut place, known) = (sftp.place(), sftp.place()["sftp"]["hostKey"].clone());
    let stranger = format!("SHA256:{}", "A".repeat(43));
    place["sftp"]["hostKey"] = json!(stranger);
    let said = said_of(&partner, &place);
    assert!(said.contains(&stranger) && said.contains(&sftp.other_fingerprint()), "{said}");
    place["sftp"]["hostKey"] = json!(sftp.other_fingerprint());
    assert_ne!(known, place["sftp"]["hostKey"]);
    partner.put("/v1/routes/tried", &route(&place, &json!({}))).success();
    let tried = partner.post("/v1/routes/tried/test", &json!({})).success();
    assert_eq!(tried["outcome"], "taken", "each of its keys may be pinned: {tried}");

    let (authority, other) = (Authority::new("the test's"), Authority::new("somebody's"));
    let expired = authority.expired_server();
    for place in [
        FileServer::ftps(false, &authority, &expired),
        FileServer::ftps(true, &authority, &expired),
        FileServer::webdav(&authority, &expired),
    ] {
        let said = said_of(&partner, &place.place());
        assert!(said.contains("certificate") && said.contains("renewed"), "{said}");
        assert_eq!(place.files(), []);
    }
    for place in [
        FileServer::ftps(false, &other, &authority.server()),
        FileServer::webdav(&other, &authority.server()),
    ] {
        let said = said_of(&partner, &place.place());
        assert!(said.contains("certificate") && said.contains("tls.ca"), "{said}");
        assert_eq!(place.files(), []);
    }
}

#[test]
fn of_sshd_of_vsftpd_of_nginx_what_is_wrong_with_a_place_is_said_with_what_to_do() {
    let server = server();
    let partner = server.partner("water");
    let authority = Authority::new("the test's");
    let (sftp, webdav) = (FileServer::sftp(), FileServer::webdav(&authority, &authority.server()));
    let ftps = FileServer::ftps(false, &authority, &authority.server());
    let changed = |place: &FileServer, kind: &str, member: &str, value: Json| {
        let mut place = place.place();
        place[kind][member] = value;
        place
    };
    let closed = format!("https://localhost:{}/closed/", webdav.port());
    let gone = format!("https://localhost:{}/gone/folder/", webdav.port());
    let basic =
        |password: &str| json!({ "basic": { "user": "champollion", "password": password } });
    for (place, says) in [
        (changed(&sftp, "sftp", "folder", json!("nowhere")), "folder nowhere is not there"),
        (changed(&sftp, "sftp", "user", json!("nobody-at-all")), "is not let in"),
        (changed(&sftp, "sftp", "host", json!("nowhere.invalid")), "cannot be resolved"),
        (changed(&ftps, "ftps", "folder", json!("nowhere")), "nowhere"),
        (changed(&ftps, "ftps", "user", json!("somebody")), "is not let in"),
        (changed(&ftps, "ftps", "host", json!("nowhere.invalid")), "cannot be resolved"),
        (changed(&webdav, "webdav", "url", json!(closed)), "no permission"),
        (changed(&webdav, "webdav", "url", json!(gone)), "writing the file was refused"),
        (changed(&webdav, "webdav", "authorization", basic("wrong")), "is not let in"),
        (
            changed(&webdav, "webdav", "url", json!("https://nowhere.invalid/")),
            "cannot be resolved",
        ),
    ] {
        let said = said_of(&partner, &place);
        assert!(said.contains(says), "{place}: {said}");
    }
    // A server that is full, or that takes no file of such a size.
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let small = format!("https://localhost:{}/small/", webdav.port());
    let mut paused = route(&changed(&webdav, "webdav", "url", json!(small)), &json!({}));
    paused["paused"] = json!(true);
    partner.put("/v1/routes/files", &paused).success();
    send(&server, &sensor, 1..=MANY);
    partner.post("/v1/routes/files/resume", &json!({})).success();
    let said = failure(&partner);
    assert!(said.contains("no room"), "{said}");
}

#[test]
fn records_go_into_as_many_files_as_are_needed_and_no_period_passes_unnoticed() {
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    let place = json!({ "folder": {} });
    let more = json!({ "recordsPerFile": 10, "name": "{from}_{to}_{sequence}.txt" });
    let mut paused = route(&place, &more);
    paused["paused"] = json!(true);
    partner.put("/v1/routes/files", &paused).success();
    send(&server, &sensor, 1..=25);
    partner.post("/v1/routes/files/resume", &json!({})).success();
    delivered(&partner, 25);
    let folder = server.folder().join("files/water");
    let list = || {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut files: Vec<(String, String)> = entries
            .map(|entry| {
                let text = fs::read_to_string(entry.path()).unwrap_or_default();
                (entry.file_name().to_string_lossy().into_owned(), text)
            })
            .collect();
        // A file that is still written has a name of its own, and is none yet.
        files.retain(|(name, _)| name.ends_with(".txt"));
        files.sort_unstable_by_key(|(name, _)| name.rsplit('_').next().map(str::to_owned));
        files
    };
    let files = list();
    assert_eq!(files.len(), 3, "an empty period has no file: {:?}", names(&files));
    assert_eq!(f_cnts(&files), (1..=25).collect::<Vec<u64>>());

    let more = json!({ "emptyFiles": true, "name": "{sequence}.txt", "format": "json" });
    partner.put("/v1/routes/files", &route(&place, &more)).success();
    eventually("there are empty files", || (list().len() >= 5).then_some(()));
    // The names go on where they were, also for another route of the same name.
    partner.delete("/v1/routes/files").success();
    let files = list();
    let numbers: Vec<&str> = files
        .iter()
        .filter_map(|(name, _)| name.rsplit('_').next()?.strip_suffix(".txt"))
        .collect();
    let expected: Vec<String> = (1..=files.len()).map(|number| format!("{number:06}")).collect();
    assert_eq!(numbers, expected);
    assert!(files[3..].iter().all(|(_, text)| text == "[]\n"), "{files:?}");
    partner.put("/v1/routes/files", &route(&place, &more)).success();
    let more_files =
        eventually("it goes on", || Some(list()).filter(|now| now.len() > files.len()));
    assert_eq!(more_files[..files.len()], files, "no file takes the place of another");
}

#[test]
fn what_files_cannot_be_like_is_refused() {
    let server = server();
    let partner = server.partner("water");
    let folder = json!({ "folder": {} });
    for (body, says) in [
        (
            route(&folder, &json!({ "rhythm": { "cron": "0 6 * * 1-5" } })),
            "records are kept for 48",
        ),
        (route(&folder, &json!({ "recordsPerFile": 0 })), "recordsPerFile"),
        (route(&folder, &json!({ "timeoutSeconds": 4_000 })), "timeoutSeconds"),
        (route(&json!({ "folder": { "path": "../x" } }), &json!({})), "folder.path"),
        (
            route(&json!({ "webdav": { "url": "https://10.0.0.1@x/" } }), &json!({})),
            "to.files.place.webdav.url",
        ),
    ] {
        let answer = partner.put("/v1/routes/files", &body);
        let said = answer.problem(422, "invalid-route");
        assert!(said.contains(says), "{body}: {said}");
    }
    for (body, says) in [
        (route(&folder, &json!({ "rhythm": { "cron": "soon" } })), "cron"),
        (route(&folder, &json!({ "rhythm": { "cron": "0 6 * * *", "timeZone": "Home" } })), "Home"),
        (route(&folder, &json!({ "name": "../{sequence}" })), "../{sequence}"),
        (route(&folder, &json!({ "name": "{to}.csv" })), "sequence"),
        (route(&folder, &json!({ "format": "xml" })), "xml"),
        (route(&json!({ "fax": {} }), &json!({})), "fax"),
    ] {
        let answer = partner.put("/v1/routes/files", &body);
        let said = answer.problem(400, "invalid-body");
        assert!(said.contains(says), "{body}: {said}");
    }
}

/// The methods and the paths that a WebDAV server was asked with.
fn asked_of(outside: &Outside) -> Vec<(String, String)> {
    let line = |asked: Asked| (asked.method.to_string(), asked.path);
    outside.asked().into_iter().map(line).collect()
}

#[test]
fn an_account_with_few_rights_gets_files_and_is_told_what_worked() {
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    let outside = Outside::start(|asked| match asked.method.as_str() {
        "PUT" => (201, String::new()),
        "MOVE" => (403, "renaming is not allowed".to_owned()),
        _ => (204, String::new()),
    });
    let place = |in_place: bool| json!({ "webdav": { "url": format!("{}/in/", outside.url()), "inPlace": in_place } });
    let try_it = |in_place: bool| {
        let route = route(&place(in_place), &json!({ "rhythm": { "cron": "0 0 * * *" } }));
        partner.put("/v1/routes/files", &route).success();
        partner.post("/v1/routes/files/test", &json!({})).success()
    };
    // It may write and take away, and not rename: nothing of the try is left, and the words say the way out.
    let attempt = try_it(false);
    let said = attempt["message"].as_str().unwrap_or_default();
    assert_eq!(attempt["outcome"], "failed", "{attempt}");
    assert!(
        said.contains("renaming is not allowed") && said.contains("\"inPlace\": true"),
        "{said}"
    );
    assert!(!said.contains("left"), "{said}");
    let asked = asked_of(&outside);
    let (last, first) = (asked.last().expect("it was asked"), &asked[0]);
    assert_eq!((&*last.0, &last.1), ("DELETE", &first.1), "what was written is taken away");
    assert!(first.1.ends_with(".part"), "{asked:?}");

    let attempt = try_it(true);
    assert_eq!((&attempt["outcome"], &attempt["message"]), (&json!("taken"), &Json::Null));

    // It may write alone.
    outside.answer(|asked| match asked.method.as_str() {
        "PUT" => (201, String::new()),
        _ => (403, "only writing is allowed".to_owned()),
    });
    let attempt = try_it(false);
    let said = attempt["message"].as_str().unwrap_or_default();
    assert!(said.contains("could not be taken away either"), "{said}");
    let attempt = try_it(true);
    let said = attempt["message"].as_str().unwrap_or_default();
    assert_eq!(attempt["outcome"], "taken", "{attempt}");
    let name = attempt["id"].as_str().unwrap_or_default();
    let expected = format!("written, but the test file {name} could not be taken away");
    assert!(said.contains(&expected) && said.contains("only writing is allowed"), "{said}");

    // Files come, under their own names at once.
    partner.put("/v1/routes/files", &route(&place(true), &json!({}))).success();
    let before = outside.asked().len();
    send(&server, &sensor, [1]);
    delivered(&partner, 1);
    let asked = asked_of(&outside).split_off(before);
    let [(method, path)] = &*asked else { panic!("{asked:?}") };
    assert!(method == "PUT" && path.starts_with("/in/") && path.ends_with(".ndjson"), "{asked:?}");

    let cli = server.cli(&server.new_token("partner", Some("water")));
    let tried = cli.run(&["routes", "test", "files"]);
    assert!(tried.stderr.contains("could not be taken away"), "{tried:?}");
    assert!(tried.success().contains("the recipient took"));
}

#[test]
fn of_sshd_of_vsftpd_files_are_written_in_place_where_a_route_says_so() {
    let authority = Authority::new("the test's");
    for (kind, server_of_files) in [
        ("sftp", FileServer::sftp()),
        ("ftps", FileServer::ftps(false, &authority, &authority.server())),
    ] {
        let server = server();
        let sensor = Sensor::new(1);
        server.register(&sensor, "water", None);
        let partner = server.partner("water");
        let mut place = server_of_files.place();
        place[kind]["inPlace"] = json!(true);
        partner.put("/v1/routes/files", &route(&place, &json!({}))).success();
        let tried = partner.post("/v1/routes/files/test", &json!({})).success();
        assert_eq!(tried["outcome"], "taken", "{kind}: {tried}");
        send(&server, &sensor, 1..=3);
        delivered(&partner, 3);
        each_is_there_once(&server_of_files, 3);
    }
}
