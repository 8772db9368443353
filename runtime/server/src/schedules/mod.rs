//! Schedules: commands that go out at moments that were said before.
//!
//! The [`Schedules`] are what partners have made, with the cursor of each: everything up to it is settled. The
//! runner looks at the clock, moves cursors on, and sends what is due by the path of a command by hand. A command is
//! sent under a name that follows from schedule, moment and piece, and so once, whenever the process ends.

mod book;
mod dry_run;
mod parts;
mod progress;
mod runner;
mod schedule;
mod sending;
mod settings;

pub use book::{Schedules, SchedulesError};
pub use dry_run::{DryRun, PlannedMoment, dry_run};
pub use parts::Parts;
pub use progress::{Run, RunState};
pub use runner::keep_schedules;
pub use schedule::{Schedule, ScheduleRequest, TargetError, place_of};
pub use settings::ScheduleSettings;
