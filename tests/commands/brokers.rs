//! Faults between a broker and its network server.

use std::time::Duration;

use champollion_tests::{
    APPLICATION, Broker, Chirpstack, Sensor, Server, TakenCommand, eventually,
};
use serde_json::Value as Json;

use super::{
    PAYLOAD, connected, known_application, once, once_in, once_waiting, register, send, shown,
    start, through,
};

/// Longer than it takes to offer something once more.
const LONGER: Duration = Duration::from_secs(4);

fn connected_start(settings: &str) -> Server {
    let server = start(settings);
    connected(&server);
    server
}

/// A command as it must come.
fn expected(sensor: &Sensor, prefix: &str, id: &str) -> TakenCommand {
    let dev_eui = sensor.dev_eui().to_lowercase();
    TakenCommand {
        topic: format!("{prefix}application/{APPLICATION}/device/{dev_eui}/command/down"),
        id: id.to_owned(),
        f_port: 60,
        data: PAYLOAD.to_vec(),
    }
}

/// Stops a broker, and waits until the server has noticed it.
#[track_caller]
fn stop(broker: &mut Broker, server: &Server) {
    broker.stop();
    eventually("the server notices", || {
        let ready = server.admin().get("/readyz").text;
        ready.contains("broker of city: not connected").then_some(())
    });
}

#[track_caller]
fn once_saying(server: &Server, id: &str, words: &str) -> Json {
    once(server, id, &format!("its problem says {words:?}"), |downlink| {
        downlink["problem"].as_str().is_some_and(|problem| problem.contains(words))
    })
}

/// Nothing is known of the application, the prefix and the encoding until the device is heard.
#[test]
fn of_mosquitto_a_device_that_is_heard_as_protobuf_under_a_prefix_gets_its_command() {
    let broker = Broker::start();
    let mut server = connected_start(&through(&broker, "town/", ""));
    let sensor = register(&server, 1, "light");
    let mut chirpstack = Chirpstack::connect(&broker, "town/", true);
    let id = send(&server, &sensor, true);
    let waiting = once_waiting(&server, &id, "the device to be heard: the application");
    assert_eq!(waiting["state"], "queued");
    chirpstack.up(&sensor, 1);
    assert_eq!(chirpstack.receive(), expected(&sensor, "town/", &id));
    let unknown = once_in(&server, &id, "unknown");
    assert_eq!(unknown["handedOverAt"], Json::Null);
    chirpstack.txack(&sensor, &id);
    once_in(&server, &id, "sent");
    chirpstack.ack(&sensor, &id, true);
    once_in(&server, &id, "acknowledged");
    // Known also after a restart, before anything is heard.
    server.kill();
    server.restart();
    connected(&server);
    let second = send(&server, &sensor, false);
    assert_eq!(chirpstack.receive(), expected(&sensor, "town/", &second));
    chirpstack.error(&sensor, &second, ("DOWNLINK_PAYLOAD_SIZE", 1));
    let failed = once_in(&server, &second, "failed");
    assert_eq!(failed["problem"], "DOWNLINK_PAYLOAD_SIZE: Device queue-item discarded");
}

#[test]
fn of_mosquitto_settings_say_the_topic_and_the_encoding() {
    let broker = Broker::start();
    let topic = "town/application/{application}/device/{devEui}/command/down";
    let more =
        format!("{}\ncommand-topic = \"{topic}\"\nencoding = \"protobuf\"", known_application());
    let server = connected_start(&through(&broker, "", &more));
    let sensor = register(&server, 1, "light");
    let mut chirpstack = Chirpstack::connect(&broker, "town/", true);
    let id = send(&server, &sensor, false);
    assert_eq!(chirpstack.receive(), expected(&sensor, "town/", &id));
}

/// ChirpStack was away, or threw it away: its broker has taken the command, and nobody tells of it.
#[test]
fn of_mosquitto_a_command_of_which_nothing_is_told_is_offered_again_under_its_name() {
    let broker = Broker::start();
    let mut server = connected_start(&through(&broker, "", &known_application()));
    let sensor = register(&server, 1, "light");
    let mut chirpstack = Chirpstack::connect(&broker, "", false);
    let id = send(&server, &sensor, false);
    let command = expected(&sensor, "", &id);
    assert_eq!(chirpstack.receive(), command);
    once_in(&server, &id, "unknown");
    assert!(chirpstack.is_silent(LONGER), "it is offered again though the device was not heard");
    chirpstack.up(&sensor, 1);
    assert_eq!(chirpstack.receive(), command);
    // A server that is killed has missed nothing: its session lasts, and events come assured.
    once(&server, &id, "it is noted", |downlink| downlink["brokerOffers"] == 2);
    server.kill();
    chirpstack.up(&sensor, 2);
    server.restart();
    assert_eq!(chirpstack.receive(), command);
    once(&server, &id, "it is noted", |downlink| downlink["brokerOffers"] == 3);
    chirpstack.up(&sensor, 3);
    once_saying(&server, &id, "as often as [downlinks] offers says");
    assert!(chirpstack.is_silent(LONGER), "it is offered for ever");
    assert_eq!(shown(&server.admin(), &id)["state"], "unknown");
    chirpstack.txack(&sensor, &id);
    assert_eq!(once_in(&server, &id, "sent")["problem"], Json::Null);
}

#[test]
fn of_mosquitto_a_command_that_is_told_of_is_not_offered_again() {
    let broker = Broker::start();
    let server = connected_start(&through(&broker, "", &known_application()));
    let sensor = register(&server, 1, "light");
    let mut chirpstack = Chirpstack::connect(&broker, "", false);
    let id = send(&server, &sensor, true);
    chirpstack.receive();
    chirpstack.up(&sensor, 1);
    chirpstack.txack(&sensor, &id);
    once_in(&server, &id, "sent");
    chirpstack.up(&sensor, 2);
    assert!(chirpstack.is_silent(LONGER), "it is sent twice");
    once_waiting(&server, &id, "the device to acknowledge it");
}

/// As ChirpStack is shipped an event comes once: while there is no connection it may have told that it has
/// sent the command.
#[test]
fn of_mosquitto_a_command_is_not_offered_again_where_something_may_have_been_missed() {
    let mut broker = Broker::start();
    let server = connected_start(&through(&broker, "", &known_application()));
    let (first, second) = (register(&server, 1, "light"), register(&server, 2, "light"));
    let mut chirpstack = Chirpstack::connect(&broker, "", false);
    let ids = [send(&server, &first, false), send(&server, &second, false)];
    for id in &ids {
        chirpstack.receive();
        once_in(&server, id, "unknown");
    }
    drop(chirpstack);
    stop(&mut broker, &server);
    broker.restart();
    connected(&server);
    let mut once_only = Chirpstack::connect(&broker, "", false).sending_once();
    once_only.up(&first, 1);
    once_saying(&server, &ids[0], "may have been missed");
    assert!(once_only.is_silent(LONGER), "it may have been sent already");
    drop(once_only);
    // Where events come assured nothing is missed.
    let mut assured = Chirpstack::connect(&broker, "", false);
    assured.up(&second, 1);
    assert_eq!(assured.receive().id, ids[1]);
}

#[test]
fn of_mosquitto_a_command_that_may_be_there_is_not_offered_again_once_it_is_cancelled() {
    let broker = Broker::start();
    let server = connected_start(&through(&broker, "", &known_application()));
    let sensor = register(&server, 1, "light");
    let mut chirpstack = Chirpstack::connect(&broker, "", false);
    let id = send(&server, &sensor, false);
    chirpstack.receive();
    once_in(&server, &id, "unknown");
    let cancel = || server.admin().delete(&format!("/v1/downlinks/{id}"));
    for _ in 0..2 {
        let answer = cancel();
        let said = answer.problem(409, "may-be-handed-over");
        assert!(said.contains("city") && said.contains("not offered again"), "{said}");
    }
    chirpstack.up(&sensor, 1);
    assert!(chirpstack.is_silent(LONGER), "it is offered again");
    once_waiting(&server, &id, "it is not offered again");
}

#[test]
fn of_mosquitto_a_command_waits_for_the_connection_to_the_broker() {
    let mut broker = Broker::start();
    let server = connected_start(&through(&broker, "", &known_application()));
    let sensor = register(&server, 1, "light");
    stop(&mut broker, &server);
    let id = send(&server, &sensor, false);
    let words = "the connection to the network server city: there is no connection to the broker";
    assert_eq!(once_waiting(&server, &id, words)["state"], "queued");
    broker.restart();
    connected(&server);
    let unknown = once_in(&server, &id, "unknown");
    assert_eq!(unknown["brokerOffers"], 1);
}
