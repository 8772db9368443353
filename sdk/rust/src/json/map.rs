//! Members of an object, in their order.

use std::{slice, vec};

use super::Json;

/// Members of an object in the order in which they were put there. They are few, so that looking at each is faster than
/// a table of hashes, and smaller. Two are equal where their members are, in the same order.
#[derive(Clone, Debug, PartialEq)]
pub struct Map<K, V>(Vec<(K, V)>);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl Map<String, Json> {
    /// An object without members.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Puts a member behind the others, or gives the one that has its name another value, and returns the former.
    pub fn insert(&mut self, name: String, value: Json) -> Option<Json> {
        if let Some(present) = self.get_mut(&name) {
            return Some(std::mem::replace(present, value));
        }
        self.0.push((name, value));
        None
    }

    /// Puts a member of this name, as [`insert`](Self::insert) does; what it replaces is gone.
    #[inline(never)]
    pub fn put(&mut self, name: &str, value: Json) {
        match self.get_mut(name) {
            Some(present) => *present = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// The value of a member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|(known, _)| is(known, name)).map(|(_, value)| value)
    }

    /// The value of a member, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Json> {
        self.0.iter_mut().find(|(known, _)| is(known, name)).map(|(_, value)| value)
    }

    /// Whether there is a member of this name.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Takes a member out; the others stay in their order.
    pub fn shift_remove(&mut self, name: &str) -> Option<Json> {
        let index = self.0.iter().position(|(known, _)| is(known, name))?;
        Some(self.0.remove(index).1)
    }

    /// Takes a member out, as [`shift_remove`](Self::shift_remove) does.
    pub fn remove(&mut self, name: &str) -> Option<Json> {
        self.shift_remove(name)
    }

    /// Returns the number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of all members.
    pub fn keys(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(name, _)| name)
    }

    /// The members, their names beside their values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&String, &Json)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// An object with room for some members.
    pub(super) fn with_room() -> Self {
        Self(Vec::with_capacity(4))
    }

    pub(super) fn members(&self) -> slice::Iter<'_, (String, Json)> {
        self.0.iter()
    }

    /// Puts a member behind the others whose name is known to be new.
    pub(super) fn push(&mut self, name: String, value: Json) {
        self.0.push((name, value));
    }
}

/// Whether both are the same name. The names of one object often begin alike, so the end is looked at before the whole.
fn is(known: &str, name: &str) -> bool {
    known.len() == name.len() && known.as_bytes().last() == name.as_bytes().last() && known == name
}

impl FromIterator<(String, Json)> for Map<String, Json> {
    fn from_iter<I: IntoIterator<Item = (String, Json)>>(members: I) -> Self {
        let mut map = Self::new();
        map.extend(members);
        map
    }
}

impl Extend<(String, Json)> for Map<String, Json> {
    fn extend<I: IntoIterator<Item = (String, Json)>>(&mut self, members: I) {
        for (name, value) in members {
            self.insert(name, value);
        }
    }
}

impl IntoIterator for Map<String, Json> {
    type Item = (String, Json);
    type IntoIter = vec::IntoIter<(String, Json)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order() {
        let mut map = Map::new();
        for (name, number) in [("b", 1_u8), ("a", 2), ("c", 3), ("a", 4)] {
            map.insert(name.to_owned(), number.into());
        }
        let told: Vec<_> =
            map.iter().map(|(name, value)| (name.as_str(), value.as_u64())).collect();
        assert_eq!(told, [("b", Some(1)), ("a", Some(4)), ("c", Some(3))]);
        assert_eq!(map.shift_remove("b"), Some(Json::from(1_u8)));
        assert_eq!(map.remove("b"), None);
        assert_eq!(map.keys().collect::<Vec<_>>(), ["a", "c"]);
        assert!(map.contains_key("c") && !map.is_empty() && map.len() == 2);
        assert_eq!(map.get("c"), Some(&Json::from(3_u8)));
    }
}
