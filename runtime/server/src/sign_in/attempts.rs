//! Attempts to sign in: bounded by the address that they come from and by the e-mail address that they name, whether
//! there is an account or not.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use champollion_fleet::people::Email;
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

/// The judge of attempts.
pub struct Attempts {
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    by_account: DefaultKeyedRateLimiter<Email>,
}

/// Too many attempts were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many sign-ins were tried: come again in {} seconds", .wait.as_secs_f32().ceil())]
pub struct TooManySignIns {
    /// The time after which the next one is taken.
    pub wait: Duration,
}

impl Attempts {
    /// Bounds the attempts of each.
    #[must_use]
    pub fn new(at_once: NonZeroU32, per_minute: NonZeroU32) -> Self {
        let quota = || Quota::per_minute(per_minute).allow_burst(at_once);
        Self { by_address: RateLimiter::keyed(quota()), by_account: RateLimiter::keyed(quota()) }
    }

    /// Takes note of an attempt.
    ///
    /// # Errors
    /// [`TooManySignIns`] where it is one too many.
    pub fn admit(&self, address: Option<IpAddr>, email: &Email) -> Result<(), TooManySignIns> {
        let now = || DefaultClock::default().now();
        if let Some(address) = address {
            self.by_address
                .check_key(&address)
                .map_err(|until| TooManySignIns { wait: until.wait_time_from(now()) })?;
        }
        self.by_account
            .check_key(email)
            .map_err(|until| TooManySignIns { wait: until.wait_time_from(now()) })
    }

    /// Forgets those who have tried nothing for long.
    pub fn tidy(&self) {
        self.by_address.retain_recent();
        self.by_account.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_an_account_have_bounds_of_their_own() {
        let attempts = Attempts::new(NonZeroU32::new(2).unwrap(), NonZeroU32::MIN);
        let [near, far] = [1, 2].map(|last| Some(IpAddr::from([192, 0, 2, last])));
        let [ada, bob, eve]: [Email; 3] =
            ["ada", "bob", "eve"].map(|name| format!("{name}@city.example").parse().unwrap());
        assert_eq!(attempts.admit(near, &ada), Ok(()));
        assert_eq!(attempts.admit(near, &bob), Ok(()));
        assert!(attempts.admit(near, &eve).is_err(), "the address has tried two");
        assert_eq!(attempts.admit(far, &ada), Ok(()));
        assert!(attempts.admit(None, &ada).is_err(), "the account was tried twice");
        assert_eq!(attempts.admit(None, &bob), Ok(()));
    }
}
