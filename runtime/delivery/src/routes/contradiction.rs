//! Members of a route or of a query that contradict each other, or that ask for what can never be: they are refused
//! when they are said, since a recipient would wait for nothing.

use champollion_sandbox::Repetition;
use jiff::Timestamp;

use super::{expression::Expression, filter::Filter, shape::Shape};
use crate::formats::{Detail, Format, TableContent, Templates};

/// Why members of a route or of a query do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Contradiction {
    /// Frames of MAC commands alone make no record.
    #[error(
        "{member}: frames of port 0 carry MAC commands alone and make no record, so it can never match: say 1 to 255"
    )]
    PortOfMacCommands {
        /// The member at fault.
        member: &'static str,
    },
    /// An expression multiplies what may be large.
    #[error("{member}: {repetition}")]
    Repeated {
        /// The member that holds the expression.
        member: String,
        /// The reason for which it is refused.
        repetition: Repetition,
    },
    /// There is no measurement that could be new.
    #[error(
        "onlyNew leaves out measurements that were handed over before, and {without}: leave one of them out"
    )]
    NothingNew {
        /// The member that leaves no measurements.
        without: &'static str,
    },
    /// There is no measurement that could be kept.
    #[error("to.postgres keeps measurements, and {without}: leave one of them out")]
    NothingToKeep {
        /// The member that leaves no measurements.
        without: &'static str,
    },
    /// The format has no place for local moments.
    #[error(
        "timeZone: senml writes its moments as seconds of UTC, and has no local ones: leave it out, or say another format"
    )]
    ZoneOfSenml,
    /// Columns of a table would be empty in each row.
    #[error(
        "{member}: the column would be empty in each row, since {without}: leave one of them out"
    )]
    EmptyColumn {
        /// The member that asks for the column.
        member: String,
        /// The member that leaves nothing for it.
        without: &'static str,
    },
    /// Certificates of a connection that has none.
    #[error(
        "{member}.tls: certificates are of a secured connection, and the address is without TLS: leave it out, or say the secured address"
    )]
    TlsOfPlain {
        /// The destination at fault.
        member: &'static str,
    },
    /// A header is named twice.
    #[error("to.http.headers: {one} and {other} are the same header: say it once")]
    HeaderTwice {
        /// The name of the header.
        one: String,
        /// The same name, written in another way.
        other: String,
    },
    /// A secret is named twice.
    #[error(
        "to.http.{member}[{index}]: the route has this secret already, and signs with each once: leave it out"
    )]
    SecretTwice {
        /// The list at fault.
        member: &'static str,
        /// The place of the second one.
        index: usize,
    },
    /// A secret is said that is over.
    #[error(
        "to.http.retiringSecrets[{index}].until is {until}, which is past: nothing would be signed with the secret. Say a \
         moment to come, or leave the secret out"
    )]
    RetiredBefore {
        /// The place of the secret.
        index: usize,
        /// The moment that is past.
        until: Timestamp,
    },
}

impl Filter {
    /// Checks that some record can pass. `member` is the name of the ports.
    ///
    /// # Errors
    /// A port is named on which no record ever comes, or the expression multiplies what may be large.
    pub fn check(&self, member: &'static str) -> Result<(), Contradiction> {
        if self.ports.contains(&0) {
            return Err(Contradiction::PortOfMacCommands { member });
        }
        if let Some(repetition) = self.expression.as_ref().and_then(Expression::repetition) {
            let (member, repetition) = ("filter.expression".to_owned(), repetition.clone());
            return Err(Contradiction::Repeated { member, repetition });
        }
        Ok(())
    }

    /// The member by which no record has a reading, if one does so.
    pub(super) fn without_reading(&self, shape: Shape) -> Option<&'static str> {
        if shape == Shape::Raw {
            return Some("shape raw leaves out what a decoder read");
        }
        (self.decoded == Some(false)).then_some("records that are not decoded have no measurements")
    }
}

/// Checks that the content of a table can be in records of this shape that pass a filter.
///
/// # Errors
/// A column would be empty in each row, or multiplies what may be large.
fn check_content(
    content: &TableContent,
    filter: &Filter,
    shape: Shape,
) -> Result<(), Contradiction> {
    if let Some((column, repetition)) = content.columns.as_ref().and_then(Templates::repetition) {
        let (member, repetition) = (format!("the column {column:?}"), repetition.clone());
        return Err(Contradiction::Repeated { member, repetition });
    }
    let empty = |member: String, without| Err(Contradiction::EmptyColumn { member, without });
    if let Some(without) = filter.without_reading(shape) {
        if !content.quantities.is_empty() {
            return empty("quantities".to_owned(), without);
        }
        if content.details.contains(&Detail::Data) {
            return empty("details data".to_owned(), without);
        }
    }
    if shape == Shape::Raw && content.details.contains(&Detail::Digest) {
        return empty("details digest".to_owned(), "shape raw leaves out the decoder");
    }
    if shape == Shape::Decoded && content.details.contains(&Detail::Payload) {
        return empty("details payload".to_owned(), "shape decoded leaves out the payload");
    }
    Ok(())
}

impl Format {
    /// Checks that records of this shape that pass a filter can be written as they are asked for.
    ///
    /// # Errors
    /// The format has no place for what is asked for, or there is nothing for it.
    pub fn check_content(
        self,
        content: &TableContent,
        filter: &Filter,
        shape: Shape,
        has_zone: bool,
    ) -> Result<(), Contradiction> {
        if has_zone && self == Self::Senml {
            return Err(Contradiction::ZoneOfSenml);
        }
        check_content(content, filter, shape)
    }
}
