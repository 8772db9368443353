//! The figures of connectivity as partners and operators see them: what is promised and what was heard, who is silent, and who
//! is left out.

mod figures;
mod objects;
mod reception;

use axum::{
    http::{
        HeaderValue, Method, StatusCode,
        header::{ACCEPT, CONTENT_DISPOSITION},
    },
    response::Response,
};
use jiff::ToSpan;
use maud::{Markup, html};
use serde_json::Value as Json;

use super::{clocks::Clocks, json::address, tables, viewer::Viewer};
use crate::api::Problem;

/// The media type of workbooks.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The answers without which a page is shown that has more than figures.
const LEFT_OUT: [StatusCode; 3] =
    [StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];

/// Returns the figures that a viewer may see; `path` is that of the page.
///
/// # Errors
/// The [`Problem`] with which the interface answers.
pub(super) async fn content(viewer: &Viewer, path: &str) -> Result<Markup, Problem> {
    let group = viewer.parameter("group").unwrap_or_default();
    let of_group = [("group", group.as_str())];
    let days = all_days(viewer, &of_group).await?;
    let available = viewer.get(&address("/v1/quality/availability", &of_group)).await?;
    let silent = viewer.get(&objects::part_of(viewer, "/v1/quality/silent", &group)).await?;
    let excluded =
        viewer.get(&address("/v1/quality/excluded", &[of_group[0], ("limit", "200")])).await?;
    Ok(html! {
        (figures::shown(viewer, &days, &available))
        (reception::shown(viewer, &days))
        p.actions {
            a.button.quiet href=(address(&format!("{path}/workbook"), &of_group)) {
                (viewer.say("quality-workbook"))
            }
        }
        p.actions {
            span.small { (viewer.say("quality-ingest")) }
            (tables::links("availability", &of_group))
        }
        (objects::silent(viewer, &silent))
        (objects::excluded(viewer, &excluded))
    })
}

/// Returns the shares of the last whole day of all that a viewer sees; nothing where that is no object.
///
/// # Errors
/// The [`Problem`] with which the interface answers.
pub(super) async fn shares(viewer: &Viewer) -> Result<Markup, Problem> {
    // Enough for the last whole day.
    let from = Clocks::of(viewer).today().saturating_sub(2.days()).to_string();
    match all_days(viewer, &[("from", from.as_str())]).await {
        Ok(list) => Ok(figures::shares(viewer, &list)),
        // Notices are for all who are signed in, and figures are not; notices are shown however busy the server is.
        Err(problem) if LEFT_OUT.contains(&problem.status()) => Ok(html! {}),
        Err(problem) => Err(problem),
    }
}

/// The figures of days of all groups together, of the last 30 days where nothing else is asked.
async fn all_days(viewer: &Viewer, asked: &[(&str, &str)]) -> Result<Json, Problem> {
    let whole = [("per", "whole"), ("limit", "1000")];
    let pairs: Vec<(&str, &str)> = asked.iter().copied().chain(whole).collect();
    viewer.get(&address("/v1/quality", &pairs)).await
}

/// Returns the figures as a workbook.
///
/// # Errors
/// The [`Problem`] with which the interface answers.
pub(super) async fn workbook(viewer: &Viewer) -> Result<Response, Problem> {
    let group = viewer.parameter("group").unwrap_or_default();
    let wanted = address("/v1/quality", &[("group", group.as_str()), ("per", "use-case")]);
    let header = (ACCEPT, HeaderValue::from_static(WORKBOOK));
    let mut answer = viewer.pass_with((Method::GET, wanted.as_str()), header, None).await?;
    let file = HeaderValue::from_static("attachment; filename=\"quality.xlsx\"");
    answer.headers_mut().insert(CONTENT_DISPOSITION, file);
    Ok(answer)
}
