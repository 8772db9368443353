//! Counts by key, such as those of groups or tokens.

use std::{borrow::Borrow, collections::HashMap, hash::Hash};

/// Counts by key; a key that counts nothing takes no memory.
#[derive(Debug)]
pub(crate) struct Counts<Key>(HashMap<Key, usize>);

impl<Key> Default for Counts<Key> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<Key: Hash + Eq> Counts<Key> {
    /// Returns the count of a key.
    pub(crate) fn of<Borrowed>(&self, key: &Borrowed) -> usize
    where
        Key: Borrow<Borrowed>,
        Borrowed: Hash + Eq + ?Sized,
    {
        self.0.get(key).copied().unwrap_or_default()
    }

    /// Counts so many more.
    pub(crate) fn add(&mut self, key: Key, count: usize) {
        *self.0.entry(key).or_default() += count;
    }

    /// Counts so many less; below nothing there is nothing.
    pub(crate) fn take<Borrowed>(&mut self, key: &Borrowed, count: usize)
    where
        Key: Borrow<Borrowed>,
        Borrowed: Hash + Eq + ?Sized,
    {
        if let Some(counted) = self.0.get_mut(key) {
            *counted = counted.saturating_sub(count);
            if *counted == 0 {
                self.0.remove(key);
            }
        }
    }

    /// The keys that count something.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.keys()
    }

    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
