//! Packages go from one registry to another: by an OCI registry, over HTTP, in a folder. Signatures go
//! with them, and nothing is believed that was not checked.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
};

use champollion_registry::{keys::SecretKey, package::Package};
use champollion_tests::{Cli, OCI_USER, OciRegistry, Output, Server, Setup, thermometer};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use ureq::http::Method;

/// A server that takes signed packages alone.
fn strict() -> Server {
    Setup::default().variable("CHAMPOLLION_PUBLICATION__UNSIGNED", "false").start()
}

/// A publisher with a key and packages as files.
struct Publisher {
    key: SecretKey,
    folder: TempDir,
}

impl Publisher {
    fn new() -> Self {
        let key = SecretKey::generate().expect("there is randomness");
        let folder = TempDir::new().expect("there is room");
        fs::write(folder.path().join("key"), key.reveal()).expect("there is room");
        Self { key, folder }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("it is text").to_owned()
    }

    fn become_known_to(&self, server: &Server) {
        let key = json!({ "key": self.key.public(), "name": "Acme", "namespaces": ["acme"] });
        server.admin().post("/v1/registry/keys", &key).success();
    }

    fn publish(&self, server: &Server, package: &Package) {
        let file = self.file("package.wasm");
        fs::write(&file, package.file()).expect("there is room");
        let key = self.file("key");
        let _ = server.admin_cli().run(&["publish", "--key", &key, &file]).success();
    }
}

/// A registry with two versions of a decoder, the second one a candidate.
fn filled() -> (Server, Publisher) {
    let (server, publisher) = (strict(), Publisher::new());
    publisher.become_known_to(&server);
    publisher.publish(&server, &thermometer("1.0.0"));
    publisher.publish(&server, &thermometer("1.1.0"));
    (server, publisher)
}

/// The publication of a version, as the index of a server says it.
fn published(server: &Server, version: &str) -> Option<Json> {
    let index = server.admin().get("/v1/registry/index").text;
    let lines = index.lines().map(|line| serde_json::from_str::<Json>(line).expect("it is JSON"));
    let mut events = lines.filter_map(|line| line.get("publish").cloned());
    events.find(|event| event["version"] == version)
}

fn run(cli: &Cli, folder: &TempDir, arguments: &[&str]) -> Output {
    // Whoever runs the tests may have passwords of their own.
    champollion_tests::run(cli.command().args(arguments).env("DOCKER_CONFIG", folder.path()))
}

#[test]
fn of_docker_registry_a_package_goes_through_an_oci_registry_with_its_signature() {
    let (from, publisher) = filled();
    let registry = OciRegistry::with_tls();
    let ca = registry.ca_file();
    let ca = ca.to_str().expect("it is text");
    let place = format!("oci://{}/acme/thermometer", registry.host());
    let nobody = TempDir::new().expect("there is room");
    let (user, password) = OCI_USER;
    let push = |folder: &TempDir, more: &[&str]| {
        let base = ["registry", "push", "acme/thermometer@1.0.0", "--to", &place, "--ca-file", ca];
        run(&from.admin_cli(), folder, &[&base[..], more].concat())
    };
    // Nobody is let in without a password, or with a wrong one.
    assert!(push(&nobody, &[]).failure().contains("authentication required"));
    let wrong = push(&nobody, &["--user", user, "--password", "wrong horse"]);
    assert!(wrong.failure().contains("localhost"), "{wrong:?}");
    let said = push(&nobody, &["--dry-run"]).success();
    assert!(said.contains("would be pushed"), "{said}");

    let said = push(&nobody, &["--user", user, "--password", password, "--json"]).success();
    let pushed: Json = serde_json::from_str(&said).expect("it is JSON");
    let first = published(&from, "1.0.0").expect("it is there");
    assert_eq!((&pushed["digest"], &pushed["signed"]), (&first["digest"], &json!(true)));
    assert_eq!(pushed["to"], json!(format!("{place}:1.0.0")));

    // The same through Docker's own file of passwords.
    let known = TempDir::new().expect("there is room");
    let auth = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
    let config = json!({ "auths": { registry.host(): { "auth": auth } } });
    fs::write(known.path().join("config.json"), config.to_string()).expect("there is room");
    let _ = push(&known, &[]).success();

    let to = strict();
    let tagged = format!("{place}:1.0.0");
    let pull = |server: &Server, more: &[&str]| {
        let base = ["registry", "pull", &tagged, "--ca-file", ca];
        run(&server.admin_cli(), &known, &[&base[..], more].concat())
    };
    // The gate is the same for whoever brings a package.
    let refused = pull(&to, &[]);
    assert!(refused.sentence().contains("is not known here"), "{refused:?}");
    publisher.become_known_to(&to);
    let said = pull(&to, &["--dry-run"]).success();
    assert!(said.contains("could be published"), "{said}");
    assert_eq!(published(&to, "1.0.0"), None);
    let said = pull(&to, &[]).success();
    assert!(said.contains("published acme/thermometer 1.0.0"), "{said}");
    let second = published(&to, "1.0.0").expect("it is there");
    assert_eq!(
        (&second["digest"], &second["signature"]),
        (&first["digest"], &first["signature"]),
        "it is the same, by the same publisher"
    );

    // A registry may lose or change what it keeps.
    let kept = registry.content(first["digest"].as_str().expect("it has a digest"));
    let mut file = fs::read(&kept).expect("it is there");
    let middle = file.len() / 2;
    file[middle] ^= 1;
    fs::write(&kept, file).expect("it can be changed");
    let damaged = strict();
    publisher.become_known_to(&damaged);
    let refused = pull(&damaged, &[]);
    assert!(refused.sentence().contains("does not arrive whole"), "{refused:?}");
    assert_eq!(published(&damaged, "1.0.0"), None);
}

#[test]
fn of_docker_registry_an_artifact_is_what_other_tools_expect() {
    let (from, _) = filled();
    let registry = OciRegistry::plain();
    let cli = from.admin_cli();
    let nobody = TempDir::new().expect("there is room");
    let place = format!("oci://{}/decoders:first", registry.host());
    let base = ["registry", "push", "acme/thermometer@1.0.0", "--to", &place];
    // TLS, unless it is said otherwise.
    let refused = run(&cli, &nobody, &base);
    assert!(refused.sentence().contains("refuses"), "{refused:?}");
    let _ = run(&cli, &nobody, &[&base[..], &["--insecure"]].concat()).success();

    let get = |path: &str, kind: &str| {
        let agent = ureq::Agent::new_with_defaults();
        let url = format!("http://{}/v2/decoders/{path}", registry.host());
        let mut answer = agent.get(&url).header("Accept", kind).call().expect("it is there");
        let digest = answer.headers().get("docker-content-digest").cloned();
        let digest = digest.and_then(|digest| digest.to_str().ok().map(str::to_owned));
        (answer.body_mut().read_to_vec().expect("it arrives"), digest)
    };
    let manifest_type = "application/vnd.oci.image.manifest.v1+json";
    let (manifest, digest) = get("manifests/first", manifest_type);
    let manifest: Json = serde_json::from_slice(&manifest).expect("it is JSON");
    let package = thermometer("1.0.0");
    assert_eq!(manifest["schemaVersion"], 2);
    assert_eq!(manifest["mediaType"], manifest_type);
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    let layers = manifest["layers"].as_array().expect("it has layers");
    assert_eq!(layers.len(), 1);
    assert_eq!(layers[0]["mediaType"], "application/wasm");
    assert_eq!(layers[0]["digest"], json!(package.digest()));
    assert_eq!(layers[0]["size"], package.file().len());
    assert_eq!(manifest["annotations"]["org.opencontainers.image.version"], "1.0.0");
    assert_eq!(manifest["annotations"]["org.opencontainers.image.licenses"], "MIT");
    let signature = manifest["annotations"]["champollion.signature"].as_str();
    assert!(signature.is_some_and(|signature| signature.starts_with("ed25519:")), "{manifest}");
    let config = manifest["config"]["digest"].as_str().expect("it has a digest");
    let (config, _) = get(&format!("blobs/{config}"), "*/*");
    let config: Json = serde_json::from_slice(&config).expect("it is JSON");
    assert_eq!((&config["architecture"], &config["os"]), (&json!("wasm"), &json!("wasip2")));
    assert_eq!(config["layerDigests"], json!([package.digest()]));
    // Pushed again it is the same to the last bit.
    let _ = run(&cli, &nobody, &[&base[..], &["--insecure"]].concat()).success();
    assert_eq!(get("manifests/first", manifest_type).1, digest);

    // What is no package is told so.
    let nothing = format!("oci://{}/decoders:second", registry.host());
    let refused = run(&cli, &nobody, &["registry", "pull", &nothing, "--insecure"]);
    assert!(refused.failure().contains("refuses"), "{refused:?}");
    let refused = run(
        &cli,
        &nobody,
        &["registry", "push", "acme/thermometer@9.0.0", "--to", &place, "--insecure"],
    );
    assert!(refused.sentence().contains("no such version"), "{refused:?}");
}

/// The arguments of a mirror of one server on another.
fn mirror(from: &Server, to: &Server, more: &[&str]) -> Output {
    let base = ["registry", "mirror", from.address(), "--from-token", from.admin_token()];
    to.admin_cli().run(&[&base[..], more].concat())
}

#[test]
fn a_mirror_takes_over_what_is_missing_and_changes_nothing_else() {
    let (from, publisher) = filled();
    let to = strict();
    let tried = mirror(&from, &to, &["--dry-run", "--json"]).success();
    let tried: Json = serde_json::from_str(&tried).expect("it is JSON");
    assert_eq!(tried["published"].as_array().map(Vec::len), Some(2), "{tried}");
    assert_eq!(to.admin().get("/v1/registry/keys").success()["keys"], json!([]));

    let _ = mirror(&from, &to, &[]).success();
    for version in ["1.0.0", "1.1.0"] {
        let both = [&from, &to].map(|server| published(server, version).expect("it is there"));
        assert_eq!(both[0]["digest"], both[1]["digest"]);
        assert_eq!(both[0]["signature"], both[1]["signature"]);
    }
    // It came with its channels, since no device could have had another version.
    let shown = |server: &Server| {
        server.anybody().get("/v1/catalogue/acme/thermometer").success()["version"].clone()
    };
    assert_eq!((shown(&from), shown(&to)), (json!("1.0.0"), json!("1.0.0")));
    assert_eq!(to.admin_cli().json(&["registry", "verify", "--json"])["problems"], json!([]));

    // Now that devices may use it, what is new changes nothing for them.
    let change = |server: &Server, word: &str, wish: &Json| {
        let path = format!("/v1/registry/acme/thermometer/{word}");
        server.admin().post(&path, wish).success()
    };
    change(&from, "promote", &json!({}));
    change(&from, "yank", &json!({ "version": "1.0.0", "reason": "a wrong bill" }));
    let again = mirror(&from, &to, &["--json"]).success();
    let again: Json = serde_json::from_str(&again).expect("it is JSON");
    let nothing = json!([]);
    assert_eq!((&again["published"], &again["steps"]), (&nothing, &nothing), "{again}");
    assert_eq!(shown(&to), "1.0.0");
    // Unless it is to do what the other one did.
    let followed = mirror(&from, &to, &["--follow"]).success();
    assert!(followed.contains("stable: acme/thermometer 1.1.0"), "{followed}");
    assert!(followed.contains("yanked: acme/thermometer 1.0.0: a wrong bill"), "{followed}");
    assert_eq!(shown(&to), "1.1.0");
    change(&from, "unyank", &json!({ "version": "1.0.0" }));
    change(&from, "rollback", &json!({}));
    let followed = mirror(&from, &to, &["--follow"]).success();
    assert!(followed.contains("rolled back: acme/thermometer to 1.0.0"), "{followed}");

    // Another key than it should have, or another history.
    let other = SecretKey::generate().expect("there is randomness").public().to_string();
    let refused = mirror(&from, &to, &["--registry-key", &other]);
    assert!(refused.sentence().contains("another key"), "{refused:?}");
    let seen = format!("3:sha256:{}", "0".repeat(64));
    let refused = mirror(&from, &to, &["--seen", &seen]);
    assert!(refused.sentence().contains("no part of it"), "{refused:?}");
    let head = again["head"].as_str().expect("it has a head");
    let _ = mirror(&from, &to, &["--seen", head]).success();

    // A namespace that belongs to somebody here is not given to somebody else.
    let taken = strict();
    Publisher::new().become_known_to(&taken);
    let refused = mirror(&from, &taken, &[]);
    assert!(refused.stdout.contains("belongs to other keys here"), "{refused:?}");
    assert!(refused.failure().contains("2 versions are left"), "{refused:?}");
    publisher.become_known_to(&taken);
    let _ = mirror(&from, &taken, &[]).success();
    assert!(published(&taken, "1.1.0").is_some());
}

/// A server of the same name and version with another package keeps its own.
#[test]
fn a_mirror_overwrites_nothing_and_goes_on_after_what_it_cannot_take() {
    let from = Server::start();
    from.publish_candidate(&thermometer("1.0.0"));
    from.publish_candidate(&thermometer("1.1.0"));
    let to = Server::start();
    let codec =
        fs::read_to_string(champollion_tests::workspace().join("tests/walk/1.0.0/codec.js"));
    let vectors =
        fs::read_to_string(champollion_tests::workspace().join("tests/walk/1.0.0/vectors.json"));
    let own = Package::assemble_script(
        &format!("{}\n// ours", codec.expect("it is there")),
        thermometer("1.0.0").manifest_toml(),
        &vectors.expect("it is there"),
    );
    to.publish_candidate(&own.expect("it is a package"));
    let before = published(&to, "1.0.0");
    let mirrored = mirror(&from, &to, &[]);
    assert!(mirrored.failure().contains("1 version is left"), "{mirrored:?}");
    assert!(mirrored.stdout.contains("published here with the digest"), "{mirrored:?}");
    assert_eq!(published(&to, "1.0.0"), before);
    assert!(published(&to, "1.1.0").is_some(), "the other one came");
}

#[test]
fn a_folder_carries_a_registry_whole_or_is_refused_whole() {
    let (from, _) = filled();
    let folder = TempDir::new().expect("there is room");
    let place = folder.path().join("export");
    let place = place.to_str().expect("it is text");
    let export = || from.admin_cli().json(&["registry", "export", place, "--json"]);
    let first = export();
    assert_eq!((&first["versions"], &first["fetched"]), (&json!(2), &json!(2)));
    assert_eq!(export()["fetched"], 0, "what is there is not fetched again");

    let to = strict();
    let import =
        |more: &[&str]| to.admin_cli().run(&[&["registry", "import", place][..], more].concat());
    let is_empty = || {
        assert_eq!(to.admin().get("/v1/registry/keys").success()["keys"], json!([]));
        assert_eq!((published(&to, "1.0.0"), published(&to, "1.1.0")), (None, None));
    };
    let packages = PathBuf::from(place).join("packages");
    let mut files: Vec<PathBuf> = fs::read_dir(&packages)
        .expect("it is there")
        .map(|file| file.expect("it is there").path())
        .collect();
    files.sort();
    // One bit of one package, a package that is missing, a line less, a line changed, another head.
    for path in &files {
        let good = fs::read(path).expect("it is there");
        let mut bad = good.clone();
        bad[good.len() / 2] ^= 1;
        fs::write(path, bad).expect("it can be changed");
        assert!(import(&[]).sentence().contains("it has the digest"), "{path:?}");
        is_empty();
        fs::remove_file(path).expect("it can be removed");
        assert!(import(&[]).sentence().contains("cannot be used"), "{path:?}");
        is_empty();
        fs::write(path, good).expect("it can be changed");
    }
    let index = PathBuf::from(place).join("index.ndjson");
    let good = fs::read_to_string(&index).expect("it is there");
    let without_last = good.lines().count() - 1;
    let shorter: String = good.lines().take(without_last).flat_map(|line| [line, "\n"]).collect();
    for bad in [shorter, good.replacen("1.1.0", "1.2.0", 1), String::new()] {
        fs::write(&index, bad).expect("it can be changed");
        assert!(import(&[]).sentence().contains("the index cannot be used"));
        is_empty();
    }
    fs::write(&index, &good).expect("it can be changed");

    let tried = import(&["--dry-run"]).success();
    assert!(tried.contains("would be published: acme/thermometer 1.1.0"), "{tried}");
    is_empty();
    let said = import(&[]).success();
    assert!(said.contains("2 of 2 versions taken over"), "{said}");
    assert_eq!(
        published(&to, "1.1.0"),
        published(&from, "1.1.0").map(|mut there| {
            // The publisher's words are the same; where it is put is decided here.
            there["channel"] = json!("candidate");
            there
        })
    );
    let said = import(&[]).success();
    assert!(said.contains("0 of 2 versions taken over"), "{said}");
    assert_eq!(to.admin_cli().json(&["registry", "verify", "--json"])["problems"], json!([]));

    // Somebody who may not publish takes nothing over.
    let auditor = to.cli(&to.new_token("partner", Some("office")));
    let refused = auditor.run(&["registry", "import", place]);
    let _ = refused.success();
    to.admin().send(&Method::GET, "/v1/registry/verify", b"").success();
}

/// A registry that anybody may read and one may write to: asked at its door it lets in, and only the request
/// itself is answered with a challenge. Returns its port and what it was asked.
fn read_by_anybody(challenge: &'static str) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let port = listener.local_addr().expect("it has an address").port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut head = Vec::new();
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                head.push(std::mem::take(&mut line).trim().to_owned());
            }
            let header = |name: &str| {
                let line = head.iter().find(|line| line.to_lowercase().starts_with(name))?;
                line.split_once(':').map(|(_, value)| value.trim().to_owned())
            };
            let length =
                header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            drop(reader.read_exact(&mut vec![0; length]));
            let shown = header("authorization").unwrap_or_default();
            let request = head.first().cloned().unwrap_or_default();
            let is_writing =
                ["POST", "PUT", "PATCH"].iter().any(|method| request.starts_with(method));
            let status = match () {
                () if request.contains("/token?") && shown == "Basic dTpw" => "200 OK",
                () if request.contains("/v2/ ") => "200 OK",
                () if is_writing && shown.is_empty() => "401 Unauthorized",
                () if is_writing => "403 Forbidden",
                () => "404 Not Found",
            };
            let body = if request.contains("/token?") { r#"{"token":"given"}"# } else { "" };
            let challenge = challenge.replace("PORT", &port.to_string());
            let challenge = if status.starts_with("401") { challenge } else { String::new() };
            let answer = format!(
                "HTTP/1.1 {status}\r\n{challenge}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            drop(reader.get_mut().write_all(answer.as_bytes()));
            let method = request.split(' ').next().unwrap_or_default();
            noted.lock().expect("nobody panicked").push(format!("{method} {shown}"));
        }
    });
    (port, asked)
}

#[test]
fn credentials_are_sent_to_a_registry_that_anybody_may_read() {
    let (from, _) = filled();
    let nobody = TempDir::new().expect("there is room");
    for (challenge, shown) in [
        ("WWW-Authenticate: Basic realm=\"registry\"\r\n", "POST Basic dTpw"),
        (
            "WWW-Authenticate: Bearer realm=\"http://127.0.0.1:PORT/token\",service=\"registry\"\r\n",
            "POST Bearer given",
        ),
    ] {
        let (port, asked) = read_by_anybody(challenge);
        let place = format!("oci://127.0.0.1:{port}/acme/thermometer");
        let arguments =
            ["registry", "push", "acme/thermometer@1.0.0", "--to", &place, "--insecure"];
        let credentials = ["--user", "u", "--password", "p"];
        let pushed = run(&from.admin_cli(), &nobody, &[&arguments[..], &credentials].concat());
        // This one takes nothing; that it was asked with credentials is what counts.
        assert!(pushed.failure().contains("403"), "{pushed:?}");
        let asked = asked.lock().expect("nobody panicked").clone();
        assert!(asked.iter().any(|asked| asked == shown), "{asked:?}");
    }
    // Who shows nothing is told to.
    let (port, _) = read_by_anybody("WWW-Authenticate: Basic realm=\"registry\"\r\n");
    let place = format!("oci://127.0.0.1:{port}/acme/thermometer");
    let arguments = ["registry", "push", "acme/thermometer@1.0.0", "--to", &place, "--insecure"];
    assert!(run(&from.admin_cli(), &nobody, &arguments).failure().contains("401"));
}
