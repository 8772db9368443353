//! Notices of planned work and incidents.

use champollion_service::notices::NoticeFault;

use super::super::Problem;

impl From<NoticeFault> for Problem {
    fn from(fault: NoticeFault) -> Self {
        let detail = fault.to_string();
        match fault {
            NoticeFault::Unknown(_) => Self::not_found("unknown-notice", detail),
            NoticeFault::Cancelled(_) => Self::conflict("notice-cancelled", detail),
            NoticeFault::Table(error) => Self::internal(&error),
            fault => {
                let problem = Self::of_fault("invalid-notice", &fault);
                match fault.path() {
                    Some(path) => problem.with("path", path),
                    None => problem,
                }
            }
        }
    }
}
