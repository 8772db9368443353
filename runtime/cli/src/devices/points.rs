//! `champollion devices replace` and `champollion devices point`: devices on points, which outlive them.

use champollion_client::{Client, IndexReading, Point, PointRequest, ReplacementRequest};
use champollion_fleet::points::PointId;
use champollion_frames::DevEui;
use clap::Args;
use jiff::Timestamp;

use super::super::{Failure, output};

/// Has a device take the place of another one.
#[derive(Args)]
pub(super) struct Replace {
    /// DevEUI of the device that leaves, 16 hexadecimal digits
    old: DevEui,
    /// DevEUI of the device that takes its place and is registered already
    new: DevEui,
    /// Last index of the device that leaves, in the unit of its quantity: water.volume=1234.5; may stand several times
    #[arg(long, value_name = "QUANTITY[#CHANNEL]=VALUE", value_parser = index)]
    index: Vec<Index>,
    /// First index of the device that comes, where it does not begin at 0; may stand several times
    #[arg(long, value_name = "QUANTITY[#CHANNEL]=VALUE", value_parser = index)]
    new_index: Vec<Index>,
    /// Moment of the exchange, 2026-11-25T08:00:00Z; without, now
    #[arg(long, value_name = "MOMENT")]
    at: Option<Timestamp>,
}

/// Puts a device on a point, or takes it from there.
#[derive(Args)]
pub(super) struct OnPoint {
    /// DevEUI of the device, 16 hexadecimal digits
    dev_eui: DevEui,
    /// Point of the device's group, made where there is none; without, the device is taken from its point
    point: Option<PointId>,
    /// First moment of the device there, 2026-11-25T08:00:00Z; without, from the beginning
    #[arg(long, value_name = "MOMENT", requires = "point")]
    from: Option<Timestamp>,
}

/// An index: its quantity, its channel, and its value.
#[derive(Clone, Debug, PartialEq)]
struct Index {
    quantity: String,
    channel: u16,
    value: f64,
}

fn index(text: &str) -> Result<Index, String> {
    let wrong = || format!("{text:?} must read quantity=value, such as water.volume=1234.5");
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    let (quantity, channel) = match name.split_once('#') {
        Some((quantity, channel)) => (quantity, channel.parse().map_err(|_| wrong())?),
        None => (name, 0),
    };
    // A decimal comma, as the displays of meters in many countries have it.
    let value: f64 = value.replace(',', ".").parse().map_err(|_| wrong())?;
    if quantity.is_empty() || !value.is_finite() {
        return Err(wrong());
    }
    Ok(Index { quantity: quantity.to_owned(), channel, value })
}

impl Replace {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let request = ReplacementRequest { by: self.new, at: self.at, indexes: self.indexes()? };
        let answer = client.replace_device(self.old, &request).await?;
        if json {
            return output::answer(&answer);
        }
        let Point { point, group, .. } = answer.into_value();
        output::line(format_args!(
            "{} takes the place of {} on {point} of {group}",
            self.new, self.old
        ));
        if self.index.is_empty() {
            output::note("No index was told: the series begins anew.");
        }
        Ok(())
    }

    /// The indexes of both devices, each of which is one of the device that leaves.
    fn indexes(&self) -> Result<Vec<IndexReading>, Failure> {
        let is_same = |one: &Index, other: &Index| {
            one.quantity == other.quantity && one.channel == other.channel
        };
        let without = |new: &&Index| !self.index.iter().any(|old| is_same(old, new));
        if let Some(new) = self.new_index.iter().find(without) {
            return Err(Failure::new(
                "the device cannot be replaced",
                format_args!("--new-index tells {}, and --index does not", new.quantity),
            ));
        }
        let reading = |old: &Index| {
            let new = self.new_index.iter().find(|new| is_same(old, new));
            IndexReading {
                quantity: old.quantity.clone(),
                channel: old.channel,
                last: old.value,
                first: new.map_or(0.0, |new| new.value),
            }
        };
        Ok(self.index.iter().map(reading).collect())
    }
}

impl OnPoint {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let answer = match &self.point {
            Some(point) => {
                let request = PointRequest { point: point.to_string(), from: self.from };
                client.put_on_point(self.dev_eui, &request).await?
            }
            None => client.take_from_point(self.dev_eui).await?,
        };
        if json {
            return output::answer(&answer);
        }
        let Point { point, group, .. } = answer.into_value();
        let done = if self.point.is_some() { "is on" } else { "has left" };
        output::line(format_args!("{} {done} {point} of {group}", self.dev_eui));
        Ok(())
    }
}

/// Lists points with the devices that are on them.
pub(super) async fn list(client: &Client, json: bool) -> Result<(), Failure> {
    let answer = client.points().await?;
    if json {
        return output::answer(&answer);
    }
    let rows = answer.into_value().points.into_iter().flat_map(|point| {
        let Point { group, point, links } = point;
        links.into_iter().map(move |link| {
            let moment = |at: Option<Timestamp>| at.map(output::moment).unwrap_or_default();
            [
                group.clone(),
                point.clone(),
                link.dev_eui.to_string(),
                moment(link.from),
                moment(link.until),
            ]
        })
    });
    output::table(["group", "point", "DevEUI", "from", "until"], rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_has_a_quantity_a_channel_and_a_value() {
        let read =
            |quantity: &str, channel, value| Index { quantity: quantity.into(), channel, value };
        assert_eq!(index("water.volume=1234.5"), Ok(read("water.volume", 0, 1234.5)));
        assert_eq!(index("water.volume=1234,5"), Ok(read("water.volume", 0, 1234.5)));
        assert_eq!(index("pulse.count#2=7"), Ok(read("pulse.count", 2, 7.0)));
        for text in [
            "1234.5",
            "=1",
            "water.volume=",
            "water.volume=inf",
            "water.volume=1.234,5",
            "pulse.count#x=1",
        ] {
            assert!(index(text).is_err(), "{text}");
        }
    }
}
