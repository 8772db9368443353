//! Memory of what rounds have judged: what is as it was costs no look into the store.

use std::collections::HashMap;

use champollion_frames::DevEui;
use champollion_service::alerts::{RouteName, Subject};
use jiff::Timestamp;
use uuid::Uuid;

/// The rule and what it was judged with.
type Key = (Uuid, Subject);

/// The judgements of the rounds of a server that leads.
#[derive(Default)]
pub(crate) struct Judged {
    /// The moments at which silences were due that were judged.
    silences: HashMap<Key, Timestamp>,
    /// Whether routes delivered when they were last judged.
    delivering: HashMap<Key, bool>,
}

impl Judged {
    /// Whether the silence of a device that was due at a moment was judged by a rule.
    pub(crate) fn has_silence(&self, (rule, device): (Uuid, DevEui), due: Timestamp) -> bool {
        self.silences.get(&(rule, Subject::Device(device))) == Some(&due)
    }

    /// Notes that a silence was judged.
    pub(crate) fn note_silence(&mut self, (rule, device): (Uuid, DevEui), due: Timestamp) {
        self.silences.insert((rule, Subject::Device(device)), due);
    }

    /// Whether a route delivered when it was last judged.
    pub(crate) fn delivers(&self, key: &Key) -> bool {
        self.delivering.get(key) == Some(&true)
    }

    /// Notes whether a route delivers.
    pub(crate) fn note_route(&mut self, key: Key, delivers: bool) {
        self.delivering.insert(key, delivers);
    }

    /// The routes that a rule was judged with, but those that are listed.
    pub(crate) fn other_routes(
        &self,
        rule: Uuid,
        is_listed: impl Fn(&RouteName) -> bool,
    ) -> Vec<Subject> {
        let judged = self.delivering.keys().filter(|(own, _)| *own == rule);
        let is_other = |subject: &&Subject| match subject {
            Subject::Route(_, name) => !is_listed(name),
            Subject::Device(_) => false,
        };
        judged.map(|(_, subject)| subject).filter(is_other).cloned().collect()
    }

    /// Forgets what a rule was judged with a device or a route, whose next judgement is the first one then.
    pub(crate) fn forget(&mut self, rule: Uuid, subject: &Subject) {
        let key = (rule, subject.clone());
        self.silences.remove(&key);
        self.delivering.remove(&key);
    }

    /// Forgets all rules but those that are known.
    pub(crate) fn retain(&mut self, is_known: impl Fn(Uuid) -> bool) {
        self.silences.retain(|(rule, _), _| is_known(*rule));
        self.delivering.retain(|(rule, _), _| is_known(*rule));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_watches_no_more_is_forgotten() {
        let (rule, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let device: DevEui = "70B3D5499A000001".parse().unwrap();
        let route = Subject::Route("water".parse().unwrap(), "city".parse().unwrap());
        let due = Timestamp::UNIX_EPOCH;
        let mut judged = Judged::default();
        judged.note_silence((rule, device), due);
        judged.note_silence((other, device), due);
        judged.note_route((rule, route.clone()), true);
        judged.note_route((other, route.clone()), false);
        assert!(judged.has_silence((rule, device), due) && judged.delivers(&(rule, route.clone())));
        assert!(!judged.delivers(&(other, route.clone())));
        assert!(judged.other_routes(rule, |name| name.as_str() == "city").is_empty());
        assert_eq!(judged.other_routes(rule, |_| false), std::slice::from_ref(&route));
        // The next silence is another one.
        assert!(!judged.has_silence((rule, device), due + jiff::SignedDuration::from_secs(1)));
        judged.forget(rule, &Subject::Device(device));
        judged.forget(rule, &route);
        assert!(!judged.has_silence((rule, device), due) && !judged.delivers(&(rule, route)));
        assert!(judged.has_silence((other, device), due), "the other rule goes on");
        judged.retain(|known| known == rule);
        assert!(judged.silences.is_empty() && judged.delivering.is_empty());
    }
}
