//! The parts of the server that schedules are carried out with.

use std::sync::Arc;

use champollion_registry::Registry;

use super::{book::Schedules, settings::ScheduleSettings};
use crate::{
    cluster::Cluster,
    devices::Devices,
    downlinks::{Downlinks, Words},
};

/// The parts of the server that schedules are carried out with.
pub struct Parts {
    /// The schedules of all groups.
    pub schedules: Arc<Schedules>,
    /// The settings of schedules.
    pub settings: ScheduleSettings,
    /// The time zone of schedules that name none.
    pub usual_zone: String,
    /// This node, which learns from the others what devices there are.
    pub cluster: Arc<Cluster>,
    /// The devices that are commanded.
    pub devices: Arc<Devices>,
    /// The commands to devices.
    pub downlinks: Arc<Downlinks>,
    /// The words that say why a device is not commanded, as senders by hand are told.
    pub words: Words,
    /// The registry, whose audit tells of commands.
    pub registry: Arc<Registry>,
}
