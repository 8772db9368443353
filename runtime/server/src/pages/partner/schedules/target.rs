//! The objects that a new schedule commands: those of a group, or one; with the commands that are offered for them.

use serde_json::Value as Json;

use crate::{
    api::Problem,
    auth::Reach,
    pages::{
        json::{optional, path_part},
        partner::commands::{declared::DeclaredCommand, offered},
        parts::form::Fault,
        submission::Submission,
        viewer::Viewer,
    },
};

/// The field of one object.
pub(super) const DEVICE: &str = "device";

/// The objects that are commanded.
pub(super) enum Target {
    /// Nobody has said yet which.
    None,
    /// Those of a group.
    Group(String),
    /// One object, with its name.
    Device { dev_eui: String, name: String },
    /// An object that cannot be commanded from here, and why.
    Unknown(Fault),
}

impl Target {
    /// The objects that a form or the address says, with the commands that are offered for them; of one group alone there
    /// is no need to say it.
    ///
    /// # Errors
    /// The problem with which the interface answers, but that there is no such object.
    pub(super) async fn of(
        (viewer, reach): (&Viewer, &Reach),
        said: &Submission,
        groups: &[String],
    ) -> Result<(Self, Vec<DeclaredCommand>), Problem> {
        if let Some(dev_eui) = said.filled(DEVICE) {
            return match viewer.get(&format!("/v1/devices/{}", path_part(dev_eui))).await {
                Ok(device) => {
                    let offered = offered::of_device(viewer, &device).await?;
                    Ok((Self::of_device(&device, dev_eui), offered))
                }
                Err(problem) if problem.status().is_client_error() => {
                    Ok((Self::Unknown(Fault::at_field(&problem, DEVICE)), Vec::new()))
                }
                Err(problem) => Err(problem),
            };
        }
        let only = groups.first().filter(|_| groups.len() == 1).map(String::as_str);
        match said.filled("group").or(only) {
            Some(group) => {
                let offered = offered::of_group(viewer, reach, group).await?;
                Ok((Self::Group(group.to_owned()), offered))
            }
            None => Ok((Self::None, Vec::new())),
        }
    }

    fn of_device(device: &Json, said: &str) -> Self {
        let dev_eui = optional(device, "/devEui").unwrap_or(said).to_owned();
        let name = optional(device, "/name").filter(|name| !name.is_empty());
        Self::Device { name: name.unwrap_or(&dev_eui).to_owned(), dev_eui }
    }

    /// The parameters that say the same in the address of a page.
    pub(super) fn parameters(&self) -> Vec<(&str, &str)> {
        match self {
            Self::None | Self::Unknown(_) => Vec::new(),
            Self::Group(group) => vec![("group", group.as_str())],
            Self::Device { dev_eui, .. } => vec![(DEVICE, dev_eui.as_str())],
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_without_a_name_is_told_by_its_dev_eui() {
        for (device, told) in [
            (json!({ "devEui": "0004A30B00000001", "name": "Lamp 1" }), "Lamp 1"),
            (json!({ "devEui": "0004A30B00000001", "name": "" }), "0004A30B00000001"),
        ] {
            let target = Target::of_device(&device, "0004a30b00000001");
            assert_eq!(target.parameters(), [(DEVICE, "0004A30B00000001")]);
            assert!(matches!(&target, Target::Device { name, .. } if name == told));
        }
    }
}
