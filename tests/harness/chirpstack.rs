//! ChirpStack's side of a broker: it publishes events and takes commands, as JSON or protobuf, under topics
//! that may begin with something of the operator's own.

use data_encoding::BASE64;
use prost::Message;
use rumqttc::QoS;
use serde_json::{Value as Json, json};

use crate::{Broker, MqttClient, Sensor};

/// The application that all devices are in.
pub const APPLICATION: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

/// ChirpStack, as it is connected to a broker.
pub struct Chirpstack {
    client: MqttClient,
    prefix: &'static str,
    protobuf: bool,
    quality: QoS,
}

/// A command that has come through the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenCommand {
    /// The topic that it came under.
    pub topic: String,
    /// The name of the command.
    pub id: String,
    /// The FPort of the command.
    pub f_port: u64,
    /// The payload in clear.
    pub data: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct DeviceInfo {
    #[prost(string, tag = "3")]
    application_id: String,
    #[prost(string, tag = "8")]
    dev_eui: String,
}

#[derive(Clone, PartialEq, Message)]
struct UplinkEvent {
    #[prost(message, optional, tag = "3")]
    device_info: Option<DeviceInfo>,
    #[prost(uint32, tag = "7")]
    f_cnt: u32,
    #[prost(uint32, tag = "8")]
    f_port: u32,
    #[prost(bytes = "vec", tag = "10")]
    data: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct StateEvent {
    #[prost(message, optional, tag = "3")]
    device_info: Option<DeviceInfo>,
    #[prost(string, tag = "4")]
    queue_item_id: String,
    #[prost(bool, tag = "5")]
    acknowledged: bool,
}

#[derive(Clone, PartialEq, Message)]
struct LogEvent {
    #[prost(message, optional, tag = "2")]
    device_info: Option<DeviceInfo>,
    #[prost(int32, tag = "3")]
    level: i32,
    #[prost(int32, tag = "4")]
    code: i32,
    #[prost(string, tag = "5")]
    description: String,
    #[prost(map = "string, string", tag = "6")]
    context: std::collections::HashMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
struct DownlinkCommand {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    dev_eui: String,
    #[prost(uint32, tag = "4")]
    f_port: u32,
    #[prost(bytes = "vec", tag = "5")]
    data: Vec<u8>,
}

impl Chirpstack {
    /// Connects to a broker, with topics that begin like that, and hears commands.
    #[must_use]
    pub fn connect(broker: &Broker, prefix: &'static str, protobuf: bool) -> Self {
        let mut client = broker.connect("chirpstack");
        client.subscribe(&format!("{prefix}application/+/device/+/command/+"));
        Self { client, prefix, protobuf, quality: QoS::AtLeastOnce }
    }

    /// The same that sends each event once, as ChirpStack does as it is shipped.
    #[must_use]
    pub fn sending_once(mut self) -> Self {
        self.quality = QoS::AtMostOnce;
        self
    }

    /// Publishes an uplink of a device.
    pub fn up(&mut self, sensor: &Sensor, f_cnt: u32) {
        let payload = if self.protobuf {
            let device_info = Some(device_info(sensor));
            UplinkEvent { device_info, f_cnt, f_port: 60, data: vec![0] }.encode_to_vec()
        } else {
            let up = json!({
                "deviceInfo": device_json(sensor), "fCnt": f_cnt, "fPort": 60, "data": "AA==",
            });
            up.to_string().into_bytes()
        };
        self.publish(sensor, "up", payload);
    }

    /// Publishes that a command was sent.
    pub fn txack(&mut self, sensor: &Sensor, id: &str) {
        let payload = if self.protobuf {
            let queue_item_id = id.to_owned();
            let device_info = Some(device_info(sensor));
            StateEvent { device_info, queue_item_id, acknowledged: false }.encode_to_vec()
        } else {
            json!({ "deviceInfo": device_json(sensor), "queueItemId": id }).to_string().into_bytes()
        };
        self.publish(sensor, "txack", payload);
    }

    /// Publishes that a device has acknowledged a command, or has not in time.
    pub fn ack(&mut self, sensor: &Sensor, id: &str, acknowledged: bool) {
        let payload = if self.protobuf {
            let queue_item_id = id.to_owned();
            let device_info = Some(device_info(sensor));
            StateEvent { device_info, queue_item_id, acknowledged }.encode_to_vec()
        } else {
            let mut ack = json!({ "deviceInfo": device_json(sensor), "queueItemId": id });
            if acknowledged {
                ack["acknowledged"] = json!(true);
            }
            ack.to_string().into_bytes()
        };
        self.publish(sensor, "ack", payload);
    }

    /// Publishes an error about a command: its code as JSON and as protobuf have it.
    pub fn error(&mut self, sensor: &Sensor, id: &str, (code, number): (&str, i32)) {
        let description = "Device queue-item discarded".to_owned();
        let payload = if self.protobuf {
            let context = [("queue_item_id".to_owned(), id.to_owned())].into_iter().collect();
            let device_info = Some(device_info(sensor));
            LogEvent { device_info, level: 2, code: number, description, context }.encode_to_vec()
        } else {
            let log = json!({
                "deviceInfo": device_json(sensor), "level": "ERROR", "code": code,
                "description": description, "context": { "queue_item_id": id },
            });
            log.to_string().into_bytes()
        };
        self.publish(sensor, "log", payload);
    }

    /// Returns the next command, which must be written as ChirpStack wants it.
    pub fn receive(&mut self) -> TakenCommand {
        let publish = self.client.receive();
        let topic = publish.topic;
        if self.protobuf {
            let command = DownlinkCommand::decode(&*publish.payload).expect("it is protobuf");
            let DownlinkCommand { id, f_port, data, .. } = command;
            return TakenCommand { topic, id, f_port: f_port.into(), data };
        }
        let command: Json = serde_json::from_slice(&publish.payload).expect("it is JSON");
        let text = |name: &str| command[name].as_str().unwrap_or_default().to_owned();
        let data = BASE64.decode(text("data").as_bytes()).expect("it is Base64");
        let f_port = command["fPort"].as_u64().unwrap_or_default();
        TakenCommand { topic, id: text("id"), f_port, data }
    }

    /// Whether no command comes for a while.
    pub fn is_silent(&mut self, time: std::time::Duration) -> bool {
        self.client.is_silent(time)
    }

    fn publish(&mut self, sensor: &Sensor, event: &str, payload: Vec<u8>) {
        let dev_eui = sensor.dev_eui().to_lowercase();
        let prefix = self.prefix;
        let topic = format!("{prefix}application/{APPLICATION}/device/{dev_eui}/event/{event}");
        match self.quality {
            QoS::AtMostOnce => self.client.publish_once(&topic, payload),
            _ => self.client.publish(&[(topic, payload)]),
        }
    }
}

fn device_info(sensor: &Sensor) -> DeviceInfo {
    let application_id = APPLICATION.to_owned();
    DeviceInfo { application_id, dev_eui: sensor.dev_eui().to_lowercase() }
}

fn device_json(sensor: &Sensor) -> Json {
    json!({ "applicationId": APPLICATION, "devEui": sensor.dev_eui().to_lowercase() })
}
