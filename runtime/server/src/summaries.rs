//! Acts that come too often for a line of the audit each: summed up, a line for each minute.

use std::collections::BTreeMap;

use champollion_registry::{
    Registry,
    ledger::{Actor, AuditEntry},
};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Map, Value as Json};

/// The most sums of one interval; what comes beyond is one sum of its action.
const SUMS: usize = 1_000;

/// The acts since the audit was written last.
#[derive(Default)]
pub struct Summaries(Mutex<BTreeMap<Of, Sum>>);

/// The acts that are one sum.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Of {
    action: &'static str,
    /// Name and id of the token; of nobody where there was none.
    by: (String, Option<String>),
    subject: String,
}

struct Sum {
    since: Timestamp,
    from: Option<String>,
    numbers: BTreeMap<&'static str, u64>,
}

impl Summaries {
    /// Adds an act: `number` is the number that is summed up, beside the times.
    pub fn add(
        &self,
        action: &'static str,
        by: &Actor,
        subject: impl Into<String>,
        (name, number): (&'static str, u64),
    ) {
        let subject = subject.into();
        let mut sums = self.0.lock();
        let mut of = Of { action, by: (by.name.clone(), by.token.clone()), subject };
        if sums.len() >= SUMS && !sums.contains_key(&of) {
            of = Of { action, by: ("many".to_owned(), None), subject: "others".to_owned() };
        }
        let sum = sums.entry(of).or_insert_with(|| Sum {
            since: Timestamp::now(),
            from: None,
            numbers: BTreeMap::new(),
        });
        sum.from.clone_from(&by.from);
        *sum.numbers.entry("times").or_default() += 1;
        *sum.numbers.entry(name).or_default() += number;
    }

    /// Writes all sums into the audit.
    pub async fn write(&self, registry: &Registry) {
        // Where the audit has no room they go on being summed up, within their bound.
        if registry.audit_full().is_some() {
            return;
        }
        let sums = std::mem::take(&mut *self.0.lock());
        for (Of { action, by: (name, token), subject }, sum) in sums {
            let Sum { since, from, numbers } = sum;
            let mut details: Map<String, Json> = numbers
                .into_iter()
                .map(|(name, number)| (name.to_owned(), number.into()))
                .collect();
            details.insert("since".to_owned(), since.to_string().into());
            let by = Actor { name, token, from, request: None };
            let entry = AuditEntry::new(&by, action, subject).with(details.into());
            if let Err(error) = registry.record(entry, Timestamp::now()).await {
                tracing::error!(%error, action, "a sum is not in the audit");
            }
        }
    }
}
