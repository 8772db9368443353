//! Decoration: all that a message tells of an uplink beside its essentials, such as how it was received.
//!
//! Network servers do not send a message again that was refused: a level written as `NaN` must not cost
//! the measurement. So there is one rule for all adapters: DevEUI, FCnt, FPort and payload must be as they
//! should, and an error names the one that is not; everything else stays empty where it cannot be read,
//! and is noted. What is missing or null is not told, and needs no note.

use crate::{Fault, Unreadable, json::Field, unread::Unread};

/// An object of decoration; an empty one in the place of what is missing or is no object.
#[derive(Clone, Debug)]
pub(super) struct Decoration<'json, 'unread> {
    object: Option<Field<'json>>,
    unread: &'unread Unread,
}

impl<'json, 'unread> Decoration<'json, 'unread> {
    /// Reads the members of an object as decoration.
    pub(super) fn of(object: &Field<'json>, unread: &'unread Unread) -> Self {
        Self { object: unread.forgive(object.object()), unread }
    }

    /// A member read in some way, where it is there and can be.
    pub(super) fn get<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Field<'json>) -> Result<T, Unreadable>,
    ) -> Option<T> {
        self.unread.forgive(self.object.as_ref()?.get(name, read)).flatten()
    }

    /// The same of a text that is kept.
    pub(super) fn name(&self, name: &str) -> Option<String> {
        self.get(name, Field::name).map(str::to_owned)
    }

    /// Whether a member says yes. One that does not say it clearly says no.
    pub(super) fn says(&self, name: &str) -> bool {
        self.get(name, Field::yes_or_no).unwrap_or(false)
    }

    /// Whether there is a member, whatever it is.
    pub(super) fn has(&self, name: &str) -> bool {
        self.object.as_ref().is_some_and(|object| matches!(object.member(name), Ok(Some(_))))
    }

    /// A member that is an object of decoration in its turn.
    pub(super) fn member(&self, name: &str) -> Self {
        Self { object: self.get(name, Field::object), unread: self.unread }
    }

    /// The same, or the one object that there is where no list is made of one.
    pub(super) fn elements_or_one(&self, name: &str, limit: usize) -> Vec<(usize, Self)> {
        let one = self.object.as_ref().and_then(|object| object.member(name).ok().flatten());
        match one.map(|one| one.object()) {
            Some(Ok(one)) => vec![(0, Self { object: Some(one), unread: self.unread })],
            _ => self.elements(name, limit),
        }
    }

    /// The objects of a list, of which the first `limit` are read, each with its number.
    pub(super) fn elements(&self, name: &str, limit: usize) -> Vec<(usize, Self)> {
        let (elements, length) =
            self.get(name, |list| list.first_elements(limit)).unwrap_or_default();
        if length > limit {
            let fault = Fault::TooLarge { got: length, limit, unit: "entries" };
            self.get(name, |list| Err::<(), _>(list.fault(fault)));
        }
        let numbered = elements.into_iter().enumerate();
        let objects = numbered.map(|(index, element)| (index, Self::of(&element, self.unread)));
        objects.filter(|(_, element)| element.object.is_some()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::unread::NOTED;

    #[test]
    fn what_cannot_be_read_stays_empty_and_is_noted_once() {
        let json = json!({
            "level": "NaN", "empty": "", "nothing": null, "good": "7", "list": {}, "object": [],
            "gateways": [{ "a": 1 }, 7, { "a": "x" }], "yes": 1, "perhaps": "perhaps",
        });
        let unread = Unread::default();
        let root = Decoration::of(&Field::root(&json).unwrap(), &unread);
        assert_eq!(root.get("level", Field::number_or_text), None);
        assert_eq!(root.get("level", Field::number_or_text), None);
        assert_eq!(root.name("empty"), None);
        assert_eq!((root.name("nothing"), root.name("missing")), (None, None));
        assert_eq!(root.get("good", Field::whole_or_text::<u8>), Some(7));
        assert!(root.elements("list", 9).is_empty());
        assert_eq!(root.member("object").name("a"), None);
        assert!(root.says("yes") && !root.says("perhaps") && !root.says("missing"));
        let read = |(index, element): (usize, Decoration<'_, '_>)| {
            (index, element.get("a", Field::whole_or_text::<u8>))
        };
        let gateways: Vec<_> = root.elements("gateways", 9).into_iter().map(read).collect();
        assert_eq!(gateways, [(0, Some(1)), (2, None)]);
        assert_eq!(root.elements("gateways", 1).len(), 1);
        let noted = unread.into_members();
        let paths: Vec<&str> = noted.iter().map(Unreadable::path).collect();
        assert_eq!(
            paths,
            [
                "level",
                "empty",
                "list",
                "object",
                "perhaps",
                "gateways[1]",
                "gateways[2].a",
                "gateways"
            ]
        );
    }

    #[test]
    fn a_bounded_number_is_noted() {
        let json = json!({ "list": vec![json!("x"); 300] });
        let unread = Unread::default();
        let root = Decoration::of(&Field::root(&json).unwrap(), &unread);
        assert!(root.elements("list", 100).is_empty());
        assert_eq!(unread.into_members().len(), NOTED);
    }
}
