//! Index and audit: read, and checked without trust in whoever keeps them.

use champollion_registry::{AuditEntry, Head, History, Link, SignedHead, Verification};
use clap::Subcommand;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::super::{
    Failure,
    client::{self, Connection},
    output,
};

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
    pub(super) async fn run(&self, connection: &Connection, json: bool) -> Result<(), Failure> {
        match self {
            Self::Verify { seen } => verify(connection, seen.as_ref(), json).await,
            Self::Mend { dry_run } => mend(connection, *dry_run, json).await,
            Self::Audit => audit(connection, json).await,
        }
    }
}

async fn verify(connection: &Connection, seen: Option<&Head>, json: bool) -> Result<(), Failure> {
    let mut history = History::default();
    let mut problems = Vec::new();
    let mut met = seen.is_none_or(|seen| seen == history.head());
    'all: loop {
        let path = format!("/v1/registry/index?after={}", history.head().sequence);
        let lines = lines(connection, &path).await?;
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
    let signed: SignedHead = connection.get("/v1/registry/head").await?;
    if problems.is_empty() {
        if let Err(error) = signed.check(history.registry_key(), Timestamp::now()) {
            problems.push(error.to_string());
        }
        if signed.head.sequence < history.head().sequence {
            problems.push("the signed head is older than the index".to_owned());
        }
    }
    // What the server says of itself: it alone sees its disk.
    let own: Verification = connection.get("/v1/registry/verify").await?;
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

async fn mend(connection: &Connection, dry_run: bool, json: bool) -> Result<(), Failure> {
    let request = connection.request(Method::POST, "/v1/registry/mend")?;
    let request = request.json(&json!({ "dryRun": dry_run }));
    let found: Json = client::read(client::send(request).await?).await?;
    let list = |name: &str| found[name].as_array().cloned().unwrap_or_default();
    let (mended, left) = (list("mended"), list("left"));
    if json {
        output::json(&found)?;
    } else {
        let text = |of: &Json, name: &str| of[name].as_str().unwrap_or_default().to_owned();
        for (what, names) in [("mended", &mended), ("damaged or missing", &left)] {
            for name in names {
                output::line(format_args!(
                    "{what}: {} {}",
                    text(name, "id"),
                    text(name, "version")
                ));
            }
        }
        output::line(format_args!("{} packages, {} mended", found["versions"], mended.len()));
    }
    match left.len() {
        0 => Ok(()),
        count => Err(Failure::new("not all packages are whole", format_args!("{count} are not"))),
    }
}

async fn audit(connection: &Connection, json: bool) -> Result<(), Failure> {
    let mut entries: Vec<Json> = Vec::new();
    loop {
        let path = format!("/v1/audit?after={}", entries.len());
        let lines = lines(connection, &path).await?;
        if lines.is_empty() {
            break;
        }
        for line in lines {
            let entry = serde_json::from_str(&line);
            entries.push(entry.map_err(Failure::of("a line of the audit cannot be read"))?);
        }
    }
    if json {
        return output::json(&json!({ "entries": entries }));
    }
    let rows = entries.into_iter().map(|entry| {
        let entry: Result<Link<AuditEntry>, _> = serde_json::from_value(entry);
        entry.map(|Link { at, content, .. }| {
            let from = content.by.from.unwrap_or_default();
            [at.to_string(), content.by.name, from, content.action, content.subject]
        })
    });
    let rows: Vec<_> = rows
        .collect::<Result<_, _>>()
        .map_err(Failure::of("a line of the audit cannot be read"))?;
    output::table(["when", "who", "from", "what", "to what"], rows);
    Ok(())
}

/// The lines that a path holds.
async fn lines(connection: &Connection, path: &str) -> Result<Vec<String>, Failure> {
    let response = client::send(connection.request(Method::GET, path)?).await?;
    let text = response.text().await.map_err(Failure::of("the answer does not arrive"))?;
    Ok(text.lines().map(str::to_owned).collect())
}

pub(super) fn head(text: &str) -> Result<Head, String> {
    let (sequence, hash) = text.split_once(':').ok_or("it must read number:sha256:digits")?;
    let sequence = sequence.parse().map_err(|error| format!("{sequence:?}: {error}"))?;
    let hash = hash.parse().map_err(|error| format!("{error}"))?;
    Ok(Head { sequence, hash })
}
