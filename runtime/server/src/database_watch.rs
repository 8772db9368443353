//! The database that keeps everything, as an operator sees it: whether it is a primary, and whether the standbys are
//! there that commits wait for. Where one is missing and waited for, nothing is acknowledged until it is back: that is
//! the operator's choice, and must be told before network servers are refused for long.

use std::time::{Duration, Instant};

use champollion_store::{PostgresStore, Standing};
use parking_lot::Mutex;

use crate::cluster::every;

/// The interval of looks at the database: as often as nodes write of themselves.
const LOOK_PERIOD: Duration = Duration::from_secs(2);

/// The time that a look may take, and after which what was seen before says nothing any more.
const LOOK_TIME: Duration = Duration::from_secs(2);
const KNOWN_FOR: Duration = Duration::from_secs(7);

/// Looks after the standing of the database among its standbys.
pub(crate) struct DatabaseWatch {
    database: PostgresStore,
    /// The standing at the last look that was answered, and the moment of that look.
    seen: Mutex<Option<(Instant, Standing)>>,
}

impl DatabaseWatch {
    pub(crate) fn new(database: PostgresStore) -> Self {
        Self { database, seen: Mutex::default() }
    }

    /// Looks again and again.
    pub(crate) async fn keep(&self) {
        let mut ticks = every(LOOK_PERIOD);
        loop {
            ticks.tick().await;
            self.look().await;
        }
    }

    async fn look(&self) {
        let asked = tokio::time::timeout(LOOK_TIME, self.database.standing()).await;
        // A database that does not answer is told by the store.
        let Ok(Ok(standing)) = asked else { return };
        let before = self.seen.lock().replace((Instant::now(), standing));
        count(&standing);
        let lacked = before.is_some_and(|(_, before)| before.lacks_standby());
        match (lacked, standing.lacks_standby()) {
            (false, true) => tracing::error!(
                demanded = standing.demanded,
                there = standing.synchronous,
                "a synchronous standby is missing: commits wait for it"
            ),
            (true, false) => tracing::info!("commits wait for no missing standby any more"),
            _ => {}
        }
    }

    fn standing(&self) -> Option<Standing> {
        let seen = *self.seen.lock();
        seen.filter(|(at, _)| at.elapsed() < KNOWN_FOR).map(|(_, standing)| standing)
    }

    /// A line for an operator.
    pub(crate) fn detail(&self) -> String {
        let words = self.standing().map_or_else(|| "does not answer".to_owned(), said);
        format!("database: {words}\n")
    }

    /// The reason why commits may wait, where the standbys are one.
    pub(crate) fn missing_standby(&self) -> Option<String> {
        self.standing().filter(Standing::lacks_standby).map(said)
    }
}

fn count(standing: &Standing) {
    let kinds = [
        ("demanded", standing.demanded),
        ("synchronous", standing.synchronous),
        ("asynchronous", standing.asynchronous),
        ("unseen", standing.unseen),
    ];
    for (kind, number) in kinds {
        metrics::gauge!("champollion_database_standbys", "kind" => kind).set(number as f64);
    }
    let is_missing = f64::from(u8::from(standing.lacks_standby()));
    metrics::gauge!("champollion_database_standby_missing").set(is_missing);
    let is_primary = f64::from(u8::from(!standing.in_recovery));
    metrics::gauge!("champollion_database_is_primary").set(is_primary);
}

/// Words of the standing.
fn said(standing: Standing) -> String {
    let Standing { in_recovery, demanded, synchronous, asynchronous, unseen } = standing;
    if in_recovery {
        return "in recovery: a standby, which takes no changes".to_owned();
    }
    if standing.lacks_standby() {
        return format!(
            "primary, standby missing: commits wait for {demanded} synchronous, and {synchronous} are there"
        );
    }
    if unseen > 0 {
        return format!(
            "primary, standbys that the role of the server cannot judge: {unseen} (grant it pg_monitor)"
        );
    }
    match (demanded, asynchronous) {
        (0, 0) => "primary, without a standby: what is acknowledged is on one machine".to_owned(),
        (0, _) => format!(
            "primary, {asynchronous} asynchronous standbys: what is acknowledged is on one machine at first"
        ),
        _ => format!(
            "primary, {synchronous} synchronous standbys, of which commits wait for {demanded}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_told_what_a_commit_waits_for_and_what_is_not_there() {
        let words = |demanded, synchronous, asynchronous, unseen| {
            let in_recovery = false;
            said(Standing { in_recovery, demanded, synchronous, asynchronous, unseen })
        };
        assert!(words(0, 0, 0, 0).contains("without a standby"));
        assert!(words(0, 0, 1, 0).contains("1 asynchronous"));
        assert_eq!(
            words(1, 1, 0, 0),
            "primary, 1 synchronous standbys, of which commits wait for 1"
        );
        let missing = words(2, 1, 0, 0);
        assert!(missing.contains("standby missing: commits wait for 2"), "{missing}");
        assert!(words(1, 0, 0, 1).contains("pg_monitor"));
        let standby =
            Standing { in_recovery: true, demanded: 1, synchronous: 0, asynchronous: 0, unseen: 0 };
        assert!(said(standby).contains("in recovery"));
    }
}
