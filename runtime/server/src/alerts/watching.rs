//! The hook in the way of a frame: its rules are judged, and what comes of it goes into its batch.

use champollion_delivery::records::{Derived, Outcome};
use champollion_fleet::objects::LifeCycle;
use champollion_frames::{DevEui, VerifiedUplink};
use champollion_sandbox::{Measurement, Value as Told};
use champollion_service::alerts::{
    AlertsError, Frame, JudgedStates, Measured, NamedRule, Place, Value,
};
use champollion_store::Batch;
use jiff::Timestamp;

use super::Alerts;
use crate::devices::Device;

/// The result of a frame: its reading, and what was derived of it.
pub(crate) struct Seen<'of> {
    /// The reading, or why there is none.
    pub(crate) outcome: &'of Outcome,
    /// The values that were derived.
    pub(crate) derived: &'of [Derived],
}

impl Alerts {
    /// Judges a frame by the rules that watch its device, whose states are to be [kept](Self::keep_states) once its batch
    /// is durable. A frame that was overtaken is older than what was judged.
    pub(crate) async fn frame(
        &self,
        device: &Device,
        uplink: &VerifiedUplink,
        seen: Seen<'_>,
        batch: &mut Batch,
    ) -> Result<Option<JudgedStates>, AlertsError> {
        let Some(rules) = self.armed.of(&device.group) else { return Ok(None) };
        let mut may_watch = rules.that_may_watch(device.dev_eui).peekable();
        if uplink.held_up() || may_watch.peek().is_none() {
            return Ok(None);
        }
        let received_at = i64::try_from(uplink.received_at_ms()).unwrap_or_default();
        let Ok(received_at) = Timestamp::from_millisecond(received_at) else { return Ok(None) };
        let place = self.place(device, received_at);
        let watching: Vec<&NamedRule> =
            may_watch.filter(|(_, rule)| rule.watches(&place)).collect();
        if watching.is_empty() {
            return Ok(None);
        }
        let frame = frame(device, received_at, &seen);
        let place = (&place, self.is_muted(device, received_at));
        self.judge.frame(&watching, place, (&frame, Timestamp::now()), batch).await
    }

    /// Goes on from the states after a frame, whose batch is durable.
    pub(crate) fn keep_states(&self, judged: JudgedStates) {
        self.judge.keep(judged);
    }

    /// Reads the states of a device anew for its next frame, since others have moved it on.
    pub(crate) fn forget_states(&self, device: DevEui) {
        self.judge.forget(device);
    }

    /// Whether nothing is raised of a device: people are at work on it, it is not in service, or a notice is in force.
    pub(crate) fn is_muted(&self, device: &Device, at: Timestamp) -> bool {
        let object = &device.object;
        object.life_cycle == Some(LifeCycle::Maintenance)
            || !object.is_in_service()
            || self.notices.get().is_some_and(|notices| notices(device, at))
    }

    /// The place of a device as rules and alerts have it.
    pub(crate) fn place(&self, device: &Device, at: Timestamp) -> Place {
        Place {
            group: device.group.clone(),
            sub_group: device.sub_group.clone(),
            use_case: device.use_case.clone(),
            device: Some(device.dev_eui),
            route: None,
            name: device.name.as_str().to_owned(),
            point: self.devices.point_at(device, at).map(|(point, _)| point),
            address: device.object.address.as_ref().map(ToString::to_string),
        }
    }
}

fn frame<'of>(device: &Device, received_at: Timestamp, seen: &Seen<'of>) -> Frame<'of> {
    let none: &[Measurement] = &[];
    let (own, is_decoded) = match seen.outcome {
        Outcome::Decoded(_, reading) => (reading.measurements.as_slice(), Some(true)),
        Outcome::Failed(..) => (none, Some(false)),
        // A device without a decoder has nothing that could fail.
        Outcome::NoDecoder { .. } => (none, device.assignment.wanted().map(|_| false)),
    };
    let derived = seen.derived.iter().flat_map(|derived| match derived {
        Derived::Values(_, measurements) => measurements.as_slice(),
        Derived::Warning(_) => &[],
    });
    let measurements = own.iter().chain(derived);
    let measurements = measurements.map(|measured| measured_at(measured, received_at)).collect();
    Frame { received_at, measurements, is_decoded }
}

/// A measurement as rules have it. One whose clock is ahead would keep all later ones from being judged.
fn measured_at(measured: &Measurement, received_at: Timestamp) -> Measured<'_> {
    Measured {
        quantity: measured.quantity.name,
        channel: measured.channel,
        value: value(&measured.value),
        at: measured.measured_at.map_or(received_at, |at| at.min(received_at)),
    }
}

fn value(told: &Told) -> Value {
    match told {
        Told::Boolean(value) => Value::Boolean(*value),
        #[expect(clippy::cast_precision_loss, reason = "no device counts beyond 2^53")]
        Told::Integer(value) => Value::Number(*value as f64),
        Told::Number(value) => Value::Number(*value),
        Told::Text(value) => Value::Text(value.clone()),
    }
}
