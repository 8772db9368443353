//! Channels of decoders: the versions that devices get.

use champollion_client::{
    Answer, Asking, CanaryRequest, Changed, Client, DeprecationRequest, Event, PromotionRequest,
    RollbackRequest, ShadowReport, ShadowRequest, UnyankRequest, VersionName, YankRequest,
};
use champollion_registry::{
    channels::CanaryRule,
    package::{DecoderId, DecoderRef},
};
use clap::{Args, Subcommand};
use semver::Version;

use super::{
    super::{
        Failure, output,
        plural::{agreeing, counted, counted_is},
    },
    decoder_version, maybe_version,
};

#[derive(Subcommand)]
pub(in super::super) enum Action {
    /// Make a candidate stable: all devices whose requirement it meets get it
    Promote {
        /// Decoder and version; without a version its highest candidate
        #[arg(value_name = "VENDOR/MODEL[@VERSION]", value_parser = maybe_version)]
        decoder: (DecoderId, Option<Version>),
        #[command(flatten)]
        manner: Manner,
    },
    /// Take back what was promoted last
    Rollback {
        /// Name of the decoder
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
        /// Decoder and version; without a version the report so far is shown
        #[arg(value_name = "VENDOR/MODEL[@VERSION]", value_parser = maybe_version)]
        decoder: (DecoderId, Option<Version>),
        /// Share of the devices that get the candidate, in percent
        #[arg(long, value_name = "PERCENT", default_value_t = 10)]
        share: u8,
        /// Share of the frames that may fail, in percent
        #[arg(long, value_name = "PERCENT", default_value_t = CanaryRule::FAILURE_PERCENT)]
        failures: u8,
        /// Frames after which the failures are looked at first
        #[arg(long, value_name = "N", default_value_t = CanaryRule::FRAMES)]
        frames: u64,
        /// End the canary: no device gets the candidate any more
        #[arg(long)]
        end: bool,
        #[command(flatten)]
        manner: Manner,
    },
    /// Have a candidate decode live frames beside the stable version, or show what came of it
    Shadow {
        /// Decoder and version; without a version the report so far is shown
        #[arg(value_name = "VENDOR/MODEL[@VERSION]", value_parser = maybe_version)]
        decoder: (DecoderId, Option<Version>),
        /// End the shadow: the candidate decodes no longer
        #[arg(long)]
        end: bool,
        #[command(flatten)]
        manner: Manner,
    },
    /// Withdraw a version: only devices that pin it still get it
    Yank {
        /// Decoder and its version, as in acme/meter@1.2.0
        #[arg(value_name = "VENDOR/MODEL@VERSION", value_parser = decoder_version)]
        decoder: (DecoderId, Version),
        /// Reason, for those who had the version
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        #[command(flatten)]
        manner: Manner,
    },
    /// Let a yanked version be chosen again
    Unyank {
        /// Decoder and its version, as in acme/meter@1.2.0
        #[arg(value_name = "VENDOR/MODEL@VERSION", value_parser = decoder_version)]
        decoder: (DecoderId, Version),
        #[command(flatten)]
        manner: Manner,
    },
    /// Say that a decoder should not be used any more; it goes on decoding
    Deprecate {
        /// Name of the decoder
        #[arg(value_name = "VENDOR/MODEL")]
        decoder: DecoderId,
        /// Decoder to use in its place
        #[arg(long, value_name = "VENDOR/MODEL[@REQUIREMENT]")]
        successor: Option<DecoderRef>,
        /// Reason, for the users of the decoder
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        /// Withdraw the deprecation of the decoder
        #[arg(long, conflicts_with_all = ["successor", "reason"])]
        undo: bool,
        #[command(flatten)]
        manner: Manner,
    },
}

#[derive(Args)]
pub(in super::super) struct Manner {
    /// Show which devices would get another version, and change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Action {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        match self {
            Self::Canary { decoder: (id, None), end: false, .. } => {
                show_canary(client, id, json).await
            }
            Self::Shadow { decoder: (id, None), end: false, .. } => {
                let report = client.shadow_report(id).await?;
                if json {
                    return output::answer(&report);
                }
                show_shadow(&report);
                Ok(())
            }
            _ => {
                let changed = self.change(client).await?;
                if json {
                    return output::answer(&changed);
                }
                show(&changed);
                Ok(())
            }
        }
    }

    async fn change(&self, client: &Client) -> Result<Answer<Changed>, Failure> {
        Ok(match self {
            Self::Promote { decoder: (id, version), manner: Manner { dry_run } } => {
                let wish = PromotionRequest { version: version.clone(), dry_run: *dry_run };
                client.promote(id, &wish).await?
            }
            Self::Rollback { decoder, to, manner: Manner { dry_run } } => {
                let wish = RollbackRequest { to: to.clone(), dry_run: *dry_run };
                client.rollback(decoder, &wish).await?
            }
            Self::Canary { decoder: (id, _), end: true, manner: Manner { dry_run }, .. } => {
                let wish =
                    CanaryRequest { end: true, dry_run: *dry_run, ..CanaryRequest::default() };
                client.canary(id, &wish).await?
            }
            Self::Canary { decoder: (id, version), share, failures, frames, manner, .. } => {
                let wish = CanaryRequest {
                    version: version.clone(),
                    share_percent: Some(*share),
                    failure_percent: Some(*failures),
                    frames: Some(*frames),
                    dry_run: manner.dry_run,
                    ..CanaryRequest::default()
                };
                client.canary(id, &wish).await?
            }
            Self::Shadow { decoder: (id, version), end, manner: Manner { dry_run } } => {
                let wish = ShadowRequest { version: version.clone(), end: *end, dry_run: *dry_run };
                client.shadow(id, &wish).await?
            }
            Self::Yank { decoder: (id, version), reason, manner: Manner { dry_run } } => {
                let (version, reason, dry_run) = (version.clone(), reason.clone(), *dry_run);
                client.yank(id, &YankRequest { version, reason, dry_run }).await?
            }
            Self::Unyank { decoder: (id, version), manner: Manner { dry_run } } => {
                let wish = UnyankRequest { version: version.clone(), dry_run: *dry_run };
                client.unyank(id, &wish).await?
            }
            Self::Deprecate { decoder, successor, reason, undo, manner: Manner { dry_run } } => {
                if successor.is_none() && reason.is_empty() && !undo {
                    return Err(Failure::new(
                        format!("{decoder} is not deprecated"),
                        "say what to use with --successor or why with --reason, or --undo",
                    ));
                }
                let successor = successor.as_ref().map(ToString::to_string);
                let (reason, dry_run) = (reason.clone(), *dry_run);
                client
                    .deprecate(decoder, &DeprecationRequest { successor, reason, dry_run })
                    .await?
            }
        })
    }
}

async fn show_canary(client: &Client, id: &DecoderId, json: bool) -> Result<(), Failure> {
    let report = client.canary_report(id).await?;
    if json {
        return output::answer(&report);
    }
    output::line(format_args!(
        "{id} {} is given to {} % of the devices: {} of {} failed",
        report.version,
        report.share_percent,
        report.failures,
        counted(report.decoded, "frame")
    ));
    Ok(())
}

fn show(changed: &Changed) {
    let (name, done) = said(&changed.event);
    let would = if changed.dry_run { "would be " } else { "is " };
    output::line(format_args!("{name} {would}{done}"));
    if let Some(Asking { devices: 0, of: of @ 1.. }) = changed.asking {
        let (devices, ask) = (counted(of, "device"), if of == 1 { "asks" } else { "ask" });
        output::line(format_args!(
            "no device asks for this version: {devices} {ask} for other versions of {name}"
        ));
    }
    for effect in &changed.effects {
        let version = |version: &Option<Version>| {
            version.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
        };
        let ask = if effect.devices == 1 { "asks" } else { "ask" };
        let who = format!("{} that {ask}", counted(effect.devices, "device"));
        output::line(format_args!(
            "{who} for {}: {} instead of {}",
            effect.wanted,
            version(&effect.to),
            version(&effect.from),
        ));
    }
}

/// Shows the report of a candidate.
pub(super) fn show_shadow(report: &ShadowReport) {
    output::line(format_args!(
        "{} {}: {} of {} {}, {} {} skipped",
        report.id,
        report.version,
        report.agreeing,
        counted(report.compared, "frame"),
        agreeing(report.compared, "agrees", "agree"),
        report.skipped,
        agreeing(report.skipped, "was", "were")
    ));
    if report.too_large > 0 {
        let frames = report.too_large;
        output::line(format_args!("{} too large to compare", counted_is(frames, "frame")));
    }
    for (who, did) in [("stable", &report.stable), ("candidate", &report.candidate)] {
        let fuel = did.fuel.checked_div(report.compared).unwrap_or_default();
        let failures = did.failures;
        output::line(format_args!(
            "{who}: {fuel} units of fuel for a frame, {}",
            counted(failures, "failure")
        ));
    }
    for (places, what) in [(&report.differing, "differs"), (&report.added, "is added")] {
        for (place, count) in places {
            output::line(format_args!("{place} {what} on {}", counted(count, "frame")));
        }
    }
    for example in &report.examples {
        let places = example.differing.iter();
        let places: Vec<String> =
            places.map(|(place, both)| format!("{place} {} and {}", both[0], both[1])).collect();
        let places =
            if places.is_empty() { "too large to compare".to_owned() } else { places.join(", ") };
        let (port, payload) = (example.f_port, &example.payload);
        output::line(format_args!("port {port}, {payload}: {places}"));
    }
}

/// Returns the decoder of an event, and the event in words.
fn said(event: &Event) -> (&str, String) {
    match event {
        Event::Promote(VersionName { id, version }) => (id, format!("stable in {version}")),
        Event::Rollback { id, withdrawn, to } => {
            let withdrawn: Vec<String> = withdrawn.iter().map(ToString::to_string).collect();
            (id, format!("rolled back to {to}, without {}", withdrawn.join(", ")))
        }
        Event::Yank { id, version, .. } => (id, format!("without {version}, which is yanked")),
        Event::Shadow(VersionName { id, version }) => (id, format!("shadowed by {version}")),
        Event::Canary { id, version, share_percent, .. } => {
            (id, format!("in {version} for {share_percent} % of the devices"))
        }
        Event::EndCanary { id, .. } => (id, "as it was for all devices".to_owned()),
        Event::EndShadow { id } => (id, "shadowed no longer".to_owned()),
        Event::Unyank(VersionName { id, version }) => (id, format!("with {version} again")),
        Event::Deprecate { id, successor: Some(successor), .. } => {
            (id, format!("deprecated in favour of {successor}"))
        }
        Event::Deprecate { id, reason: Some(reason), .. } => (id, format!("deprecated: {reason}")),
        Event::Deprecate { id, .. } => (id, "deprecated no longer".to_owned()),
    }
}
