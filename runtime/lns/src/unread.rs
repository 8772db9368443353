//! The members of a message that were left out, since they could not be read.

use std::cell::RefCell;

use crate::Unreadable;

/// Most members that are noted of one message; of a list of a hundred damaged gateways some say enough.
pub(super) const NOTED: usize = 16;

/// The members of a message that could not be read and were left out.
#[derive(Debug, Default)]
pub(crate) struct Unread(RefCell<Vec<Unreadable>>);

impl Unread {
    /// Notes a member that cannot be read.
    pub(super) fn note(&self, error: Unreadable) {
        let mut noted = self.0.borrow_mut();
        if noted.len() < NOTED && !noted.contains(&error) {
            noted.push(error);
        }
    }

    /// The value, where it could be read; else notes why not.
    pub(super) fn forgive<T>(&self, read: Result<T, Unreadable>) -> Option<T> {
        read.map_err(|error| self.note(error)).ok()
    }

    /// The members that were noted, in the order in which they were met.
    pub(super) fn into_members(self) -> Vec<Unreadable> {
        self.0.into_inner()
    }
}
