//! Tries a route with a record that is nobody's, or with one of the group.

use std::time::Instant;

use champollion_store::Sequence;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use tokio::time::timeout;

use super::{attempts::Attempt, dispatcher::Dispatcher, error::DispatchError, live::LiveRoute};
use crate::{
    destinations::{HandoverResult, Parcel, Shaped, Verdict},
    files::{FilePush, Place, PlaceError},
    formats::FormatError,
    mailbox::DeliveryError,
    names::RouteKey,
    records::{FORMAT_VERSION, Head},
    routes::{Route, RouteError, Way},
};

/// The content of a file that tries a route.
const TEST_FILE: &[u8] = b"Somebody tries a route. This file is taken away again.\n";

/// Records that are looked at for the latest that a route takes.
const LATEST: usize = 128;

/// The record that a route is tried with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sample {
    /// One that is nobody's.
    Specimen,
    /// The latest of the group that the route takes.
    Latest,
    /// One of the group, by its id.
    Record(String),
}

impl Dispatcher {
    /// Hands a record over that says that it is a test, to see whether the recipient takes it.
    ///
    /// # Errors
    /// There is no such route or no such record, or nothing is handed over on it.
    pub async fn test(&self, key: &RouteKey, sample: &Sample) -> Result<Attempt, DispatchError> {
        let live = self.find(key)?.live;
        let route = live.route();
        let record = self.sample(key, &route, sample).await?;
        let (at, began) = (Timestamp::now(), Instant::now());
        let attempt = match route.way(key, &self.destination_limits)? {
            Way::Push { recipient, .. } => {
                let parcel = specimen(&route, &record, at).map_err(RouteError::from)?;
                let handed = recipient.hand_over(&parcel).await;
                let names = parcel.records.into_iter().map(|record| record.id);
                Attempt::new(at, parcel.id, names, &handed, began.elapsed())
            }
            Way::Files { push, place } => {
                let (extension, content) = match sample {
                    Sample::Specimen => ("txt", TEST_FILE.to_vec()),
                    Sample::Latest | Sample::Record(_) => {
                        (push.format.extension(), test_file(&route, &push, &record, at)?)
                    }
                };
                let name = format!("champollion-test-{}.{extension}", at.as_millisecond());
                let handed = try_place(&push, &*place, &name, &content).await;
                Attempt::new(at, name, std::iter::empty(), &handed, began.elapsed())
            }
            Way::Pull => {
                let (key, kind) = (key.clone(), route.to.kind());
                let why = "its records are fetched, so there is nothing to try";
                return Err(DispatchError::WrongKind { key, kind, why });
            }
        };
        live.attempts.note(attempt.clone());
        Ok(attempt)
    }
}

impl Dispatcher {
    /// The record that a route is tried with, as it is stored.
    async fn sample(
        &self,
        key: &RouteKey,
        route: &Route,
        sample: &Sample,
    ) -> Result<String, DispatchError> {
        let group = &key.group;
        let found = match sample {
            Sample::Specimen => return Ok(include_str!("specimen.json").to_owned()),
            Sample::Latest => {
                let last = self.mailbox.extent(group).await?.last.get();
                let after = Sequence::new(last.saturating_sub(LATEST as u64));
                let page = self.mailbox.records_after(group, after, LATEST).await?;
                page.into_iter().rev().find(|record| LiveRoute::takes(route, &record.json))
            }
            Sample::Record(id) => self.record(group, Sequence::BEGINNING, id).await?,
        };
        let found = found.map(|record| record.json.to_string());
        found.ok_or_else(|| DispatchError::NoSuchRecord {
            reason: match sample {
                Sample::Record(id) => format!("the group {group} keeps no record {id:?}"),
                _ => format!(
                    "none of the latest {LATEST} records that the group {group} keeps is one that the \
                     route takes: try it without a record"
                ),
            },
        })
    }
}

/// The content of a file that is made of a record.
fn test_file(
    route: &Route,
    push: &FilePush,
    record: &str,
    now: Timestamp,
) -> Result<Vec<u8>, DispatchError> {
    let parcel = specimen(route, record, now).map_err(RouteError::from)?;
    let records: Vec<&str> = parcel.records.iter().map(|record| &*record.json).collect();
    push.format.write(&records, &push.table_options()).map_err(|error| match error {
        FormatError::Record(error) => RouteError::from(error).into(),
        error => DeliveryError::Unwritable { reason: error.to_string() }.into(),
    })
}

/// Puts a file into a place, and takes it away.
async fn try_place(
    push: &FilePush,
    place: &dyn Place,
    name: &str,
    content: &[u8],
) -> HandoverResult {
    let tried = async {
        place.put(name, content).await?;
        Ok::<_, PlaceError>(place.remove(name).await)
    };
    match timeout(push.timeout(), tried).await {
        Ok(Ok(Ok(()))) => HandoverResult::taken(None),
        // Files come: taking one away is asked of a place for this alone.
        Ok(Ok(Err(error))) => {
            let said =
                format!("written, but the test file {name} could not be taken away: {error}");
            HandoverResult::new(Verdict::Taken, None, &said)
        }
        Ok(Err(error)) => HandoverResult::failed(&error.into()),
        Err(_) => {
            let seconds = push.timeout_seconds;
            HandoverResult::failed(&PlaceError::TimedOut { seconds }.into())
        }
    }
}

/// Makes the parcel that tries a route of a record. It says so, and has a name of its own, so that nobody takes
/// it for the record.
fn specimen(route: &Route, sample: &str, now: Timestamp) -> Result<Parcel, serde_json::Error> {
    let id = format!("test-{}", now.as_millisecond());
    let mut record: Map<String, Json> = serde_json::from_str(sample)?;
    let of = record.insert("id".to_owned(), json!(id));
    if record.get("test").is_none() {
        record.insert("testOf".to_owned(), of.unwrap_or_default());
    } else {
        record.insert("receivedAt".to_owned(), json!(now));
    }
    for (name, value) in
        [("type", json!("test")), ("formatVersion", json!(FORMAT_VERSION)), ("test", json!(true))]
    {
        record.insert(name.to_owned(), value);
    }
    let record = Json::Object(record).to_string();
    let head = Head::read(&record)?;
    let dev_eui = head.device.dev_eui.parse().map_err(serde::de::Error::custom)?;
    let received_at = head.received_at;
    let json = route.presentation().of(&record)?.into();
    let shaped = Shaped { id: id.clone(), dev_eui, received_at, json };
    Ok(Parcel { id, records: vec![shaped], is_test: true, trace: None })
}
