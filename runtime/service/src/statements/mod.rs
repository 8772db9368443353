//! Statements: the objects that a partner has in service on a day, and what they cost.
//!
//! [`ServiceHistory`] keeps what enters and leaves service, so that any past day can be stated. A [`Statement`] counts
//! it by use case, multiplies by the tariffs in force ([`StatementSettings`]), in exact cents ([`Cents`]), and has a
//! digest of its canonical text, so that both parties can hold the same number.

mod canonical;
mod cents;
mod history;
mod inhabitants;
mod issued;
mod settings;
mod statement;
mod tariffs;
#[cfg(test)]
mod tests;

pub use cents::{Cents, MoneyError, Rate};
pub use history::{ServiceHistory, ServiceState, note_change};
pub use inhabitants::Inhabitants;
pub use issued::IssuedStatement;
pub use settings::StatementSettings;
pub use statement::{StatedObject, Statement, StatementDay, StatementLine, SubscriptionLine};
pub use tariffs::{Subscription, Tariff, TariffFault};
