//! Handshakes of clouds that came to the doors of network servers, kept for an admin to answer.
//!
//! They come from anybody, so they are few: some of one network, some dozens in all, each only a little time
//! after the ones before. They are in memory alone, since a cloud sends another when it is asked to.

use std::net::IpAddr;

use champollion_lns::Handshake;
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use serde::Serialize;

use crate::connections::network_of;

/// Most handshakes that are kept.
const KEPT: usize = 48;

/// Most handshakes of one network that are taken within a period.
const OF_A_NETWORK: usize = 8;

/// The period in which no more are taken, and none is displaced.
const PERIOD: SignedDuration = SignedDuration::from_mins(10);

/// The time for which a handshake is kept. The tokens of AWS are good for three days.
const LIFE: SignedDuration = SignedDuration::from_hours(72);

/// The handshakes that wait for an admin.
#[derive(Default)]
pub struct Handshakes(Mutex<Vec<Waiting>>);

/// The sender of a handshake.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    /// The address that it came from.
    pub address: Option<IpAddr>,
    /// Whether it came with a token: strangers at the same address, such as that of a proxy, do not keep it out.
    pub has_token: bool,
}

/// A handshake, and where it came from.
#[derive(Clone, Debug)]
struct Waiting {
    shown: ShownHandshake,
    network: Option<IpAddr>,
}

/// A handshake of a cloud that wants to deliver to a door, which is confirmed by opening its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Handshake)]
pub struct ShownHandshake {
    /// The path that it came to.
    pub door: String,
    /// The kind of the message, in the cloud's word.
    #[schema(example = "DestinationConfirmation")]
    pub what: &'static str,
    /// The name of what is to deliver: the ARN of AWS, the topic of Azure.
    pub resource: String,
    /// The token that confirms by the interface of the cloud, as with `ConfirmTopicRuleDestination`.
    pub confirmation_token: String,
    /// The address that confirms when it is opened. Nothing here opens it.
    pub enable_url: String,
    /// When it came first.
    pub first_at: Timestamp,
    /// When it came last.
    pub last_at: Timestamp,
    /// The number of times that it came.
    pub times: u64,
    /// The address that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// Why a handshake is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many handshakes have come: ask the cloud for another in ten minutes")]
pub struct TooManyHandshakes;

impl Handshakes {
    /// Keeps a handshake that came to a door, and tells the log of it; the same once more is counted.
    ///
    /// # Errors
    /// [`TooManyHandshakes`] where there is no room for a while.
    pub fn take(
        &self,
        handshake: Handshake,
        door: &str,
        from: Sender,
        now: Timestamp,
    ) -> Result<(), TooManyHandshakes> {
        let kept = self.keep(handshake, door, from, now);
        let result = match &kept {
            Ok(None) => "repeated",
            Ok(Some(_)) => "kept",
            Err(TooManyHandshakes) => "refused",
        };
        metrics::counter!("champollion_handshakes_total", "result" => result).increment(1);
        if let Some(ShownHandshake { what, resource, enable_url, .. }) = kept? {
            tracing::info!(
                door,
                what,
                resource,
                enable_url,
                "a cloud asks whether it may deliver here: open enableUrl where you expect it"
            );
        }
        Ok(())
    }

    /// Returns the handshake where it is new.
    fn keep(
        &self,
        handshake: Handshake,
        door: &str,
        from: Sender,
        now: Timestamp,
    ) -> Result<Option<ShownHandshake>, TooManyHandshakes> {
        let Handshake { what, resource, confirmation_token, enable_url } = handshake;
        let network = from.address.map(network_of);
        let mut waiting = self.0.lock();
        waiting.retain(|one| now.duration_since(one.shown.last_at) < LIFE);
        let same = waiting.iter_mut().map(|one| &mut one.shown).find(|one| {
            one.door == door && one.resource == resource && one.enable_url == enable_url
        });
        if let Some(same) = same {
            same.times = same.times.saturating_add(1);
            same.last_at = now;
            return Ok(None);
        }
        let is_recent = |one: &Waiting| now.duration_since(one.shown.first_at) < PERIOD;
        let of_the_network =
            waiting.iter().filter(|one| one.network == network && is_recent(one)).count();
        if of_the_network >= OF_A_NETWORK && !from.has_token {
            return Err(TooManyHandshakes);
        }
        if waiting.len() >= KEPT {
            let oldest = waiting.iter().position(|one| !is_recent(one)).ok_or(TooManyHandshakes)?;
            waiting.remove(oldest);
        }
        let shown = ShownHandshake {
            door: door.to_owned(),
            what,
            resource,
            confirmation_token,
            enable_url,
            first_at: now,
            last_at: now,
            times: 1,
            from: from.address.map(|address| address.to_string()),
        };
        waiting.push(Waiting { shown: shown.clone(), network });
        Ok(Some(shown))
    }

    /// The handshakes that wait, the oldest first.
    #[must_use]
    pub fn list(&self, now: Timestamp) -> Vec<ShownHandshake> {
        let mut waiting = self.0.lock();
        waiting.retain(|one| now.duration_since(one.shown.last_at) < LIFE);
        waiting.iter().map(|one| one.shown.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake(number: usize) -> Handshake {
        Handshake {
            what: "DestinationConfirmation",
            resource: format!("arn:aws:iot:eu-west-1:1:ruledestination/http/{number}"),
            confirmation_token: number.to_string(),
            enable_url: format!("https://iot.eu-west-1.amazonaws.com/confirmdestination/{number}"),
        }
    }

    fn address(network: usize) -> Sender {
        let address = Some(format!("192.0.2.{network}").parse().unwrap());
        Sender { address, has_token: false }
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_mins(minutes)
    }

    const DOOR: &str = "/v1/ingest/aws";

    #[test]
    fn the_same_is_counted_and_another_is_kept() {
        let handshakes = Handshakes::default();
        for minutes in 0..3 {
            handshakes.take(handshake(1), DOOR, address(1), at(minutes)).unwrap();
        }
        handshakes.take(handshake(2), DOOR, address(1), at(3)).unwrap();
        let list = handshakes.list(at(4));
        assert_eq!(list.len(), 2);
        assert_eq!((list[0].times, list[0].first_at, list[0].last_at), (3, at(0), at(2)));
        assert_eq!(list[0].from.as_deref(), Some("192.0.2.1"));
        assert_eq!(list[1].confirmation_token, "2");
    }

    #[test]
    fn one_network_leaves_room_for_others() {
        let handshakes = Handshakes::default();
        let taken = (0..100)
            .filter(|&number| handshakes.take(handshake(number), DOOR, address(1), at(0)).is_ok());
        assert_eq!(taken.count(), OF_A_NETWORK);
        handshakes.take(handshake(100), DOOR, address(2), at(1)).unwrap();
        assert_eq!(
            handshakes.take(handshake(101), DOOR, address(1), at(9)),
            Err(TooManyHandshakes)
        );
        let with_token = Sender { has_token: true, ..address(1) };
        handshakes.take(handshake(102), DOOR, with_token, at(9)).unwrap();
        handshakes.take(handshake(101), DOOR, address(1), at(10)).unwrap();
    }

    #[test]
    fn many_networks_displace_no_recent_one() {
        let handshakes = Handshakes::default();
        for number in 0..KEPT {
            handshakes.take(handshake(number), DOOR, address(number), at(0)).unwrap();
        }
        let full = handshakes.take(handshake(KEPT), DOOR, address(KEPT), at(9));
        assert_eq!(full, Err(TooManyHandshakes));
        handshakes.take(handshake(KEPT), DOOR, address(KEPT), at(10)).unwrap();
        let list = handshakes.list(at(10));
        assert_eq!((list.len(), list[0].confirmation_token.as_str()), (KEPT, "1"));
    }

    #[test]
    fn they_are_forgotten_after_three_days() {
        let handshakes = Handshakes::default();
        handshakes.take(handshake(1), DOOR, address(1), at(0)).unwrap();
        assert_eq!(handshakes.list(at(72 * 60 - 1)).len(), 1);
        assert_eq!(handshakes.list(at(72 * 60)).len(), 0);
    }
}
