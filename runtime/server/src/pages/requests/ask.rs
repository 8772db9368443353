//! The form in which a partner asks for a decoder.

use axum::{
    http::Method,
    response::{IntoResponse, Response},
};
use champollion_fleet::{grants::Place, names::PartnerId};
use maud::{Markup, html};

use super::{
    draft::{BLOCKS, Draft, PARTS, field},
    path::{PATH, path_of},
};
use crate::{
    api::Problem,
    auth::Scope,
    pages::{
        clocks::{self, Clocks},
        json::text,
        layout::Page,
        parts::{
            empty::empty,
            form::{Fault, Field, Kind, form, submit},
        },
        submission::Submission,
        viewer::Viewer,
    },
};

/// Blocks of payloads that are open from the beginning: as many as a request needs.
const OPEN_BLOCKS: usize = 5;

/// The form with nothing in it.
pub(super) async fn blank(viewer: Viewer) -> Result<Page, Problem> {
    Ok(page(&viewer, &Draft::default(), &Fault::none()))
}

/// Asks for a decoder; where something is wrong, the form comes again with what was written.
pub(super) async fn ask(viewer: Viewer, sent: Submission) -> Result<Response, Problem> {
    let draft = Draft::of(&sent);
    let wanted = draft.request(&Clocks::of(&viewer));
    match viewer.send(Method::POST, "/v1/decoder-requests", Some(&wanted)).await {
        Ok(asked) => Ok(viewer.done(&path_of(&text(&asked, "/id")), "done-request-asked")),
        Err(problem) => {
            let fault = Fault::of(&problem);
            Ok(page(&viewer, &draft, &fault).with_status(problem.status()).into_response())
        }
    }
}

fn page(viewer: &Viewer, draft: &Draft, fault: &Fault) -> Page {
    let partners = partners(viewer);
    if partners.is_empty() {
        return nobody_asks(viewer);
    }
    let content = html! {
        h1 { (viewer.say("requests-new")) }
        p.lead { (viewer.say("request-new-lead")) }
        (form(viewer, PATH, fault, html! {
            (device(viewer, draft, fault))
            (payment(viewer, partners, draft, fault))
            (payloads(viewer, draft, fault))
            (submit(&viewer.say("request-send")))
        }))
    };
    viewer.page(viewer.say("requests-new"), content)
}

/// The page of those in whose name no partner asks: a request is paid for by a whole partner.
fn nobody_asks(viewer: &Viewer) -> Page {
    let (title, advice) =
        (viewer.say("request-no-partner"), viewer.say("request-no-partner-advice"));
    let back = viewer.say("requests-title");
    let content = html! {
        h1 { (viewer.say("requests-new")) }
        (empty(&title, &advice, Some((PATH, &back))))
    };
    viewer.page(viewer.say("requests-new"), content)
}

fn device(viewer: &Viewer, draft: &Draft, fault: &Fault) -> Markup {
    let line = |name: &'static str, member: &str, label: String| {
        Field::new(name, label).value(draft.text(member)).fault(fault)
    };
    html! {
        fieldset {
            legend { (viewer.say("request-device")) }
            (line("wish.maker", "maker", viewer.say("request-maker")).required().shown())
            (line("wish.model", "model", viewer.say("request-model")).required().shown())
            (line("wish.firmware", "firmware", viewer.say("request-firmware")).shown())
            (line("wish.document", "document", viewer.say("request-document"))
                .hint(viewer.say("request-document-hint")).required().shown())
            (line("wish.notes", "notes", viewer.say("request-notes")).kind(Kind::Lines(3)).shown())
        }
    }
}

fn payment(
    viewer: &Viewer,
    partners: Vec<(String, String)>,
    draft: &Draft,
    fault: &Fault,
) -> Markup {
    let line = |name: &'static str, member: &str, label: String| {
        Field::new(name, label).value(draft.text(member)).fault(fault)
    };
    let partner = Field::new("partner", viewer.say("request-partner")).fault(fault).required();
    let chosen = match draft.partner.as_str() {
        "" => partners.first().map(|(id, _)| id.clone()).unwrap_or_default(),
        chosen => chosen.to_owned(),
    };
    html! {
        fieldset {
            legend { (viewer.say("request-payment")) }
            (partner.kind(Kind::Choice(partners)).value(chosen).shown())
            (line("wish.payer", "payer", viewer.say("request-payer"))
                .hint(viewer.say("request-payer-hint")).required().shown())
            (line("wish.orderNumber", "orderNumber", viewer.say("request-order"))
                .hint(viewer.say("request-order-hint")).shown())
            (line("wish.by", "by", viewer.say("request-by")).kind(Kind::Line("date"))
                .hint(viewer.say("request-by-hint")).shown())
        }
    }
}

fn payloads(viewer: &Viewer, draft: &Draft, fault: &Fault) -> Markup {
    let open = OPEN_BLOCKS.max(draft.count());
    let fault_of_all = fault.at("wish.payloads");
    html! {
        h2 { (viewer.say("request-payloads")) }
        p { (viewer.say("request-payloads-lead")) }
        @if let Some(said) = fault_of_all { p.fault { (said.shown()) } }
        @for index in 0..open { (block(viewer, draft, fault, index)) }
        @if open < BLOCKS {
            details {
                summary { (viewer.say("request-payloads-more")) }
                @for index in open..BLOCKS { (block(viewer, draft, fault, index)) }
            }
        }
    }
}

fn block(viewer: &Viewer, draft: &Draft, fault: &Fault, index: usize) -> Markup {
    let number = u32::try_from(index + 1).unwrap_or_default();
    html! {
        fieldset {
            legend { (viewer.say_with("request-payload-number", [("number", number.into())])) }
            @for part in PARTS { (shown_part(viewer, draft, fault, (index, part))) }
        }
    }
}

fn shown_part(
    viewer: &Viewer,
    draft: &Draft,
    fault: &Fault,
    (index, part): (usize, &str),
) -> Markup {
    let name = field(index, part);
    let label = match part {
        "name" => viewer.say("request-payload-name"),
        "port" => viewer.say("request-payload-port"),
        "payload" => viewer.say("request-payload-bytes"),
        "at" => viewer.say("request-payload-at"),
        "right" => viewer.say("request-payload-right"),
        _ => viewer.say("request-payload-words"),
    };
    let shown = Field::new(&name, label).value(draft.part(index, part)).fault(fault);
    match part {
        "port" => shown.kind(Kind::Line("number")).shown(),
        "at" => shown.kind(Kind::Moment).hint(clocks::hint(viewer, "clocks-hint")).shown(),
        "right" => {
            shown.kind(Kind::Lines(2)).hint(viewer.say("request-payload-right-hint")).shown()
        }
        _ => shown.shown(),
    }
}

/// The partners in whose name the viewer may ask, each with its name for people.
fn partners(viewer: &Viewer) -> Vec<(String, String)> {
    let Some(principal) = viewer.principal() else { return Vec::new() };
    let asks = principal.standings.iter().filter(|one| Scope::DecoderRequests.is_of(one.role));
    let places: Vec<&Place> = asks.filter_map(|one| one.place.as_ref()).collect();
    let roster = &viewer.service().roster;
    let all = roster.partners(None).into_iter().map(|found| found.partner);
    let is_own = |id: &PartnerId| {
        let partner = Place::Partner(id.clone());
        places.iter().any(|place| roster.covers(place, &partner))
    };
    let own = all.filter(|partner| is_own(&partner.id));
    own.map(|partner| (partner.id.to_string(), partner.name)).collect()
}
