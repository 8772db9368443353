//! The figures of connectivity: shares, silent objects, objects that are left out, and availability.

mod availability;
mod excluded;
mod figures;
mod scope;
mod silent;

pub(super) use availability::{__path_availability, availability};
pub(super) use excluded::{__path_excluded, excluded};
pub(super) use figures::{__path_figures, figures};
pub(super) use silent::{__path_silent, silent};
