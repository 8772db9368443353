//! `champollion catalogue install`: the whole library is published into a server, signed by one key.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use champollion_client::{Channel, Client, NewKey, PublisherKey};
use champollion_registry::{CatalogueQuery, keys::PublicKey, package::Package};
use clap::Args;
use semver::Version;
use serde::Serialize;

use super::library;
use crate::{
    Failure, output, progress,
    publish::{ChannelName, Manner, publish, read_key},
    registry::keys,
};

/// The name under which a server knows the key of an installation.
const KEY_NAME: &str = "the library of Champollion";

/// The task that fails where something is wrong with all of it.
const TASK: &str = "the library is not installed";

#[derive(Args)]
pub(super) struct Install {
    /// Folder of the packages; the one that came with this program without
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,
    /// File of the secret key that signs them; it is made where it is not there
    #[arg(long, env = "CHAMPOLLION_KEY", value_name = "FILE", required_unless_present = "dry_run")]
    key: Option<PathBuf>,
    /// Only decoders of this use case, such as water-metering or all of water; several times for several
    #[arg(long = "use", value_name = "USE_CASE")]
    use_cases: Vec<String>,
    /// Channel of the packages: stable gives each to devices at once; without it the first release of a decoder is
    /// stable, and all others are candidates
    #[arg(long, value_enum, value_name = "CHANNEL")]
    channel: Option<ChannelName>,
    /// Tell what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// The report of an installation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<KeyReport>,
    packages: Vec<Row>,
}

/// The key of an installation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyReport {
    key: PublicKey,
    file: PathBuf,
    /// Whether the key was made for this installation.
    is_new: bool,
    /// The vendors whose decoders the key may sign on this server.
    namespaces: BTreeSet<String>,
}

/// A package of the library, and what became of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    version: Version,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The verdict on a package.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    /// The server has it now.
    Published,
    /// The server had the same already.
    There,
    /// The server would get it.
    New,
    /// The server has another package of this name and version.
    Differs,
    /// The server, or a key of others, refuses it.
    Refused,
}

/// The things of a server that an installation looks at.
struct Server {
    /// The digests of packages, by decoder and version.
    digests: BTreeMap<(String, Version), String>,
    keys: Vec<PublisherKey>,
}

impl Install {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let folder = match &self.from {
            Some(folder) => folder.clone(),
            None => library::own_folder()?,
        };
        let shelf = library::read(&folder, &self.wishes()?)?;
        let server = Server::of(client).await?;
        let report = match self.key.as_deref().filter(|_| !self.dry_run) {
            Some(file) => self.install(client, &server, &shelf, file, json).await?,
            None => self.foretell(&server, &shelf),
        };
        if json {
            output::json(&report)?;
        } else {
            tell(&report);
        }
        report.result()
    }

    fn wishes(&self) -> Result<Vec<CatalogueQuery>, Failure> {
        let wish = |name: &String| CatalogueQuery::default().use_case(name);
        let wishes: Result<Vec<_>, _> = self.use_cases.iter().map(wish).collect();
        wishes.map_err(Failure::of(TASK))
    }

    /// The verdicts that there would be, as far as they are known without publishing.
    fn foretell(&self, server: &Server, shelf: &[Package]) -> Report {
        let row = |one: &Package| server.known(one).unwrap_or_else(|| Row::of(one, Verdict::New));
        Report { dry_run: true, key: None, packages: shelf.iter().map(row).collect() }
    }

    async fn install(
        &self,
        client: &Client,
        server: &Server,
        shelf: &[Package],
        file: &Path,
        json: bool,
    ) -> Result<Report, Failure> {
        let is_new = !file.exists();
        let key = if is_new { keys::made(file)? } else { read_key(file)? };
        let public = key.public();
        let is_wanted = |one: &&Package| server.known(one).is_none();
        let missing: Vec<&Package> = shelf.iter().filter(is_wanted).collect();
        let vendors: BTreeSet<String> =
            missing.iter().map(|one| one.manifest().id.vendor().to_owned()).collect();
        let namespaces = server.let_in(client, public, vendors).await?;
        let manner = Manner::of(key, self.channel);
        let progress = progress::bar(shelf.len(), json);
        let mut packages = Vec::new();
        for one in shelf {
            let row = match server.known(one) {
                Some(row) => row,
                None => published(client, one, &manner, server.owner(one, public)).await,
            };
            packages.push(row);
            progress.inc(1);
        }
        progress.finish_and_clear();
        let file = file.to_owned();
        let key = Some(KeyReport { key: public, file, is_new, namespaces });
        Ok(Report { dry_run: false, key, packages })
    }
}

/// Publishes a package, unless its namespace is another's.
async fn published(
    client: &Client,
    one: &Package,
    manner: &Manner,
    owner: Option<&PublisherKey>,
) -> Row {
    if let Some(owner) = owner {
        let vendor = one.manifest().id.vendor();
        let reason =
            format!("the namespace {vendor} belongs to the key {}, {}", owner.key, owner.name);
        return Row { reason: Some(reason), ..Row::of(one, Verdict::Refused) };
    }
    match publish(client, one, manner).await {
        Ok(published) => Row { channel: published.channel, ..Row::of(one, Verdict::Published) },
        Err(failure) => Row { reason: Some(failure.to_string()), ..Row::of(one, Verdict::Refused) },
    }
}

impl Server {
    async fn of(client: &Client) -> Result<Self, Failure> {
        let catalogue = client.catalogue().await?.into_value();
        let versions = catalogue.decoders.into_iter().flat_map(|decoder| {
            let id = decoder.id;
            decoder.versions.into_iter().map(move |one| ((id.clone(), one.version), one.digest))
        });
        let digests = versions.collect();
        let keys = client.publisher_keys().await?.into_value().keys;
        Ok(Self { digests, keys })
    }

    /// The verdict on a package of which the server has the version already.
    fn known(&self, one: &Package) -> Option<Row> {
        let manifest = one.manifest();
        let digest = self.digests.get(&(manifest.id.to_string(), manifest.version.clone()))?;
        if *digest == one.digest().to_string() {
            return Some(Row::of(one, Verdict::There));
        }
        let reason = format!("the server has another package of this version: {digest}");
        Some(Row { reason: Some(reason), ..Row::of(one, Verdict::Differs) })
    }

    /// The key that has the namespace of a package, where it is another one than that of the installation, and that has
    /// none of it.
    fn owner(&self, one: &Package, own: PublicKey) -> Option<&PublisherKey> {
        self.owner_of(one.manifest().id.vendor(), own)
    }

    fn owner_of(&self, vendor: &str, own: PublicKey) -> Option<&PublisherKey> {
        let own = own.to_string();
        let of_vendor = |known: &&PublisherKey| known.namespaces.iter().any(|name| name == vendor);
        let owners: Vec<&PublisherKey> = self.keys.iter().filter(of_vendor).collect();
        match owners.iter().any(|owner| owner.key == own) {
            true => None,
            false => owners.first().copied(),
        }
    }

    /// Lets the key of the installation sign the decoders of vendors that belong to no other key; gives all that it may
    /// sign then.
    async fn let_in(
        &self,
        client: &Client,
        own: PublicKey,
        vendors: BTreeSet<String>,
    ) -> Result<BTreeSet<String>, Failure> {
        let known = self.keys.iter().find(|known| known.key == own.to_string());
        let before: BTreeSet<String> =
            known.into_iter().flat_map(|known| known.namespaces.iter().cloned()).collect();
        let free = vendors.into_iter().filter(|vendor| self.owner_of(vendor, own).is_none());
        let namespaces: BTreeSet<String> = before.iter().cloned().chain(free).collect();
        if namespaces != before {
            let name = known.map_or(KEY_NAME, |known| known.name.as_str()).to_owned();
            let namespaces = namespaces.iter().cloned().collect();
            let new = NewKey { key: own.to_string(), name, namespaces, only: false };
            client.add_publisher_key(&new).await?;
        }
        Ok(namespaces)
    }
}

impl Row {
    fn of(one: &Package, verdict: Verdict) -> Self {
        let manifest = one.manifest();
        let (id, version) = (manifest.id.to_string(), manifest.version.clone());
        Self { id, version, verdict, channel: None, reason: None }
    }

    fn is_fault(&self) -> bool {
        matches!(self.verdict, Verdict::Differs | Verdict::Refused)
    }
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::There => "there already",
            Self::New => "would be published",
            Self::Differs => "differs",
            Self::Refused => "refused",
        }
    }
}

impl Report {
    /// The failure of an installation of which a package is missing.
    fn result(&self) -> Result<(), Failure> {
        let faults = self.packages.iter().filter(|row| row.is_fault()).map(|row| {
            format!("{} {}: {}", row.id, row.version, row.reason.as_deref().unwrap_or_default())
        });
        let faults: Vec<String> = faults.collect();
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Failure::listing("the library is not installed whole", &faults)),
        }
    }
}

fn tell(report: &Report) {
    let rows = report.packages.iter().map(|row| {
        let channel = match row.channel {
            Some(Channel::Candidate) => "candidate",
            Some(Channel::Stable) => "stable",
            None => "",
        };
        let verdict = row.verdict.word().to_owned();
        [row.id.clone(), row.version.to_string(), verdict, channel.to_owned()]
    });
    output::table(["decoder", "version", "verdict", "channel"], rows);
    let Some(KeyReport { key, file, is_new, namespaces }) = &report.key else { return };
    let made = if *is_new { "made for it" } else { "read" };
    output::note(format_args!(
        "signed by {key}, whose secret half was {made}: {}. On this server it signs {}, and for these vendors \
         nothing is taken that it, or another key that you add, has not signed. Keep the file for the next version of \
         the library, where nobody else reads it; `champollion registry keys revoke {key}` ends its power, and leaves \
         what it has signed.",
        file.display(),
        namespaces.iter().cloned().collect::<Vec<String>>().join(", ")
    ));
}
