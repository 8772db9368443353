//! From one registry to another: over HTTP, or through a folder that somebody carries.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use champollion_client::{
    Client, DeprecationRequest, NewKey, PromotionRequest, RollbackRequest, YankRequest,
};
use champollion_registry::{
    keys::PublicKey,
    ledger::{Head, Obstacle, PublishedVersion, Step, Transfer, VersionName},
};
use clap::{Args, Subcommand};
use futures_util::future::join_all;
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use tempfile::NamedTempFile;

use super::{
    super::{
        Failure,
        connection::{self, Connection},
        output,
        plural::{counted, counted_is},
        progress,
        publish::{ChannelName, NamedPackage, publish_file},
    },
    carried_mappings::{CarriedMappings, MAPPINGS_FILE},
    history::head,
    source::{HEAD_FILE, INDEX_FILE, Known, PACKAGES, Said, Source, note_age, package_path, shown},
};

/// Decoders whose versions are on their way at once, one version of each.
const AT_ONCE: usize = 8;

#[derive(Subcommand)]
pub(in super::super) enum Action {
    /// Take over what another registry has and this one lacks; again, it takes over what is new
    Mirror {
        /// Address of the other server
        #[arg(value_name = "URL", value_parser = connection::address)]
        from: String,
        /// Token of the other server, of any role
        #[arg(long, env = "CHAMPOLLION_MIRROR_TOKEN", hide_env_values = true)]
        from_token: Option<String>,
        #[command(flatten)]
        manner: Manner,
    },
    /// Write all that the registry has into a folder, mappings of fields too, for a network without internet;
    /// again, only what is new is fetched
    Export {
        /// Folder of the copy
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Take over what the folder of an export has and this registry lacks
    Import {
        /// Folder of the copy
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[command(flatten)]
        manner: Manner,
    },
}

#[derive(Args)]
pub(in super::super) struct Manner {
    /// Do what the other registry did also with decoders that devices use here: promote, roll back, yank,
    /// deprecate, put higher versions of mappings, and what became of keys
    #[arg(long)]
    follow: bool,
    /// The key that the other registry must have
    #[arg(long, value_name = "KEY")]
    registry_key: Option<PublicKey>,
    /// A head that was seen before, as this command prints it: it must still be part of the index
    #[arg(long, value_name = "NUMBER:DIGEST", value_parser = head)]
    seen: Option<Head>,
    /// Say what would be taken over, and take over nothing
    #[arg(long)]
    dry_run: bool,
}

/// The outcome of a transfer.
#[derive(Default)]
struct Outcome {
    published: Vec<VersionName>,
    refused: Vec<Obstacle>,
    steps: Vec<Step>,
}

impl Action {
    pub(super) async fn run(
        &self,
        client: &Client,
        connection: &Connection,
        json: bool,
    ) -> Result<(), Failure> {
        match self {
            Self::Export { folder } => export(client, folder, json).await,
            Self::Mirror { from, from_token, manner } => {
                let other = connection.client_of(from, from_token.as_deref())?;
                let task = format!("{from} is not mirrored");
                take_over(&Source::Server(&other), client, manner, json)
                    .await
                    .map_err(Failure::of(task))
            }
            Self::Import { folder, manner } => {
                let task = format!("{} is not imported", folder.display());
                take_over(&Source::Folder(folder), client, manner, json)
                    .await
                    .map_err(Failure::of(task))
            }
        }
    }
}

async fn export(client: &Client, folder: &Path, json: bool) -> Result<(), Failure> {
    let task = format!("{} is not written", folder.display());
    let source = Source::Server(client);
    let Said { history, lines, head } = source.read(&Known::default()).await?;
    fs::create_dir_all(folder.join(PACKAGES)).map_err(Failure::of_file(&task))?;
    let versions = history.in_order();
    let progress = progress::bar(versions.len(), json);
    let mut fetched = 0;
    for published in &versions {
        // What an export before this one has written is checked as if it came from elsewhere.
        if Source::Folder(folder).package(published).await.is_err() {
            let file = source.package(published).await.map_err(Failure::of(&task))?;
            write(&package_path(folder, published.digest), &file).map_err(Failure::of(&task))?;
            fetched += 1;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    let mappings = source.mappings().await?;
    let written = serde_json::to_vec_pretty(&mappings).map_err(Failure::of(&task))?;
    write(&folder.join(MAPPINGS_FILE), &written).map_err(Failure::of(&task))?;
    let index: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    write(&folder.join(INDEX_FILE), index.as_bytes()).map_err(Failure::of(&task))?;
    let signed = serde_json::to_vec_pretty(&head).map_err(Failure::of(&task))?;
    write(&folder.join(HEAD_FILE), &signed).map_err(Failure::of(&task))?;
    let head = shown(&head.head);
    if json {
        return output::json(&json!({
            "versions": versions.len(), "fetched": fetched, "mappings": mappings.len(),
            "head": head, "registryKey": history.registry_key(),
        }));
    }
    output::line(format_args!("{}, {fetched} of them fetched", counted(versions.len(), "version")));
    output::line(counted(mappings.len(), "mapping"));
    output::line(format_args!("head {head}"));
    Ok(())
}

/// Writes a file whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut file, bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    fs::File::open(folder)?.sync_all()
}

async fn take_over(
    source: &Source<'_>,
    client: &Client,
    manner: &Manner,
    json: bool,
) -> Result<(), Failure> {
    let known = Known { key: manner.registry_key.as_ref(), seen: manner.seen.as_ref() };
    let there = source.read(&known).await?;
    let mappings = source.mappings().await?;
    let here = Source::Server(client).read(&Known::default()).await?;
    let transfer = Transfer::between(&there.history, &here.history, manner.follow);
    if let Source::Folder(_) = source {
        // All of it is good, or nothing is begun.
        let progress = progress::bar(transfer.versions.len(), json);
        for published in &transfer.versions {
            source.package(published).await?;
            progress.inc(1);
        }
        progress.finish_and_clear();
        note_age(&there.head);
    }
    let outcome = if manner.dry_run {
        Outcome {
            published: transfer.versions.iter().map(name).collect(),
            refused: transfer.obstacles.clone(),
            steps: transfer.steps.clone(),
        }
    } else {
        carry_out(source, client, &transfer, json).await?
    };
    let mut carried = CarriedMappings::between(mappings, client, manner.follow).await?;
    carried.carry_out(client, manner.dry_run).await;
    report(&there, &transfer, (&outcome, &carried), manner.dry_run, json)
}

async fn carry_out(
    source: &Source<'_>,
    client: &Client,
    transfer: &Transfer,
    json: bool,
) -> Result<Outcome, Failure> {
    for (key, known) in &transfer.keys {
        let (name, namespaces) = (known.name.clone(), known.namespaces.clone());
        let new = NewKey { key: key.to_string(), name, namespaces, only: false };
        client.add_publisher_key(&new).await?;
    }
    let mut decoders: BTreeMap<_, Vec<&PublishedVersion>> = BTreeMap::new();
    for published in &transfer.versions {
        decoders.entry(&published.id).or_default().push(published);
    }
    let progress = progress::bar(transfer.versions.len(), json);
    let queue = Mutex::new(decoders.into_values());
    let refused = transfer.obstacles.clone();
    let outcome = Mutex::new(Outcome { refused, ..Outcome::default() });
    let publish_all = || async {
        loop {
            let next = queue.lock().next();
            let Some(versions) = next else { break };
            // One after another: each is compared with the one before.
            for published in versions {
                progress.set_message(format!("{} {}", published.id, published.version));
                let done = publish_one(source, client, published).await;
                let mut outcome = outcome.lock();
                match done {
                    Ok(()) => outcome.published.push(name(published)),
                    Err(failure) => outcome
                        .refused
                        .push(Obstacle { name: name(published), reason: failure.to_string() }),
                }
                progress.inc(1);
            }
        }
    };
    join_all((0..AT_ONCE).map(|_| publish_all())).await;
    progress.finish_and_clear();
    let mut outcome = outcome.into_inner();
    let order = |one: &VersionName, other: &VersionName| {
        (&one.id, &one.version).cmp(&(&other.id, &other.version))
    };
    outcome.published.sort_by(order);
    outcome.refused.sort_by(|one, other| order(&one.name, &other.name));
    for step in &transfer.steps {
        let about = match step {
            Step::Yank { name, .. } | Step::Promote(name) => Some(name),
            _ => None,
        };
        // What did not come here cannot be changed here.
        if about.is_some_and(|name| outcome.refused.iter().any(|refused| refused.name == *name)) {
            continue;
        }
        take_step(client, step).await?;
        outcome.steps.push(step.clone());
    }
    Ok(outcome)
}

async fn publish_one(
    source: &Source<'_>,
    client: &Client,
    published: &PublishedVersion,
) -> Result<(), Failure> {
    let file = source.package(published).await?;
    let order = NamedPackage {
        id: &published.id,
        version: &published.version,
        signature: published.signature.as_ref(),
        dry_run: false,
        channel: Some(ChannelName::Candidate),
    };
    publish_file(client, file, &order).await.map(drop)
}

async fn take_step(client: &Client, step: &Step) -> Result<(), Failure> {
    let dry_run = false;
    match step {
        Step::Yank { name: VersionName { id, version }, reason } => {
            let (version, reason) = (version.clone(), reason.clone());
            client.yank(id, &YankRequest { version, reason, dry_run }).await?;
        }
        Step::Promote(VersionName { id, version }) => {
            let version = Some(version.clone());
            client.promote(id, &PromotionRequest { version, dry_run }).await?;
        }
        Step::Rollback { id, to } => {
            client.rollback(id, &RollbackRequest { to: Some(to.clone()), dry_run }).await?;
        }
        Step::Deprecate { id, deprecation } => {
            let successor = deprecation.successor.as_ref().map(ToString::to_string);
            let reason = deprecation.reason.clone();
            client.deprecate(id, &DeprecationRequest { successor, reason, dry_run }).await?;
        }
        Step::RevokeKey { key, reason } => client.revoke_publisher_key(key, reason).await?,
    }
    Ok(())
}

fn name(published: &PublishedVersion) -> VersionName {
    VersionName { id: published.id.clone(), version: published.version.clone() }
}

fn report(
    there: &Said,
    transfer: &Transfer,
    (outcome, mappings): (&Outcome, &CarriedMappings),
    dry_run: bool,
    json: bool,
) -> Result<(), Failure> {
    let head = shown(there.history.head());
    let Outcome { published, refused, steps } = outcome;
    if json {
        let keys: Vec<Json> = transfer
            .keys
            .iter()
            .map(|(key, known)| json!({ "key": key, "namespaces": known.namespaces }))
            .collect();
        output::json(&json!({
            "head": head, "registryKey": there.history.registry_key(), "dryRun": dry_run,
            "keys": keys, "published": published, "steps": steps, "refused": refused,
            "mappings": mappings.put, "mappingsLeft": mappings.left,
        }))?;
    } else {
        let would = if dry_run { "would be " } else { "" };
        for (key, known) in &transfer.keys {
            output::line(format_args!("{would}known: {key} of {}", known.namespaces.join(", ")));
        }
        for VersionName { id, version } in published {
            output::line(format_args!("{would}published: {id} {version}"));
        }
        for step in steps {
            output::line(format_args!("{would}{}", said(step)));
        }
        for Obstacle { name, reason } in refused {
            let VersionName { id, version } = name;
            output::line(format_args!(
                "not taken over: {id} {version}: {}",
                output::quoted(reason)
            ));
        }
        mappings.show(would);
        let all = there.history.versions().count();
        let all = counted(all, "version");
        output::line(format_args!("{} of {all} {would}taken over", published.len()));
        output::line(format_args!("head {head}"));
    }
    let left = match (refused.len(), mappings.refused()) {
        (0, 0) => return Ok(()),
        (versions, 0) => format!("{} left", counted_is(versions, "version")),
        (0, mappings) => format!("{} left", counted_is(mappings, "mapping")),
        (versions, mappings) => {
            format!("{} left and {}", counted_is(versions, "version"), counted(mappings, "mapping"))
        }
    };
    Err(Failure::new(left, "the report says why"))
}

fn said(step: &Step) -> String {
    match step {
        Step::Yank { name, reason } => format!("yanked: {} {}: {reason}", name.id, name.version),
        Step::Promote(name) => format!("stable: {} {}", name.id, name.version),
        Step::Rollback { id, to } => format!("rolled back: {id} to {to}"),
        Step::Deprecate { id, .. } => format!("deprecated: {id}"),
        Step::RevokeKey { key, reason } => format!("revoked: {key}: {reason}"),
    }
}
