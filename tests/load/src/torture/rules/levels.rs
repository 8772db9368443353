//! The levels that the meters of one group tell, frame by frame, and the alerts that must come of them.

use jiff::Timestamp;

use super::super::chance::Chance;
use crate::meters::{self, CLOCK, Meter};

/// The group whose meters go up and down, past the limits of its rules.
pub(super) const GROUP: &str = "water";

/// The limit of the rules, and the way back, in cubic metres.
pub(super) const LIMIT: u32 = 300;
pub(super) const BACK: u32 = 200;

/// The volumes of frame zero at each level, in litres. The number of the frame is added, so that each value is told once.
const LOW: u32 = 120_000;
const BETWEEN: u32 = 210_000;
const HIGH: u32 = 310_000;

/// Frames in a row at one level.
const AT_ONE_LEVEL: u32 = 3;

/// The level of a volume, as rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Low,
    Between,
    High,
}

/// The course of an alert, by the numbers of the frames that raised and ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Course {
    pub(super) raised: u32,
    pub(super) ended: Option<u32>,
}

/// The levels of a run.
pub(in crate::torture) struct Levels {
    seed: u64,
}

impl Levels {
    /// The levels of a seed.
    pub(in crate::torture) const fn of(seed: u64) -> Self {
        Self { seed }
    }

    /// The body that hands over the next frame of a meter. Those of the group are heard now: a command that an alert
    /// brings about is wanted from then on.
    pub(in crate::torture) fn frame(&self, meter: &mut Meter) -> String {
        self.frame_heard(meter, |_| Timestamp::now())
    }

    /// The same of meters whose decoder tells no moments: each frame is heard at the moment that its clock says.
    pub(in crate::torture) fn frame_without_clock(&self, meter: &mut Meter) -> String {
        self.frame_heard(meter, moment_of)
    }

    fn frame_heard(&self, meter: &mut Meter, heard: impl FnOnce(u32) -> Timestamp) -> String {
        if meter.group != GROUP {
            return meter.frame();
        }
        let f_cnt = meter.next_f_cnt;
        let litres = litres(self.at(&meter.dev_eui, f_cnt), f_cnt);
        meter.frame_of(&meters::telling(f_cnt, litres), &heard(f_cnt).to_string())
    }

    /// The alerts that so many frames of a meter must have raised and ended.
    pub(super) fn courses(&self, dev_eui: &str, frames: u32) -> Vec<Course> {
        courses((0..frames).map(|f_cnt| self.at(dev_eui, f_cnt)))
    }

    fn at(&self, dev_eui: &str, f_cnt: u32) -> Level {
        let device = u64::from_str_radix(dev_eui, 16).unwrap_or_default();
        let mut chance = Chance::of(self.seed ^ device, u64::from(f_cnt / AT_ONE_LEVEL));
        match chance.below(3) {
            0 => Level::Low,
            1 => Level::Between,
            _ => Level::High,
        }
    }
}

/// The alerts that levels raise and end, one after another.
fn courses(levels: impl Iterator<Item = Level>) -> Vec<Course> {
    let mut courses: Vec<Course> = Vec::new();
    for (level, f_cnt) in levels.zip(0..) {
        let open = courses.last_mut().filter(|course| course.ended.is_none());
        match (level, open) {
            (Level::High, None) => courses.push(Course { raised: f_cnt, ended: None }),
            (Level::Low, Some(course)) => course.ended = Some(f_cnt),
            _ => {}
        }
    }
    courses
}

const fn litres(level: Level, f_cnt: u32) -> u32 {
    f_cnt
        + match level {
            Level::Low => LOW,
            Level::Between => BETWEEN,
            Level::High => HIGH,
        }
}

/// The number of the frame that has told a volume beyond the limit, in cubic metres.
pub(super) fn raised_by(cubic_metres: f64) -> Option<u32> {
    let litres = (cubic_metres * 1_000.0).round();
    (litres >= f64::from(HIGH)).then(|| litres as u32 - HIGH)
}

/// The moment that the clock of a frame says.
fn moment_of(f_cnt: u32) -> Timestamp {
    Timestamp::from_second(i64::from(CLOCK) + i64::from(f_cnt)).unwrap_or_default()
}

/// The number of the frame that was measured at a moment.
pub(super) fn measured_at(at: Timestamp) -> Option<u32> {
    u32::try_from(at.as_second()).ok()?.checked_sub(CLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_raised_beyond_the_limit_and_ends_at_the_way_back() {
        use Level::{Between, High, Low};
        let levels = [Low, Between, High, High, Between, High, Low, Low, Between, High, Between];
        let course = |raised, ended| Course { raised, ended };
        assert_eq!(courses(levels.into_iter()), [course(2, Some(6)), course(9, None)]);
        assert!(courses([Between, Low].into_iter()).is_empty());
    }

    #[test]
    fn meters_pass_both_limits_in_a_run() {
        let levels = Levels::of(7);
        let courses = levels.courses("02C4A3FFFE200000", 400);
        assert!(courses.len() > 10 && courses.iter().rev().skip(1).all(|one| one.ended.is_some()));
        assert_eq!(levels.courses("02C4A3FFFE200000", 400), courses, "a seed gives the same again");
        assert_ne!(levels.courses("02C4A3FFFE200001", 400), courses);
    }

    #[test]
    fn a_value_and_a_moment_name_their_frame() {
        for f_cnt in [0, 7, 50_000] {
            let value = f64::from(litres(Level::High, f_cnt)) / 1_000.0;
            assert_eq!(raised_by(value), Some(f_cnt));
            assert_eq!(measured_at(moment_of(f_cnt)), Some(f_cnt));
        }
        assert_eq!(raised_by(f64::from(litres(Level::Between, 9)) / 1_000.0), None);
        assert_eq!(measured_at(Timestamp::UNIX_EPOCH), None);
    }
}
