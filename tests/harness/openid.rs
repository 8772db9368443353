//! A provider of OpenID Connect that a test starts: oidc-provider, which signs in whom the test says.

use std::{collections::BTreeMap, fs, process::Command};

use champollion_databases::free_port;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use ureq::http::Method;

use crate::{Answer, Client, service::Foreign, target};

/// The name of the server at the provider, and its secret there.
const CLIENT: &str = "champollion";
const SECRET: &str = "a secret of a test, which is long enough";

/// The most steps from the beginning of a sign-in to its end.
const STEPS: usize = 10;

/// A provider of OpenID Connect with a browser that goes to it.
pub struct OpenidProvider {
    server: Foreign,
    port: u16,
}

/// The cookies of a browser, by their names.
#[derive(Clone, Debug, Default)]
pub struct Browser(BTreeMap<String, String>);

impl OpenidProvider {
    /// Starts one that knows a server of this address, and signs in nobody yet.
    #[must_use]
    pub fn start(public_address: &str) -> Self {
        let (folder, port) = (TempDir::new().expect("there is room for a folder"), free_port());
        let modules = target().join("npm/node_modules");
        assert!(
            modules.join("oidc-provider").is_dir(),
            "oidc-provider is missing: run `cargo xtask test`"
        );
        let client = json!({
            "client_id": CLIENT, "client_secret": SECRET,
            "redirect_uris": [format!("{public_address}/v1/session/openid/callback")],
            "post_logout_redirect_uris": [format!("{public_address}/")],
        });
        let write = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).expect("there is room");
        };
        write("client.json", &client.to_string());
        write("secret", SECRET);
        write("person.json", "{}");
        write("provider.mjs", include_str!("openid_provider.mjs"));
        let server = Foreign::start(folder, port, move |folder| {
            let mut command = Command::new("node");
            command.arg(folder.join("provider.mjs")).arg(&modules).arg(folder);
            command.arg(port.to_string());
            command
        });
        Self { server, port }
    }

    /// The settings that have people of a server of this address sign in here.
    #[must_use]
    pub fn settings(&self, public_address: &str) -> String {
        format!(
            "[sign-in]\npublic-address = \"{public_address}\"\n[sign-in.openid]\nissuer = \"{}\"\n\
             client-id = \"{CLIENT}\"\nclient-secret-file = \"{}\"\n",
            self.issuer(),
            self.server.file("secret").display()
        )
    }

    /// The address of the provider.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The secret of the server at the provider.
    #[must_use]
    pub fn secret(&self) -> &'static str {
        SECRET
    }

    /// Has the provider sign somebody in from now on, with these claims.
    pub fn signs_in(&self, subject: &str, claims: &Json) {
        self.signs_in_by(subject, claims, &json!({}));
    }

    /// Has the provider sign somebody in from now on, and say in which way: `amr` and `acr`.
    pub fn signs_in_by(&self, subject: &str, claims: &Json, way: &Json) {
        self.says(&json!({ "subject": subject, "claims": claims, "login": way }));
    }

    /// Has the provider refuse everybody from now on.
    pub fn refuses(&self, reason: &str) {
        self.says(&json!({ "refuses": reason }));
    }

    fn says(&self, person: &Json) {
        fs::write(self.server.file("person.json"), person.to_string()).expect("there is room");
    }

    /// Ends the provider, and starts it again with other keys.
    pub fn change_keys(&mut self) {
        self.go();
        self.server.come();
    }

    /// Ends the provider at once.
    pub fn go(&mut self) {
        self.server.go();
    }

    /// Starts the provider again.
    pub fn come(&mut self) {
        self.server.come();
    }

    /// Goes to an address of the provider in a browser, and on until it leads elsewhere: gives the address there.
    #[must_use]
    pub fn visited(&self, address: &str) -> String {
        let (client, mut browser) = (Client::new(&self.issuer()), Browser::default());
        let mut address = address.to_owned();
        for _ in 0..STEPS {
            let Some(path) = self.path_of(&address) else { return address };
            let answer = browser.get(&client, &path);
            let led = answer.headers.get("location").and_then(|header| header.to_str().ok());
            address = led.unwrap_or_else(|| panic!("{path} leads nowhere: {answer:?}")).to_owned();
        }
        panic!("the provider leads in circles, at last to {address}");
    }

    /// Gets a page of the provider.
    #[must_use]
    pub fn page(&self, address: &str) -> Answer {
        let path = self.path_of(address).unwrap_or_else(|| panic!("{address} is elsewhere"));
        Browser::default().get(&Client::new(&self.issuer()), &path)
    }

    /// The path of an address of the provider; nothing where it is one of another server.
    fn path_of(&self, address: &str) -> Option<String> {
        if address.starts_with('/') {
            return Some(address.to_owned());
        }
        address.strip_prefix(&self.issuer()).map(str::to_owned)
    }
}

impl Browser {
    /// Gets a path with the cookies of before, and keeps those of the answer.
    pub fn get(&mut self, client: &Client, path: &str) -> Answer {
        let cookies: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut headers = Vec::new();
        if !cookies.is_empty() {
            headers.push(("Cookie", cookies.as_str()));
        }
        let answer = client
            .attempt_with(&Method::GET, path, &headers, b"")
            .unwrap_or_else(|error| panic!("GET {path} is not answered: {error}"));
        for set in answer.headers.get_all("set-cookie") {
            let pair = set.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// The cookie of a name, as it is sent.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).map(|value| format!("{name}={value}"))
    }

    /// Forgets the cookie of a name.
    pub fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }
}
