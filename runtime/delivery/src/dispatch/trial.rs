//! Tries a route with a record that is nobody's.

use std::time::Instant;

use jiff::Timestamp;
use tokio::time::timeout;

use super::{attempts::Attempt, dispatcher::Dispatcher, error::DispatchError};
use crate::{
    destinations::{HandoverResult, Parcel, Shaped, Verdict},
    files::{FilePush, Place, PlaceError},
    names::RouteKey,
    routes::{Route, RouteError, Way},
};

/// The content of a file that tries a route.
const TEST_FILE: &[u8] = b"Somebody tries a route. This file is taken away again.\n";

/// The DevEUI in a record that somebody tries a route with.
const NO_DEVICE: &str = "0000000000000000";

impl Dispatcher {
    /// Hands a record over that is nobody's, to see whether the recipient takes it.
    ///
    /// # Errors
    /// There is no such route, or nothing is handed over on it.
    pub async fn test(&self, key: &RouteKey) -> Result<Attempt, DispatchError> {
        let live = self.find(key)?.live;
        let route = live.route();
        let (at, began) = (Timestamp::now(), Instant::now());
        let attempt = match route.way(key, &self.destination_limits)? {
            Way::Push { recipient, .. } => {
                let parcel = specimen(&route, at).map_err(RouteError::from)?;
                let handed = recipient.hand_over(&parcel).await;
                let names = parcel.records.into_iter().map(|record| record.id);
                Attempt::new(at, parcel.id, names, &handed, began.elapsed())
            }
            Way::Files { push, place } => {
                let name = format!("champollion-test-{}.txt", at.as_millisecond());
                let handed = try_place(&push, &*place, &name).await;
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

/// Puts a file that says nothing into a place, and takes it away.
async fn try_place(push: &FilePush, place: &dyn Place, name: &str) -> HandoverResult {
    let tried = async {
        place.put(name, TEST_FILE).await?;
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
        Ok(Err(error)) => HandoverResult::later(error.to_string()),
        Err(_) => {
            let seconds = push.timeout_seconds;
            HandoverResult::later(PlaceError::TimedOut { seconds }.to_string())
        }
    }
}

/// Makes the parcel that tries a route. It says so, and is no record of a frame.
fn specimen(route: &Route, now: Timestamp) -> Result<Parcel, serde_json::Error> {
    let id = format!("test-{}", now.as_millisecond());
    let mut record: serde_json::Value = serde_json::from_str(include_str!("specimen.json"))?;
    record["id"] = serde_json::json!(id);
    record["receivedAt"] = serde_json::json!(now);
    let record = record.to_string();
    let json = route.shape.of(&record)?.into();
    let shaped = Shaped {
        id: id.clone(),
        dev_eui: NO_DEVICE.parse().map_err(serde::de::Error::custom)?,
        received_at: now,
        json,
    };
    Ok(Parcel { id, records: vec![shaped] })
}
