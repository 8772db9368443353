//! Quotas that are used up.

use super::{Sentence, Worded};
use crate::quotas::QuotaExceeded;

impl Worded for QuotaExceeded {
    fn sentence(&self) -> Option<Sentence> {
        let Self { group, used, limit, .. } = self;
        let sentence = Sentence::new("quota-used-up").with("group", group.to_string());
        Some(sentence.with("used", *used).with("limit", *limit))
    }
}
