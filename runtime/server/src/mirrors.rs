//! Other servers that have the same packages: what is damaged on this disk is fetched from them.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use champollion_registry::{ledger::Mirror, package::DecoderId};
use reqwest::{Url, redirect};
use semver::Version;
use serde::Deserialize;

/// A frame may wait for its decoder so long; a package has a few hundred kilobytes.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where nobody listens, nobody is waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The mirrors of the settings, by their names.
pub type Mirrors = BTreeMap<String, MirrorSettings>;

/// The settings of a mirror, another server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MirrorSettings {
    /// The address of the mirror.
    pub url: Url,
    /// The file that holds a token of it, of any role.
    pub token_file: Option<PathBuf>,
}

/// A server that packages are fetched from.
pub struct ServerMirror {
    name: String,
    url: Url,
    token: Option<String>,
    client: reqwest::Client,
}

/// The mirrors of the settings; of one that cannot be used the name, and what is wrong with it.
pub fn open(settings: &Mirrors) -> Result<Vec<Arc<dyn Mirror>>, (String, String)> {
    let mut mirrors: Vec<Arc<dyn Mirror>> = Vec::new();
    for (name, settings) in settings {
        let mirror = ServerMirror::new(name, settings);
        mirrors.push(Arc::new(mirror.map_err(|reason| (name.clone(), reason))?));
    }
    Ok(mirrors)
}

impl ServerMirror {
    /// A mirror by its settings, or what is wrong with them.
    pub fn new(name: &str, settings: &MirrorSettings) -> Result<Self, String> {
        let mut url = settings.url.clone();
        if !["http", "https"].contains(&url.scheme()) {
            return Err(format!("url: {url} must read http://host:port or https://host"));
        }
        // What is joined to it belongs below it.
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path);
            text.map(|text| text.trim().to_owned())
                .map_err(|error| format!("token-file: {} cannot be read: {error}", path.display()))
        };
        let token = settings.token_file.as_ref().map(read).transpose()?;
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            // A frame asks nobody else than the server that stands in the settings, and its token goes nowhere else.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { name: name.to_owned(), url, token, client })
    }
}

#[async_trait]
impl Mirror for ServerMirror {
    fn name(&self) -> &str {
        &self.name
    }

    async fn fetch(
        &self,
        id: &DecoderId,
        version: &Version,
        bytes: usize,
    ) -> Result<Vec<u8>, String> {
        let path = format!("v1/registry/{id}/{version}");
        let url = self.url.join(&path).map_err(|error| error.to_string())?;
        let mut request = self.client.get(url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let mut response = request.send().await.map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(format!("it answers {}", response.status()));
        }
        let mut file = Vec::with_capacity(bytes);
        while let Some(part) = response.chunk().await.map_err(|error| error.to_string())? {
            if file.len() + part.len() > bytes {
                return Err(format!("it gives more than the {bytes} bytes of the package"));
            }
            file.extend_from_slice(&part);
        }
        Ok(file)
    }
}
