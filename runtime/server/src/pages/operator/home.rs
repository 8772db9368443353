//! The first page of the operator: the first steps of a new installation, and the state of the house.

use maud::{Markup, html};

use super::{
    first_steps::{Step, first_steps},
    house::House,
    sections,
};
use crate::{
    api::Problem,
    pages::{
        layout::Page,
        parts::{badge::badge, notice::Tone},
        viewer::Viewer,
    },
};

pub(super) async fn show(viewer: Viewer) -> Result<Page, Problem> {
    // Those who may not look after the house are told so here.
    viewer.get("/v1/storage").await?;
    let (steps, house) = (first_steps(&viewer).await, House::of(&viewer).await);
    let content = html! {
        p.lead { (viewer.say("operator-lead")) }
        (shown(&viewer, &steps))
        h2 { (viewer.say("operator-house-title")) }
        (house.shown(&viewer))
    };
    Ok(sections::page(&viewer, &viewer.say("operator-title"), content))
}

/// The first steps; one sentence where all are done.
fn shown(viewer: &Viewer, steps: &[Step]) -> Markup {
    let done = steps.iter().filter(|step| step.done == Some(true)).count();
    if done == steps.len() {
        return html! { p { (badge(Tone::Good, &viewer.say("operator-steps-complete"))) } };
    }
    html! {
        h2 { (viewer.say("operator-steps-title")) }
        p { (viewer.say_with("operator-steps-lead", [("done", done.into()), ("all", steps.len().into())])) }
        progress max=(steps.len()) value=(done) aria-label=(viewer.say("operator-steps-title")) {}
        ol.cards { @for step in steps { (shown_step(viewer, step)) } }
    }
}

fn shown_step(viewer: &Viewer, step: &Step) -> Markup {
    let (name, way) =
        (format!("operator-step-{}", step.word), format!("operator-step-{}-how", step.word));
    let (tone, word) = match step.done {
        Some(true) => (Tone::Good, "operator-steps-done"),
        Some(false) => (Tone::Plain, "operator-steps-open"),
        None => (Tone::Plain, "operator-house-unknown"),
    };
    html! {
        li.card {
            p.title {
                @match step.page {
                    Some(page) => a href=(page) { (viewer.say(&name)) },
                    None => (viewer.say(&name)),
                }
                " " (badge(tone, &viewer.say(word)))
            }
            @if step.done != Some(true) { p { (viewer.say(&way)) } }
        }
    }
}
