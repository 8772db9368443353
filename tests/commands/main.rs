//! Commands in each fault: of the network server, of its broker, of the connections to both, and of what
//! they tell. A command never gets in the way of another's, never is in a false state, and says what it
//! waits for.

mod brokers;
mod grpc;
mod interfaces;
mod states;

use champollion_tests::{
    APPLICATION, Broker, Client, LUMINAIRE, Outside, Sensor, Server, Setup, eventually,
};
use serde_json::{Value as Json, json};

const DECODER: &str = "nas/ul20xx@^1";

/// A command to a light, confirmed or not.
fn light(confirmed: bool) -> Json {
    let command = json!({ "manualDimming": { "destination": [
        { "address": "dali_broadcast", "dimmingLevel": 100 },
    ]}});
    json!({ "command": command, "confirmed": confirmed })
}

/// The payload of this command.
const PAYLOAD: [u8; 3] = [0x01, 0xFE, 0x64];

/// The setting of an application of which nothing was heard yet.
fn known_application() -> String {
    format!("application = \"{APPLICATION}\"")
}

fn start(settings: &str) -> Server {
    let server = Setup::default().settings(settings).start();
    server.publish_own(LUMINAIRE);
    server
}

/// A server whose network server takes commands over HTTP.
fn over_http(kind: &str, outside: &Outside, more: &str) -> Server {
    start(&format!(
        "[network-servers.city]\nkind = \"{kind}\"\n\
         [network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\n{more}\n",
        outside.url()
    ))
}

/// The settings of a network server that takes commands through its broker, under topics that begin like
/// that, with these settings of commands. Something is told within a second, or never.
fn through(broker: &Broker, prefix: &str, downlink: &str) -> String {
    format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n[network-servers.city.mqtt]\n{}\
         topics = [\"{prefix}application/+/device/+/event/+\"]\n\
         [network-servers.city.downlink]\nvia = \"mqtt\"\n{downlink}\n\
         [downlinks]\ntold-within-seconds = 1\n",
        broker.settings()
    )
}

#[track_caller]
fn connected(server: &Server) {
    eventually("the server is connected to the broker", || {
        let ready = server.admin().get("/readyz").text;
        ready.contains("broker of city: connected").then_some(())
    });
}

/// Registers a light that lives on the network server, which reports its uplinks.
fn register(server: &Server, number: u8, group: &str) -> Sensor {
    let sensor = Sensor::new(number);
    let mut registration = sensor.registration(group, Some(DECODER));
    (registration["networkServer"], registration["reported"]) = (json!("city"), json!(true));
    server.admin().put(&sensor.path(), &registration).success();
    sensor
}

/// Sends a command, and gives its id.
fn send(server: &Server, sensor: &Sensor, confirmed: bool) -> String {
    let path = format!("{}/downlinks", sensor.path());
    let downlink = server.admin().post(&path, &light(confirmed)).success();
    downlink["id"].as_str().expect("it has an id").to_owned()
}

fn shown(client: &Client, id: &str) -> Json {
    client.get(&format!("/v1/downlinks/{id}")).success()
}

/// Returns a command once it is so.
#[track_caller]
fn once(server: &Server, id: &str, what: &str, is_so: impl Fn(&Json) -> bool) -> Json {
    let client = server.admin();
    eventually(what, || Some(shown(&client, id)).filter(|downlink| is_so(downlink)))
}

#[track_caller]
fn once_in(server: &Server, id: &str, state: &str) -> Json {
    once(server, id, &format!("the command is {state}"), |downlink| downlink["state"] == state)
}

#[track_caller]
fn once_handed_over(server: &Server, id: &str) -> Json {
    once(server, id, "it is handed over", |downlink| downlink["handedOverAt"].is_string())
}

/// Returns a command once it waits for something that is said like that.
#[track_caller]
fn once_waiting(server: &Server, id: &str, words: &str) -> Json {
    once(server, id, &format!("it waits for {words:?}"), |downlink| {
        downlink["waitingFor"].as_str().is_some_and(|waiting_for| waiting_for.contains(words))
    })
}
