//! The form by which a request is tried. The script of the pages sends it with the viewer's session, to this server alone;
//! without the script the line of curl does the same.

use maud::{Markup, html};

use super::{
    curl::example_text,
    document::{Document, Operation, Parameter},
};
use crate::pages::{
    parts::form::{Field, Kind},
    viewer::Viewer,
};

/// Rows of the field of the body.
const ROWS: u8 = 10;

/// The form of an operation. It is hidden until the script takes it, since a browser alone cannot send such a request.
pub(super) fn trial(viewer: &Viewer, document: &Document, operation: &Operation) -> Markup {
    if !operation.can_be_tried() {
        return html! { p { (viewer.say("reference-try-file")) } };
    }
    let example = operation.body.as_ref().map(|body| example_text(body, &document.schemas));
    html! {
        noscript { p { (viewer.say("reference-try-no-script")) } }
        form.fields.card data-tries=(operation.method) data-path=(operation.path) hidden {
            p { (viewer.say("reference-try-lead")) }
            @for parameter in &operation.parameters { (field(parameter)) }
            @if let Some(example) = example {
                (Field::new("body", viewer.say("reference-body")).kind(Kind::Lines(ROWS))
                    .value(example).shown())
            }
            p.actions { button type="submit" { (viewer.say("reference-send")) } }
            h3 { (viewer.say("reference-answer")) }
            pre tabindex="0" aria-live="polite" { code data-answer="" {} }
        }
    }
}

/// The field of a parameter. Its name says the place too, so that the script puts it there.
fn field(parameter: &Parameter) -> Markup {
    let name = format!("{}:{}", parameter.place, parameter.name);
    let field = Field::new(&name, parameter.name.clone());
    if parameter.required { field.required().shown() } else { field.shown() }
}
