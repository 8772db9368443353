//! Attacks by the address of a destination: no record, and no secret, reaches a host that the operator has not allowed.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use champollion_tests::{
    Authority, Client, FileServer, Outside, Sensor, Server, Setup, eventually,
};
use serde_json::{Value as Json, json};

/// A fingerprint that no server has.
const NO_FINGERPRINT: &str = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// More than a recipient's answer may take of the server's memory.
const MEMORY_BYTES: u64 = 96 << 20;

/// More tries of routes than a group has otherwise.
const TRIES: &str = "[quotas]\nroute-tests-per-minute = 10000\n";

/// Something within the operator's network that nobody may reach: it notes who comes, and says a secret.
struct Inside {
    port: u16,
    came: Arc<AtomicUsize>,
}

impl Inside {
    fn listen() -> Self {
        let first = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let port = first.local_addr().expect("it has an address").port();
        // The same port on the other loopback, where this machine has one.
        let second = TcpListener::bind(("::1", port));
        let came = Arc::new(AtomicUsize::new(0));
        for listener in [Ok(first), second].into_iter().flatten() {
            let came = Arc::clone(&came);
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    came.fetch_add(1, Ordering::SeqCst);
                    let mut stream = stream;
                    let _ = stream
                        .write_all(b"HTTP/1.1 418 I am inside\r\nContent-Length: 6\r\n\r\nsecret");
                }
            });
        }
        Self { port, came }
    }

    fn came(&self) -> usize {
        self.came.load(Ordering::SeqCst)
    }
}

/// A server whose operator allows HTTP, and of networks the private ones alone.
fn server() -> Server {
    let settings = format!("{TRIES}[delivery]\nplain-http = true\nprivate-addresses = true\n");
    Setup::default().settings(&settings).start()
}

/// A server that lets a list be added to its section of delivery.
fn server_with(lists: &str) -> Server {
    let settings = format!(
        "{TRIES}[frames]\ncopies-window-ms = 0\n[delivery]\nplain-http = true\nfirst-pause-ms = 20\n\
         longest-pause-seconds = 1\n{lists}\n"
    );
    Setup::default().settings(&settings).start()
}

fn files(place: &Json) -> Json {
    json!({ "to": { "files": {
        "place": place, "format": "json", "rhythm": { "cron": "0 0 * * *" },
    } } })
}

/// A route of each kind to a host.
fn routes_to(host: &str, port: u16) -> Vec<(&'static str, Json)> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let sftp = json!({ "sftp": {
        "host": bare, "port": port, "user": "u", "password": "p", "hostKey": NO_FINGERPRINT,
    } });
    let ftps = |implicit: bool| {
        json!({ "ftps": {
            "host": bare, "port": port, "implicit": implicit, "user": "u", "password": "p",
        } })
    };
    let s3 = json!({ "s3": {
        "endpoint": format!("http://{host}:{port}"), "bucket": "abc", "accessKey": "a", "secretKey": "s",
    } });
    let database = format!("postgres://{host}:{port}/town?sslmode=disable");
    vec![
        ("postgres", json!({ "to": { "postgres": { "url": database, "user": "u" } } })),
        ("http", json!({ "to": { "http": { "url": format!("http://{host}:{port}/x") } } })),
        ("mqtt", json!({ "to": { "mqtt": { "url": format!("mqtt://{host}:{port}") } } })),
        ("webdav", files(&json!({ "webdav": { "url": format!("http://{host}:{port}/x/") } }))),
        ("s3", files(&s3)),
        ("sftp", files(&sftp)),
        ("ftps", files(&ftps(false))),
        ("ftps, implicit", files(&ftps(true))),
    ]
}

/// Returns the words by which a route is refused, or those of a try of it.
fn tried(partner: &Client, kind: &str, route: &Json) -> String {
    let put = partner.put("/v1/routes/try", route);
    if put.status == 422 {
        return put.problem(422, "invalid-route").to_owned();
    }
    assert_eq!(put.status, 200, "{kind}: {}", put.text);
    let attempt = partner.post("/v1/routes/try/test", &json!({})).success();
    assert_eq!(attempt["outcome"], "failed", "{kind}: {attempt}");
    partner.delete("/v1/routes/try").success();
    attempt["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn no_kind_of_destination_reaches_this_machine_by_the_general_switch() {
    let (server, inside) = (server(), Inside::listen());
    let partner = server.partner("water");
    for host in ["127.0.0.1", "localhost", "2130706433", "127.1", "[::1]", "[::ffff:127.0.0.1]"] {
        for (kind, route) in routes_to(host, inside.port) {
            let said = tried(&partner, kind, &route);
            assert!(said.contains("allow-networks"), "{kind} {host}: {said}");
            assert!(!said.contains("secret") && !said.contains("418"), "{kind} {host}: {said}");
        }
    }
    assert_eq!(inside.came(), 0, "nobody may come in");
}

#[test]
fn no_special_network_is_reached_by_its_address() {
    let server = server();
    let partner = server.partner("water");
    for host in [
        "0.0.0.0",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "100.100.100.200",
        "192.88.99.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "[::7f00:1]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2001:db8::1]",
        "[2001:0:1::1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
    ] {
        for (kind, route) in routes_to(host, 8443) {
            let refused = partner.put("/v1/routes/try", &route);
            let said = refused.problem(422, "invalid-route");
            assert!(said.contains("allow-networks"), "{kind} {host}: {said}");
        }
    }
    for port in [25, 5432, 6379, 27017] {
        for (kind, route) in routes_to("recipient.example", port) {
            let refused = partner.put("/v1/routes/try", &route);
            let said = refused.problem(422, "invalid-route");
            assert!(said.contains("allow-ports"), "{kind} {port}: {said}");
        }
    }
}

#[test]
fn a_bucket_and_a_region_name_no_host() {
    let (server, inside) = (server(), Inside::listen());
    let partner = server.partner("water");
    let port = inside.port;
    for (bucket, region, path_style) in [
        (format!("2130706433:{port}/"), "us-east-1".to_owned(), false),
        (format!("x@[::1]:{port}/"), "us-east-1".to_owned(), false),
        ("127.0.0.1".to_owned(), "us-east-1".to_owned(), false),
        ("abc".to_owned(), format!("x@127.0.0.1:{port}/"), false),
        ("../abc".to_owned(), "us-east-1".to_owned(), true),
    ] {
        let place = json!({ "s3": {
            "endpoint": "https://s3.amazonaws.com", "bucket": bucket, "region": region,
            "accessKey": "a", "secretKey": "s", "pathStyle": path_style,
        } });
        let refused = partner.put("/v1/routes/try", &files(&place));
        let said = refused.problem(422, "invalid-route");
        assert!(said.contains("bucket") || said.contains("region"), "{place}: {said}");
    }
    assert_eq!(inside.came(), 0, "nobody may come in");
}

#[test]
fn what_is_listed_is_reached_by_the_groups_that_it_is_listed_for() {
    let outside = Outside::start(|_| (204, String::new()));
    let url = outside.url();
    let port = url.rsplit(':').next().expect("it has a port").to_owned();
    let outcome = |server: &Server, group: &str| {
        let partner = server.partner(group);
        let put = partner.put("/v1/routes/try", &json!({ "to": { "http": { "url": url } } }));
        if put.status == 422 {
            return put.problem(422, "invalid-route").to_owned();
        }
        let attempt = partner.post("/v1/routes/try/test", &json!({})).success();
        attempt["outcome"].as_str().unwrap_or_default().to_owned()
    };
    let of_one = server_with("[delivery.groups.water]\nallow-networks = [\"127.0.0.1\"]");
    assert_eq!(outcome(&of_one, "water"), "taken");
    assert!(outcome(&of_one, "waste").contains("allow-networks"));

    let but_one = server_with(&format!(
        "allow-networks = [\"127.0.0.0/8\"]\n[delivery.groups.waste]\ndeny-ports = [{port}]"
    ));
    assert_eq!(outcome(&but_one, "water"), "taken");
    assert!(outcome(&but_one, "waste").contains("allow-ports"));

    // Whoever opens everything has not meant this machine.
    let wide = server_with("allow-networks = [\"0.0.0.0/0\", \"::/0\"]");
    assert!(outcome(&wide, "water").contains("allow-networks"));
    let denied = server_with("allow-networks = [\"127.0.0.0/8\"]\ndeny-networks = [\"127.0.0.1\"]");
    assert!(outcome(&denied, "water").contains("deny-networks"));
    assert_eq!(outside.asked().len(), 2);
}

#[test]
fn of_vsftpd_the_second_connection_of_ftps_is_checked_as_the_first() {
    let authority = Authority::new("the test's");
    for implicit in [false, true] {
        let place = FileServer::ftps(implicit, &authority, &authority.server());
        let lists = format!(
            "allow-networks = [\"127.0.0.0/8\", \"::1\"]\nallow-ports = [{}]",
            place.port()
        );
        let server = server_with(&lists);
        let partner = server.partner("water");
        partner.put("/v1/routes/try", &files(&place.place())).success();
        let attempt = partner.post("/v1/routes/try/test", &json!({})).success();
        assert_eq!(attempt["outcome"], "failed", "{attempt}");
        assert!(attempt["message"].as_str().unwrap_or_default().contains("the port"), "{attempt}");
        assert_eq!(place.files(), []);
    }
}

#[test]
fn a_hidden_secret_does_not_follow_a_changed_recipient() {
    let server = server_with("allow-networks = [\"127.0.0.0/8\", \"::1\"]");
    let (meant, other) =
        (Outside::start(|_| (204, String::new())), Outside::start(|_| (204, String::new())));
    let partner = server.partner("water");
    let route = json!({ "to": { "http": {
        "url": format!("{}/in", meant.url()),
        "authorization": { "bearer": { "token": "only-for-the-one-that-was-meant" } },
    } } });
    partner.put("/v1/routes/all", &route).success();
    let shown = partner.get("/v1/routes/all").success();
    let mut sent_back = json!({ "to": shown["to"], "filter": shown["filter"] });
    assert_eq!(sent_back["to"]["http"]["authorization"]["bearer"]["token"], "(hidden)");

    for (member, value) in [
        ("url", json!(format!("{}/in", other.url()))),
        ("url", json!(meant.url().replace("127.0.0.1", "localhost"))),
        ("tls", json!({ "ca": Authority::new("somebody's").pem() })),
    ] {
        let mut changed = sent_back.clone();
        changed["to"]["http"][member] = value;
        let refused = partner.put("/v1/routes/all", &changed);
        let said = refused.problem(422, "invalid-route");
        assert!(said.contains("(hidden)") && said.contains("Say it again"), "{said}");
    }
    partner.post("/v1/routes/all/test", &json!({})).success();
    assert_eq!(other.asked().len(), 0);
    // The way at the same recipient may change.
    sent_back["to"]["http"]["url"] = json!(format!("{}/other", meant.url()));
    partner.put("/v1/routes/all", &sent_back).success();
    let attempt = partner.post("/v1/routes/all/test", &json!({})).success();
    assert_eq!(attempt["outcome"], "taken", "{attempt}");
    let last = meant.asked().pop().expect("it was asked");
    assert_eq!(last.path, "/other");
    let shown = last.headers.get("authorization").and_then(|header| header.to_str().ok());
    assert_eq!(shown, Some("Bearer only-for-the-one-that-was-meant"));
}

/// A recipient that begins an answer and never ends it.
fn endless(head: &'static str, filling: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = listener.local_addr().expect("it has an address");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut stream = stream;
                drop(stream.set_read_timeout(Some(Duration::from_millis(200))));
                let mut request = [0; 8 << 10];
                let _ = stream.read(&mut request);
                let mut goes_on = stream.write_all(head.as_bytes());
                let filling = filling.repeat((64 << 10) / filling.len());
                while goes_on.is_ok() {
                    goes_on = stream.write_all(&filling);
                }
            });
        }
    });
    address
}

#[test]
fn an_answer_without_end_is_read_to_its_limit_and_shown_as_a_line() {
    const PLAIN: &str =
        "HTTP/1.1 500 No\r\nContent-Type: text/plain\r\nContent-Length: 99999999999\r\n\r\n";
    const XML: &str =
        "HTTP/1.1 403 No\r\nContent-Type: application/xml\r\nConnection: close\r\n\r\n";
    const ESCAPES: &[u8] = b"\x1b[2J\x07<b>words</b>\r\n\xe2\x80\xae\xff ";
    let server = server_with("allow-networks = [\"127.0.0.0/8\"]");
    let partner = server.partner("water");
    let heads = "HTTP/1.1 200 OK\r\n";
    for (name, address) in [
        ("a body", endless(PLAIN, ESCAPES)),
        ("a document", endless(XML, b"<Error><Code>AccessDenied</Code><Message>")),
        ("headers", endless(heads, b"X-Filling: abcdefghijklmnopqrstuvwxyz\r\n")),
        ("a line", endless("", b"220-words and more words\r\n")),
        ("no line", endless("", b"abcdefgh")),
        ("a broker", endless("\x20\x02\x00\x00", b"\x30\xff\xff\x7f\x00\x01a")),
        ("a database", endless("E\x40\x00\x00\x00", b"words of a database ")),
    ] {
        for (kind, mut route) in routes_to("127.0.0.1", address.port()) {
            for timeout in ["/to/http/timeoutSeconds", "/to/files/timeoutSeconds"] {
                let (of, member) = timeout.rsplit_once('/').expect("it has a parent");
                if let Some(of) = route.pointer_mut(of) {
                    of[member] = json!(5);
                }
            }
            let said = tried(&partner, kind, &route);
            assert!(said.len() <= 1_024, "{kind}, {name}: {} bytes", said.len());
            assert!(
                !said.is_empty() && !said.chars().any(char::is_control),
                "{kind}, {name}: {said}"
            );
            assert!(
                !said.contains('\u{202e}') && !said.contains('\u{fffd}'),
                "{kind}, {name}: {said}"
            );
        }
    }
    let Some(peak) = server.peak_memory() else { return };
    let idle = server_with("").peak_memory().unwrap_or(peak);
    assert!(peak < idle + MEMORY_BYTES, "{} MB where {} MB are usual", peak >> 20, idle >> 20);
}

#[test]
fn a_large_route_is_accepted_and_audited_or_changes_nothing() {
    let server = server_with("");
    let token = server.new_token("partner", Some("water"));
    let partner = server.anybody().token(&token);
    let route = |devices: usize, words: &str| {
        let devices: Vec<String> = (0..devices).map(|number| format!("{number:016X}")).collect();
        json!({ "description": words, "filter": { "devices": devices }, "to": { "pull": {} } })
    };
    let audited = || {
        let audit = server.admin().get("/v1/audit").text;
        audit.lines().filter(|line| line.contains("route-put")).count()
    };
    partner.put("/v1/routes/all", &route(3_000, "first")).success();
    assert_eq!(audited(), 1);
    for devices in [3_400, 3_436, 5_000, 20_000] {
        let before = audited();
        let put = partner.put("/v1/routes/all", &route(devices, "other"));
        let shown = partner.get("/v1/routes/all").success();
        if put.status == 200 {
            assert_eq!(audited(), before + 1, "{devices}");
            continue;
        }
        let said = put.problem(422, "invalid-route");
        assert!(said.contains(&devices.to_string()) && said.contains("sub-group"), "{said}");
        assert_eq!(shown["description"], "first", "{devices}");
        assert_eq!(shown["filter"]["devices"].as_array().map(Vec::len), Some(3_000), "{devices}");
        assert_eq!(audited(), before, "{devices}");
        partner.put("/v1/routes/new", &route(devices, "new")).problem(422, "invalid-route");
        partner.get("/v1/routes/new").problem(404, "no-such-route");
    }
    // Who made it, and who changed it.
    server.admin().post("/v1/routes/all/pause?group=water", &json!({})).success();
    let shown = partner.get("/v1/routes/all").success();
    let tokens = server.admin().get("/v1/tokens").success();
    let known = |author: &Json| {
        let all = tokens["tokens"].as_array().expect("a list");
        all.iter().any(|token| token["id"] == author["token"] && token["name"] == author["name"])
    };
    assert!(known(&shown["madeBy"]) && known(&shown["changedBy"]), "{shown}");
    assert_ne!(shown["madeBy"]["token"], shown["changedBy"]["token"], "{shown}");
}

#[test]
fn records_wait_while_the_operator_allows_less_and_go_on_where_it_is_allowed_again() {
    let outside = Outside::start(|_| (204, String::new()));
    let open = "[frames]\ncopies-window-ms = 0\n[delivery]\nplain-http = true\nfirst-pause-ms = 20\n\
                longest-pause-seconds = 1\nallow-networks = [\"127.0.0.0/8\"]\n";
    let mut server = Setup::default().settings(open).start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("partner", Some("water"));
    let lns = server.new_token("lns", None);
    let route = json!({ "to": { "http": { "url": outside.url() } } });
    server.anybody().token(&token).put("/v1/routes/all", &route).success();
    server.stop();
    server.change_settings(&open.replace("\"127.0.0.0/8\"", ""));
    server.restart();
    server.anybody().token(&lns).ingest(&sensor.frame(1, 1, &[1])).success();
    thread::sleep(Duration::from_millis(500));
    assert_eq!(outside.asked().len(), 0);
    server.stop();
    server.change_settings(open);
    server.restart();
    let partner = server.anybody().token(&token);
    eventually("the record is delivered", || {
        let shown = partner.get("/v1/routes/all").success();
        (shown["status"]["delivered"] == 1).then_some(())
    });
}
