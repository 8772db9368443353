//! The commands of one moment of a schedule, sent by the path of commands by hand.

use std::sync::Arc;

use async_trait::async_trait;
use champollion_frames::DevEui;
use champollion_registry::{
    RegistryError,
    ledger::{Actor, AuditEntry},
};
use champollion_store::Batch;

use super::{
    book::SeenRows,
    parts::Parts,
    progress::{Run, UnderWay},
    schedule::Schedule,
};
use crate::{
    authors::{AuditedAuthor, Author},
    devices::Device,
    downlinks::{CommandRequest, GroupCommandRequest, Refused, RequestKey, SendError, Sender},
};

/// Devices of a piece, about: some seconds of work, after which other schedules have their turn.
const OF_PIECE: usize = 2_000;

/// The basis and the prime of FNV-1a, by which a device is always of the same piece.
const FNV: (u64, u64) = (0xcbf2_9ce4_8422_2325, 0x0000_0100_0000_01b3);

/// The number of pieces that the devices of a schedule are in.
pub(super) fn pieces_of(parts: &Parts, schedule: &Schedule) -> usize {
    schedule.devices(&parts.devices).len().div_ceil(OF_PIECE).max(1)
}

/// Sends the commands of the next piece, and adds up what came of them.
///
/// # Errors
/// Nothing of the piece could be taken for a reason that passes: it is to be sent once more.
pub(super) async fn send_piece(
    parts: &Parts,
    (schedule, seen): (&Schedule, &SeenRows),
    under_way: &mut UnderWay,
) -> Result<(), SendError> {
    let piece = Piece { number: under_way.done, of: under_way.pieces };
    let wish = schedule.wish.command_until(under_way.expires_at);
    let name = format!("schedule {}", schedule.wish.name);
    let author = AuditedAuthor::new(&parts.registry, Actor::named(&name));
    let author = PlanAuthor { author, seen };
    let key = format!("{}/{}", under_way.run.at, piece.number);
    let path = format!("groups/{}", schedule.group);
    let request = RequestKey::new(&format!("schedule-{}", schedule.id), &key, &path, &wish);
    let by = (Sender { name, request: Some(request) }, author);
    let run = &mut under_way.run;
    let sent = match schedule.wish.device {
        Some(dev_eui) => send_to_one(parts, schedule, dev_eui, (&wish, &mut *run), &by).await,
        None => send_to_group(parts, (schedule, piece), (wish, &mut *run), &by).await,
    };
    match sent {
        Err(error) if error.passes() => Err(error),
        Err(error) => {
            run.refused += 1;
            let Refused { code, detail } = (parts.words)(error);
            run.note(&code, detail);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

async fn send_to_one(
    parts: &Parts,
    schedule: &Schedule,
    dev_eui: DevEui,
    (wish, run): (&CommandRequest, &mut Run),
    (sender, author): &(Sender, PlanAuthor<'_>),
) -> Result<(), SendError> {
    // A device that has gone to another group is not this partner's to command.
    let found = parts.devices.get_of_group(dev_eui, &schedule.group).await;
    let found = found.map_err(|error| SendError::NotKept(error.to_string()))?;
    let Some(device) = found else {
        run.refused += 1;
        let problem = format!("{dev_eui} is no device of the group {} any more", schedule.group);
        run.note("device-gone", problem);
        return Ok(());
    };
    let downlink = parts.downlinks.send(&device, wish, sender, author).await?;
    run.queued += 1;
    run.commands.push(downlink.id);
    Ok(())
}

async fn send_to_group(
    parts: &Parts,
    (schedule, piece): (&Schedule, Piece),
    (wish, run): (CommandRequest, &mut Run),
    (sender, author): &(Sender, PlanAuthor<'_>),
) -> Result<(), SendError> {
    let mut devices = schedule.devices(&parts.devices);
    devices.retain(|device| piece.has(device));
    if devices.is_empty() && piece.of > 1 {
        return Ok(());
    }
    let wish = GroupCommandRequest {
        command: wish.command,
        confirmed: wish.confirmed,
        expires_at: wish.expires_at,
        expires_in_seconds: None,
        priority: wish.priority,
        tags: schedule.wish.tags.clone(),
    };
    let by = (sender, author as &dyn Author);
    let sent = parts.downlinks.send_to_group(&schedule.group, &devices, &wish, by, parts.words);
    let answer = sent.await?;
    run.queued += answer.queued;
    run.refused += answer.refused;
    run.commands.push(answer.id);
    let problem = answer.results.into_iter().find_map(|result| result.problem);
    if let Some(problem) = problem {
        run.note(&problem.code, problem.detail);
    }
    Ok(())
}

/// An author whose commands are taken only while the schedule is as it was seen.
struct PlanAuthor<'of> {
    author: AuditedAuthor,
    seen: &'of SeenRows,
}

#[async_trait]
impl Author for PlanAuthor<'_> {
    async fn commit(&self, mut change: Batch, line: AuditEntry) -> Result<(), RegistryError> {
        self.seen.expect_unchanged(&mut change);
        self.author.commit(change, line).await
    }
}

/// A piece of the devices of a group.
#[derive(Clone, Copy)]
struct Piece {
    number: usize,
    of: usize,
}

impl Piece {
    fn has(self, device: &Arc<Device>) -> bool {
        self.has_device(device.dev_eui)
    }

    fn has_device(self, dev_eui: DevEui) -> bool {
        let (basis, prime) = FNV;
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(prime);
        let hash = dev_eui.to_string().bytes().fold(basis, mix);
        let of = u64::try_from(self.of).unwrap_or(u64::MAX).max(1);
        usize::try_from(hash % of).is_ok_and(|number| number == self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_is_of_one_piece_and_pieces_are_about_as_large() {
        let of = 8;
        for number in 0..of {
            let piece = Piece { number, of };
            let devices = (0..8_000_u32).filter(|device| {
                let dev_eui: DevEui = format!("70B3D549{device:08X}").parse().unwrap();
                let others =
                    (0..of).filter(|number| Piece { number: *number, of }.has_device(dev_eui));
                assert_eq!(others.count(), 1);
                piece.has_device(dev_eui)
            });
            let count = devices.count();
            assert!((700..=1_300).contains(&count), "{count}");
        }
    }
}
