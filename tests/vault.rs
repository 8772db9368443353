//! The vault of the real binary: no key and no secret is found where none belongs, folders written before are
//! sealed, and master keys are rotated, lost and found.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use champollion_fleet::vault::{KeyFrom, OpenedVault, Vault, VaultSettings};
use champollion_store::{Batch, SledOptions, SledStore, Store, tables};
use champollion_tests::{
    BROKER_USER, Broker, Joiner, Output, Outside, Sensor, Server, Setup, champollion, digits,
    eventually, log_entries, run,
};
use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// Recipients on this machine, and a log that hides as little as it can.
const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n\
    [delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n\
    first-pause-ms = 20\nlongest-pause-seconds = 1\n[log]\nfilter = \"trace\"\n";

/// Keys of devices that no rest of a page looks like by chance.
const APP_KEY: &str = "8F3A61D0C27B94E51608FDB2C3A7490E";
const NWK_KEY: &str = "1D7C0EB8532FA9644AE0D7519B3C682F";
const NWK_S_KEY: &str = "C95E20A47D1B83F66F42B09D317AE8C5";
const APP_S_KEY: &str = "2B96E4F7085DCA13913CE5702F8AB46D";

/// Secrets of routes, one of each kind.
const SIGNING: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const HEADER: &str = "Bearer Hq7-vault-header-Ws2";
const PASSWORD: &str = "Zx9Qw8Er7Ty6Ui5Op4";
const SECRET_KEY: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";

/// The content of a message that nobody can read.
const UNREADABLE: &str = "no message, but 7D20C6E1B9F4A8350E6D1C97B2F8A345 in it";

/// A secret in all its notations.
struct Notations {
    name: String,
    all: Vec<Vec<u8>>,
}

impl Notations {
    /// Those of a text, as it stands and as it is encoded.
    fn of_text(text: &str) -> Self {
        let mut notations = Self { name: text.to_owned(), all: Vec::new() };
        notations.add(text.as_bytes());
        notations
    }

    /// Those of a key: its bytes, and its digits in both cases.
    fn of_key(digits: &str) -> Self {
        let key = HEXUPPER.decode(digits.to_uppercase().as_bytes()).expect("these are digits");
        let mut notations = Self { name: digits.to_owned(), all: Vec::new() };
        notations.add(&key);
        notations.add(digits.to_uppercase().as_bytes());
        notations.add(digits.to_lowercase().as_bytes());
        notations
    }

    fn add(&mut self, bytes: &[u8]) {
        let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
        for bytes in [bytes, &reversed] {
            self.all.push(bytes.to_vec());
            self.all.push(HEXLOWER.encode(bytes).into_bytes());
            self.all.push(HEXUPPER.encode(bytes).into_bytes());
            // Wherever it begins in what is encoded.
            for before in 0..3 {
                let padded = [&vec![0; before][..], bytes].concat();
                let (first, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
                for encoding in [BASE64_NOPAD, BASE64URL_NOPAD] {
                    let text = encoding.encode(&padded);
                    self.all.push(text.as_bytes()[first..end].to_vec());
                }
            }
        }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        self.all.iter().any(|notation| holds(bytes, notation))
    }
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some((first, _)) = wanted.split_first() else { return false };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        if rest[at..].starts_with(wanted) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// All files of a folder with their contents.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            let content = fs::read(&path).expect("the file can be read");
            all.push((path, content));
        }
    }
    all
}

#[track_caller]
fn none_is_in(secrets: &[Notations], place: &str, content: &[u8]) {
    for secret in secrets {
        assert!(!secret.is_in(content), "{} is in {place}", secret.name);
    }
}

#[track_caller]
fn none_is_in_files(secrets: &[Notations], folder: &Path) {
    for (path, content) in files(folder) {
        none_is_in(secrets, &path.display().to_string(), &content);
    }
}

fn number_of_files_with(secret: &Notations, folder: &Path) -> usize {
    files(folder).iter().filter(|(_, content)| secret.is_in(content)).count()
}

/// Routes with a secret in each place that has one.
fn routes(outside: &Outside, broker: &Broker) -> Vec<(&'static str, Json)> {
    let files = |place: Json| {
        json!({ "to": { "files": {
            "format": "csv-rows", "rhythm": { "cron": "* * * * *" }, "place": place,
        } } })
    };
    let host_key = format!("SHA256:{}", "A".repeat(43));
    let ca = fs::read_to_string(broker.file("ca.pem")).expect("it is there");
    vec![
        (
            "signed",
            json!({ "to": { "http": {
                "url": outside.url(), "secrets": [SIGNING], "headers": { "X-Api-Key": HEADER },
            } } }),
        ),
        (
            "broker",
            json!({ "to": { "mqtt": {
                "url": broker.tls_url(), "user": BROKER_USER.0, "password": BROKER_USER.1,
                "tls": { "ca": ca }, "topic": "city/{group}/{devEui}",
            } } }),
        ),
        (
            "sftp",
            files(json!({ "sftp": {
                "host": "h.example", "user": "u", "password": PASSWORD, "hostKey": host_key,
            } })),
        ),
        (
            "s3",
            files(json!({ "s3": {
                "endpoint": "https://s3.example", "bucket": "records", "accessKey": "a",
                "secretKey": SECRET_KEY,
            } })),
        ),
    ]
}

/// The answers that everybody with an admin's token can read without knowing a name, by their paths.
fn readable(server: &Server) -> Vec<(String, String)> {
    let document = server.anybody().get("/openapi.json").success();
    let paths = document["paths"].as_object().expect("it has paths").clone();
    let open = paths.iter().filter(|(path, operations)| {
        !path.contains('{') && !path.ends_with("/stream") && operations["get"].is_object()
    });
    let mut all: Vec<(String, String)> = Vec::new();
    for (path, _) in open {
        for query in ["", "?group=water"] {
            let whole = format!("{path}{query}");
            let text = server.admin().get(&whole).text;
            all.push((whole, text));
        }
    }
    all
}

#[test]
fn no_file_log_answer_or_metric_holds_a_key_or_a_secret() {
    let broker = Broker::start();
    let settings = format!(
        "{SETTINGS}[network-servers.city]\nkind = \"chirpstack\"\n[network-servers.city.mqtt]\n{}",
        broker.settings()
    );
    let mut server = Setup::default().with_own_files_alone().settings(&settings).start();
    let (admin, lns) = (server.admin(), server.lns());
    let mut said = Vec::new();
    let mut keep = |what: &str, text: String| said.push((what.to_owned(), text));

    // Keys of every kind: registered, changed, removed, derived by a join, handed over.
    let otaa = json!({
        "group": "water", "activation": { "otaa": { "appKey": APP_KEY, "nwkKey": NWK_KEY } },
    });
    let abp = json!({ "group": "water", "activation": { "abp": {
        "devAddr": "260B1234", "nwkSKey": NWK_S_KEY, "appSKey": APP_S_KEY,
    } } });
    let removed = "/v1/devices/02C4A3FFFE10AA02";
    keep("a registration", admin.put("/v1/devices/02C4A3FFFE10AA01", &otaa).text);
    keep("a registration", admin.put(removed, &abp).text);
    keep("a change", admin.put(removed, &otaa).text);
    keep("a removal", admin.delete(removed).text);
    let joiner = Joiner::new(7);
    admin.put(&joiner.path(), &joiner.registration("water", None)).success();
    let (accept, joined) = joiner.accept(700, 1, 0x260B_0007);
    keep("a join", lns.ingest(&joiner.request(700)).text);
    keep("a join", lns.ingest(&accept).text);
    keep("a frame", lns.ingest(&joined.frame(1, 3, b"read me")).text);
    let sensor = Sensor::new(9);
    server.register(&sensor, "water", None);
    for f_cnt in 1..20 {
        lns.ingest(&sensor.frame(f_cnt, 3, b"read me")).success();
    }

    let outside = Outside::start(|_| (500, "no".to_owned()));
    let partner = server.partner("water");
    for (name, route) in routes(&outside, &broker) {
        let path = format!("/v1/routes/{name}");
        let answer = partner.put(&path, &route);
        assert!((200..300).contains(&answer.status), "{name}: {}", answer.text);
        keep("a route", answer.text);
        keep("a route", partner.get(&path).text);
        keep("attempts", partner.get(&format!("{path}/attempts")).text);
    }
    lns.ingest(&sensor.frame(20, 3, b"read me")).success();
    outside.wait_for(1);
    eventually("the broker is connected to", || {
        admin.get("/readyz").text.contains("broker of city: connected").then_some(())
    });
    let mut client = broker.connect("somebody");
    client.publish_once("application/a/device/b/event/up", UNREADABLE.into());
    let parked = |admin: &champollion_tests::Client| {
        let list = admin.get("/v1/parked").success();
        list["parked"].as_array().is_some_and(|parked| !parked.is_empty()).then_some(())
    };
    eventually("the message is parked", || parked(&admin));
    // A mistake that somebody makes with a key.
    let wrong = json!({ "group": "water", "activation": { "otaa": { "appKey": &APP_KEY[1..] } } });
    keep("a refusal", admin.put("/v1/devices/02C4A3FFFE10AA03", &wrong).text);
    let rotated = server.admin_cli().run(&["admin", "rotate-key"]);
    keep("the rotation", format!("{}{}", rotated.stdout, rotated.stderr));
    assert_eq!(rotated.code, Some(0), "{rotated:#?}");

    let keys = [APP_KEY, NWK_KEY, NWK_S_KEY, APP_S_KEY].map(str::to_owned);
    let derived = [joined.nwk_s_key(), joined.app_s_key()];
    let mut secrets: Vec<Notations> =
        keys.iter().chain(&derived).map(|key| Notations::of_key(key)).collect();
    secrets.extend([SIGNING, HEADER, PASSWORD, SECRET_KEY, BROKER_USER.1].map(Notations::of_text));
    let master = fs::read_to_string(server.folder().join("data.key")).expect("it is there");
    let master = master.lines().last().expect("it has a key").to_owned();
    secrets.push(Notations::of_key(&master));
    for (what, text) in readable(&server).iter().chain(&said) {
        none_is_in(&secrets, what, text.as_bytes());
    }
    let shown: String = readable(&server).into_iter().map(|(_, text)| text).collect();
    assert!(shown.contains("champollion_devices"), "the metrics are among the answers");
    assert!(shown.contains("02C4A3FFFE10AA01"), "the devices are among the answers");

    assert!(server.stop().success());
    secrets.push(Notations::of_text(UNREADABLE));
    none_is_in_files(&secrets, &server.data());
    let entries = log_entries(&server.data());
    none_is_in(&secrets, "the entries of logs", &entries);
    none_is_in(&secrets, "the log", server.log().as_bytes());
    none_is_in(&secrets, "the output", server.printed().as_bytes());
    // The test finds what it looks for: the name of a token is open, and entries of logs lie compressed in files.
    let open = Notations::of_text("first admin");
    assert!(number_of_files_with(&open, &server.data()) > 0, "the name of a token is in a file");
    assert!(
        Notations::of_text("the first start").is_in(&entries),
        "the audit is among the entries"
    );

    server.restart();
    let path = format!("/v1/routes/{}", "signed");
    assert_eq!(server.partner("water").get(&path).status, 200);
    server.lns().ingest(&sensor.frame(21, 3, b"read me")).success();
    server.lns().ingest(&joined.frame(2, 3, b"read me")).success();
}

/// Writes the store of a server that was stopped as it was before there was a vault: in clear.
fn unseal(server: &Server) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = SledOptions::new(server.data().join("store"));
        let settings = VaultSettings { key_from: KeyFrom::File, key_file: PathBuf::new() };
        let opened = Vault::open(&options, &server.data(), &settings).await;
        let OpenedVault { store, vault } = opened.unwrap_or_else(|error| panic!("{error}"));
        let mut batch = Batch::new();
        for table in tables::ALL_TABLES.iter().filter(|table| table.is_secret()) {
            let name = table.as_str();
            for row in store.scan(name, b"", None, usize::MAX).await.expect("it can be read") {
                batch.put(name, row.key, row.value);
            }
        }
        store.close().await.expect("it is closed");
        drop((store, vault));
        let store = SledStore::open(&options).unwrap_or_else(|error| panic!("{error}"));
        let vault = tables::VAULT.as_str();
        for row in store.scan(vault, b"", None, usize::MAX).await.expect("it can be read") {
            batch.delete(vault, row.key);
        }
        store.commit(batch).await.expect("it is written");
        store.close().await.expect("it is closed");
    });
    fs::remove_file(server.folder().join("data.key")).expect("the key can be removed");
}

#[test]
fn a_folder_that_was_written_in_clear_is_sealed_at_the_next_start() {
    let mut server = Setup::default().with_own_files_alone().settings(SETTINGS).start();
    let sensor = Sensor::new(9);
    let abp = json!({ "group": "water", "activation": { "abp": {
        "devAddr": "260B1234", "nwkSKey": NWK_S_KEY, "appSKey": APP_S_KEY,
    } } });
    server.admin().put("/v1/devices/02C4A3FFFE10AA02", &abp).success();
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    let to = json!({ "to": { "http": { "url": "http://127.0.0.1:8443/", "secrets": [SIGNING] } } });
    partner.put("/v1/routes/signed", &to).success();
    server.lns().ingest(&sensor.frame(1, 3, b"read me")).success();
    let records = partner.pull_all();
    assert!(server.stop().success());
    unseal(&server);
    let secrets = [Notations::of_key(NWK_S_KEY), Notations::of_text(SIGNING)];
    for secret in &secrets {
        assert!(number_of_files_with(secret, &server.data()) > 0, "{} is in clear", secret.name);
    }

    server.restart();
    assert!(server.folder().join("data.key").is_file(), "{}", server.log());
    none_is_in_files(&secrets, &server.data());
    let partner = server.partner("water");
    assert_eq!(partner.pull_all(), records);
    assert_eq!(partner.get("/v1/routes/signed").status, 200);
    let lns = server.lns();
    let again = lns.ingest(&sensor.frame(1, 3, b"read me")).success();
    assert_eq!(again["status"], "duplicate", "{again}");
    lns.ingest(&sensor.frame(2, 3, b"read me")).success();
    assert!(server.stop().success());
    none_is_in_files(&secrets, &server.data());
    server.restart();
    server.lns().ingest(&sensor.frame(3, 3, b"read me")).success();
}

/// Starts the server of a folder, which must fail with a sentence.
#[track_caller]
fn refused(folder: &Path, names: &[&str]) {
    let mut command = champollion();
    command.current_dir(folder).args(["serve", "--listen", "127.0.0.1:0", "--data-dir", "data"]);
    let output: Output = run(&mut command);
    let said = output.sentence();
    for name in names {
        assert!(said.contains(name), "it does not name {name:?}: {said}");
    }
}

fn write_key(path: &Path, text: &str) {
    fs::write(path, text).expect("the key can be written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("it can be private");
}

#[test]
fn a_master_key_that_is_lost_wrong_or_open_to_others_ends_the_start_and_loses_nothing() {
    let mut server = Setup::default().with_own_files_alone().settings(SETTINGS).start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    assert!(server.stop().success());
    let (folder, file) = (server.folder().to_owned(), server.folder().join("data.key"));
    let mode = file.metadata().expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let right = fs::read_to_string(&file).expect("it is there");
    assert!(right.starts_with("# ") && right.contains("apart from backups"), "{right}");

    fs::remove_file(&file).expect("it can be removed");
    refused(&folder, &["the master key is lost", "data.key", "put it back"]);
    assert!(!file.exists(), "no other key is made");
    write_key(&file, &"ab".repeat(32));
    refused(&folder, &["the master key is wrong", "data.key"]);
    write_key(&file, &"ab".repeat(31));
    refused(&folder, &["line 1", "62 characters", "64 hexadecimal digits"]);
    write_key(&file, &"xy".repeat(32));
    refused(&folder, &["line 1", "no hexadecimal digit"]);
    write_key(&file, &right);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("it can be changed");
    refused(&folder, &["mode 640", "chmod 600"]);

    write_key(&file, &right);
    server.restart();
    server.lns().ingest(&sensor.frame(1, 3, b"read me")).success();
}

#[test]
fn a_master_key_is_rotated_while_frames_come() {
    let mut server = Setup::default().with_own_files_alone().settings(SETTINGS).start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let file = server.folder().join("data.key");
    let before = fs::read_to_string(&file).expect("it is there");
    let lns = server.lns();
    let mut names = Vec::new();
    for f_cnt in 1..=3 {
        lns.ingest(&sensor.frame(f_cnt, 3, b"read me")).success();
        let rotated = server.admin_cli().json(&["admin", "rotate-key", "--json"]);
        names.push(rotated["masterKey"].clone());
        let expected = [&rotated["before"], &names[names.len().saturating_sub(2)]];
        assert!(f_cnt == 1 || expected[0] == expected[1], "{rotated}");
    }
    let audit = server.admin().get("/v1/audit").text;
    assert_eq!(audit.matches("master-key-rotate").count(), 3, "{audit}");
    let after = fs::read_to_string(&file).expect("it is there");
    assert_ne!(after, before);
    assert_eq!(after.lines().filter(|line| !line.starts_with('#')).count(), 1, "{after}");
    // A file that cannot be used is told, and the key of before stays in force.
    write_key(&file, "no key");
    server
        .admin()
        .post("/v1/vault/master-key/rotate", &json!({}))
        .problem(409, "master-key-unusable");
    write_key(&file, &after);
    let partner = server.partner("water");
    partner.post("/v1/vault/master-key/rotate", &json!({})).problem(403, "forbidden");

    server.kill();
    write_key(&file, &before);
    refused(server.folder(), &["the master key is wrong"]);
    write_key(&file, &after);
    server.restart();
    server.lns().ingest(&sensor.frame(4, 3, b"read me")).success();
}

#[test]
fn a_master_key_comes_from_a_credential_of_systemd() {
    let credentials = TempDir::new().expect("there is room for a folder");
    let file = credentials.path().join("champollion-master-key");
    let (first, second) = ("1f".repeat(32), "2e".repeat(32));
    fs::write(&file, &first).expect("it can be written");
    let mut server = Setup::default()
        .variable("CHAMPOLLION_VAULT__KEY_FROM", "credential")
        .variable("CREDENTIALS_DIRECTORY", credentials.path().to_str().expect("it is text"))
        .start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    assert!(!server.folder().join("data.key").exists());
    let rotate = |server: &Server| server.admin().post("/v1/vault/master-key/rotate", &json!({}));
    let said = rotate(&server).problem(409, "master-key-elsewhere").to_owned();
    assert!(said.contains("champollion-master-key"), "{said}");

    // The new key before the old one: taken while the server runs, and at a start.
    fs::write(&file, format!("{second}\n{first}\n")).expect("it can be written");
    assert!(server.stop().success());
    server.restart();
    fs::write(&file, &second).expect("it can be written");
    assert!(server.stop().success());
    server.restart();
    fs::write(&file, format!("{first}\n{second}\n")).expect("it can be written");
    rotate(&server).success();
    server.kill();
    fs::write(&file, &first).expect("it can be written");
    server.restart();
    server.lns().ingest(&sensor.frame(1, 3, b"read me")).success();
}

#[test]
fn a_master_key_comes_from_the_environment() {
    let key = digits(&[0x3D; 32]);
    let mut server = Setup::default()
        .with_own_files_alone()
        .variable("CHAMPOLLION_VAULT__KEY_FROM", "environment")
        .variable("CHAMPOLLION_MASTER_KEY", &key)
        .start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    assert!(server.stop().success());
    assert!(!server.folder().join("data.key").exists());
    refused(server.folder(), &["the master key is lost", "data.key"]);
    server.restart();
    server.lns().ingest(&sensor.frame(1, 3, b"read me")).success();
    none_is_in_files(&[Notations::of_key(&key)], &server.data());
}
