//! The conformance suite of the store's port: one function for each property, taking a backend's way to open
//! a store. A new backend calls [`conformance_suite!`] and has all of them as tests.

mod batches;
mod blobs;
mod logs;
mod model;
mod tables;

use std::future::Future;
use std::sync::Arc;

use crate::{Batch, Committed, Entry, Sequence, Store};

pub(crate) use batches::*;
pub(crate) use blobs::*;
pub(crate) use logs::*;
pub(crate) use model::*;
pub(crate) use tables::*;

/// A place where a store is kept, and how to open it: again and again, after each close.
pub(crate) trait Place {
    fn open(&self) -> impl Future<Output = Arc<dyn Store>>;
}

/// Makes a test of each property, for stores kept in what `$place` makes.
macro_rules! conformance_suite {
    ($place:expr) => {
        $crate::conformance::conformance_suite!($place;
            values_are_kept_over_reopening
            tables_do_not_see_each_other
            a_scan_is_ordered_and_pages_without_gap
            a_deleted_key_is_gone
            the_largest_values_are_kept
            what_is_too_large_or_badly_named_is_refused
            sequences_start_at_one_and_grow
            a_reader_goes_on_from_its_cursor
            logs_do_not_see_each_other
            logs_are_listed_in_order
            truncation_removes_through_its_sequence
            sequences_are_not_given_out_again_after_truncation
            truncating_a_log_that_never_was_does_nothing
            a_large_truncation_is_complete_at_once_and_over_reopening
            a_log_goes_on_after_what_it_skips
            a_batch_is_applied_in_order
            a_conflict_refuses_the_whole_batch_and_no_other
            a_name_is_taken_once_by_many_rivals
            compare_and_set_counts_every_increment
            concurrent_appends_are_read_without_gap_or_reorder
            a_closed_store_refuses_everything
            any_history_matches_the_model
        );
    };
    ($place:expr; $($property:ident)*) => {
        $(
            #[test]
            fn $property() {
                $crate::conformance::block_on($crate::conformance::$property(&$place));
            }
        )*
    };
}
pub(crate) use conformance_suite;

/// Runs a property on threads enough for its tasks to meet.
pub(crate) fn block_on(property: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(property);
}

/// A batch made in place.
fn batch(fill: impl FnOnce(&mut Batch)) -> Batch {
    let mut batch = Batch::new();
    fill(&mut batch);
    batch
}

async fn commit(store: &Arc<dyn Store>, fill: impl FnOnce(&mut Batch)) -> Committed {
    store.commit(batch(fill)).await.expect("the batch is accepted")
}

async fn reopen(store: Arc<dyn Store>, place: &impl Place) -> Arc<dyn Store> {
    store.close().await.expect("the store closes");
    drop(store);
    place.open().await
}

async fn read_all(store: &Arc<dyn Store>, log: &str) -> Vec<(u64, Vec<u8>)> {
    let entries = store.read(log, Sequence::BEGINNING, usize::MAX).await.expect("the log is read");
    entries.into_iter().map(|Entry { sequence, value }| (sequence.get(), value)).collect()
}

async fn keys(store: &Arc<dyn Store>, table: &str, prefix: &str) -> Vec<String> {
    let pairs = store.scan(table, prefix.as_bytes(), None, usize::MAX).await.expect("a scan");
    pairs.into_iter().map(|pair| String::from_utf8(pair.key).expect("a text key")).collect()
}
