//! The container image: a layout of the Open Container Initiative in an archive, with the list beside it that
//! `docker load` reads, so that every tool takes it. No daemon has a part in it.

use std::{
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::{
    digests::{Digesting, sha256_of},
    gather::{BINARY, Gathered},
    linked::Linked,
    tarball::{self, compressing},
    tree::{Content, Entry, PROGRAM, READABLE, Tree},
};

/// The number of the user that the server runs as, who has no rights and no name elsewhere.
const USER: u64 = 65_532;

/// The folder that a volume is mounted at.
const VOLUME: &str = "/var/lib/champollion";

/// The name of the image.
const NAME: &str = "champollion";

/// The authorities that certificates are checked against, on this machine and in the image.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Texts that name the holders of rights in the libraries of the system.
const RIGHTS: [&str; 3] = [
    "/usr/share/doc/libc6/copyright",
    "/usr/share/doc/libgcc-s1/copyright",
    "/usr/share/doc/gcc-12-base/copyright",
];

/// A layer in a file.
struct Layer {
    file: PathBuf,
    /// The digest of the file, and of the archive that is compressed in it.
    digests: [String; 2],
}

/// Writes the image into a folder, and gives its path.
pub(crate) fn write(
    gathered: &Gathered,
    linked: &Linked,
    moment: Timestamp,
    folder: &Path,
) -> Result<PathBuf> {
    let workshop = TempDir::new()?;
    let layers = [("system", system(linked)?), ("champollion", gathered.core.clone())];
    let layers: Result<Vec<Layer>> = layers
        .iter()
        .map(|(name, tree)| Layer::of(tree, moment, workshop.path().join(name)))
        .collect();
    let tree = layout(&layers?, &gathered.version, linked, moment)?;
    let architecture = linked.processor.image;
    let path = folder.join(format!("champollion_{}_{architecture}.oci.tar", gathered.version));
    let file = File::create(&path).with_context(|| format!("{} cannot be made", path.display()))?;
    tarball::write(&tree, "", moment, BufWriter::new(file))?;
    Ok(path)
}

/// The layer of all that the program needs beside itself.
fn system(linked: &Linked) -> Result<Tree> {
    let mut tree = Tree::default();
    for file in &linked.files {
        tree.copy(within(file), PROGRAM, &fs::canonicalize(file)?)?;
    }
    tree.copy(within(Path::new(AUTHORITIES)), READABLE, Path::new(AUTHORITIES))?;
    // Which of them there are depends on the release of Debian.
    for text in RIGHTS.map(Path::new).into_iter().filter(|text| text.is_file()) {
        tree.copy(within(text), READABLE, &fs::canonicalize(text)?)?;
    }
    tree.text("etc/passwd", format!("champollion:x:{USER}:{USER}::{VOLUME}:/sbin/nologin\n"));
    tree.text("etc/group", format!("champollion:x:{USER}:\n"));
    tree.text("etc/nsswitch.conf", "hosts: files dns\n");
    let folder = |mode, owner| Entry { content: Content::Folder, mode, owner };
    tree.add_owned("tmp", folder(0o1777, 0));
    tree.add_owned(within(Path::new(VOLUME)), folder(0o700, USER));
    Ok(tree)
}

fn within(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

impl Layer {
    fn of(tree: &Tree, moment: Timestamp, file: PathBuf) -> Result<Self> {
        let packed = Digesting::new(BufWriter::new(File::create(&file)?));
        let mut plain = Digesting::new(compressing(packed));
        tarball::write(tree, "", moment, &mut plain)?;
        let (packed, plain) = plain.finish();
        let (out, packed) = packed.finish()?.finish();
        out.into_inner()?.sync_data()?;
        Ok(Self { file, digests: [packed, plain] })
    }

    fn description(&self) -> Result<Json> {
        Ok(json!({
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
            "digest": format!("sha256:{}", self.digests[0]),
            "size": fs::metadata(&self.file)?.len(),
        }))
    }
}

/// The files of the archive: each thing under its digest, and the lists that lead to them.
fn layout(layers: &[Layer], version: &str, linked: &Linked, moment: Timestamp) -> Result<Tree> {
    let mut tree = Tree::default();
    for layer in layers {
        tree.copy(blob(&layer.digests[0]), READABLE, &layer.file)?;
    }
    let config = bytes(&config(layers, version, linked, moment))?;
    let (config_digest, config_size) = (sha256_of(&config), config.len());
    let descriptions: Result<Vec<Json>> = layers.iter().map(Layer::description).collect();
    let manifest = bytes(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": format!("sha256:{config_digest}"),
            "size": config_size,
        },
        "layers": descriptions?,
    }))?;
    let index = index(&manifest, version, linked);
    let paths: Vec<PathBuf> = layers.iter().map(|layer| blob(&layer.digests[0])).collect();
    let docker = json!([{
        "Config": blob(&config_digest),
        "RepoTags": [format!("{NAME}:{version}")],
        "Layers": paths,
    }]);
    tree.add(blob(&config_digest), READABLE, Content::Bytes(config));
    tree.add(blob(&sha256_of(&manifest)), READABLE, Content::Bytes(manifest));
    tree.add("index.json", READABLE, Content::Bytes(bytes(&index)?));
    tree.add("manifest.json", READABLE, Content::Bytes(bytes(&docker)?));
    tree.text("oci-layout", json!({ "imageLayoutVersion": "1.0.0" }).to_string());
    Ok(tree)
}

/// The configuration of containers: who runs what, with which settings.
fn config(layers: &[Layer], version: &str, linked: &Linked, moment: Timestamp) -> Json {
    let digests: Vec<String> =
        layers.iter().map(|layer| format!("sha256:{}", layer.digests[1])).collect();
    let history: Vec<Json> = ["libraries of the system", "champollion"]
        .map(|name| json!({ "created": moment.to_string(), "created_by": name }))
        .to_vec();
    json!({
        "created": moment.to_string(),
        "architecture": linked.processor.image,
        "os": "linux",
        "config": {
            "User": format!("{USER}:{USER}"),
            "ExposedPorts": { "8080/tcp": {} },
            "Env": [
                "PATH=/usr/bin",
                "CHAMPOLLION_LISTEN=0.0.0.0:8080",
                format!("CHAMPOLLION_DATA_DIR={VOLUME}/data"),
                format!("SSL_CERT_FILE={AUTHORITIES}"),
            ],
            "Entrypoint": [format!("/{BINARY}")],
            "Cmd": ["serve"],
            "Volumes": { VOLUME: {} },
            "WorkingDir": VOLUME,
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "Champollion",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
            },
        },
        "rootfs": { "type": "layers", "diff_ids": digests },
        "history": history,
    })
}

fn index(manifest: &[u8], version: &str, linked: &Linked) -> Json {
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": format!("sha256:{}", sha256_of(manifest)),
            "size": manifest.len(),
            "platform": { "architecture": linked.processor.image, "os": "linux" },
            "annotations": {
                "org.opencontainers.image.ref.name": version,
                "io.containerd.image.name": format!("docker.io/library/{NAME}:{version}"),
            },
        }],
    })
}

fn blob(digest: &str) -> PathBuf {
    Path::new("blobs/sha256").join(digest)
}

fn bytes(json: &Json) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec_pretty(json)?)
}
