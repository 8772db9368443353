//! A command as the device expects it, made by the device's decoder.

use std::{collections::HashMap, sync::Arc, time::Instant};

use champollion_delivery::{names::GroupId, records::DecoderName};
use champollion_registry::{Registry, channels::Caller, package::variables};
use champollion_sandbox::{Command, Settings};
use champollion_sdk::vectors::Hex;
use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::SendError;
use crate::{devices::Device, ingest::misbehaviour, workers::Workers};

/// Commands of one group that are encoded at once: those of others have room beside them.
const OF_A_GROUP: usize = 2;

/// Has decoders encode commands.
#[derive(Clone)]
pub struct Encoder {
    registry: Arc<Registry>,
    workers: Arc<Workers>,
    turns: Arc<Mutex<HashMap<GroupId, Arc<Semaphore>>>>,
}

/// A command as the device expects it.
#[derive(Clone, Debug)]
pub(super) struct Encoded {
    pub(super) decoder: DecoderName,
    pub(super) f_port: u8,
    pub(super) payload: Hex,
    pub(super) warnings: Vec<String>,
}

impl Encoder {
    /// An encoder over the parts that it works with.
    #[must_use]
    pub fn new(registry: Arc<Registry>, workers: Arc<Workers>) -> Self {
        Self { registry, workers, turns: Arc::default() }
    }

    /// The turns of a group.
    fn turns_of(&self, group: &GroupId) -> Arc<Semaphore> {
        let mut turns = self.turns.lock();
        let own = turns.entry(group.clone());
        Arc::clone(own.or_insert_with(|| Arc::new(Semaphore::new(OF_A_GROUP))))
    }

    /// Encodes a command for a device.
    pub(super) async fn encode(
        &self,
        device: &Device,
        command: &str,
        now: Timestamp,
    ) -> Result<Encoded, SendError> {
        let wanted = device.assignment.wanted().ok_or(SendError::NoDecoder(device.dev_eui))?;
        // What decodes its frames, a canary too. How that does is counted of frames alone.
        let caller = Caller { dev_eui: device.dev_eui, f_port: None };
        let (decoder, _) = self.registry.decoder_of(wanted, caller, now).await?;
        let settings = Settings { variables: variables(&device.variables), state: Vec::new() };
        let command = Command {
            data: command.to_owned(),
            issued_at: u64::try_from(now.as_millisecond()).unwrap_or(0),
        };
        let work = move || {
            let started = Instant::now();
            let call = decoder.decoder.encode_downlink(&command, &settings);
            decoder.count(&call, started.elapsed());
            (call, decoder)
        };
        let turns = self.turns_of(&device.group);
        // Closed never, so there is always a turn in the end.
        let turn = turns.acquire().await;
        let (call, decoder) = self.workers.run(work).await?;
        drop(turn);
        let name = DecoderName {
            id: decoder.id.to_string(),
            version: decoder.version.clone(),
            digest: decoder.decoder.digest(),
            // Commands are encoded by the package alone.
            mapping: None,
            fuel: call.fuel,
        };
        misbehaviour::note(&self.registry, &decoder, caller, call.result.as_ref().err()).await;
        match call.result {
            Ok(downlink) => Ok(Encoded {
                decoder: name,
                f_port: downlink.f_port,
                payload: Hex(downlink.payload),
                warnings: downlink.warnings,
            }),
            Err(error) => Err(SendError::NotEncoded(error)),
        }
    }
}
