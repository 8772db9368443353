//! `champollion import`: codecs that exist become packages.

mod mappings;
mod published;

use std::{
    collections::BTreeSet,
    fs, io,
    num::NonZero,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use champollion_client::Client;
use champollion_import::{
    Bumped, Catalogue, Codec, Failing, Made, Names, Options, PackageMaker, Problem, PutMapping,
    Renamed, Report, Skipped, Unchanged,
};
use champollion_registry::package::{DecoderId, Package};
use clap::{Args, ValueEnum};
use futures_util::{StreamExt, future::join_all, stream};
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
use published::Published;

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

/// A server that packages are published on, and what it has already.
struct Target {
    client: Client,
    published: Published,
    /// The version that the importing person states.
    stated: Option<Version>,
}

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

    fn client_of(&self, server: &str) -> Result<Client, Failure> {
        connection::client_of(server, self.token.as_deref(), self.ca.as_deref())
    }

    /// Asks the server that packages are published on for what it has.
    fn target(&self, orders: &[ChosenCodec]) -> Result<Option<Target>, Failure> {
        let Some(server) = &self.to else { return Ok(None) };
        let client = self.client_of(server)?;
        let wanted: BTreeSet<String> =
            orders.iter().filter_map(|(_, id)| Some(id.as_ref().ok()?.to_string())).collect();
        let mut published = Published::default();
        connection::block_on(async {
            published = Published::of(&client, &wanted, self.version.as_ref()).await?;
            Ok(())
        })?;
        Ok(Some(Target { client, published, stated: self.version.clone() }))
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

impl Target {
    /// Takes out the codecs whose package the server has, by their imprint: nothing is run.
    fn changed(
        &self,
        maker: &PackageMaker<'_>,
        orders: Vec<ChosenCodec>,
        report: &mut Report,
    ) -> Vec<ChosenCodec> {
        let mut changed = Vec::new();
        for (codec, id) in orders {
            let version = id.as_ref().ok().and_then(|id| self.known_version(maker, &codec, id));
            match (version, &id) {
                (Some(version), Ok(id)) => {
                    let (id, version) = (id.to_string(), version.to_string());
                    report.unchanged.push(Unchanged { codec: codec.place, id, version });
                }
                _ => changed.push((codec, id)),
            }
        }
        changed
    }

    fn known_version(
        &self,
        maker: &PackageMaker<'_>,
        codec: &Codec,
        id: &DecoderId,
    ) -> Option<&Version> {
        if self.states_new_version(maker, codec, id) {
            return None;
        }
        self.published.made_of(id, maker.imprint(codec, id)?)
    }

    /// Whether a version is stated for a codec that the server does not have.
    fn states_new_version(&self, maker: &PackageMaker<'_>, codec: &Codec, id: &DecoderId) -> bool {
        maker.stated_version(codec).is_some_and(|stated| !self.published.has(id, &stated))
    }

    /// The version to make a package under: nothing where it is that which is stated, or the first one, and else the
    /// highest of the server, so that the two can be compared.
    fn version_to_make(
        &self,
        maker: &PackageMaker<'_>,
        codec: &Codec,
        id: &DecoderId,
    ) -> Option<Version> {
        let is_stated = self.stated.is_some() || self.states_new_version(maker, codec, id);
        self.published.highest(id).filter(|_| !is_stated).cloned()
    }

    /// Takes out the packages that the server has, and gives those that have changed since their next version.
    fn to_publish(
        &self,
        packages: Vec<MadePackage>,
        bump: bool,
        report: &mut Report,
    ) -> Result<Vec<MadePackage>, Failure> {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for MadePackage { codec, package } in packages {
            let manifest = package.manifest();
            let id = manifest.id.to_string();
            if !self.published.has(&manifest.id, &manifest.version) {
                new.push(MadePackage { codec, package });
            } else if let Some(version) = self.published.same_as(&package) {
                report.unchanged.push(Unchanged { codec, id, version: version.to_string() });
            } else if bump {
                changed.push(MadePackage { codec, package });
            } else {
                let reason = format!(
                    "it is not what {id} {} is made of, which is published: --bump publishes it as the \
                     next version",
                    manifest.version
                );
                report.skipped.push(Skipped { codec, reason });
            }
        }
        report.unchanged.sort_by(|one, other| one.codec.cmp(&other.codec));
        connection::block_on(async {
            let mut bumped = stream::iter(changed.into_iter().map(
                |MadePackage { codec, package }| async move {
                    (codec, self.published.bumped(&self.client, &package).await)
                },
            ))
            .buffered(PUBLISHED_AT_ONCE);
            while let Some((codec, package)) = bumped.next().await {
                match package {
                    Ok(package) => {
                        report.bumped.push(self.bumped(&codec, &package));
                        new.push(MadePackage { codec, package });
                    }
                    Err(failure) => {
                        report.skipped.push(Skipped { codec, reason: failure.to_string() });
                    }
                }
            }
            Ok(())
        })?;
        Ok(new)
    }

    fn bumped(&self, codec: &str, package: &Package) -> Bumped {
        let manifest = package.manifest();
        let previous = self.published.highest(&manifest.id);
        Bumped {
            codec: codec.to_owned(),
            id: manifest.id.to_string(),
            version: manifest.version.to_string(),
            previous: previous.map(ToString::to_string).unwrap_or_default(),
        }
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

fn show_mappings(mappings: &[PutMapping]) {
    for PutMapping { file, id, version, digest } in mappings {
        let state = if digest.is_some() { "is in force" } else { "could be put" };
        output::line(format_args!("{file}: the mapping {version} of {id} {state}"));
    }
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

fn show(report: &Report) {
    let Report {
        codecs,
        packages,
        vectors,
        fields,
        skipped,
        unchanged,
        bumped,
        renamed,
        mappings,
        problems,
    } = report;
    output::line(format_args!("{codecs} codecs, {packages} packages"));
    if !unchanged.is_empty() {
        output::line(format_args!("{} unchanged, not published again", unchanged.len()));
    }
    for Bumped { codec, id, version, previous } in bumped {
        output::line(format_args!(
            "published: {codec} is {id} {version}, after {previous}: a candidate, which \
             `champollion registry promote {id}@{version}` gives to devices"
        ));
    }
    let failed = vectors.failed.len();
    output::line(format_args!(
        "{} examples, {} passed, {failed} failed",
        vectors.total, vectors.passed
    ));
    output::line(format_args!(
        "{} fields, {} with unit, {} with quantity",
        fields.total, fields.with_unit, fields.with_quantity
    ));
    for failed in &vectors.failed {
        let what = match failed.kind {
            Failing::Output => "",
            Failing::NormalizedOutput => "what is normalized ",
        };
        output::line(format_args!(
            "failed: {}, {:?}: {what}differs at {}: expected {}, actual {}",
            failed.codec, failed.example, failed.at, failed.expected, failed.actual
        ));
    }
    show_mappings(mappings);
    for Renamed { codec, id, instead_of, holder } in renamed {
        output::line(format_args!(
            "renamed: {codec} is {id}, since {instead_of} is the name of {holder}"
        ));
    }
    for Problem { place, problem } in problems {
        output::line(format_args!("problem: {place}: {problem}"));
    }
    for Skipped { codec, reason } in skipped {
        output::line(format_args!("not imported: {codec}: {reason}"));
    }
}
