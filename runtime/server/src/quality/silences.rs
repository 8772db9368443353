//! The lists of silent objects: each is made of all objects of a scope, and kept for a while, so that its pages are pieces of
//! one list.

use std::{fmt, str::FromStr, sync::Arc, time::Duration};

use champollion_frames::DevEui;
use champollion_service::quality::{Silent, Standing};
use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{Quality, Scope, members::standing};
use crate::{devices::Device, kept::Kept};

/// Bytes of all lists that are kept: two of a million objects.
const BYTES: usize = 32 << 20;

/// The time for which a list is kept: who asks for its next page later has it made anew.
const KEPT: Duration = Duration::from_secs(600);

/// The list that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AskedSilence {
    /// The objects that are asked about.
    pub(crate) scope: Scope,
    /// The least hours of silence.
    pub(crate) hours: u32,
}

/// The place of an object in a list: the moment at which it was last heard, in milliseconds, and its DevEUI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SilentPlace {
    heard: i64,
    dev_eui: DevEui,
}

/// The error of a text that is no place.
#[derive(Debug, thiserror::Error)]
#[error("it is no place of this list: take the `next` of the page before")]
pub(crate) struct NoPlace;

/// The objects that were silent when the list was made, the longest first.
pub(crate) struct SilentObjects {
    asked: AskedSilence,
    /// The moment before which each of them was last heard.
    since: Timestamp,
    places: Vec<SilentPlace>,
}

/// The lists that are kept.
pub(super) struct Silences(Kept<AskedSilence, SilentObjects>);

impl Default for Silences {
    fn default() -> Self {
        Self(Kept::new(BYTES, KEPT))
    }
}

impl fmt::Display for SilentPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016}-{}", self.heard.max(0), self.dev_eui)
    }
}

impl FromStr for SilentPlace {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let (heard, dev_eui) = text.split_once('-').ok_or(NoPlace)?;
        let heard = heard.parse().map_err(|_| NoPlace)?;
        Ok(Self { heard, dev_eui: dev_eui.parse().map_err(|_| NoPlace)? })
    }
}

impl From<&Silent> for SilentPlace {
    fn from(one: &Silent) -> Self {
        Self { heard: one.last_heard_at.as_millisecond(), dev_eui: one.dev_eui }
    }
}

impl Quality {
    /// Returns the list of silent objects whose page after a place is asked for: the one that is kept, or for the first page
    /// a new one. All objects of the scope are gone through for that.
    ///
    /// # Errors
    /// The time that is asked for began before all time.
    pub(crate) fn silent_objects(
        &self,
        asked: AskedSilence,
        after: Option<SilentPlace>,
    ) -> Result<Arc<SilentObjects>, jiff::Error> {
        let Silences(kept) = &self.silences;
        if let Some(known) = after.and_then(|_| kept.get(&asked)) {
            return Ok(known);
        }
        let since = Timestamp::now().checked_sub(SignedDuration::from_hours(asked.hours.into()))?;
        let today = self.days().of(Timestamp::now());
        let devices = asked.scope.devices(&self.devices, None);
        let silent = devices.filter_map(|device| self.silent_place(&device, (since, today)));
        let mut places: Vec<SilentPlace> = silent.collect();
        places.sort_unstable();
        let made = Arc::new(SilentObjects { asked, since, places });
        kept.put(made.asked.clone(), &made, made.places.len() * size_of::<SilentPlace>());
        Ok(made)
    }

    /// The place of an object that was not heard since a moment; nothing of one that is not silent, or is left out.
    fn silent_place(
        &self,
        device: &Device,
        (since, today): (Timestamp, Date),
    ) -> Option<SilentPlace> {
        let heard = self.devices.last_heard(device.dev_eui).filter(|heard| *heard < since)?;
        let has_notice = self.has_notice(device, today);
        let is_in_service = standing(&self.devices, device, has_notice) == Standing::InService;
        let place = SilentPlace { heard: heard.as_millisecond(), dev_eui: device.dev_eui };
        is_in_service.then_some(place)
    }
}

impl SilentObjects {
    /// The objects after a place that are still silent, without their last receptions.
    pub(crate) fn after<'of>(
        &'of self,
        quality: &'of Quality,
        after: Option<SilentPlace>,
    ) -> impl Iterator<Item = Silent> {
        let first = self.places.partition_point(|place| Some(*place) <= after);
        let today = quality.days().of(Timestamp::now());
        let still = move |place: &SilentPlace| {
            let device = quality.devices.get(place.dev_eui)?;
            // It may have been heard, or have left the scope, since the list was made.
            let is_still = self.asked.scope.takes(&device)
                && quality.silent_place(&device, (self.since, today)) == Some(*place);
            is_still.then(|| shown(&device, *place)).flatten()
        };
        self.places.iter().skip(first).filter_map(still)
    }
}

fn shown(device: &Device, place: SilentPlace) -> Option<Silent> {
    Some(Silent {
        dev_eui: device.dev_eui,
        name: device.name.as_str().to_owned(),
        group: device.group.clone(),
        sub_group: device.sub_group.clone(),
        use_case: device.use_case.clone(),
        last_heard_at: Timestamp::from_millisecond(place.heard).ok()?,
        last_reception: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written_and_sorts_as_its_text() {
        let place = |heard, dev_eui: &str| SilentPlace { heard, dev_eui: dev_eui.parse().unwrap() };
        let places = [
            place(0, "70B3D5499A000001"),
            place(999, "70B3D5499A000001"),
            place(1_767_225_600_000, "70B3D5499A000001"),
            place(1_767_225_600_000, "70B3D5499A000002"),
        ];
        let texts = places.map(|place| place.to_string());
        assert!(places.is_sorted() && texts.is_sorted(), "{texts:?}");
        for (place, text) in places.iter().zip(&texts) {
            assert_eq!(text.parse::<SilentPlace>().ok(), Some(*place));
        }
        for text in ["", "7", "a-70B3D5499A000001", "7-70B3"] {
            assert!(text.parse::<SilentPlace>().is_err(), "{text}");
        }
    }
}
