//! An etcd of a test's own: the place where Patroni's members agree which of them is the primary.

use std::{
    fs::File,
    path::Path,
    process::{Child, Stdio},
    thread,
    time::Instant,
};

use crate::{
    owner::Owner,
    ports::free_port,
    postgres::{PATIENCE, STEP},
    rest,
};

/// A server in a folder of its own, on free ports of this machine. It ends with this value.
pub(crate) struct Etcd {
    process: Child,
    pub(crate) port: u16,
}

impl Etcd {
    /// Starts a server on an empty folder, and waits until it is healthy.
    pub(crate) fn start(folder: &Path, owner: Owner) -> Self {
        let (port, peers) = (free_port(), free_port());
        let log_file = folder.join("etcd.log");
        let log = File::create(&log_file).expect("the log can be written");
        let (clients, peers) =
            (format!("http://127.0.0.1:{port}"), format!("http://127.0.0.1:{peers}"));
        let process = owner
            .command(Path::new("etcd"))
            .args(["--name", "test", "--initial-cluster", &format!("test={peers}")])
            .args(["--listen-client-urls", &clients, "--advertise-client-urls", &clients])
            .args(["--listen-peer-urls", &peers, "--initial-advertise-peer-urls", &peers])
            .arg("--data-dir")
            .arg(folder.join("etcd"))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("etcd is missing: `cargo xtask test` installs it");
        let server = Self { process, port };
        let deadline = Instant::now() + PATIENCE;
        while rest::status(port, "/health") != Some(200) {
            let log = std::fs::read_to_string(&log_file).unwrap_or_default();
            assert!(Instant::now() < deadline, "etcd does not start:\n{log}");
            thread::sleep(STEP);
        }
        server
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        // Nothing of it is needed again.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
