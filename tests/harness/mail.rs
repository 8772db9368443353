//! An SMTP server that a test starts: aiosmtpd, which puts what it is sent into a folder.

use std::process::Command;

use champollion_databases::free_port;
use tempfile::TempDir;

use crate::{
    service::{Foreign, files_in},
    target,
};

/// An SMTP server with its mailbox.
pub struct MailServer {
    server: Foreign,
    port: u16,
}

impl MailServer {
    /// Starts one on a port that is free.
    #[must_use]
    pub fn start() -> Self {
        let (folder, port) = (TempDir::new().expect("there is room for a folder"), free_port());
        let program = target().join("pypi/bin/aiosmtpd");
        assert!(program.is_file(), "{} is missing: run `cargo xtask test`", program.display());
        let server = Foreign::start(folder, port, move |folder| {
            let mut command = Command::new(&program);
            command.args(["-n", "-l", &format!("127.0.0.1:{port}")]);
            command.args(["-c", "aiosmtpd.handlers.Mailbox"]).arg(folder.join("mail"));
            command
        });
        Self { server, port }
    }

    /// The settings that have a server send its mails here.
    #[must_use]
    pub fn settings(&self) -> String {
        format!(
            "[mail]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\nfrom = \"champollion@city.example\"\n",
            self.port
        )
    }

    /// The mails that came, as their lines were before they were broken for the way.
    #[must_use]
    pub fn mails(&self) -> Vec<String> {
        let files = files_in(&self.server.file("mail").join("new"));
        files
            .into_iter()
            .map(|(_, text)| text.replace("\r\n", "\n").replace("=\n", "").replace("=3D", "="))
            .collect()
    }
}
