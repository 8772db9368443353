//! The state of each command in each fault, as a table in docs/commands.md.

use std::fs;

use champollion_tests::{Broker, Chirpstack, Outside, Sensor, Server, eventually, workspace};
use serde_json::{Value as Json, json};

use super::{
    connected, known_application, once_handed_over, once_in, once_waiting, over_http, register,
    send, shown, start, through,
};

/// The marks around the table on its page.
const MARKS: (&str, &str) = ("<!-- states: made by the tests -->\n", "<!-- end of states -->\n");

/// A line of the table.
struct Line {
    way: &'static str,
    fault: &'static str,
    state: String,
    says: String,
}

impl Line {
    fn new(way: &'static str, fault: &'static str, downlink: &Json) -> Self {
        let text = |name: &str| downlink[name].as_str().map(str::to_owned);
        let waiting_for = text("waitingFor").map(|waiting_for| {
            let without_moment = waiting_for.split_once("tried again at ");
            match without_moment {
                Some((before, _)) => format!("waits for: {before}tried again at …"),
                None => format!("waits for: {waiting_for}"),
            }
        });
        Self {
            way,
            fault,
            state: text("state").unwrap_or_default(),
            says: waiting_for.or_else(|| text("problem")).unwrap_or_default(),
        }
    }

    fn written(&self) -> String {
        let Self { way, fault, state, says } = self;
        format!("| {way} | {fault} | `{state}` | {} |\n", says.replace('|', "\\|"))
    }
}

/// A fault in words, the events that tell of it, and the state that the command comes into.
type Told<'a> = (&'static str, &'a [(&'a str, Json)], &'a str);

/// The number of the next device, so that each fault is of one of its own.
struct Numbers(u8);

impl Numbers {
    fn register(&mut self, server: &Server) -> Sensor {
        self.0 += 1;
        register(server, self.0, "light")
    }
}

/// Every state that a network server over HTTP brings a command into.
fn over_an_interface() -> Vec<Line> {
    const WAY: &str = "HTTP, gRPC";
    let outside = Outside::start(|_| (200, "{}".to_owned()));
    let server = over_http("chirpstack", &outside, "");
    let mut numbers = Numbers(0);
    let mut lines = Vec::new();
    let taken = |asked: &champollion_tests::Asked| {
        // A name that is not that of another command.
        let name = format!("54b70e4d-2b3c-4b8e-8f39-{}", &asked.path[17..29]);
        (200, json!({ "id": name }).to_string())
    };
    outside.answer(taken);
    let lns = server.lns_named("city");
    let events: [Told<'_>; 8] = [
        ("taken, and nothing told yet", &[], "queued"),
        ("told: sent", &[("txack", json!({}))], "sent"),
        ("told twice: sent", &[("txack", json!({})), ("txack", json!({}))], "sent"),
        (
            "told: sent, acknowledged",
            &[("txack", json!({})), ("ack", json!({ "acknowledged": true }))],
            "acknowledged",
        ),
        (
            "told in the wrong order: acknowledged, sent",
            &[("ack", json!({ "acknowledged": true })), ("txack", json!({}))],
            "acknowledged",
        ),
        ("told: not acknowledged in time", &[("txack", json!({})), ("ack", json!({}))], "failed"),
        (
            "told: too long",
            &[(
                "log",
                json!({ "level": "ERROR", "code": "DOWNLINK_PAYLOAD_SIZE", "description": "too long" }),
            )],
            "failed",
        ),
        (
            "told: its time was over",
            &[("log", json!({ "level": "ERROR", "code": "EXPIRED" }))],
            "expired",
        ),
    ];
    for (fault, told, state) in events {
        let sensor = numbers.register(&server);
        let id = send(&server, &sensor, true);
        let reference = once_handed_over(&server, &id)["reference"].clone();
        for (event, more) in told {
            let mut body = more.clone();
            body["deviceInfo"] = json!({ "devEui": sensor.dev_eui().to_lowercase() });
            body["queueItemId"] = reference.clone();
            body["context"] = json!({ "queue_item_id": reference });
            lns.post(&format!("/v1/ingest/chirpstack?event={event}"), &body).success();
        }
        lines.push(Line::new(WAY, fault, &once_in(&server, &id, state)));
    }
    let answers = [
        ("answers 404 for this device", 404, "object does not exist", "failed"),
        ("answers 500 for this device", 500, "violates foreign key constraint", "queued"),
        ("answers 401 for this device", 401, "authentication failed", "queued"),
        ("a proxy answers 504", 504, "upstream timed out", "queued"),
        // All commands wait from here on.
        ("answers 429", 429, "slow down", "queued"),
    ];
    for (fault, status, words, state) in answers {
        outside.answer(move |_| (status, words.to_owned()));
        let sensor = numbers.register(&server);
        let id = send(&server, &sensor, false);
        let downlink = if state == "failed" {
            once_in(&server, &id, state)
        } else {
            once_waiting(&server, &id, &status.to_string())
        };
        lines.push(Line::new(WAY, fault, &downlink));
    }
    lines
}

/// Every state that a network server behind its broker brings a command into.
fn through_a_broker() -> Vec<Line> {
    const WAY: &str = "MQTT";
    let mut broker = Broker::start();
    let server = start(&through(&broker, "", &known_application()));
    connected(&server);
    let mut numbers = Numbers(0);
    let mut chirpstack = Chirpstack::connect(&broker, "", false);
    let mut lines = Vec::new();
    let offer = |sensor: &Sensor, chirpstack: &mut Chirpstack| {
        let id = send(&server, sensor, false);
        assert_eq!(chirpstack.receive().id, id);
        once_in(&server, &id, "unknown");
        id
    };
    let sensor = numbers.register(&server);
    let id = offer(&sensor, &mut chirpstack);
    let fault = "the broker has it, and nothing is told";
    lines.push(Line::new(WAY, fault, &shown(&server.admin(), &id)));

    let sensor = numbers.register(&server);
    let id = offer(&sensor, &mut chirpstack);
    chirpstack.txack(&sensor, &id);
    lines.push(Line::new(WAY, "told: sent", &once_in(&server, &id, "sent")));

    let sensor = numbers.register(&server);
    let id = offer(&sensor, &mut chirpstack);
    for f_cnt in 1..=3 {
        chirpstack.up(&sensor, f_cnt);
        let number = f_cnt + 1;
        if number <= 3 {
            assert_eq!(chirpstack.receive().id, id);
            eventually("it is noted", || {
                let downlink = shown(&server.admin(), &id);
                (downlink["brokerOffers"] == number && downlink["state"] == "unknown").then_some(())
            });
        }
    }
    let downlink = eventually("it is given up", || {
        let downlink = shown(&server.admin(), &id);
        let problem = downlink["problem"].as_str().unwrap_or_default();
        problem.contains("as often as").then(|| downlink.clone())
    });
    let mut line =
        Line::new(WAY, "the device is heard again and again, and nothing is told", &downlink);
    line.says = downlink["problem"].as_str().unwrap_or_default().to_owned();
    lines.push(line);

    let sensor = numbers.register(&server);
    let id = offer(&sensor, &mut chirpstack);
    server.admin().delete(&format!("/v1/downlinks/{id}")).problem(409, "may-be-handed-over");
    let downlink = shown(&server.admin(), &id);
    lines.push(Line::new(WAY, "cancelled when the broker has it", &downlink));

    drop(chirpstack);
    broker.stop();
    let sensor = numbers.register(&server);
    let id = send(&server, &sensor, false);
    let downlink = once_waiting(&server, &id, "there is no connection to the broker");
    lines.push(Line::new(WAY, "there is no connection to the broker", &downlink));
    lines
}

/// A device of which nothing is known, and a network server that is away.
fn before_an_offer() -> Vec<Line> {
    let broker = Broker::start();
    let server = start(&through(&broker, "", ""));
    let sensor = register(&server, 1, "light");
    let id = send(&server, &sensor, false);
    let unheard = once_waiting(&server, &id, "the device to be heard");
    let outside = Outside::away(|_| (200, "{}".to_owned()));
    let server = over_http("kerlink", &outside, "");
    let sensor = register(&server, 1, "light");
    let id = send(&server, &sensor, false);
    once_waiting(&server, &id, "the connection to the network server city");
    let mut wish = super::light(false);
    wish["expiresInSeconds"] = json!(1);
    let other = register(&server, 2, "light");
    let path = format!("{}/downlinks", other.path());
    let sent = server.admin().post(&path, &wish).success();
    let expiring = sent["id"].as_str().expect("it has an id");
    let mut expired = once_in(&server, expiring, "expired");
    expired["problem"] = Json::Null;
    let cancelled = eventually("it can be cancelled", || {
        let answer = server.admin().delete(&format!("/v1/downlinks/{id}"));
        (answer.status == 200).then(|| answer.success())
    });
    let mut cancelled = cancelled;
    cancelled["problem"] = Json::Null;
    vec![
        Line::new("MQTT", "the application of the device is not known", &unheard),
        Line::new("any", "its time is over, and it was never offered", &expired),
        Line::new("any", "cancelled before it was offered", &cancelled),
    ]
}

/// The page is what the tests find: `CHAMPOLLION_BLESS=1` writes it.
#[test]
fn of_mosquitto_the_page_of_commands_shows_the_state_in_each_fault() {
    let lines = [before_an_offer(), over_an_interface(), through_a_broker()];
    let mut table = "| way | fault | state | says |\n| --- | --- | --- | --- |\n".to_owned();
    lines.iter().flatten().for_each(|line| table.push_str(&line.written()));
    let path = workspace().join("docs/commands.md");
    let page = fs::read_to_string(&path).expect("there is a page");
    let (before, rest) = page.split_once(MARKS.0).expect("the page has a place for the table");
    let (shown, after) = rest.split_once(MARKS.1).expect("the table ends");
    if std::env::var_os("CHAMPOLLION_BLESS").is_some() {
        let whole = format!("{before}{}{table}{}{after}", MARKS.0, MARKS.1);
        fs::write(&path, whole).expect("it is written");
        return;
    }
    assert_eq!(shown, table, "if that is meant, run the test with CHAMPOLLION_BLESS=1");
}
