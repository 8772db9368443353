//! Tables, which become cards on a phone: each cell carries the heading of its column.

use maud::{Markup, html};

/// A table with a name for those who do not see it.
pub(in crate::pages) struct Table {
    caption: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    is_compact: bool,
}

struct Row {
    cells: Vec<Markup>,
    lights: Option<(String, String)>,
}

struct Column {
    heading: String,
    is_number: bool,
    sorted: Option<(String, Option<&'static str>)>,
}

impl Table {
    /// The table of a name.
    pub(in crate::pages) fn new(caption: impl Into<String>) -> Self {
        let (columns, rows) = (Vec::new(), Vec::new());
        Self { caption: caption.into(), columns, rows, is_compact: false }
    }

    /// The same in few lines on a phone: the name of a row with its number beside it, and the rest below. It is for
    /// tables whose cells say by themselves what they are.
    pub(in crate::pages) fn compact(self) -> Self {
        Self { is_compact: true, ..self }
    }

    /// The same with one more column of texts.
    pub(in crate::pages) fn column(mut self, heading: impl Into<String>) -> Self {
        self.columns.push(Column { heading: heading.into(), is_number: false, sorted: None });
        self
    }

    /// The same with one more column of numbers.
    pub(in crate::pages) fn numbers(mut self, heading: impl Into<String>) -> Self {
        self.columns.push(Column { heading: heading.into(), is_number: true, sorted: None });
        self
    }

    /// The same with the last column sorted by a link; `order` is `ascending` or `descending` where the table is
    /// sorted by it.
    pub(in crate::pages) fn sorted_by(mut self, link: String, order: Option<&'static str>) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.sorted = Some((link, order));
        }
        self
    }

    /// Adds a row: a cell for each column, of which the first names the row.
    pub(in crate::pages) fn row(&mut self, cells: Vec<Markup>) {
        self.rows.push(Row { cells, lights: None });
    }

    /// Adds a row that lights up some bytes of a list under the pointer: the id of the list, and `3-5,8`.
    pub(in crate::pages) fn lighting_row(&mut self, cells: Vec<Markup>, lights: (String, String)) {
        self.rows.push(Row { cells, lights: Some(lights) });
    }

    /// Whether the table has no row.
    pub(in crate::pages) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the table as markup.
    pub(in crate::pages) fn shown(&self) -> Markup {
        html! {
            div.table.compact[self.is_compact] role="region" aria-label=(self.caption) tabindex="0" {
                table {
                    caption.unseen { (self.caption) }
                    thead { tr { @for column in &self.columns { (heading(column)) } } }
                    tbody {
                        @for row in &self.rows {
                            tr data-of=[row.lights.as_ref().map(|(list, _)| list)]
                                data-bytes=[row.lights.as_ref().map(|(_, bytes)| bytes)] {
                                @for cell in row.cells.iter().zip(&self.columns).enumerate() {
                                    (shown_cell(cell))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn heading(column: &Column) -> Markup {
    let order = column.sorted.as_ref().and_then(|(_, order)| *order);
    html! {
        th scope="col" class=[class(column)] aria-sort=[order] {
            @match &column.sorted {
                Some((link, _)) => a href=(link) { (column.heading) },
                None => (column.heading),
            }
        }
    }
}

fn shown_cell((index, (cell, column)): (usize, (&Markup, &Column))) -> Markup {
    html! {
        @if index == 0 {
            th scope="row" data-label=(column.heading) class=[class(column)] { (cell) }
        } @else {
            td data-label=(column.heading) class=[class(column)] { (cell) }
        }
    }
}

fn class(column: &Column) -> Option<&'static str> {
    column.is_number.then_some("number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_carry_the_heading_of_their_column_and_hold_no_foreign_markup() {
        let mut table = Table::new("Decoders").column("Name").numbers("Size");
        assert!(table.is_empty());
        table.row(vec![html! { ("<script>") }, html! { "3" }]);
        let shown = table.shown().into_string();
        assert!(shown.contains("<th scope=\"row\" data-label=\"Name\">&lt;script&gt;</th>"));
        assert!(shown.contains("<td data-label=\"Size\" class=\"number\">3</td>"), "{shown}");
        assert!(shown.starts_with("<div class=\"table\""), "{shown}");
        let compact = Table::new("Values").compact().shown().into_string();
        assert!(compact.starts_with("<div class=\"table compact\""), "{compact}");
    }
}
