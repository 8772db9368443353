//! The place where filters are held against records: on threads of their own, since an expression may take a
//! while, and the threads that serve the network must not wait for it.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};

use super::error::DeliveryError;
use crate::names::GroupId;

/// Groups whose filters are held against records at once: one core of two is left to everything else.
const AT_ONCE: usize = 2;

/// The turns by which the filters of all groups are held against records. A group has one turn at a time, so
/// that a hundred routes of one hold up no other's.
pub(crate) struct Filtering {
    places: Semaphore,
    turns: Mutex<HashMap<GroupId, Arc<AsyncMutex<()>>>>,
}

impl Default for Filtering {
    fn default() -> Self {
        Self { places: Semaphore::new(AT_ONCE), turns: Mutex::default() }
    }
}

impl Filtering {
    /// Has something done for a group when it is its turn.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        group: &GroupId,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, DeliveryError> {
        let turn = Arc::clone(self.turns.lock().entry(group.clone()).or_default());
        let _turn = turn.lock().await;
        // Closed never, so there is always a place in the end.
        let _place = self.places.acquire().await;
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| DeliveryError::NotFiltered { reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_group_whose_filter_takes_long_holds_up_itself_alone() {
        let filtering = Arc::new(Filtering::default());
        let group = |name: &str| name.parse::<GroupId>().unwrap();
        let (finish, wait) = mpsc::channel::<()>();
        let (started, starting) = tokio::sync::oneshot::channel();
        let first = {
            let (filtering, group) = (Arc::clone(&filtering), group("slow"));
            tokio::spawn(async move {
                let work = move || {
                    started.send(()).unwrap();
                    wait.recv()
                };
                filtering.run(&group, work).await
            })
        };
        starting.await.unwrap();
        let second = {
            let (filtering, group) = (Arc::clone(&filtering), group("slow"));
            tokio::spawn(async move { filtering.run(&group, || 2).await })
        };
        assert_eq!(filtering.run(&group("other"), || 1).await.unwrap(), 1);
        assert!(!second.is_finished());
        finish.send(()).unwrap();
        first.await.unwrap().unwrap().unwrap();
        assert_eq!(second.await.unwrap().unwrap(), 2);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_the_next_has_its_turn() {
        let filtering = Filtering::default();
        let group: GroupId = "water".parse().unwrap();
        let failed = filtering.run(&group, || -> () { panic!("on purpose") }).await;
        assert!(matches!(failed, Err(DeliveryError::NotFiltered { .. })));
        assert_eq!(filtering.run(&group, || 3).await.unwrap(), 3);
    }
}
