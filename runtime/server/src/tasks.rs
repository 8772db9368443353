//! Work in a task of its own, which ends also when nobody waits for it any more.

use std::{pin::Pin, sync::Arc};

use parking_lot::Mutex;
use tokio::task::JoinError;

/// A task as the runtime sees it: the same type, whatever it does, since the compiler makes each
/// task's some thirty functions of the runtime anew for each type.
type AnyTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Does something in a task of its own, and waits for what comes of it. It goes on where the caller
/// goes away.
///
/// # Errors
///
/// Where the work panicked, or the runtime ended before it.
pub(crate) async fn finished<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, JoinError> {
    let result = Arc::new(Mutex::new(None));
    let place = Arc::clone(&result);
    let task: AnyTask = Box::pin(async move {
        let done = work.await;
        *place.lock() = Some(done);
    });
    tokio::spawn(task).await?;
    Ok(result.lock().take().expect("a task that ended well has put its result"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{sync::oneshot, time::timeout};

    use super::*;

    #[tokio::test]
    async fn work_goes_on_where_its_caller_goes_away() {
        let (go, gone) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let work = finished(async move {
            let _ = gone.await;
            let _ = tell.send(7);
        });
        assert!(timeout(Duration::from_millis(1), work).await.is_err());
        drop(go);
        assert_eq!(told.await, Ok(7));
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_the_caller() {
        let error = finished(async { Vec::<u8>::new()[std::hint::black_box(1)] }).await;
        assert!(error.unwrap_err().is_panic());
    }
}
