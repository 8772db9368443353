//! Lists as files for spreadsheets: the tables of the interface, with the parameters of the page.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{
        HeaderValue, Method,
        header::{ACCEPT, CONTENT_DISPOSITION},
    },
    response::Response,
    routing::get,
};
use champollion_delivery::formats::Layout;
use maud::{Markup, html};

use super::{json::address, language::Language, viewer::Viewer};
use crate::{api::Problem, service::Service, workbook::WORKBOOK_TYPE};

/// The lists that can be had as files, each with its path of the interface.
const LISTS: [(&str, &str); 6] = [
    ("alerts", "/v1/alerts"),
    ("availability", "/v1/quality/availability"),
    ("gateways", "/v1/gateways"),
    ("notices", "/v1/notices"),
    ("schedules", "/v1/schedules"),
    ("statements", "/v1/statements"),
];

/// The parameters of lists that a page may say.
const PARAMETERS: [&str; 5] = ["group", "state", "date", "from", "to"];

/// The media type of a table of CSV.
const CSV: &str = "text/csv";

/// The endings of files, each with its words on a page and its media type.
const FORMS: [(&str, &str, &str); 2] = [("csv", "CSV", CSV), ("xlsx", "XLSX", WORKBOOK_TYPE)];

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/tables/{file}", get(file))
}

/// The ways to a list as a file, in each form.
pub(super) fn links(list: &str, pairs: &[(&str, &str)]) -> Markup {
    html! {
        @for (ending, words, _) in FORMS {
            a.button.quiet href=(address(&format!("/tables/{list}.{ending}"), pairs)) { (words) }
        }
    }
}

async fn file(viewer: Viewer, Path(name): Path<String>) -> Result<Response, Problem> {
    let Some((path, media_type)) = found(&name) else {
        let detail = format!("there is no table {name:?}");
        return Err(Problem::not_found("no-such-path", detail));
    };
    let said: Vec<(&str, String)> = PARAMETERS
        .into_iter()
        .filter_map(|parameter| Some((parameter, viewer.parameter(parameter)?)))
        .collect();
    let mut pairs: Vec<(&str, &str)> =
        said.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if media_type == CSV {
        pairs.push(("layout", layout_of(&viewer).as_str()));
    }
    let header = (ACCEPT, HeaderValue::from_static(media_type));
    let asked = address(path, &pairs);
    let mut answer = viewer.pass_with((Method::GET, asked.as_str()), header, None).await?;
    // A name that was found has letters alone.
    let file = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let file = file.map_err(|error| Problem::internal(&error))?;
    answer.headers_mut().insert(CONTENT_DISPOSITION, file);
    Ok(answer)
}

/// The layout of tables of CSV for a viewer: who reads French pages has a spreadsheet that splits at semicolons.
pub(super) fn layout_of(viewer: &Viewer) -> Layout {
    match viewer.language() {
        Language::French => Layout::French,
        Language::English => Layout::International,
    }
}

/// The path of a list and the media type of a form, by the name of a file.
fn found(name: &str) -> Option<(&'static str, &'static str)> {
    let (list, ending) = name.split_once('.')?;
    let (_, path) = LISTS.into_iter().find(|(known, _)| *known == list)?;
    let (.., media_type) = FORMS.into_iter().find(|(known, ..)| *known == ending)?;
    Some((path, media_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_a_list_that_there_is_in_a_form_that_there_is() {
        assert_eq!(found("alerts.csv"), Some(("/v1/alerts", "text/csv")));
        assert_eq!(found("statements.xlsx"), Some(("/v1/statements", WORKBOOK_TYPE)));
        for name in ["alerts", "alerts.ods", "tokens.csv", "alerts.csv.xlsx", ""] {
            assert_eq!(found(name), None, "{name}");
        }
        let links = links("alerts", &[("group", "a&b"), ("state", "")]).into_string();
        assert!(links.contains("href=\"/tables/alerts.csv?group=a%26b\""), "{links}");
    }
}
