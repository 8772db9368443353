//! Rates of requests: a bound for each token and for each group, and of requests without a token for each address. Frames are not among them, since the queue of
//! the decoders holds them back.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use champollion_delivery::names::GroupId;
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};

/// The judge of the rates of requests.
pub struct Rates {
    by_token: Option<DefaultKeyedRateLimiter<String>>,
    by_group: Option<DefaultKeyedRateLimiter<GroupId>>,
    without_token: Option<DefaultKeyedRateLimiter<IpAddr>>,
}

/// A token, a group or an address that asks too often.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{of} asks too often: come again in {} seconds", .wait.as_secs_f32().ceil())]
pub struct TooOften {
    /// The token, the group or the address, for people.
    pub of: String,
    /// The time after which a request is taken again.
    pub wait: Duration,
}

impl Rates {
    /// Bounds the requests in a second of each token, of each group, and without a token of each address, 0
    /// without a bound; as many as in `burst_seconds` may come at once.
    #[must_use]
    pub fn new(
        by_token: u32,
        by_group: u32,
        without_token: u32,
        burst_seconds: NonZeroU32,
    ) -> Self {
        let quota = |per_second: u32| {
            let per_second = NonZeroU32::new(per_second)?;
            let burst = per_second.saturating_mul(burst_seconds);
            Some(Quota::per_second(per_second).allow_burst(burst))
        };
        Self {
            by_token: quota(by_token).map(RateLimiter::keyed),
            by_group: quota(by_group).map(RateLimiter::keyed),
            without_token: quota(without_token).map(RateLimiter::keyed),
        }
    }

    /// Takes note of a request.
    ///
    /// # Errors
    /// [`TooOften`] where it is one too many.
    pub fn admit(&self, token: &String, group: Option<&GroupId>) -> Result<(), TooOften> {
        let now = || DefaultClock::default().now();
        if let Some(limiter) = &self.by_token {
            limiter.check_key(token).map_err(|until| TooOften {
                of: "this token".to_owned(),
                wait: until.wait_time_from(now()),
            })?;
        }
        if let (Some(limiter), Some(group)) = (&self.by_group, group) {
            limiter.check_key(group).map_err(|until| TooOften {
                of: format!("the group {group}"),
                wait: until.wait_time_from(now()),
            })?;
        }
        Ok(())
    }

    /// Takes note of a request without a token.
    ///
    /// # Errors
    /// [`TooOften`] where it is one too many.
    pub fn admit_without_token(&self, address: IpAddr) -> Result<(), TooOften> {
        let Some(limiter) = &self.without_token else { return Ok(()) };
        limiter.check_key(&address).map_err(|until| TooOften {
            of: format!("{address} without a token"),
            wait: until.wait_time_from(DefaultClock::default().now()),
        })
    }

    /// Forgets tokens, groups and addresses that have asked nothing for long.
    pub fn tidy(&self) {
        if let Some(limiter) = &self.by_token {
            limiter.retain_recent();
        }
        if let Some(limiter) = &self.by_group {
            limiter.retain_recent();
        }
        if let Some(limiter) = &self.without_token {
            limiter.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_and_a_group_have_bounds_of_their_own() {
        let rates = Rates::new(2, 3, 1, NonZeroU32::MIN);
        let (first, second) = ("a".to_owned(), "b".to_owned());
        let (water, light): (GroupId, GroupId) =
            ("water".parse().unwrap(), "light".parse().unwrap());
        assert_eq!(rates.admit(&first, Some(&water)), Ok(()));
        assert_eq!(rates.admit(&first, Some(&water)), Ok(()));
        assert!(rates.admit(&first, Some(&water)).unwrap_err().of.contains("token"));
        assert_eq!(rates.admit(&second, Some(&water)), Ok(()));
        assert!(rates.admit(&second, Some(&water)).unwrap_err().of.contains("water"));
        assert_eq!(rates.admit(&"c".to_owned(), Some(&light)), Ok(()));
        let (near, far) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        assert_eq!(rates.admit_without_token(near), Ok(()));
        assert!(rates.admit_without_token(near).unwrap_err().of.contains("192.0.2.1"));
        assert_eq!(rates.admit_without_token(far), Ok(()));
        let unbounded = Rates::new(0, 0, 0, NonZeroU32::MIN);
        assert!((0..1_000).all(|_| unbounded.admit(&first, Some(&water)).is_ok()));
    }
}
