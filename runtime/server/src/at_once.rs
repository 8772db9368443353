//! Bounds of the things that one requester has under way at once, such as large answers and packages.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::quotas::Counts;

/// The things of one kind that are under way, by requester: a token, or without one an address.
#[derive(Clone, Default)]
pub(crate) struct AtOnce(Arc<Mutex<Counts<String>>>);

/// A thing under way; given back when it is dropped.
pub(crate) struct UnderWay {
    of: AtOnce,
    requester: String,
}

/// A requester that has as many things of a kind under way as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{limit} {what} are under way already, and more are not taken: wait for one of them ({setting} in the \
         server's settings is the limit)"
)]
pub struct TooManyAtOnce {
    /// The kind of things, for people.
    pub what: &'static str,
    /// The setting that bounds them.
    pub setting: &'static str,
    /// The most of them.
    pub limit: usize,
}

impl AtOnce {
    /// Begins a thing of a requester; nothing where `limit` of them are under way.
    pub(crate) fn begin(&self, requester: &str, limit: usize) -> Option<UnderWay> {
        let mut all = self.0.lock();
        if all.of(requester) >= limit {
            return None;
        }
        all.add(requester.to_owned(), 1);
        Some(UnderWay { of: self.clone(), requester: requester.to_owned() })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.of.0.lock().take(&self.requester, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_requester_has_so_many_at_once() {
        let all = AtOnce::default();
        let first = all.begin("a", 2).unwrap();
        let _second = all.begin("a", 2).unwrap();
        assert!(all.begin("a", 2).is_none());
        let _other = all.begin("b", 2).unwrap();
        drop(first);
        assert!(all.begin("a", 2).is_some());
    }
}
