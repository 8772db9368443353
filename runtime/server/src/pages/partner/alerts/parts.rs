//! The parts of a group that the scope of a rule offers: the sub-groups and use cases that its objects have.

use champollion_delivery::names::GroupId;

use crate::pages::viewer::Viewer;

/// Parts of one kind that are chosen from; the name of one of more is written.
const MOST: usize = 500;

/// The sub-groups and use cases of the objects of a group.
#[derive(Debug, Default)]
pub(super) struct Parts {
    sub_groups: Vec<String>,
    use_cases: Vec<String>,
}

impl Parts {
    /// The parts of one of the viewer's own groups.
    pub(super) fn of(viewer: &Viewer, group: &str) -> Self {
        let Ok(group) = group.parse::<GroupId>() else { return Self::default() };
        let (sub_groups, use_cases) = viewer.service().devices.parts_of(&group, MOST + 1);
        Self {
            sub_groups: sub_groups.iter().map(ToString::to_string).collect(),
            use_cases: use_cases.iter().map(ToString::to_string).collect(),
        }
    }

    /// The choices of a field of the scope; nothing of one that is written. What was chosen before stays among them.
    pub(super) fn choices(
        &self,
        viewer: &Viewer,
        name: &str,
        before: &str,
    ) -> Option<Vec<(String, String)>> {
        let parts = match name {
            "subGroup" => &self.sub_groups,
            "useCase" => &self.use_cases,
            _ => return None,
        };
        let named = |word: &String| match name {
            "useCase" => (word.clone(), viewer.say_word("use", word)),
            _ => (word.clone(), word.clone()),
        };
        let offered = (parts.len() <= MOST).then(|| parts.iter().map(named).collect())?;
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
