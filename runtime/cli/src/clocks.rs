//! The clocks of the server's territory, by which lists show moments.

use champollion_client::Client;
use jiff::{Timestamp, tz::TimeZone};

use super::Failure;

/// The clocks of a territory.
pub(super) struct Clocks(TimeZone);

impl Clocks {
    /// The clocks of the territory whose server it is; UTC where it is one that does not tell.
    pub(super) async fn of(client: &Client) -> Result<Self, Failure> {
        let me = client.me().await?;
        let zone = me.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok());
        Ok(Self(zone.unwrap_or(TimeZone::UTC)))
    }

    /// A moment to the second, with the offset of the clocks then: an hour comes twice in autumn.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        at.to_zoned(self.0.clone()).strftime("%F %H:%M:%S %:z").to_string()
    }

    /// A moment that may be missing.
    pub(super) fn moment_if_any(&self, at: Option<Timestamp>) -> String {
        at.map(|at| self.moment(at)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_that_comes_twice_is_told_by_its_offset() {
        let clocks = Clocks(TimeZone::get("Europe/Paris").unwrap());
        let said = |at: &str| clocks.moment(at.parse().unwrap());
        assert_eq!(said("2026-10-25T00:30:05Z"), "2026-10-25 02:30:05 +02:00");
        assert_eq!(said("2026-10-25T01:30:05Z"), "2026-10-25 02:30:05 +01:00");
        assert_eq!(clocks.moment_if_any(None), "");
    }
}
