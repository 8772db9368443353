//! Forms, with what is wrong said at the field that is at fault.

use maud::{Markup, html};

use crate::{
    api::Problem,
    pages::{
        layout::token_field,
        parts::notice::{Tone, notice},
        told::Told,
        viewer::Viewer,
    },
};

/// The fault of a form that was sent: the words of the problem, and the field that it names.
#[derive(Debug, Default)]
pub(in crate::pages) struct Fault {
    told: Option<Told>,
    field: Option<String>,
    others: Vec<(String, Told)>,
}

impl Fault {
    /// No fault: the form has not been sent yet.
    pub(in crate::pages) fn none() -> Self {
        Self::default()
    }

    /// The fault that a problem tells of.
    pub(in crate::pages) fn of(problem: &Problem) -> Self {
        let path = problem.member("path").and_then(|path| path.as_str());
        let field = path.map(str::to_owned);
        Self { told: Some(Told::of(problem)), field, others: Vec::new() }
    }

    /// The fault that a problem tells of, at a field that the problem does not name.
    pub(in crate::pages) fn at_field(problem: &Problem, field: &str) -> Self {
        Self { field: Some(field.to_owned()), ..Self::of(problem) }
    }

    /// A fault in words of the page, at a field.
    pub(in crate::pages) fn said(text: String, field: &str) -> Self {
        let told = Some(Told::by_page(text));
        Self { told, field: Some(field.to_owned()), others: Vec::new() }
    }

    /// The same at the field of the form that is called otherwise than the member of the interface; a field that no name
    /// is found for stays.
    pub(in crate::pages) fn renamed(self, name: impl FnOnce(&str) -> Option<String>) -> Self {
        let field = self.field.as_deref().and_then(name).or_else(|| self.field.clone());
        Self { field, ..self }
    }

    /// The same with faults of single fields, each with words of its own.
    pub(in crate::pages) fn with_others(self, others: Vec<(String, Told)>) -> Self {
        Self { others, ..self }
    }

    /// The words about a field: it is named, or what the path names is below it.
    pub(in crate::pages) fn at(&self, name: &str) -> Option<&Told> {
        if let Some((_, told)) = self.others.iter().find(|(own, _)| own == name) {
            return Some(told);
        }
        let path = self.field.as_deref()?;
        let is_meant = path == name
            || path.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '[']));
        self.told.as_ref().filter(|_| is_meant)
    }

    /// Whether anything is wrong.
    pub(in crate::pages) fn is_some(&self) -> bool {
        self.told.is_some()
    }

    /// The notice at the head of the form.
    fn notice(&self, viewer: &Viewer) -> Markup {
        html! {
            @if let Some(told) = &self.told {
                (notice(Tone::Bad, html! {
                    p.title { (viewer.say("form-fault")) }
                    p { (told.shown()) }
                }))
            }
        }
    }
}

/// Returns a form that changes something, with the token of the viewer's session.
pub(in crate::pages) fn form(
    viewer: &Viewer,
    action: &str,
    fault: &Fault,
    content: Markup,
) -> Markup {
    html! {
        form.fields method="post" action=(action) {
            (token_field(viewer))
            (fault.notice(viewer))
            (content)
        }
    }
}

/// Returns a form that sends files too.
pub(in crate::pages) fn file_form(
    viewer: &Viewer,
    action: &str,
    fault: &Fault,
    content: Markup,
) -> Markup {
    html! {
        form.fields method="post" action=(action) enctype="multipart/form-data" {
            (token_field(viewer))
            (fault.notice(viewer))
            (content)
        }
    }
}

/// Returns a form of one button, for an act that needs no more. A dangerous one looks so, and the script asks before.
pub(in crate::pages) fn button_form(
    viewer: &Viewer,
    action: &str,
    text: &str,
    is_dangerous: bool,
) -> Markup {
    let question = is_dangerous.then(|| viewer.say_with("form-sure", [("act", text.into())]));
    html! {
        form.inline method="post" action=(action) data-confirm=[question] {
            (token_field(viewer))
            button type="submit" class=(if is_dangerous { "danger" } else { "quiet" }) { (text) }
        }
    }
}

/// The kinds of fields.
#[derive(Clone, Debug)]
pub(in crate::pages) enum Kind {
    /// A line of text, of an `input` of this type: `text`, `email`, `password`, `number`, `date`, `search`, `url`.
    Line(&'static str),
    /// A moment, by clocks that the hint names; see [`crate::pages::clocks`].
    Moment,
    /// A text of several lines.
    Lines(u8),
    /// A choice of words, each with its text.
    Choice(Vec<(String, String)>),
    /// A box to tick.
    Tick,
    /// A file, of these types.
    File(&'static str),
}

/// A field of a form.
pub(in crate::pages) struct Field<'of> {
    name: &'of str,
    form: &'of str,
    label: String,
    kind: Kind,
    value: String,
    hint: Option<String>,
    fault: Option<&'of Told>,
    is_required: bool,
    completion: Option<&'static str>,
    suggestions: Vec<(String, String)>,
    language: Option<&'static str>,
}

impl<'of> Field<'of> {
    /// The field of a name and a label, a line of text unless it is said otherwise.
    pub(in crate::pages) fn new(name: &'of str, label: impl Into<String>) -> Self {
        Self {
            name,
            form: "",
            label: label.into(),
            kind: Kind::Line("text"),
            value: String::new(),
            hint: None,
            fault: None,
            is_required: false,
            completion: None,
            suggestions: Vec::new(),
            language: None,
        }
    }

    /// The same in one of several forms of a page, so that fields of one name are told apart.
    pub(in crate::pages) fn of_form(self, form: &'of str) -> Self {
        Self { form, ..self }
    }

    /// The same with another label.
    pub(in crate::pages) fn label(self, label: impl Into<String>) -> Self {
        Self { label: label.into(), ..self }
    }

    /// The same of another kind.
    pub(in crate::pages) fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same with what is in it.
    pub(in crate::pages) fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// The same with a sentence that helps to fill it in.
    pub(in crate::pages) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same with what is wrong with it.
    pub(in crate::pages) fn fault(self, fault: &'of Fault) -> Self {
        let fault = fault.at(self.name);
        Self { fault, ..self }
    }

    /// The same, which must be filled in.
    pub(in crate::pages) fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// The same with what a browser may fill in, such as `username` or `one-time-code`.
    pub(in crate::pages) fn completed_by(self, completion: &'static str) -> Self {
        Self { completion: Some(completion), ..self }
    }

    /// The same with words that may be chosen instead of written, each with its text.
    pub(in crate::pages) fn suggesting(self, suggestions: Vec<(String, String)>) -> Self {
        Self { suggestions, ..self }
    }

    /// The same with words of a decoder, which are English in every language of the page: its choices, or else its
    /// label.
    pub(in crate::pages) fn in_english(self) -> Self {
        Self { language: Some("en"), ..self }
    }

    /// Returns the field with its label, hint and fault.
    pub(in crate::pages) fn shown(&self) -> Markup {
        if matches!(self.kind, Kind::Tick) {
            return self.tick();
        }
        html! {
            div.field {
                label for=(self.id()) lang=[self.language_of_label()] { (self.label) }
                @if let Some(hint) = &self.hint { p.hint id=(self.hint_id()) { (hint) } }
                @if let Some(fault) = self.fault {
                    p.fault id=(self.fault_id()) { (fault.shown()) }
                }
                (self.control())
            }
        }
    }

    fn tick(&self) -> Markup {
        html! {
            div.field.tick {
                input type="checkbox" id=(self.id()) name=(self.name) value="yes"
                    checked[!self.value.is_empty()] aria-describedby=[self.described_by()];
                label for=(self.id()) lang=[self.language_of_label()] { (self.label) }
                @if let Some(hint) = &self.hint { p.hint id=(self.hint_id()) { (hint) } }
            }
        }
    }

    fn language_of_label(&self) -> Option<&'static str> {
        self.language.filter(|_| !matches!(self.kind, Kind::Choice(_)))
    }

    fn control(&self) -> Markup {
        let (id, described, invalid) = (self.id(), self.described_by(), self.fault.map(|_| "true"));
        html! {
            @match &self.kind {
                Kind::Line(kind) => {
                    input type=(kind) id=(id) name=(self.name) value=(self.value)
                        required[self.is_required] autocomplete=[self.completion]
                        list=[self.list_id()] aria-describedby=[described] aria-invalid=[invalid];
                    @if let Some(id) = self.list_id() {
                        datalist id=(id) {
                            @for (word, text) in &self.suggestions { option value=(word) { (text) } }
                        }
                    }
                }
                Kind::Moment => {
                    // Without a step, a moment that has seconds could not be sent back.
                    input type="datetime-local" step="any" id=(id) name=(self.name) value=(self.value)
                        required[self.is_required] aria-describedby=[described] aria-invalid=[invalid];
                }
                Kind::Lines(rows) => {
                    textarea id=(id) name=(self.name) rows=(rows) required[self.is_required]
                        aria-describedby=[described] aria-invalid=[invalid] { (self.value) }
                }
                Kind::Choice(choices) => {
                    select id=(id) name=(self.name) required[self.is_required]
                        aria-describedby=[described] aria-invalid=[invalid] {
                        @for (word, text) in choices {
                            option value=(word) lang=[self.language] selected[*word == self.value] { (text) }
                        }
                    }
                }
                Kind::File(types) => {
                    input type="file" id=(id) name=(self.name) accept=(types)
                        required[self.is_required] aria-describedby=[described]
                        aria-invalid=[invalid];
                }
                Kind::Tick => {}
            }
        }
    }

    fn id(&self) -> String {
        format!("field-{}{}", self.form, self.name)
    }

    fn hint_id(&self) -> String {
        format!("hint-{}{}", self.form, self.name)
    }

    fn list_id(&self) -> Option<String> {
        (!self.suggestions.is_empty()).then(|| format!("list-{}{}", self.form, self.name))
    }

    fn fault_id(&self) -> String {
        format!("fault-{}{}", self.form, self.name)
    }

    fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| self.hint_id());
        let fault = self.fault.map(|_| self.fault_id());
        let ids: Vec<String> = hint.into_iter().chain(fault).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// Returns the button that sends a form.
pub(in crate::pages) fn submit(text: &str) -> Markup {
    html! { p.actions { button type="submit" { (text) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_at_the_field() {
        let problem = Problem::bad_request("invalid-body", "url is no address").with("path", "url");
        let fault = Fault::of(&problem);
        let field = Field::new("url", "Address").value("\"><script>").fault(&fault).required();
        let shown = field.shown().into_string();
        assert!(shown.contains("id=\"fault-url\""), "{shown}");
        assert!(shown.contains("aria-describedby=\"fault-url\" aria-invalid=\"true\""), "{shown}");
        assert!(shown.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{shown}");
        let other = Field::new("name", "Name").fault(&fault).shown().into_string();
        assert!(!other.contains("fault"), "{other}");
        assert!(fault.at("ur").is_none());
    }

    #[test]
    fn words_are_suggested_and_others_can_be_written() {
        let suggestions = vec![("group:<b>".to_owned(), "Group <b>".to_owned())];
        let field = Field::new("scope", "Scope").of_form("add").suggesting(suggestions);
        let shown = field.shown().into_string();
        assert!(shown.contains("list=\"list-addscope\""), "{shown}");
        let option = "<datalist id=\"list-addscope\"><option value=\"group:&lt;b&gt;\">Group &lt;b&gt;</option>";
        assert!(shown.contains(option), "{shown}");
        assert!(!Field::new("name", "Name").shown().into_string().contains("list"));
    }

    #[test]
    fn words_of_decoders_are_marked_as_english() {
        let choices = vec![("dim".to_owned(), "Dims".to_owned())];
        let choice = Field::new("command", "Commande").kind(Kind::Choice(choices)).in_english();
        let shown = choice.shown().into_string();
        assert!(shown.contains("<option value=\"dim\" lang=\"en\">Dims"), "{shown}");
        assert!(shown.contains("<label for=\"field-command\">Commande"), "{shown}");
        let level = Field::new("level", "dimming level").in_english().shown().into_string();
        assert!(level.contains("<label for=\"field-level\" lang=\"en\">"), "{level}");
    }

    #[test]
    fn faults_stand_at_the_fields_that_the_form_has() {
        let problem = Problem::bad_request("invalid-body", "no").with("path", "to.http.url");
        let fault =
            Fault::of(&problem).renamed(|path| (path == "to.http.url").then(|| "url".into()));
        assert_eq!((fault.at("url"), fault.at("to")), (Some(&Told::of(&problem)), None));
        let none = Told::by_page("it is none".into());
        let several = Fault::of(&problem).with_others(vec![("latitude".into(), none.clone())]);
        assert_eq!(several.at("latitude"), Some(&none));
    }

    #[test]
    fn what_is_below_a_field_is_the_fields() {
        let problem = Problem::bad_request("invalid-body", "no").with("path", "headers.x[0]");
        assert!(Fault::of(&problem).at("headers").is_some());
    }
}
