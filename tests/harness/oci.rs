//! A real OCI registry, Debian's docker-registry.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use champollion_databases::free_port;
use tempfile::TempDir;

use crate::{
    broker::{BROKER_USER, certificates},
    service::Foreign,
};

/// The hash of the password of [`OCI_USER`], by bcrypt, which is all that the registry reads.
const PASSWORD_HASH: &str = "$2b$04$g0ZB9lmFTKro2ODya.Hs6uiMA/7aCMXWpTkcMpCspC55fAv/z6Qgy";

/// The name and the password that a registry with TLS lets in.
pub const OCI_USER: (&str, &str) = BROKER_USER;

/// An OCI registry on a port that is free.
pub struct OciRegistry {
    server: Foreign,
    port: u16,
    has_tls: bool,
}

impl OciRegistry {
    /// Starts one that speaks HTTP, with whoever comes.
    #[must_use]
    pub fn plain() -> Self {
        Self::start(false)
    }

    /// Starts one with TLS, which asks for a password.
    #[must_use]
    pub fn with_tls() -> Self {
        Self::start(true)
    }

    fn start(has_tls: bool) -> Self {
        let folder = TempDir::new().expect("there is room for a folder");
        let port = free_port();
        let at = folder.path().display().to_string();
        let mut config = format!(
            "version: 0.1\n\
             log:\n  accesslog:\n    disabled: true\n\
             storage:\n  filesystem:\n    rootdirectory: {at}/data\n\
             http:\n  addr: 127.0.0.1:{port}\n"
        );
        if has_tls {
            certificates(folder.path());
            let line = format!("{}:{PASSWORD_HASH}\n", OCI_USER.0);
            fs::write(folder.path().join("htpasswd"), line).expect("it is written");
            config += &format!(
                "  tls:\n    certificate: {at}/broker.pem\n    key: {at}/broker.key\n\
                 auth:\n  htpasswd:\n    realm: test\n    path: {at}/htpasswd\n"
            );
        }
        let file = folder.path().join("config.yml");
        fs::write(&file, config).expect("it is written");
        let recipe = move |_: &Path| {
            let mut registry = Command::new("docker-registry");
            registry.arg("serve").arg(&file);
            registry
        };
        Self { server: Foreign::start(folder, port, recipe), port, has_tls }
    }

    /// Its host and port. The certificate is of the name.
    #[must_use]
    pub fn host(&self) -> String {
        let name = if self.has_tls { "localhost" } else { "127.0.0.1" };
        format!("{name}:{}", self.port)
    }

    /// The certificate of the authority that has signed its own.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.server.file("ca.pem")
    }

    /// The file in which it keeps the content of a digest.
    #[must_use]
    pub fn content(&self, digest: &str) -> PathBuf {
        let hex = digest.trim_start_matches("sha256:");
        self.server
            .file("data/docker/registry/v2/blobs/sha256")
            .join(&hex[..2])
            .join(hex)
            .join("data")
    }
}
