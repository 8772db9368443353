//! Backups of the embedded store. One may take minutes, so the answer is a line of JSON now and then, and the last one
//! says what came of it. A client that leaves changes nothing: the backup is made to its end.

use std::{error::Error, sync::Arc};

use axum::{extract::State, response::Response};
use champollion_registry::ledger::AuditEntry;
use champollion_store::{BackupCount, BackupError, BackupSummary};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::{
    Problem,
    authorized::{Administer, Authorized},
    extract::JsonBody,
    progress_lines::{LineWriter, answer_in_lines},
};
use crate::service::Service;

/// The body of a request for a backup.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BackupRequest {
    /// The name of the backup: letters, digits, `-`, `_` and `.`. Left out, it is the present moment.
    name: Option<String>,
}

/// A line of the answer.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BackupLine)]
struct Line {
    /// Bytes of keys and values that were read.
    bytes: u64,
    /// Bytes of keys and values that there are, about.
    of: u64,
    /// Blobs that were copied.
    blobs: u64,
    /// On the last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<Done>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BackupEnd)]
struct Done {
    /// The name of the backup, a folder below the one of the settings.
    name: String,
    /// The backup, where it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<Made>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A backup that was made and read again.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MadeBackup)]
struct Made {
    /// Keys that were read, with their values.
    pairs: u64,
    /// Changes that came meanwhile, and are in it.
    changes: u64,
    /// Blobs of all kinds.
    blobs: u64,
    /// Bytes of all files of the backup.
    bytes: u64,
    /// The SHA-256 of its manifest, which has that of every file.
    sha256: String,
}

impl Line {
    fn of(BackupCount { bytes, of, blobs }: BackupCount, done: Option<Done>) -> Self {
        Self { bytes, of, blobs, done }
    }
}

impl Done {
    fn of(name: String, made: Result<BackupSummary, BackupError>) -> Self {
        match made {
            Ok(BackupSummary { pairs, changes, blobs, bytes, sha256 }) => {
                let made = Made { pairs, changes, blobs, bytes, sha256 };
                Self { name, made: Some(made), error: None }
            }
            Err(error) => Self { name, made: None, error: Some(in_words(&error)) },
        }
    }
}

/// An error with its cause, such as the words of the system for a disk that is full.
fn in_words(error: &BackupError) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Copies the store into a folder below the one of `[backup] folder`, consistently, while frames come. The master key is
/// not in it.
#[utoipa::path(
    post,
    path = "/v1/backup",
    operation_id = "makeBackup",
    tag = "operation",
    summary = "Back up the embedded store while the server runs",
    request_body = BackupRequest,
    responses(
        (
            status = 200,
            description = "A line of JSON now and then; the last one has `done`.",
            body = Line,
            content_type = "application/x-ndjson",
        ),
        (
            status = 409,
            description = "no-backup-folder, backup-of-database, backup-exists, backup-under-way",
        ),
        (status = 503, description = "not-kept"),
    ),
)]
pub(super) async fn make(
    authorized: Authorized<Administer>,
    State(service): State<Arc<Service>>,
    JsonBody(BackupRequest { name }): JsonBody<BackupRequest>,
) -> Result<Response, Problem> {
    let planned = service.backups.plan(name)?;
    let name = planned.name.clone();
    // Before it begins, so that who took the data away is known, in the backup too.
    let entry = AuditEntry::of_act("backup", &name).by(&authorized.principal.actor());
    service.registry.record(entry, Timestamp::now()).await?;
    let (lines, response) = answer_in_lines();
    let (tell, told) = watch::channel(BackupCount::default());
    let lines = tokio::spawn(write_progress(lines, told.clone()));
    tokio::spawn(async move {
        let made = planned
            .make(move |count| {
                tell.send_replace(*count);
            })
            .await;
        match &made {
            Ok(made) => tracing::info!(name, bytes = made.bytes, "a backup is made"),
            Err(error) => tracing::error!(name, error = in_words(error), "a backup is not made"),
        }
        let done = Line::of(*told.borrow(), Some(Done::of(name, made)));
        // Where nobody reads it any more, nobody is told.
        if let Ok(lines) = lines.await {
            lines.write(&done).await;
        }
    });
    Ok(response)
}

/// Writes how far a backup has come until it ends, without holding it up.
async fn write_progress(lines: LineWriter, mut told: watch::Receiver<BackupCount>) -> LineWriter {
    while told.changed().await.is_ok() {
        let count = *told.borrow_and_update();
        if !lines.write(&Line::of(count, None)).await {
            break;
        }
    }
    lines
}
