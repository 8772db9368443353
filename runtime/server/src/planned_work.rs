//! Planned work as the rest of the server heeds it: its days are left out of the figures, and nothing is raised meanwhile.

use std::sync::Arc;

use champollion_service::notices::Notices;
use jiff::{SignedDuration, Timestamp};

use crate::{alerts::Alerts, devices::Device, quality::Quality};

/// Has figures and alerts heed the notices that leave out their objects.
pub(crate) fn heed(notices: &Arc<Notices>, quality: &Quality, alerts: &Alerts) {
    let (of_figures, days) = (Arc::clone(notices), quality.days().clone());
    quality.leave_out_by(move |group, use_case, day| {
        let day = days.begin(day)..days.end(day);
        of_figures.excluded(group, use_case, day).is_some()
    });
    let of_alerts = Arc::clone(notices);
    alerts.mute_by(move |device: &Device, at: Timestamp| {
        let end = at.checked_add(SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MAX);
        of_alerts.excluded(&device.group, device.use_case.as_ref(), at..end).is_some()
    });
}
