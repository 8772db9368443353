//! Parts of pages whose values change while somebody looks: the script asks for them again, until a button is pressed.

use maud::{Markup, html};

use crate::pages::viewer::Viewer;

/// Seconds between two looks: a page is some requests of the rate that its viewer has.
const SECONDS: u8 = 10;

/// Returns a part of a page that is kept up to date, under an id that nothing else on the page has. `page` is the address
/// that shows it, which is not that of a form that was sent. It holds no forms: what the script does with those of a page,
/// it does once.
pub(in crate::pages) fn live(viewer: &Viewer, (page, id): (&str, &str), content: Markup) -> Markup {
    html! {
        div id=(id) { (content) }
        p.actions {
            button.quiet type="button" hidden aria-pressed="true" data-fresh=(id) data-page=(page)
                data-seconds=(SECONDS) {
                (viewer.say("live"))
            }
        }
    }
}
