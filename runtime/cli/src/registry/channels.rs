//! Which versions devices get.

use champollion_registry::{CanaryRule, DecoderId, DecoderRef};
use clap::{Args, Subcommand};
use reqwest::Method;
use semver::Version;
use serde_json::{Value as Json, json};

use super::{
    super::{
        Failure,
        client::{self, Connection},
        output,
    },
    decoder_version,
};

#[derive(Subcommand)]
pub(in super::super) enum Action {
    /// Give a candidate to all devices that it will do for
    Promote {
        /// Which decoder; without a version its highest candidate
        #[arg(value_name = "VENDOR/MODEL[@VERSION]", value_parser = maybe_version)]
        decoder: (DecoderId, Option<Version>),
        #[command(flatten)]
        manner: Manner,
    },
    /// Take back what was promoted last
    Rollback {
        /// Which decoder
        #[arg(value_name = "VENDOR/MODEL")]
        decoder: DecoderId,
        /// Take back all that was promoted after this version
        #[arg(long, value_name = "VERSION")]
        to: Option<Version>,
        #[command(flatten)]
        manner: Manner,
    },
    /// Give a candidate to a share of the devices, or show how it does; it goes by itself when too many
    /// frames fail
    Canary {
        /// Which one; without a version what came of it so far is shown
        #[arg(value_name = "VENDOR/MODEL[@VERSION]", value_parser = maybe_version)]
        decoder: (DecoderId, Option<Version>),
        /// How many of a hundred devices get it
        #[arg(long, value_name = "PERCENT", default_value_t = 10)]
        share: u8,
        /// How many of a hundred frames may fail
        #[arg(long, value_name = "PERCENT", default_value_t = CanaryRule::FAILURE_PERCENT)]
        failures: u8,
        /// After how many frames that is looked at first
        #[arg(long, value_name = "N", default_value_t = CanaryRule::FRAMES)]
        frames: u64,
        /// Give it to no device any more
        #[arg(long)]
        end: bool,
        #[command(flatten)]
        manner: Manner,
    },
    /// Have a candidate decode live frames beside the stable version, or show what came of it
    Shadow {
        /// Which one; without a version what came of it so far is shown
        #[arg(value_name = "VENDOR/MODEL[@VERSION]", value_parser = maybe_version)]
        decoder: (DecoderId, Option<Version>),
        /// Have it decode no longer
        #[arg(long)]
        end: bool,
        #[command(flatten)]
        manner: Manner,
    },
    /// Give a version to nobody any more who does not pin it
    Yank {
        /// Which one
        #[arg(value_name = "VENDOR/MODEL@VERSION", value_parser = decoder_version)]
        decoder: (DecoderId, Version),
        /// Why, for those who had it
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        #[command(flatten)]
        manner: Manner,
    },
    /// Let a yanked version be given again
    Unyank {
        /// Which one
        #[arg(value_name = "VENDOR/MODEL@VERSION", value_parser = decoder_version)]
        decoder: (DecoderId, Version),
        #[command(flatten)]
        manner: Manner,
    },
    /// Say that a decoder should not be used any more; it goes on decoding
    Deprecate {
        /// Which decoder
        #[arg(value_name = "VENDOR/MODEL")]
        decoder: DecoderId,
        /// What to use in its place
        #[arg(long, value_name = "VENDOR/MODEL[@REQUIREMENT]")]
        successor: Option<DecoderRef>,
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        /// Take back what was said
        #[arg(long, conflicts_with_all = ["successor", "reason"])]
        undo: bool,
        #[command(flatten)]
        manner: Manner,
    },
}

#[derive(Args)]
pub(in super::super) struct Manner {
    /// Say what it would do to whom, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl Action {
    pub(super) async fn run(&self, connection: &Connection, json: bool) -> Result<(), Failure> {
        let (word, id, mut wish, manner) = match self {
            Self::Promote { decoder: (id, version), manner } => {
                ("promote", id, json!({ "version": version }), manner)
            }
            Self::Rollback { decoder, to, manner } => {
                ("rollback", decoder, json!({ "to": to }), manner)
            }
            Self::Canary { decoder: (id, None), end: false, .. } => {
                let report: Json = connection.get(&format!("/v1/registry/{id}/canary")).await?;
                if json {
                    return output::json(&report);
                }
                let version = report["version"].as_str().unwrap_or_default();
                output::line(format_args!(
                    "{id} {version} is given to {} % of the devices: {} of {} frames failed",
                    report["sharePercent"], report["failures"], report["decoded"]
                ));
                return Ok(());
            }
            Self::Canary { decoder: (id, _), end: true, manner, .. } => {
                ("canary", id, json!({ "end": true }), manner)
            }
            Self::Canary { decoder: (id, version), share, failures, frames, manner, .. } => {
                let rule = json!({
                    "version": version,
                    "sharePercent": share,
                    "failurePercent": failures,
                    "frames": frames,
                });
                ("canary", id, rule, manner)
            }
            Self::Shadow { decoder: (id, None), end: false, .. } => {
                let tally: Json = connection.get(&format!("/v1/registry/{id}/shadow")).await?;
                return if json { output::json(&tally) } else { show_shadow(&tally) };
            }
            Self::Shadow { decoder: (id, version), end, manner } => {
                ("shadow", id, json!({ "version": version, "end": end }), manner)
            }
            Self::Yank { decoder: (id, version), reason, manner } => {
                ("yank", id, json!({ "version": version, "reason": reason }), manner)
            }
            Self::Unyank { decoder: (id, version), manner } => {
                ("unyank", id, json!({ "version": version }), manner)
            }
            Self::Deprecate { decoder, successor, reason, undo, manner } => {
                if successor.is_none() && reason.is_empty() && !undo {
                    return Err(Failure::new(
                        format!("{decoder} is not deprecated"),
                        "say what to use with --successor or why with --reason, or --undo",
                    ));
                }
                let wish = json!({ "successor": successor, "reason": reason });
                ("deprecate", decoder, wish, manner)
            }
        };
        wish["dryRun"] = json!(manner.dry_run);
        let path = format!("/v1/registry/{id}/{word}");
        let request = connection.request(Method::POST, &path)?.json(&wish);
        let changed: Json = client::read(client::send(request).await?).await?;
        if json {
            return output::json(&changed);
        }
        show(&changed);
        Ok(())
    }
}

fn show(changed: &Json) {
    let (done, event) = said(changed);
    let would = if changed["dryRun"] == true { "would be " } else { "is " };
    let name = event["id"].as_str().unwrap_or_default();
    output::line(format_args!("{name} {would}{done}"));
    for effect in changed["effects"].as_array().into_iter().flatten() {
        let version = |at: &str| effect[at].as_str().unwrap_or("nothing").to_owned();
        let who = match effect["devices"].as_u64() {
            Some(1) => "1 device that asks".to_owned(),
            count => format!("{} devices that ask", count.unwrap_or_default()),
        };
        output::line(format_args!(
            "{who} for {}: {} instead of {}",
            effect["wanted"].as_str().unwrap_or_default(),
            version("to"),
            version("from"),
        ));
    }
}

/// What a candidate came to.
fn show_shadow(tally: &Json) -> Result<(), Failure> {
    let number = |path: &str| tally.pointer(path).and_then(Json::as_u64).unwrap_or_default();
    let compared = number("/compared");
    let text = |name: &str| tally[name].as_str().unwrap_or_default().to_owned();
    output::line(format_args!(
        "{} {}: {} of {compared} frames agree, {} were skipped",
        text("id"),
        text("version"),
        number("/agreeing"),
        number("/skipped")
    ));
    for who in ["stable", "candidate"] {
        let fuel = number(&format!("/{who}/fuel")).checked_div(compared).unwrap_or_default();
        let failures = number(&format!("/{who}/failures"));
        output::line(format_args!("{who}: {fuel} units of fuel for a frame, {failures} failures"));
    }
    for (kind, what) in [("differing", "differs"), ("added", "is added")] {
        for (place, count) in tally[kind].as_object().into_iter().flatten() {
            output::line(format_args!("{place} {what} on {count} frames"));
        }
    }
    for example in tally["examples"].as_array().into_iter().flatten() {
        let payload = example["payload"].as_str().unwrap_or_default();
        let places = example["differing"].as_object().into_iter().flatten();
        let places: Vec<String> =
            places.map(|(place, both)| format!("{place} {} and {}", both[0], both[1])).collect();
        let (port, places) = (&example["fPort"], places.join(", "));
        output::line(format_args!("port {port}, {payload}: {places}"));
    }
    Ok(())
}

/// What happened, in words.
fn said(changed: &Json) -> (String, &Json) {
    let version = |event: &Json| event["version"].as_str().unwrap_or_default().to_owned();
    if let Some(event) = changed.get("promote") {
        return (format!("stable in {}", version(event)), event);
    }
    if let Some(event) = changed.get("rollback") {
        let withdrawn = event["withdrawn"].as_array().into_iter().flatten();
        let withdrawn: Vec<&str> = withdrawn.filter_map(Json::as_str).collect();
        let to = event["to"].as_str().unwrap_or_default();
        return (format!("rolled back to {to}, without {}", withdrawn.join(", ")), event);
    }
    if let Some(event) = changed.get("yank") {
        return (format!("without {}, which is yanked", version(event)), event);
    }
    if let Some(event) = changed.get("shadow") {
        return (format!("shadowed by {}", version(event)), event);
    }
    if let Some(event) = changed.get("canary") {
        let (version, share) = (version(event), &event["sharePercent"]);
        return (format!("in {version} for {share} % of the devices"), event);
    }
    if let Some(event) = changed.get("endCanary") {
        return ("as it was for all devices".to_owned(), event);
    }
    if let Some(event) = changed.get("endShadow") {
        return ("shadowed no longer".to_owned(), event);
    }
    if let Some(event) = changed.get("unyank") {
        return (format!("with {} again", version(event)), event);
    }
    let event = &changed["deprecate"];
    let done = match (event["successor"].as_str(), event["reason"].as_str()) {
        (Some(successor), _) => format!("deprecated in favour of {successor}"),
        (None, Some(reason)) => format!("deprecated: {reason}"),
        (None, None) => "deprecated no longer".to_owned(),
    };
    (done, event)
}

fn maybe_version(text: &str) -> Result<(DecoderId, Option<Version>), String> {
    if text.contains('@') {
        return decoder_version(text).map(|(id, version)| (id, Some(version)));
    }
    Ok((text.parse().map_err(|error| format!("{error}"))?, None))
}
