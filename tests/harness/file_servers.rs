//! Real servers that files are put to: OpenSSH, vsftpd, nginx and an S3 server.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use champollion_databases::free_port;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use crate::{
    authority::{Authority, Issued},
    binary::target,
    service::{Foreign, files_in, program},
};

/// The name and the password that servers let in which know one.
const USER: (&str, &str) = ("champollion", "correct horse");

/// The bucket of the S3 server.
const BUCKET: &str = "meters";

/// A server that files are put to.
pub struct FileServer {
    server: Foreign,
    port: u16,
    place: Json,
}

impl FileServer {
    /// OpenSSH's server of SFTP, which lets in whoever runs the tests by a key of their own. It has two
    /// host keys, of which the second is pinned.
    #[must_use]
    pub fn sftp() -> Self {
        let (folder, port) = (folder(), free_port());
        let path = folder.path();
        for (name, kind) in [("host-ed25519", "ed25519"), ("host-rsa", "rsa"), ("user", "ed25519")]
        {
            keygen(&["-q", "-N", "", "-t", kind, "-f"], &path.join(name));
        }
        fs::copy(path.join("user.pub"), path.join("authorized")).expect("it is copied");
        let config = format!(
            "Port {port}\n\
             ListenAddress 127.0.0.1\n\
             HostKey {folder}/host-ed25519\n\
             HostKey {folder}/host-rsa\n\
             AuthorizedKeysFile {folder}/authorized\n\
             StrictModes no\n\
             UsePAM no\n\
             PidFile none\n\
             PermitRootLogin prohibit-password\n\
             Subsystem sftp internal-sftp -d {folder}/files\n",
            folder = path.display(),
        );
        fs::write(path.join("config"), config).expect("it is written");
        // Where the system starts no services, nobody has made the folder that sshd wants as root.
        drop(fs::create_dir_all("/run/sshd"));
        let shown = keygen(&["-l", "-f"], &path.join("host-rsa.pub"));
        let fingerprint = shown.split_whitespace().nth(1).expect("a fingerprint is shown");
        let place = json!({ "sftp": {
            "host": "localhost",
            "port": port,
            "hostKey": fingerprint,
            "user": own_name(),
            "privateKey": fs::read_to_string(path.join("user")).expect("it is text"),
        } });
        let server = Foreign::start(folder, port, |folder| {
            // It wants to be called by its whole path.
            let mut sshd = Command::new("/usr/sbin/sshd");
            sshd.args(["-D", "-e", "-f"]).arg(folder.join("config"));
            sshd
        });
        Self { server, port, place }
    }

    /// vsftpd, which lets in anybody who speaks TLS.
    #[must_use]
    pub fn ftps(implicit: bool, authority: &Authority, issued: &Issued) -> Self {
        let (folder, port) = (folder(), free_port());
        let passive = free_port();
        write_certificate(folder.path(), issued);
        fs::create_dir(folder.path().join("empty")).expect("it is made");
        let config = format!(
            "listen=YES\n\
             listen_address=127.0.0.1\n\
             listen_port={port}\n\
             background=NO\n\
             run_as_launching_user=YES\n\
             anonymous_enable=YES\n\
             local_enable=NO\n\
             write_enable=YES\n\
             anon_upload_enable=YES\n\
             anon_other_write_enable=YES\n\
             anon_umask=022\n\
             anon_root={folder}/files\n\
             allow_writeable_chroot=YES\n\
             secure_chroot_dir={folder}/empty\n\
             seccomp_sandbox=NO\n\
             ssl_enable=YES\n\
             implicit_ssl={implicit}\n\
             allow_anon_ssl=YES\n\
             force_anon_logins_ssl=YES\n\
             force_anon_data_ssl=YES\n\
             require_ssl_reuse=YES\n\
             rsa_cert_file={folder}/server.pem\n\
             rsa_private_key_file={folder}/server.key\n\
             pasv_min_port={passive}\n\
             pasv_max_port={passive_end}\n\
             pasv_address=10.255.255.1\n\
             vsftpd_log_file={folder}/log\n\
             xferlog_enable=YES\n\
             xferlog_std_format=NO\n\
             log_ftp_protocol=YES\n",
            implicit = if implicit { "YES" } else { "NO" },
            folder = folder.path().display(),
            passive_end = passive + 8,
        );
        fs::write(folder.path().join("config"), config).expect("it is written");
        let server = Foreign::start(folder, port, |folder| {
            let mut vsftpd = program("vsftpd");
            vsftpd.arg(folder.join("config"));
            vsftpd
        });
        let place = json!({ "ftps": {
            "host": "localhost",
            "port": port,
            "implicit": implicit,
            "user": "anonymous",
            "password": "nobody@example.org",
            "tls": { "ca": authority.pem() },
        } });
        Self { server, port, place }
    }

    /// nginx, with what it knows of WebDAV and a password.
    #[must_use]
    pub fn webdav(authority: &Authority, issued: &Issued) -> Self {
        let (folder, port) = (folder(), free_port());
        write_certificate(folder.path(), issued);
        fs::create_dir(folder.path().join("scratch")).expect("it is made");
        let (user, password) = USER;
        fs::write(folder.path().join("users"), format!("{user}:{{PLAIN}}{password}\n"))
            .expect("it is written");
        let folder_name = folder.path().display();
        let scratch = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {folder_name}/scratch;\n"))
            .concat();
        let config = format!(
            "daemon off;\n\
             master_process off;\n\
             user {user};\n\
             pid {folder_name}/pid;\n\
             error_log stderr;\n\
             events {{}}\n\
             http {{\n\
             access_log {folder_name}/access;\n\
             {scratch}\
             client_max_body_size 10m;\n\
             server {{\n\
             listen 127.0.0.1:{port} ssl;\n\
             server_name localhost;\n\
             ssl_certificate {folder_name}/server.pem;\n\
             ssl_certificate_key {folder_name}/server.key;\n\
             root {folder_name}/files;\n\
             dav_methods PUT DELETE MOVE;\n\
             auth_basic files;\n\
             auth_basic_user_file {folder_name}/users;\n\
             location /closed/ {{ deny all; }}\n\
             location /small/ {{ client_max_body_size 10k; }}\n\
             }}\n\
             }}\n",
            user = own_name(),
        );
        fs::write(folder.path().join("config"), config).expect("it is written");
        let server = Foreign::start(folder, port, |folder| {
            let mut nginx = program("nginx");
            nginx.args(["-e", "stderr", "-p"]).arg(folder).arg("-c").arg(folder.join("config"));
            nginx
        });
        let place = json!({ "webdav": {
            "url": format!("https://localhost:{port}/"),
            "authorization": { "basic": { "user": user, "password": password } },
            "tls": { "ca": authority.pem() },
        } });
        Self { server, port, place }
    }

    /// moto's S3 server, with TLS and an empty bucket.
    #[must_use]
    pub fn s3(authority: &Authority, issued: &Issued) -> Self {
        let (folder, port) = (folder(), free_port());
        write_certificate(folder.path(), issued);
        let moto = target().join("pypi/bin/moto_server");
        assert!(moto.is_file(), "{} is missing: run `cargo xtask test`", moto.display());
        let server = Foreign::start(folder, port, move |folder| {
            let mut command = Command::new(&moto);
            command.args(["-H", "127.0.0.1", "-p", &port.to_string(), "-s"]);
            command.arg("-c").arg(folder.join("server.pem"));
            command.arg("-k").arg(folder.join("server.key"));
            command
        });
        let place = json!({ "s3": {
            "endpoint": format!("https://localhost:{port}"),
            "bucket": BUCKET,
            "accessKey": USER.0,
            "secretKey": USER.1,
            "tls": { "ca": authority.pem() },
        } });
        let server = Self { server, port, place };
        fs::write(server.server.file("ca.pem"), authority.pem()).expect("it is written");
        server.ask_s3("PUT", BUCKET);
        server
    }

    /// Where it is, as a route says it.
    #[must_use]
    pub fn place(&self) -> Json {
        self.place.clone()
    }

    /// The same through another port.
    #[must_use]
    pub fn place_through(&self, port: u16) -> Json {
        let mut place = self.place();
        let (_, place_of_kind) =
            place.as_object_mut().and_then(|place| place.iter_mut().next()).expect("it is one");
        for name in ["url", "endpoint"] {
            if let Some(url) = place_of_kind[name].as_str() {
                place_of_kind[name] =
                    json!(url.replace(&format!(":{}", self.port), &format!(":{port}")));
            }
        }
        if place_of_kind["port"].is_number() {
            place_of_kind["port"] = json!(port);
        }
        place
    }

    /// Returns the port of the server.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder that files are put into.
    #[must_use]
    pub fn folder(&self) -> std::path::PathBuf {
        self.server.file("files")
    }

    /// The files that are there and what is in them, by name.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        if !self.place["s3"].is_object() {
            return files_in(&self.folder());
        }
        let listed = self.ask_s3("GET", BUCKET);
        let keys = listed.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>"));
        keys.map(|(key, _)| (key.to_owned(), self.ask_s3("GET", &format!("{BUCKET}/{key}"))))
            .collect()
    }

    /// It goes away at once.
    pub fn go(&mut self) {
        self.server.go();
    }

    /// It comes back on the same port.
    pub fn come(&mut self) {
        self.server.come();
    }

    /// The fingerprint of the host key that it shows to whoever asks for none in particular.
    #[must_use]
    pub fn other_fingerprint(&self) -> String {
        let shown = keygen(&["-l", "-f"], &self.server.file("host-ed25519.pub"));
        shown.split_whitespace().nth(1).expect("a fingerprint is shown").to_owned()
    }

    fn ask_s3(&self, method: &str, path: &str) -> String {
        let url = format!("https://localhost:{}/{path}", self.port);
        let mut curl = Command::new("curl");
        let (user, password) = USER;
        curl.args(["--silent", "--show-error", "--fail", "--aws-sigv4", "aws:amz:us-east-1:s3"]);
        curl.args(["--user", &format!("{user}:{password}"), "--request", method, "--cacert"]);
        let output = curl.arg(self.server.file("ca.pem")).arg(url).output();
        let output = output.expect("curl is missing");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn folder() -> TempDir {
    let folder = TempDir::new().expect("there is room for a folder");
    fs::create_dir(folder.path().join("files")).expect("it is made");
    folder
}

fn write_certificate(folder: &Path, issued: &Issued) {
    for (name, text) in [("server.pem", &issued.certificate), ("server.key", &issued.key)] {
        let mut file = fs::File::create(folder.join(name)).expect("it is made");
        file.write_all(text.as_bytes()).expect("it is written");
    }
}

/// Returns the name of the user who runs the tests.
fn own_name() -> String {
    let output = Command::new("id").arg("-un").output().expect("every system knows who one is");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn keygen(arguments: &[&str], file: &Path) -> String {
    let output = Command::new("ssh-keygen")
        .args(arguments)
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .expect("ssh-keygen is missing: `cargo xtask test` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
