//! Index and audit: read, and checked without trust in whoever keeps them.

use std::{net::SocketAddr, path::PathBuf};

use champollion_client::{AuditHead, AuditLine, Client, ClientError};
use champollion_registry::ledger::{Head, History, SignedHead, check_archive};
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::super::{
    Failure, output,
    plural::{counted, counted_is},
};

/// The words for lines that do not arrive whole.
const NOT_ARRIVED: &str = "the answer does not arrive";

/// The words for an audit that its registry has not signed.
const UNTRUSTED: &str = "the end of the audit is not to be trusted";

#[derive(Subcommand)]
pub(in super::super) enum Action {
    /// Check that no history was changed, and that all that is kept is what the index says
    Verify {
        /// A head that was seen before, as this command prints it: it must still be part of the index
        #[arg(long, value_name = "NUMBER:DIGEST", value_parser = head)]
        seen: Option<Head>,
    },
    /// Look at all packages, and fetch those that are damaged or missing from the mirrors of the settings
    Mend {
        /// List the packages, and fetch nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List all changes with their time, token and address, and check their signed end
    Audit,
    /// Move all lines of the audit into files of the folder `audit` of the server, to be carried away
    ArchiveAudit,
    /// Check files of archived lines: nothing was changed, and each continues the one before
    CheckArchive {
        /// Files, the oldest first
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

impl Action {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        match self {
            Self::Verify { seen } => verify(client, seen.as_ref(), json).await,
            Self::Mend { dry_run } => mend(client, *dry_run, json).await,
            Self::Audit => audit(client, json).await,
            Self::ArchiveAudit => archive(client, json).await,
            Self::CheckArchive { files } => check_archives(files, json),
        }
    }
}

async fn verify(client: &Client, seen: Option<&Head>, json: bool) -> Result<(), Failure> {
    let mut history = History::default();
    let mut problems = Vec::new();
    let mut met = seen.is_none_or(|seen| seen == history.head());
    'all: loop {
        let lines = client.registry_index(history.head().sequence).await;
        let lines = lines.map_err(Failure::broken_off(NOT_ARRIVED))?;
        if lines.is_empty() {
            break;
        }
        for line in lines {
            if let Err(broken) = history.follow(line.as_bytes()) {
                problems.push(broken.to_string());
                break 'all;
            }
            met |= seen.is_some_and(|seen| seen == history.head());
        }
    }
    if let (Some(seen), false) = (seen, met) {
        problems.push(format!("{}:{} is no part of the index", seen.sequence, seen.hash));
    }
    let signed: SignedHead = client.registry_head().await?.read_as()?;
    if problems.is_empty() {
        if let Err(error) = signed.check(history.registry_key(), Timestamp::now()) {
            problems.push(error.to_string());
        }
        if signed.head.sequence < history.head().sequence {
            problems.push("the signed head is older than the index".to_owned());
        }
    }
    // What the server says of itself: it alone sees its disk.
    let own = client.verify_registry().await?.into_value();
    for problem in own.problems {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    let Head { sequence, hash } = history.head();
    let shown = format!("{sequence}:{hash}");
    if json {
        output::json(&json!({
            "head": shown,
            "versions": history.versions().count(),
            "registryKey": history.registry_key(),
            "audit": own.audit,
            "problems": problems,
        }))?;
    } else {
        let versions = history.versions().count();
        let (lines, versions) = (counted(sequence, "line"), counted(versions, "version"));
        output::line(format_args!("{lines} of the index, {versions}"));
        output::line(format_args!("head {shown}"));
        for problem in &problems {
            output::line(format_args!("problem: {problem}"));
        }
    }
    match problems.len() {
        0 => Ok(()),
        count => Err(Failure::new(
            "the registry is not what its history says",
            format_args!("{} found", counted(count, "problem")),
        )),
    }
}

async fn mend(client: &Client, dry_run: bool, json: bool) -> Result<(), Failure> {
    let found = client.mend_registry(dry_run).await?;
    if json {
        output::answer(&found)?;
    } else {
        for (what, names) in [("mended", &found.mended), ("damaged or missing", &found.left)] {
            for name in names {
                output::line(format_args!("{what}: {} {}", name.id, name.version));
            }
        }
        let packages = counted(found.versions, "package");
        output::line(format_args!("{packages}, {} mended", found.mended.len()));
    }
    match found.left.len() {
        0 => Ok(()),
        count => Err(Failure::new("not all packages are whole", format_args!("{count} are not"))),
    }
}

async fn audit(client: &Client, json: bool) -> Result<(), Failure> {
    let (mut entries, mut after) = (Vec::new(), 0);
    loop {
        let lines = client.audit(after).await.map_err(unreadable_line)?;
        let Some(last) = lines.last() else { break };
        after = last.sequence;
        entries.extend(lines);
    }
    let head = client.audit_head().await?;
    check_audit_head(client, &head.read_as()?).await?;
    if json {
        let entries: Result<Vec<Json>, _> = entries.iter().map(|entry| entry.read_as()).collect();
        let head: Json = head.read_as()?;
        return output::json(
            &json!({ "entries": entries.map_err(unreadable_line)?, "head": head }),
        );
    }
    let rows = entries.into_iter().map(|entry| {
        let AuditLine { at, by, action, subject, .. } = entry.into_value();
        [output::moment(at), by.name, address(by.from.unwrap_or_default()), action, subject]
    });
    output::table(["when", "who", "from", "what", "to what"], rows);
    let AuditHead { signed, archives, usage } = head.into_value();
    output::line(format_args!(
        "head {}:{}, signed by {} at {}",
        signed.head.sequence,
        signed.head.hash,
        signed.key,
        output::moment(signed.signed_at)
    ));
    if let Some(last) = archives.last() {
        let (through, files) = (last.checkpoint.head.sequence, archives.len());
        output::line(format_args!(
            "lines 1 to {through} are archived, in {}",
            counted(files, "file")
        ));
    }
    let bytes = usage.live_bytes + usage.archived_bytes;
    output::line(format_args!("{bytes} of {} bytes are used", usage.max_bytes));
    Ok(())
}

/// Returns the address of a client without its port, which says nothing to people.
fn address(from: String) -> String {
    from.parse::<SocketAddr>().map_or(from, |from| from.ip().to_string())
}

/// Checks the signature of the end of the audit by the registry's key, as the index has it.
async fn check_audit_head(client: &Client, signed: &SignedHead) -> Result<(), Failure> {
    let mut history = History::default();
    loop {
        let lines = client.registry_index(history.head().sequence).await;
        let lines = lines.map_err(Failure::broken_off(NOT_ARRIVED))?;
        if lines.is_empty() {
            break;
        }
        for line in lines {
            history.follow(line.as_bytes()).map_err(Failure::of(UNTRUSTED))?;
        }
    }
    signed.check_audit(history.registry_key(), Timestamp::now()).map_err(Failure::of(UNTRUSTED))
}

async fn archive(client: &Client, json: bool) -> Result<(), Failure> {
    let archived = client.archive_audit().await?;
    if json {
        return output::answer(&archived);
    }
    for archive in &archived.archived {
        let (first, through) = (archive.first, archive.checkpoint.head.sequence);
        output::line(format_args!("{}: lines {first} to {through}", archive.file));
    }
    if archived.archived.is_empty() {
        output::line("there is nothing to archive");
    }
    Ok(())
}

fn check_archives(files: &[PathBuf], json: bool) -> Result<(), Failure> {
    let mut before: Option<Head> = None;
    let mut keys = Vec::new();
    for file in files {
        let task = || format!("{} is not as it was written", file.display());
        let bytes = std::fs::read(file)
            .map_err(Failure::of(format!("{} cannot be read", file.display())))?;
        let checked = check_archive(&bytes).map_err(Failure::of(task()))?;
        if let Some(before) = before.filter(|before| *before != checked.before) {
            let (found, expected) = (checked.before.sequence + 1, before.sequence + 1);
            return Err(Failure::new(
                format!("{} does not continue the file before", file.display()),
                format_args!("it begins with line {found}, and line {expected} is the next"),
            ));
        }
        let key = checked.checkpoint.key.to_string();
        if !keys.contains(&key) {
            keys.push(key);
        }
        before = Some(checked.checkpoint.head);
    }
    let end =
        before.map(|Head { sequence, hash }| format!("{sequence}:{hash}")).unwrap_or_default();
    if json {
        return output::json(&json!({ "head": end, "keys": keys }));
    }
    output::line(format_args!("{} whole, up to {end}", counted_is(files.len(), "file")));
    output::line(format_args!("signed by {}", keys.join(", ")));
    Ok(())
}

fn unreadable_line(error: ClientError) -> Failure {
    match error {
        ClientError::Unreadable(error) => Failure::new("a line of the audit cannot be read", error),
        error => Failure::broken_off(NOT_ARRIVED)(error),
    }
}

pub(super) fn head(text: &str) -> Result<Head, String> {
    let (sequence, hash) = text.split_once(':').ok_or("it must read number:sha256:digits")?;
    let sequence = sequence.parse().map_err(|error| format!("{sequence:?}: {error}"))?;
    let hash = hash.parse().map_err(|error| format!("{error}"))?;
    Ok(Head { sequence, hash })
}
