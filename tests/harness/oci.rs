//! A real OCI registry, Debian's docker-registry.

use std::{
    fs::{self, File},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::broker::{BROKER_USER, certificates, free_port};

/// It listens within a second; on a machine that does much else, within some.
const PATIENCE: Duration = Duration::from_secs(20);

/// The hash of the password of [`OCI_USER`], by bcrypt, which is all that the registry reads.
const PASSWORD_HASH: &str = "$2b$04$g0ZB9lmFTKro2ODya.Hs6uiMA/7aCMXWpTkcMpCspC55fAv/z6Qgy";

/// The name and the password that a registry with TLS lets in.
pub const OCI_USER: (&str, &str) = BROKER_USER;

/// An OCI registry on a port that is free.
pub struct OciRegistry {
    folder: TempDir,
    process: Child,
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
        let log = File::create(folder.path().join("log")).expect("the log can be written");
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("docker-registry is missing: `cargo xtask test` installs it");
        let registry = Self { folder, process, port, has_tls };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "it does not listen:\n{}", registry.log());
            thread::sleep(Duration::from_millis(20));
        }
        registry
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
        self.folder.path().join("ca.pem")
    }

    /// The file in which it keeps the content of a digest.
    #[must_use]
    pub fn content(&self, digest: &str) -> PathBuf {
        let hex = digest.trim_start_matches("sha256:");
        let blobs = Path::new("data/docker/registry/v2/blobs/sha256");
        self.folder.path().join(blobs).join(&hex[..2]).join(hex).join("data")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for OciRegistry {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to end.
        drop(self.process.kill());
        drop(self.process.wait());
        if thread::panicking() {
            eprintln!("the log of the OCI registry:\n{}", self.log());
        }
    }
}
