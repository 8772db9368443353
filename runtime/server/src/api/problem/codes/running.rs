//! The codes of backups, and of what there is no room for.

use super::ProblemCode;

pub(super) const ALL: &[ProblemCode] = &[
    // Backups.
    ProblemCode::new(
        "no-backup-folder",
        &[409],
        "The server has no folder for backups: set `[backup] folder`, or stop the server and back up its data folder.",
    ),
    ProblemCode::new(
        "backup-of-database",
        &[409],
        "A PostgreSQL keeps everything: back it up by its own means, as docs/scale.md says.",
    ),
    ProblemCode::new(
        "backup-exists",
        &[409],
        "There is a backup of this name: give this one another name.",
    ),
    ProblemCode::new(
        "backup-under-way",
        &[409],
        "Another backup is being made: wait until it is done.",
    ),
    // Capacity.
    ProblemCode::new("busy", &[429], "Too much is under way: come back after `Retry-After`."),
    ProblemCode::new(
        "too-many-expensive-requests",
        &[429],
        "The token, or its group, has too many requests under way that cost much.",
    ),
    ProblemCode::new(
        "too-busy",
        &[503],
        "The server does too much at once that costs much: ask again.",
    ),
    ProblemCode::new("took-too-long", &[503], "The work took longer than it may."),
    ProblemCode::new(
        "quota-exceeded",
        &[409, 429],
        "The group has used up a quota; `quota`, `used` and `limit` say which and by how much.",
    ),
    ProblemCode::new(
        "too-many-followers",
        &[429],
        "Too many clients follow the records of the group already.",
    ),
    ProblemCode::new(
        "not-kept",
        &[503],
        "Nothing was changed, since it could not be made durable: send it again.",
    ),
    ProblemCode::new(
        "storage-full",
        &[507],
        "The disk is full: frames are taken again once records have left.",
    ),
    ProblemCode::new(
        "audit-full",
        &[507],
        "The audit is full, and nothing is changed without a line in it.",
    ),
    ProblemCode::new("store-stalled", &[503], "The disk has not finished a write in time."),
    ProblemCode::new(
        "store-failed",
        &[503],
        "The store has failed; the log of the server says more.",
    ),
    ProblemCode::new("stopping", &[503], "The server is being stopped."),
    ProblemCode::new(
        "node-behind",
        &[503],
        "The node could not read what other nodes of the same store have changed: ask another node.",
    ),
    ProblemCode::new(
        "no-lead",
        &[503],
        "No node leads at the moment, or the one that does cannot be reached: another one leads within ten seconds.",
    ),
    ProblemCode::new(
        "node-not-recognized",
        &[401],
        "The request says that a node hands it on, and no node of this store has sealed it for this one.",
    ),
];
