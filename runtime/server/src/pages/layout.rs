//! The frame of all pages: the head, the navigation, the choices of language and colours, and what was done.

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, SET_COOKIE, VARY},
    },
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::{
    assets,
    banner::banner,
    clocks,
    content_policy::policy,
    forgery,
    json::address,
    language::Language,
    navigation::navigation,
    parts::notice::{Tone, notice},
    preferences,
    theme::Theme,
    viewer::Viewer,
};

/// The path at which a person signs in.
pub(super) const SIGN_IN: &str = "/sign-in";

/// The path at which a person signs out, by a form.
const SIGN_OUT: &str = "/sign-out";

/// The page of a person's own account.
const ACCOUNT: &str = "/account";

/// A page that is sent to a viewer.
pub(super) struct Page {
    viewer: Viewer,
    title: String,
    content: Markup,
    head: Option<Markup>,
    status: StatusCode,
    images_of: Vec<String>,
}

impl Page {
    /// The page of a title and a content, which begins with a heading of the first rank.
    fn new(viewer: Viewer, title: String, content: Markup) -> Self {
        let (head, images_of) = (None, Vec::new());
        Self { viewer, title, content, head, status: StatusCode::OK, images_of }
    }

    /// The same with further elements of its head, such as the address of its feed.
    pub(super) fn with_head(self, head: Markup) -> Self {
        Self { head: Some(head), ..self }
    }

    /// The same with another status code than 200.
    pub(super) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same with images of further origins, such as the tiles of a map.
    pub(super) fn with_images_of(self, origins: Vec<String>) -> Self {
        Self { images_of: origins, ..self }
    }

    fn markup(&self) -> Markup {
        let viewer = &self.viewer;
        let name = viewer.say("product");
        html! {
            (DOCTYPE)
            html lang=(viewer.language().code()) data-theme=[chosen(viewer.theme())] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · " (name) }
                    link rel="stylesheet" href=(assets::style().path());
                    link rel="icon" href=(assets::icon().path()) type="image/svg+xml";
                    script src=(assets::script().path()) defer {}
                    @if let Some(head) = &self.head { (head) }
                }
                body {
                    a.skip href="#content" { (viewer.say("skip")) }
                    (header(viewer, &name))
                    main #content tabindex="-1" {
                        (banner(viewer))
                        (done(viewer))
                        (self.content)
                    }
                    (footer(viewer))
                }
            }
        }
    }
}

impl Viewer {
    /// A page of the viewer.
    pub(super) fn page(&self, title: impl Into<String>, content: Markup) -> Page {
        Page::new(self.clone(), title.into(), content)
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let markup = self.markup().into_string();
        let mut response = (self.status, markup).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_SECURITY_POLICY, policy(&self.images_of));
        headers.insert(VARY, HeaderValue::from_static("Accept, Accept-Language, Cookie"));
        let chosen = self.viewer.chosen_language();
        let kept = chosen.and_then(|own| preferences::cookie(Language::COOKIE, own.code()));
        if let Some(cookie) = kept {
            headers.append(SET_COOKIE, cookie);
        }
        response
    }
}

fn chosen(theme: Theme) -> Option<&'static str> {
    Some(theme).filter(|theme| *theme != Theme::Device).map(Theme::word)
}

fn header(viewer: &Viewer, name: &str) -> Markup {
    html! {
        header.site-header {
            div.bar {
                a.brand href="/" { span.mark aria-hidden="true" {} (name) }
                (navigation(viewer))
                (person(viewer))
            }
        }
    }
}

/// The person who is signed in, and the way in or out.
fn person(viewer: &Viewer) -> Markup {
    let Some(principal) = viewer.principal() else {
        let next = viewer.uri().path();
        let way_in = address(SIGN_IN, &[("next", if next == SIGN_IN { "" } else { next })]);
        return html! { div.person { a.button.quiet href=(way_in) { (viewer.say("sign-in")) } } };
    };
    html! {
        div.person {
            a href=(ACCOUNT) { (principal.name) }
            form method="post" action=(SIGN_OUT) {
                (token_field(viewer))
                button.quiet type="submit" { (viewer.say("sign-out")) }
            }
        }
    }
}

/// Returns the hidden field by which a form says that it is of the viewer's own session.
pub(super) fn token_field(viewer: &Viewer) -> Markup {
    html! {
        @if let Some(token) = viewer.form_token() {
            input type="hidden" name=(forgery::FIELD) value=(token);
        }
    }
}

/// The sentence about what was done, where the address names one of those that there are.
fn done(viewer: &Viewer) -> Markup {
    let said = viewer.parameter("done");
    let text = said.and_then(|said| viewer.language().try_say(&format!("done-{said}")));
    html! { @if let Some(text) = text { (notice(Tone::Good, html! { p { (text) } })) } }
}

fn footer(viewer: &Viewer) -> Markup {
    let back = viewer.address_with(&[("lang", "")]);
    let way = |name: &str, word: &str| address("/preferences", &[(name, word), ("back", &back)]);
    let is_current = |is: bool| is.then_some("true");
    html! {
        footer.site-footer {
            div.bar {
                p { (viewer.say("footer")) " " (clocks::hint(viewer, "footer-clocks")) }
                ul.choices aria-label=(viewer.say("choice-language")) {
                    @for language in Language::ALL {
                        li { a href=(way("language", language.code())) lang=(language.code())
                            aria-current=[is_current(language == viewer.language())] {
                            (language.own_name())
                        } }
                    }
                }
                ul.choices aria-label=(viewer.say("choice-theme")) {
                    @for theme in Theme::ALL {
                        li { a href=(way("theme", theme.word()))
                            aria-current=[is_current(theme == viewer.theme())] {
                            (viewer.say_word("theme", theme.word()))
                        } }
                    }
                }
            }
        }
    }
}
