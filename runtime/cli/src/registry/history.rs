//! Index and audit: read, and checked without trust in whoever keeps them.

use champollion_client::{AuditLine, Client, ClientError};
use champollion_registry::ledger::{Head, History, SignedHead};
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::super::{Failure, output};

/// The words for lines that do not arrive whole.
const NOT_ARRIVED: &str = "the answer does not arrive";

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
        /// Only say which they are
        #[arg(long)]
        dry_run: bool,
    },
    /// Show who did what, when, from where
    Audit,
}

impl Action {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        match self {
            Self::Verify { seen } => verify(client, seen.as_ref(), json).await,
            Self::Mend { dry_run } => mend(client, *dry_run, json).await,
            Self::Audit => audit(client, json).await,
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
        output::line(format_args!("{sequence} lines of the index, {versions} versions"));
        output::line(format_args!("head {shown}"));
        for problem in &problems {
            output::line(format_args!("problem: {problem}"));
        }
    }
    match problems.len() {
        0 => Ok(()),
        count => Err(Failure::new(
            "the registry is not what its history says",
            format_args!("{count} problems were found"),
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
        output::line(format_args!("{} packages, {} mended", found.versions, found.mended.len()));
    }
    match found.left.len() {
        0 => Ok(()),
        count => Err(Failure::new("not all packages are whole", format_args!("{count} are not"))),
    }
}

async fn audit(client: &Client, json: bool) -> Result<(), Failure> {
    let mut entries = Vec::new();
    loop {
        let lines = client.audit(entries.len() as u64).await.map_err(unreadable_line)?;
        if lines.is_empty() {
            break;
        }
        entries.extend(lines);
    }
    if json {
        let entries: Result<Vec<Json>, _> = entries.iter().map(|entry| entry.read_as()).collect();
        return output::json(&json!({ "entries": entries.map_err(unreadable_line)? }));
    }
    let rows = entries.into_iter().map(|entry| {
        let AuditLine { at, by, action, subject, .. } = entry.into_value();
        [at.to_string(), by.name, by.from.unwrap_or_default(), action, subject]
    });
    output::table(["when", "who", "from", "what", "to what"], rows);
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
