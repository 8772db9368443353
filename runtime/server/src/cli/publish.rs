//! `champollion publish`.

use std::path::PathBuf;

use champollion_registry::Package;
use clap::Args;
use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::{
    Failure,
    client::{self, Connection},
    output,
};

/// Publishes packages. The server runs every vector and refuses what does not answer as it says.
#[derive(Args)]
pub(super) struct Publish {
    /// The packages
    #[arg(required = true, value_name = "FILE")]
    packages: Vec<PathBuf>,
    #[command(flatten)]
    connection: Connection,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What the server says of a package that it has taken.
#[derive(Serialize, Deserialize)]
pub(super) struct Published {
    id: String,
    version: String,
    digest: String,
    vectors: usize,
}

/// Publishes one package.
pub(super) async fn publish(
    connection: &Connection,
    package: &Package,
) -> Result<Published, Failure> {
    let manifest = package.manifest();
    let path = format!("/v1/registry/{}/{}", manifest.id, manifest.version);
    let request = connection.request(Method::PUT, &path)?.body(package.file().to_vec());
    client::read(client::send(request).await?).await
}

impl Publish {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut all = Vec::new();
        for path in &self.packages {
            let task = format!("{} is not published", path.display());
            let file = std::fs::read(path).map_err(Failure::of(&task))?;
            let package = Package::read(file).map_err(Failure::of(&task))?;
            let published =
                publish(&self.connection, &package).await.map_err(Failure::of(&task))?;
            if !self.json {
                output::line(format_args!(
                    "published {} {}: {} vectors passed, {}",
                    published.id, published.version, published.vectors, published.digest
                ));
            }
            all.push(published);
        }
        if self.json { output::json(&all) } else { Ok(()) }
    }
}
