//! Two intakes on one store, as two processes would be that serve the same devices: of the batches that
//! were computed from the same rows one alone becomes durable, and the other intake answers what one
//! intake alone would have answered.

mod frames;
mod joins;
mod older_rows;
mod packages;
mod removal;
mod reports;
mod support;
