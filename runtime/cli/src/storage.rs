//! `champollion storage`.

use clap::Args;
use serde_json::Value as Json;

use super::{Failure, client::Connection, output};

/// Bytes of a megabyte, as disks are sold.
const MEGABYTE: f64 = 1e6;

/// Shows how full the disk is, and for how long there is room.
#[derive(Args)]
pub(super) struct Storage {
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Storage {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let report: Json = self.connection.get("/v1/storage").await?;
        if self.json {
            return output::json(&report);
        }
        let megabytes = |name: &str| match report[name].as_f64() {
            Some(bytes) => format!("{:.1} MB", bytes / MEGABYTE),
            None => "unknown".to_owned(),
        };
        output::line(format_args!("used       {}", megabytes("usedBytes")));
        output::line(format_args!("files      {}", megabytes("fileBytes")));
        output::line(format_args!("disk free  {}", megabytes("freeBytes")));
        let bound = match report["maxBytes"].as_u64() {
            Some(0) => "none".to_owned(),
            _ => megabytes("maxBytes"),
        };
        output::line(format_args!("bound      {bound}"));
        output::line(forecast(&report));
        Ok(())
    }
}

fn forecast(report: &Json) -> String {
    if let Some(full) = report["full"].as_str() {
        return format!("full: {full}; frames are answered 507 until there is room");
    }
    match (report["bytesPerHour"].as_i64(), report["fullInHours"].as_f64()) {
        (None, _) => "the server has not run long enough for a forecast".to_owned(),
        (Some(rate), Some(hours)) => format!(
            "at the present rate, {:.1} MB in an hour, it is full in {hours:.1} hours",
            rate as f64 / MEGABYTE
        ),
        (Some(_), None) => "it does not grow".to_owned(),
    }
}
