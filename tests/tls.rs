//! TLS of the server's own, HTTP/2, and the headers of answers.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_tests::{
    Authority, Issued, Output, Server, Setup, champollion, client_hello, eventually, run,
};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio_rustls::TlsConnector;

/// The longest that anything here takes; a machine that does much else is slow.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request on a connection that stays open.
const ALIVE: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

type Secured = StreamOwned<ClientConnection, TcpStream>;

/// A server with a certificate of an authority that nobody else knows.
struct Door {
    authority: Authority,
    folder: TempDir,
    server: Server,
}

fn write(file: &Path, text: &str) {
    fs::write(file, text).expect("the file can be written");
}

impl Door {
    fn open(settings: &str) -> Self {
        let folder = TempDir::new().expect("there is room for a folder");
        let authority = Authority::new("the city");
        let place = folder.path();
        write(&place.join("ca.pem"), authority.pem());
        renew(place, &authority.server());
        let tls = format!(
            "[tls]\ncertificate-file = \"{0}/server.pem\"\nkey-file = \"{0}/server.key\"\nlook-seconds = 1\n",
            place.display()
        );
        let server = Setup::default().settings(&format!("{tls}{settings}")).start();
        Self { authority, folder, server }
    }

    fn port(&self) -> u16 {
        let port = self.server.address().rsplit(':').next().and_then(|port| port.parse().ok());
        port.expect("the address has a port")
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port())).expect("it takes a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a connection has timeouts");
        stream
    }

    /// The settings of a client that trusts the authority.
    fn client_config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        let own = CertificateDer::from_pem_slice(self.authority.pem().as_bytes());
        roots.add(own.expect("it is a certificate")).expect("it is an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("there are versions")
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    fn connect(&self) -> Secured {
        let config = Arc::new(self.client_config());
        let connection = ClientConnection::new(config, localhost()).expect("it can be set up");
        StreamOwned::new(connection, self.tcp())
    }

    /// The certificate that new connections get.
    fn certificate(&self) -> Vec<u8> {
        let mut stream = self.connect();
        assert_eq!(status(&mut stream), "HTTP/1.1 200 OK");
        of_server(&stream)
    }

    /// Gets what an admin gets.
    fn get(&self, path: &str) -> String {
        let mut stream = self.connect();
        let token = self.server.admin_token();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("it takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers and closes");
        answer
    }

    fn ends(&self, reason: &str) -> u64 {
        let name = format!("champollion_connections_ended_total{{reason=\"{reason}\"}} ");
        let metrics = self.get("/metrics");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
        line.and_then(|number| number.parse().ok()).unwrap_or_default()
    }

    fn cli(&self, address: &str, ca: Option<&Path>) -> Output {
        let mut command = champollion();
        command.args(["tokens", "list", "--server", address]);
        command.env("CHAMPOLLION_TOKEN", self.server.admin_token());
        if let Some(ca) = ca {
            command.arg("--ca").arg(ca);
        }
        run(&mut command)
    }

    fn curl(&self, arguments: &[&str]) -> String {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--max-time", "20", "--cacert"]);
        run(curl.arg(self.file("ca.pem")).args(arguments)).success()
    }
}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("it is a name")
}

fn renew(folder: &Path, issued: &Issued) {
    // As most tools do: one after the other, so that a look may fall between the two.
    write(&folder.join("server.pem"), &issued.certificate);
    write(&folder.join("server.key"), &issued.key);
}

fn of_server(stream: &Secured) -> Vec<u8> {
    let certificates = stream.conn.peer_certificates().expect("the handshake is over");
    certificates[0].to_vec()
}

/// Asks on a connection that stays open, and gives the first line of the answer.
fn status(stream: &mut Secured) -> String {
    stream.write_all(ALIVE.as_bytes()).expect("it takes a request");
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    while !answer.ends_with(b"alive\n") {
        let length = stream.read(&mut part).expect("it answers");
        assert!(length > 0, "it ends: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..length]);
    }
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn the_command_line_comes_by_https_with_an_authority_of_ones_own() {
    let door = Door::open("");
    assert!(door.server.address().starts_with("https://"), "{}", door.server.address());
    let ca = door.file("ca.pem");
    let listed = door.cli(&door.url(""), Some(&ca)).success();
    assert!(listed.contains("first admin"), "{listed}");
    let by_variable = run(champollion()
        .args(["tokens", "list", "--json", "--server", &door.url("")])
        .env("CHAMPOLLION_TOKEN", door.server.admin_token())
        .env("CHAMPOLLION_CA", &ca));
    let tokens: Json = serde_json::from_str(&by_variable.success()).expect("it is JSON");
    assert!(tokens.to_string().contains("first admin"), "{tokens}");

    let unknown = door.cli(&door.url(""), None);
    assert!(unknown.sentence().contains("cannot be reached"), "{unknown:?}");
    let nowhere = door.cli(&door.url(""), Some(Path::new("nowhere.pem")));
    assert!(nowhere.sentence().contains("--ca nowhere.pem"), "{nowhere:?}");
    let no_authority = door.cli(&door.url(""), Some(&door.file("server.key")));
    assert!(no_authority.sentence().contains("BEGIN CERTIFICATE"), "{no_authority:?}");
}

#[test]
fn of_curl_http2_is_spoken_to_those_who_offer_it() {
    let door = Door::open("[connections]\nheader-bytes = 8192\nmost-by-address = 4\n");
    let version = ["--output", "/dev/null", "--write-out", "%{http_version} %{http_code}"];
    let alive = door.url("/healthz");
    assert_eq!(door.curl(&[&["--http2", &alive][..], &version].concat()), "2 200");
    assert_eq!(door.curl(&[&["--http1.1", &alive][..], &version].concat()), "1.1 200");

    // With a body, and a refusal that is a problem.
    let bearer = format!("Authorization: Bearer {}", door.server.admin_token());
    let body = json!({ "name": "of the test", "role": "publisher" }).to_string();
    let json = "Content-Type: application/json";
    let url = door.url("/v1/tokens");
    let made = door.curl(&["--http2", "-H", &bearer, "-H", json, "--data", &body, &url]);
    assert!(made.contains("chmp"), "{made}");
    let refused = door.curl(&["--http2", &url]);
    assert!(refused.contains("token-missing") && refused.contains("requestId"), "{refused}");

    let large = format!("X-Large: {}", "x".repeat(20_000));
    let arguments = [&["--http2", "-H", &large, &alive][..], &version].concat();
    assert_eq!(door.curl(&arguments), "2 431");
    assert_eq!(door.curl(&[&["--http2", &alive][..], &version].concat()), "2 200");
}

#[test]
fn requests_of_one_connection_run_beside_each_other() {
    let door = Door::open("[connections]\nmost-by-address = 4\nstreams = 8\n");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(async {
        let mut config = door.client_config();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let stream = door.tcp();
        stream.set_nonblocking(true).expect("a connection can be asked without waiting");
        let stream = tokio::net::TcpStream::from_std(stream).expect("it is a connection");
        let stream = TlsConnector::from(Arc::new(config)).connect(localhost(), stream).await;
        let stream = stream.expect("keys are agreed on");
        let (client, connection) = h2::client::handshake(stream).await.expect("it speaks HTTP/2");
        let driver = tokio::spawn(connection);
        let ready = async || client.clone().ready().await.expect("the connection stays");
        let ask = |mut client: h2::client::SendRequest<_>| {
            let request = axum::http::Request::get("https://localhost/healthz").body(());
            let sent = client.send_request(request.expect("it is a request"), true);
            sent.expect("it can be sent").0
        };
        // With the first answer the client knows how many requests may run at once.
        assert_eq!(ask(ready().await).await.expect("it is answered").status(), 200);
        // More than there are places for connections, and more than may run at once.
        let mut answers = Vec::new();
        for _ in 0..60 {
            answers.push(ask(ready().await));
        }
        for answer in answers {
            assert_eq!(answer.await.expect("it is answered").status(), 200);
        }
        drop(client);
        driver.await.expect("it does not panic").expect("the connection ends in order");
    });
    assert_eq!(door.ends("made-room"), 0);
}

#[test]
fn a_new_certificate_is_used_without_ending_a_connection() {
    let door = Door::open("");
    let mut open = door.connect();
    assert_eq!(status(&mut open), "HTTP/1.1 200 OK");
    let before = of_server(&open);
    assert_eq!(door.certificate(), before);

    let (used, strange) = (door.authority.server(), door.authority.server());
    renew(door.folder.path(), &used);
    let renewed = eventually("the new certificate is used", || {
        let certificate = door.certificate();
        (certificate != before).then_some(certificate)
    });
    assert_eq!(status(&mut open), "HTTP/1.1 200 OK", "the connection goes on");
    assert_eq!(of_server(&open), before);

    // Files that cannot be used are told, and the pair before stays.
    let expired = door.authority.expired_server();
    let cases = [
        ("server.pem", "nothing".to_owned(), "no certificate"),
        ("server.pem", expired.certificate, "has expired"),
        ("server.key", strange.key.clone(), "is not the one of the certificate"),
        ("server.key", String::new(), "no private key"),
    ];
    for (name, text, says) in cases {
        let file = door.file(name);
        let good = fs::read_to_string(&file).expect("it is there");
        write(&file, &text);
        eventually("the fault is told", || door.server.log().contains(says).then_some(()));
        assert_eq!(door.certificate(), renewed, "{says}");
        write(&file, &good);
    }
    fs::remove_file(door.file("server.key")).expect("it is there");
    eventually("the loss is told", || {
        door.server.log().contains("it cannot be read").then_some(())
    });
    assert_eq!(door.certificate(), renewed);
    let log = door.server.log();
    assert!(log.contains("the certificate before stays in use"), "{log}");
    assert_eq!(log.matches("has expired").count(), 1, "told once: {log}");
    let mut lines_of_keys = [&used.key, &strange.key].into_iter().flat_map(|key| key.lines());
    let told = lines_of_keys.find(|line| !line.starts_with("-----") && log.contains(line));
    assert_eq!(told, None, "{log}");
    assert_eq!(status(&mut open), "HTTP/1.1 200 OK", "it was never ended");
    assert!(door.get("/metrics").contains("\nchampollion_certificate_end_seconds "));
}

#[test]
fn no_version_before_tls_1_2_is_spoken() {
    let door = Door::open("");
    let answer = |version, listed| {
        let mut stream = door.tcp();
        stream.write_all(&client_hello(version, listed)).expect("it takes a handshake");
        let mut begin = [0; 7];
        stream.read_exact(&mut begin).expect("it answers");
        begin
    };
    // A fatal alert, `protocol_version`, in a record of its own.
    let refused = |answer: [u8; 7]| answer[0] == 21 && answer[5..] == [2, 70];
    let (ssl_3, tls_1_0, tls_1_1, tls_1_2) = ([3, 0], [3, 1], [3, 2], [3, 3]);
    for version in [ssl_3, tls_1_0, tls_1_1] {
        assert!(refused(answer(version, None)), "{version:?}");
        assert!(refused(answer(tls_1_2, Some(version))), "{version:?} listed");
    }
    // The same of 1.2 goes on: a record of the handshake, whose message is a server's hello.
    for answer in [answer(tls_1_2, None), answer(tls_1_2, Some(tls_1_2))] {
        assert_eq!((answer[0], answer[5]), (22, 2), "{answer:?}");
    }
}

#[test]
fn a_certificate_that_ends_soon_is_told_of_once_and_anew_for_the_next_one() {
    let door = Door::open("");
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let renewed = |days: i64| {
        let before = door.certificate();
        renew(door.folder.path(), &door.authority.server_until(today + days.days()));
        eventually("it is used", || (door.certificate() != before).then_some(()));
        // The files are looked at each second, and each look could tell of the end.
        std::thread::sleep(Duration::from_secs(3));
        door.server.log().matches("ends soon: renew it").count()
    };
    assert_eq!([renewed(16), renewed(13), renewed(2), renewed(16)], [0, 1, 2, 2]);
}

#[test]
fn a_slow_handshake_is_ended_and_counts_as_a_connection() {
    let door = Door::open("[connections]\nhandshake-seconds = 2\nmost-by-address = 10\n");
    // The beginnings of handshakes: nothing, and the head of a record that never comes.
    for beginning in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut slow = door.tcp();
        slow.write_all(beginning).expect("it takes some bytes");
        let begin = Instant::now();
        let mut rest = Vec::new();
        // A connection that is closed with bytes unread may be reset.
        drop(slow.read_to_end(&mut rest));
        assert!(begin.elapsed() >= Duration::from_millis(1_500), "{:?}", begin.elapsed());
        assert!(begin.elapsed() < PATIENCE, "it is not ended");
    }
    assert!(door.ends("handshake") >= 2);
    let waiting: Vec<TcpStream> = (0..30).map(|_| door.tcp()).collect();
    assert!(!door.certificate().is_empty(), "a new connection finds room");
    eventually("the oldest have gone", || (door.ends("made-room") >= 20).then_some(()));
    drop(waiting);
}

#[test]
fn a_request_in_clear_is_told_to_come_by_https() {
    let door = Door::open("");
    let mut clear = door.tcp();
    clear.write_all(ALIVE.as_bytes()).expect("it takes a request");
    let mut answer = String::new();
    clear.read_to_string(&mut answer).expect("it answers and closes");
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://"), "{answer}");
    let said = door.cli(&format!("http://127.0.0.1:{}", door.port()), None);
    assert!(said.failure().contains("https://"), "{said:?}");
    // Bytes that are neither are answered by nothing of HTTP.
    let mut nonsense = door.tcp();
    nonsense.write_all(b"\x00\x01\x02\x03\x04\x05").expect("it takes some bytes");
    let mut rest = Vec::new();
    drop(nonsense.read_to_end(&mut rest));
    assert!(!rest.starts_with(b"HTTP"), "{rest:?}");
    // Counted once the client has had time to read the answer.
    eventually("both are counted", || (door.ends("in-clear") == 2).then_some(()));
}

#[test]
fn files_that_cannot_be_used_are_named_at_the_start() {
    let folder = TempDir::new().expect("there is room for a folder");
    let place = folder.path();
    let authority = Authority::new("the city");
    let (good, other, expired) =
        (authority.server(), authority.server(), authority.expired_server());
    let encrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let cut = &good.certificate[..good.certificate.len() / 2];
    let texts = [
        ("good.pem", good.certificate.as_str()),
        ("good.key", good.key.as_str()),
        ("other.key", other.key.as_str()),
        ("expired.pem", expired.certificate.as_str()),
        ("expired.key", expired.key.as_str()),
        ("encrypted.key", encrypted),
        ("empty", ""),
        ("words", "no certificate at all\n"),
        ("cut.pem", cut),
    ];
    for (name, text) in texts {
        write(&place.join(name), text);
    }
    let der = CertificateDer::from_pem_slice(good.certificate.as_bytes()).expect("it is one");
    fs::write(place.join("good.der"), der).expect("the file can be written");
    let start = |certificate: &str, key: &str| {
        let settings =
            format!("[tls]\ncertificate-file = \"{certificate}\"\nkey-file = \"{key}\"\n");
        write(&place.join("settings.toml"), &settings);
        let mut serve = champollion();
        serve.current_dir(place).args(["serve", "--listen", "127.0.0.1:0", "--config"]);
        run(serve.arg("settings.toml"))
    };
    for (certificate, key, says) in [
        ("good.pem", "", &["key-file is not"][..]),
        ("", "good.key", &["certificate-file is not"]),
        ("nowhere.pem", "good.key", &["certificate-file nowhere.pem", "No such file"]),
        ("good.pem", "nowhere.key", &["key-file nowhere.key", "No such file"]),
        ("empty", "good.key", &["certificate-file empty", "no certificate"]),
        ("words", "good.key", &["certificate-file words", "BEGIN CERTIFICATE"]),
        ("cut.pem", "good.key", &["certificate-file cut.pem", "damaged"]),
        ("good.der", "good.key", &["certificate-file good.der", "DER"]),
        ("good.key", "good.pem", &["certificate-file good.key", "exchanged"]),
        ("good.pem", "good.pem", &["key-file good.pem", "exchanged"]),
        ("good.pem", "words", &["key-file words", "no private key"]),
        ("good.pem", "encrypted.key", &["key-file encrypted.key", "encrypted", "openssl"]),
        ("good.pem", "other.key", &["key-file other.key", "not the one of the certificate"]),
        (
            "expired.pem",
            "expired.key",
            &["certificate-file expired.pem", "has expired at 2021-01-01"],
        ),
    ] {
        let output = start(certificate, key);
        let said = output.sentence();
        for words in ["[tls]"].iter().chain(says) {
            assert!(said.contains(words), "{certificate} with {key}: no {words:?} in {said}");
        }
        assert!(!output.stdout.contains("listens"), "{output:?}");
    }
}

#[test]
fn answers_have_headers_that_protect_and_an_id() {
    let server = Server::start();
    let (anybody, admin) = (server.anybody(), server.admin());
    let policy = "default-src 'none'; frame-ancestors 'none'";
    let answers = [
        (anybody.get("/healthz"), 200, "no-store"),
        (anybody.get("/v1/catalogue"), 200, "public, no-cache"),
        (anybody.get("/openapi.json"), 200, "public, no-cache"),
        (anybody.get("/nowhere"), 404, "no-store"),
        (anybody.get("/v1/tokens"), 401, "no-store"),
        (admin.get("/v1/tokens"), 200, "no-store"),
        (admin.get("/v1/records?group=water"), 200, "no-store"),
        (admin.get("/metrics"), 200, "no-store"),
    ];
    let mut ids = Vec::new();
    for (answer, status, kept) in answers {
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.header("cache-control"), kept, "{}", answer.text);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("content-security-policy"), policy);
        assert!(!answer.headers.contains_key("strict-transport-security"), "it came in clear");
        let id = answer.header("x-request-id").to_owned();
        if status >= 400 {
            assert_eq!(answer.body["requestId"], id.as_str(), "{}", answer.text);
        }
        ids.push(id);
    }
    let before = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), before, "each has its own: {ids:?}");

    let door = Door::open("");
    let answer = door.get("/v1/tokens").to_lowercase();
    assert!(answer.contains("\r\nstrict-transport-security: max-age=31536000\r\n"), "{answer}");
    let door = Door::open("strict-transport-seconds = 0\n");
    let answer = door.get("/healthz").to_lowercase();
    assert!(!answer.contains("strict-transport"), "{answer}");
}
