//! Hearing: gateways are noted in memory while frames come.

use std::collections::HashMap;

use champollion_frames::Reception;
use jiff::Timestamp;
use parking_lot::Mutex;

use super::gateway::HeardNow;

/// Gateways that are remembered; a territory has hundreds. Messages may name anything.
pub(super) const MOST: usize = 20_000;

/// Most bytes of the name of a gateway: those of longer names are not kept.
pub(super) const NAME_BYTES: usize = 128;

/// Gateways that were heard since the last time.
#[derive(Default)]
pub struct Hearing(Mutex<HashMap<String, HeardNow>>);

impl Hearing {
    /// Notes the gateways that heard a frame.
    pub fn note(&self, receptions: &[Reception], at_ms: u64) {
        if receptions.is_empty() {
            return;
        }
        let now = Timestamp::now().as_millisecond();
        let at_ms = i64::try_from(at_ms).unwrap_or(now).min(now);
        let mut heard = self.0.lock();
        for (index, reception) in receptions.iter().enumerate() {
            let name = &reception.gateway_id;
            // A gateway with two antennas tells a frame twice.
            if receptions[..index].iter().all(|earlier| earlier.gateway_id != *name) {
                note(&mut heard, name, at_ms, 1);
            }
        }
    }

    /// Notes a status message of a gateway.
    pub fn note_status(&self, gateway: &str, at: Timestamp) {
        let at_ms = at.min(Timestamp::now()).as_millisecond();
        let mut heard = self.0.lock();
        if let Some(heard) = note(&mut heard, gateway, at_ms, 0) {
            heard.status_ms = heard.status_ms.max(Some(at_ms));
        }
    }

    pub(super) fn take(&self) -> HashMap<String, HeardNow> {
        std::mem::take(&mut self.0.lock())
    }

    /// Has what was taken, and could not be kept, be taken once more.
    pub(super) fn give_back(&self, gateway: String, earlier: HeardNow) {
        self.0.lock().entry(gateway).or_default().add(&earlier);
    }
}

fn note<'of>(
    heard: &'of mut HashMap<String, HeardNow>,
    name: &str,
    at_ms: i64,
    frames: u64,
) -> Option<&'of mut HeardNow> {
    if !heard.contains_key(name) {
        if heard.len() == MOST || name.is_empty() || name.len() > NAME_BYTES {
            return None;
        }
        heard.insert(name.to_owned(), HeardNow::default());
    }
    let now = heard.get_mut(name)?;
    *now.minutes.entry(at_ms / 60_000).or_default() += frames;
    now.last_ms = now.last_ms.max(at_ms);
    Some(now)
}
