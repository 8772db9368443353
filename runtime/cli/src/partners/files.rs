//! Files of requests: what a partner declares, letters, secrets.

use std::{collections::BTreeSet, path::Path};

use champollion_client::{ApprovalRequest, Declaration as Declared};
use champollion_fleet::{
    names::GroupId,
    requests::{Applicant, Declaration},
};
use serde::{Deserialize, Serialize};

use super::super::{
    Failure,
    toml_file::{read_toml, sent, text, unusable},
};

/// A request with all its parts, as a person writes it.
pub(super) const TEMPLATE: &str = include_str!("request.toml");

/// A file with a request.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    name: String,
    applicant: Applicant,
    #[serde(default)]
    groups: BTreeSet<GroupId>,
    declaration: Declaration,
}

/// The request of a file, checked before it is sent.
pub(super) fn request(file: &Path) -> Result<ApprovalRequest, Failure> {
    let task = unusable(file);
    let read: RequestFile = read_toml(file)?;
    read.declaration.check().map_err(Failure::of(&task))?;
    sent(&read, &task)
}

/// The declaration of a file, checked before it is sent.
pub(super) fn declaration(file: &Path) -> Result<Declared, Failure> {
    let task = unusable(file);
    let read: Declaration = read_toml(file)?;
    read.check().map_err(Failure::of(&task))?;
    sent(&read, &task)
}

/// The secret of a file, or of standard input.
pub(super) fn secret(file: &Path) -> Result<String, Failure> {
    Ok(text(file)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::super::toml_file::parsed, *};

    #[test]
    fn the_template_is_a_request_that_makes_sense() {
        let read: RequestFile = parsed(TEMPLATE).unwrap();
        assert_eq!(read.declaration.check(), Ok(()));
        let request: ApprovalRequest = sent(&read, "a test").unwrap();
        assert_eq!(request.groups, ["valley-water"]);
        assert_eq!(request.declaration.objects[1].number, 12_000);
    }

    #[test]
    fn a_slip_in_a_request_is_told_with_its_line() {
        let wrong = TEMPLATE.replace("mission", "misson");
        let said = parsed::<RequestFile>(&wrong).err().unwrap();
        assert!(said.contains("misson") && said.starts_with("line "), "{said}");
        assert!(!said.contains('\n'), "{said}");
    }
}
