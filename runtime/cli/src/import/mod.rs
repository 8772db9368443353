//! `champollion import`: codecs that exist become packages.

mod mappings;
mod published;
mod report_lines;
mod target;

use std::{
    fs, io,
    num::NonZero,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use champollion_client::Client;
use champollion_import::{
    Catalogue, Codec, Made, Names, Options, PackageMaker, Renamed, Report, Skipped,
};
use champollion_registry::package::{DecoderId, Package};
use clap::{Args, ValueEnum};
use futures_util::future::join_all;
use indicatif::ProgressBar;
use parking_lot::Mutex;
use semver::Version;

use super::{
    Failure, connection, output, progress,
    publish::{Manner, publish},
    sandbox,
};
use mappings::GivenMapping;
pub(super) use published::PACKAGE_BYTES;
use report_lines::{show, show_mappings};
use target::Target;

/// Makes packages of JavaScript codecs and runs their examples. Without --out and --to it only tries
/// them. With --to a codec that the server has already, and that has not changed, costs nothing: it is neither
/// run nor written nor published.
#[derive(Args)]
pub(super) struct Import {
    /// A script, a TS013 package, or the folder of a catalogue
    #[arg(value_name = "PATH", required_unless_present = "maps")]
    path: Option<PathBuf>,
    /// Layout of the folder, where it is not recognized by what is in it
    #[arg(long, value_enum, value_name = "LAYOUT")]
    from: Option<Layout>,
    /// Folder for the packages
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Address of a server to publish the packages on
    #[arg(long, value_parser = connection::address, value_name = "URL")]
    to: Option<String>,
    /// Token of a role that may publish
    #[arg(long, env = "CHAMPOLLION_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// File with certificates of authorities, in PEM, that are trusted beside those of the system
    #[arg(long, env = "CHAMPOLLION_CA", value_name = "FILE")]
    ca: Option<PathBuf>,
    /// File of the secret key to sign the packages with that are published
    #[arg(long, env = "CHAMPOLLION_KEY", value_name = "FILE")]
    key: Option<PathBuf>,
    /// Name of the package, where there is one codec
    #[arg(long, value_name = "VENDOR/MODEL")]
    id: Option<DecoderId>,
    /// Maker of the devices, where a single script is imported
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    vendor: Option<String>,
    /// Model of the devices, as the maker names it, where a single script is imported
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    model: Option<String>,
    /// Mapping of a decoder's fields to quantities and units, put in force on the server after the packages; may be
    /// given several times, and without PATH for decoders that are published
    #[arg(long = "map", id = "maps", value_name = "FILE")]
    maps: Vec<PathBuf>,
    /// Version of the packages; what a codec states, or 1.0.0, where it is left out
    #[arg(long, value_name = "VERSION")]
    version: Option<Version>,
    /// Publish what has changed since the server got it as the next patch, minor or major version, as the gate of
    /// the registry judges what has changed
    #[arg(long, requires = "to", conflicts_with = "version")]
    bump: bool,
    /// Licence of the codecs as an SPDX expression; what the catalogue states where it is left out
    #[arg(long, value_name = "SPDX")]
    licence: Option<String>,
    /// Import codecs that do not answer their examples too, and mark them
    #[arg(long)]
    keep_failing: bool,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

/// The ways in which catalogues are laid out.
#[derive(Clone, Copy, ValueEnum)]
enum Layout {
    /// The Things Network's device repository
    Ttn,
    /// ChirpStack's device profiles, a file for each device
    Chirpstack,
    /// Actility's catalogue of ThingPark drivers
    #[value(alias = "thingpark")]
    Actility,
    /// A package by the LoRa Alliance's TS013
    Ts013,
    /// Packages and scripts in folders of any depth, as Watteco, Milesight and Dragino keep theirs
    #[value(aliases = ["watteco", "milesight", "dragino"])]
    Folders,
    /// A single script of JavaScript
    Script,
}

/// Packages that are on their way to a server at once. It tries them one after another; meanwhile
/// those before are written to its disk and those after are sent.
const PUBLISHED_AT_ONCE: usize = 8;

/// A codec with the name of its package.
type ChosenCodec = (Codec, Result<DecoderId, String>);

impl Import {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Some(path) = &self.path else { return self.put_mappings_alone() };
        let task = format!("{} cannot be imported", path.display());
        let layout = self.layout(path).map_err(|reason| Failure::new(&task, reason))?;
        let Catalogue { mut codecs, problems } = layout.read(path).map_err(Failure::of(&task))?;
        self.name_devices(layout, &mut codecs).map_err(|reason| Failure::new(&task, reason))?;
        if self.id.is_some() && codecs.len() != 1 {
            let count = codecs.len();
            return Err(Failure::new(task, format!("--id names one codec, and there are {count}")));
        }
        let mut report = Report { codecs: codecs.len(), problems, ..Report::default() };
        let mut orders = self.orders(codecs, &mut report);
        let only = match orders.as_slice() {
            [(_, Ok(id))] => Some(id.clone()),
            _ => None,
        };
        let mappings = self.mappings(only.as_ref())?;
        let sandbox = sandbox::of_scripts().map_err(Failure::of(&task))?;
        let options = Options {
            version: self.version.clone(),
            licence: self.licence.clone(),
            keep_failing: self.keep_failing,
        };
        let maker = PackageMaker::new(&sandbox, options);
        let target = self.target(&orders)?;
        if let Some(target) = &target {
            orders = target.changed(&maker, orders, &mut report);
        }
        let progress = progress::bar(orders.len(), self.json);
        let made = make_all(&maker, target.as_ref(), &orders, &progress);
        let mut packages = gather(made, &mut report);
        progress.finish_and_clear();
        for mapping in &mappings {
            mapping.check(packages.iter().map(|made| made.package.manifest()))?;
        }
        if let Some(target) = &target {
            packages = target.to_publish(packages, self.bump, &mut report)?;
        }
        report.packages = packages.len();
        let packages = self.write(packages, &mut report);
        if let Some(target) = &target {
            self.publish(target, packages, &mut report)?;
        }
        let client = target.as_ref().map(|target| &target.client);
        put_mappings(client, &mappings, &mut report)?;
        if self.json {
            output::json(&report)?;
        } else {
            show(&report);
        }
        match report.skipped.len() {
            0 => Ok(()),
            count => Err(Failure::new(
                format!("{count} of {} codecs were not imported", report.codecs),
                "the report says why",
            )),
        }
    }

    /// Reads the mappings that are given. `only` is the decoder of those that name none.
    fn mappings(&self, only: Option<&DecoderId>) -> Result<Vec<GivenMapping>, Failure> {
        self.maps.iter().map(|path| GivenMapping::read(path, only)).collect()
    }

    /// Puts the mappings of decoders that are published; without a server they are only read.
    fn put_mappings_alone(&self) -> Result<(), Failure> {
        let mappings = self.mappings(self.id.as_ref())?;
        let client = match &self.to {
            Some(server) => Some(self.client_of(server)?),
            None => None,
        };
        let mut report = Report::default();
        put_mappings(client.as_ref(), &mappings, &mut report)?;
        if self.json {
            return output::json(&report);
        }
        show_mappings(&report.mappings);
        Ok(())
    }

    fn layout(&self, path: &Path) -> Result<champollion_import::Layout, String> {
        if let Some(layout) = self.from {
            return Ok(layout.into());
        }
        champollion_import::Layout::recognized(path).ok_or_else(|| {
            if path.is_dir() {
                "there is no codec in the folder: --from says how it is laid out, ttn, chirpstack, \
                 actility, ts013 or folders"
                    .to_owned()
            } else {
                "there is no such file or folder".to_owned()
            }
        })
    }

    /// Names the devices of a script alone, which says nothing of them.
    fn name_devices(
        &self,
        layout: champollion_import::Layout,
        codecs: &mut [Codec],
    ) -> Result<(), String> {
        if layout != champollion_import::Layout::Script {
            return match (&self.vendor, &self.model) {
                (None, None) => Ok(()),
                _ => {
                    Err("--vendor and --model are for a single script: what is in a folder names \
                          its devices itself"
                        .to_owned())
                }
            };
        }
        // That a file is none to import is told of it in the report.
        if codecs.iter().all(|codec| codec.script.is_err()) {
            return Ok(());
        }
        let id = self.id.as_ref();
        let named = |given: &Option<String>, of_id: Option<&str>| {
            let given = given.as_deref().or(of_id).map(str::trim);
            given.filter(|name| !name.is_empty()).map(str::to_owned)
        };
        let vendor = named(&self.vendor, id.map(DecoderId::vendor));
        let model = named(&self.model, id.map(DecoderId::model));
        let (Some(vendor), Some(model)) = (vendor, model) else {
            return Err(
                "a script alone does not say which devices it is for: --vendor and --model \
                        name them, as in --vendor Acme --model T1"
                    .to_owned(),
            );
        };
        for codec in codecs {
            codec.named_for(&vendor, &model);
        }
        Ok(())
    }

    /// The server that packages are published on, where there is one.
    fn target(&self, orders: &[ChosenCodec]) -> Result<Option<Target>, Failure> {
        let Some(server) = &self.to else { return Ok(None) };
        Target::of(self.client_of(server)?, orders, self.version.as_ref()).map(Some)
    }

    fn client_of(&self, server: &str) -> Result<Client, Failure> {
        connection::client_of(server, self.token.as_deref(), self.ca.as_deref())
    }

    /// Gives each codec the name of its package.
    fn orders(&self, codecs: Vec<Codec>, report: &mut Report) -> Vec<ChosenCodec> {
        let mut names = Names::default();
        let mut order = |codec: Codec| {
            let id = match &self.id {
                Some(id) => Ok(id.clone()),
                None => names
                    .give(&codec.vendor, &codec.model, &codec.place)
                    .map_err(|error| error.to_string())
                    .map(|named| {
                        if let Some((wanted, holder)) = named.instead_of {
                            report.renamed.push(Renamed {
                                codec: codec.place.clone(),
                                id: named.id.to_string(),
                                instead_of: wanted.to_string(),
                                holder,
                            });
                        }
                        named.id
                    }),
            };
            (codec, id)
        };
        codecs.into_iter().map(&mut order).collect()
    }

    /// Writes the packages; a file that is there already stays as it is.
    fn write(&self, packages: Vec<MadePackage>, report: &mut Report) -> Vec<MadePackage> {
        let Some(folder) = &self.out else { return packages };
        let written = packages.into_iter().filter_map(|made| {
            let manifest = made.package.manifest();
            let path = folder.join(manifest.id.file_name(&manifest.version));
            match write_new(&path, made.package.file()) {
                Ok(()) => Some(made),
                Err(reason) => {
                    report.packages -= 1;
                    report.skipped.push(Skipped { codec: made.codec, reason });
                    None
                }
            }
        });
        written.collect()
    }

    fn publish(
        &self,
        Target { client, .. }: &Target,
        packages: Vec<MadePackage>,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let manner = Manner::signed(self.key.as_deref())?;
        let progress = progress::bar(packages.len(), self.json);
        let packages = Mutex::new(packages.into_iter());
        let skipped = Mutex::new(Vec::new());
        let publish_all = || async {
            loop {
                let next = packages.lock().next();
                let Some(MadePackage { codec, package }) = next else { break };
                if let Err(failure) = publish(client, &package, &manner).await {
                    let reason = failure.to_string();
                    let mut skipped = skipped.lock();
                    skipped.push(Skipped { codec, reason });
                }
                progress.inc(1);
            }
        };
        connection::block_on(async {
            join_all((0..PUBLISHED_AT_ONCE).map(|_| publish_all())).await;
            Ok(())
        })?;
        let mut skipped = skipped.into_inner();
        skipped.sort_by(|one, other| one.codec.cmp(&other.codec));
        report.packages -= skipped.len();
        // Said of what is published alone.
        report.bumped.retain(|bumped| !skipped.iter().any(|skipped| skipped.codec == bumped.codec));
        report.skipped.extend(skipped);
        progress.finish_and_clear();
        Ok(())
    }
}

impl From<Layout> for champollion_import::Layout {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::Ttn => Self::Ttn,
            Layout::Chirpstack => Self::ChirpStack,
            Layout::Actility => Self::Actility,
            Layout::Ts013 => Self::Ts013,
            Layout::Folders => Self::Folders,
            Layout::Script => Self::Script,
        }
    }
}

/// A package, and the file that names its codec.
struct MadePackage {
    codec: String,
    package: Package,
}

/// Makes all packages, on all processors, in the order of the codecs.
fn make_all(
    workshop: &PackageMaker<'_>,
    target: Option<&Target>,
    orders: &[ChosenCodec],
    progress: &ProgressBar,
) -> Vec<Made> {
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Vec::with_capacity(orders.len()));
    let work = || {
        while let Some((index, (codec, id))) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            orders.get(index).map(|order| (index, order))
        } {
            progress.set_message(codec.name.clone());
            let made = match id {
                Ok(id) => {
                    let version =
                        target.and_then(|target| target.version_to_make(workshop, codec, id));
                    workshop.make(codec, id.clone(), version)
                }
                Err(reason) => Made::skipped(codec, reason),
            };
            all.lock().push((index, made));
            progress.inc(1);
        }
    };
    thread::scope(|scope| {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        for _ in 0..processors.min(orders.len()) {
            scope.spawn(work);
        }
    });
    let mut all = all.into_inner();
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, made)| made).collect()
}

/// Puts what became of the codecs into the report, and gives their packages.
fn gather(made: Vec<Made>, report: &mut Report) -> Vec<MadePackage> {
    let mut packages = Vec::new();
    for Made { codec, package, examples, failed, problems } in made {
        report.vectors.total += examples;
        report.vectors.passed += examples - failed.len();
        report.vectors.failed.extend(failed);
        report.problems.extend(problems);
        match package {
            Ok(package) => {
                report.fields.add(package.manifest());
                packages.push(MadePackage { codec, package });
            }
            Err(reason) => report.skipped.push(Skipped { codec, reason }),
        }
    }
    packages
}

/// Puts mappings in force, one after another; without a server they were only checked.
fn put_mappings(
    client: Option<&Client>,
    mappings: &[GivenMapping],
    report: &mut Report,
) -> Result<(), Failure> {
    let Some(client) = client else {
        report.mappings = mappings.iter().map(GivenMapping::tried).collect();
        return Ok(());
    };
    connection::block_on(async {
        for mapping in mappings {
            report.mappings.push(mapping.put(client).await?);
        }
        Ok(())
    })
}

/// Writes a file that is not there yet, or holds the same already.
fn write_new(path: &Path, content: &[u8]) -> Result<(), String> {
    let failed = |error: io::Error| format!("{} cannot be written: {error}", path.display());
    match fs::read(path) {
        Ok(there) if there == content => return Ok(()),
        Ok(_) => {
            return Err(format!(
                "{} is there already and holds another package: --version gives this one another \
                 version",
                path.display()
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, content).map_err(failed)
}
