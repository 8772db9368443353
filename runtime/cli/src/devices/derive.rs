//! `champollion devices derive`: derived decoders are assigned to a device or a group.

use champollion_client::{Client, DerivedDecoders};
use champollion_delivery::names::GroupId;
use champollion_frames::DevEui;
use champollion_registry::package::DecoderRef;
use clap::Args;

use super::super::{Failure, output};

#[derive(Args)]
pub(super) struct Derive {
    /// DevEUI of the device, 16 hexadecimal digits
    #[arg(value_name = "DEVEUI", required_unless_present = "group", conflicts_with = "group")]
    dev_eui: Option<DevEui>,
    /// Group, to all of whose devices the decoders are assigned
    #[arg(long, value_name = "NAME")]
    group: Option<GroupId>,
    /// Derived decoder; may stand several times, and takes the place of those that are assigned. Without one they are
    /// listed
    #[arg(long, value_name = "VENDOR/MODEL[@REQUIREMENT]")]
    decoder: Vec<DecoderRef>,
    /// Take all derived decoders away
    #[arg(long, conflicts_with = "decoder")]
    none: bool,
}

impl Derive {
    pub(super) async fn run(&self, client: &Client, json: bool) -> Result<(), Failure> {
        let decoders = self.decoder.iter().map(ToString::to_string).collect();
        let wish = DerivedDecoders { decoders };
        let is_question = self.decoder.is_empty() && !self.none;
        let answer = match (&self.dev_eui, &self.group) {
            (Some(dev_eui), _) if is_question => client.derived_of_device(dev_eui).await?,
            (Some(dev_eui), _) => client.assign_derived_to_device(dev_eui, &wish).await?,
            (None, Some(group)) if is_question => client.derived_of_group(group).await?,
            (None, Some(group)) => client.assign_derived_to_group(group, &wish).await?,
            // The arguments ask for one of both.
            (None, None) => return Ok(()),
        };
        if json {
            return output::answer(&answer);
        }
        let of = self.dev_eui.map(|dev_eui| dev_eui.to_string());
        let of = of.or_else(|| self.group.as_ref().map(ToString::to_string)).unwrap_or_default();
        if answer.decoders.is_empty() {
            output::line(format_args!("nothing is derived of the readings of {of}"));
        } else {
            output::line(format_args!("{of} has {}", answer.decoders.join(", ")));
        }
        Ok(())
    }
}
