//! Schedules of commands in a run: moments that come once, and one each minute. Each lamp must be commanded once for each.

use std::ops::Range;

use anyhow::Result;
use champollion_client::{Blocking, Schedule, SchedulePlan, ScheduleRun, ScheduleTime};
use jiff::{SignedDuration, Timestamp};

use super::{
    super::commands::{dimming, lamp, register},
    rows::Sent,
};

/// The group of the lamps that schedules command.
const GROUP: &str = "streets";

/// The lamps of the group, which nobody else commands. The first one is also commanded alone, the last one each minute.
pub(super) const LAMPS: Range<u64> = 100..104;

/// Most moments that come once.
const MOST: u32 = 100;

/// The time between two of them, at least.
const INTERVAL: SignedDuration = SignedDuration::from_secs(4);

/// The time before the first one.
const FIRST: SignedDuration = SignedDuration::from_secs(3);

/// Before the end of a run no further moments come.
const LAST: SignedDuration = SignedDuration::from_secs(10);

/// The name of the schedule of each minute, and the seconds for which its commands are wanted.
const MINUTES: &str = "Each minute";
const WANTED_SECONDS: u32 = 3_600;

/// A minute in seconds.
const MINUTE: i64 = 60;

/// The schedules of a run.
pub(super) struct Schedules {
    once: Vec<(Schedule, Range<u64>)>,
    /// The schedule of each minute.
    minutes: Schedule,
}

impl Schedules {
    /// Registers the lamps, and makes the schedules of a run of some minutes.
    pub(super) fn make(admin: &Blocking, minutes: u32) -> Result<Self> {
        register(admin, GROUP, LAMPS)?;
        let begin = Timestamp::now();
        let run = SignedDuration::from_mins(minutes.into());
        let interval = INTERVAL.max(run / i32::try_from(MOST)?);
        let mut once = Vec::new();
        let mut at = begin + FIRST;
        while at + LAST < begin + run {
            let (device, lamps) = match once.len() % 2 {
                0 => (None, LAMPS),
                _ => (Some(lamp(LAMPS.start)), LAMPS.start..LAMPS.start + 1),
            };
            let when = ScheduleTime { at: Some(at), ..ScheduleTime::default() };
            let plan = SchedulePlan { name: format!("Once {}", once.len()), device, ..plan(when) };
            let schedule = admin.ask(|server| server.add_schedule(&plan))?.into_value();
            once.push((schedule, lamps));
            at += interval;
        }
        let cron = Some("* * * * *".to_owned());
        let when = ScheduleTime { cron, ..ScheduleTime::default() };
        let name = MINUTES.to_owned();
        let plan = SchedulePlan { name, device: Some(lamp(LAMPS.end - 1)), ..plan(when) };
        let minutes = admin.ask(|server| server.add_schedule(&plan))?.into_value();
        Ok(Self { once, minutes })
    }

    /// Says which schedules were not carried out once, where lamps were sent these commands.
    pub(super) fn judge(&self, admin: &Blocking, sent: &[Sent]) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for (schedule, lamps) in &self.once {
            let shown = admin.ask(|server| server.schedule(schedule.id))?.into_value();
            let lamps: Vec<String> = lamps.clone().map(|number| lamp(number).to_string()).collect();
            found.extend(judge_once(&schedule.plan.name, &shown.runs, &lamps, sent));
        }
        found.extend(judge_minutes(sent, self.minutes.made_at, Timestamp::now()));
        Ok(found)
    }
}

fn plan(when: ScheduleTime) -> SchedulePlan {
    SchedulePlan {
        group: Some(GROUP.to_owned()),
        when,
        command: dimming(50),
        expires_in_seconds: Some(WANTED_SECONDS),
        ..SchedulePlan::default()
    }
}

/// The name of a schedule as that of a sender.
fn sender(name: &str) -> String {
    format!("schedule {name}")
}

/// Says what is wrong with a schedule that comes once, by its runs and by what its lamps were sent.
fn judge_once(name: &str, runs: &[ScheduleRun], lamps: &[String], sent: &[Sent]) -> Vec<String> {
    let by = sender(name);
    let mut found = Vec::new();
    let is_whole = |run: &ScheduleRun| run.state == "sent" && run.queued == lamps.len() as u64;
    if !matches!(runs, [run] if is_whole(run)) {
        found.push(format!("the runs of {name} are {runs:?}"));
    }
    let own: Vec<&str> =
        sent.iter().filter(|sent| sent.by == by).map(|sent| sent.device.as_str()).collect();
    for lamp in lamps {
        let times = own.iter().filter(|device| *device == lamp).count();
        if times != 1 {
            found.push(format!("{name} has commanded {lamp} {times} times"));
        }
    }
    if own.iter().any(|device| !lamps.iter().any(|lamp| lamp == device)) {
        found.push(format!("{name} has commanded others: {own:?}"));
    }
    found
}

/// Says which minutes between two moments were left out, or came twice. The last one may be under way.
fn judge_minutes(sent: &[Sent], from: Timestamp, now: Timestamp) -> Vec<String> {
    let by = sender(MINUTES);
    // A command is wanted for as long after its moment.
    let moment = |sent: &Sent| sent.expires_at.as_second() - i64::from(WANTED_SECONDS);
    let mut moments: Vec<i64> = sent.iter().filter(|sent| sent.by == by).map(moment).collect();
    moments.sort_unstable();
    let first = from.as_second() / MINUTE + 1;
    let last = now.as_second() / MINUTE;
    let due: Vec<i64> = (first..=last).map(|minute| minute * MINUTE).collect();
    let is_right = moments == due || due.split_last().is_some_and(|(_, rest)| moments == rest);
    if is_right {
        return Vec::new();
    }
    vec![format!("{MINUTES} came at {moments:?}, and was due at {due:?}")]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn sent(name: &str, device: &str, expires_at: i64) -> Sent {
        let (id, device) = (String::new(), device.to_owned());
        Sent {
            id,
            device,
            by: sender(name),
            expires_at: Timestamp::from_second(expires_at).unwrap(),
        }
    }

    fn runs(value: Json) -> Vec<ScheduleRun> {
        serde_json::from_value(value).unwrap()
    }

    fn run(state: &str, queued: u64) -> Json {
        json!({ "at": "2026-02-03T04:05:06Z", "state": state, "queued": queued, "refused": 0 })
    }

    #[test]
    fn a_moment_is_carried_out_once_for_each_lamp() {
        let lamps = ["a".to_owned(), "b".to_owned()];
        let judged = |run: Json, devices: &[&str]| {
            let sent: Vec<Sent> = devices.iter().map(|device| sent("Once 1", device, 0)).collect();
            judge_once("Once 1", &runs(run), &lamps, &sent).len()
        };
        assert_eq!(judged(json!([run("sent", 2)]), &["a", "b"]), 0);
        for (wrong, told, devices) in [
            ("it did not come", json!([]), vec!["a", "b"]),
            ("it came twice", json!([run("sent", 2), run("sent", 2)]), vec!["a", "b"]),
            ("it was missed", json!([run("missed", 0)]), vec!["a", "b"]),
            ("it hangs", json!([run("running", 2)]), vec!["a", "b"]),
            ("a lamp was left out", json!([run("sent", 2)]), vec!["a"]),
            ("a lamp was commanded twice", json!([run("sent", 2)]), vec!["a", "b", "b"]),
            ("another lamp was commanded", json!([run("sent", 2)]), vec!["a", "b", "c"]),
        ] {
            assert_ne!(judged(told, &devices), 0, "{wrong}");
        }
    }

    #[test]
    fn each_minute_comes_once() {
        let at =
            |minute: i64, second: i64| Timestamp::from_second(minute * MINUTE + second).unwrap();
        let judged = |minutes: &[i64]| {
            let expiry = |minute: i64| minute * MINUTE + i64::from(WANTED_SECONDS);
            let sent: Vec<Sent> =
                minutes.iter().map(|minute| sent(MINUTES, "a", expiry(*minute))).collect();
            judge_minutes(&sent, at(100, 20), at(103, 1)).len()
        };
        assert_eq!(judged(&[101, 102, 103]), 0);
        assert_eq!(judged(&[102, 101]), 0, "the last one is under way");
        for wrong in [&[101][..], &[101, 102, 102, 103], &[102, 103], &[100, 101, 102], &[]] {
            assert_eq!(judged(wrong), 1, "{wrong:?}");
        }
    }
}
