//! The check of a command that is sent later, by a schedule or an alert.

use jiff::Timestamp;

use super::{Problem, downlinks::refused};
use crate::{
    downlinks::{CommandRequest, DeviceKind, PlannedPayload},
    service::Service,
};

/// Checks that at least one of the devices can be commanded, which are told by their kinds: what is wrong with a command is
/// told at once, and not at night.
pub(super) async fn check_command(
    service: &Service,
    command: &CommandRequest,
    kinds: &[DeviceKind],
    now: Timestamp,
) -> Result<(), Problem> {
    let Some(first) = kinds.first() else { return Ok(()) };
    if kinds.len() > 1 {
        let previewed = service.downlinks.preview(kinds, command, &[now], refused).await?;
        let payloads: Vec<PlannedPayload> = previewed.into_iter().flatten().collect();
        if payloads.iter().any(|planned| planned.payload.is_some()) {
            return Ok(());
        }
    }
    // The first kind says why, in the words of a command by hand.
    Ok(service.downlinks.try_out(&first.first, command, now).await?)
}
