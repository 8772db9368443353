//! The form of an object: a new one, or the sheet of one that there is.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use champollion_fleet::{
    objects::{DeviceClass, Geolocation, LifeCycle},
    sheets::{ActivationWord, Field as Column},
};
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{
    download::sheet_language,
    sheet_row::{FIELDS, FieldRefusal, refusals, sheet_of},
};
use crate::{
    api::Problem,
    pages::{
        json::{path_part, text},
        language::Language,
        layout::Page,
        partner::{
            frame::{confirmed_form, get_if_any, partner_page},
            groups,
        },
        parts::form::{Fault, Field, Kind, form, submit},
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

/// The path of the interface that takes sheets.
const IMPORT: &str = "/v1/devices/import";

/// The fields of a new object beside those that can be changed later: what it is activated with.
const OF_NEW: [Column; 6] = [
    Column::Activation,
    Column::AppKey,
    Column::NwkKey,
    Column::DevAddr,
    Column::NwkSKey,
    Column::AppSKey,
];

/// The fields that say what an object is.
const ITSELF: [Column; 6] = [
    Column::Name,
    Column::Group,
    Column::SubGroup,
    Column::UseCase,
    Column::Decoder,
    Column::LifeCycle,
];

/// The fields that say where it is.
const PLACE: [Column; 4] =
    [Column::Address, Column::Geolocation, Column::Latitude, Column::Longitude];

/// The fields that few people fill in.
const FURTHER: [Column; 10] = [
    Column::SerialNumber,
    Column::Reference,
    Column::Equipment,
    Column::Firmware,
    Column::Offer,
    Column::Class,
    Column::Lorawan,
    Column::NetworkServer,
    Column::DeviceId,
    Column::JoinEui,
];

/// The versions of LoRaWAN.
const VERSIONS: [&str; 4] = ["1.0.2", "1.0.3", "1.0.4", "1.1"];

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/partner/objects/new", get(new).post(create))
        .route("/partner/objects/{dev_eui}/edit", get(edit).post(save))
        .route("/partner/objects/{dev_eui}/remove", post(remove))
}

async fn new(viewer: Viewer) -> Result<Page, Problem> {
    // Who may not register objects is told before the form is filled in.
    viewer.get(IMPORT).await?;
    let group = viewer.parameter("group").unwrap_or_default();
    let filled = Submission::of_fields([("group".to_owned(), group)]);
    new_page(&viewer, &filled, &Fault::none()).await
}

async fn create(viewer: Viewer, submission: Submission) -> Result<Response, Problem> {
    let dev_eui = submission.text("devEui");
    let known = get_if_any(&viewer, &format!("/v1/devices/{}", path_part(dev_eui))).await;
    if let Ok(Some(_)) = known {
        let fault = Fault::said(viewer.say("object-exists"), "devEui");
        let page = new_page(&viewer, &submission, &fault).await?;
        return Ok(page.with_status(StatusCode::CONFLICT).into_response());
    }
    let fields = FIELDS.into_iter().chain(OF_NEW).filter(|field| says(&submission, *field));
    match imported(&viewer, dev_eui, &submission, fields).await {
        Ok(()) => {
            let path = format!("/partner/objects/{}", path_part(&plain(dev_eui)));
            Ok(viewer.done(&path, "done-object-created"))
        }
        Err(problem) => {
            let page = new_page(&viewer, &submission, &fault_of(&viewer, &problem)).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

fn says(submission: &Submission, field: Column) -> bool {
    submission.filled(field.name()).is_some()
}

/// A DevEUI as it is typed, without the signs between its bytes.
fn plain(dev_eui: &str) -> String {
    dev_eui.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_uppercase()
}

async fn edit(viewer: Viewer, Path(dev_eui): Path<String>) -> Result<Page, Problem> {
    viewer.get(IMPORT).await?;
    let device = viewer.get(&format!("/v1/devices/{}", path_part(&dev_eui))).await?;
    let own =
        |field: Column| (field.name().to_owned(), text(&device, &format!("/{}", field.name())));
    let filled = Submission::of_fields(FIELDS.map(own));
    edit_page(&viewer, &dev_eui, &filled, &Fault::none()).await
}

async fn save(
    viewer: Viewer,
    Path(dev_eui): Path<String>,
    submission: Submission,
) -> Result<Response, Problem> {
    let device = viewer.get(&format!("/v1/devices/{}", path_part(&dev_eui))).await?;
    // What is as it was is not said again; what was emptied is taken away.
    let is_changed = |field: &Column| {
        let (name, own) = (field.name(), text(&device, &format!("/{}", field.name())));
        submission.is_ticked(name) && submission.text(name) != own
    };
    let fields = FIELDS.into_iter().filter(is_changed);
    match imported(&viewer, &dev_eui, &submission, fields).await {
        Ok(()) => {
            let path = format!("/partner/objects/{}", path_part(&dev_eui));
            Ok(viewer.done(&path, "done-object-saved"))
        }
        Err(problem) => {
            let fault = fault_of(&viewer, &problem);
            let page = edit_page(&viewer, &dev_eui, &submission, &fault).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

async fn remove(
    viewer: Viewer,
    Path(dev_eui): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    let path = format!("/v1/devices/{}", path_part(&dev_eui));
    viewer.send(Method::DELETE, &path, None).await?;
    Ok(viewer.done("/partner/objects", "done-object-removed"))
}

/// Imports a form as the sheet of one object.
async fn imported(
    viewer: &Viewer,
    dev_eui: &str,
    submission: &Submission,
    fields: impl Iterator<Item = Column>,
) -> Result<(), Problem> {
    let sheet = sheet_of(dev_eui, |field| submission.field(field.name()), fields);
    let sheet = sheet.map_err(|error| Problem::internal(&error))?;
    viewer.pass((Method::POST, IMPORT), Some(("text/csv", sheet.into()))).await?;
    Ok(())
}

/// The fault of a form that was imported as a sheet: each refusal stands at its field.
fn fault_of(viewer: &Viewer, problem: &Problem) -> Fault {
    fault_in(viewer.language(), problem)
}

fn fault_in(language: Language, problem: &Problem) -> Fault {
    let verdicts = problem.member("verdicts").unwrap_or(&Json::Null);
    let refused = refusals(verdicts, language).into_iter();
    let others = refused.map(|FieldRefusal { field, reason }| (field.to_owned(), reason));
    Fault::of(problem).with_others(others.collect())
}

async fn new_page(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Result<Page, Problem> {
    let groups = groups::names(viewer).await?;
    let keys = OF_NEW.into_iter().map(|field| shown(viewer, field, filled, fault, &groups));
    let content = form(
        viewer,
        "/partner/objects/new",
        fault,
        html! {
            (Field::new("devEui", "DevEUI").value(filled.text("devEui")).fault(fault).required()
                .hint(viewer.say("object-dev-eui-hint")).shown())
            (sheet(viewer, filled, fault, &groups))
            fieldset {
                legend { (viewer.say("object-keys")) }
                p.hint { (viewer.say("object-keys-hint")) }
                @for key in keys { (key) }
            }
            (submit(&viewer.say("object-create")))
        },
    );
    Ok(partner_page(viewer, &viewer.say("object-new"), content))
}

async fn edit_page(
    viewer: &Viewer,
    dev_eui: &str,
    filled: &Submission,
    fault: &Fault,
) -> Result<Page, Problem> {
    let groups = groups::names(viewer).await?;
    let path = format!("/partner/objects/{}", path_part(dev_eui));
    let content = html! {
        p { a href=(path) { (viewer.say("object-back")) } }
        (form(viewer, &format!("{path}/edit"), fault, html! {
            (sheet(viewer, filled, fault, &groups))
            (submit(&viewer.say("save")))
        }))
        section.card {
            h2 { (viewer.say("object-remove")) }
            p { (viewer.say("object-remove-advice")) }
            (confirmed_form(viewer, &format!("{path}/remove"), &viewer.say("object-remove"), &viewer.say("sure")))
        }
    };
    Ok(partner_page(viewer, &viewer.say("object-edit"), content))
}

/// The fields of an object that can be changed: what people say of it first, and what else a sheet may say folded
/// until some of it is said.
fn sheet(viewer: &Viewer, filled: &Submission, fault: &Fault, groups: &[String]) -> Markup {
    let fields = |part: &[Column]| {
        html! { @for field in part { (shown(viewer, *field, filled, fault, groups)) } }
    };
    let is_touched = |field: &Column| says(filled, *field) || fault.at(field.name()).is_some();
    html! {
        div.halves {
            fieldset { legend { (viewer.say("object-part-itself")) } (fields(&ITSELF)) }
            fieldset { legend { (viewer.say("object-part-place")) } (fields(&PLACE)) }
        }
        details open[FURTHER.iter().any(is_touched)] {
            summary { (viewer.say("object-part-further")) }
            div.halves {
                @for half in FURTHER.chunks(FURTHER.len().div_ceil(2)) { div { (fields(half)) } }
            }
        }
    }
}

/// A field of the form, under the heading that its column has in a sheet.
fn shown(
    viewer: &Viewer,
    field: Column,
    filled: &Submission,
    fault: &Fault,
    groups: &[String],
) -> Markup {
    let label = field.heading(sheet_language(viewer));
    // A key that was refused is not shown again.
    let value = if field.is_key() { "" } else { filled.text(field.name()) };
    let kind = kind(viewer, field, groups, value);
    let shown = Field::new(field.name(), label).kind(kind).value(value).fault(fault);
    if field.is_key() { shown.completed_by("off").shown() } else { shown.shown() }
}

fn kind(viewer: &Viewer, field: Column, groups: &[String], value: &str) -> Kind {
    let choice = |words: &[&str], family: &str| {
        let none = (String::new(), viewer.say("not-said"));
        let words = words.iter().map(|word| ((*word).to_owned(), viewer.say_word(family, word)));
        Kind::Choice(std::iter::once(none).chain(words).collect())
    };
    match field {
        Column::Group if !groups.is_empty() => {
            let mut offered = groups.to_vec();
            if !value.is_empty() && !offered.iter().any(|group| group == value) {
                offered.push(value.to_owned());
            }
            Kind::Choice(groups::choices(&offered))
        }
        Column::Geolocation => choice(Geolocation::WORDS, "geolocation"),
        Column::LifeCycle => choice(LifeCycle::WORDS, "life-cycle"),
        Column::Class => choice(DeviceClass::WORDS, "class"),
        Column::Activation => choice(&ActivationWord::WORDS, "activation"),
        Column::Lorawan => choice(&VERSIONS, "version"),
        field if field.is_key() => Kind::Line("password"),
        _ => Kind::Line("text"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refused_row_is_a_fault_of_its_fields() {
        let verdicts = json!([{ "row": 2, "refusals": [
            { "cell": "B2", "column": "Latitude", "reason": "latitude 488 is none",
              "fault": { "code": "cell-degrees-beyond", "values": { "degrees": 488, "limit": 90 } } },
        ] }]);
        let problem = Problem::unprocessable("rows-refused", "1 of 1 rows is refused");
        let problem = problem.with("verdicts", verdicts);
        let said = |language: Language| {
            let fault = fault_in(language, &problem);
            assert_eq!(fault.at("longitude"), None);
            fault.at("latitude").unwrap().shown().into_string()
        };
        assert_eq!(said(Language::English), "<span lang=\"en\">latitude 488 is none</span>");
        let french = said(Language::French);
        assert!(french.contains("488") && !french.contains("none"), "{french}");
    }

    #[test]
    fn the_parts_of_the_form_have_each_field_once() {
        let parts = ITSELF.iter().chain(&PLACE).chain(&FURTHER).map(|field| field.name());
        let mut parts: Vec<&str> = parts.collect();
        let mut fields: Vec<&str> = FIELDS.iter().map(|field| field.name()).collect();
        parts.sort_unstable();
        fields.sort_unstable();
        assert_eq!(parts, fields);
    }

    #[test]
    fn a_dev_eui_is_found_as_it_is_typed() {
        assert_eq!(plain("70-b3-d5-49-9a-00-00-01"), "70B3D5499A000001");
    }
}
