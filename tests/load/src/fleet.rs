//! The recorded fleet: devices, their keys, and the frames that they sent.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};
use champollion_client::{PhyFrame, Registration};
use champollion_frames::DevEui;
use champollion_sdk::vectors::{self, Vector};
use serde::{Deserialize, de::DeserializeOwned};

/// The time before now over which frames are spread that name no moment of their own: the recording is of a day.
const SPREAD: Duration = Duration::from_secs(24 * 3_600);

/// A fleet as `tests/fleet/record.mjs` wrote it.
pub(crate) struct Fleet {
    pub(crate) devices: Vec<Device>,
    pub(crate) frames: Vec<Frame>,
    /// The vectors that the payloads were taken from, by `decoder folder: vector name`.
    pub(crate) vectors: HashMap<String, Vector>,
}

/// A device and what is registered of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Device {
    pub(crate) dev_eui: DevEui,
    /// The body of `PUT /v1/devices/{devEui}`.
    pub(crate) registration: Registration,
}

/// A frame and what must become of it.
#[derive(Deserialize)]
pub(crate) struct Frame {
    /// The body of `POST /v1/ingest/phy`.
    pub(crate) ingest: PhyFrame,
    pub(crate) expect: Expectation,
}

/// The expectation of a frame.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(crate) enum Expectation {
    /// It is decoded into what the vector of this name expects.
    Decoded { dev_eui: DevEui, f_cnt: u32, vector: String },
    /// It is refused, for the reason of this code.
    Refused(String),
}

impl Fleet {
    /// Reads the recording from its file.
    pub(crate) fn read() -> Result<Self> {
        let folder = workspace().join("tests/fleet");
        let devices = read_json(&folder.join("devices.json"))?;
        let path = folder.join("frames.ndjson");
        let mut frames: Vec<Frame> = fs::read_to_string(&path)
            .with_context(|| format!("{} cannot be read", path.display()))?
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .with_context(|| format!("{} is no recording", path.display()))?;
        date(&mut frames, SystemTime::now());
        Ok(Self { devices, frames, vectors: read_vectors()? })
    }
}

/// Dates the frames that name no moment, since their vectors do not depend on one: in their order, over the time that
/// has just passed.
fn date(frames: &mut [Frame], now: SystemTime) {
    let step = SPREAD.as_secs_f64() / frames.len().max(1) as f64;
    for (number, frame) in (1_u32..).zip(frames) {
        let at = now - SPREAD + Duration::from_secs_f64(step * f64::from(number));
        if frame.ingest.received_at.is_none() {
            frame.ingest.received_at = at.try_into().ok();
        }
    }
}

fn read_vectors() -> Result<HashMap<String, Vector>> {
    let mut all = HashMap::new();
    for folder in decoders()? {
        let path = folder.join("vectors.json");
        let vectors = vectors::parse(&fs::read_to_string(&path)?)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        all.extend(vectors.into_iter().map(|vector| (format!("{name}: {}", vector.name), vector)));
    }
    Ok(all)
}

/// The folder of the workspace.
fn workspace() -> PathBuf {
    // The crate's own folder is known when it is compiled; the workspace is two above it.
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}

/// The folders of the first-party decoders.
fn decoders() -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(workspace().join("decoders"));
    let folders = entries
        .context("the folder decoders cannot be read")?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.join("decoder.toml").is_file());
    Ok(folders.collect())
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
}
