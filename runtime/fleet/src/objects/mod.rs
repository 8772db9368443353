//! Objects: devices as their partner knows them, and the fields of the territory's sheet about them.

mod coordinates;
mod field_text;
mod fields;
mod words;

pub use coordinates::{Latitude, Longitude, OutOfRange};
pub use field_text::{FieldText, UnusableText};
pub use fields::{HalfAPlace, ObjectFields};
pub use words::{DeviceClass, Geolocation, LifeCycle, UnknownWord};
