//! The traces of callers, by the records of their frames: for the latest records, since nobody waits for longer.

use std::collections::{HashMap, VecDeque};

use crate::context::TraceContext;

/// Records whose callers are remembered.
const REMEMBERED: usize = 65_536;

/// The traces of callers, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    by_record: HashMap<String, TraceContext>,
    order: VecDeque<String>,
}

impl Callers {
    pub(crate) fn remember(&mut self, record: &str, caller: TraceContext) {
        if self.by_record.insert(record.to_owned(), caller).is_some() {
            return;
        }
        self.order.push_back(record.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_record.remove(&oldest);
        }
    }

    pub(crate) fn of(&self, record: &str) -> Option<TraceContext> {
        self.by_record.get(record).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_a_repeat_takes_no_place() {
        let (mut callers, caller) = (Callers::default(), TraceContext::of_record("caller"));
        for record in 0..=REMEMBERED {
            callers.remember(&record.to_string(), caller);
            callers.remember(&record.to_string(), caller);
        }
        assert_eq!((callers.of("0"), callers.of("1")), (None, Some(caller)));
        assert_eq!((callers.by_record.len(), callers.order.len()), (REMEMBERED, REMEMBERED));
    }
}
