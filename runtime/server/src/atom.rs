//! Parts of feeds (Atom, RFC 4287), which are written as pages are.

use maud::{Markup, PreEscaped, html};

/// The media type of a feed.
pub(crate) const CONTENT_TYPE: &str = "application/atom+xml; charset=utf-8";

/// Returns the line that begins a document of XML.
pub(crate) fn declaration() -> PreEscaped<&'static str> {
    PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n")
}

/// Returns a link, which has no content: an element of XML without content ends itself.
pub(crate) fn link(relation: &str, address: &str) -> Markup {
    let opened = html! { a rel=(relation) href=(address) {} }.into_string();
    PreEscaped(opened.replacen("<a ", "<link ", 1).replace("></a>", "/>"))
}

/// Returns a text without the characters that XML cannot hold, however they are written.
pub(crate) fn without_controls(text: &str) -> String {
    let may_stand = |sign: &char| !sign.is_control() || "\t\n\r".contains(*sign);
    text.chars()
        .filter(may_stand)
        .filter(|sign| !('\u{fffe}'..='\u{ffff}').contains(sign))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_ends_itself_and_holds_no_foreign_markup() {
        let address = "https://champollion.example/?a=1&b=\"<";
        let written = link("self", address).into_string();
        assert_eq!(
            written,
            "<link rel=\"self\" href=\"https://champollion.example/?a=1&amp;b=&quot;&lt;\"/>"
        );
    }

    #[test]
    fn what_xml_cannot_hold_is_left_out() {
        assert_eq!(without_controls("a\u{0}b\u{7f}\u{ffff}c\n"), "abc\n");
    }
}
