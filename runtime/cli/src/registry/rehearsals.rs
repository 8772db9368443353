//! `champollion registry rehearse`: a candidate is run over kept records before anything is promoted.

use std::path::PathBuf;

use champollion_client::{
    Answer, Client, FailureKinds, RehearsalDone, RehearsalProgress, RehearsalRequest,
};
use champollion_registry::package::DecoderId;
use clap::Args;
use jiff::Timestamp;
use semver::Version;

use super::{
    super::{
        Failure, output,
        past_moment::past_moment,
        plural::{agreeing, counted, counted_is},
        progress,
        publish::{package, read_key},
    },
    channels::show_shadow,
    decoder_version,
};

#[derive(Args)]
pub(super) struct Rehearse {
    /// Decoder and its version, as in acme/meter@1.2.0
    #[arg(value_name = "VENDOR/MODEL@VERSION", value_parser = decoder_version)]
    decoder: Option<(DecoderId, Version)>,
    /// File of a package that is not published yet
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "decoder",
        required_unless_present = "decoder"
    )]
    package: Option<PathBuf>,
    /// File of the secret key to sign that package with; admins need none
    #[arg(long, env = "CHAMPOLLION_KEY", value_name = "FILE")]
    key: Option<PathBuf>,
    /// Only frames that were received from then on: a moment, or how long ago, as in 48h
    #[arg(long, value_name = "TIME", value_parser = past_moment)]
    since: Option<Timestamp>,
    /// Only frames that were received before
    #[arg(long, value_name = "TIME", value_parser = past_moment)]
    until: Option<Timestamp>,
    /// Count devices too that would not get the candidate: they pin a version, or ask for another major one
    #[arg(long)]
    every: bool,
}

impl Rehearse {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let Self { since, until, every, .. } = *self;
        let wish = RehearsalRequest { since, until, every, ..RehearsalRequest::default() };
        let (id, version, wish) = self.candidate(wish)?;
        let breaks_off = "the server's answer breaks off";
        let mut lines = client.rehearse(&id, &version, wish).await?;
        let bar = progress::bar(0, json);
        let last = progress::follow(&mut lines, &bar, |line| (line.examined, line.of)).await;
        let last = last.map_err(Failure::broken_off(breaks_off))?;
        let whole = last.as_ref().and_then(|last| Some((last, last.done.as_ref()?)));
        let Some((last, done)) = whole else {
            return Err(Failure::new(breaks_off, "nothing was changed: run the command again"));
        };
        let nothing = nothing_compared(last, done);
        if json {
            output::answer(last)?;
        } else if nothing.is_none() {
            show(last, done);
        }
        match (&done.error, nothing) {
            (Some(error), _) => Err(Failure::new("it went no further", error)),
            (None, Some(reason)) => {
                Err(Failure::new(format!("nothing of {id} is rehearsed"), reason))
            }
            (None, None) => Ok(()),
        }
    }

    /// The name of the candidate; with its package and a signature where it is a file.
    fn candidate(
        &self,
        wish: RehearsalRequest,
    ) -> Result<(DecoderId, Version, RehearsalRequest), Failure> {
        if let Some((id, version)) = &self.decoder {
            return Ok((id.clone(), version.clone(), wish));
        }
        let path = self.package.clone().unwrap_or_default();
        let package = package(&path, &format!("{} is not rehearsed", path.display()))?;
        let (id, version) = (&package.manifest().id, &package.manifest().version);
        let key = self.key.as_deref().map(read_key).transpose()?;
        let signature = key.map(|key| key.sign_package(id, version, package.digest()).to_string());
        let wish = RehearsalRequest { package: Some(package.file().to_vec()), signature, ..wish };
        Ok((id.clone(), version.clone(), wish))
    }
}

/// The reason why not a single frame was compared, where none was: the candidate is as untried as before.
fn nothing_compared(last: &RehearsalProgress, done: &RehearsalDone) -> Option<String> {
    let RehearsalProgress { examined, passed_over, .. } = *last;
    let report = &done.report;
    if report.compared > 0 {
        return None;
    }
    Some(match (examined, passed_over, report.skipped) {
        (0, _, _) => {
            "no record is kept: they go once they are delivered, and after 48 h".to_owned()
        }
        (_, 1.., _) => format!(
            "no frame of this decoder, of {passed_over}, is of a device that would get this version: --every counts them \
             too"
        ),
        (_, _, skipped @ 1..) => format!(
            "{} could not be compared: the decoders that their devices have now cannot be loaded, or cannot read them",
            counted(skipped, "frame")
        ),
        (examined, ..) => format!(
            "of {} kept none, in that time, is of a device with this decoder: --since takes a longer time",
            counted(examined, "record")
        ),
    })
}

fn show(last: &Answer<RehearsalProgress>, done: &RehearsalDone) {
    show_shadow(&done.report);
    let FailureKinds { stable, candidate } = &done.failure_kinds;
    for (who, kinds) in [("stable", stable), ("candidate", candidate)] {
        for (kind, count) in kinds {
            output::line(format_args!(
                "{who}: {} {} with {kind}",
                counted(count, "frame"),
                agreeing(count, "fails", "fail")
            ));
        }
    }
    if last.passed_over > 0 {
        output::note(format_args!(
            "{} of devices that would not get this version: --every counts them too",
            counted_is(last.passed_over, "frame")
        ));
    }
}
