//! Schedules: the moments at which commands go out, and what is due of them.
//!
//! A [`When`] is what a person says: a cron expression, the sun, or one moment. [`When::calendar`] turns it into a
//! [`Calendar`], which names the moments after any other one; [`due`] says what of them is to be done now, and what was
//! missed. Nothing here reads a clock.

mod calendar;
mod cron_fault;
mod due;
mod place;
mod sun;
mod when;

pub use calendar::Calendar;
pub use cron_fault::{CronFault, CronPart};
pub use due::{Due, Lateness, Missed, MissedMoments, due};
pub use place::{Place, PlaceError};
pub use sun::SunEvent;
pub use when::{When, WhenError};
