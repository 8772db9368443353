//! A command to all devices of a group, with what became of it for each.
//!
//! A large group is commanded in several batches. Should the process end between two, the request
//! with the same Idempotency-Key goes on where the first one ended, and commands no device twice.

use std::{collections::HashMap, sync::Arc};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_registry::ledger::AuditEntry;
use champollion_store::{Batch, Store, Table, codec::Pair, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{Downlinks, Encoded, GroupCommandRequest, LedgerError, Plan, SendError, Sender};
use crate::{authors::Author, devices::Device, downlinks::requests::Answered};

const RESULTS: Table<(Uuid, DevEui), GroupResult, Pair> = Table::new(tables::DOWNLINKS_OF_GROUP);

/// Most devices of one command: all lights of a large town.
const DEVICES: usize = 20_000;

/// Devices that are commanded in one batch: with commands of usual length some 500 KB.
const AT_ONCE: usize = 200;

/// The answer to a command to a group.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupAnswer {
    /// The name of the command to the group.
    pub id: Uuid,
    /// The name of the group.
    pub group: GroupId,
    /// For how many devices it waits to be handed over.
    pub queued: usize,
    /// For how many it could not be taken.
    pub refused: usize,
    /// The result for each device, in the order of their DevEUIs.
    pub results: Vec<GroupResult>,
}

/// The result of a command for one device of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupResult {
    /// The DevEUI of the device.
    pub dev_eui: DevEui,
    /// The name of its command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downlink: Option<Uuid>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Refused>,
}

/// Why a device is not commanded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = CommandRefusal)]
pub struct Refused {
    /// The reason, for programs.
    pub code: String,
    /// The reason, for people.
    pub detail: String,
}

/// The words of a refusal that stands among what became of other devices.
pub type Words = fn(SendError) -> Refused;

impl Downlinks {
    /// Takes a command to the devices of a group. The same request once more is the same command. `words`
    /// says why one of them is not commanded, as the sender is told.
    pub async fn send_to_group(
        &self,
        group: &GroupId,
        devices: &[Arc<Device>],
        wish: &GroupCommandRequest,
        (sender, author): (&Sender, &dyn Author),
        words: Words,
    ) -> Result<GroupAnswer, SendError> {
        let mut begun = None;
        let mut _answering = None;
        if let Some(request) = &sender.request {
            match self.requests.begin(request).await? {
                Answered::Before(id) => return answer(&*self.store, id, group).await,
                Answered::Not(answering) => {
                    begun = answering.begun;
                    _answering = Some(answering);
                }
            }
        }
        let meant: Vec<&Arc<Device>> =
            devices.iter().filter(|device| wish.means(&device.tags)).collect();
        if meant.is_empty() {
            return Err(SendError::NobodyMeant(group.clone()));
        }
        if meant.len() > DEVICES {
            return Err(SendError::TooMany { devices: meant.len(), limit: DEVICES });
        }
        let (now, each) = (Timestamp::now(), wish.each());
        let expires_at = each.expiry(now, self.settings.expire_hours)?;
        let text = each.command_text()?;
        let id = begun.unwrap_or_else(Uuid::now_v7);
        let plan = Plan { wish: &each, sender, now, expires_at, group_command: Some(id) };
        let done: HashMap<DevEui, GroupResult> = match begun {
            Some(_) => {
                let results = results(&*self.store, id).await?.into_iter();
                results.map(|result| (result.dev_eui, result)).collect()
            }
            None => HashMap::new(),
        };
        let mut encodings = Encodings::default();
        let rest: Vec<&Device> = meant
            .into_iter()
            .map(|device| &**device)
            .filter(|device| !done.contains_key(&device.dev_eui))
            .collect();
        let mut places = self.reserve(group, rest.len()).await?;
        let rounds = rest.len().div_ceil(AT_ONCE).max(1);
        for round in 0..rounds {
            let mut batch = Batch::new();
            let mut taken = Vec::new();
            for &device in rest.iter().skip(round * AT_ONCE).take(AT_ONCE) {
                let result = match self.of_one(device, &plan, &text, &mut encodings).await {
                    Ok(downlink) => {
                        self.ledger.put_new(&mut batch, &downlink)?;
                        let id = Some(downlink.id);
                        taken.push(downlink);
                        GroupResult { dev_eui: device.dev_eui, downlink: id, problem: None }
                    }
                    Err(error @ SendError::NotKept(_)) => return Err(error),
                    Err(error) => {
                        let problem = Some(words(error));
                        GroupResult { dev_eui: device.dev_eui, downlink: None, problem }
                    }
                };
                RESULTS.put(&mut batch, &(id, result.dev_eui), &result)?;
            }
            let complete = round + 1 == rounds;
            if let Some(request) = &sender.request {
                self.requests.put(&mut batch, request, id, complete, now)?;
            }
            if round == 0 {
                // A request that goes on after the end of a process has a line again, of what was left.
                let act = AuditEntry::of_act("command-send-to-group", group)
                    .with(json!({ "id": id, "devices": rest.len() }));
                author.commit(batch, act).await.map_err(LedgerError::from)?;
            } else {
                self.store.commit(batch).await?;
            }
            let kept = taken.len();
            self.ledger.taken(taken);
            places.iter_mut().for_each(|place| place.kept(kept));
        }
        answer(&*self.store, id, group).await
    }

    async fn of_one(
        &self,
        device: &Device,
        plan: &Plan<'_>,
        text: &str,
        encodings: &mut Encodings,
    ) -> Result<super::Downlink, SendError> {
        let server = self.server_of(device)?;
        let key = Encodings::key(device);
        let encoded = match encodings.0.get(&key) {
            Some(encoded) => encoded.clone(),
            None => {
                let encoded = self.encoder.encode(device, text, plan.now).await?;
                encodings.0.insert(key, encoded.clone());
                encoded
            }
        };
        Ok(plan.downlink(device, server, encoded))
    }
}

/// The same command for the same decoder and settings is the same payload: a decoder is a function of
/// what it is given, and the lights of a street are encoded once.
#[derive(Default)]
pub(super) struct Encodings(HashMap<String, Encoded>);

impl Encodings {
    /// The name of all devices that get the same payload.
    pub(super) fn key(device: &Device) -> String {
        format!("{:?} {:?}", device.assignment.wanted(), device.variables)
    }
}

async fn answer(store: &dyn Store, id: Uuid, group: &GroupId) -> Result<GroupAnswer, SendError> {
    let results = results(store, id).await?;
    let queued = results.iter().filter(|result| result.downlink.is_some()).count();
    let refused = results.len() - queued;
    Ok(GroupAnswer { id, group: group.clone(), queued, refused, results })
}

async fn results(store: &dyn Store, id: Uuid) -> Result<Vec<GroupResult>, LedgerError> {
    let lines = RESULTS.pages_under(store, Pair::prefix(&id)).all().await?;
    Ok(lines.into_iter().map(|(_, result)| result).collect())
}

/// Forgets what became of commands that were given before a moment.
pub(super) async fn forget_before(store: &dyn Store, moment: Timestamp) -> Result<(), LedgerError> {
    // Names are in the order of time, and start with it in milliseconds.
    let milliseconds = u64::try_from(moment.as_millisecond()).unwrap_or(0);
    let end = Uuid::from_u128(u128::from(milliseconds) << 80);
    let lines = RESULTS.raw();
    let mut pages = lines.pages(store);
    while let Some(page) = pages.next().await? {
        let mut batch = Batch::new();
        for (key, _) in page.iter().take_while(|((id, _), _)| *id < end) {
            lines.delete(&mut batch, key);
        }
        if batch.is_empty() {
            return Ok(());
        }
        store.commit(batch).await?;
    }
    Ok(())
}
