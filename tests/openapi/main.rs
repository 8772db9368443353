//! The reference: the document at `/openapi.json` describes every endpoint as it is, the schemas and the list
//! of problems in `docs/` are those of the server, and JSON that the documents show satisfies them.
//!
//! With `CHAMPOLLION_BLESS=1` in the environment the files in `docs/` are written instead of compared.

mod clients;
mod endpoints;
mod examples;
mod files;
mod problems;
mod served;
