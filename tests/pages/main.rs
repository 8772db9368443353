//! Pages for people: each answers in each language, hostile text is text, and what a page does obeys the same rights as
//! the interface.

mod alerts;
mod catalogue;
mod commands;
mod everywhere;
mod hostile;
mod list;
mod operator;
mod partner;
mod reference;
mod schedules;
mod signed_in;
mod texts;
mod workbench;
