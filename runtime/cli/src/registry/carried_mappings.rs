//! Mappings that go from one registry to another, beside the packages of their decoders.

use std::path::Path;

use champollion_client::{Client, ClientError, Mapping, MappingRequest};
use champollion_registry::package::{self, DecoderId};
use semver::Version;
use serde::Serialize;

use super::{
    super::{Failure, output},
    source::Source,
};

/// The file of a folder that holds the mappings in force. Exports of earlier versions have none.
pub(super) const MAPPINGS_FILE: &str = "mappings.json";

/// A mapping that is put here.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PutMapping {
    id: String,
    version: Version,
    digest: String,
}

/// A mapping that is not put here, and why.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LeftMapping {
    id: String,
    version: Version,
    reason: String,
    /// Whether it should have been put.
    #[serde(skip)]
    is_refused: bool,
}

/// The mappings of another registry that this one takes over.
#[derive(Debug, Default)]
pub(super) struct CarriedMappings {
    wanted: Vec<Mapping>,
    pub(super) put: Vec<PutMapping>,
    pub(super) left: Vec<LeftMapping>,
}

impl Source<'_> {
    /// Returns the mappings in force, each with the content that its digest says.
    pub(super) async fn mappings(&self) -> Result<Vec<Mapping>, Failure> {
        let all = match self {
            Self::Server(client) => of_server(client).await?,
            Self::Folder(folder) => of_folder(folder)?,
        };
        for mapping in &all {
            check(mapping)?;
        }
        Ok(all)
    }
}

async fn of_server(client: &Client) -> Result<Vec<Mapping>, Failure> {
    let mut all = Vec::new();
    for entry in client.catalogue().await?.into_value().decoders {
        if entry.mapping.is_some() {
            all.push(client.mapping(&entry.id).await?.into_value());
        }
    }
    Ok(all)
}

fn of_folder(folder: &Path) -> Result<Vec<Mapping>, Failure> {
    let path = folder.join(MAPPINGS_FILE);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let task = format!("{} cannot be read", path.display());
    let text = std::fs::read(&path).map_err(Failure::of_file(&task))?;
    serde_json::from_slice(&text).map_err(Failure::of(task))
}

/// Checks that a mapping has the digest that it says.
fn check(mapping: &Mapping) -> Result<(), Failure> {
    let Mapping { id, version, fields, digest, .. } = mapping;
    let task = format!("the mapping {version} of {id} cannot be used");
    let decoder: DecoderId = id.parse().map_err(Failure::of(&task))?;
    let fields = serde_json::to_value(fields).and_then(serde_json::from_value);
    let fields = fields.map_err(Failure::of(&task))?;
    let found = package::Mapping { version: version.clone(), fields }.digest(&decoder).to_string();
    if found != *digest {
        return Err(Failure::new(task, format_args!("it has the digest {found}, not {digest}")));
    }
    Ok(())
}

impl CarriedMappings {
    /// Compares the mappings of another registry with those in force here. One that would change what is measured
    /// here is left, unless this registry follows the other one.
    pub(super) async fn between(
        there: Vec<Mapping>,
        client: &Client,
        follow: bool,
    ) -> Result<Self, Failure> {
        let mut carried = Self::default();
        for mapping in there {
            let Some(here) = in_force(client, &mapping.id).await? else {
                carried.wanted.push(mapping);
                continue;
            };
            if here.digest == mapping.digest || here.version > mapping.version {
                continue;
            }
            if here.version == mapping.version {
                let reason = format!("it was put here with the digest {}", here.digest);
                carried.leave(&mapping, reason, true);
            } else if follow {
                carried.wanted.push(mapping);
            } else {
                let reason = format!("{} is in force here: --follow puts this one", here.version);
                carried.leave(&mapping, reason, false);
            }
        }
        Ok(carried)
    }

    fn leave(&mut self, mapping: &Mapping, reason: String, is_refused: bool) {
        let (id, version) = (mapping.id.clone(), mapping.version.clone());
        self.left.push(LeftMapping { id, version, reason, is_refused });
    }

    /// Puts what is wanted in force here, or only says so.
    pub(super) async fn carry_out(&mut self, client: &Client, dry_run: bool) {
        for mapping in std::mem::take(&mut self.wanted) {
            let put = PutMapping {
                id: mapping.id.clone(),
                version: mapping.version.clone(),
                digest: mapping.digest.clone(),
            };
            // The decoder may not be here yet, so a dry run asks nothing.
            let refused = if dry_run { None } else { put_one(client, &mapping).await.err() };
            match refused {
                None => self.put.push(put),
                Some(error) => {
                    self.leave(&mapping, Failure::from(error).to_string(), true);
                }
            }
        }
    }

    /// The number of mappings that should have been put.
    pub(super) fn refused(&self) -> usize {
        self.left.iter().filter(|left| left.is_refused).count()
    }

    /// Says for people what was put and what is left.
    pub(super) fn show(&self, would: &str) {
        for PutMapping { id, version, .. } in &self.put {
            output::line(format_args!("{would}mapped: {id} by {version}"));
        }
        for LeftMapping { id, version, reason, .. } in &self.left {
            let reason = output::quoted(reason);
            output::line(format_args!("not taken over: the mapping {version} of {id}: {reason}"));
        }
    }
}

async fn put_one(client: &Client, mapping: &Mapping) -> Result<(), ClientError> {
    let wish = MappingRequest {
        version: mapping.version.clone(),
        fields: mapping.fields.clone(),
        dry_run: false,
    };
    client.put_mapping(&mapping.id, &wish).await.map(drop)
}

/// The mapping of a decoder in force on a server; none where the decoder or a mapping is missing.
async fn in_force(client: &Client, id: &str) -> Result<Option<Mapping>, Failure> {
    match client.mapping(id).await {
        Ok(mapping) => Ok(Some(mapping.into_value())),
        Err(error) => {
            let code = error.problem().map(|problem| problem.code.as_str());
            match code {
                Some("no-mapping" | "unknown-decoder") => Ok(None),
                _ => Err(error.into()),
            }
        }
    }
}
