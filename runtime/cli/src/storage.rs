//! `champollion storage`: the use of the disk, and the time for which there is room.

use champollion_client::StorageReport;
use clap::Args;

use super::{Failure, connection::Connection, output};

/// Bytes of a megabyte, as disks are sold.
const MEGABYTE: f64 = 1e6;

/// Shows how full the disk is, and for how long there is room.
#[derive(Args)]
pub(super) struct Storage {
    #[command(flatten)]
    connection: Connection,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

impl Storage {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let report = self.connection.client()?.storage().await?;
        if self.json {
            return output::answer(&report);
        }
        output::line(format_args!("used       {}", megabytes(report.used_bytes)));
        output::line(format_args!("files      {}", megabytes(report.file_bytes)));
        output::line(format_args!("disk free  {}", megabytes(report.free_bytes)));
        let bound = match report.max_bytes {
            0 => "none".to_owned(),
            bytes => megabytes(bytes),
        };
        output::line(format_args!("bound      {bound}"));
        output::line(forecast(&report));
        Ok(())
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / MEGABYTE)
}

fn forecast(report: &StorageReport) -> String {
    if let Some(full) = &report.full {
        return format!("full: {full}; frames are answered 507 until there is room");
    }
    if !report.full_databases.is_empty() {
        let names = report.full_databases.join(", ");
        return format!("without room: {names}; frames of the groups in them are answered 507");
    }
    match (report.bytes_per_hour, report.full_in_hours) {
        (None, _) => "the server has not run long enough for a forecast".to_owned(),
        (Some(rate), Some(hours)) => format!(
            "at the present rate, {:.1} MB in an hour, it is full in {hours:.1} hours",
            rate as f64 / MEGABYTE
        ),
        (Some(_), None) => "it does not grow".to_owned(),
    }
}
