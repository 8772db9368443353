//! The account of what was told of alerts: each transition at least once to each recipient, under one name.

use std::collections::{BTreeMap, BTreeSet};

/// The rule whose alerts are told: that of all meters of the group.
pub(super) const TOLD: &str = "high";

/// Whether an alert begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    Raised,
    Ended,
}

/// The beginning or the end of an alert, which is named by the frame that raised it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Transition {
    pub(super) device: String,
    pub(super) raised: u32,
    pub(super) turn: Turn,
}

/// A message that has come, once or more.
struct Message {
    transitions: Vec<Transition>,
    /// Whether it was taken; else it was only offered.
    is_taken: bool,
}

/// All that was told.
#[derive(Default)]
pub(super) struct Tellings {
    /// By recipient and name: the Message-ID of a mail, the webhook-id of a request.
    messages: BTreeMap<(String, String), Message>,
    /// By recipient: the name of the message that tells of each transition.
    names: BTreeMap<(String, Transition), String>,
    /// Messages that were taken once more.
    pub(super) repeated: u64,
    violations: Vec<String>,
}

impl Tellings {
    /// Notes a message that has come to a recipient, which takes it or does not.
    pub(super) fn arrive(
        &mut self,
        recipient: &str,
        name: &str,
        transitions: Vec<Transition>,
        takes: bool,
    ) {
        for transition in &transitions {
            self.note(recipient, name, transition);
        }
        let place = (recipient.to_owned(), name.to_owned());
        let first = || Message { transitions: transitions.clone(), is_taken: false };
        let message = self.messages.entry(place).or_insert_with(first);
        let is_the_same = message.transitions == transitions;
        self.repeated += u64::from(message.is_taken && takes);
        message.is_taken |= takes;
        if !is_the_same {
            self.violate(format!("{recipient} got {name} with another content"));
        }
    }

    /// A transition has one name at a recipient, whether it was taken or only offered.
    fn note(&mut self, recipient: &str, name: &str, transition: &Transition) {
        let place = (recipient.to_owned(), transition.clone());
        let before = self.names.entry(place).or_insert_with(|| name.to_owned()).clone();
        if before != name {
            let told = format!("{recipient} is told {transition:?} as {before} and as {name}");
            self.violate(told);
        }
    }

    pub(super) fn violate(&mut self, violation: String) {
        self.violations.push(violation);
    }

    /// The number of transitions that recipients were told of.
    pub(super) fn told(&self) -> usize {
        let taken = self.messages.values().filter(|message| message.is_taken);
        taken.map(|message| message.transitions.len()).sum()
    }

    /// Says what is wrong with what recipients were told, where exactly these transitions should have been.
    pub(super) fn judge(
        &self,
        recipients: &[&str],
        expected: &BTreeSet<Transition>,
    ) -> Vec<String> {
        let mut found = self.violations.clone();
        for recipient in recipients {
            let own = |(to, _): &&(String, String)| to == recipient;
            let of_recipient = || self.messages.keys().filter(own).map(|key| &self.messages[key]);
            let taken: BTreeSet<&Transition> = of_recipient()
                .filter(|message| message.is_taken)
                .flat_map(|message| &message.transitions)
                .collect();
            let untold = expected.iter().filter(|transition| !taken.contains(transition));
            found.extend(untold.map(|one| format!("{recipient} was not told {one:?}")));
            let seen = of_recipient().flat_map(|message| &message.transitions);
            let invented = seen.filter(|transition| !expected.contains(transition));
            found.extend(
                invented.map(|one| format!("{recipient} was told {one:?}, which never was")),
            );
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHO: &str = "ada";

    fn transition(raised: u32, turn: Turn) -> Transition {
        Transition { device: "02C4A3FFFE200000".to_owned(), raised, turn }
    }

    fn both() -> [Transition; 2] {
        [transition(3, Turn::Raised), transition(3, Turn::Ended)]
    }

    fn judged(tellings: &Tellings) -> Vec<String> {
        tellings.judge(&[WHO], &BTreeSet::from(both()))
    }

    #[test]
    fn repeats_under_one_name_are_right() {
        let (mut tellings, [raised, ended]) = (Tellings::default(), both());
        tellings.arrive(WHO, "1", vec![raised.clone()], false);
        for _ in 0..2 {
            tellings.arrive(WHO, "1", vec![raised.clone()], true);
        }
        tellings.arrive(WHO, "2", vec![ended], true);
        assert!(judged(&tellings).is_empty(), "{:?}", judged(&tellings));
        assert_eq!((tellings.told(), tellings.repeated), (2, 1));
    }

    #[test]
    fn what_was_only_offered_is_not_told() {
        let (mut tellings, [raised, ended]) = (Tellings::default(), both());
        tellings.arrive(WHO, "1", vec![raised], true);
        tellings.arrive(WHO, "2", vec![ended], false);
        let said = judged(&tellings);
        assert!(said.len() == 1 && said[0].contains("was not told") && said[0].contains("Ended"));
        // Another recipient was told nothing at all.
        assert_eq!(tellings.judge(&["bea"], &BTreeSet::from(both())).len(), 2);
    }

    #[test]
    fn a_repeat_under_another_name_is_a_doubled_message() {
        let (mut tellings, [raised, ended]) = (Tellings::default(), both());
        tellings.arrive(WHO, "1", vec![raised.clone()], true);
        tellings.arrive(WHO, "2", vec![raised, ended], true);
        let said = judged(&tellings);
        assert!(said.len() == 1 && said[0].contains("as 1 and as 2"), "{said:?}");
    }

    #[test]
    fn a_name_has_one_content() {
        let (mut tellings, [raised, ended]) = (Tellings::default(), both());
        tellings.arrive(WHO, "1", vec![raised], true);
        tellings.arrive(WHO, "1", vec![ended], true);
        assert!(judged(&tellings).iter().any(|said| said.contains("another content")));
    }

    #[test]
    fn what_never_was_is_not_to_be_told() {
        let (mut tellings, all) = (Tellings::default(), both());
        tellings.arrive(WHO, "1", all.to_vec(), true);
        tellings.arrive(WHO, "2", vec![transition(9, Turn::Raised)], false);
        let said = judged(&tellings);
        assert!(said.len() == 1 && said[0].contains("which never was"), "{said:?}");
    }
}
