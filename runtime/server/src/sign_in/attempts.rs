//! Attempts to sign in: bounded by the address that they come from and by the e-mail address that they name, whether
//! there is an account or not. Who has signed in from an address before has a bound of its own there: others, who try the
//! same account from elsewhere, cannot keep its person out.

use std::{collections::HashMap, net::IpAddr, num::NonZeroU32, time::Duration};

use champollion_fleet::people::Email;
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use parking_lot::Mutex;

/// Addresses that are remembered of an account, the latest ones: at home, at work, on the way.
const REMEMBERED: usize = 8;

/// The judge of attempts.
pub struct Attempts {
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    by_account: DefaultKeyedRateLimiter<Email>,
    by_own_address: DefaultKeyedRateLimiter<(Email, IpAddr)>,
    /// The addresses from which somebody has signed in, the latest one at the end; bounded by the accounts that there are.
    /// Held for a look or a change, never across an await.
    own_addresses: Mutex<HashMap<Email, Vec<IpAddr>>>,
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
        Self {
            by_address: RateLimiter::keyed(quota()),
            by_account: RateLimiter::keyed(quota()),
            by_own_address: RateLimiter::keyed(quota()),
            own_addresses: Mutex::default(),
        }
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
        let own = address.filter(|address| self.is_own(email, *address));
        let checked = match own {
            Some(address) => self.by_own_address.check_key(&(email.clone(), address)),
            None => self.by_account.check_key(email),
        };
        checked.map_err(|until| TooManySignIns { wait: until.wait_time_from(now()) })
    }

    /// Remembers that the person of an e-mail address has signed in from an address.
    pub fn signed_in(&self, address: Option<IpAddr>, email: &Email) {
        let Some(address) = address else { return };
        let mut all = self.own_addresses.lock();
        let own = all.entry(email.clone()).or_default();
        own.retain(|other| *other != address);
        own.push(address);
        if own.len() > REMEMBERED {
            own.remove(0);
        }
    }

    fn is_own(&self, email: &Email, address: IpAddr) -> bool {
        self.own_addresses.lock().get(email).is_some_and(|own| own.contains(&address))
    }

    /// Forgets those who have tried nothing for long.
    pub fn tidy(&self) {
        self.by_address.retain_recent();
        self.by_account.retain_recent();
        self.by_own_address.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_do_not_keep_out_who_has_signed_in_from_an_address_before() {
        let attempts = Attempts::new(NonZeroU32::new(2).unwrap(), NonZeroU32::MIN);
        let address = |last: u8| Some(IpAddr::from([192, 0, 2, last]));
        let ada: Email = "ada@city.example".parse().unwrap();
        let bob: Email = "bob@city.example".parse().unwrap();
        attempts.signed_in(address(1), &ada);
        for far in [10, 11] {
            assert_eq!(attempts.admit(address(far), &ada), Ok(()));
        }
        assert!(attempts.admit(address(12), &ada).is_err(), "the account was tried twice");
        assert_eq!(attempts.admit(address(1), &ada), Ok(()));
        assert_eq!(attempts.admit(address(1), &ada), Ok(()));
        assert!(attempts.admit(address(1), &ada).is_err(), "it has a bound of its own");
        // An address is one's own for one account, and those of long ago are forgotten.
        assert!(!attempts.is_own(&bob, [192, 0, 2, 1].into()));
        for later in 20..28 {
            attempts.signed_in(address(later), &ada);
        }
        assert!(!attempts.is_own(&ada, [192, 0, 2, 1].into()));
        assert!(attempts.is_own(&ada, [192, 0, 2, 20].into()));
    }

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
