//! `champollion records redecode`: kept records are decoded once more.

use champollion_client::{Answer, Client, RedecodeProgress, RedecodeRequest};
use champollion_delivery::names::GroupId;
use champollion_registry::package::DecoderRef;
use clap::Args;
use jiff::Timestamp;
use semver::Version;
use serde_json::Value as Json;

use super::{Failure, output, past_moment::past_moment, plural::counted, progress};

#[derive(Args)]
pub(super) struct Redecode {
    /// Decoder: a version as in acme/meter@2.0.0, or a requirement as in acme/meter@2.0
    #[arg(long, value_name = "VENDOR/MODEL[@VERSION]", value_parser = decoder)]
    decoder: DecoderRef,
    /// Only frames that were received from then on: a moment, or how long ago, as in 24h
    #[arg(long, value_name = "TIME", value_parser = past_moment)]
    since: Timestamp,
    /// Only frames that were received before
    #[arg(long, value_name = "TIME", value_parser = past_moment)]
    until: Option<Timestamp>,
    /// Say how many records there would be, and make none
    #[arg(long)]
    dry_run: bool,
}

impl Redecode {
    pub(super) async fn run(
        &self,
        client: &Client,
        group: Option<&GroupId>,
        json: bool,
    ) -> Result<(), Failure> {
        let breaks_off = "the server's answer breaks off";
        let wish = RedecodeRequest {
            decoder: self.decoder.to_string(),
            since: self.since,
            until: self.until,
            group: group.map(ToString::to_string),
            dry_run: self.dry_run,
        };
        let mut lines = client.redecode(&wish).await?;
        let bar = progress::bar(0, json);
        let last = progress::follow(&mut lines, &bar, |line| (line.examined, line.of)).await;
        let last = last.map_err(Failure::broken_off(breaks_off))?;
        let whole = last.as_ref().and_then(|last| Some((last, last.done.as_ref()?)));
        let Some((last, done)) = whole else {
            let stays = "what was made stays; the same command makes the rest";
            return Err(Failure::new(breaks_off, stays));
        };
        if json {
            print(last)?;
        } else {
            let made = if self.dry_run { "would be made" } else { "made" };
            output::line(format_args!(
                "{} {made} by {} {}; of {} it had made one before, {} it cannot read",
                counted(last.corrected, "corrected record"),
                done.id,
                done.version,
                counted(last.already, "frame"),
                last.failed
            ));
        }
        match &done.error {
            None => Ok(()),
            Some(error) => Err(Failure::new("it went no further", error)),
        }
    }
}

/// Prints the last line as one object.
fn print(last: &Answer<RedecodeProgress>) -> Result<(), Failure> {
    let mut all: Json = last.read_as()?;
    let done = all["done"].take();
    if let (Json::Object(all), Json::Object(done)) = (&mut all, done) {
        all.remove("done");
        all.extend(done);
    }
    output::json(&all)
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
}
