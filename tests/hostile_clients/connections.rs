//! Attacks by connections without a token: their number, their time and their tries are bounded.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use champollion_tests::{Authority, Sensor, Server, Setup, eventually, run, workspace};
use rustix::process::{Resource, getrlimit};
use ureq::http::Method;

/// More than a process has descriptors for by default.
const MANY: usize = 1_140;

/// The parts of requests that are never finished: nothing, half a header, half a body.
const UNFINISHED: [&[u8]; 3] = [
    b"",
    b"GET /healthz HTTP/1.1\r\nHost: test\r\nX-Slow: ",
    b"POST /v1/ingest/phy HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n{",
];

/// The longest that an answer may take while the server is attacked; a machine that does much else is slow.
const PATIENCE: Duration = Duration::from_secs(10);

fn open(server: &Server, bytes: &[u8]) -> TcpStream {
    let host = server.address().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("the server takes a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a connection has timeouts");
    stream.write_all(bytes).expect("the server takes some bytes");
    stream
}

/// The time after which a connection is closed by the server.
fn closed_after(stream: &mut TcpStream) -> Option<Duration> {
    let begin = Instant::now();
    let mut rest = Vec::new();
    let ended = stream.read_to_end(&mut rest);
    match ended {
        Ok(_) => Some(begin.elapsed()),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Some(begin.elapsed()),
        Err(_) => None,
    }
}

fn ends(server: &Server, reason: &str) -> u64 {
    let name = format!("champollion_connections_ended_total{{reason=\"{reason}\"}} ");
    let metrics = server.admin().get("/metrics").text;
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[test]
fn many_unfinished_requests_stop_neither_health_nor_frames() {
    let needed = MANY as u64 + 64;
    let own = getrlimit(Resource::Nofile).current;
    assert!(own.is_none_or(|own| own > needed), "the test needs {needed} descriptors: ulimit -n");
    let settings = "[frames]\ncopies-window-ms = 0\n";
    let mut server = Setup::default().settings(settings).start();
    server.stop();
    // As where nobody has raised the limit: 1,024, and the system allows more.
    server.start_through(&["sh", "-c", "ulimit -Sn 1024; exec \"$@\"", "sh"]);
    server.restart();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let lns = server.lns();
    let kept: Vec<TcpStream> =
        (0..MANY).map(|number| open(&server, UNFINISHED[number % UNFINISHED.len()])).collect();
    for f_cnt in 1..=20 {
        let begin = Instant::now();
        assert_eq!(server.anybody().get("/healthz").status, 200);
        assert_eq!(lns.ingest(&sensor.frame(f_cnt, 1, &[1])).success()["status"], "accepted");
        assert!(begin.elapsed() < PATIENCE, "it took {:?}", begin.elapsed());
    }
    assert_eq!(kept.len(), MANY);
}

#[test]
fn a_bound_lets_new_connections_in_and_those_go_that_wait() {
    let settings = "[connections]\nmost = 40\nmost-by-address = 20\n";
    let server = Setup::default().settings(settings).start();
    let mut kept: Vec<TcpStream> =
        (0..100).map(|number| open(&server, UNFINISHED[number % 2])).collect();
    assert_eq!(server.anybody().get("/healthz").status, 200);
    let oldest = kept.first_mut().expect("there are connections");
    assert!(closed_after(oldest).is_some(), "the oldest makes room");
    eventually("all but twenty have gone", || (ends(&server, "made-room") >= 80).then_some(()));
}

#[test]
fn connections_have_times() {
    let settings = "[connections]\nheader-seconds = 1\nidle-seconds = 3\nbody-seconds = 2\n";
    let server = Setup::default().settings(settings).start();
    let [nothing, header, _] = UNFINISHED;
    for unfinished in [nothing, header] {
        let took = closed_after(&mut open(&server, unfinished));
        let took = took.expect("it is closed");
        assert!(took >= Duration::from_millis(800) && took < PATIENCE, "{took:?}");
    }
    assert!(ends(&server, "header") >= 2);

    // A header that drips in is not faster.
    let mut dripping = open(&server, header);
    let begin = Instant::now();
    while dripping.write_all(b"x").is_ok() && begin.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(100));
    }
    assert!(begin.elapsed() < PATIENCE, "it is closed");

    // Between two requests a connection may be idle for longer than a header may take.
    let mut idle = open(&server, b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n");
    thread::sleep(Duration::from_millis(1_700));
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n").expect("it is open");
    let mut answers = Vec::new();
    idle.read_to_end(&mut answers).expect("it is closed in time");
    let answers = String::from_utf8_lossy(&answers).into_owned();
    assert_eq!(answers.matches("HTTP/1.1 200 ").count(), 2, "{answers}");
    assert!(ends(&server, "idle") >= 1);

    // A body, of somebody who may send one.
    let token = server.new_token("lns", None);
    let head = format!(
        "POST /v1/ingest/phy HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 1000\r\n\r\n{{"
    );
    let mut slow = open(&server, head.as_bytes());
    let mut answer = String::new();
    slow.read_to_string(&mut answer).expect("it is answered and closed");
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("body-too-slow"), "{answer}");
}

#[test]
fn a_large_header_is_refused() {
    let server = Setup::default().settings("[connections]\nheader-bytes = 8192\n").start();
    let mut large = open(&server, b"GET /healthz HTTP/1.1\r\nHost: test\r\nX-Large: ");
    // The server may close it before all is sent.
    drop(large.write_all(&[b'x'; 64 << 10]));
    let mut answer = String::new();
    drop(large.read_to_string(&mut answer));
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_eq!(server.anybody().get("/healthz").status, 200);
}

#[test]
fn wrong_tokens_are_logged_counted_slowed_and_lock_nobody_out() {
    let settings = "[requests]\nwrong-tokens = 10\nwrong-tokens-per-minute = 6\n";
    let mut server = Setup::default().settings(settings).start();
    let wrong = server.anybody().token("chmp_admin_wrong");
    for _ in 0..10 {
        wrong.get("/v1/devices").problem(401, "token-unknown");
    }
    let begin = Instant::now();
    let answer = wrong.get("/v1/devices");
    answer.problem(429, "too-many-wrong-tokens");
    assert!(!answer.header("retry-after").is_empty());
    assert!(begin.elapsed() >= Duration::from_millis(900), "it was answered at once");
    // The same address with a right token.
    server.admin().get("/v1/devices").success();
    // No token is no wrong token.
    server.anybody().get("/v1/devices").problem(401, "token-missing");

    let metrics = server.admin().get("/metrics").text;
    let line = "champollion_sign_ins_failed_total{reason=\"unknown\"} 11";
    assert!(metrics.contains(line), "{metrics}");
    let log = server.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("sign-ins fail")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("127.0.0.1"), "{log}");
    assert!(!log.contains("chmp_admin_wrong"), "{log}");

    // Summed up in the audit.
    server.stop();
    server.restart();
    let audit = server.admin().get("/v1/audit").text;
    let failed = audit.lines().find(|line| line.contains("\"sign-in-failed\""));
    let failed = failed.unwrap_or_else(|| panic!("it is not in the audit: {audit}"));
    assert!(failed.contains("127.0.0.1") && failed.contains("\"times\":11"), "{failed}");
}

#[test]
fn a_proxy_names_its_clients_only_where_it_is_trusted() {
    let wrong = |server: &Server, client: &str| {
        let headers = [("X-Forwarded-For", client), ("Authorization", "Bearer chmp_lns_wrong")];
        let answer = server.anybody().attempt_with(&Method::GET, "/v1/devices", &headers, b"");
        answer.expect("it is answered").status
    };
    let settings = "[requests]\nwrong-tokens = 2\nwrong-tokens-per-minute = 1\n";
    let server = Setup::default().settings(settings).start();
    assert_eq!((wrong(&server, "192.0.2.1"), wrong(&server, "192.0.2.2")), (401, 401));
    assert_eq!(wrong(&server, "192.0.2.3"), 429, "anybody can send the header");

    let settings = format!("{settings}[connections]\ntrusted-proxies = [\"127.0.0.0/8\"]\n");
    let server = Setup::default().settings(&settings).start();
    assert_eq!((wrong(&server, "192.0.2.1"), wrong(&server, "192.0.2.1")), (401, 401));
    assert_eq!(wrong(&server, "192.0.2.1"), 429);
    assert_eq!(
        wrong(&server, "198.51.100.9, 192.0.2.2"),
        401,
        "the last one is the proxy's client"
    );
    assert_eq!(wrong(&server, "192.0.2.2"), 401);
    assert_eq!(wrong(&server, "192.0.2.2"), 429);
}

/// A reverse proxy, ended with the test.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to end.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts nginx with the block of docs/hardening.md, with other places and another server behind.
fn proxy_of_the_page(folder: &Path, port: u16, behind: &str) -> Proxy {
    let page = fs::read_to_string(workspace().join("docs/hardening.md")).expect("it is there");
    let block = page.split("```nginx").nth(1).and_then(|rest| rest.split("```").next());
    let place = folder.display();
    let block = block
        .expect("the page has a block of nginx")
        .replace("127.0.0.1:8080", behind)
        .replace("listen 443 ssl", &format!("listen 127.0.0.1:{port} ssl"))
        .replace("    listen [::]:443 ssl;\n", "")
        .replace("/etc/ssl/champollion", &format!("{place}/proxy"));
    let scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {place}/scratch;\n"))
        .concat();
    let config = format!(
        "daemon off;\nmaster_process off;\npid {place}/nginx.pid;\nerror_log stderr;\nevents {{}}\n\
         http {{\naccess_log off;\n{scratch}{block}}}\n"
    );
    let issued = Authority::new("proxies").server();
    for (name, text) in
        [("nginx.conf", config), ("proxy.pem", issued.certificate), ("proxy.key", issued.key)]
    {
        fs::write(folder.join(name), text).expect("it can be written");
    }
    let there = Path::new("/usr/sbin/nginx");
    let mut nginx = if there.exists() { Command::new(there) } else { Command::new("nginx") };
    nginx.args(["-e", "stderr", "-p"]).arg(folder).arg("-c").arg(folder.join("nginx.conf"));
    let process = nginx.stdin(Stdio::null()).spawn().expect("nginx can be started");
    let proxy = Proxy(process);
    eventually("nginx listens", || TcpStream::connect(("127.0.0.1", port)).ok());
    proxy
}

#[test]
fn of_nginx_of_curl_the_proxy_of_the_page_names_its_clients() {
    let settings = "[connections]\ntrusted-proxies = [\"127.0.0.1\"]\n";
    let mut server = Setup::default().settings(settings).start();
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let port = listener.local_addr().expect("it has an address").port();
    drop(listener);
    let behind = server.address().trim_start_matches("http://").to_owned();
    let _proxy = proxy_of_the_page(server.folder(), port, &behind);
    let curl = |path: &str, headers: &[&str]| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--insecure", "--max-time", "20"]);
        curl.args(headers.iter().flat_map(|header| ["--header", header]));
        run(curl.arg(format!("https://127.0.0.1:{port}{path}"))).success()
    };
    assert_eq!(curl("/healthz", &[]), "alive\n");
    let bearer = format!("Authorization: Bearer {}", server.admin_token());
    assert!(curl("/v1/records?group=water", &[&bearer]).contains("records"));
    let forged = ["X-Forwarded-For: 192.0.2.77", "Authorization: Bearer chmp_lns_wrong"];
    assert!(curl("/v1/devices", &forged).contains("token-unknown"));
    server.stop();
    server.restart();
    let audit = server.admin().get("/v1/audit").text;
    let line = audit.lines().find(|line| line.contains("\"sign-in-failed\""));
    let line = line.unwrap_or_else(|| panic!("it is not in the audit: {audit}"));
    assert!(line.contains("127.0.0.1, through 127.0.0.1:") && !line.contains("192.0.2"), "{line}");
}

#[test]
fn a_token_that_asks_too_often_is_told_to_wait_and_others_are_not() {
    let settings =
        "[requests]\nby-token-per-second = 2\nburst-seconds = 2\nby-group-per-second = 3\n";
    let server = Setup::default().settings(settings).start();
    let partner = server.partner("water");
    let statuses: Vec<u16> = (0..12).map(|_| partner.get("/v1/records").status).collect();
    assert!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
    let refused = eventually("it is refused", || {
        let answer = partner.get("/v1/records");
        (answer.status == 429).then_some(answer)
    });
    refused.problem(429, "too-many-requests");
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1));
    server.lns().get("/v1/devices").success();
    // Frames are held back by the queue of the decoders alone.
    let lns = server.lns();
    for _ in 0..20 {
        lns.ingest(&serde_json::json!({})).problem(400, "invalid-body");
    }
}

#[test]
fn a_partner_of_several_groups_asks_no_more_often_than_one_of_one() {
    let settings = "[requests]\nburst-seconds = 2\nby-group-per-second = 2\n";
    let server = Setup::default().settings(settings).start();
    let partner =
        serde_json::json!({ "id": "city", "name": "City", "groups": ["street", "water"] });
    server.admin().post("/v1/partners", &partner).success();
    let owners = ["ada", "bob"].map(|name| {
        let person = serde_json::json!({
            "name": name, "firstName": "A", "email": format!("{name}@city.example"),
            "grants": [{ "role": "owner", "scope": "partner:city" }],
        });
        let person = server.admin().post("/v1/people", &person).success();
        let token = serde_json::json!({ "name": name, "role": "person", "person": person["id"] });
        let made = server.admin().post("/v1/tokens", &token).success();
        server.anybody().token(made["token"].as_str().expect("it is shown"))
    });
    let refused = eventually("all of the partner together ask too often", || {
        let mut answers = owners.iter().map(|owner| owner.get("/v1/devices"));
        answers.find(|answer| answer.status == 429)
    });
    let said = refused.problem(429, "too-many-requests");
    assert!(said.contains("street"), "it counts for the first group: {said}");
    server.partner("waste").get("/v1/devices").success();
}
