//! Files of requests: what a partner declares, letters, secrets.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read},
    path::Path,
};

use champollion_client::{ApprovalRequest, Declaration as Declared};
use champollion_fleet::{
    names::GroupId,
    requests::{Applicant, Declaration},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::super::Failure;

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

/// The same in the types of the client.
fn sent<T: DeserializeOwned>(read: &impl Serialize, task: &str) -> Result<T, Failure> {
    let json = serde_json::to_value(read).map_err(Failure::of(task))?;
    serde_json::from_value(json).map_err(Failure::of(task))
}

fn read_toml<T: DeserializeOwned>(file: &Path) -> Result<T, Failure> {
    let text = text(file)?;
    parsed(&text).map_err(Failure::of(unusable(file)))
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        match before {
            Some(before) => {
                format!("line {}: {}", before.matches('\n').count() + 1, error.message())
            }
            None => error.message().to_owned(),
        }
    })
}

/// The text of a file, or of standard input.
pub(super) fn text(file: &Path) -> Result<String, Failure> {
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    text.map_err(Failure::of(unusable(file)))
}

/// The secret of a file, or of standard input.
pub(super) fn secret(file: &Path) -> Result<String, Failure> {
    Ok(text(file)?.trim().to_owned())
}

fn unusable(file: &Path) -> String {
    format!("{} cannot be used", file.display())
}

#[cfg(test)]
mod tests {
    use super::*;

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
