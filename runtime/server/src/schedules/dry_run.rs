//! A dry run of a schedule: its next moments, and what each device would be sent.

use champollion_service::schedules::Calendar;
use jiff::Timestamp;
use serde::Serialize;

use super::schedule::ScheduleRequest;
use crate::downlinks::{DeviceKind, Downlinks, PlannedPayload, SendError, Words};

/// Moments that are shown.
const MOMENTS: usize = 10;

/// The next moments of a schedule, with every payload.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduleDryRun)]
pub struct DryRun {
    /// The time zone of the schedule.
    pub time_zone: String,
    /// The next moments, ten at most.
    pub moments: Vec<PlannedMoment>,
}

/// A moment to come, with what would be sent.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlannedMoment)]
pub struct PlannedMoment {
    /// The moment in universal time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The same by the clocks of the time zone.
    pub local: String,
    /// The payloads, each with the devices that get it.
    pub payloads: Vec<PlannedPayload>,
}

/// Returns what a schedule would do after a moment for the devices that there are. Nothing is sent.
///
/// # Errors
/// The command is too long.
pub async fn dry_run(
    (downlinks, words): (&Downlinks, Words),
    (wish, kinds): (&ScheduleRequest, &[DeviceKind]),
    calendar: &Calendar,
    after: Timestamp,
) -> Result<DryRun, SendError> {
    let zone = calendar.zone();
    let command = wish.command_until(Timestamp::MAX);
    let next: Vec<Timestamp> = calendar.after(after).take(MOMENTS).collect();
    let payloads = downlinks.preview(kinds, &command, &next, words).await?;
    let planned = next.into_iter().zip(payloads).map(|(at, payloads)| {
        let local = at.display_with_offset(zone.to_offset(at)).to_string();
        PlannedMoment { at, local, payloads }
    });
    let time_zone = zone.iana_name().unwrap_or_default().to_owned();
    Ok(DryRun { time_zone, moments: planned.collect() })
}
