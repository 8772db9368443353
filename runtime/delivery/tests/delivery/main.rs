//! The crate as its users see it: records of real frames, and a mailbox on the real store.

mod delivering;
mod files;
mod groups;
mod large_records;
mod model;
mod nodes;
mod pages;
mod records;
mod retention;
mod routes;
mod support;
