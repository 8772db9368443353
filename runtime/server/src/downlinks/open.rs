//! The open commands in memory, with all that they are found by.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::Instant,
};

use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_lns::NetworkServerName;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Downlink, GRACE, State, queue::Queue};

/// The commands that are not at their end, found by whatever they are looked for by.
#[derive(Default)]
pub(super) struct Open {
    pub(super) by_id: HashMap<Uuid, Arc<Downlink>>,
    /// By the network server's name of it.
    pub(super) by_reference: HashMap<(NetworkServerName, String), Uuid>,
    /// The commands that wait to be handed over, by network server.
    pub(super) waiting: HashMap<NetworkServerName, Queue>,
    /// All commands by the moment at which nothing more is expected of them.
    ends: BTreeSet<(Timestamp, Uuid)>,
    /// The commands of each device of which nothing was told.
    untold: HashMap<DevEui, BTreeSet<Uuid>>,
    /// Those of them whose device was heard: by when it is looked whether something was told, the moment at
    /// which the device was heard.
    looks: BTreeMap<(Instant, Uuid), Timestamp>,
    /// The numbers of commands of each group.
    pub(super) of_groups: HashMap<GroupId, Counts>,
}

/// The numbers of commands of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Those that wait to be handed over.
    pub(super) waiting: usize,
    /// Those that are not at their end.
    pub(super) open: usize,
}

impl Open {
    /// Puts a command as it is now; one at its end is no longer looked after.
    pub(super) fn insert(&mut self, downlink: Arc<Downlink>) {
        let before = self.take_out(downlink.id);
        if let Some(before) = before.filter(|before| before.is_waiting() && !downlink.is_waiting())
        {
            self.forget_pause(&before);
        }
        if !downlink.is_open() {
            return;
        }
        self.ends.insert((downlink.ends_at(GRACE), downlink.id));
        if downlink.state == State::Unknown {
            self.untold.entry(downlink.dev_eui).or_default().insert(downlink.id);
        }
        let server = downlink.network_server.clone();
        let counts = self.of_groups.entry(downlink.group.clone()).or_default();
        counts.open += 1;
        if downlink.is_waiting() {
            counts.waiting += 1;
            self.waiting.entry(server.clone()).or_default().insert(&downlink);
        }
        if let Some(reference) = &downlink.reference {
            self.by_reference.insert((server, reference.clone()), downlink.id);
        }
        self.by_id.insert(downlink.id, downlink);
    }

    /// Removes a command, and its pause.
    pub(super) fn remove(&mut self, id: Uuid) -> Option<Arc<Downlink>> {
        let before = self.take_out(id)?;
        self.forget_pause(&before);
        Some(before)
    }

    fn forget_pause(&mut self, downlink: &Downlink) {
        if let Some(waiting) = self.waiting.get_mut(&downlink.network_server) {
            waiting.forget(downlink.id);
        }
    }

    /// Takes a command out of everything but the pauses, which outlast a change of it.
    fn take_out(&mut self, id: Uuid) -> Option<Arc<Downlink>> {
        let before = self.by_id.remove(&id)?;
        self.ends.remove(&(before.ends_at(GRACE), id));
        if let Some(untold) = self.untold.get_mut(&before.dev_eui) {
            untold.remove(&id);
            if untold.is_empty() {
                self.untold.remove(&before.dev_eui);
            }
        }
        if let Some(counts) = self.of_groups.get_mut(&before.group) {
            counts.open -= 1;
            counts.waiting -= usize::from(before.is_waiting());
            if counts.open == 0 {
                self.of_groups.remove(&before.group);
            }
        }
        if let Some(waiting) = self.waiting.get_mut(&before.network_server) {
            waiting.remove(&before);
        }
        if let Some(reference) = &before.reference {
            self.by_reference.remove(&(before.network_server.clone(), reference.clone()));
        }
        Some(before)
    }

    /// Returns the commands of which nothing more is expected, by now.
    pub(super) fn ended(&self, now: Timestamp) -> Vec<Arc<Downlink>> {
        let over = self.ends.range(..=(now, Uuid::max()));
        over.filter_map(|(_, id)| self.by_id.get(id).cloned()).collect()
    }

    /// Notes that a device was heard through a network server, and that at `look` it is looked whether something was
    /// told of what was offered before. Returns whether a command waited for that and is ready now.
    pub(super) fn device_heard(
        &mut self,
        server: &NetworkServerName,
        dev_eui: DevEui,
        look: Instant,
    ) -> bool {
        if let Some(untold) = self.untold.get(&dev_eui) {
            let now = Timestamp::now();
            let is_its_own = |id: &&Uuid| {
                self.by_id.get(*id).is_some_and(|downlink| downlink.network_server == *server)
            };
            let own = untold.iter().filter(is_its_own);
            self.looks.extend(own.map(|id| ((look, *id), now)));
        }
        self.waiting.get_mut(server).is_some_and(|queue| queue.heard(dev_eui))
    }

    /// Takes the commands of which it is to be looked whether something was told, by now: those whose device was
    /// heard since they were offered last.
    pub(super) fn looks(&mut self, now: Instant) -> Vec<Arc<Downlink>> {
        let mut due = Vec::new();
        while let Some(entry) = self.looks.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let ((_, id), heard_at) = entry.remove_entry();
            let downlink = self.by_id.get(&id).filter(|downlink| {
                downlink.offered_at.is_none_or(|offered_at| offered_at <= heard_at)
            });
            due.extend(downlink.cloned());
        }
        due
    }
}
