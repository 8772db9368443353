//! Failed sign-ins: counted, logged once in a while, and slowed by address.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    time::{Duration, Instant},
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::error::AuthError;
use crate::connections::network_of;

/// The time that a wrong token waits for its answer, once its address has tried too many.
const DELAY: Duration = Duration::from_secs(1);

/// The most answers that are delayed at once; further ones are given at once. A delayed request holds a
/// connection.
const DELAYED: usize = 256;

/// The interval at which the log names an address again.
const LOG_PERIOD: Duration = Duration::from_secs(60);

/// The most addresses that the log remembers.
const LOGGED: usize = 1_000;

/// The judge of failed sign-ins.
pub struct SignIns {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    delayed: Semaphore,
    /// When the log named an address last, and how often it failed since.
    logged: Mutex<HashMap<IpAddr, (Instant, u64)>>,
}

/// An address has tried too many wrong tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "too many wrong tokens came from this address: a right one is still let in, and a wrong one is answered \
     slowly"
)]
pub struct TooManyWrongTokens;

impl SignIns {
    /// Lets an address try so many wrong tokens at once, and so many a minute, before it is slowed.
    #[must_use]
    pub fn new(at_once: NonZeroU32, per_minute: NonZeroU32) -> Self {
        Self {
            limiter: RateLimiter::keyed(Quota::per_minute(per_minute).allow_burst(at_once)),
            delayed: Semaphore::new(DELAYED),
            logged: Mutex::default(),
        }
    }

    /// Counts a failed sign-in, and waits where its address has failed too often.
    ///
    /// # Errors
    /// [`TooManyWrongTokens`] where the client is to come later.
    pub async fn failed(
        &self,
        error: &AuthError,
        address: Option<IpAddr>,
    ) -> Result<(), TooManyWrongTokens> {
        metrics::counter!("champollion_sign_ins_failed_total", "reason" => error.reason())
            .increment(1);
        let Some(address) = address.map(network_of) else { return Ok(()) };
        // A request without a token tries none.
        if *error == AuthError::Missing {
            return Ok(());
        }
        self.log(address, error);
        if self.limiter.check_key(&address).is_ok() {
            return Ok(());
        }
        if let Ok(_place) = self.delayed.try_acquire() {
            tokio::time::sleep(DELAY).await;
        }
        Err(TooManyWrongTokens)
    }

    /// Forgets the addresses that have behaved for long.
    pub fn tidy(&self) {
        self.limiter.retain_recent();
        self.logged.lock().retain(|_, (at, _)| at.elapsed() < LOG_PERIOD);
    }

    fn log(&self, address: IpAddr, error: &AuthError) {
        let mut logged = self.logged.lock();
        let has_room = logged.len() < LOGGED;
        let failures = match logged.get_mut(&address) {
            Some((at, failures)) if at.elapsed() < LOG_PERIOD => {
                *failures += 1;
                return;
            }
            Some((at, failures)) => {
                *at = Instant::now();
                std::mem::take(failures) + 1
            }
            None if has_room => {
                logged.insert(address, (Instant::now(), 0));
                1
            }
            None => return,
        };
        let reason = error.reason();
        tracing::warn!(%address, failures, reason, "sign-ins fail");
    }
}
