//! `champollion publish`: packages are sent to a server.

use std::path::{Path, PathBuf};

use champollion_client::{Channel, Client, Publication, Published};
use champollion_import::SourceText;
use champollion_registry::{
    keys::{PackageSignature, SecretKey},
    package::{DecoderId, Package},
};
use clap::{Args, ValueEnum};
use semver::Version;

use super::{Failure, connection::Connection, output, plural::counted, progress};

/// Publishes packages. The server runs every vector and refuses what does not answer as it says.
#[derive(Args)]
pub(super) struct Publish {
    /// Files of the packages
    #[arg(required = true, value_name = "FILE")]
    packages: Vec<PathBuf>,
    #[command(flatten)]
    connection: Connection,
    /// File of the secret key to sign them with, as `champollion registry keys new` makes it
    #[arg(long, env = "CHAMPOLLION_KEY", value_name = "FILE")]
    key: Option<PathBuf>,
    /// Have them tried, and publish nothing
    #[arg(long)]
    dry_run: bool,
    /// Where they are put: stable is for admins, and given to devices at once; without it the first
    /// release of a decoder is stable, and all others are candidates
    #[arg(long, value_enum, value_name = "CHANNEL")]
    channel: Option<ChannelName>,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

/// The channels that a package can be put in.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum ChannelName {
    Candidate,
    Stable,
}

impl From<ChannelName> for Channel {
    fn from(name: ChannelName) -> Self {
        match name {
            ChannelName::Candidate => Self::Candidate,
            ChannelName::Stable => Self::Stable,
        }
    }
}

/// The manner of publishing packages.
#[derive(Default)]
pub(super) struct Manner {
    dry_run: bool,
    channel: Option<ChannelName>,
    key: Option<SecretKey>,
}

impl Manner {
    /// Signed by a key, and put into a channel where one is named.
    pub(super) fn of(key: SecretKey, channel: Option<ChannelName>) -> Self {
        Self { dry_run: false, channel, key: Some(key) }
    }

    /// As usual, and signed where there is a key.
    pub(super) fn signed(key: Option<&Path>) -> Result<Self, Failure> {
        Ok(Self { key: key.map(read_key).transpose()?, ..Self::default() })
    }
}

/// Reads the secret key of a publisher from its file.
pub(super) fn read_key(file: &Path) -> Result<SecretKey, Failure> {
    let task = format!("the key {} cannot be used", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| {
        let failure = Failure::new(&task, &error);
        failure.advising("`champollion registry keys new FILE` makes one")
    })?;
    text.parse().map_err(Failure::of(&task))
}

/// A package to publish, and its name.
pub(super) struct NamedPackage<'of> {
    pub(super) id: &'of DecoderId,
    pub(super) version: &'of Version,
    pub(super) signature: Option<&'of PackageSignature>,
    pub(super) dry_run: bool,
    pub(super) channel: Option<ChannelName>,
}

/// Publishes a package from a file.
pub(super) async fn publish(
    client: &Client,
    package: &Package,
    manner: &Manner,
) -> Result<Published, Failure> {
    let Manner { dry_run, channel, key } = manner;
    let (id, version) = (&package.manifest().id, &package.manifest().version);
    let signature = key.as_ref().map(|key| key.sign_package(id, version, package.digest()));
    let order = NamedPackage {
        id,
        version,
        signature: signature.as_ref(),
        dry_run: *dry_run,
        channel: *channel,
    };
    publish_file(client, package.file().to_vec(), &order).await
}

/// Publishes the file of a package, with a signature that somebody has made.
pub(super) async fn publish_file(
    client: &Client,
    file: Vec<u8>,
    order: &NamedPackage<'_>,
) -> Result<Published, Failure> {
    let NamedPackage { id, version, signature, dry_run, channel } = order;
    let publication = Publication {
        dry_run: *dry_run,
        channel: channel.map(Channel::from),
        signature: signature.map(ToString::to_string),
    };
    Ok(client.publish_package(id, version, file, &publication).await?.into_value())
}

impl Publish {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let manner = Manner::signed(self.key.as_deref())?;
        let manner = Manner { dry_run: self.dry_run, channel: self.channel, ..manner };
        let client = self.connection.client()?;
        let mut all = Vec::new();
        let progress = progress::bar(self.packages.len(), self.json);
        for path in &self.packages {
            let task = format!("{} is not published", path.display());
            let package = package(path, &task)?;
            let published =
                publish(&client, &package, &manner).await.map_err(Failure::of(&task))?;
            progress.inc(1);
            if !self.json {
                progress.suspend(|| show(&published));
            }
            all.push(published);
        }
        progress.finish_and_clear();
        match all.as_slice() {
            _ if self.json => return output::json(&all),
            [only] => show_next(only),
            _ => {}
        }
        Ok(())
    }
}

/// Reads a package. Sources are none yet.
pub(super) fn package(path: &Path, task: &str) -> Result<Package, Failure> {
    const BUILD: &str = "`champollion build` makes a package of sources, which is published";
    if path.is_dir() {
        return Err(Failure::new(task, format!("it is a folder: {BUILD}")));
    }
    let file = std::fs::read(path).map_err(Failure::of_file(task))?;
    let is_webassembly = SourceText::is_webassembly(&file);
    let read = Package::read(file).map_err(Failure::of(task));
    if is_webassembly { read } else { read.map_err(|failure| failure.advising(BUILD)) }
}

pub(super) fn show(published: &Published) {
    let Published { id, version, digest, vectors, channel, dry_run, report } = published;
    let passed = format!("{} passed, {digest}", counted(vectors, "vector"));
    if *dry_run {
        output::line(format_args!("{id} {version} could be published: {passed}"));
    } else {
        output::line(format_args!("published {id} {version}: {passed}"));
    }
    if *channel == Some(Channel::Candidate) {
        output::note(format_args!(
            "it is a candidate: `champollion registry promote {id}@{version}` gives it to devices"
        ));
    }
    for warning in &report.warnings {
        output::note(warning);
    }
}

/// Says what comes after a package was published, or tried.
fn show_next(published: &Published) {
    let Published { id, version, channel, dry_run, .. } = published;
    match (dry_run, channel) {
        (true, _) => output::next([("champollion publish", "without --dry-run publishes it")]),
        (false, Some(Channel::Stable)) => output::next([
            (&format!("champollion catalogue {id}"), "shows it"),
            (
                &format!("champollion devices add … --decoder '{id}@^{}'", version.major),
                "has a device decoded by it",
            ),
        ]),
        (false, _) => {}
    }
}
