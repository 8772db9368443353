//! Keys of publishers, and the registry's own.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use champollion_registry::{PublicKey, SecretKey};
use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value as Json, json};

use super::super::{
    Failure,
    client::{self, Connection},
    output,
};

#[derive(Subcommand)]
pub(in super::super) enum Action {
    /// Make a key to sign packages with; needs no server
    New {
        /// File for the secret key, which must not be there yet
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Let a key sign the decoders of some vendors, and nobody else
    Add {
        /// The public key
        #[arg(value_name = "KEY")]
        key: PublicKey,
        /// Whose it is
        #[arg(long, value_name = "TEXT")]
        name: String,
        /// A vendor, the part of a decoder's name before the slash; may stand several times
        #[arg(long, value_name = "VENDOR", required = true)]
        namespace: Vec<String>,
    },
    /// List the keys that are known
    List,
    /// Let a key sign nothing any more, for ever; what it has signed stays
    Revoke {
        /// The public key
        #[arg(value_name = "KEY")]
        key: PublicKey,
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// Give the registry a new key of its own, for which the old one vouches
    Rotate,
}

impl Action {
    pub(super) async fn run(&self, connection: &Connection, json: bool) -> Result<(), Failure> {
        match self {
            Self::New { file } => new(file, json),
            Self::Add { key, name, namespace } => {
                let wish = json!({ "key": key, "name": name, "namespaces": namespace });
                let request = connection.request(Method::POST, "/v1/registry/keys")?.json(&wish);
                let added: Json = client::read(client::send(request).await?).await?;
                said(json, &added, &format!("{key} may sign {}", namespace.join(", ")))
            }
            Self::List => list(connection, json).await,
            Self::Revoke { key, reason } => {
                let path = format!("/v1/registry/keys/{key}/revoke");
                let request = connection.request(Method::POST, &path)?;
                client::send(request.json(&json!({ "reason": reason }))).await?;
                let revoked = json!({ "revoked": key });
                said(json, &revoked, &format!("{key} may sign nothing any more"))
            }
            Self::Rotate => {
                let request = connection.request(Method::POST, "/v1/registry/keys/rotate")?;
                let own: Json = client::read(client::send(request).await?).await?;
                let key = own["key"].as_str().unwrap_or_default();
                said(json, &own, &format!("the registry signs with {key} now"))
            }
        }
    }
}

fn said(json: bool, value: &Json, words: &str) -> Result<(), Failure> {
    if json {
        return output::json(value);
    }
    output::line(words);
    Ok(())
}

fn new(file: &Path, json: bool) -> Result<(), Failure> {
    let task = format!("{} is not written", file.display());
    let key = SecretKey::generate().map_err(Failure::of(&task))?;
    let mut open = OpenOptions::new();
    let written = open.write(true).create_new(true).mode(0o600).open(file).and_then(|mut file| {
        writeln!(file, "{}", key.reveal())?;
        file.sync_all()
    });
    written.map_err(Failure::of(&task))?;
    let public = key.public();
    said(json, &json!({ "key": public, "file": file }), &public.to_string())
}

async fn list(connection: &Connection, json: bool) -> Result<(), Failure> {
    let list: Json = connection.get("/v1/registry/keys").await?;
    if json {
        return output::json(&list);
    }
    let rows = list["keys"].as_array().into_iter().flatten().map(|known| {
        let text = |name: &str| known[name].as_str().unwrap_or_default().to_owned();
        let namespaces = known["namespaces"].as_array().into_iter().flatten();
        let namespaces: Vec<&str> = namespaces.filter_map(Json::as_str).collect();
        let revoked = match known["revoked"].as_str() {
            None => String::new(),
            Some("") => "revoked".to_owned(),
            Some(reason) => format!("revoked: {reason}"),
        };
        [text("key"), text("name"), namespaces.join(", "), revoked]
    });
    output::table(["key", "name", "namespaces", ""], rows);
    Ok(())
}
