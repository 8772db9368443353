//! Commands through the gRPC interface of ChirpStack.

use champollion_tests::{Called, GrpcAnswer, GrpcOutside, Server};
use prost::Message;
use serde_json::json;

use super::{PAYLOAD, once_handed_over, once_in, once_waiting, register, send, start};

const ITEM: &str = "54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11";

#[derive(Clone, PartialEq, Message)]
struct Item {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    dev_eui: String,
    #[prost(uint32, tag = "4")]
    f_port: u32,
    #[prost(bytes = "vec", tag = "5")]
    data: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Enqueue {
    #[prost(message, optional, tag = "1")]
    item: Option<Item>,
}

#[derive(Clone, PartialEq, Message)]
struct Enqueued {
    #[prost(string, tag = "1")]
    id: String,
}

#[derive(Clone, PartialEq, Message)]
struct Queue {
    #[prost(message, repeated, tag = "2")]
    items: Vec<Item>,
}

fn takes(called: &Called) -> GrpcAnswer {
    let id = ITEM.to_owned();
    match called.path.as_str() {
        "/api.DeviceService/Enqueue" => Ok(Enqueued { id }.encode_to_vec()),
        "/api.DeviceService/GetQueue" => {
            let item = Item { id, ..Item::default() };
            Ok(Queue { items: vec![item] }.encode_to_vec())
        }
        "/api.DeviceService/FlushQueue" => Ok(Vec::new()),
        _ => Err((12, "unknown method")),
    }
}

fn over_grpc(outside: &GrpcOutside, token: &std::path::Path) -> Server {
    std::fs::write(token, "eyJ0.secret\n").expect("it is written");
    start(&format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n\
         [network-servers.city.downlink]\nvia = \"grpc\"\nurl = \"{}\"\ntoken-file = \"{}\"\n",
        outside.url(),
        token.display()
    ))
}

#[test]
fn a_light_is_commanded_through_the_grpc_interface_of_chirpstack() {
    let outside = GrpcOutside::start(takes);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let server = over_grpc(&outside, &folder.path().join("key"));
    let sensor = register(&server, 1, "light");
    let id = send(&server, &sensor, false);
    let handed_over = once_handed_over(&server, &id);
    assert_eq!(handed_over["reference"], ITEM);
    let called = outside.called();
    assert_eq!(called.len(), 1, "{called:?}");
    assert_eq!(called[0].authorization, "Bearer eyJ0.secret");
    let enqueue = Enqueue::decode(&*called[0].message).expect("it is protobuf");
    let item = enqueue.item.expect("there is an item");
    assert_eq!(item.dev_eui, sensor.dev_eui().to_lowercase());
    assert_eq!((item.f_port, item.data), (60, PAYLOAD.to_vec()));
    // Its events name the command as its answer did.
    let sent = json!({
        "deviceInfo": { "devEui": sensor.dev_eui().to_lowercase() }, "queueItemId": ITEM,
    });
    server.lns_named("city").post("/v1/ingest/chirpstack?event=txack", &sent).success();
    once_in(&server, &id, "sent");

    let second = send(&server, &sensor, false);
    once_handed_over(&server, &second);
    let cancelled = server.admin().delete(&format!("/v1/downlinks/{second}")).success();
    assert_eq!(cancelled["state"], "cancelled");
    let paths: Vec<String> = outside.called().into_iter().map(|called| called.path).collect();
    let expected = ["Enqueue", "Enqueue", "GetQueue", "FlushQueue"];
    assert_eq!(paths, expected.map(|method| format!("/api.DeviceService/{method}")));
    assert!(!server.log().contains("eyJ0"), "the token is logged");
}

#[test]
fn faults_of_the_grpc_interface_concern_whom_they_concern() {
    let mut outside = GrpcOutside::start(|_| Err((13, "violates foreign key constraint")));
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let server = over_grpc(&outside, &folder.path().join("key"));
    let sensor = register(&server, 1, "light");
    let id = send(&server, &sensor, false);
    once_waiting(&server, &id, "500 Internal Server Error: violates foreign key constraint");
    outside.answer(|_| Err((14, "shutting down")));
    once_waiting(
        &server,
        &id,
        "the connection to the network server city: 503 Service Unavailable;",
    );
    outside.go();
    once_waiting(&server, &id, "it cannot be reached");
    outside.answer(takes);
    outside.come();
    once_handed_over(&server, &id);
    outside.answer(|_| Err((5, "object does not exist")));
    let refused = send(&server, &sensor, false);
    let failed = once_in(&server, &refused, "failed");
    assert_eq!(failed["problem"], "404 Not Found: object does not exist");
    outside.answer(|_| Err((16, "authentication failed")));
    let unknown = send(&server, &sensor, false);
    once_waiting(&server, &unknown, "401 Unauthorized: authentication failed");
}
