//! Keys of publishers, and the registry's own.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use champollion_client::{Client, NewKey};
use champollion_registry::{
    keys::{PublicKey, SecretKey},
    package::Package,
};
use clap::Subcommand;
use serde_json::{Value as Json, json};

use super::super::{Failure, output, publish::read_key};

#[derive(Subcommand)]
pub(in super::super) enum Action {
    /// Make a key to sign packages with; needs no server
    New {
        /// File for the secret key, which must not be there yet
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Sign a package, to publish it on the pages of the operator; needs no server
    Sign {
        /// File of the package
        #[arg(value_name = "FILE")]
        package: PathBuf,
        /// File of the secret key
        #[arg(long, env = "CHAMPOLLION_KEY", value_name = "FILE")]
        key: PathBuf,
    },
    /// Let a key sign the decoders of some vendors, which only keys with their names then can; a key that is known keeps the vendors that it has
    Add {
        /// Public key of the publisher
        #[arg(value_name = "KEY")]
        key: PublicKey,
        /// Name of the key's owner; of a key that is known it stays as it is where it is left out
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// A vendor, the part of a decoder's name before the slash; may stand several times
        #[arg(long, value_name = "VENDOR", required = true)]
        namespace: Vec<String>,
        /// Take from a key that is known all vendors but these
        #[arg(long)]
        only: bool,
    },
    /// List the keys that are known
    List,
    /// Revoke a key for ever; packages that it has signed stay
    Revoke {
        /// Public key of the publisher
        #[arg(value_name = "KEY")]
        key: PublicKey,
        /// Reason of the revocation
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// Give the registry a new key of its own, for which the old one vouches
    Rotate,
}

impl Action {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        match self {
            Self::New { file } => new(file, json),
            Self::Sign { package, key } => sign(package, key, json),
            Self::Add { key, name, namespace, only } => {
                let new = NewKey {
                    key: key.to_string(),
                    name: named(client, key, name.as_deref()).await?,
                    namespaces: namespace.clone(),
                    only: *only,
                };
                add(client, &new, json).await
            }
            Self::List => list(client, json).await,
            Self::Revoke { key, reason } => {
                client.revoke_publisher_key(key, reason).await?;
                let revoked = json!({ "revoked": key });
                said(json, &revoked, &format!("{key} may sign nothing any more"))
            }
            Self::Rotate => {
                let own = client.rotate_registry_key().await?;
                if json {
                    return output::answer(&own);
                }
                output::line(format_args!("the registry signs with {} now", own.key));
                Ok(())
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
    let public = made(file)?.public();
    said(json, &json!({ "key": public, "file": file }), &public.to_string())?;
    if !json {
        let (add, file) = (
            format!("champollion registry keys add {public} --name TEXT --namespace VENDOR"),
            file.display(),
        );
        output::next([
            (add.as_str(), "lets it sign for your vendor: an admin does that, once"),
            (&format!("champollion publish --key {file} PACKAGE"), "publishes a package"),
        ]);
    }
    Ok(())
}

/// Makes a key, and writes it to a file that is not there yet.
pub(in super::super) fn made(file: &Path) -> Result<SecretKey, Failure> {
    let task = format!("{} is not written", file.display());
    let key = SecretKey::generate().map_err(Failure::of(&task))?;
    let mut open = OpenOptions::new();
    let written = open.write(true).create_new(true).mode(0o600).open(file).and_then(|mut file| {
        writeln!(file, "{}", key.reveal())?;
        file.sync_all()
    });
    written.map_err(Failure::of_file(&task))?;
    Ok(key)
}

/// The name of a key's owner: the one that is given, or that by which the key is known.
async fn named(client: &Client, key: &PublicKey, given: Option<&str>) -> Result<String, Failure> {
    if let Some(name) = given {
        return Ok(name.to_owned());
    }
    let text = key.to_string();
    let known = client.publisher_keys().await?.into_value().keys;
    let known = known.into_iter().find(|known| known.key == text);
    known.map(|known| known.name).ok_or_else(|| {
        Failure::new(
            format!("{text} is not added"),
            "the key is not known yet: --name tells whose it is",
        )
    })
}

async fn add(client: &Client, new: &NewKey, json: bool) -> Result<(), Failure> {
    let added = client.add_publisher_key(new).await?;
    if json {
        return output::answer(&added);
    }
    let namespaces = added.namespaces.join(", ");
    output::line(format_args!("{} may sign {namespaces}", added.key));
    Ok(())
}

fn sign(package: &Path, key: &Path, json: bool) -> Result<(), Failure> {
    let task = format!("{} is not signed", package.display());
    let file = std::fs::read(package).map_err(Failure::of_file(&task))?;
    let package = Package::read(file).map_err(Failure::of(&task))?;
    let (id, version) = (&package.manifest().id, &package.manifest().version);
    let signature = read_key(key)?.sign_package(id, version, package.digest());
    let signed = json!({ "id": id, "version": version, "signature": signature.to_string() });
    said(json, &signed, &signature.to_string())
}

async fn list(client: &Client, json: bool) -> Result<(), Failure> {
    let list = client.publisher_keys().await?;
    if json {
        return output::answer(&list);
    }
    let rows = list.keys.iter().map(|known| {
        let revoked = match known.revoked.as_deref() {
            None => String::new(),
            Some("") => "revoked".to_owned(),
            Some(reason) => format!("revoked: {reason}"),
        };
        [known.key.clone(), known.name.clone(), known.namespaces.join(", "), revoked]
    });
    output::table(["key", "name", "namespaces", ""], rows);
    Ok(())
}
