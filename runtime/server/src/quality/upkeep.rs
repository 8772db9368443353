//! The upkeep of the figures: counts are written each few seconds with the gateways that were heard, minutes are noted and
//! gateways judged each minute, rows are written each hour, and days are closed when they are over.

use std::{
    fmt::Display,
    sync::Arc,
    time::{Duration, Instant},
};

use champollion_service::{
    gateways::{GatewayState, GatewayTurn, Judging, Turned},
    quality::{Counts, Stretch},
};
use jiff::{Timestamp, ToSpan};
use tokio::{sync::watch, time::MissedTickBehavior};

use super::{Quality, availability::note_minute};
use crate::{clock::ClockWatch, service::Service};

/// The interval at which counts become durable. Frames of which no record is kept any more are lost to the figures when the
/// process is killed in between.
const FLUSH_PERIOD: Duration = Duration::from_secs(10);

/// Flushes after which the rows of days are written.
const FLUSHES_AN_HOUR: u64 = 360;

/// Begins to look after the figures. Of several nodes the one that leads does.
pub(crate) fn begin(service: &Arc<Service>, stopped: watch::Receiver<bool>) {
    let upkeep = tokio::spawn(look_after(Arc::clone(service), stopped));
    *service.quality.upkeep.lock() = Some(upkeep);
}

/// Waits until the upkeep has ended, where it had begun, and makes durable all that is in memory.
pub(crate) async fn end(quality: &Quality) {
    let upkeep = quality.upkeep.lock().take();
    let Some(upkeep) = upkeep else { return };
    // It ends by itself: a flush that is broken off would forget what it had taken.
    drop(upkeep.await);
    flush(quality).await;
    told(quality.gateways.write(Timestamp::now(), None).await, "gateways cannot be kept");
}

/// Looks after the figures until the server stops.
async fn look_after(service: Arc<Service>, mut stopped: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(FLUSH_PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut clock = ClockWatch::default();
    measure(&service.quality).await;
    let mut noted = None;
    for count in 0_u64.. {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        flush(&service.quality).await;
        // Each minute of the clock is looked at, however late a tick comes.
        let minute = Some(Timestamp::now().as_second() / 60);
        if minute != noted {
            noted = minute;
            note_minute(&service).await;
            // What a wrong clock closes or removes does not come back, and by a wrong clock every gateway is silent.
            let is_trusted = clock.look(Instant::now(), Timestamp::now());
            write_gateways(&service, is_trusted).await;
            if is_trusted {
                close_days(&service.quality).await;
            }
        }
        if count % FLUSHES_AN_HOUR == FLUSHES_AN_HOUR - 1 {
            told(service.quality.books.compact().await, "the rows of days cannot be written");
        }
    }
}

/// Makes durable what was counted. Where that fails, it is tried again the next time.
async fn flush(quality: &Quality) {
    if let Some(late) = told(quality.flush().await, "counts of frames cannot be kept") {
        metrics::counter!("champollion_quality_late_frames_total").increment(late);
    }
}

/// Fixes the figures of the days that are over, and removes what is older than it may be.
async fn close_days(quality: &Quality) {
    let today = quality.days.of(Timestamp::now());
    let then = quality.members_by_day(None);
    let closed = quality.books.close(today, then, |of, then| quality.members(of, then)).await;
    let closed = told(closed, "the figures of a day cannot be fixed").unwrap_or_default();
    for day in &closed {
        tracing::info!(%day, "the figures of connectivity of the day are fixed");
    }
    if !closed.is_empty() {
        let years = quality.settings.years;
        told(quality.books.forget(today, years).await, "old figures cannot be removed");
        let first = today.saturating_sub(i32::from(years).years());
        told(quality.availability.forget(first).await, "old minutes cannot be removed");
        measure(quality).await;
    }
}

/// Shows the shares of the last day whose figures are fixed.
async fn measure(quality: &Quality) {
    let Some(day) = quality.books.calendar().closed else { return };
    let mut counts = Counts::default();
    for group in quality.groups() {
        let figures = quality.figures(&group, Stretch { first: day, last: day }).await;
        let days = told(figures, "the figures of a day cannot be read").unwrap_or_default();
        days.iter().flat_map(|(_, parts)| parts).for_each(|part| counts.add(&part.counts));
    }
    for (promise, share) in
        [("daily", counts.daily_share()), ("fortnight", counts.fortnight_share())]
    {
        if let Some(share) = share {
            metrics::gauge!("champollion_quality_share", "promise" => promise).set(share);
        }
    }
}

/// Makes durable when gateways were heard, and tells of those that have gone or are back.
async fn write_gateways(service: &Service, is_trusted: bool) {
    let (quality, config) = (&service.quality, &service.config);
    let clocks = config.territory.clocks();
    let mails = config.quality.gateway_mails(&config.sign_in.public_address, clocks);
    let judging = Judging { listening_since: quality.started, mails: &mails };
    let judging = Some(judging).filter(|_| is_trusted);
    let turned = quality.gateways.write(Timestamp::now(), judging).await;
    for turned in told(turned, "gateways cannot be kept").unwrap_or_default() {
        tell(&turned);
    }
    let gateways = quality.gateways.list(None);
    for state in [GatewayState::Heard, GatewayState::Silent, GatewayState::RhythmUnknown] {
        let count = gateways.iter().filter(|(_, gateway)| gateway.state() == state).count();
        metrics::gauge!("champollion_gateways", "state" => state.as_str()).set(count as f64);
    }
}

fn tell(Turned { id, turn, last_heard_at }: &Turned) {
    match turn {
        GatewayTurn::Silent => {
            tracing::warn!(gateway = id, %last_heard_at, "a gateway is silent for three times its usual gap");
        }
        GatewayTurn::Back => tracing::info!(gateway = id, "a gateway is heard again"),
    }
}

/// The outcome of something that is tried again the next time.
fn told<T, E: Display>(outcome: Result<T, E>, trouble: &'static str) -> Option<T> {
    outcome.inspect_err(|error| tracing::error!(%error, "{trouble}")).ok()
}
