//! Faults of a network server that is commanded over HTTP.

use std::time::{Duration, Instant};

use champollion_tests::{Asked, HANGS_UP, Outside, eventually};
use serde_json::{Value as Json, json};
use ureq::http::Method;

use super::{once, once_handed_over, once_in, once_waiting, over_http, register, send, shown};

/// The answer of each kind of network server that takes a command, with the settings that it needs.
const KINDS: [(&str, &str, &str); 4] = [
    ("chirpstack", r#"{"id":"54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11"}"#, ""),
    ("tts", "{}", "application = \"lights\""),
    ("actility", "<html>Request queued by LRC</html>", ""),
    ("kerlink", "", ""),
];

/// Whether a request is about a device.
fn is_about(asked: &Asked, dev_eui: &str) -> bool {
    let small = dev_eui.to_lowercase();
    [dev_eui, &small].iter().any(|name| asked.path.contains(*name) || asked.text.contains(*name))
}

/// A network server answers 500 for two devices: the commands of all others go out.
#[test]
fn a_fault_of_one_command_holds_up_no_other() {
    for (kind, taken, more) in KINDS {
        let outside = Outside::start(move |_| (200, taken.to_owned()));
        let server = over_http(kind, &outside, more);
        let lights: Vec<_> = (1..=3).map(|number| register(&server, number, "light")).collect();
        let meter = register(&server, 4, "water");
        let broken: Vec<String> =
            lights[..2].iter().map(champollion_tests::Sensor::dev_eui).collect();
        outside.answer(move |asked| {
            if broken.iter().any(|dev_eui| is_about(asked, dev_eui)) {
                return (500, "insert or update violates foreign key constraint".to_owned());
            }
            (200, taken.to_owned())
        });
        let waiting = [send(&server, &lights[0], false), send(&server, &lights[1], false)];
        for id in &waiting {
            let words = "500 Internal Server Error: insert or update";
            let downlink = once_waiting(&server, id, words);
            let waiting_for = downlink["waitingFor"].as_str().expect("it is said");
            assert!(waiting_for.contains("; tried again at 2"), "{waiting_for}");
            assert_eq!(downlink["state"], "queued", "{kind}");
        }
        // Behind one that is not taken its device's next one waits, and says for which.
        let second = send(&server, &lights[0], false);
        let words = format!("an earlier command of the device, {}", waiting[0]);
        once_waiting(&server, &second, &words);
        let started = Instant::now();
        for sensor in [&lights[2], &meter] {
            let id = send(&server, sensor, false);
            once_handed_over(&server, &id);
        }
        assert!(started.elapsed() < Duration::from_secs(5), "{kind}: {:?}", started.elapsed());
        for id in &waiting {
            assert_eq!(shown(&server.admin(), id)["state"], "queued", "{kind}");
        }
        outside.answer(move |_| (200, taken.to_owned()));
        for id in waiting.iter().chain([&second]) {
            let done = once_handed_over(&server, id);
            assert_eq!(done["problem"], Json::Null, "{kind}");
        }
    }
}

/// A network server, or a proxy before it, ends the connection over one device's command, each time: those of other
/// groups go out at once.
#[test]
fn a_command_that_ends_the_connection_holds_up_no_other() {
    for (kind, taken, more) in KINDS {
        let outside = Outside::start(move |_| (200, taken.to_owned()));
        let server = over_http(kind, &outside, more);
        let (light, meter) = (register(&server, 1, "light"), register(&server, 2, "water"));
        let dev_eui = light.dev_eui();
        let broken = dev_eui.clone();
        outside.answer(move |asked| {
            if is_about(asked, &broken) {
                return (HANGS_UP, String::new());
            }
            (200, taken.to_owned())
        });
        let waiting = send(&server, &light, false);
        for times in 1..=3 {
            eventually("the connection is ended over it", || {
                let asked = outside.asked();
                let tries = asked.iter().filter(|asked| is_about(asked, &dev_eui)).count();
                (tries >= times).then_some(())
            });
            let started = Instant::now();
            let id = send(&server, &meter, false);
            once_handed_over(&server, &id);
            assert!(started.elapsed() < Duration::from_secs(2), "{kind}: {:?}", started.elapsed());
        }
        let problem = shown(&server.admin(), &waiting)["problem"].clone();
        assert!(problem.is_string(), "{kind}: it does not say what it waits for");
        outside.answer(move |_| (200, taken.to_owned()));
        let done = once_handed_over(&server, &waiting);
        assert_eq!(done["problem"], Json::Null, "{kind}");
    }
}

/// A key that is not accepted can be changed, so the command waits for it.
#[test]
fn a_command_whose_token_is_not_accepted_waits() {
    let outside = Outside::start(|_| (401, json!({ "message": "not authorized" }).to_string()));
    let server = over_http("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light");
    let id = send(&server, &sensor, false);
    let downlink = once_waiting(&server, &id, "401 Unauthorized: not authorized");
    assert_eq!(downlink["state"], "queued");
    outside.answer(|_| (200, json!({ "id": "54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11" }).to_string()));
    once_handed_over(&server, &id);
}

/// A network server that is busy is left alone for as long as it asks for.
#[test]
fn a_network_server_that_is_busy_is_left_alone() {
    for status in [429, 503] {
        let outside = Outside::start(move |_| (status, "slow down".to_owned()));
        outside.retry_after(Some(3));
        let server = over_http("tts", &outside, "application = \"lights\"");
        let (first, second) = (register(&server, 1, "light"), register(&server, 2, "water"));
        let started = Instant::now();
        let id = send(&server, &first, false);
        let words = format!("the connection to the network server city: {status}");
        once_waiting(&server, &id, &words);
        outside.answer(|_| (200, "{}".to_owned()));
        outside.retry_after(None);
        let other = send(&server, &second, false);
        once_waiting(&server, &other, &words);
        for id in [&id, &other] {
            once_handed_over(&server, id);
        }
        assert!(started.elapsed() >= Duration::from_millis(2_900), "{:?}", started.elapsed());
        assert_eq!(outside.asked().len(), 3, "it was asked in between");
    }
}

/// Somebody between may have passed the command on: the network server is asked before it is offered again.
#[test]
fn a_command_that_may_have_been_taken_is_asked_for() {
    let item = "54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11";
    let outside = Outside::start(|_| (504, "upstream timed out".to_owned()));
    let server = over_http("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light");
    let id = send(&server, &sensor, false);
    once_waiting(&server, &id, "504 Gateway Timeout");
    let offered = outside.asked()[0].body["queueItem"].clone();
    outside.answer(move |asked| {
        if asked.method == Method::POST {
            return (500, "it is offered twice".to_owned());
        }
        let mut waiting = offered.clone();
        waiting["id"] = json!(item);
        (200, json!({ "totalCount": 1, "result": [waiting] }).to_string())
    });
    let handed_over = once_handed_over(&server, &id);
    assert_eq!(
        (&handed_over["reference"], &handed_over["state"]),
        (&json!(item), &json!("queued"))
    );
    let offers = outside.asked().iter().filter(|asked| asked.method == Method::POST).count();
    assert_eq!(offers, 1);
}

/// A command that waits at the network server is taken back where it can be.
#[test]
fn a_command_is_taken_back_from_the_queue_of_the_network_server() {
    let item = "54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11";
    let outside = Outside::start(move |_| (200, json!({ "id": item }).to_string()));
    let server = over_http("chirpstack", &outside, "");
    let sensor = register(&server, 1, "light");
    let queue = |items: Json| {
        move |asked: &Asked| match asked.method {
            Method::GET => (200, json!({ "result": items }).to_string()),
            _ => (200, json!({ "id": item }).to_string()),
        }
    };
    let cancel = |id: &str| server.admin().delete(&format!("/v1/downlinks/{id}"));
    for (items, says) in [
        (json!([]), "waits there no longer"),
        (json!([{ "id": item, "isPending": true }]), "was sent already"),
        (json!([{ "id": item }, { "id": "other" }]), "all or none"),
    ] {
        outside.answer(queue(items));
        let id = send(&server, &sensor, false);
        once_handed_over(&server, &id);
        let answer = cancel(&id);
        let said = answer.problem(409, "handed-over");
        assert!(said.contains(says) && said.contains("city"), "{said}");
        assert_eq!(shown(&server.admin(), &id)["state"], "queued");
    }
    outside.answer(queue(json!([{ "id": item }])));
    let id = send(&server, &sensor, false);
    once_handed_over(&server, &id);
    assert_eq!(cancel(&id).success()["state"], "cancelled");
    let flushed = outside.asked().iter().any(|asked| asked.method == Method::DELETE);
    assert!(flushed, "the network server still has it");
    // It was sent all the same, a moment before.
    let lns = server.lns_named("city");
    let sent =
        json!({ "deviceInfo": { "devEui": sensor.dev_eui().to_lowercase() }, "queueItemId": id });
    lns.post("/v1/ingest/chirpstack?event=txack", &sent).success();
    once_in(&server, &id, "sent");
}

/// One partner's commands are all refused for the moment, and another's go out.
#[test]
fn thousands_that_are_not_taken_delay_nobody() {
    const LIGHTS: u8 = 200;
    let outside = Outside::start(|_| (500, "no".to_owned()));
    let server = over_http("chirpstack", &outside, "");
    for number in 1..=LIGHTS {
        register(&server, number, "light");
    }
    let meter = register(&server, 250, "water");
    let all = server.admin().post("/v1/groups/light/downlinks", &super::light(false)).success();
    assert_eq!(all["queued"], LIGHTS);
    let dev_eui = meter.dev_eui();
    outside.answer(move |asked| {
        if is_about(asked, &dev_eui) { (200, "{}".to_owned()) } else { (500, "no".to_owned()) }
    });
    let started = Instant::now();
    let id = send(&server, &meter, false);
    once_handed_over(&server, &id);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    let first = all["results"][0]["downlink"].as_str().expect("it is one").to_owned();
    once(&server, &first, "it was tried", |downlink| downlink["attempts"].as_u64() >= Some(1));
}
