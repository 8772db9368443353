//! The parts that pages are made of.

pub(super) mod badge;
pub(super) mod chart;
pub(super) mod code;
pub(super) mod empty;
pub(super) mod filters;
pub(super) mod form;
pub(super) mod live;
pub(super) mod map;
pub(super) mod notice;
pub(super) mod pager;
pub(super) mod scale;
pub(super) mod table;
