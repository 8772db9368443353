//! The examples, run as their readers run them, against the real server.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use champollion_tests::{Client, Sensor, Server, Setup, champollion, eventually, run, workspace};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// Recipients on this machine, over HTTP, and no long pauses.
const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n\
    [delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n\
    first-pause-ms = 20\nlongest-pause-seconds = 1\n";

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A program takes a second to start; on a machine that does much else, some more.
const PATIENCE: Duration = Duration::from_secs(30);

fn server() -> Server {
    Setup::default().settings(SETTINGS).start()
}

fn send(lns: &Client, sensor: &Sensor, f_cnts: impl IntoIterator<Item = u32>) {
    for f_cnt in f_cnts {
        lns.ingest(&sensor.frame(f_cnt, 1, &[1, 2])).success();
    }
}

/// A program that runs until it is dropped, and the lines that it prints.
struct Running {
    process: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = process.stdout.take().expect("it has a standard output");
        let (put, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Nobody reads on where the test is over.
                drop(put.send(line));
            }
        });
        Self { process, lines }
    }

    #[track_caller]
    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("the program prints nothing")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to end.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A receiver of webhooks prints each record once, and takes nothing that is not signed with its secret.
fn receives(command: &mut Command) {
    let receiver = Running::start(command.env("WEBHOOK_SECRET", SECRET));
    let port = receiver.line();
    let port = port.strip_prefix("listening on ").unwrap_or_else(|| panic!("{port}"));
    let url = format!("http://127.0.0.1:{port}/records");
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let (partner, lns) = (server.partner("water"), server.lns());
    let route = |secret: &str, batch: u32| json!({ "to": { "http": { "url": url, "secrets": [secret], "batch": batch } } });
    partner.put("/v1/routes/all", &route(SECRET, 1)).success();
    let tried = partner.post("/v1/routes/all/test", &json!({})).success();
    assert_eq!(tried["outcome"], "taken", "{tried}");
    send(&lns, &sensor, 1..=2);
    let f_cnt = |line: String| {
        let record: Json =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        record["uplink"]["fCnt"].as_u64()
    };
    // What tries the route is no record.
    assert_eq!([receiver.line(), receiver.line()].map(f_cnt), [Some(1), Some(2)]);

    partner.put("/v1/routes/all", &route(SECRET, 10)).success();
    send(&lns, &sensor, 3..=3);
    assert_eq!(f_cnt(receiver.line()), Some(3));

    let stranger = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    partner.put("/v1/routes/stranger", &route(stranger, 1)).success();
    send(&lns, &sensor, 4..=4);
    assert_eq!(f_cnt(receiver.line()), Some(4));
    let refused = eventually("what a stranger signed is refused", || {
        let all = partner.get("/v1/routes/stranger/attempts").success();
        all["attempts"].as_array()?.first().cloned()
    });
    assert_eq!(refused["status"], 401, "{refused}");
    let printed = receiver.lines.recv_timeout(Duration::from_millis(200));
    assert!(printed.is_err(), "a repeat or a stranger's record was printed: {printed:?}");
}

#[test]
fn the_receiver_in_rust_takes_signed_records() {
    receives(Command::new(env!("CARGO_BIN_EXE_webhook-receiver")).arg("0"));
}

#[test]
fn of_pypi_the_receiver_in_python_takes_signed_records() {
    receives(
        Command::new("python3").arg(workspace().join("examples/webhooks/receiver.py")).arg("0"),
    );
}

#[test]
fn of_npm_the_receiver_in_node_takes_signed_records() {
    receives(Command::new("node").arg(workspace().join("examples/webhooks/receiver.mjs")).arg("0"));
}

#[test]
fn of_pypi_the_short_receiver_in_python_takes_signed_records() {
    receives(
        Command::new("python3").arg(workspace().join("examples/partners/receive.py")).arg("0"),
    );
}

#[test]
fn of_npm_the_short_receiver_in_node_takes_signed_records() {
    receives(Command::new("node").arg(workspace().join("examples/partners/receive.mjs")).arg("0"));
}

#[test]
fn the_first_examples_are_short_and_the_notebook_is_the_program() {
    let read = |name: &str| {
        let path = workspace().join("examples/partners").join(name);
        std::fs::read_to_string(path).expect("the example is there")
    };
    for (name, most) in [("receive.py", 25), ("receive.mjs", 25), ("daily.py", 17)] {
        assert!(read(name).lines().count() <= most, "{name} has more than {most} lines");
    }
    let notebook: Json = serde_json::from_str(&read("daily.ipynb")).expect("a notebook is JSON");
    let lines = notebook["cells"][1]["source"].as_array().into_iter().flatten();
    let code: String = lines.filter_map(Json::as_str).collect();
    assert_eq!(code.trim_end(), read("daily.py").trim_end());
}

#[test]
fn of_pypi_the_puller_prints_and_acknowledges() {
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    send(&server.lns(), &sensor, 1..=3);
    let mut python = Command::new("python3");
    python.arg(workspace().join("examples/pull/pull.py"));
    python.env("CHAMPOLLION_SERVER", server.address());
    python.env("CHAMPOLLION_TOKEN", server.new_token("partner", Some("water")));
    let printed = run(python.arg("--once")).success();
    assert_eq!(printed.lines().count(), 3, "{printed}");
    assert!(partner.pull_all().is_empty(), "what was printed is acknowledged");

    // Without --once it waits for what comes.
    let mut waiting = Command::new("python3");
    waiting.arg(workspace().join("examples/pull/pull.py"));
    waiting.env("CHAMPOLLION_SERVER", server.address());
    waiting.env("CHAMPOLLION_TOKEN", server.new_token("partner", Some("water")));
    let puller = Running::start(&mut waiting);
    send(&server.lns(), &sensor, 4..=4);
    assert!(puller.line().contains("\"fCnt\": 4"));
    eventually("it is acknowledged", || partner.pull_all().is_empty().then_some(()));
}

#[test]
fn of_pypi_the_notebook_reads_records() {
    let server = server();
    server.publish_own(champollion_tests::ELSYS);
    let sensor = Sensor::new(1);
    server.register(&sensor, "office", Some("elsys/ers-co2@^1"));
    for f_cnt in 1..=3 {
        let frame = sensor.frame(f_cnt, 5, &[0x01, 0x00, 0xFC, 0x02, 0x25]);
        server.lns().ingest(&frame).success();
    }
    let path = workspace().join("examples/notebook/records.ipynb");
    let notebook = std::fs::read_to_string(path).expect("it is there");
    let notebook: Json = serde_json::from_str(&notebook).expect("a notebook is JSON");
    let cells = notebook["cells"].as_array().into_iter().flatten();
    let code = cells
        .filter(|cell| cell["cell_type"] == "code")
        .flat_map(|cell| cell["source"].as_array().into_iter().flatten().chain([&Json::Null]))
        .map(|line| line.as_str().unwrap_or("\n"))
        .collect::<String>();
    let mut python = Command::new("python3");
    python.args(["-c", &code]);
    python.env("CHAMPOLLION_SERVER", server.address());
    python.env("CHAMPOLLION_TOKEN", server.new_token("partner", Some("office")));
    let printed = run(&mut python).success();
    let series: Vec<&str> = printed.lines().collect();
    assert_eq!(series.len(), 2, "{printed}");
    assert!(series[0].contains("air.humidity % 3"), "{printed}");
    assert!(series[1].contains("air.temperature Cel 3") && series[1].contains("25.2"), "{printed}");
}

#[test]
fn the_example_of_a_decoder_is_built_published_and_decodes() {
    let server =
        Setup::default().variable("CHAMPOLLION_PUBLICATION__RANDOM_PAYLOADS", "10000").start();
    let folder = tempfile::tempdir().expect("there is room");
    let sources = workspace().join("examples/decoder");
    drop(run(champollion().arg("build").arg(&sources).arg("--out").arg(folder.path())).success());
    let package =
        std::fs::read(folder.path().join("acme-room-sensor-1.0.0.wasm")).expect("it is built");
    let admin = server.admin();
    admin.send(&Method::PUT, "/v1/registry/acme/room-sensor/1.0.0", &package).success();
    let trial = json!({ "decoder": "acme/room-sensor@^1", "uplink": { "fPort": 2, "payload": "00D72800" } });
    let tried = admin.post("/v1/decode", &trial).success();
    assert_eq!(tried["reading"]["data"]["temperature"], 21.5, "{tried}");
}

/// The server starts with them, and says of the broker that is not there that it is not.
#[test]
fn the_settings_beside_chirpstack_are_the_servers() {
    let file = workspace().join("examples/chirpstack/champollion.toml");
    let settings = std::fs::read_to_string(file).expect("it is there");
    // No name is looked up outside of this machine.
    let here = settings.replace("mqtt://mosquitto:1883", "mqtt://127.0.0.1:1");
    assert_ne!(settings, here, "the broker has another name");
    let server = Setup::default().settings(&here).start();
    let ready = eventually("the broker is looked for", || {
        let ready = server.admin().get("/readyz");
        (ready.status == 200).then_some(ready.text)
    });
    assert!(ready.contains("broker of city: not connected"), "{ready}");
}

/// The changes that a page shows to files of the sources.
fn changes(page: &str) -> Vec<(&str, Vec<&str>)> {
    let blocks = page.split("```diff\n").skip(1);
    let changes = blocks.map(|block| {
        let block = block.split("```").next().expect("a block has an end");
        let mut lines = block.lines();
        let before = lines.next().expect("a change names its file");
        let file = before.strip_prefix("--- a/").expect("a change begins with its file");
        assert_eq!(lines.next(), Some(&*format!("+++ b/{file}")));
        (file, lines.collect())
    });
    changes.collect()
}

/// The lines around each added one on the pages stand in the sources, in that order.
#[test]
fn the_pages_from_nothing_show_the_lines_of_the_sources() {
    for folder in ["adapter", "destination"] {
        let page = workspace().join("examples").join(folder).join("README.md");
        let page = std::fs::read_to_string(page).expect("the page is there");
        let changes = changes(&page);
        assert!(changes.len() >= 2, "the page of the {folder} shows no changes");
        for (file, lines) in changes {
            let source = std::fs::read_to_string(workspace().join(file));
            let source = source.unwrap_or_else(|error| panic!("{file}: {error}"));
            let mut rest = source.lines();
            for line in lines {
                match line.split_at_checked(1) {
                    Some((" " | "-", kept)) => {
                        let is_there = rest.any(|other| other == kept);
                        assert!(is_there, "{file} has no line {kept:?} in that place");
                    }
                    Some(("+", _)) => {}
                    _ => panic!("{file}: {line:?} is no line of a change"),
                }
            }
        }
    }
}
