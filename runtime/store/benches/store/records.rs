//! Records as partners get them, made of the vectors of the first-party decoders: what is compressed must be like what
//! is kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Groups that the decoders are spread over.
const GROUPS: [&str; 4] = ["water", "lighting", "parking", "buildings"];

/// Channels of Europe, in hertz.
const FREQUENCIES: [u64; 4] = [868_100_000, 868_300_000, 868_500_000, 867_100_000];

/// Devices of each decoder.
const DEVICES: u64 = 40;

/// Gateways of the network.
const GATEWAYS: usize = 30;

/// The moment of the first record, in milliseconds since the epoch.
const FIRST_MOMENT: u64 = 1_767_225_600_000;

/// Numbers without a visible order, the same in every run (xorshift).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound
    }

    fn of<'list, T>(&mut self, list: &'list [T]) -> &'list T {
        let index = self.below(list.len() as u64) as usize;
        list.get(index).expect("the list has entries")
    }

    fn hexadecimal(&mut self, digits: usize) -> String {
        (0..digits).map(|_| format!("{:X}", self.below(16))).collect()
    }
}

/// Parts that records are made of.
pub(crate) struct Parts {
    /// The vectors of each decoder that have a reading.
    decoders: Vec<(String, Vec<Value>)>,
    /// The receptions of frames.
    receptions: Vec<Value>,
}

impl Parts {
    /// Returns the parts in the sources of the product.
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut decoders: Vec<_> =
            folders(&root.join("decoders")).iter().filter_map(|folder| decoder(folder)).collect();
        decoders.sort_by(|one, other| one.0.cmp(&other.0));
        let frames = fs::read_to_string(root.join("tests/fleet/frames.ndjson")).expect("frames");
        let frames = frames.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let receptions = frames.filter_map(|frame| frame.pointer("/ingest/gateways").cloned());
        Self { decoders, receptions: receptions.collect() }
    }

    /// Returns the parts of every second decoder, and those of the others.
    pub(crate) fn halves(&self) -> [Self; 2] {
        [0, 1].map(|half| {
            let every_second = self.decoders.iter().skip(half).step_by(2).cloned();
            Self { decoders: every_second.collect(), receptions: self.receptions.clone() }
        })
    }

    /// Makes entries of a mailbox: a moment and a record as JSON.
    pub(crate) fn entries(
        &self,
        count: usize,
        numbers: &mut Numbers,
        names: Names,
    ) -> Vec<Vec<u8>> {
        let fleet: BTreeMap<&str, Vec<Device>> = self
            .decoders
            .iter()
            .map(|(name, _)| (name.as_str(), (0..DEVICES).map(|_| Device::new(numbers)).collect()))
            .collect();
        let digest_of_decoder: BTreeMap<&str, String> =
            self.decoders.iter().map(|(name, _)| (name.as_str(), digest(numbers))).collect();
        let mut gateways = gateway_names(numbers);
        let mut moment = FIRST_MOMENT;
        let mut entry = || {
            let (name, vectors) = numbers.of(&self.decoders);
            let device = numbers.of(&fleet[name.as_str()]);
            let digest = match names {
                Names::Kept => digest_of_decoder[name.as_str()].clone(),
                Names::New => digest(numbers),
            };
            if names == Names::New {
                gateways = gateway_names(numbers);
            }
            moment += numbers.below(1_000);
            let record = self.record(
                Sender { decoder: name, device, digest: &digest },
                numbers.of(vectors),
                moment,
                &gateways,
                numbers,
            );
            let mut entry = moment.to_be_bytes().to_vec();
            serde_json::to_writer(&mut entry, &record).expect("it is JSON");
            entry
        };
        (0..count).map(|_| entry()).collect()
    }

    fn record(
        &self,
        Sender { decoder, device, digest }: Sender<'_>,
        vector: &Value,
        moment: u64,
        gateway_names: &[String],
        numbers: &mut Numbers,
    ) -> Value {
        let counter = numbers.below(70_000);
        let gateways = renamed(numbers.of(&self.receptions), gateway_names);
        let best = gateways.get(0).cloned().unwrap_or_default();
        let payload = vector.pointer("/uplink/payload").and_then(Value::as_str).unwrap_or_default();
        let group = GROUPS[decoder.len() % GROUPS.len()];
        json!({
            "type": "record",
            "formatVersion": "1.3",
            "id": format!("{}-{counter:08X}-{}", device.dev_eui, numbers.hexadecimal(8)),
            "group": group,
            "device": {
                "devEui": device.dev_eui,
                "name": device.name,
                "subGroup": "north",
                "useCase": "water-metering",
                "tags": { "street": device.street },
            },
            "receivedAt": time(moment),
            "recordedAt": time(moment + numbers.below(1_000)),
            "verifiedBy": "mic",
            "networkServer": "city",
            "uplink": {
                "devAddr": device.dev_addr,
                "fCnt": counter,
                "fPort": vector.pointer("/uplink/fPort"),
                "confirmed": false,
                "payload": numbers.hexadecimal(payload.len()),
            },
            "radio": {
                "bestReception": {
                    "gateway": best["gatewayId"], "rssiDbm": best["rssiDbm"], "snrDb": best["snrDb"],
                },
                "rssiDbm": best["rssiDbm"],
                "snrDb": best["snrDb"],
                "redundancy": gateways.as_array().map_or(0, Vec::len),
                "frequencyHz": numbers.of(&FREQUENCIES),
                "spreadingFactor": 7 + numbers.below(6),
                "bandwidthHz": 125_000,
                "codingRate": "4/5",
                "region": "EU868",
                "gateways": gateways,
            },
            "decoder": {
                "id": decoder.replacen('-', "/", 1),
                "version": "1.0.0",
                "digest": digest,
                "fuel": 5_000 + numbers.below(25_000),
            },
            "decoded": decoded(&vector["expect"]["reading"], device, numbers),
        })
    }
}

/// Names of gateways and digests of packages in records.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// The same in all records, as in the records of one network.
    Kept,
    /// Other ones in each record, so that a dictionary learns none.
    New,
}

/// A device and its decoder.
#[derive(Clone, Copy)]
struct Sender<'fleet> {
    decoder: &'fleet str,
    device: &'fleet Device,
    digest: &'fleet str,
}

struct Device {
    dev_eui: String,
    dev_addr: String,
    name: String,
    street: String,
    /// The ids of its measurements begin so.
    measurements: String,
}

impl Device {
    fn new(numbers: &mut Numbers) -> Self {
        Self {
            dev_eui: numbers.hexadecimal(16),
            dev_addr: numbers.hexadecimal(8),
            name: format!("{} {}", word(numbers), numbers.below(10_000)),
            street: format!("rue {} {}", word(numbers), word(numbers)),
            measurements: word(numbers).to_uppercase(),
        }
    }
}

fn word(numbers: &mut Numbers) -> String {
    (0..4 + numbers.below(6)).map(|_| char::from(b'a' + numbers.below(26) as u8)).collect()
}

fn gateway_names(numbers: &mut Numbers) -> Vec<String> {
    (0..GATEWAYS).map(|_| numbers.hexadecimal(16)).collect()
}

/// A reception by other gateways.
fn renamed(reception: &Value, names: &[String]) -> Value {
    let mut reception = reception.clone();
    for gateway in reception.as_array_mut().into_iter().flatten() {
        let told = gateway["gatewayId"].as_str().unwrap_or_default();
        let index = told.bytes().map(usize::from).sum::<usize>() % names.len();
        gateway["gatewayId"] = json!(names[index]);
    }
    reception
}

fn digest(numbers: &mut Numbers) -> String {
    format!("sha256:{}", numbers.hexadecimal(64).to_lowercase())
}

fn time(milliseconds: u64) -> String {
    let (seconds, rest) = (milliseconds / 1_000, milliseconds % 1_000);
    let (hours, minutes, day) =
        (seconds / 3_600 % 24, seconds / 60 % 60, seconds / 86_400 % 28 + 1);
    format!("2026-03-{day:02}T{hours:02}:{minutes:02}:{:02}.{rest:03}Z", seconds % 60)
}

/// A reading as a record has it: with other numbers each time, and an id for each measurement.
fn decoded(reading: &Value, device: &Device, numbers: &mut Numbers) -> Value {
    let mut decoded = varied(reading, numbers);
    if let Some(measurements) = decoded.get_mut("measurements").and_then(Value::as_array_mut) {
        for (index, measurement) in measurements.iter_mut().enumerate() {
            let id = format!("{:A<12}{index:04}", device.measurements);
            let mut with_id = Map::from_iter([("id".to_owned(), Value::from(id))]);
            with_id.extend(measurement.as_object().cloned().unwrap_or_default());
            *measurement = Value::Object(with_id);
        }
    }
    decoded
}

fn varied(value: &Value, numbers: &mut Numbers) -> Value {
    match value {
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(small), _) if small < 10 => value.clone(),
            (Some(whole), _) => json!(whole - whole / 4 + numbers.below(whole / 2 + 1)),
            (None, Some(real)) => {
                let share = 0.75 + numbers.below(500) as f64 / 1_000.0;
                json!((real * share * 1_000.0).round() / 1_000.0)
            }
            (None, None) => value.clone(),
        },
        Value::Array(values) => values.iter().map(|value| varied(value, numbers)).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| match name.as_str() {
                "span" | "channel" => (name.clone(), value.clone()),
                _ => (name.clone(), varied(value, numbers)),
            });
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the sources are there");
    entries.map(|entry| entry.expect("it is listed").path()).collect()
}

fn decoder(folder: &Path) -> Option<(String, Vec<Value>)> {
    let text = fs::read_to_string(folder.join("vectors.json")).ok()?;
    let vectors: Vec<Value> = serde_json::from_str(&text).ok()?;
    let wanted = |vector: &Value| {
        vector.pointer("/expect/reading").is_some() && vector.pointer("/uplink/payload").is_some()
    };
    let vectors: Vec<Value> = vectors.into_iter().filter(wanted).collect();
    let name = folder.file_name()?.to_str()?.to_owned();
    (!vectors.is_empty()).then_some((name, vectors))
}
