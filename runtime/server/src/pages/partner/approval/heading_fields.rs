//! The fields of the six headings of a declaration.

use maud::{Markup, html};

use super::declaration::{COVERAGES, DIRECTIONS, STAGES, TIMES, field_of, stage_field};
use crate::{
    api::Problem,
    pages::{
        parts::form::{Fault, Field, Kind},
        submission::Submission,
        viewer::Viewer,
    },
};

/// The fault of a form with a declaration, at the field that the problem names by its path or by its words.
pub(super) fn fault_of(problem: &Problem) -> Fault {
    let by_words = (problem.code() == "invalid-declaration").then(|| field_of(problem.detail()));
    match by_words.flatten() {
        Some(field) => Fault::at_field(problem, &field),
        None => Fault::of(problem).renamed(field_of),
    }
}

/// Returns the fields of the six headings.
pub(super) fn headings(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Markup {
    html! {
        (heading(&viewer.say("heading-mission"), html! {
            (Field::new("mission", viewer.say("mission")).kind(Kind::Lines(4)).value(filled.text("mission"))
                .hint(viewer.say("mission-hint")).fault(fault).required().shown())
        }))
        (heading(&viewer.say("heading-period"), period(viewer, filled, fault)))
        (heading(&viewer.say("heading-coverage"), coverage(viewer, filled, fault)))
        (heading(&viewer.say("heading-objects"), stages(viewer, filled, fault)))
        (heading(&viewer.say("heading-direction"), direction(viewer, filled, fault)))
        (heading(&viewer.say("heading-frequency"), frequency(viewer, filled, fault)))
    }
}

fn heading(text: &str, content: Markup) -> Markup {
    html! { fieldset { legend { (text) } (content) } }
}

fn period(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Markup {
    html! {
        (Field::new("periodFrom", viewer.say("period-from")).kind(Kind::Line("date"))
            .value(filled.text("periodFrom")).fault(fault).required().shown())
        (Field::new("periodUntil", viewer.say("period-until")).kind(Kind::Line("date"))
            .value(filled.text("periodUntil")).hint(viewer.say("period-until-hint")).fault(fault).shown())
        (Field::new("calendar", viewer.say("period-calendar")).kind(Kind::Lines(2))
            .value(filled.text("calendar")).hint(viewer.say("period-calendar-hint")).fault(fault).shown())
    }
}

fn coverage(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Markup {
    let is_ticked = |word: &str| filled.all("coverage").iter().any(|own| own == word);
    html! {
        @if let Some(said) = fault.at("coverage") { p.fault { (said.shown()) } }
        @for word in COVERAGES {
            div.field.tick {
                input type="checkbox" name="coverage" value=(word) id={ "coverage-" (word) } checked[is_ticked(word)];
                label for={ "coverage-" (word) } { (viewer.say_word("coverage", word)) }
            }
        }
    }
}

fn stages(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Markup {
    let parts = [("from", "date"), ("number", "number"), ("places", "text")];
    let shown = |at: usize| {
        html! {
            div.narrowing {
                @for (part, kind) in parts { (stage(viewer, (at, part, kind), filled, fault)) }
            }
        }
    };
    let is_touched = |at: usize| {
        let names = parts.map(|(part, _)| stage_field(at, part));
        names.iter().any(|name| filled.filled(name).is_some() || fault.at(name).is_some())
    };
    html! {
        p.hint { (viewer.say("stages-hint")) }
        (shown(0))
        details open[(1..STAGES).any(is_touched)] {
            summary { (viewer.say("stages-further")) }
            @for at in 1..STAGES { (shown(at)) }
        }
    }
}

fn stage(
    viewer: &Viewer,
    (at, part, kind): (usize, &str, &'static str),
    filled: &Submission,
    fault: &Fault,
) -> Markup {
    let name = stage_field(at, part);
    let label = format!("{} {}", viewer.say_word("stage", part), at + 1);
    let field = Field::new(&name, label).kind(Kind::Line(kind)).value(filled.text(&name));
    let field = field.fault(fault);
    if at == 0 { field.required().shown() } else { field.shown() }
}

fn choice(viewer: &Viewer, family: &str, words: &[&str]) -> Kind {
    let words = words.iter().map(|word| ((*word).to_owned(), viewer.say_word(family, word)));
    Kind::Choice(words.collect())
}

fn direction(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Markup {
    let kind = choice(viewer, "messages-direction", &DIRECTIONS);
    let field = Field::new("direction", viewer.say("messages-direction")).kind(kind);
    field.value(filled.text("direction")).fault(fault).shown()
}

fn frequency(viewer: &Viewer, filled: &Submission, fault: &Fault) -> Markup {
    let rate = |messages: &'static str, per: &'static str, label: String| {
        html! {
            div.narrowing {
                (Field::new(messages, label).kind(Kind::Line("number")).value(filled.text(messages)).fault(fault).shown())
                (Field::new(per, viewer.say("rate-per")).kind(choice(viewer, "per", &TIMES))
                    .value(filled.text(per)).fault(fault).shown())
            }
        }
    };
    html! {
        p.hint { (viewer.say("frequency-hint")) }
        (rate("upMessages", "upPer", viewer.say("rate-up")))
        (rate("downMessages", "downPer", viewer.say("rate-down")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::told::Told;

    #[test]
    fn a_fault_of_a_declaration_stands_at_its_heading() {
        let said = "objects[1]: it begins on 2026-01-01, which is not after the step before it";
        let problem = Problem::bad_request("invalid-declaration", said);
        assert_eq!(fault_of(&problem).at("stage1-from"), Some(&Told::of(&problem)));
        let problem = Problem::bad_request("invalid-body", "no day");
        let fault = fault_of(&problem.clone().with("path", "declaration.period.from"));
        assert_eq!(fault.at("periodFrom"), Some(&Told::of(&problem)));
    }
}
