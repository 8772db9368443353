//! The point of an object: the place that outlives it, and the object that takes its place.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::Method,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use champollion_frames::DevEui;
use maud::{Markup, html};
use serde_json::{Map, Value as Json, json};

use crate::{
    api::{
        Problem,
        authorized::{Authorized, Inspect},
    },
    auth::Reach,
    pages::{
        clocks::{self, Clocks},
        json::{items, moment, path_part, text},
        layout::Page,
        partner::{
            entered::put,
            frame::{dash, partner_page},
        },
        parts::{
            form::{Fault, Field, Kind, button_form, form, submit},
            table::Table,
        },
        submission::Submission,
        viewer::Viewer,
    },
    service::Service,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/partner/objects/{dev_eui}/place", get(show).post(put_on))
        .route("/partner/objects/{dev_eui}/leave", post(leave))
        .route("/partner/objects/{dev_eui}/replace", post(replace))
}

async fn show(
    viewer: Viewer,
    authorized: Authorized<Inspect>,
    Path(dev_eui): Path<String>,
) -> Result<Page, Problem> {
    let (place, none) = ((&authorized.reach, &*dev_eui), &Fault::none());
    place_page(&viewer, place, &Submission::default(), (none, none)).await
}

async fn put_on(
    viewer: Viewer,
    authorized: Authorized<Inspect>,
    Path(dev_eui): Path<String>,
    submission: Submission,
) -> Result<Response, Problem> {
    let mut body = Map::new();
    put(&mut body, "point", Some(submission.text("point")));
    let from = submission.filled("from").map(|from| Clocks::of(&viewer).sent(from));
    put(&mut body, "from", from.as_deref());
    let path = format!("/v1/devices/{}/point", path_part(&dev_eui));
    match viewer.send(Method::PUT, &path, Some(&Json::Object(body))).await {
        Ok(_) => Ok(viewer.done(&way(&dev_eui), "done-object-placed")),
        Err(problem) => {
            let faults = (&Fault::of(&problem), &Fault::none());
            let place = (&authorized.reach, &*dev_eui);
            let page = place_page(&viewer, place, &submission, faults).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

async fn leave(
    viewer: Viewer,
    Path(dev_eui): Path<String>,
    _: Submission,
) -> Result<Response, Problem> {
    let path = format!("/v1/devices/{}/point", path_part(&dev_eui));
    viewer.send(Method::DELETE, &path, None).await?;
    Ok(viewer.done(&way(&dev_eui), "done-object-left"))
}

async fn replace(
    viewer: Viewer,
    authorized: Authorized<Inspect>,
    Path(dev_eui): Path<String>,
    submission: Submission,
) -> Result<Response, Problem> {
    let path = format!("/v1/devices/{}/replacement", path_part(&dev_eui));
    match viewer
        .send(Method::POST, &path, Some(&replacement(&submission, &Clocks::of(&viewer))))
        .await
    {
        Ok(_) => {
            let by = format!("/partner/objects/{}", path_part(submission.text("by")));
            Ok(viewer.done(&by, "done-object-replaced"))
        }
        Err(problem) => {
            let faults = (&Fault::none(), &Fault::of(&problem));
            let place = (&authorized.reach, &*dev_eui);
            let page = place_page(&viewer, place, &submission, faults).await?;
            Ok(page.with_status(problem.status()).into_response())
        }
    }
}

/// The replacement that a form asks for, with the indexes of both objects where they are said.
fn replacement(submission: &Submission, clocks: &Clocks) -> Json {
    let mut body = Map::new();
    put(&mut body, "by", Some(submission.text("by")));
    put(&mut body, "at", submission.filled("at").map(|at| clocks.sent(at)).as_deref());
    if let Some(quantity) = submission.filled("quantity") {
        let mut index = Map::new();
        put(&mut index, "quantity", Some(quantity));
        for name in ["last", "first"] {
            if let Some(text) = submission.filled(name) {
                let number = text.replace(',', ".").parse::<f64>();
                index.insert(
                    name.to_owned(),
                    number.map_or_else(|_| json!(text), |value| json!(value)),
                );
            }
        }
        body.insert("indexes".to_owned(), json!([index]));
    }
    Json::Object(body)
}

fn way(dev_eui: &str) -> String {
    format!("/partner/objects/{}/place", path_part(dev_eui))
}

async fn place_page(
    viewer: &Viewer,
    (reach, dev_eui): (&Reach, &str),
    filled: &Submission,
    (fault, fault_of_replacement): (&Fault, &Fault),
) -> Result<Page, Problem> {
    let device = viewer.get(&format!("/v1/devices/{}", path_part(dev_eui))).await?;
    let points = points(viewer, reach, &device);
    let path = format!("/partner/objects/{}", path_part(dev_eui));
    let content = html! {
        p { a href=(path) { (viewer.say("object-back")) } }
        p.lead { (viewer.say("place-lead")) }
        (links(viewer, &points))
        div.halves {
            section.card { (point_form(viewer, &path, filled, fault, !points.is_empty())) }
            section.card { (replacement_form(viewer, &path, filled, fault_of_replacement)) }
        }
    };
    Ok(partner_page(viewer, &viewer.say("object-place"), content))
}

/// The points of its group that an object is or was on, as far as the viewer may see them.
fn points(viewer: &Viewer, reach: &Reach, device: &Json) -> Vec<Json> {
    let Ok(dev_eui) = text(device, "/devEui").parse::<DevEui>() else { return Vec::new() };
    let group = text(device, "/group");
    let points = viewer.service().devices.points_of(dev_eui).into_iter();
    let own = points.filter(|point| point.group.as_str() == group && reach.sees(&point.group));
    own.filter_map(|point| serde_json::to_value(point).ok()).collect()
}

fn links(viewer: &Viewer, points: &[Json]) -> Markup {
    let mut table = Table::new(viewer.say("place-links"))
        .column(viewer.say("place-point"))
        .column(viewer.say("place-device"))
        .column(viewer.say("place-from"))
        .column(viewer.say("place-until"));
    for point in points {
        for link in items(point, "/links") {
            let dev_eui = text(link, "/devEui");
            let at =
                |pointer: &str| moment(link, pointer).map_or_else(dash, |at| viewer.moment(at));
            table.row(vec![
                html! { (text(point, "/point")) },
                html! { a href=(format!("/partner/objects/{dev_eui}")) { code { (dev_eui) } } },
                at("/from"),
                at("/until"),
            ]);
        }
    }
    html! { @if !table.is_empty() { (table.shown()) } }
}

fn point_form(
    viewer: &Viewer,
    path: &str,
    filled: &Submission,
    fault: &Fault,
    is_on_one: bool,
) -> Markup {
    html! {
        h2 { (viewer.say("place-put")) }
        (form(viewer, &format!("{path}/place"), fault, html! {
            (Field::new("point", viewer.say("place-point")).value(filled.text("point")).fault(fault).required()
                .hint(viewer.say("place-point-hint")).shown())
            (Field::new("from", viewer.say("place-from")).value(filled.text("from")).fault(fault)
                .kind(Kind::Moment).hint(clocks::hint(viewer, "place-from-hint")).shown())
            (submit(&viewer.say("place-put")))
        }))
        @if is_on_one {
            (button_form(viewer, &format!("{path}/leave"), &viewer.say("place-leave"), false))
        }
    }
}

fn replacement_form(viewer: &Viewer, path: &str, filled: &Submission, fault: &Fault) -> Markup {
    let field = |name: &'static str, label: String| {
        Field::new(name, label).value(filled.text(name)).fault(fault)
    };
    html! {
        h2 { (viewer.say("replace-title")) }
        p { (viewer.say("replace-lead")) }
        (form(viewer, &format!("{path}/replace"), fault, html! {
            (field("by", viewer.say("replace-by")).required().hint(viewer.say("object-dev-eui-hint")).shown())
            (field("at", viewer.say("replace-at")).kind(Kind::Moment)
                .hint(clocks::hint(viewer, "moment-hint")).shown())
            (field("quantity", viewer.say("replace-quantity")).hint(viewer.say("replace-quantity-hint")).shown())
            (field("last", viewer.say("replace-last")).shown())
            (field("first", viewer.say("replace-first")).shown())
            (submit(&viewer.say("replace-title")))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replacement_has_the_indexes_that_are_said() {
        let clocks = Clocks::named("Europe/Paris");
        let said = [("by", "70B3D5499A000002"), ("quantity", "water.volume"), ("last", "12,5")];
        let said = said.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let made = replacement(&Submission::of_fields(said.clone()), &clocks);
        assert_eq!(made["indexes"], json!([{ "quantity": "water.volume", "last": 12.5 }]));
        assert!(made.get("at").is_none());
        let at = ("at".to_owned(), "2027-03-01T08:00".to_owned());
        let dated = replacement(&Submission::of_fields(said.into_iter().chain([at])), &clocks);
        assert_eq!(dated["at"], "2027-03-01T07:00:00Z");
    }
}
