//! The documents: their commands are run, their records compared with the server's, their links followed.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use champollion_tests::{
    AXIOMA, Asked, ELSYS, MISCHIEF, Mischief, Outside, Sensor, Server, Setup, Sources, digits,
    follow, mischief, run, workspace,
};
use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

fn document(name: &str) -> String {
    fs::read_to_string(workspace().join(name)).expect("the document is there")
}

/// Where a reader of the documents stands: the folders of the repository that they name are there.
fn desk() -> TempDir {
    let folder = TempDir::new().expect("there is room");
    for name in ["examples", "target"] {
        std::os::unix::fs::symlink(workspace().join(name), folder.path().join(name))
            .expect("there is room");
    }
    folder
}

/// A server that asks of packages all that it does by default, with a network server that takes commands.
fn usual() -> Server {
    Setup::default()
        .variable("CHAMPOLLION_PUBLICATION__UNSIGNED", "false")
        .variable("CHAMPOLLION_PUBLICATION__RANDOM_PAYLOADS", "10000")
        .settings(
            "[frames]\ncopies-window-ms = 0\n[network-servers.city]\nkind = \"chirpstack\"\n\
             [network-servers.city.downlink]\nvia = \"http\"\nurl = \"http://127.0.0.1:9\"\n",
        )
        .start()
}

/// The same with a room sensor in the group `office`, which was heard once.
fn with_room_sensor() -> Server {
    let server = Setup::default()
        .settings(
            "[frames]\ncopies-window-ms = 0\n[network-servers.city]\nkind = \"chirpstack\"\n\
             [network-servers.city.downlink]\nvia = \"http\"\nurl = \"http://127.0.0.1:9\"\n",
        )
        .start();
    server.publish_own(ELSYS);
    let room = json!({
        "group": "office", "name": "Room 12", "decoder": "elsys/ers-co2@^1",
        "activation": { "networkServer": {} }, "tags": { "floor": "1" },
    });
    server.admin().put("/v1/devices/70B3D5499A000001", &room).success();
    let up = json!({
        "time": "2026-11-25T08:00:00Z", "deviceInfo": { "devEui": "70b3d5499a000001" },
        "devAddr": "01020304", "fCnt": 7, "fPort": 5, "data": "AQD8AiU=",
    });
    server.lns_named("city").post("/v1/ingest/chirpstack?event=up", &up).success();
    server
}

/// The short telegram of a water meter: its clock, its index in litres, and the index of the noon before.
fn telegram(at: Timestamp, litres: u32) -> Vec<u8> {
    let noon = at - SignedDuration::from_hours(11);
    let clock = |moment: Timestamp| u32::try_from(moment.as_second()).expect("it is our century");
    let mut bytes = clock(at).to_le_bytes().to_vec();
    bytes.push(0);
    bytes.extend(litres.to_le_bytes());
    bytes.extend(clock(noon).to_le_bytes());
    bytes.extend((litres - 10).to_le_bytes());
    bytes
}

/// A water meter in the same group, which was heard on three evenings; one of its frames came twice.
fn add_meter(server: &Server) {
    server.publish_own(AXIOMA);
    let meter = json!({
        "group": "office", "name": "Meter 7", "decoder": "axioma/qalcosonic-w1@^1",
        "activation": { "networkServer": {} },
    });
    server.admin().put("/v1/devices/70B3D5499A000002", &meter).success();
    let evenings = [(22, 99_875), (23, 100_250), (23, 100_250), (24, 100_610), (24, 100_610)];
    for (f_cnt, (day, litres)) in (1..).zip(evenings) {
        let at: Timestamp = format!("2026-11-{day}T23:00:00Z").parse().expect("it is a moment");
        let up = json!({
            "time": (at + SignedDuration::from_secs(2)).to_string(),
            "deviceInfo": { "devEui": "70b3d5499a000002" }, "devAddr": "01020305",
            "fCnt": f_cnt, "fPort": 100, "data": BASE64.encode(&telegram(at, litres)),
        });
        server.lns_named("city").post("/v1/ingest/chirpstack?event=up", &up).success();
    }
}

#[test]
fn of_curl_of_jq_network_operators_read_what_happens() {
    let server = usual();
    let package = Sources::file(ELSYS);
    let key = desk();
    let cli = server.admin_cli();
    let file = key.path().join("key").display().to_string();
    let public = cli.run(&["registry", "keys", "new", &file]).success();
    let namespace =
        ["registry", "keys", "add", public.trim(), "--name", "us", "--namespace", "elsys"];
    drop(cli.run(&namespace).success());
    drop(cli.run(&["publish", "--key", &file, &package]).success());
    let text = document("docs/for-network-operators.md");
    follow(&text, desk().path(), server.address(), server.admin_token());
}

#[test]
fn of_curl_of_jq_partners_read_what_happens() {
    let server = with_room_sensor();
    add_meter(&server);
    let token = server.new_token("partner", Some("office"));
    let text = document("docs/for-partners.md");
    follow(&text, desk().path(), server.address(), &token);
}

#[test]
fn of_curl_of_jq_decoder_developers_read_what_happens() {
    let server = usual();
    let text = document("docs/for-decoder-developers.md");
    follow(&text, desk().path(), server.address(), server.admin_token());
}

#[test]
fn of_curl_of_jq_admins_read_what_happens() {
    let server = usual();
    let text = document("docs/for-admins.md");
    follow(&text, desk().path(), server.address(), server.admin_token());
}

#[test]
fn of_curl_of_jq_integrators_read_what_happens() {
    let server = with_room_sensor();
    let token = server.new_token("partner", Some("office"));
    let text = document("docs/for-integrators.md");
    follow(&text, desk().path(), server.address(), &token);
}

/// A block of a document: the word behind its kind, and its text.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(kind)) => open = Some((kind.trim().to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The JSON of a block of docs/records.md.
#[track_caller]
fn shown(text: &str, name: &str) -> Json {
    let kind = format!("json {name}");
    let (_, json) = blocks(text).into_iter().find(|(own, _)| *own == kind).expect("it is shown");
    serde_json::from_str(&json).unwrap_or_else(|error| panic!("{name} is no JSON: {error}"))
}

/// In what a shown JSON differs from a real one. A member `…` stands for further members, the text `…` for
/// any value.
fn differs(shown: &Json, real: &Json, path: &str) -> Option<String> {
    match (shown, real) {
        (Json::String(text), _) if text == "…" => None,
        (Json::String(text), Json::String(real)) if text.ends_with('…') => {
            let begins = real.starts_with(text.trim_end_matches('…'));
            (!begins).then(|| format!("{path} is {real}"))
        }
        (Json::Object(shown), Json::Object(members)) => {
            let open = shown.contains_key("…");
            let missing = shown.keys().find(|name| *name != "…" && !members.contains_key(*name));
            let hidden = members.keys().find(|name| !open && !shown.contains_key(*name));
            if let Some(name) = missing.or(hidden) {
                return Some(format!("{path}.{name} is in one of the two alone"));
            }
            let mut both =
                shown.iter().filter_map(|(name, value)| Some((name, value, members.get(name)?)));
            both.find_map(|(name, value, real)| differs(value, real, &format!("{path}.{name}")))
        }
        (Json::Array(shown), Json::Array(real)) if shown.len() == real.len() => {
            let mut pairs = shown.iter().zip(real).enumerate();
            pairs.find_map(|(at, (shown, real))| differs(shown, real, &format!("{path}[{at}]")))
        }
        _ => (shown != real).then(|| format!("{path} is {real}, and the page says {shown}")),
    }
}

#[track_caller]
fn agrees(text: &str, name: &str, real: &Json) {
    if let Some(difference) = differs(&shown(text, name), real, name) {
        panic!("docs/records.md: {difference}\nthe server says\n{real:#}");
    }
}

/// A meter in a street, heard by two gateways.
fn frame(meter: &Sensor, f_cnt: u32, payload: &[u8]) -> Json {
    json!({
        "phyPayload": digits(&meter.phy(f_cnt, 100, payload)),
        "receivedAt": "2019-07-22T11:37:52Z",
        "frequencyHz": 868_100_000,
        "spreadingFactor": 9,
        "bandwidthHz": 125_000,
        "codingRate": "4/5",
        "region": "EU868",
        "gateways": [
            { "gatewayId": "7276FF0039030A01", "rssiDbm": -101.0, "snrDb": -7.25 },
            { "gatewayId": "7276FF0039030A02", "rssiDbm": -97.5, "snrDb": 5.5 },
        ],
    })
}

/// The telegram of a leak, without a history.
fn leak() -> Vec<u8> {
    let path = workspace().join("decoders").join(AXIOMA).join("vectors.json");
    let vectors: Json = serde_json::from_str(&fs::read_to_string(path).expect("it is there"))
        .expect("they are JSON");
    let all = vectors.as_array().into_iter().flatten();
    let mut payloads = all.filter(|vector| vector["name"] == "no increments");
    let payload = payloads.next().and_then(|vector| vector["uplink"]["payload"].as_str());
    let digits: Vec<u8> = payload.expect("there is such a vector").bytes().collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).filter_map(byte).collect()
}

#[test]
fn the_records_of_the_page_are_the_servers() {
    let text = document("docs/records.md");
    let settings = "[delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n";
    let server = Setup::default().settings(settings).start();
    let sources = server.publish_own(AXIOMA);
    let meter = Sensor::new(1);
    let mut registration = meter.registration("water", Some("axioma/qalcosonic-w1@^1"));
    registration["name"] = json!("Meter 1");
    registration["subGroup"] = json!("north");
    registration["useCase"] = json!("water-metering");
    registration["tags"] = json!({ "street": "Rue de la Paix" });
    server.admin().put(&meter.path(), &registration).success();
    let made = json!({ "name": "city", "role": "lns" });
    let token = server.admin().post("/v1/tokens", &made).success();
    let lns = server.anybody().token(token["token"].as_str().expect("a new token is shown"));
    lns.ingest(&frame(&meter, 7, &leak())).success();

    let partner = server.partner("water");
    let page = partner.get("/v1/records").success();
    agrees(&text, "page", &page);
    let mut record = page["records"][0]["record"].clone();
    // A compiler of another version makes another package of the same sources.
    let whole = shown(&text, "record");
    for name in ["digest", "fuel"] {
        let (real, told) = (&record["decoder"][name], &whole["decoder"][name]);
        assert!(real.is_string() == told.is_string() && real.is_u64() == told.is_u64(), "{real}");
        record["decoder"][name] = told.clone();
    }
    agrees(&text, "record", &record);
    partner.post("/v1/records/ack", &json!({ "cursor": page["next"] })).success();

    lns.ingest(&frame(&meter, 8, &[0x0E, 0xA0])).success();
    lns.ingest(&frame(&meter, 9, &leak())).success();
    let kept = partner.pull_all();
    agrees(&text, "not-decoded", &kept[0]["record"]);
    server.publish_candidate(&sources.version("1.0.1").package());
    let again = json!({ "decoder": "axioma/qalcosonic-w1@=1.0.1", "since": "2019-01-01T00:00:00Z", "group": "water" });
    server.admin().post("/v1/records/redecode", &again).success();
    let corrected = partner.pull_all();
    agrees(&text, "corrected", &corrected.last().expect("there is one")["record"]);

    let taken = |_: &Asked| (204, String::new());
    for (name, batch) in [("webhook", 1), ("webhooks", 10)] {
        let outside = Outside::start(taken);
        let route = json!({ "to": { "http": { "url": outside.url(), "batch": batch } } });
        partner.put(&format!("/v1/routes/{name}"), &route).success();
        lns.ingest(&frame(&meter, 10 + batch, &leak())).success();
        let asked = outside.wait_for(1).remove(0);
        agrees(&text, name, &asked.body);
    }
}

/// The codes of a table: those in its first column, between backquotes.
fn codes(text: &str, heading: &str) -> BTreeSet<String> {
    let (_, section) = text.split_once(heading).expect("there is such a section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    rows.flat_map(|cell| cell.split('`').filter(|code| !code.is_empty() && !code.starts_with(',')))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_page_names_the_codes_of_frames_that_are_not_decoded() {
    let listed = codes(&document("docs/records.md"), "\n## A frame that is not decoded\n");
    // What is no JSON is an answer, and does not count.
    let settings = "[quarantine]\nfailures = 6\n";
    let server = Setup::default().settings(settings).start();
    server.publish(&mischief());
    let (wicked, without) = (Sensor::new(1), Sensor::new(2));
    server.register(&wicked, "water", Some(MISCHIEF));
    server.register(&without, "water", None);
    let modes = [
        Mischief::Loop,
        Mischief::Trap,
        Mischief::Memory,
        Mischief::NoJson,
        Mischief::Recursion,
        Mischief::Trap,
        Mischief::Trap,
        Mischief::Trap,
    ];
    let lns = server.lns();
    lns.ingest(&without.frame(1, 1, &[1])).success();
    let mut met = BTreeSet::new();
    for (f_cnt, mode) in (1..).zip(modes) {
        lns.ingest(&wicked.frame(f_cnt, 1, &[mode as u8, 0xAB])).success();
    }
    for entry in server.partner("water").pull_all() {
        met.extend(entry["record"]["decodeError"]["code"].as_str().map(str::to_owned));
    }
    assert!(met.len() >= 7, "{met:?}");
    let missing: Vec<&String> = met.difference(&listed).collect();
    assert!(missing.is_empty(), "docs/records.md does not name {missing:?} but {listed:?}");
}

/// The documents of the repository.
fn documents() -> Vec<PathBuf> {
    let listed = run(Command::new("git").current_dir(workspace()).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "*.md",
    ]));
    let found: Vec<PathBuf> = listed.success().lines().map(PathBuf::from).collect();
    assert!(found.len() > 20, "{found:?}");
    found
}

/// The anchor of a heading, as code hosts make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|&letter| letter.is_alphanumeric() || " -_".contains(letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The links of a document: in brackets behind brackets.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

#[test]
fn every_link_leads_somewhere() {
    let mut dead = Vec::new();
    for document in documents() {
        let text = fs::read_to_string(workspace().join(&document)).expect("it is there");
        for link in links(&text).filter(|link| !link.contains("://")) {
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let from = workspace().join(&document);
            let to = if file.is_empty() {
                from
            } else {
                from.parent().expect("it is in a folder").join(file)
            };
            let headings = || {
                let text = fs::read_to_string(&to).unwrap_or_default();
                let titles = text.lines().filter(|line| line.starts_with('#'));
                titles.map(|line| anchor(line.trim_start_matches('#').trim())).collect::<Vec<_>>()
            };
            if !to.exists() || !(part.is_empty() || headings().iter().any(|own| own == part)) {
                dead.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

#[test]
fn every_decision_has_a_date_and_is_listed() {
    let folder = workspace().join("docs/decisions");
    let list = document("docs/decisions/README.md");
    let mut pages: Vec<String> = fs::read_dir(&folder)
        .expect("it is there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name != "README.md")
        .collect();
    pages.sort();
    for (number, name) in (1..).zip(&pages) {
        assert!(name.starts_with(&format!("{number:04}-")), "{name} should be number {number}");
        let text = fs::read_to_string(folder.join(name)).expect("it is there");
        let title =
            text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap_or_default();
        assert!(title.starts_with(&format!("{number:04}: ")), "{name}: {title}");
        let listed = format!("[{}]({name})", title.replacen(": ", " ", 1));
        assert!(list.contains(&listed), "the list lacks {listed}");
        for part in ["\nDate: 20", "\n## Context\n", "\n## Decision\n", "\n## Consequence\n"] {
            assert!(text.contains(part), "{name} lacks {part:?}");
        }
    }
}

/// Folders two levels deep that hold files of the repository.
fn folders() -> BTreeSet<String> {
    let listed = run(Command::new("git").current_dir(workspace()).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))
    .success();
    let folder = |file: &str| {
        let parts: Vec<&str> = Path::new(file).iter().filter_map(|part| part.to_str()).collect();
        (parts.len() > 2).then(|| parts[..2].join("/"))
    };
    listed.lines().filter_map(folder).collect()
}

#[test]
fn the_map_has_a_row_for_each_folder() {
    let map = document("ARCHITECTURE.md");
    let missing: Vec<String> = folders()
        .into_iter()
        .filter(|folder| {
            // Examples have a page of their own, and each decoder its README.
            let told_elsewhere = ["examples/", "decoders/"].iter().any(|of| folder.starts_with(of));
            !told_elsewhere && !map.contains(&format!("`{folder}`"))
        })
        .collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md has no row for {missing:?}");
}

#[test]
fn each_decoder_says_what_it_was_checked_against() {
    let decoders: Vec<String> =
        folders().into_iter().filter(|folder| folder.starts_with("decoders/")).collect();
    assert!(decoders.len() > 30, "{decoders:?}");
    let without =
        decoders.iter().filter(|folder| !workspace().join(folder).join("README.md").is_file());
    assert_eq!(without.collect::<Vec<_>>(), Vec::<&String>::new());
}

/// No file of tests lies there unheard: each is a target of the manifest, which names them one by one.
#[test]
fn every_file_of_tests_is_run() {
    let folder = workspace().join("tests");
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("there is a manifest");
    let entries =
        fs::read_dir(&folder).expect("there are tests").flatten().map(|entry| entry.path());
    let (mut met, mut left_out) = (0, Vec::new());
    for path in entries {
        let name = path.file_name().and_then(OsStr::to_str).expect("a name is text");
        let target = match path.join("main.rs").is_file() {
            true => format!("{name}/main.rs"),
            false if name.ends_with(".rs") => name.to_owned(),
            false => continue,
        };
        met += 1;
        if !manifest.contains(&format!("path = \"{target}\"")) {
            left_out.push(target);
        }
    }
    assert!(met > 40, "{met} files of tests");
    assert!(left_out.is_empty(), "tests/Cargo.toml does not name {left_out:?}");
}
