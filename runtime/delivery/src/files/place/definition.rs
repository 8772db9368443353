//! The definitions of places, as routes have them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::destinations::{Secret, Target, Tls, push::Authorization};

/// The usual ports of FTP, where TLS is asked for and where it begins with the connection.
const EXPLICIT_PORT: u16 = 21;
const IMPLICIT_PORT: u16 = 990;

/// A place, as a route says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum PlaceDefinition {
    /// A server of SFTP, with its host key pinned.
    Sftp(SftpPlace),
    /// A server of FTP over TLS.
    Ftps(FtpsPlace),
    /// A folder of a WebDAV server.
    Webdav(WebdavPlace),
    /// A bucket of an S3 server.
    S3(S3Place),
    /// A folder of the operator's, for trying.
    Folder(FolderPlace),
}

/// A folder of an SFTP server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SftpPlace {
    /// Its name or address.
    pub host: String,
    /// The port of the server.
    #[serde(default = "port")]
    pub port: u16,
    /// The fingerprint of its host key, `SHA256:…`.
    pub host_key: String,
    /// Our name at the server.
    pub user: String,
    /// Our password, where we log in with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Our private key, as OpenSSH or PEM writes it, where we log in with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<Secret>,
    /// The passphrase of the private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase: Option<Secret>,
    /// The folder; the one that we are in after the login where it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// Whether files are written under their own names at once, for accounts that may not rename.
    #[serde(default, skip_serializing_if = "is_not")]
    pub in_place: bool,
}

/// Whether something is not so, which is usual and not written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_not(flag: &bool) -> bool {
    !flag
}

const fn port() -> u16 {
    22
}

/// A folder of an FTP server that is spoken to over TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FtpsPlace {
    /// Its name, as its certificate has it.
    pub host: String,
    /// Its port; 21, or 990 where TLS is implicit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Whether TLS begins with the connection, and is not asked for.
    #[serde(default)]
    pub implicit: bool,
    /// Our name at the server.
    pub user: String,
    /// Our password at the server.
    pub password: Secret,
    /// The folder; the one that we are in after the login where it is empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// The certificates of the connection.
    #[serde(default)]
    pub tls: Tls,
    /// Whether files are written under their own names at once, for accounts that may not rename.
    #[serde(default, skip_serializing_if = "is_not")]
    pub in_place: bool,
}

/// A folder of a WebDAV server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebdavPlace {
    /// The URL of the folder.
    #[schema(value_type = String, format = "uri")]
    pub url: Url,
    /// The credentials of our requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// The certificates of the connection.
    #[serde(default)]
    pub tls: Tls,
    /// Whether files are written under their own names at once, for accounts that may not rename.
    #[serde(default, skip_serializing_if = "is_not")]
    pub in_place: bool,
}

/// A bucket of an S3 server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct S3Place {
    /// The server, such as `https://s3.eu-west-3.amazonaws.com`.
    #[schema(value_type = String, format = "uri")]
    pub endpoint: Url,
    /// The region that requests are signed for.
    #[serde(default = "region")]
    pub region: String,
    /// The name of the bucket.
    pub bucket: String,
    /// The name of the key that we sign with.
    pub access_key: String,
    /// The key that we sign with.
    pub secret_key: Secret,
    /// The beginning of the names of objects, before a slash.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// Whether the bucket stands in the path; else it is a part of the server's name.
    #[serde(default = "path_style")]
    pub path_style: bool,
    /// The certificates of the connection.
    #[serde(default)]
    pub tls: Tls,
}

fn region() -> String {
    "us-east-1".to_owned()
}

const fn path_style() -> bool {
    true
}

/// A folder within the group's own, which is in the one that the operator allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FolderPlace {
    /// The folder within the group's own; that one itself where it is empty.
    #[schema(value_type = String)]
    pub path: PathBuf,
}

impl PlaceDefinition {
    /// Returns the kind of the place in a word.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Sftp(_) => "sftp",
            Self::Ftps(_) => "ftps",
            Self::Webdav(_) => "webdav",
            Self::S3(_) => "s3",
            Self::Folder(_) => "folder",
        }
    }

    /// Returns where its secrets go; nowhere where it has none.
    pub(crate) fn target(&self) -> Option<Target> {
        Some(match self {
            Self::Sftp(place) => {
                Target::of_host(&place.host, place.port).with("hostKey", &place.host_key)
            }
            Self::Ftps(place) => Target::of_host(&place.host, place.port())
                .with("implicit", place.implicit)
                .trusting(&place.tls),
            Self::Webdav(place) => Target::of_url("url", &place.url).trusting(&place.tls),
            Self::S3(place) => place.target(),
            Self::Folder(_) => return None,
        })
    }

    /// All secrets in it.
    pub(crate) fn secrets(&mut self) -> Vec<&mut Secret> {
        match self {
            Self::Sftp(place) => place.secrets(),
            Self::Ftps(place) => place.secrets(),
            Self::Webdav(place) => place.secrets(),
            Self::S3(place) => place.secrets(),
            Self::Folder(_) => Vec::new(),
        }
    }
}

impl SftpPlace {
    fn secrets(&mut self) -> Vec<&mut Secret> {
        let Self { password, private_key, passphrase, .. } = self;
        [password, private_key, passphrase].into_iter().flatten().collect()
    }
}

impl FtpsPlace {
    /// Returns the port of the server.
    pub(super) fn port(&self) -> u16 {
        let usual = if self.implicit { IMPLICIT_PORT } else { EXPLICIT_PORT };
        self.port.unwrap_or(usual)
    }

    fn secrets(&mut self) -> Vec<&mut Secret> {
        let Self { password, tls, .. } = self;
        std::iter::once(password).chain(tls.secrets()).collect()
    }
}

impl WebdavPlace {
    fn secrets(&mut self) -> Vec<&mut Secret> {
        let own = match &mut self.authorization {
            Some(Authorization::Bearer { token }) => Some(token),
            Some(Authorization::Basic { password, .. }) => Some(password),
            None => None,
        };
        own.into_iter().chain(self.tls.secrets()).collect()
    }
}

impl S3Place {
    /// Where the bucket does not stand in the path it is a part of the host, as the region may be.
    fn target(&self) -> Target {
        let target = Target::of_url("endpoint", &self.endpoint)
            .with("region", &self.region)
            .with("pathStyle", self.path_style)
            .trusting(&self.tls);
        if self.path_style { target } else { target.with("bucket", &self.bucket) }
    }

    fn secrets(&mut self) -> Vec<&mut Secret> {
        std::iter::once(&mut self.secret_key).chain(self.tls.secrets()).collect()
    }
}
