//! To and from OCI registries.

use std::{
    env, io,
    path::PathBuf,
    pin::Pin,
    task::{Context, Poll},
};

use champollion_client::Client as Server;
use champollion_registry::{
    keys::PackageSignature,
    ledger::{Artifact, CONFIG_TYPE, LAYER_TYPE},
    package::{DecoderId, Package},
};
use champollion_sandbox::{Digest, Limits};
use clap::{Args, Subcommand};
use docker_credential::{CredentialRetrievalError, DockerCredential};
use oci_client::{
    Client, Reference, RegistryOperation,
    client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol, Config, ImageLayer},
    manifest::{OCI_IMAGE_MEDIA_TYPE, OciImageManifest},
    secrets::RegistryAuth,
};
use semver::Version;
use serde_json::json;
use tokio::io::AsyncWrite;

use super::{
    super::{
        Failure, output, progress,
        publish::{NamedPackage, publish_file, show},
    },
    decoder_version,
    oci_login::Login,
    source::{Known, Said, Source},
};

/// The beginning of addresses in OCI registries.
const SCHEME: &str = "oci://";

#[derive(Subcommand)]
pub(in super::super) enum Action {
    /// Copy a published version into an OCI registry, with its publisher's signature
    Push {
        /// Decoder and its version, as in acme/meter@1.2.0
        #[arg(value_name = "VENDOR/MODEL@VERSION", value_parser = decoder_version)]
        decoder: (DecoderId, Version),
        /// Address to push to; without a tag the version is the tag
        #[arg(long, value_name = "oci://HOST/REPOSITORY[:TAG]", value_parser = reference)]
        to: (Reference, bool),
        #[command(flatten)]
        access: Access,
        /// Say what would be pushed, and push nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Publish here what an OCI registry has, with its publisher's signature
    Pull {
        /// Address of the package
        #[arg(value_name = "oci://HOST/REPOSITORY:TAG", value_parser = reference)]
        from: (Reference, bool),
        #[command(flatten)]
        access: Access,
        /// Have it tried, and publish nothing
        #[arg(long)]
        dry_run: bool,
    },
}

/// The access to an OCI registry.
#[derive(Args)]
pub(in super::super) struct Access {
    /// Name of a user there; without one Docker's own configuration is asked
    #[arg(long, value_name = "NAME", requires = "password")]
    user: Option<String>,
    /// Password of the user
    #[arg(long, env = "CHAMPOLLION_OCI_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    password: Option<String>,
    /// Certificates to trust beside those of the system, PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Speak HTTP without TLS
    #[arg(long)]
    insecure: bool,
}

/// An address, and whether it names a tag or a digest.
fn reference(text: &str) -> Result<(Reference, bool), String> {
    let form = || format!("{text:?} must read {SCHEME}host/repository[:tag]");
    let place = text.strip_prefix(SCHEME).ok_or_else(form)?;
    let (host, path) = place.split_once('/').ok_or_else(form)?;
    // Docker takes a word without a dot for a part of a name on its own registry.
    if !(host.contains(['.', ':']) || host == "localhost") {
        return Err(format!("{host:?} is no host: it must have a dot or a port"));
    }
    let is_tagged = path.contains([':', '@']);
    let reference = place.parse().map_err(|error| format!("{text:?}: {error}"))?;
    Ok((reference, is_tagged))
}

impl Action {
    pub(super) async fn run(&self, server: &Server, json: bool) -> Result<(), Failure> {
        match self {
            Self::Push { decoder: (id, version), to, access, dry_run } => {
                let task = format!("{id} {version} is not pushed");
                push(server, (id, version), to, access, *dry_run, json)
                    .await
                    .map_err(Failure::of(task))
            }
            Self::Pull { from: (from, _), access, dry_run } => {
                let task = format!("{SCHEME}{from} is not pulled");
                pull(server, from, access, *dry_run, json).await.map_err(Failure::of(task))
            }
        }
    }
}

async fn push(
    server: &Server,
    (id, version): (&DecoderId, &Version),
    (to, is_tagged): &(Reference, bool),
    access: &Access,
    dry_run: bool,
    json: bool,
) -> Result<(), Failure> {
    let source = Source::Server(server);
    let Said { history, .. } = source.read(&Known::default()).await?;
    let (Some(published), Some(at)) =
        (history.version(id, version), history.published_at(id, version))
    else {
        return Err(Failure::new("the index has no such version", format_args!("{id} {version}")));
    };
    let unusable = "its package cannot be used";
    let package = Package::read(source.package(published).await?).map_err(Failure::of(unusable))?;
    let artifact =
        Artifact::of(&package, published.signature.as_ref(), at).map_err(Failure::of(unusable))?;
    let to = match is_tagged {
        true => to.clone(),
        false => {
            let (host, repository) = (to.registry().to_owned(), to.repository().to_owned());
            Reference::with_tag(host, repository, artifact.tag)
        }
    };
    let layer = ImageLayer::new(package.file().to_vec(), LAYER_TYPE.to_owned(), None);
    let config = Config::new(artifact.config, CONFIG_TYPE.to_owned(), None);
    let layers = [layer];
    let manifest = OciImageManifest {
        media_type: Some(OCI_IMAGE_MEDIA_TYPE.to_owned()),
        ..OciImageManifest::build(&layers, &config, Some(artifact.annotations))
    };
    if !dry_run {
        let refuses = format!("{} refuses", to.registry());
        let (client, auth) = access.client(to.registry())?;
        let progress = progress::bar(1, json);
        progress.set_message(to.to_string());
        access.log_in(&client, &to, &auth, RegistryOperation::Push).await?;
        let pushed = client.push(&to, &layers, config, &auth, Some(manifest)).await;
        progress.finish_and_clear();
        pushed.map_err(|error| Failure::caused(&refuses, &error))?;
    }
    let digest = package.digest();
    if json {
        return output::json(&json!({
            "id": id, "version": version, "digest": digest, "to": format!("{SCHEME}{to}"),
            "signed": published.signature.is_some(), "dryRun": dry_run,
        }));
    }
    let pushed = if dry_run { "would be pushed" } else { "is pushed" };
    output::line(format_args!("{id} {version} {pushed} to {SCHEME}{to}, {digest}"));
    Ok(())
}

async fn pull(
    server: &Server,
    from: &Reference,
    access: &Access,
    dry_run: bool,
    json: bool,
) -> Result<(), Failure> {
    let progress = progress::bar(2, json);
    progress.set_message(from.to_string());
    let (file, signature) = fetch(from, access).await?;
    progress.inc(1);
    let package = Package::read(file).map_err(Failure::quoting("it is no package"))?;
    let manifest = package.manifest();
    let order = NamedPackage {
        id: &manifest.id,
        version: &manifest.version,
        signature: signature.as_ref(),
        dry_run,
        channel: None,
    };
    let published = publish_file(server, package.file().to_vec(), &order).await?;
    progress.finish_and_clear();
    if json {
        return output::json(&published);
    }
    show(&published);
    Ok(())
}

/// Gets the package of an artifact; what arrives is compared with the digests that name it.
async fn fetch(
    from: &Reference,
    access: &Access,
) -> Result<(Vec<u8>, Option<PackageSignature>), Failure> {
    let refuses = format!("{} refuses", from.registry());
    let unusable = "the artifact cannot be used";
    let (client, auth) = access.client(from.registry())?;
    access.log_in(&client, from, &auth, RegistryOperation::Pull).await?;
    let pulled = client.pull_image_manifest(from, &auth).await;
    let (manifest, _) = pulled.map_err(|error| Failure::caused(&refuses, &error))?;
    let kinds = manifest.layers.iter().map(|layer| layer.media_type.as_str());
    let place =
        Artifact::layer(&manifest.config.media_type, kinds).map_err(Failure::of(unusable))?;
    let signature =
        Artifact::signature(manifest.annotations.as_ref()).map_err(Failure::of(unusable))?;
    let layer = &manifest.layers[place];
    let mut file = Bounded { bytes: Vec::new(), limit: Limits::default().component_bytes };
    let blob = client.pull_blob(from, layer, &mut file).await;
    blob.map_err(|error| Failure::caused("the package does not arrive whole", &error))?;
    // Whoever wrote the client may be wrong as well.
    let found = Digest::of(&file.bytes).to_string();
    if found != layer.digest {
        let reason = format!("it has the digest {found}, and should have {}", layer.digest);
        return Err(Failure::new("the package is not what the manifest says", reason));
    }
    Ok((file.bytes, signature))
}

impl Access {
    fn client(&self, host: &str) -> Result<(Client, RegistryAuth), Failure> {
        // Installing it a second time is the only way to fail, and that is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let protocol = if self.insecure { ClientProtocol::Http } else { ClientProtocol::Https };
        let mut config = ClientConfig {
            protocol,
            // A package has one file, whatever the system of whoever pulls it.
            platform_resolver: None,
            user_agent: concat!("champollion/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        if let Some(path) = &self.ca_file {
            let task = format!("the certificates {} cannot be used", path.display());
            let data = std::fs::read(path).map_err(Failure::of_file(task))?;
            let certificate = Certificate { encoding: CertificateEncoding::Pem, data };
            config.extra_root_certificates.push(certificate);
        }
        let client = Client::try_from(config);
        let client =
            client.map_err(Failure::of("the client of OCI registries cannot be set up"))?;
        Ok((client, self.credentials(host)?))
    }

    /// Logs in at a registry. Of one that anybody may read the library learns nothing when it asks at the
    /// door, and would send no credentials at all: there the request itself is asked with.
    async fn log_in(
        &self,
        client: &Client,
        at: &Reference,
        auth: &RegistryAuth,
        operation: RegistryOperation,
    ) -> Result<(), Failure> {
        let refuses = format!("{} refuses", at.registry());
        let login = client.auth(at, auth, operation).await;
        let token = login.map_err(|error| Failure::caused(&refuses, &error))?;
        let (None, RegistryAuth::Basic(user, password)) = (token, auth) else { return Ok(()) };
        let pem = self.ca_file.as_ref().map(|path| {
            let task = format!("the certificates {} cannot be used", path.display());
            std::fs::read(path).map_err(Failure::of_file(task))
        });
        let login = Login {
            scheme: if self.insecure { "http" } else { "https" },
            authorities: pem.transpose()?,
            user,
            password,
        };
        client.tokens.insert(at, operation, login.token(at, operation).await?).await;
        Ok(())
    }

    fn credentials(&self, host: &str) -> Result<RegistryAuth, Failure> {
        if let (Some(user), Some(password)) = (&self.user, &self.password) {
            return Ok(RegistryAuth::Basic(user.clone(), password.clone()));
        }
        let task = format!("the password for {host} cannot be had from Docker's configuration");
        match docker_credential::get_credential(host) {
            Ok(DockerCredential::UsernamePassword(user, password)) => {
                Ok(RegistryAuth::Basic(user, password))
            }
            Ok(DockerCredential::IdentityToken(_)) => {
                Err(Failure::new(task, "it holds a token of a kind that is not known: say --user"))
            }
            Err(
                CredentialRetrievalError::ConfigNotFound
                | CredentialRetrievalError::NoCredentialConfigured,
            ) => Ok(RegistryAuth::Anonymous),
            // The library tells a file that is not there by the same error as one that cannot be read.
            Err(CredentialRetrievalError::ConfigReadError) if !docker_config().exists() => {
                Ok(RegistryAuth::Anonymous)
            }
            Err(error) => Err(Failure::new(task, error)),
        }
    }
}

/// The file in which Docker keeps passwords.
fn docker_config() -> PathBuf {
    let at_home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker"));
    let folder = env::var_os("DOCKER_CONFIG").map(PathBuf::from).or_else(at_home);
    folder.unwrap_or_default().join("config.json")
}

/// Takes so many bytes and no more: what a manifest says of a size, anybody may have written.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        part: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.bytes.len() + part.len() > self.limit {
            let reason = format!("it has more than {} bytes", self.limit);
            return Poll::Ready(Err(io::Error::other(reason)));
        }
        self.bytes.extend_from_slice(part);
        Poll::Ready(Ok(part.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_host() {
        let (place, tagged) = reference("oci://127.0.0.1:5000/acme/thermometer:1.0.0").unwrap();
        assert_eq!(place.registry(), "127.0.0.1:5000");
        assert_eq!((place.repository(), place.tag()), ("acme/thermometer", Some("1.0.0")));
        assert!(tagged);
        assert!(!reference("oci://registry.example/thermometer").unwrap().1);
        for text in ["127.0.0.1:5000/a", "oci://registry.example", "oci://acme/thermometer", ""] {
            assert!(reference(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn no_more_is_taken_than_may_be() {
        let mut file = Bounded { bytes: Vec::new(), limit: 4 };
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut write = |part: &[u8]| Pin::new(&mut file).poll_write(&mut context, part);
        assert!(matches!(write(b"abcd"), Poll::Ready(Ok(4))));
        assert!(matches!(write(b"e"), Poll::Ready(Err(_))));
    }
}
