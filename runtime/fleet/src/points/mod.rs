//! Points: places that are measured or lit, apart from the devices on them.
//!
//! A point outlives its devices. Each of them is linked to it from a moment until another; where a meter takes the place of
//! another one, an offset of its index lets the series go on. A device without a point is its own.

mod link;
mod point;
mod point_id;

pub use link::{IndexOffset, Link, steady};
pub use point::{IndexReading, Point, PointError};
pub use point_id::{PointId, UnusablePointId};
