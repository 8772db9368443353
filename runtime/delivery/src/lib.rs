//! Records: what a partner is given of a frame, and how it gets there: the mailbox that keeps them until
//! they are delivered, or until their time is over, and the routes on which they leave.

#![forbid(unsafe_code)]

pub mod destinations;
pub mod dispatch;
pub mod files;
pub mod formats;
pub mod mailbox;
pub mod names;
pub mod records;
pub mod routes;
mod zone;
