//! Parcels, the units that are handed over, made of records that wait.

use std::{borrow::Cow, sync::Arc};

use sha2::{Digest as _, Sha256};

use super::lanes::Waiting;
use crate::{
    destinations::{Parcel, Shaped},
    records::{Head, StoredRecord},
    routes::{Handed, HandedByDevice, Presentation, Route},
};

/// A record that a route takes, as it waits for its turn; `None` for one that the route does not take.
pub(super) fn waiting(
    route: &Route,
    StoredRecord { sequence, stored_at, json }: StoredRecord,
) -> Result<Option<Waiting>, serde_json::Error> {
    let head = Head::read(&json)?;
    if !route.filter.takes(&head) {
        return Ok(None);
    }
    let dev_eui = head.device.dev_eui.parse().map_err(serde::de::Error::custom)?;
    let (id, received_at) = (head.id.to_string(), head.received_at);
    Ok(Some(Waiting { sequence, id, dev_eui, received_at, stored_at, json }))
}

/// Records as a route asks for them, as they are handed over together. Where it hands over new measurements only,
/// `handed` is what the devices were handed over, and what they are once the parcel is taken.
pub(super) fn parcel(
    route: &Route,
    taken: &[Waiting],
    handed: &mut HandedByDevice,
) -> Result<Parcel, serde_json::Error> {
    let presentation = route.presentation();
    let shaped = taken
        .iter()
        .map(|waiting| shaped(&presentation, waiting, handed.get_mut(&waiting.dev_eui)));
    let records = shaped.collect::<Result<Vec<_>, _>>()?;
    Ok(Parcel { id: name(&records), records, is_test: false, trace: None })
}

/// A record as a route asks for it.
fn shaped(
    presentation: &Presentation,
    waiting: &Waiting,
    handed: Option<&mut Handed>,
) -> Result<Shaped, serde_json::Error> {
    let json = match handed {
        None => presentation.of(&waiting.json)?,
        Some(handed) => {
            let (json, told) = presentation.of_new(&waiting.json, handed)?;
            handed.note(&told);
            Cow::Owned(json)
        }
    };
    Ok(Shaped {
        id: waiting.id.clone(),
        dev_eui: waiting.dev_eui,
        received_at: waiting.received_at,
        json: match json {
            Cow::Borrowed(_) => Arc::clone(&waiting.json),
            Cow::Owned(shorter) => shorter.into(),
        },
    })
}

/// The name of a parcel: that of its only record, or what is the same for the same records.
fn name(records: &[Shaped]) -> String {
    match records {
        [only] => only.id.clone(),
        many => {
            let mut digest = Sha256::new();
            for record in many {
                digest.update(record.id.as_bytes());
                digest.update(b"\n");
            }
            let digest = data_encoding::HEXLOWER.encode(&digest.finalize()[..16]);
            format!("batch-{digest}")
        }
    }
}
