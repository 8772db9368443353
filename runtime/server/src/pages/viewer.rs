//! The person who looks at a page.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::Bytes,
    extract::{FromRequestParts, Request},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Uri, header::ACCEPT_LANGUAGE, request::Parts,
    },
    response::{IntoResponse, Redirect, Response},
};
use champollion_delivery::names::GroupId;
use champollion_service::alerts::Words;
use fluent_bundle::FluentValue;
use jiff::{Timestamp, Zoned, civil::Date};
use serde_json::{Map, Value as Json};

use super::{
    forgery,
    language::{Language, preferred},
    theme::Theme,
    written,
};
use crate::{
    api::{Asker, Interface, Problem, cookie_of, session_of},
    auth::{Principal, Scope},
    connections::{ClientAddress, network_of},
    expensive::{TooExpensive, Turn},
    sentence::Sentence,
    service::Service,
};

/// The viewer of a page.
#[derive(Clone)]
pub(super) struct Viewer(Arc<Looking>);

struct Looking {
    service: Arc<Service>,
    interface: Option<Interface>,
    asker: Asker,
    uri: Uri,
    headers: HeaderMap,
    network: String,
    principal: Option<Principal>,
    form_token: Option<String>,
    language: Language,
    chosen_language: Option<Language>,
    theme: Theme,
}

impl FromRequestParts<Arc<Service>> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Infallible> {
        Ok(Self::of(parts, service))
    }
}

impl Viewer {
    /// The viewer who sends a request.
    pub(super) fn of(parts: &Parts, service: &Arc<Service>) -> Self {
        let cookie = |name| cookie_of(&parts.headers, name);
        let chosen_language =
            parameter(&parts.uri, "lang").and_then(|code| Language::of_code(&code));
        let by_header = || parts.headers.get(ACCEPT_LANGUAGE)?.to_str().ok().and_then(preferred);
        let language = chosen_language
            .or_else(|| Language::of_code(cookie(Language::COOKIE)?))
            .or_else(by_header);
        let secret = session_of(&parts.headers, &service.config);
        Self(Arc::new(Looking {
            service: Arc::clone(service),
            interface: parts.extensions.get::<Interface>().cloned(),
            asker: Asker::of(parts),
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
            network: network(parts),
            principal: principal(&parts.headers, service),
            form_token: secret.map(forgery::token_of),
            language: language.unwrap_or_default(),
            chosen_language,
            theme: cookie(Theme::COOKIE).and_then(Theme::of).unwrap_or_default(),
        }))
    }

    /// The viewer who sends a request that goes on to another handler.
    pub(super) fn of_request(request: Request, service: &Arc<Service>) -> (Self, Request) {
        let (parts, body) = request.into_parts();
        (Self::of(&parts, service), Request::from_parts(parts, body))
    }

    /// The parts of the server.
    pub(super) fn service(&self) -> &Arc<Service> {
        &self.0.service
    }

    /// The sender of the request, where it has a session or a token that is in force.
    pub(super) fn principal(&self) -> Option<&Principal> {
        self.0.principal.as_ref()
    }

    /// Takes a place of an expensive request, about a group where it is about one. It counts for the session, or else for
    /// the network.
    ///
    /// # Errors
    /// All places are taken.
    pub(super) fn expensive_turn(&self, about: Option<&GroupId>) -> Result<Turn, TooExpensive> {
        match self.principal() {
            Some(principal) => self.service().expensive_turn(principal, about),
            None => self.service().expensive.turn(&self.0.network, about),
        }
    }

    /// Has something done that goes through the objects of a fleet, in the place of an expensive request. What is asked of the
    /// interface meanwhile has a place of its own.
    ///
    /// # Errors
    /// All places are taken, or it takes longer than it may.
    pub(super) async fn look_through<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let looked = async { self.expensive_turn(None)?.run(work).await };
        looked.await.map_err(|error: TooExpensive| self.translated(error.into()))
    }

    /// Whether the viewer may do what a scope names, somewhere.
    pub(super) fn may(&self, scope: Scope) -> bool {
        self.principal().is_some_and(|principal| principal.may(scope))
    }

    /// The token of the viewer's forms, where there is a session.
    pub(super) fn form_token(&self) -> Option<&str> {
        self.0.form_token.as_deref()
    }

    /// The language of the page.
    pub(super) fn language(&self) -> Language {
        self.0.language
    }

    /// The language that the address asks for, which is kept in a cookie.
    pub(super) fn chosen_language(&self) -> Option<Language> {
        self.0.chosen_language
    }

    /// The colours of the page.
    pub(super) fn theme(&self) -> Theme {
        self.0.theme
    }

    /// The address of the page.
    pub(super) fn uri(&self) -> &Uri {
        &self.0.uri
    }

    /// The headers of the request.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The value of a parameter of the address; none where it is empty.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        parameter(self.uri(), name).filter(|value| !value.is_empty())
    }

    /// The same page with other values of some parameters; an empty value takes one away.
    pub(super) fn address_with(&self, changes: &[(&str, &str)]) -> String {
        let kept = url::form_urlencoded::parse(self.uri().query().unwrap_or_default().as_bytes());
        let kept = kept.filter(|(name, _)| {
            name != "done" && changes.iter().all(|(changed, _)| name != changed)
        });
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept);
        query.extend_pairs(changes.iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        let path = self.uri().path();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }

    /// The text of a key.
    pub(super) fn say(&self, key: &str) -> String {
        self.language().say(key)
    }

    /// The text of a key with values in it: `[("count", count.into())]`.
    pub(super) fn say_with<'of>(
        &self,
        key: &str,
        values: impl IntoIterator<Item = (&'of str, FluentValue<'of>)>,
    ) -> String {
        self.language().say_with(key, values)
    }

    /// The text of a word of the interface, such as a state: that of the key `family-word`, or the word itself where a
    /// later release has one more.
    pub(super) fn say_word(&self, family: &str, word: &str) -> String {
        let text = self.language().try_say(&format!("{family}-{word}"));
        text.unwrap_or_else(|| word.to_owned())
    }

    /// The name of a quantity for people: `Temperature of the air` of `air.temperature`.
    pub(super) fn quantity(&self, term: &str) -> String {
        self.language().quantity(term)
    }

    /// The place of a role for people: `Group water` of `group:water`.
    pub(super) fn place(&self, scope: &str) -> String {
        match scope.split_once(':') {
            Some((kind, name)) => format!("{} {name}", self.say_word("scope", kind)),
            None if scope == "territory" => self.say("scope-territory"),
            None => scope.to_owned(),
        }
    }

    /// The words for alerts, in the language of the page.
    pub(super) fn alert_words(&self) -> Words<'_> {
        self.service().alerts.judge.words(self.language().of_messages())
    }

    /// An amount as the viewer writes numbers: `1,050.50` of `1050.50`.
    pub(super) fn amount(&self, text: &str) -> String {
        self.language().amount(text)
    }

    /// A number as the viewer writes numbers.
    pub(super) fn number(&self, number: f64) -> String {
        self.language().number(number)
    }

    /// A moment for people, by the clocks of the territory.
    pub(super) fn moment(&self, moment: Timestamp) -> maud::Markup {
        written::moment(&self.local(moment), self.language())
    }

    /// The same as a text alone.
    pub(super) fn minute(&self, moment: Timestamp) -> String {
        written::minute(&self.local(moment), self.language())
    }

    fn local(&self, moment: Timestamp) -> Zoned {
        moment.to_zoned(self.service().config.territory.zone())
    }

    /// A day for people. A text that is no day is shown itself.
    pub(super) fn day(&self, text: &str) -> String {
        let day = text.parse::<Date>();
        day.map_or_else(|_| text.to_owned(), |day| written::day(day, self.language()))
    }

    /// Goes to another page, which says what was done: the text of a key that begins with `done-`.
    pub(super) fn done(&self, path: &str, key: &str) -> Response {
        let (path, fragment) = path.split_once('#').map_or((path, None), |(a, b)| (a, Some(b)));
        let sign = if path.contains('?') { '&' } else { '?' };
        let fragment = fragment.map(|name| format!("#{name}")).unwrap_or_default();
        let said = key.strip_prefix("done-").unwrap_or(key);
        Redirect::to(&format!("{path}{sign}done={said}{fragment}")).into_response()
    }

    /// Asks an endpoint of the interface in the name of the viewer.
    ///
    /// # Errors
    /// The [`Problem`] with which the endpoint answers.
    pub(super) async fn get(&self, path: &str) -> Result<Json, Problem> {
        let answer = self.interface()?.json(&self.0.asker, (Method::GET, path), None).await;
        answer.map_err(|problem| self.translated(problem))
    }

    /// Has an endpoint of the interface do something in the name of the viewer. What a form has sent came in as a
    /// [`super::submission::Submission`], which is checked for forgery.
    ///
    /// # Errors
    /// The [`Problem`] with which the endpoint answers.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
    ) -> Result<Json, Problem> {
        let answer = self.interface()?.json(&self.0.asker, (method, path), body).await;
        answer.map_err(|problem| self.translated(problem))
    }

    /// The same with a body of any type, and with the answer as it is, such as a file or one with a cookie.
    ///
    /// # Errors
    /// The [`Problem`] with which the endpoint answers.
    pub(super) async fn pass(
        &self,
        asked: (Method, &str),
        body: Option<(&str, Bytes)>,
    ) -> Result<Response, Problem> {
        let answer = self.interface()?.ask(&self.0.asker, asked, body).await;
        answer.map_err(|problem| self.translated(problem))
    }

    /// The same with a further header, such as the signature of a package.
    ///
    /// # Errors
    /// The [`Problem`] with which the endpoint answers.
    pub(super) async fn pass_with(
        &self,
        asked: (Method, &str),
        header: (HeaderName, HeaderValue),
        body: Option<(&str, Bytes)>,
    ) -> Result<Response, Problem> {
        let answer = self.interface()?.ask(&self.0.asker.with(header), asked, body).await;
        answer.map_err(|problem| self.translated(problem))
    }

    /// The problem in the language of the page, as far as it has texts for it.
    pub(super) fn translated(&self, problem: Problem) -> Problem {
        let sentence = problem.sentence().cloned().map(|sentence| self.by_clocks(sentence));
        let translation = self.language().translation(problem.code(), sentence.as_ref());
        problem.translated(translation)
    }

    /// The same sentence with its moments and days as the viewer reads them.
    pub(super) fn by_clocks(&self, mut sentence: Sentence) -> Sentence {
        self.put_by_clocks(&mut sentence.values);
        sentence
    }

    /// The same of a sentence that an answer of the interface holds.
    pub(super) fn by_clocks_in(&self, sentence: &Json) -> Json {
        let mut sentence = sentence.clone();
        if let Some(values) = sentence.get_mut("values").and_then(Json::as_object_mut) {
            self.put_by_clocks(values);
        }
        sentence
    }

    fn put_by_clocks(&self, values: &mut Map<String, Json>) {
        for value in values.values_mut() {
            let Some(text) = value.as_str() else { continue };
            if let Ok(moment) = text.parse::<Timestamp>() {
                *value = Json::from(self.minute(moment));
            } else if written::is_day(text) {
                *value = Json::from(self.day(text));
            }
        }
    }

    fn interface(&self) -> Result<&Interface, Problem> {
        let interface = self.0.interface.as_ref();
        interface.ok_or_else(|| Problem::internal(&"a page has no interface to ask"))
    }
}

/// The sender of a request, where its session is in force. Tokens are left to the endpoints, which count wrong ones; so
/// is what the sender may do.
fn principal(headers: &HeaderMap, service: &Service) -> Option<Principal> {
    let secret = session_of(headers, &service.config)?;
    service.recognize_session(secret, (None, None), Timestamp::now()).ok()
}

fn network(parts: &Parts) -> String {
    let client = parts.extensions.get::<ClientAddress>();
    client.map(|client| network_of(client.address).to_string()).unwrap_or_default()
}

fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(uri.query()?.as_bytes());
    pairs.find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}
