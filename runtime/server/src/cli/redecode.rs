//! `champollion records redecode`.

use std::time::Duration;

use champollion_delivery::names::GroupId;
use champollion_registry::DecoderRef;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use semver::Version;
use serde_json::{Value as Json, json};

use super::{
    Failure,
    client::{self, Connection},
    output, progress,
};

/// All that is kept of a territory may take that long.
const TIMEOUT: Duration = Duration::from_secs(24 * 3_600);

#[derive(Args)]
pub(super) struct Redecode {
    /// By what: a version as in acme/meter@2.0.0, or a requirement as in acme/meter@2.0
    #[arg(long, value_name = "VENDOR/MODEL[@VERSION]", value_parser = decoder)]
    decoder: DecoderRef,
    /// Only frames that were received from then on: a moment, or how long ago, as in 24h
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Timestamp,
    /// Only frames that were received before
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
    /// Say how many records there would be, and make none
    #[arg(long)]
    dry_run: bool,
}

impl Redecode {
    pub(super) async fn run(
        &self,
        connection: &Connection,
        group: Option<&GroupId>,
        json: bool,
    ) -> Result<(), Failure> {
        let wish = json!({
            "decoder": self.decoder, "since": self.since, "until": self.until,
            "group": group, "dryRun": self.dry_run,
        });
        let request = connection.request(Method::POST, "/v1/records/redecode")?;
        let mut response = client::send(request.timeout(TIMEOUT).json(&wish)).await?;
        let progress = progress::bar(0, json);
        let (mut unfinished, mut last) = (Vec::new(), Json::Null);
        while let Some(part) =
            response.chunk().await.map_err(Failure::of("the server's answer breaks off"))?
        {
            unfinished.extend_from_slice(&part);
            while let Some(end) = unfinished.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = unfinished.drain(..=end).collect();
                last = serde_json::from_slice(&line)
                    .map_err(Failure::of("the server's answer cannot be read"))?;
                progress.set_length(last["of"].as_u64().unwrap_or_default());
                progress.set_position(last["examined"].as_u64().unwrap_or_default());
            }
        }
        progress.finish_and_clear();
        let Json::Object(done) = last["done"].take() else {
            return Err(Failure::new(
                "the server's answer breaks off",
                "what was made stays; the same command makes the rest",
            ));
        };
        let error = done.get("error").and_then(Json::as_str).map(str::to_owned);
        if json {
            if let Json::Object(all) = &mut last {
                all.remove("done");
                all.extend(done);
            }
            output::json(&last)?;
        } else {
            let text = |name: &str| done.get(name).and_then(Json::as_str).unwrap_or_default();
            let made = if self.dry_run { "would be made" } else { "made" };
            output::line(format_args!(
                "{} corrected records {made} by {} {}; of {} frames it had made one before, {} it \
                 cannot read",
                last["corrected"],
                text("id"),
                text("version"),
                last["already"],
                last["failed"]
            ));
        }
        match error {
            None => Ok(()),
            Some(error) => Err(Failure::new("it went no further", error)),
        }
    }
}

/// A whole version is meant as it is; anything less is a requirement.
fn decoder(text: &str) -> Result<DecoderRef, String> {
    let pinned = text
        .split_once('@')
        .filter(|(_, version)| version.parse::<Version>().is_ok())
        .map(|(id, version)| format!("{id}@={version}"));
    let parsed: Result<DecoderRef, _> = pinned.as_deref().unwrap_or(text).parse();
    parsed.map_err(|error| error.to_string())
}

fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse() {
        return Ok(moment);
    }
    let ago: SignedDuration = text
        .parse()
        .map_err(|_| "it must read 2026-01-31T12:00:00Z, or how long ago, as in 24h".to_owned())?;
    Timestamp::now().checked_sub(ago).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_pin_and_less_is_a_requirement() {
        let requirement = |text: &str| decoder(text).unwrap().requirement.to_string();
        assert_eq!(requirement("acme/meter@2.0.0"), "=2.0.0");
        assert_eq!(requirement("acme/meter@2.0"), "^2.0");
        assert_eq!(requirement("acme/meter@=2.0.0"), "=2.0.0");
        assert_eq!(requirement("acme/meter"), "*");
        assert!(decoder("meter@2.0").is_err());
    }

    #[test]
    fn a_moment_is_told_or_counted_back() {
        assert_eq!(moment("1970-01-01T00:00:00Z"), Ok(Timestamp::UNIX_EPOCH));
        let day = Timestamp::now().duration_since(moment("24h").unwrap());
        assert!((day.as_secs() - 86_400).abs() < 60, "{day}");
        assert!(moment("yesterday").is_err());
    }
}
