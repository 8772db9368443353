//! The parts of a group that the scope of a rule offers: the sub-groups and use cases that its objects have.

use std::collections::BTreeSet;

use champollion_delivery::names::GroupId;

use crate::{devices::Device, pages::viewer::Viewer};

/// The sub-groups and use cases of the objects of a group.
#[derive(Debug, Default)]
pub(super) struct Parts {
    sub_groups: BTreeSet<String>,
    use_cases: BTreeSet<String>,
}

impl Parts {
    /// The parts of one of the viewer's own groups.
    pub(super) fn of(viewer: &Viewer, group: &str) -> Self {
        let mut parts = Self::default();
        let Ok(group) = group.parse::<GroupId>() else { return parts };
        let (devices, groups) = (&viewer.service().devices, BTreeSet::from([group]));
        for device in devices.page_of(&groups, |_| true, None, usize::MAX) {
            parts.add(&device);
        }
        parts
    }

    fn add(&mut self, device: &Device) {
        self.sub_groups.extend(device.sub_group.as_ref().map(ToString::to_string));
        self.use_cases.extend(device.use_case.as_ref().map(ToString::to_string));
    }

    /// The choices of a field of the scope; nothing of one that is written. What was chosen before stays among them.
    pub(super) fn choices(
        &self,
        viewer: &Viewer,
        name: &str,
        before: &str,
    ) -> Option<Vec<(String, String)>> {
        let offered: Vec<(String, String)> = match name {
            "subGroup" => self.sub_groups.iter().map(|part| (part.clone(), part.clone())).collect(),
            "useCase" => {
                let named = |word: &String| (word.clone(), viewer.say_word("use", word));
                self.use_cases.iter().map(named).collect()
            }
            _ => return None,
        };
        Some(with_all(viewer.say("filter-all"), offered, before))
    }
}

/// The choices below that of all, with what was chosen before.
fn with_all(all: String, offered: Vec<(String, String)>, before: &str) -> Vec<(String, String)> {
    let mut choices = vec![(String::new(), all)];
    choices.extend(offered);
    if !choices.iter().any(|(word, _)| word == before) {
        choices.push((before.to_owned(), before.to_owned()));
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_comes_first_and_what_was_chosen_stays() {
        let north = ("north".to_owned(), "north".to_owned());
        let words = |before: &str| {
            let choices = with_all("All".to_owned(), vec![north.clone()], before);
            choices.into_iter().map(|(word, _)| word).collect::<Vec<_>>()
        };
        assert_eq!(words(""), ["", "north"]);
        assert_eq!(words("north"), ["", "north"]);
        assert_eq!(words("gone"), ["", "north", "gone"]);
    }
}
