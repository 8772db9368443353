//! Silent objects, with the reception that was their last.

use std::collections::{BTreeMap, HashMap};

use champollion_fleet::names::{GroupId, SubGroup, UseCase};
use champollion_frames::DevEui;
use champollion_store::TableError;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    books::{Books, day_of_group},
    days::between,
    tally::Tally,
};

/// The last reception of a device, as its best gateway had it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastReception {
    /// The gateway, as the network server names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// The signal strength there, in dBm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rssi_dbm: Option<i16>,
    /// The signal-to-noise ratio there, in dB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snr_db: Option<f32>,
    /// The spreading factor of the frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spreading_factor: Option<u8>,
}

/// An object in service that has not been heard for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SilentObject)]
pub struct Silent {
    /// The DevEUI of the object.
    pub dev_eui: DevEui,
    /// Its name for people; absent where it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The group of the object.
    pub group: GroupId,
    /// The part of the group that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_group: Option<SubGroup>,
    /// The purpose of the object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// When it was last heard.
    pub last_heard_at: Timestamp,
    /// The reception of the last frame; absent where it is older than what is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_reception: Option<LastReception>,
}

impl From<&Tally> for LastReception {
    fn from(tally: &Tally) -> Self {
        Self {
            gateway: tally.gateway.as_deref().map(str::to_owned),
            rssi_dbm: tally.rssi_dbm,
            snr_db: tally.snr_quarters.map(|quarters| f32::from(quarters) / 4.0),
            spreading_factor: tally.spreading_factor,
        }
    }
}

/// Returns the last receptions of devices of groups, each of which was last heard on a day. The rows of a day are read once.
///
/// # Errors
/// [`TableError`] where the store does not answer.
pub async fn last_receptions(
    books: &Books,
    devices: &[(GroupId, DevEui, Date)],
) -> Result<HashMap<DevEui, LastReception>, TableError> {
    let (mut found, mut by_day) =
        (HashMap::new(), BTreeMap::<(&GroupId, Date), Vec<DevEui>>::new());
    for (group, dev_eui, day) in devices {
        let look =
            |_, tallies: &HashMap<DevEui, Tally>| tallies.get(dev_eui).map(LastReception::from);
        match books.find_open(group, look) {
            Some(reception) => drop(found.insert(*dev_eui, reception)),
            None => by_day.entry((group, *day)).or_default().push(*dev_eui),
        }
    }
    for ((group, day), wanted) in by_day {
        let (_, tallies) = day_of_group(books.store(), group, day).await?;
        for dev_eui in wanted {
            // The tallies of a day lie in the order of their DevEUIs.
            if let Ok(place) = tallies.binary_search_by_key(&dev_eui, |(dev_eui, _)| *dev_eui) {
                found.insert(dev_eui, LastReception::from(&tallies[place].1));
            }
        }
    }
    Ok(found)
}

/// Returns of each device of some groups the one gateway that heard all of its frames on some days, where it was one.
///
/// # Errors
/// [`TableError`] where the store does not answer.
pub async fn only_gateways(
    books: &Books,
    groups: &[GroupId],
    (first, last): (Date, Date),
) -> Result<BTreeMap<DevEui, String>, TableError> {
    let mut only: BTreeMap<DevEui, Option<String>> = BTreeMap::new();
    let mut note = |dev_eui: DevEui, tally: &Tally| {
        let gateway = tally.only_gateway();
        let known = only.entry(dev_eui).or_insert_with(|| gateway.map(str::to_owned));
        if known.as_deref() != gateway {
            *known = None;
        }
    };
    for group in groups {
        for day in between(first.max(books.calendar().since), last) {
            if books.calendar().is_closed(day) {
                let (_, tallies) = day_of_group(books.store(), group, day).await?;
                tallies.iter().for_each(|(dev_eui, tally)| note(*dev_eui, tally));
            } else {
                books.look_open(group, day, |dev_eui, tally| note(dev_eui, tally));
            }
        }
    }
    Ok(only.into_iter().filter_map(|(dev_eui, gateway)| Some((dev_eui, gateway?))).collect())
}
