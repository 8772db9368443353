//! People who look at pages: added with a role, signed in, and asking as a browser does.

use serde_json::{Value as Json, json};
use ureq::http::Method;

use crate::{Answer, Server};

/// The password of all people of tests.
pub const PASSWORD: &str = "seven lichens of a trombone";

/// The settings of servers whose people of tests sign in: without a second factor, and as often as they like.
pub const SIGN_IN_SETTINGS: &str =
    "[sign-in]\ntries = 1000\ntries-per-minute = 1000\nadmins-without-second-factor = true\n";

/// The types that browsers ask for when a person opens a page.
const PAGE: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A person who has signed in, or one without an account.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    cookie: String,
    language: String,
}

impl Visitor {
    /// Somebody without an account.
    #[must_use]
    pub fn nobody() -> Self {
        Self { cookie: String::new(), language: "en".to_owned() }
    }

    /// The same with a browser in another language.
    #[must_use]
    pub fn in_language(&self, language: &str) -> Self {
        Self { language: language.to_owned(), ..self.clone() }
    }

    /// The cookie of the session.
    #[must_use]
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Opens a page of a server.
    #[track_caller]
    pub fn open(&self, server: &Server, path: &str) -> Answer {
        self.ask(server, &Method::GET, path, (&[], b""))
    }

    /// Sends a form of a page, with the token that its page has.
    #[track_caller]
    pub fn send(
        &self,
        server: &Server,
        (page, action): (&str, &str),
        fields: &[(&str, &str)],
    ) -> Answer {
        let token = form_token(&self.open(server, page).text);
        let mut pairs = fields.to_vec();
        pairs.extend(token.as_deref().map(|token| ("form-token", token)));
        let body: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
            .collect();
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        self.ask(server, &Method::POST, action, (&headers, body.join("&").as_bytes()))
    }

    #[track_caller]
    fn ask(
        &self,
        server: &Server,
        method: &Method,
        path: &str,
        (further, body): (&[(&str, &str)], &[u8]),
    ) -> Answer {
        let mut headers = vec![("Accept", PAGE), ("Accept-Language", &*self.language)];
        if !self.cookie.is_empty() {
            headers.push(("Cookie", &self.cookie));
        }
        headers.extend(further);
        let answer = server.anybody().attempt_with(method, path, &headers, body);
        answer.unwrap_or_else(|error| panic!("{method} {path} is not answered: {error}"))
    }
}

impl Server {
    /// Adds a person with one grant, who can sign in with [`PASSWORD`].
    #[track_caller]
    pub fn add_person(&self, email: &str, role: &str, scope: &str) {
        let wanted = json!({
            "name": "Lovelace", "firstName": "Ada", "email": email,
            "grants": [{ "role": role, "scope": scope }],
        });
        let person = self.admin().post("/v1/people", &wanted).success();
        let id = person["id"].as_str().expect("a person has an id");
        let invited = self.admin().post(&format!("/v1/people/{id}/invitation"), &json!({}));
        let chosen = json!({ "link": invited.success()["secret"], "password": PASSWORD });
        self.anybody().post("/v1/password", &chosen).success();
    }

    /// Adds a person with one grant, and signs the person in.
    #[track_caller]
    pub fn visitor(&self, email: &str, role: &str, scope: &str) -> Visitor {
        self.add_person(email, role, scope);
        let wanted: Json = json!({ "email": email, "password": PASSWORD });
        let begun = self.anybody().post("/v1/session", &wanted);
        let set = begun.header("set-cookie").to_owned();
        begun.success();
        let cookie = set.split(';').next().expect("a cookie has a value").to_owned();
        Visitor { cookie, ..Visitor::nobody() }
    }
}

/// The token of the forms of a page.
fn form_token(page: &str) -> Option<String> {
    let after = page.split("name=\"form-token\" value=\"").nth(1)?;
    Some(after.split('"').next()?.to_owned())
}

fn escaped(text: &str) -> String {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let signs = text.bytes().map(|byte| match may_stand(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    signs.collect()
}
