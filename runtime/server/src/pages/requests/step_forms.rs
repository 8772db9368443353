//! The forms of the steps that a viewer may take next.

use maud::{Markup, html};
use serde_json::Value as Json;

use super::path::path_of;
use crate::{
    auth::Scope,
    pages::{
        json::text,
        parts::form::{Fault, Field, Kind, button_form, form, submit},
        viewer::Viewer,
    },
};

/// The step forms of a request: those of its state, for those who may.
pub(super) fn step_forms(viewer: &Viewer, request: &Json, fault: &Fault) -> Markup {
    let forms = Forms { viewer, request, fault };
    html! {
        @if viewer.may(Scope::DecoderRequests) { (forms.of_partner()) }
        @if viewer.may(Scope::Publish) { (forms.of_operator()) }
        @if viewer.may(Scope::Registry) && forms.state() == "accepted" {
            (button_form(viewer, &forms.action("stable"), &viewer.say("request-make-stable"), false))
        }
    }
}

struct Forms<'of> {
    viewer: &'of Viewer,
    request: &'of Json,
    fault: &'of Fault,
}

impl Forms<'_> {
    fn state(&self) -> String {
        text(self.request, "/state")
    }

    fn action(&self, step: &str) -> String {
        format!("{}/{step}", path_of(&text(self.request, "/id")))
    }

    fn of_partner(&self) -> Markup {
        let viewer = self.viewer;
        let waits = text(self.request, "/waitsFor") == "partner";
        html! {
            @match self.state().as_str() {
                "estimated" => {
                    (self.order())
                    (self.words("withdraw", viewer.say("request-withdraw"), viewer.say("request-reason")))
                }
                "candidate" => {
                    (button_form(viewer, &self.action("accept"), &viewer.say("request-accept"), false))
                    (self.words("send-back", viewer.say("request-send-back"), viewer.say("request-not-right")))
                }
                "asked" if !waits => {
                    (self.words("withdraw", viewer.say("request-withdraw"), viewer.say("request-reason")))
                }
                "asked" | "ordered" | "accepted" if waits => {
                    (self.words("answer", viewer.say("request-answer"), viewer.say("request-words")))
                }
                _ => {}
            }
        }
    }

    fn of_operator(&self) -> Markup {
        let viewer = self.viewer;
        html! {
            @match self.state().as_str() {
                "asked" => { (self.estimate()) (self.question()) (self.decline()) }
                "estimated" => { (self.estimate()) (self.decline()) }
                "ordered" => { (self.candidate()) (self.question()) (self.decline()) }
                "candidate" | "accepted" => (self.decline()),
                _ => {}
            }
            @if !["stable", "declined"].contains(&self.state().as_str()) {
                p { a href=(self.vectors()) { (viewer.say("request-vectors")) } }
            }
        }
    }

    fn vectors(&self) -> String {
        format!("/v1/decoder-requests/{}/vectors", text(self.request, "/id"))
    }

    fn order(&self) -> Markup {
        let viewer = self.viewer;
        let number = text(self.request, "/wish/orderNumber");
        let field = Field::new("orderNumber", viewer.say("request-order")).value(number);
        self.shown(
            "order",
            html! {
                (field.fault(self.fault).required().shown())
                (submit(&viewer.say("request-place-order")))
            },
        )
    }

    fn estimate(&self) -> Markup {
        let viewer = self.viewer;
        let field = |name: &'static str, label: String| Field::new(name, label).fault(self.fault);
        self.shown(
            "estimate",
            html! {
                (field("price", viewer.say("request-price")).required().shown())
                (field("by", viewer.say("request-by")).kind(Kind::Line("date")).shown())
                (field("text", viewer.say("request-estimate-text")).kind(Kind::Lines(3)).shown())
                (submit(&viewer.say("request-estimate")))
            },
        )
    }

    fn candidate(&self) -> Markup {
        let viewer = self.viewer;
        let field = |name: &'static str, label: String| Field::new(name, label).fault(self.fault);
        self.shown("candidate", html! {
            (field("decoder", viewer.say("request-decoder")).hint("acme/meter").required().shown())
            (field("version", viewer.say("request-version")).hint("1.0.0").required().shown())
            (submit(&viewer.say("request-propose")))
        })
    }

    fn question(&self) -> Markup {
        let viewer = self.viewer;
        self.words("question", viewer.say("request-question"), viewer.say("request-words"))
    }

    fn decline(&self) -> Markup {
        let viewer = self.viewer;
        self.words("decline", viewer.say("request-decline"), viewer.say("request-reason"))
    }

    /// A step with words alone, folded together until it is wanted.
    fn words(&self, step: &str, title: String, label: String) -> Markup {
        let field = Field::new("text", label).kind(Kind::Lines(3)).fault(self.fault).required();
        html! {
            details.card {
                summary { (title) }
                (form(self.viewer, &self.action(step), &Fault::none(), html! {
                    (field.shown())
                    (submit(&title))
                }))
            }
        }
    }

    fn shown(&self, step: &str, content: Markup) -> Markup {
        html! { div.card { (form(self.viewer, &self.action(step), self.fault, content)) } }
    }
}
